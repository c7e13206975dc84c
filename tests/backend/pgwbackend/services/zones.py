"""Route 53: hosted zones in the order of their names, in pages that two tokens name together.

https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByName.html
"""

from __future__ import annotations

from typing import Any

from ..registry import own
from ..world import WORLD


def _order(name: str, ident: str) -> tuple[list[str], str]:
    """Names are compared by their labels, the last first."""
    return name.rstrip(".").split(".")[::-1], ident.rsplit("/", 1)[-1]


@own("route53", "ListHostedZonesByName")
def by_name(ctx: Any, params: dict) -> dict:
    """Zones from a name and id on."""
    zones = sorted(ctx.call("route53", "ListHostedZones")["HostedZones"], key=lambda z: _order(z["Name"], z["Id"]))
    if "DNSName" in params:
        start = _order(params["DNSName"], params.get("HostedZoneId", ""))
        zones = [z for z in zones if _order(z["Name"], z["Id"]) >= start]
    size = min(int(params.get("MaxItems", 100)), WORLD.settings.page_size(ctx.account) or 100)
    out = {name: params[name] for name in ("DNSName", "HostedZoneId") if name in params}
    out |= {"HostedZones": zones[:size], "IsTruncated": len(zones) > size, "MaxItems": str(size)}
    if len(zones) > size:
        out |= {"NextDNSName": zones[size]["Name"], "NextHostedZoneId": zones[size]["Id"].rsplit("/", 1)[-1]}
    return out
