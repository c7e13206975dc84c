"""A template of the chain, with every function that the deployer knows."""

from __future__ import annotations

REF = lambda name: {"Ref": name}  # noqa: E731
GET = lambda name, attribute: {"Fn::GetAtt": [name, attribute]}  # noqa: E731


def tcp443(**peer: object) -> dict:
    """A rule for HTTPS."""
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": "443"} | peer


def network() -> dict:
    """VPC, subnet, groups and endpoint."""
    group = {"Type": "AWS::EC2::SecurityGroup"}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::FindInMap": ["Net", "Vpc", "Cidr"]},
                                                         "EnableDnsHostnames": True, "EnableDnsSupport": "true"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": REF("Vpc"), "CidrBlock": "10.7.0.0/24",
                                                               "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}},
        "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": REF("Vpc")}},
        "Route": {"Type": "AWS::EC2::SubnetRouteTableAssociation", "Properties": {"SubnetId": REF("Subnet"), "RouteTableId": REF("Table")}},
        "EndpointGroup": group | {"Properties": {"GroupDescription": "e", "VpcId": REF("Vpc"), "SecurityGroupIngress": [
            tcp443(CidrIp=GET("Vpc", "CidrBlock"))]}},
        "GatewayGroup": group | {"Properties": {"GroupDescription": "g", "VpcId": REF("Vpc"), "SecurityGroupEgress": [
            {"IpProtocol": "icmp", "CidrIp": "255.255.255.255/32", "FromPort": 252, "ToPort": 86}]}},
        "Egress": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": tcp443(
            GroupId=GET("GatewayGroup", "GroupId"), DestinationSecurityGroupId=GET("EndpointGroup", "GroupId"))},
        "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {
            "VpcEndpointType": "Interface", "VpcId": REF("Vpc"), "SubnetIds": [REF("Subnet")], "PrivateDnsEnabled": True,
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.execute-api"}, "SecurityGroupIds": [REF("EndpointGroup")]}},
    }


def api() -> dict:
    """The private API with POST /hello on prod."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    kind = "AWS::ApiGateway::"
    return {
        "Api": {"Type": kind + "RestApi", "Properties": {"Name": "stack", "Policy": {"Version": "2012-10-17", "Statement": [statement]},
                "EndpointConfiguration": {"Types": ["PRIVATE"], "VpcEndpointIds": [REF("Endpoint")]}}},
        "Hello": {"Type": kind + "Resource", "Properties": {"RestApiId": REF("Api"), "ParentId": GET("Api", "RootResourceId"), "PathPart": "hello"}},
        "Post": {"Type": kind + "Method", "Properties": {"RestApiId": REF("Api"), "ResourceId": REF("Hello"), "HttpMethod": "POST",
                 "AuthorizationType": "NONE", "Integration": {"Type": "MOCK", "TimeoutInMillis": "3000"}}},
        "Deployment": {"Type": kind + "Deployment", "DependsOn": ["Post"], "Properties": {"RestApiId": REF("Api")}},
        "Stage": {"Type": kind + "Stage", "Properties": {"RestApiId": REF("Api"), "DeploymentId": REF("Deployment"), "StageName": "prod"}},
    }


def chain() -> dict:
    """Gateway, configuration, connection, destination, rule and what they need."""
    name = {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [0, GET("Endpoint", "DnsEntries")]}]}]}
    key = {"Fn::Join": ["", ["{{resolve:secretsmanager:", REF("Key"), ":SecretString:::}}"]]}
    url = {"Fn::Sub": ["https://${Api}.execute-api.${AWS::Region}.${Suffix}/prod/hello", {"Suffix": REF("AWS::URLSuffix")}]}
    assume = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [assume]}
    allow = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": GET("Destination", "Arn")}
    invoke = {"Version": "2012-10-17", "Statement": [allow]}
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": GET("Queue", "Arn")}
    return {
        "Gateway": {"Type": "AWS::VpcLattice::ResourceGateway", "Properties": {"Name": "stack-gateway", "VpcIdentifier": REF("Vpc"),
                    "SubnetIds": [REF("Subnet")], "SecurityGroupIds": [REF("GatewayGroup")], "IpAddressType": "IPV4"}},
        "Config": {"Type": "AWS::VpcLattice::ResourceConfiguration", "Properties": {"Name": "stack-config", "PortRanges": ["443"],
                   "ResourceConfigurationType": "SINGLE", "ResourceGatewayId": REF("Gateway"),
                   "ResourceConfigurationDefinition": {"DnsResource": {"DomainName": name, "IpAddressType": "IPV4"}}}},
        "Key": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {}}},
        "Connection": {"Type": "AWS::Events::Connection", "Properties": {"AuthorizationType": "API_KEY",
                       "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": key},
                                          "InvocationHttpParameters": {"HeaderParameters": [{"Key": "a", "Value": "hidden"}]}},
                       "InvocationConnectivityParameters": {"ResourceParameters": {"ResourceConfigurationArn": GET("Config", "Arn")}}}},
        "Destination": {"Type": "AWS::Events::ApiDestination", "Properties": {"ConnectionArn": GET("Connection", "Arn"), "HttpMethod": "POST",
                        "InvocationEndpoint": url, "InvocationRateLimitPerSecond": "5"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "invoke", "Roles": [REF("Role")], "PolicyDocument": invoke}},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "stack-bus"}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "QueuePolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [REF("Queue")],
                        "PolicyDocument": {"Version": "2012-10-17", "Statement": [send]}}},
        "Rule": {"Type": "AWS::Events::Rule", "Condition": "WithRule", "Properties": {
            "EventBusName": REF("Bus"), "EventPattern": {"source": ["my-source"]}, "State": {"Fn::If": ["Other", "DISABLED", "ENABLED"]},
            "Targets": [{"Id": "T", "Arn": GET("Destination", "Arn"), "RoleArn": GET("Role", "Arn"),
                         "DeadLetterConfig": {"Arn": GET("Queue", "Arn")}}]}},
    }


def template() -> dict:
    """The whole."""
    return {
        "Parameters": {"Rules": {"Type": "String", "Default": "yes"}}, "Mappings": {"Net": {"Vpc": {"Cidr": "10.7.0.0/16"}}},
        "Conditions": {"WithRule": {"Fn::Equals": [REF("Rules"), "yes"]}, "Other": {"Fn::Not": [{"Condition": "WithRule"}]}},
        "Resources": network() | api() | chain(), "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Api}/${Stage}"}}},
    }
