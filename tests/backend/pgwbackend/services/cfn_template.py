"""A CloudFormation template: its functions, its conditions, and the order of its resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from typing import Any

from ..errors import ApiError

_RESOLVE = re.compile(r"\{\{resolve:secretsmanager:(.+?):SecretString:([^:]*):[^:]*:[^:}]*\}\}")
_SUB = re.compile(r"\$\{([^!}][^}]*)\}")


def invalid(text: str) -> ApiError:
    """ValidationError of CloudFormation."""
    return ApiError("ValidationError", text)


def _names(value: Any) -> set[str]:
    """Logical ids that a value refers to."""
    if isinstance(value, list):
        return {n for v in value for n in _names(v)}
    if not isinstance(value, dict):
        return set()
    found = {n for v in value.values() for n in _names(v)}
    if isinstance(value.get("Ref"), str):
        found.add(value["Ref"])
    attribute = value.get("Fn::GetAtt")
    if attribute:
        found.add(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0])
    text = value.get("Fn::Sub")
    text = text[0] if isinstance(text, list) else text
    return found | {m.split(".")[0] for m in _SUB.findall(text or "")}


class Template:
    """A template with the values that are known so far."""

    def __init__(self, ctx: Any, stack: dict, document: dict) -> None:
        self.ctx, self.document, self.made = ctx, document, {}
        self.values: dict[str, Any] = {
            "AWS::Region": ctx.region, "AWS::AccountId": ctx.account, "AWS::Partition": ctx.partition,
            "AWS::URLSuffix": ctx.dns_suffix, "AWS::StackName": stack["StackName"], "AWS::StackId": stack["StackId"],
            "AWS::NoValue": None,
        }
        for name, parameter in document.get("Parameters", {}).items():
            self.values[name] = stack["parameters"].get(name, parameter.get("Default"))

    def order(self) -> list[str]:
        """Logical ids, each after those that it needs; conditions that are false leave a resource out."""
        resources = {k: v for k, v in self.document["Resources"].items() if self.condition(v.get("Condition"))}
        needs = {k: self._needs(v) & set(resources) for k, v in resources.items()}
        done: list[str] = []
        while len(done) < len(resources):
            ready = [k for k in resources if k not in done and needs[k] <= set(done)]
            if not ready:
                raise invalid("Circular dependency between resources")
            done += ready
        return done

    @staticmethod
    def _needs(resource: dict) -> set[str]:
        stated = resource.get("DependsOn", [])
        return _names(resource.get("Properties", {})) | set([stated] if isinstance(stated, str) else stated)

    def condition(self, name: str | None) -> bool:
        """Whether a condition holds; a resource without one is always there."""
        return name is None or self.evaluate(self.document["Conditions"][name])

    def evaluate(self, value: Any) -> Any:
        """The value with every function resolved."""
        if isinstance(value, list):
            return [v for v in (self.evaluate(v) for v in value) if v is not None]
        if isinstance(value, str):
            return _RESOLVE.sub(self._secret, value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._function(name, argument)
        out = {k: self.evaluate(v) for k, v in value.items()}
        return {k: v for k, v in out.items() if v is not None}

    def _secret(self, match: re.Match[str]) -> str:
        return self.ctx.call("secretsmanager", "GetSecretValue", SecretId=match.group(1))["SecretString"]

    def _function(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Condition":
            return self.condition(argument)
        if name == "Fn::If":
            return self.evaluate(argument[1] if self.condition(argument[0]) else argument[2])
        if name == "Fn::GetAtt":
            return self._attribute(*(argument if isinstance(argument, list) else argument.split(".", 1)))
        if name == "Fn::Sub":
            return self._sub(argument)
        function = _FUNCTIONS.get(name)
        if function is None:
            raise invalid(f"Template function {name} is not known here")
        return _RESOLVE.sub(self._secret, got) if isinstance(got := function(self, self.evaluate(argument)), str) else got

    def _ref(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name not in self.made:
            raise invalid(f"Unresolved resource dependencies [{name}]")
        return self.made[name]["ref"]

    def _attribute(self, name: str, attribute: str) -> Any:
        try:
            return self.made[name]["attributes"][attribute]
        except KeyError as wrong:
            raise invalid(f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt") from wrong

    def _sub(self, argument: Any) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        given = self.evaluate(given)

        def one(match: re.Match[str]) -> str:
            name, _, attribute = match.group(1).partition(".")
            if name in given:
                return str(given[name])
            return str(self._attribute(name, attribute) if attribute else self._ref(name))

        return _SUB.sub(one, text).replace("${!", "${")

    def zones(self, region: str) -> list[str]:
        """The Availability Zones of a region."""
        ctx = self.ctx.at(self.ctx.account, region or self.ctx.region)
        return sorted(z["ZoneName"] for z in ctx.call("ec2", "DescribeAvailabilityZones")["AvailabilityZones"])

    def lookup(self, argument: list) -> Any:
        """Fn::FindInMap."""
        return self.document["Mappings"][argument[0]][argument[1]][argument[2]]


_FUNCTIONS = {
    "Fn::Join": lambda _, a: a[0].join(str(x) for x in a[1]), "Fn::Select": lambda _, a: a[1][int(a[0])],
    "Fn::Split": lambda _, a: a[1].split(a[0]), "Fn::GetAZs": lambda t, a: t.zones(a),
    "Fn::FindInMap": lambda t, a: t.lookup(a), "Fn::Base64": lambda _, a: base64.b64encode(a.encode()).decode(),
    "Fn::Equals": lambda _, a: a[0] == a[1], "Fn::Not": lambda _, a: not a[0],
    "Fn::And": lambda _, a: all(a), "Fn::Or": lambda _, a: any(a),
}
