//! Parts of resources whose owner is not known: whoever may have one has parts that are not all known.

use pgwaudit::source::cloudformation::Templates;

use crate::support::Folder;

/// A type of owners with its properties, a type of parts with the property that names the owner and the others, the
/// collection of the owners in the model and their field that the part adds to.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const API: &str = "AWS::ApiGateway::RestApi";
const METHOD: &str = "HttpMethod: GET, ResourceId: !GetAtt One.RootResourceId";
const PERMISSION: &str = "IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8";
const DOCUMENT: &str = "PolicyName: p, PolicyDocument: {Version: 2012-10-17, Statement: []}";
const NONE: &str = "SecurityGroupEgress: [{IpProtocol: '-1', CidrIp: 127.0.0.1/32}]";

/// The properties of a part that name its owner as `Ref` does.
const CASES: [Case; 22] = [
    (API, "", "AWS::ApiGateway::Method", "RestApiId", METHOD, "apis", "resources"),
    (API, "", "AWS::ApiGateway::Resource", "RestApiId", "PathPart: a, ParentId: !GetAtt One.RootResourceId", "apis", "resources"),
    (API, "", "AWS::ApiGateway::Authorizer", "RestApiId", "Type: TOKEN, Name: a", "apis", "authorizers"),
    (API, "", "AWS::ApiGateway::RequestValidator", "RestApiId", "Name: a", "apis", "validators"),
    (API, "", "AWS::ApiGateway::Stage", "RestApiId", "StageName: a", "apis", "stages"),
    (API, "", "AWS::ApiGateway::Deployment", "RestApiId", "StageName: a", "apis", "deployments"),
    ("AWS::Serverless::Api", "StageName: x", "AWS::ApiGateway::Stage", "RestApiId", "StageName: a", "apis", "stages"),
    ("AWS::ApiGateway::DomainName", "", "AWS::ApiGateway::BasePathMapping", "DomainName", "RestApiId: a", "domains", "mappings"),
    (
        "AWS::ApiGateway::DomainNameV2",
        "DomainName: a.example",
        "AWS::ApiGateway::BasePathMappingV2",
        "DomainNameArn",
        "RestApiId: a",
        "domains",
        "mappings",
    ),
    (
        "AWS::EC2::NetworkAcl",
        "VpcId: v",
        "AWS::EC2::NetworkAclEntry",
        "NetworkAclId",
        "RuleNumber: 1, Protocol: 6, RuleAction: allow, CidrBlock: 10.0.0.0/8",
        "network_acls",
        "entries",
    ),
    (
        "AWS::EC2::NetworkAcl",
        "VpcId: v",
        "AWS::EC2::SubnetNetworkAclAssociation",
        "NetworkAclId",
        "SubnetId: subnet-1",
        "network_acls",
        "subnet_ids",
    ),
    (
        "AWS::EC2::RouteTable",
        "VpcId: v",
        "AWS::EC2::SubnetRouteTableAssociation",
        "RouteTableId",
        "SubnetId: subnet-1",
        "route_tables",
        "subnet_ids",
    ),
    ("AWS::EC2::SecurityGroup", "VpcId: v", "AWS::EC2::SecurityGroupIngress", "GroupId", PERMISSION, "security_groups", "ingress"),
    ("AWS::EC2::SecurityGroup", "VpcId: v", "AWS::EC2::SecurityGroupEgress", "GroupId", PERMISSION, "security_groups", "egress"),
    ("AWS::EC2::SecurityGroup", NONE, "AWS::EC2::SecurityGroupEgress", "GroupId", PERMISSION, "security_groups", "egress"),
    (
        "AWS::EC2::Subnet",
        "VpcId: v, CidrBlock: 10.0.0.0/24",
        "AWS::EC2::SubnetCidrBlock",
        "SubnetId",
        "Ipv6CidrBlock: '2001:db8::/64'",
        "subnets",
        "cidrs",
    ),
    ("AWS::EC2::VPC", "CidrBlock: 10.0.0.0/16", "AWS::EC2::VPCCidrBlock", "VpcId", "CidrBlock: 10.1.0.0/16", "vpcs", "cidrs"),
    ("AWS::EC2::VPC", "CidrBlock: 10.0.0.0/16", "AWS::EC2::VPCCidrBlock", "VpcId", "CidrBlock: 10.1.0.0/16", "route_tables", "routes"),
    (
        "AWS::EC2::VPC",
        "CidrBlock: 10.0.0.0/16",
        "AWS::EC2::VPCDHCPOptionsAssociation",
        "VpcId",
        "DhcpOptionsId: default",
        "vpcs",
        "dhcp_options_id",
    ),
    (
        "AWS::Events::EventBus",
        "Name: !Sub '${AWS::StackName}-${Which}'",
        "AWS::Events::EventBusPolicy",
        "EventBusName",
        "StatementId: a, Statement: {}",
        "buses",
        "policy",
    ),
    ("AWS::SQS::Queue", "", "AWS::SQS::QueueInlinePolicy", "Queue", DOCUMENT, "queues", "policy"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument: {}", "AWS::IAM::RolePolicy", "RoleName", DOCUMENT, "roles", "policies"),
];

/// A template with two owners and a part whose owner is given by `owner`.
fn template((kind, own, part, property, rest, ..): Case, owner: &str) -> String {
    let declared = |id: &str| format!("  {id}: {{Type: '{kind}', Properties: {{{}}}}}\n", own.replace("${Which}", id));
    let part = format!("{{Type: '{part}', Properties: {{{property}: {owner}, {rest}}}}}");
    let part = match owner.contains("${X}") {
        true => format!("  Fn::ForEach::Parts: [X, !Ref Told, {{'Part${{X}}': {part}}}]\n"),
        false => format!("  Part: {part}\n"),
    };
    format!(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nParameters: {{Told: {{Type: CommaDelimitedList}}, One1: {{Type: String}}}}\n\
         Conditions: {{Maybe: !Equals [!Ref One1, a]}}\nResources:\n{}{}{part}",
        declared("One"),
        declared("Two")
    )
}

/// How many owners there are, and of how many the field is not known.
fn unknown(case: Case, files: &[(&str, &str)]) -> (usize, usize) {
    let (.., collection, field) = case;
    let assembly = Folder::of(files).read(&["."]).expect("templates");
    let snapshot = serde_json::to_value(Templates::of(assembly).snapshot).expect("a snapshot");
    let account = &snapshot["accounts"]["000000000000"];
    let owners = if collection == "roles" { &account["roles"] } else { &account["regions"]["us-east-1"][collection] };
    let owners = owners.as_object().expect(collection);
    (owners.len(), owners.values().filter(|owner| owner[field].to_string().contains("\"reason\":\"unresolved\"")).count())
}

#[test]
fn a_part_makes_whoever_may_own_it_unknown_and_nobody_else() {
    for case in CASES {
        let of = |owner: &str| unknown(case, &[("a.yaml", &template(case, owner))]);
        let (all, none) = of("!Ref One");
        assert_eq!(none, 0, "{case:?}");
        assert_eq!(of("!Ref {'Fn::Sub': '${X}'}"), (all, all), "a loop tells: {case:?}");
        assert_eq!(of("!If [Maybe, !Ref One, another]"), (all, 1), "a condition tells: {case:?}");
        assert_eq!(of("!Select [!Ref One1, [!Ref One, !Ref Two]]"), (all, 2), "an index tells: {case:?}");
        // A parameter of a stack names what was there before it.
        assert_eq!(of("!Ref One1"), (all, 0), "a parameter tells: {case:?}");
        let (own, other) = (template(case, "!Ref One"), template(case, "!Ref One1"));
        let other = other.replace("  One:", "  Three:").replace("  Two:", "  Four:").replace("!GetAtt One.", "!GetAtt Three.");
        let (both, those) = unknown(case, &[("a.yaml", &own), ("b.yaml", &other)]);
        assert_eq!((both, those), (2 * all, all), "a parameter of another stack tells: {case:?}");
    }
}

#[test]
fn a_route_whose_table_is_not_known_may_be_anyones() {
    let case = ("AWS::EC2::VPC", "CidrBlock: 10.0.0.0/16", "AWS::EC2::Route", "RouteTableId", "", "route_tables", "routes");
    let text = |owner: &str| {
        let route = format!("DestinationCidrBlock: 0.0.0.0/0, GatewayId: igw-1, RouteTableId: {owner}");
        let tables = "  TableOne: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref One}}\n";
        template(case, owner).replace("RouteTableId: ", "").replace(&format!("{{{owner}, }}"), &format!("{{{route}}}")) + tables
    };
    let of = |owner: &str| unknown(case, &[("a.yaml", &text(owner))]);
    // The main tables of the VPCs have no name in a template.
    assert_eq!(of("!Ref TableOne"), (3, 0));
    assert_eq!(of("!Ref {'Fn::Sub': '${X}'}"), (3, 1));
    assert_eq!(of("!If [Maybe, !Ref TableOne, rtb-1]"), (3, 1));
}

#[test]
fn what_a_nested_stack_is_given_is_followed() {
    let parent = "Parameters: {P: {Type: String}}\nConditions: {Maybe: !Equals [!Ref P, a]}\nResources:\n  One: {Type: AWS::SQS::Queue}\n  Two: {Type: AWS::SQS::Queue}\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner/inner.yaml, Parameters: {Queue: !If [Maybe, !Ref One, x]}}}\n";
    let inner = "Parameters: {Queue: {Type: String}}\nResources:\n  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {}}}\n";
    let case = ("", "", "", "", "", "queues", "policy");
    assert_eq!(unknown(case, &[("a.yaml", parent), ("inner/inner.yaml", inner)]), (2, 1));
}
