"""ModifySecurityGroupRules: moto changes ports and IPv4 peers, the other peers are changed here."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends

from ..registry import after, before


@before("ec2", "ModifySecurityGroupRules")
def ports_of_all_protocols(ctx: Any, params: dict) -> None:
    """moto wants ports for protocol -1 too."""
    for update in params["SecurityGroupRules"]:
        if update["SecurityGroupRule"].get("IpProtocol") == "-1":
            update["SecurityGroupRule"] |= {"FromPort": -1, "ToPort": -1}


@after("ec2", "ModifySecurityGroupRules")
def other_peers(ctx: Any, params: dict, result: dict) -> None:
    """A group, a prefix list or an IPv6 range as the peer; the description belongs to each."""
    group = ec2_backends[ctx.account][ctx.region].get_security_group_from_id(params["GroupId"])
    for update in params["SecurityGroupRules"]:
        wanted, rule = update["SecurityGroupRule"], group.get_rule(update["SecurityGroupRuleId"])
        peers = {name: wanted[key] for key, name in (("CidrIpv4", "CidrIp"), ("CidrIpv6", "CidrIpv6")) if key in wanted}
        text = {"Description": wanted["Description"]} if "Description" in wanted else {}
        rule.ip_range = peers | (text if peers else {})
        rule.prefix_list_id = wanted.get("PrefixListId")
        referenced = wanted.get("ReferencedGroupId")
        rule.source_group = {"GroupId": referenced, "OwnerId": ctx.account, "UserId": ctx.account} | text if referenced else {}
    result["Return"] = True
