"""Custom domain names, private ones among them, with access associations and base path mappings.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, seconds_now, short_id
from . import apigw_patch
from .apigw_apis import escaped, find, gone
from .apigw_patch import refuse

KEPT = ("domainName", "certificateName", "certificateArn", "regionalCertificateName", "regionalCertificateArn",
        "endpointConfiguration", "securityPolicy", "endpointAccessMode", "mutualTlsAuthentication", "routingMode",
        "ownershipVerificationCertificateArn")
SHOWN = KEPT + ("domainNameId", "domainNameArn", "domainNameStatus", "tags", "certificateUploadDate",
                "regionalDomainName", "regionalHostedZoneId", "distributionDomainName", "distributionHostedZoneId")
FIELDS = {"/certificateArn": "text", "/certificateName": "text", "/regionalCertificateArn": "text", "/securityPolicy": "text",
          "/endpointAccessMode": "text", "/routingMode": "text", "/endpointConfiguration/ipAddressType": "text"}
MAPPING_FIELDS = {"/basePath": "text", "/restapiId": "text", "/stage": "text"}


def _document(text: str) -> dict:
    try:
        return json.loads(text)
    except ValueError as wrong:
        raise refuse("Invalid policy document") from wrong


def view(domain: dict) -> dict:
    """The members of an answer."""
    out = {k: domain[k] for k in SHOWN if domain.get(k) is not None}
    return out | {k: escaped(domain[k]) for k in ("policy", "managementPolicy") if domain.get(k)}


def find_domain(ctx: Any, params: dict) -> dict:
    """By name for a public domain, by name and id for a private one."""
    name, ident = params["domainName"], params.get("domainNameId")
    for domain in ctx.store("domains").values():
        if domain["domainName"] == name and domain.get("domainNameId") == ident:
            return domain
    raise gone("domain name", name)


@own("apigateway", "CreateDomainName")
def create(ctx: Any, params: dict) -> dict:
    """Makes a domain name."""
    name = params["domainName"]
    configuration = {"types": ["EDGE"]} | params.get("endpointConfiguration", {})
    private = configuration["types"] == ["PRIVATE"]
    if not private and any(d["domainName"] == name for d in ctx.store("domains").values() if "domainNameId" not in d):
        raise refuse("The domain name you provided already exists.")
    made = {k: params[k] for k in KEPT if k in params} | {
        "endpointConfiguration": configuration, "domainNameStatus": "AVAILABLE", "tags": params.get("tags", {}),
        "certificateUploadDate": seconds_now(), "mappings": {}, "securityPolicy": params.get("securityPolicy", "TLS_1_2"),
    }
    key = name
    if private:
        made["domainNameId"] = short_id(10)
        key = f"{name}+{made['domainNameId']}"
        configuration.setdefault("ipAddressType", "dualstack")
    elif configuration["types"] == ["REGIONAL"]:
        made |= {"regionalDomainName": f"d-{short_id(10)}.execute-api.{ctx.region}.{ctx.dns_suffix}", "regionalHostedZoneId": "Z1UJRXOUMOOFQ8"}
    else:
        made |= {"distributionDomainName": f"{short_id(13)}.cloudfront.net", "distributionHostedZoneId": "Z2FDTNDATAQYW2"}
    made["domainNameArn"] = f"arn:{ctx.partition}:apigateway:{ctx.region}:{ctx.account if private else ''}:/domainnames/{key}"
    if "policy" in params:
        made["policy"] = _document(params["policy"])
    ctx.store("domains")[key] = made
    return view(made)


@own("apigateway", "GetDomainName")
def get(ctx: Any, params: dict) -> dict:
    """One domain name."""
    return view(find_domain(ctx, params))


@own("apigateway", "GetDomainNames")
def list_all(ctx: Any, params: dict) -> dict:
    """Our domain names, or those of other accounts that we have an access association with."""
    if params.get("resourceOwner") != "OTHER_ACCOUNTS":
        return {"items": [view(d) for d in ctx.store("domains").values()]}
    arns = {a["domainNameArn"] for a in ctx.store("access_associations").values()}
    others = [d for account, region, found in WORLD.everywhere("domains") if region == ctx.region and account != ctx.account
              for d in found.values()]
    return {"items": [view(d) for d in others if d["domainNameArn"] in arns]}


@own("apigateway", "UpdateDomainName")
def update(ctx: Any, params: dict) -> dict:
    """Patches a domain name."""
    domain = find_domain(ctx, params)

    def special(operation: dict) -> bool:
        member = operation.get("path", "").lstrip("/")
        if member not in ("policy", "managementPolicy"):
            return False
        domain[member] = _document(operation.get("value") or "{}")
        return True

    apigw_patch.apply(domain, params.get("patchOperations", []), FIELDS, special)
    return view(domain)


@own("apigateway", "DeleteDomainName")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a domain name."""
    domain = find_domain(ctx, params)
    store = ctx.store("domains")
    del store[next(k for k, d in store.items() if d is domain)]
    return {}


