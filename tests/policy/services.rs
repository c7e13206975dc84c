//! Policies that AWS services meet: trust, queue, bus and key policies.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::{Context, Decision, Principal, Request, Resource, Value};
use serde_json::{Value as Json, json};

use crate::support::policy;

const RULE: &str = "arn:aws:events:eu-west-1:111122223333:rule/orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:failed";

/// EventBridge for the rule `orders` of account 111122223333.
fn for_the_rule() -> Context {
    Context::service("events.amazonaws.com").with("aws:SourceArn", Value::text(RULE)).with("aws:SourceAccount", Value::text("111122223333"))
}

fn events(action: &str, resource: Resource, context: Context) -> Request {
    let principal = Principal::Service("events.amazonaws.com".to_owned());
    Request::new(principal, action, resource, context)
}

fn trusts(statements: Json, context: Context) -> Decision {
    let request = events("sts:AssumeRole", Resource::Own, context);
    policy(statements).evaluate(&request).decision()
}

fn assume(principal: Json, condition: Json) -> Json {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    if condition != Json::Null {
        statement["Condition"] = condition;
    }
    statement
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html> and, for
/// the conditions, .../cross-service-confused-deputy-prevention.html of the same guide.
#[test]
fn trust_policies() {
    let events = || json!({"Service": "events.amazonaws.com"});
    let cases = [
        (assume(events(), Json::Null), Allowed),
        (assume(json!({"Service": ["pipes.amazonaws.com", "events.amazonaws.com"]}), Json::Null), Allowed),
        (assume(json!("*"), Json::Null), Allowed),
        (assume(json!({"Service": "scheduler.amazonaws.com"}), Json::Null), NotAllowed),
        (assume(json!({"AWS": "111122223333"}), Json::Null), NotAllowed),
        (assume(events(), json!({"ArnEquals": {"aws:SourceArn": RULE}})), Allowed),
        (assume(events(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:111122223333:rule/*"}})), Allowed),
        (assume(events(), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})), Allowed),
        (assume(events(), json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/old"}})), NotAllowed),
        (assume(events(), json!({"StringEquals": {"aws:SourceAccount": "444455556666"}})), NotAllowed),
        (assume(events(), json!({"StringEquals": {"sts:ExternalId": "x"}})), Undetermined),
    ];
    for (statement, expected) in cases {
        assert_eq!(trusts(statement.clone(), for_the_rule()), expected, "{statement}");
    }
    // Which rule asks, is not known: a condition on it leaves it open.
    let conditional = assume(events(), json!({"ArnEquals": {"aws:SourceArn": RULE}}));
    assert_eq!(trusts(conditional, Context::service("events.amazonaws.com")), Undetermined);
}

#[test]
fn other_actions_do_not_make_trust() {
    let tag = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["sts:TagSession"]});
    assert_eq!(trusts(tag, for_the_rule()), NotAllowed);
    let all = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:*"});
    assert_eq!(trusts(all, for_the_rule()), Allowed);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>: the statement that
/// a dead-letter queue needs.
#[test]
fn queue_policies() {
    let send = |principal: Json, condition: Json| {
        let statements = json!([
            {"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
             "Action": "SQS:*", "Resource": QUEUE},
            {"Sid": "Rule", "Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage",
             "Resource": QUEUE, "Condition": condition},
        ]);
        let request = events("sqs:SendMessage", Resource::arn(QUEUE), for_the_rule());
        policy(statements).evaluate(&request).decision()
    };
    let service = || json!({"Service": "events.amazonaws.com"});
    assert_eq!(send(service(), json!({"ArnEquals": {"aws:SourceArn": RULE}})), Allowed);
    assert_eq!(send(service(), json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}})), Allowed);
    assert_eq!(send(service(), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}})), Allowed);
    assert_eq!(send(json!("*"), json!({"ArnEquals": {"aws:SourceArn": RULE}})), Allowed);
    let other = "arn:aws:events:eu-west-1:111122223333:rule/other";
    assert_eq!(send(service(), json!({"ArnEquals": {"aws:SourceArn": other}})), NotAllowed);
    assert_eq!(send(json!({"Service": "sns.amazonaws.com"}), json!({})), NotAllowed);
}

/// A queue that takes nothing over plain HTTP.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html>
#[test]
fn queue_policies_that_demand_tls() {
    let statements = json!([
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
         "Action": "sqs:SendMessage", "Resource": QUEUE},
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE,
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]);
    let ask = |tls: &str| {
        let context = for_the_rule().with("aws:SecureTransport", Value::text(tls));
        let request = events("sqs:SendMessage", Resource::arn(QUEUE), context);
        policy(statements.clone()).evaluate(&request).decision()
    };
    assert_eq!(ask("true"), Allowed);
    assert_eq!(ask("false"), DeniedExplicitly);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html>: everyone,
/// one account, an organization.
#[test]
fn bus_policies() {
    let bus = "arn:aws:events:eu-west-1:111122223333:event-bus/orders";
    let put = |principal: Json, condition: Json| {
        json!({"Effect": "Allow", "Principal": principal, "Action": "events:PutEvents",
            "Resource": bus, "Condition": condition})
    };
    let foreign = |statement: Json, organization: Value| {
        let principal = Principal::aws("arn:aws:iam::999900001111:role/anyone").expect("an identity");
        let context = Context::new().with("aws:PrincipalOrgID", organization);
        let request = Request::new(principal, "events:PutEvents", Resource::arn(bus), context);
        policy(statement).evaluate(&request).decision()
    };
    let other = || Value::other("o-");
    assert_eq!(foreign(put(json!("*"), json!({})), other()), Allowed);
    assert_eq!(foreign(put(json!({"AWS": "999900001111"}), json!({})), other()), Allowed);
    assert_eq!(foreign(put(json!({"AWS": "444455556666"}), json!({})), other()), NotAllowed);
    let organization = put(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}));
    assert_eq!(foreign(organization.clone(), other()), NotAllowed);
    assert_eq!(foreign(organization.clone(), Value::text("o-1234567890")), Allowed);
    assert_eq!(foreign(organization, Value::Absent), NotAllowed);
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html>: the
/// key lets the account use it through the service that keeps the secret.
#[test]
fn key_policies() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let policy = policy(json!([
        {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Connections", "Effect": "Allow", "Principal": "*",
         "Action": ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com",
             "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:events!connection/orders"}}},
    ]));
    let ask = |principal: Principal, action: &str, service: &str| {
        let context = Context::new().with("kms:ViaService", Value::text(format!("{service}.eu-west-1.amazonaws.com"))).with(
            "kms:EncryptionContext:SecretARN",
            Value::text("arn:aws:secretsmanager:eu-west-1:111122223333:secret:events!connection/orders"),
        );
        let request = Request::new(principal, action, Resource::arn(key), context);
        policy.evaluate(&request).decision()
    };
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations";
    let own = Principal::aws(linked).expect("an identity");
    let foreign = Principal::aws("arn:aws:iam::444455556666:role/x").expect("an identity");
    assert_eq!(ask(own, "kms:Decrypt", "sqs"), Allowed);
    assert_eq!(ask(foreign.clone(), "kms:Decrypt", "secretsmanager"), Allowed);
    assert_eq!(ask(foreign.clone(), "kms:Decrypt", "sqs"), NotAllowed);
    assert_eq!(ask(foreign, "kms:Encrypt", "secretsmanager"), NotAllowed);
}
