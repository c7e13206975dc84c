"""The stack `everything`: two of each kind that a scan asks about, so that it makes every call that it can make
and every list has a second page.

Beside the hardened chain: an OAuth connection to a private custom domain in a network of its own, whose name only a
private zone knows; a connection with a key of the customer; state machines and pipes as callers; shares; an
association of the customer's own. Wherever AWS keeps a value that it shows in clear, the word `canary` stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import builds

DOMAIN = "orders.internal.example"
OTHER_ACCOUNT = "444455556666"


def _document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def lists(calls: Any, prefix: str, net: dict) -> dict:
    """A prefix list that the gateway's group lets out to, name servers of the VPC, and zones that it sees."""
    entries = [{"Cidr": "10.0.0.0/17", "Description": "first"}, {"Cidr": "10.0.128.0/17", "Description": "second"}]
    made = calls("ec2", "create_managed_prefix_list", PrefixListName=f"{prefix}-endpoint", MaxEntries=5, AddressFamily="IPv4", Entries=entries)
    found = [{"PrefixListId": made["PrefixList"]["PrefixListId"]}]
    calls("ec2", "authorize_security_group_egress", GroupId=net["gateway_group"],
          IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": found}])
    servers = [{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}]
    options = calls("ec2", "create_dhcp_options", DhcpConfigurations=servers)["DhcpOptions"]["DhcpOptionsId"]
    calls("ec2", "associate_dhcp_options", DhcpOptionsId=options, VpcId=net["vpc"])
    zones = [calls("route53", "create_hosted_zone", Name=name, CallerReference=f"{prefix}-{name}", HostedZoneConfig={"PrivateZone": True},
                   VPC={"VPCId": net["vpc"], "VPCRegion": calls.region})["HostedZone"]["Id"]
             for name in ("internal.example", f"{prefix}.example")]
    return {"prefix_list": found[0]["PrefixListId"], "dhcp_options": options, "zones": zones}


def second_network(calls: Any, prefix: str, options: dict) -> dict:
    """Another VPC with an endpoint, a gateway, and a configuration that names the private domain."""
    net = builds.network(calls, prefix, options)
    point = builds.endpoint(calls, prefix, options, net)
    net |= point | builds.lattice(calls, prefix, options, net, point | {"endpoint_dns": DOMAIN})
    return net | lists(calls, prefix, net)


def api(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> dict:
    """GET /orders with an authorizer and a validator, a canary release, variables, a plan and a private domain."""
    where = {"restApiId": ids["api"]}
    function = f"arn:aws:lambda:{calls.region}:{calls.account}:function:{prefix}-authorizer"
    uri = f"arn:aws:apigateway:{calls.region}:lambda:path/2015-03-31/functions/{function}/invocations"
    authorizer = calls("apigateway", "create_authorizer", **where, name=f"{prefix}-authorizer", type="REQUEST", authorizerUri=uri,
                       identitySource="method.request.header.x-caller", identityValidationExpression=canary("expression"))["id"]
    validators = [calls("apigateway", "create_request_validator", **where, name=name, validateRequestParameters=True)["id"]
                  for name in ("parameters", "unused")]
    calls("apigateway", "create_authorizer", **where, name=f"{prefix}-unused", type="REQUEST", authorizerUri=uri,
          identitySource="method.request.header.x-other")
    orders = calls("apigateway", "create_resource", **where, parentId=ids["root_resource"], pathPart="orders")["id"]
    method = where | {"resourceId": orders, "httpMethod": "GET"}
    calls("apigateway", "put_method", **method, authorizationType="CUSTOM", authorizerId=authorizer, requestValidatorId=validators[0],
          requestParameters={"method.request.header.x-caller": True})
    calls("apigateway", "put_integration", **method, type="MOCK", requestParameters={"integration.request.header.x-own": f"'{canary('literal')}'"},
          requestTemplates={"application/json": json.dumps({"statusCode": 200, "pin": canary("mapping")})})
    deployment = calls("apigateway", "create_deployment", **where, description=canary("deployment"))["id"]
    calls("apigateway", "update_stage", **where, stageName="prod", patchOperations=[
        {"op": "replace", "path": "/deploymentId", "value": deployment},
        {"op": "replace", "path": "/description", "value": canary("stage")},
        {"op": "replace", "path": "/variables/backend", "value": canary("variable")},
        {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "10"},
        {"op": "replace", "path": "/canarySettings/deploymentId", "value": ids["deployment"]},
        {"op": "replace", "path": "/canarySettings/stageVariableOverrides/backend", "value": canary("override")}])
    plans = [calls("apigateway", "create_usage_plan", name=f"{prefix}-{name}", description=canary("plan"),
                   apiStages=[{"apiId": ids["api"], "stage": "prod"}])["id"] for name in ("gold", "silver")]
    return {"authorizer": authorizer, "canary_deployment": deployment, "usage_plans": plans}


def domains(calls: Any, prefix: str, ids: dict, endpoints: list[str]) -> dict:
    """Two private domains, one of them in use, that both endpoints may reach; and an API that nothing calls."""
    allow = _document({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"})
    made = [calls("apigateway", "create_domain_name", domainName=name, endpointConfiguration={"types": ["PRIVATE"]}, policy=allow,
                  certificateArn=f"arn:aws:acm:{calls.region}:{calls.account}:certificate/one") for name in (DOMAIN, "unused.internal.example")]
    for path in ("v1", "v2"):
        calls("apigateway", "create_base_path_mapping", domainName=DOMAIN, domainNameId=made[0]["domainNameId"], basePath=path,
              restApiId=ids["api"], stage="prod")
    both = builds.policy("aws:SourceVpce", endpoints)
    calls("apigateway", "update_rest_api", restApiId=ids["api"], patchOperations=[{"op": "replace", "path": "/policy", "value": both}])
    for source in endpoints:
        calls("apigateway", "create_domain_name_access_association", domainNameArn=made[0]["domainNameArn"],
              accessAssociationSource=source, accessAssociationSourceType="VPCE")
    unused = calls("apigateway", "create_rest_api", name=f"{prefix}-unused", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    return {"domain_arn": made[0]["domainNameArn"], "unused_api": unused}


def _http(canary: Callable[[str], str], place: str) -> dict:
    """Parameters of all three kinds, shown in clear."""
    def one(kind: str) -> list[dict]:
        return [{"Key": f"x-{kind}-{n}", "Value": canary(f"{place}-{kind}-{n}"), "IsValueSecret": False} for n in ("plain", "other")]
    return {"HeaderParameters": one("header"), "QueryStringParameters": one("query"), "BodyParameters": one("body")}


def _private(arn: str) -> dict:
    return {"ResourceParameters": {"ResourceConfigurationArn": arn}}


def connections(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> dict:
    """OAuth to the private domain, and a user name with a key of the customer."""
    oauth = {"ClientParameters": {"ClientID": canary("client-id"), "ClientSecret": canary("client-secret")}, "HttpMethod": "POST",
             "AuthorizationEndpoint": f"https://id.example/{prefix}/token?tenant={canary('oauth-url').replace(' ', '+')}",
             "OAuthHttpParameters": _http(canary, "oauth")}
    auth = {"OAuthParameters": oauth, "InvocationHttpParameters": _http(canary, "invocation"), "ConnectivityParameters": _private(ids["domain_configuration"])}
    one = calls("events", "create_connection", Name=f"{prefix}-oauth", AuthorizationType="OAUTH_CLIENT_CREDENTIALS",
                Description=canary("connection"), AuthParameters=auth, InvocationConnectivityParameters=_private(ids["domain_configuration"]))["ConnectionArn"]
    key = calls("kms", "create_key", Description=canary("key"), Tags=[{"TagKey": "team", "TagValue": "audit"},
                                                                       {"TagKey": "EventBridgeApiDestinations", "TagValue": "true"}])["KeyMetadata"]["Arn"]
    basic = {"Username": canary("username"), "Password": canary("password")}
    two = calls("events", "create_connection", Name=f"{prefix}-basic", AuthorizationType="BASIC", KmsKeyIdentifier=key,
                AuthParameters={"BasicAuthParameters": basic}, InvocationConnectivityParameters=_private(ids["configuration_arn"]))["ConnectionArn"]
    described = calls("events", "describe_connection", Name=f"{prefix}-basic")["InvocationConnectivityParameters"]["ResourceParameters"]
    return {"oauth_arn": one, "basic_arn": two, "key_arn": key, "basic_association": described["ResourceAssociationArn"].rsplit("/", 1)[-1]}


def destinations(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> dict:
    """One for each of those connections; the URL of the second has user information and a query."""
    word = canary("url").replace(" ", "+")
    plain = calls("events", "create_api_destination", Name=f"{prefix}-domain", ConnectionArn=ids["oauth_arn"], HttpMethod="GET",
                  Description=canary("destination"), InvocationEndpoint=f"https://{DOMAIN}/v1/orders")["ApiDestinationArn"]
    url = f"https://caller:{word}@{ids['api']}.execute-api.{calls.region}.amazonaws.com/prod/orders?pin={word}"
    worded = calls("events", "create_api_destination", Name=f"{prefix}-worded", ConnectionArn=ids["basic_arn"], HttpMethod="GET",
                   InvocationEndpoint=url)["ApiDestinationArn"]
    return {"domain_destination_arn": plain, "worded_destination_arn": worded}


def role(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> None:
    """Two inline and two managed policies and a boundary for the role of the chain."""
    allow = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": "*"}
    managed = [calls("iam", "create_policy", PolicyName=f"{prefix}-{name}", PolicyDocument=_document(allow), Description=canary("policy"))["Policy"]["Arn"]
               for name in ("first", "second", "boundary")]
    for arn in managed[:2]:
        calls("iam", "attach_role_policy", RoleName=ids["role"], PolicyArn=arn)
    calls("iam", "put_role_permissions_boundary", RoleName=ids["role"], PermissionsBoundary=managed[2])
    calls("iam", "put_role_policy", RoleName=ids["role"], PolicyName="second", PolicyDocument=_document(allow))


def rules(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> dict:
    """Targets with every way of giving parameters, and an archive of the bus."""
    letters = {"DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RoleArn": ids["role_arn"]}
    http = {"HeaderParameters": {"x-own": canary("target-header")}, "QueryStringParameters": {"own": canary("target-query")},
            "PathParameterValues": [canary("target-path").replace(" ", "-")]}
    constant = json.dumps({"card": {"pin": canary("input")}, "list": [canary("input-item")]})
    template = json.dumps({"order": "<order>", "pin": canary("template")}).replace('"<order>"', "<order>")
    targets = [{"Id": "Constant", "Arn": ids["domain_destination_arn"], "Input": constant, "HttpParameters": http} | letters,
               {"Id": "Template", "Arn": ids["worded_destination_arn"],
                "InputTransformer": {"InputPathsMap": {"order": "$.detail.order"}, "InputTemplate": template}} | letters]
    rule = calls("events", "put_rule", Name=f"{prefix}-second", EventBusName=ids["bus"], Description=canary("rule"),
                 EventPattern=json.dumps({"source": ["second"]}))["RuleArn"]
    failed = calls("events", "put_targets", Rule=f"{prefix}-second", EventBusName=ids["bus"], Targets=targets)["FailedEntries"]
    if failed:
        raise RuntimeError(f"target refused: {failed}")
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": ids["queue_arn"],
             "Condition": {"ArnEquals": {"aws:SourceArn": [ids["rule_arn"], rule]}}}
    calls("sqs", "set_queue_attributes", QueueUrl=ids["queue_url"], Attributes={"Policy": _document(allow)})
    for name in ("first", "second"):
        calls("events", "create_archive", ArchiveName=f"{prefix}-{name}", EventSourceArn=ids["bus_arn"], Description=canary("archive"), RetentionDays=1)
    return {"second_rule_arn": rule}


def machines(calls: Any, prefix: str, ids: dict, canary: Callable[[str], str]) -> dict:
    """A machine that calls the API from a task within a map and from one with JSONata; a pipe to a destination."""
    url = f"https://{ids['api']}.execute-api.{calls.region}.amazonaws.com/prod/orders"
    with_words = url.replace("https://", f"https://caller:{canary('task-user').replace(' ', '+')}@") + f"?pin={canary('task-url').replace(' ', '+')}"
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True}
    where = {"Method": "GET", "InvocationConfig": {"ConnectionArn": ids["basic_arn"]}}
    inner = invoke | {"Comment": canary("comment"), "Parameters": where | {
        "ApiEndpoint": with_words, "Headers": {"x-own": canary("task-header")}, "QueryParameters": {"own": canary("task-query")},
        "RequestBody": {"card": [{"pin": canary("task-body")}], "id.$": "$.id"}}}
    outer = invoke | {"QueryLanguage": "JSONata", "Arguments": where | {"ApiEndpoint": url, "Headers": {"x-own": canary("argument")}}}
    states = {"Wrap": {"Type": "Pass", "Result": {"pin": canary("result")}, "Next": "Each"},
              "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": inner}}, "Next": "Outer"}, "Outer": outer}
    trust = {"Effect": "Allow", "Principal": {"Service": ["states.amazonaws.com", "pipes.amazonaws.com"]}, "Action": "sts:AssumeRole"}
    role_arn = calls("iam", "create_role", RoleName=f"{prefix}-callers", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
    may = {"Effect": "Allow", "Resource": "*", "Action": [
        "states:InvokeHTTPEndpoint", "events:InvokeApiDestination", "events:RetrieveConnectionCredentials",
        "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "kms:Decrypt"]}
    calls("iam", "put_role_policy", RoleName=f"{prefix}-callers", PolicyName="call", PolicyDocument=_document(may))
    arns = [calls("stepfunctions", "create_state_machine", name=f"{prefix}-{name}", roleArn=role_arn, tags=[{"key": "team", "value": "audit"}],
                  definition=json.dumps({"StartAt": "Wrap", "States": states}))["stateMachineArn"] for name in ("first", "second")]
    for name in ("first", "second"):
        calls("pipes", "create_pipe", Name=f"{prefix}-{name}", Source=ids["queue_arn"], Target=ids["worded_destination_arn"], RoleArn=role_arn)
    return {"machine_arns": arns}


def sharing(calls: Any, prefix: str, ids: dict) -> dict:
    """The configuration shared with another account, and associated with a network of this one."""
    for name in ("first", "second"):
        calls("ram", "create_resource_share", name=f"{prefix}-{name}", resourceArns=[ids["configuration_arn"]], principals=[OTHER_ACCOUNT])
    lattice = calls("vpc-lattice", "create_service_network", name=f"{prefix}-network", authType="NONE")
    made = calls("vpc-lattice", "create_service_network_resource_association", resourceConfigurationIdentifier=ids["configuration_arn"],
                 serviceNetworkIdentifier=lattice["id"])
    return {"own_association": made["id"]}


def build(calls: Any, given: dict) -> dict:
    """Makes the stack; options are `prefix` and `canary`, a word for the values that are shown in clear."""
    options = builds.DEFAULTS | {"zones": 2, "tags": {"team": "audit"}, "prefix": given.get("prefix", "pgw")}
    prefix, word = options["prefix"], given.get("canary", "canary")

    def canary(place: str) -> str:
        return f"{word} in {place}"

    ids = builds.build(calls, "hardened", {"prefix": prefix, "tags": options["tags"]})
    calls("sqs", "tag_queue", QueueUrl=ids["queue_url"], Tags=options["tags"])
    other = second_network(calls, f"{prefix}-other", options)
    ids |= {"other": other, "domain_configuration": other["configuration_arn"]} | lists(calls, prefix, ids)
    ids |= api(calls, prefix, ids, canary) | domains(calls, prefix, ids, [ids["endpoint"], other["endpoint"]])
    ids |= connections(calls, prefix, ids, canary)
    ids |= destinations(calls, prefix, ids, canary)
    role(calls, prefix, ids, canary)
    return ids | rules(calls, prefix, ids, canary) | machines(calls, prefix, ids, canary) | sharing(calls, prefix, ids)
