"""DHCP options: a VPC has its region's default set, which moto does not make.

https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html
"""

from __future__ import annotations

from typing import Any

from ..registry import after, before


def _default(ctx: Any) -> str:
    known = ctx.store("dhcp_default")
    if "id" not in known:
        domain = "ec2.internal" if ctx.region == "us-east-1" else f"{ctx.region}.compute.internal"
        pairs = [{"Key": "domain-name", "Values": [domain]}, {"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}]
        made = ctx.call("ec2", "CreateDhcpOptions", DhcpConfigurations=pairs)
        known["id"] = made["DhcpOptions"]["DhcpOptionsId"]
    return known["id"]


@after("ec2", "DescribeVpcs")
def described(ctx: Any, params: dict, result: dict) -> None:
    """Names the default set."""
    for vpc in result.get("Vpcs", []):
        if vpc.get("DhcpOptionsId", "default") == "default":
            vpc["DhcpOptionsId"] = _default(ctx)


@after("ec2", "CreateVpc")
def created(ctx: Any, params: dict, result: dict) -> None:
    """Names the default set."""
    described(ctx, params, {"Vpcs": [result["Vpc"]]})


@before("ec2", "DescribeDhcpOptions")
def there_is_a_default(ctx: Any, params: dict) -> None:
    """The default set is there before anybody asked for a VPC."""
    _default(ctx)
