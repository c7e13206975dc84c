//! The resource types whose names and ids stand in other resources, and what form these have.

/// What a resource is called.
#[derive(Debug)]
pub struct Shape {
    /// Its type.
    pub kind: &'static str,
    /// What `Ref` gives: `Name`, `Arn` or `Id`.
    pub reference: &'static str,
    /// The property that names it.
    pub name: &'static str,
    /// The form of its id: a prefix such as `vpc`, `word6`, `word10`, `uuid`; empty where the name is the id.
    pub id: &'static str,
    /// Its ARN after the partition: the service, and after the account what names it.
    pub arn: &'static str,
    /// Attributes that are the ARN.
    pub arns: &'static [&'static str],
    /// Attributes that are the id.
    pub ids: &'static [&'static str],
    /// Attributes that are the name.
    pub names: &'static [&'static str],
}

/// `AWS::EC2::VPC`
pub const VPC: &str = "AWS::EC2::VPC";
/// `AWS::EC2::VPCEndpoint`
pub const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";

macro_rules! shapes {
    ($($kind:literal $reference:ident $name:literal $id:literal $arn:literal [$($arns:literal)*] [$($ids:literal)*] [$($names:literal)*];)+) => {
        static SHAPES: &[Shape] = &[$(Shape {
            kind: $kind, reference: stringify!($reference), name: $name, id: $id, arn: $arn,
            arns: &[$($arns),*], ids: &[$($ids),*], names: &[$($names),*],
        }),+];
    };
}