@own("apigateway", "CreateDomainNameAccessAssociation")
def associate(ctx: Any, params: dict) -> dict:
    """Lets an endpoint of ours reach a private domain name, which may be another account's."""
    source = params["accessAssociationSource"]
    known = any(params["domainNameArn"] == d["domainNameArn"] for _, _, found in WORLD.everywhere("domains") for d in found.values())
    if not known or source not in ctx.store("endpoints"):
        raise gone("domain name or VPC endpoint", params["domainNameArn"])
    name = params["domainNameArn"].rsplit("/", 1)[-1].replace("+", "/")
    arn = f"arn:{ctx.partition}:apigateway:{ctx.region}:{ctx.account}:/domainnameaccessassociations/domainname/{name}/vpcesource/{source}"
    if arn in ctx.store("access_associations"):
        raise ApiError("ConflictException", "The access association exists")
    made = {k: params[k] for k in ("domainNameArn", "accessAssociationSource", "accessAssociationSourceType")}
    made |= {"domainNameAccessAssociationArn": arn, "tags": params.get("tags", {})}
    ctx.store("access_associations")[arn] = made
    return made


@own("apigateway", "GetDomainNameAccessAssociations")
def associations(ctx: Any, params: dict) -> dict:
    """Our associations, or those that other accounts made with our domain names."""
    if params.get("resourceOwner") != "OTHER_ACCOUNTS":
        return {"items": list(ctx.store("access_associations").values())}
    arns = {d["domainNameArn"] for d in ctx.store("domains").values()}
    return {"items": [a for account, _, found in WORLD.everywhere("access_associations") if account != ctx.account
                      for a in found.values() if a["domainNameArn"] in arns]}


@own("apigateway", "DeleteDomainNameAccessAssociation")
def disassociate(ctx: Any, params: dict) -> dict:
    """Removes an association of ours."""
    arn = unquote(params["domainNameAccessAssociationArn"])
    if ctx.store("access_associations").pop(arn, None) is None:
        raise gone("access association", arn)
    return {}


@own("apigateway", "RejectDomainNameAccessAssociation")
def reject(ctx: Any, params: dict) -> dict:
    """The owner of a domain name refuses another account's association."""
    arn = unquote(params["domainNameAccessAssociationArn"])
    for _, _, found in WORLD.everywhere("access_associations"):
        if arn in found and found[arn]["domainNameArn"].split(":")[4] == ctx.account:
            del found[arn]
            return {}
    raise gone("access association", arn)


@own("apigateway", "CreateBasePathMapping")
def create_mapping(ctx: Any, params: dict) -> dict:
    """Maps a path of the domain to an API's stage."""
    domain, api = find_domain(ctx, params), find(ctx, params["restApiId"])
    path = params.get("basePath") or "(none)"
    if path in domain["mappings"]:
        raise ApiError("ConflictException", "Base path already exists for this domain name")
    if params.get("stage") and params["stage"] not in api["stages"]:
        raise refuse("Invalid stage identifier specified")
    made = {"basePath": path, "restApiId": api["id"]} | ({"stage": params["stage"]} if params.get("stage") else {})
    domain["mappings"][path] = made
    return made


def _mapping(ctx: Any, params: dict) -> dict:
    found = find_domain(ctx, params)["mappings"].get(params["basePath"] or "(none)")
    if found is None:
        raise gone("base path mapping", params["basePath"])
    return found


@own("apigateway", "GetBasePathMapping")
def get_mapping(ctx: Any, params: dict) -> dict:
    """One mapping."""
    return _mapping(ctx, params)


@own("apigateway", "GetBasePathMappings")
def mappings(ctx: Any, params: dict) -> dict:
    """All mappings of a domain name."""
    return {"items": list(find_domain(ctx, params)["mappings"].values())}


@own("apigateway", "UpdateBasePathMapping")
def update_mapping(ctx: Any, params: dict) -> dict:
    """Patches a mapping."""
    found = _mapping(ctx, params)
    work = {"restapiId": found["restApiId"], "stage": found.get("stage"), "basePath": found["basePath"]}
    apigw_patch.apply(work, params.get("patchOperations", []), MAPPING_FIELDS)
    store = find_domain(ctx, params)["mappings"]
    del store[found["basePath"]]
    made = {"basePath": work["basePath"], "restApiId": work["restapiId"]} | ({"stage": work["stage"]} if work.get("stage") else {})
    store[made["basePath"]] = made
    return made


@own("apigateway", "DeleteBasePathMapping")
def delete_mapping(ctx: Any, params: dict) -> dict:
    """Removes a mapping."""
    _mapping(ctx, params)
    del find_domain(ctx, params)["mappings"][params["basePath"] or "(none)"]
    return {}
