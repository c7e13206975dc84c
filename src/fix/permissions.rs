//! The least IAM policy for a plan, or for every plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::document::Plan;
use super::secret::Reference;
use super::state::resolve_text;
use super::step::{Call, NEW, Step};

/// What reads the value of a secret.
const READ_SECRET: &str = "secretsmanager:GetSecretValue";

/// Every operation that a plan may hold, by service; a test asks for each that a planner uses.
pub const OPERATIONS: &[(&str, &[&str])] = &[
    (
        "apigateway",
        &[
            "CreateBasePathMapping",
            "CreateDeployment",
            "CreateDomainNameAccessAssociation",
            "DeleteBasePathMapping",
            "DeleteDeployment",
            "DeleteDomainNameAccessAssociation",
            "UpdateBasePathMapping",
            "UpdateDomainName",
            "UpdateMethod",
            "UpdateRestApi",
            "UpdateStage",
            "UpdateUsagePlan",
        ],
    ),
    ("cloudwatch", &["DeleteAlarms", "PutMetricAlarm"]),
    (
        "ec2",
        &[
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupIngress",
            "CreateNetworkAclEntry",
            "CreateSecurityGroup",
            "DeleteNetworkAclEntry",
            "DeleteSecurityGroup",
            "ModifyVpcEndpoint",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
        ],
    ),
    (
        "events",
        &[
            "CreateApiDestination",
            "CreateConnection",
            "DeauthorizeConnection",
            "DeleteApiDestination",
            "DeleteConnection",
            "DisableRule",
            "EnableRule",
            "PutPermission",
            "PutTargets",
            "RemovePermission",
            "RemoveTargets",
            "UpdateApiDestination",
            "UpdateConnection",
        ],
    ),
    ("iam", &["CreateRole", "DeleteRole", "DeleteRolePolicy", "PutRolePolicy", "UpdateAssumeRolePolicy"]),
    ("kms", &["DisableKey", "EnableKey", "TagResource", "UntagResource"]),
    ("sqs", &["CreateQueue", "DeleteQueue", "SetQueueAttributes"]),
    (
        "vpc-lattice",
        &[
            "CreateResourceConfiguration",
            "CreateResourceGateway",
            "DeleteResourceConfiguration",
            "DeleteResourceGateway",
            "UpdateResourceConfiguration",
            "UpdateResourceGateway",
        ],
    ),
];

/// Tells which stack owns a resource; without it a plan changes only what tags tell of, unless `--allow-managed` is given.
const STACKS: &str = "cloudformation:DescribeStackResources";

/// The statements that a plan's calls and their undo need, beside those of a scan.
pub fn of_plan(plan: &Plan, partition: &str) -> Vec<Value> {
    let mut grants = Grants::new(partition);
    grants.add(STACKS, "*");
    for step in plan.fixes.iter().flat_map(|fix| &fix.steps) {
        for call in std::iter::once(&step.call).chain(&step.undo) {
            grants.call(call, &resource(step, partition));
        }
    }
    for arn in secrets(plan) {
        grants.add(READ_SECRET, &arn);
    }
    grants.statements()
}

/// The secrets of Secrets Manager that are read before a plan is made, by ARN. One that has a key of its own takes
/// `kms:Decrypt` on it besides: which key that is, a plan does not tell.
pub fn secrets(plan: &Plan) -> Vec<String> {
    let references = plan.fixes.iter().flat_map(|fix| &fix.steps).filter_map(|step| step.call.secret.as_ref());
    let arns = references.filter_map(|reference| match reference {
        Reference::Manager(arn) => Some(arn.clone()),
        Reference::Env(_) | Reference::File(_) => None,
    });
    arns.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Lets the statements that keep a scan from reading secrets leave these out: what is denied cannot be allowed again.
pub fn spare(statements: &mut Vec<Value>, secrets: &[String]) {
    if secrets.is_empty() {
        return;
    }
    let denies = |statement: &Value| {
        statement["Effect"] == "Deny"
            && statement["Action"].as_array().is_some_and(|actions| actions.iter().any(|name| name == READ_SECRET))
    };
    let Some(own) = statements.iter_mut().find(|statement| denies(statement)) else { return };
    if let Some(actions) = own["Action"].as_array_mut() {
        actions.retain(|name| name != READ_SECRET);
    }
    statements.push(json!({"Sid": "NeverReadOtherSecrets", "Effect": "Deny", "Action": READ_SECRET, "NotResource": secrets}));
}

/// The statements for whatever may be planned.
pub fn of_everything(partition: &str) -> Vec<Value> {
    let mut grants = Grants::new(partition);
    grants.add(STACKS, "*");
    for (service, operations) in OPERATIONS {
        for operation in *operations {
            grants.call(&Call::new(service, operation, json!({"patchOperations": [{"path": "/policy"}]})), "*");
        }
    }
    grants.statements()
}

/// The role that EventBridge keeps for connections, which the first of an account makes.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/using-service-linked-roles-service-action-1.html>
const SERVICE_ROLE: &str = "apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations";

struct Grants<'p> {
    partition: &'p str,
    actions: BTreeMap<String, BTreeSet<String>>,
    passes: BTreeSet<String>,
}

