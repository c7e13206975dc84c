//! The sentences that users read.

use pgwaudit::policy::{Context, Policy, Request, Resource, ShortForm, Value};
use serde_json::{Value as Json, json};

use crate::support::{API, INVOKE, policy, unsigned};

fn ours() -> Context {
    Context::anonymous()
        .with("aws:SourceVpc", Value::text("vpc-0a"))
        .with("aws:VpcSourceIp", Value::within(["10.0.1.0/24".parse().expect("a range")]))
}

fn explains(statements: Json, context: Context) -> String {
    policy(statements).evaluate(&unsigned(context)).explain().to_string()
}

fn statement(sid: &str, effect: &str, condition: Json) -> Json {
    json!({"Sid": sid, "Effect": effect, "Principal": "*", "Action": INVOKE, "Resource": "*",
        "Condition": condition})
}

#[test]
fn allowances() {
    let plain = statement("", "Allow", json!({}));
    assert_eq!(explains(json!([plain]), ours()), "statement 1 allows it");
    let conditional = statement("Ours", "Allow", json!({"StringEquals": {"aws:SourceVpc": ["vpc-0a", "vpc-0b"]}}));
    assert_eq!(
        explains(json!([conditional]), ours()),
        r#"statement 1 ("Ours") allows: aws:SourceVpc is vpc-0a, StringEquals vpc-0a, vpc-0b"#
    );
}

#[test]
fn denials() {
    let allow = statement("", "Allow", json!({}));
    let deny = statement("OnlyOurVpc", "Deny", json!({"StringNotEquals": {"aws:SourceVpc": "vpc-0b"}}));
    assert_eq!(
        explains(json!([allow, deny]), ours()),
        r#"statement 2 ("OnlyOurVpc") denies: aws:SourceVpc is vpc-0a, StringNotEquals vpc-0b"#
    );
    let organization = statement("", "Deny", json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}));
    assert_eq!(explains(json!([allow, organization]), ours()), "statement 2 denies: aws:PrincipalOrgID is absent, StringNotEquals o-1");
    let all = statement("", "Deny", json!({}));
    assert_eq!(explains(json!([allow, all]), ours()), "statement 2 denies it");
}

/// The nearest `Allow` is the one that fails latest.
#[test]
fn silence() {
    assert_eq!(explains(json!([]), ours()), "the policy has no Allow statement");
    let principal = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": INVOKE, "Resource": "*"});
    assert_eq!(
        explains(json!([principal]), ours()),
        "no statement allows it; the nearest is statement 1: \
         Principal is 111122223333, the caller is anonymous"
    );
    let action = json!({"Effect": "Allow", "Principal": "*", "Action": "apigateway:*", "Resource": "*"});
    assert_eq!(
        explains(json!([principal, action]), ours()),
        "no statement allows it; the nearest is statement 2: \
         Action is apigateway:*, the request is for execute-api:Invoke"
    );
    let resource = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "NotResource": [format!("{API}/*"), "b"]});
    assert_eq!(
        explains(json!([principal, resource, action]), ours()),
        format!(
            "no statement allows it; the nearest is statement 2: \
         NotResource is {API}/*, b, the request is for {API}/prod/POST/orders"
        )
    );
    let address = statement(
        "Near",
        "Allow",
        json!({"StringEquals": {"aws:SourceVpc": "vpc-0a"},
        "IpAddress": {"aws:VpcSourceIp": ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"]}}),
    );
    assert_eq!(
        explains(json!([resource, address]), ours()),
        "no statement allows it; the nearest is statement 2 (\"Near\"): aws:VpcSourceIp is an address \
         in 10.0.1.0/24, IpAddress 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16 and 1 more"
    );
}

#[test]
fn open_questions() {
    let allow = statement("", "Allow", json!({}));
    let maybe = statement("Org", "Allow", json!({"StringEquals": {"aws:ResourceOrgID": "o-1"}}));
    assert_eq!(explains(json!([maybe]), ours()), r#"statement 1 ("Org") may allow: aws:ResourceOrgID is not known, StringEquals o-1"#);
    let deny = statement("", "Deny", json!({"StringEquals": {"aws:PrincipalType": "Anonymous"}}));
    assert_eq!(
        explains(json!([allow, deny]), ours()),
        "statement 2 may deny: aws:PrincipalType is Anonymous or absent, StringEquals Anonymous"
    );
    let operator = statement("", "Deny", json!({"StringMatches": {"aws:SourceVpc": "x"}}));
    assert_eq!(explains(json!([allow, operator]), ours()), "statement 2 may deny: StringMatches is no condition operator");
    let value = statement("", "Deny", json!({"IpAddress": {"aws:VpcSourceIp": "vpc-1"}}));
    assert_eq!(explains(json!([allow, value]), ours()), r#"statement 2 may deny: IpAddress cannot read "vpc-1""#);
    let element = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Until": "2030"});
    assert_eq!(explains(json!([allow, element]), ours()), "statement 2 may deny: Until is not an element of the policy language");
    let one_of = statement("", "Deny", json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}));
    let context = ours().with("aws:SourceVpce", Value::one_of(["vpce-1", "vpce-2"]));
    assert_eq!(
        explains(json!([allow, one_of]), context),
        "statement 2 may deny: aws:SourceVpce is one of vpce-1, vpce-2, StringEquals vpce-1"
    );
}

/// The conditions that hold are all named, the first that does not is named alone.
#[test]
fn every_condition_of_a_denial() {
    let policy = policy(json!([statement(
        "",
        "Deny",
        json!({
        "StringNotEquals": {"aws:SourceVpc": "vpc-0b"}, "Bool": {"aws:SecureTransport": "true"}})
    )]));
    let context = ours().with("aws:SecureTransport", Value::text("true"));
    let request = unsigned(context);
    let explanation = policy.evaluate(&request).explain();
    assert_eq!(explanation.facts.len(), 2);
    let as_json = serde_json::to_value(&explanation).expect("JSON");
    assert_eq!(as_json["decision"], "denied-explicitly");
    assert_eq!(as_json["statement"], json!({"index": 0, "sid": null, "allows": false}));
    let keys: Vec<_> = as_json["facts"].as_array().expect("a list").iter().map(|fact| &fact["key"]).collect();
    assert_eq!(keys, ["aws:SecureTransport", "aws:SourceVpc"]);
    assert_eq!(as_json["facts"][0]["element"], "condition");
}

/// A short resource is shown as what it stands for.
#[test]
fn short_resources() {
    let text = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
        "Resource": "execute-api:/prod/GET/*"}]}"#;
    let policy = Policy::parse(text).expect("a policy");
    let resource = Resource::arn(&format!("{API}/prod/POST/orders"));
    let request = Request::anonymous(INVOKE, resource, Context::anonymous());
    assert_eq!(
        policy.evaluate(&request).explain().to_string(),
        format!(
            "statement 1 may allow: Resource is execute-api:/prod/GET/*, \
         the request is for {API}/prod/POST/orders"
        )
    );
    let policy = policy.expanded(&ShortForm::new(API));
    assert_eq!(
        policy.evaluate(&request).explain().to_string(),
        format!(
            "no statement allows it; the nearest is statement 1: Resource is {API}/prod/GET/*, \
         the request is for {API}/prod/POST/orders"
        )
    );
}
