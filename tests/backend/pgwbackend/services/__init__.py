"""The services: each module registers its operations when it is imported."""

from __future__ import annotations

import importlib

MODULES = (
    "accounts", "lattice_gateways", "lattice_configurations", "lattice_associations", "lattice_tags",
    "events_connections", "events_destinations", "events_rules", "events_buses", "secrets", "keys", "zones", "machines", "shares",
    "ec2_common", "ec2_endpoints", "ec2_groups", "ec2_interfaces", "ec2_rules", "ec2_dhcp", "ec2_regions",
    "apigw_apis", "apigw_resources", "apigw_deployments", "apigw_stages", "apigw_parts", "apigw_domains", "apigw_usage", "apigw_models", "cfn_stacks", "trail",
)


def load() -> None:
    """Imports every module of the services."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