// Sorted by type, because they are searched.
shapes! {
    "AWS::ApiGateway::ApiKey" Id "Name" "word10" "" [] ["APIKeyId"] [];
    "AWS::ApiGateway::Authorizer" Id "Name" "word6" "" [] ["AuthorizerId"] [];
    "AWS::ApiGateway::Deployment" Id "Name" "word6" "" [] ["DeploymentId"] [];
    "AWS::ApiGateway::DomainName" Name "DomainName" "" "apigateway:/domainnames/{name}" ["DomainNameArn"] [] [];
    "AWS::ApiGateway::DomainNameAccessAssociation" Arn "Name" "word10" "apigateway:/domainnameaccessassociations/{id}" ["DomainNameAccessAssociationArn"] [] [];
    "AWS::ApiGateway::DomainNameV2" Arn "DomainName" "word10" "apigateway:/domainnames/{name}+{id}" ["DomainNameArn"] ["DomainNameId"] [];
    "AWS::ApiGateway::RequestValidator" Id "Name" "word6" "" [] ["RequestValidatorId"] [];
    "AWS::ApiGateway::Resource" Id "Name" "word6" "" [] ["ResourceId"] [];
    "AWS::ApiGateway::RestApi" Id "Name" "word10" "" [] ["RestApiId"] [];
    "AWS::ApiGateway::Stage" Name "StageName" "" "" [] [] [];
    "AWS::ApiGateway::UsagePlan" Id "UsagePlanName" "word6" "" [] ["Id"] [];
    "AWS::CloudWatch::Alarm" Name "AlarmName" "" "cloudwatch:alarm:{name}" ["Arn"] [] [];
    "AWS::EC2::CarrierGateway" Id "Name" "cagw" "" [] ["CarrierGatewayId"] [];
    "AWS::EC2::CustomerGateway" Id "Name" "cgw" "" [] ["CustomerGatewayId"] [];
    "AWS::EC2::DHCPOptions" Id "Name" "dopt" "" [] ["DhcpOptionsId"] [];
    "AWS::EC2::EgressOnlyInternetGateway" Id "Name" "eigw" "" [] ["Id"] [];
    "AWS::EC2::Instance" Id "Name" "i" "" [] ["InstanceId"] [];
    "AWS::EC2::InternetGateway" Id "Name" "igw" "" [] ["InternetGatewayId"] [];
    "AWS::EC2::NatGateway" Id "Name" "nat" "" [] ["NatGatewayId"] [];
    "AWS::EC2::NetworkAcl" Id "Name" "acl" "" [] ["Id"] [];
    "AWS::EC2::NetworkInterface" Id "Name" "eni" "" [] ["Id"] [];
    "AWS::EC2::PrefixList" Id "PrefixListName" "pl" "ec2:prefix-list/{id}" ["Arn"] ["PrefixListId"] [];
    "AWS::EC2::RouteTable" Id "Name" "rtb" "" [] ["RouteTableId"] [];
    "AWS::EC2::SecurityGroup" Id "GroupName" "sg" "" [] ["GroupId" "Id"] [];
    "AWS::EC2::Subnet" Id "Name" "subnet" "" [] ["SubnetId"] [];
    "AWS::EC2::TransitGateway" Id "Name" "tgw" "ec2:transit-gateway/{id}" ["TransitGatewayArn"] ["Id"] [];
    "AWS::EC2::TransitGatewayAttachment" Id "Name" "tgw-attach" "" [] ["Id"] [];
    "AWS::EC2::VPC" Id "Name" "vpc" "" [] ["VpcId"] [];
    "AWS::EC2::VPCEndpoint" Id "Name" "vpce" "" [] ["Id"] [];
    "AWS::EC2::VPCPeeringConnection" Id "Name" "pcx" "" [] ["Id"] [];
    "AWS::EC2::VPNGateway" Id "Name" "vgw" "" [] ["VPNGatewayId"] [];
    "AWS::Events::ApiDestination" Name "Name" "" "events:api-destination/{name}/{uuid}" ["Arn"] [] [];
    "AWS::Events::Archive" Name "ArchiveName" "" "events:archive/{name}" ["Arn"] [] ["ArchiveName"];
    "AWS::Events::Connection" Name "Name" "" "events:connection/{name}/{uuid}" ["Arn"] [] [];
    "AWS::Events::EventBus" Name "Name" "" "events:event-bus/{name}" ["Arn"] [] ["Name"];
    "AWS::Events::Rule" Name "Name" "" "events:rule/{bus}{name}" ["Arn"] [] [];
    "AWS::IAM::ManagedPolicy" Arn "ManagedPolicyName" "" "iam:policy{path}{name}" ["PolicyArn"] [] [];
    "AWS::IAM::Policy" Name "PolicyName" "" "" [] [] [];
    "AWS::IAM::Role" Name "RoleName" "" "iam:role{path}{name}" ["Arn"] [] [];
    "AWS::KMS::Alias" Name "AliasName" "" "kms:{name}" [] [] [];
    "AWS::KMS::Key" Id "Name" "uuid" "kms:key/{id}" ["Arn"] ["KeyId"] [];
    "AWS::KMS::ReplicaKey" Id "Name" "uuid" "kms:key/{id}" ["Arn"] ["KeyId"] [];
    "AWS::Lambda::Function" Name "FunctionName" "" "lambda:function:{name}" ["Arn"] [] [];
    "AWS::Logs::LogGroup" Name "LogGroupName" "" "logs:log-group:{name}:*" ["Arn"] [] [];
    "AWS::Pipes::Pipe" Name "Name" "" "pipes:pipe/{name}" ["Arn"] [] [];
    "AWS::SNS::Topic" Arn "TopicName" "" "sns:{name}" ["TopicArn"] [] ["TopicName"];
    "AWS::SQS::Queue" Url "QueueName" "" "sqs:{name}" ["Arn"] [] ["QueueName"];
    "AWS::SecretsManager::Secret" Arn "Name" "" "secretsmanager:secret:{name}-{word}" ["Id" "Arn"] [] [];
    "AWS::Serverless::Api" Id "Name" "word10" "" [] ["RestApiId"] [];
    "AWS::Serverless::Function" Name "FunctionName" "" "lambda:function:{name}" ["Arn"] [] [];
    "AWS::Serverless::StateMachine" Arn "Name" "" "states:stateMachine:{name}" ["Arn"] [] ["Name"];
    "AWS::StepFunctions::StateMachine" Arn "StateMachineName" "" "states:stateMachine:{name}" ["Arn"] [] ["Name"];
    "AWS::VpcLattice::ResourceConfiguration" Arn "Name" "rcfg" "vpc-lattice:resourceconfiguration/{id}" ["Arn"] ["Id"] [];
    "AWS::VpcLattice::ResourceGateway" Arn "Name" "rgw" "vpc-lattice:resourcegateway/{id}" ["Arn"] ["Id"] [];
    "AWS::VpcLattice::ServiceNetwork" Arn "Name" "sn" "vpc-lattice:servicenetwork/{id}" ["Arn"] ["Id"] [];
    "AWS::VpcLattice::ServiceNetworkResourceAssociation" Arn "Name" "snra" "vpc-lattice:servicenetworkresourceassociation/{id}" ["Arn"] ["Id"] [];
}

/// What resources of a type are called; `None` for types that nothing of the chain names.
pub fn shape(kind: &str) -> Option<&'static Shape> {
    SHAPES.binary_search_by(|shape| shape.kind.cmp(kind)).ok().and_then(|index| SHAPES.get(index))
}

/// Attributes that say again what a property says.
pub fn same_as_property(kind: &str, attribute: &str) -> Option<&'static str> {
    Some(match (kind, attribute) {
        (VPC, "CidrBlock") | ("AWS::EC2::Subnet", "CidrBlock") => "CidrBlock",
        ("AWS::EC2::Subnet", "AvailabilityZone") => "AvailabilityZone",
        ("AWS::EC2::Subnet" | "AWS::EC2::SecurityGroup" | ENDPOINT, "VpcId") => "VpcId",
        ("AWS::SSM::Parameter", "Value") => "Value",
        ("AWS::ApiGateway::DomainName" | "AWS::ApiGateway::DomainNameV2", "DomainName") => "DomainName",
        ("AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine", "RoleArn") => "RoleArn",
        _ => return None,
    })
}

/// Whether a resource is made by code of the template's author.
pub fn is_custom(kind: &str) -> bool {
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_found() {
        for shape in SHAPES {
            assert_eq!(super::shape(shape.kind).map(|found| found.kind), Some(shape.kind));
        }
        assert!(super::shape("AWS::S3::Bucket").is_none());
    }
}
