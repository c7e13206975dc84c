"""Regions: those that every account has from the start are enabled, all others are not."""

from __future__ import annotations

from typing import Any

from ..registry import after

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
ALWAYS = ("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
          "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2")


@after("ec2", "DescribeRegions")
def enabled(ctx: Any, params: dict, result: dict) -> None:
    """Says of each whether it is enabled; lists the others on request only."""
    for region in result.get("Regions", []):
        region["OptInStatus"] = "opt-in-not-required" if region["RegionName"] in ALWAYS else "not-opted-in"
    if not params.get("AllRegions"):
        result["Regions"] = [r for r in result.get("Regions", []) if r["OptInStatus"] != "not-opted-in"]