impl<'p> Grants<'p> {
    fn new(partition: &'p str) -> Self {
        Grants { partition, actions: BTreeMap::new(), passes: BTreeSet::new() }
    }

    fn add(&mut self, action: &str, resource: &str) {
        let resources = self.actions.entry(action.to_owned()).or_default();
        resources.extend(without_id(resource));
        resources.insert(resource.to_owned());
    }

    fn call(&mut self, call: &Call, resource: &str) {
        if call.service == "apigateway" {
            return self.api_gateway(call);
        }
        self.add(&call.to_string(), resource);
        match call.operation.as_str() {
            "PutTargets" => self.pass_role(call),
            "UpdateConnection" => self.private_path(),
            "CreateConnection" => {
                self.private_path();
                self.add("iam:CreateServiceLinkedRole", &format!("arn:{}:iam::*:role/aws-service-role/{SERVICE_ROLE}", self.partition));
            }
            "DeauthorizeConnection" | "DeleteConnection" => self.connection_secrets(&["DeleteSecret", "DescribeSecret"]),
            "CreateQueue" => self.add("sqs:TagQueue", resource),
            "CreateResourceConfiguration" | "CreateResourceGateway" => {
                self.add("vpc-lattice:TagResource", "*");
                for action in ["ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:DescribeSecurityGroups"] {
                    self.add(action, "*");
                }
            }
            "ModifyVpcEndpoint" | "CreateSecurityGroup" => self.add(&call.to_string(), "*"),
            _ => {}
        }
    }

    /// A target's role is passed to EventBridge.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html>
    fn pass_role(&mut self, call: &Call) {
        let roles = call.parameters["Targets"].as_array().into_iter().flatten().filter_map(|target| target["RoleArn"].as_str());
        let mut roles: BTreeSet<String> = roles.map(str::to_owned).collect();
        if roles.is_empty() {
            // The target is sent whole, with the role that it has.
            roles.insert(format!("arn:{}:iam::*:role/*", self.partition));
        }
        self.passes.extend(roles);
    }

    /// What EventBridge does in the caller's name when a connection gets a private path.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/connection-private.html>
    fn private_path(&mut self) {
        for action in ["CreateServiceNetworkResourceAssociation", "GetResourceConfiguration", "AssociateViaAWSService-EventsAndStates"] {
            self.add(&format!("vpc-lattice:{action}"), "*");
        }
        self.connection_secrets(&["CreateSecret", "UpdateSecret", "PutSecretValue", "DescribeSecret"]);
    }

    /// The secrets that EventBridge keeps for connections, in the caller's name.
    fn connection_secrets(&mut self, actions: &[&str]) {
        let secrets = format!("arn:{}:secretsmanager:*:*:secret:events!connection/*", self.partition);
        for action in actions {
            self.add(&format!("secretsmanager:{action}"), &secrets);
        }
    }

