"""Network interfaces that belong to endpoints and gateways: moto keeps them, their owner's marks are added."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import after, before
from ..world import hex_id


@after("ec2", "DescribeNetworkInterfaces")
def marks(ctx: Any, params: dict, result: dict) -> None:
    """Type, requester and the state of an interface that a service attached."""
    ours = ctx.store("interfaces")
    for interface in result.get("NetworkInterfaces", []):
        known = ours.get(interface["NetworkInterfaceId"])
        if known is None:
            continue
        known.setdefault("attachment", hex_id("eni-attach-"))
        interface |= {k: known[k] for k in ("InterfaceType", "RequesterManaged", "RequesterId")}
        interface |= {"Status": "in-use", "OwnerId": ctx.account}
        interface["Attachment"] = {"AttachmentId": known["attachment"], "DeleteOnTermination": False, "DeviceIndex": 1,
                                   "InstanceOwnerId": "amazon-aws", "Status": "attached"}


@before("ec2", "DescribeNetworkInterfaces")
def our_filters(ctx: Any, params: dict) -> None:
    """Filters on the marks, which moto does not know, become a list of ids."""
    ours = ctx.store("interfaces")
    kept = []
    for item in params.get("Filters", []):
        field = {"interface-type": "InterfaceType", "requester-managed": "RequesterManaged", "requester-id": "RequesterId"}.get(item["Name"])
        if field is None:
            kept.append(item)
            continue
        chosen = [i for i, m in ours.items() if str(m[field]).lower() in [v.lower() for v in item["Values"]]]
        kept.append({"Name": "network-interface-id", "Values": chosen or ["eni-00000000000000000"]})
    if "Filters" in params:
        params["Filters"] = kept


@before("ec2", "DeleteSubnet")
def subnet_in_use(ctx: Any, params: dict) -> None:
    """A subnet with interfaces cannot be deleted."""
    filters = [{"Name": "subnet-id", "Values": [params["SubnetId"]]}]
    if ctx.call("ec2", "DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]:
        raise ApiError("DependencyViolation", f"The subnet '{params['SubnetId']}' has dependencies and cannot be deleted.")