    /// API Gateway's operations are verbs on paths of its management API.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-api.html>
    fn api_gateway(&mut self, call: &Call) {
        let p = |name: &str| call.parameters[name].as_str().filter(|text| !text.contains(NEW)).unwrap_or("*").to_owned();
        let (api, stage, domain) = (p("restApiId"), p("stageName"), p("domainName"));
        let (verb, path) = match call.operation.as_str() {
            "UpdateRestApi" => ("PATCH", format!("/restapis/{api}")),
            "UpdateStage" => ("PATCH", format!("/restapis/{api}/stages/{stage}")),
            "UpdateMethod" => ("PATCH", format!("/restapis/{api}/resources/{}/methods/{}", p("resourceId"), p("httpMethod"))),
            "CreateDeployment" => ("POST", format!("/restapis/{api}/deployments")),
            "DeleteDeployment" => ("DELETE", format!("/restapis/{api}/deployments/*")),
            "UpdateUsagePlan" => ("PATCH", format!("/usageplans/{}", p("usagePlanId"))),
            "UpdateDomainName" => ("PATCH", format!("/domainnames/{domain}*")),
            "CreateBasePathMapping" => ("POST", format!("/domainnames/{domain}*/basepathmappings")),
            "UpdateBasePathMapping" => ("PATCH", format!("/domainnames/{domain}*/basepathmappings/*")),
            "DeleteBasePathMapping" => ("DELETE", format!("/domainnames/{domain}*/basepathmappings/*")),
            "CreateDomainNameAccessAssociation" => ("POST", "/domainnameaccessassociations".to_owned()),
            _ => ("DELETE", "/domainnameaccessassociations/*".to_owned()),
        };
        let arn = format!("arn:{}:apigateway:*::{path}", self.partition);
        let mut patches = call.parameters["patchOperations"].as_array().into_iter().flatten();
        if patches.any(|patch| patch["path"] == "/policy") {
            match call.operation.as_str() {
                "UpdateRestApi" => self.add("apigateway:UpdateRestApiPolicy", &arn),
                "UpdateDomainName" => self.add("apigateway:UpdateDomainNamePolicy", &arn),
                _ => {}
            }
        }
        if call.operation == "CreateDomainNameAccessAssociation" {
            self.add("apigateway:CreateAccessAssociation", &format!("arn:{}:apigateway:*:*:/domainnames/*", self.partition));
        }
        self.add(&format!("apigateway:{verb}"), &arn);
    }

    /// One statement for each set of resources.
    fn statements(self) -> Vec<Value> {
        let mut by_resources: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for (action, resources) in self.actions {
            let resources = if resources.contains("*") { vec!["*".to_owned()] } else { resources.into_iter().collect() };
            by_resources.entry(resources).or_default().push(action);
        }
        let statement =
            |(resources, actions): (Vec<String>, Vec<String>)| json!({"Effect": "Allow", "Action": actions, "Resource": resources});
        let mut statements: Vec<Value> = by_resources.into_iter().map(statement).collect();
        if !self.passes.is_empty() {
            statements.push(json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": self.passes,
                "Condition": {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}}));
        }
        statements
    }
}

/// The ARN of a connection or an API destination without the id at its end, the form in which IAM knows them.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html>
fn without_id(arn: &str) -> Option<String> {
    let kind = [":connection/", ":api-destination/"].into_iter().find(|kind| arn.contains(kind) && arn.contains(":events:"))?;
    let (head, rest) = arn.split_once(kind)?;
    let (name, _) = rest.split_once('/')?;
    Some(format!("{head}{kind}{name}"))
}

/// The ARN of what a step's call is about; what is made has a `*` for its id.
fn resource(step: &Step, partition: &str) -> String {
    let Some(change) = step.changes.first() else { return "*".to_owned() };
    let (account, region, key) = (&step.account, &step.region, &change.place.key);
    let arn = match change.place.collection.as_str() {
        _ if key.starts_with("arn:") => key.clone(),
        "security_groups" => format!("arn:{partition}:ec2:{region}:{account}:security-group/{key}"),
        "network_acls" => format!("arn:{partition}:ec2:{region}:{account}:network-acl/{key}"),
        "endpoints" => format!("arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{key}"),
        _ => "*".to_owned(),
    };
    let made = |number: u32| (format!("{NEW}{number}"), "*".to_owned());
    resolve_text(&arn, &(1..=step.id).map(made).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_destinations_are_granted_as_iam_knows_them() {
        let mut grants = Grants::new("aws");
        for kind in ["connection", "api-destination", "rule"] {
            grants.add("events:X", &format!("arn:aws:events:eu-west-1:111122223333:{kind}/orders/6f1c1e0a"));
        }
        let resources: Vec<&str> =
            grants.actions["events:X"].iter().map(|arn| &arn["arn:aws:events:eu-west-1:111122223333:".len()..]).collect();
        let wanted = [
            "api-destination/orders",
            "api-destination/orders/6f1c1e0a",
            "connection/orders",
            "connection/orders/6f1c1e0a",
            "rule/orders/6f1c1e0a",
        ];
        assert_eq!(resources, wanted);
    }

    #[test]
    fn everything_has_its_action_and_nothing_is_granted_that_reads_secrets() {
        let text = Value::Array(of_everything("aws-cn")).to_string();
        for part in
            ["events:PutTargets", "iam:PassRole", "apigateway:UpdateRestApiPolicy", "arn:aws-cn:apigateway:*::/restapis/*/deployments"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("GetSecretValue") && !text.contains("RetrieveConnectionCredentials") && !text.contains("events:PutRule"));
    }
}
