//! The example policies of the API Gateway guide, judged for an unsigned call.
//!
//! Resource policies: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>.
//! Endpoint policies: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::{Context, Decision, Policy, Principal, Request, Resource, ShortForm, Value};
use serde_json::{Value as Json, json};

use crate::support::{API, INVOKE, orders, policy, unsigned};

/// A statement for everyone on the whole API, as the guide writes it.
fn everyone(effect: &str, condition: Json) -> Json {
    let mut statement = json!({"Effect": effect, "Principal": "*", "Action": INVOKE,
        "Resource": ["execute-api:/*"]});
    if condition != Json::Null {
        statement["Condition"] = condition;
    }
    statement
}

fn api(statements: Json) -> Policy {
    policy(statements).expanded(&ShortForm::new(API))
}

/// A call through an endpoint of a VPC, from an address within a subnet.
fn through(vpc: &str, endpoint: &str, subnet: &str) -> Context {
    Context::anonymous()
        .with("aws:SourceVpc", Value::text(vpc))
        .with("aws:SourceVpce", Value::text(endpoint))
        .with("aws:VpcSourceIp", Value::within([subnet.parse().expect("a range")]))
        .with("aws:SecureTransport", Value::text("true"))
}

fn ours() -> Context {
    through("vpc-1a2b3c4d", "vpce-1a2b3c4d", "10.0.1.0/24")
}

fn decide(policy: &Policy, context: Context) -> Decision {
    policy.evaluate(&unsigned(context)).decision()
}

/// "Allow private API traffic based on source VPC or VPC endpoint", both examples.
#[test]
fn deny_everyone_but_one_vpc_or_endpoint() {
    for (key, value) in [("aws:SourceVpc", "vpc-1a2b3c4d"), ("aws:SourceVpce", "vpce-1a2b3c4d")] {
        let policy = api(json!([everyone("Allow", Json::Null), everyone("Deny", json!({"StringNotEquals": {key: value}})),]));
        assert_eq!(decide(&policy, ours()), Allowed, "{key}");
        let other = through("vpc-other", "vpce-other", "10.0.1.0/24");
        assert_eq!(decide(&policy, other), DeniedExplicitly, "{key}");
        // Not through any endpoint: the key is absent, and the negated operator holds.
        let public = Context::anonymous().with(key, Value::Absent);
        assert_eq!(decide(&policy, public), DeniedExplicitly, "{key}");
        assert_eq!(decide(&policy, Context::anonymous()), Undetermined, "{key}");
        let stranger = Request::stranger(INVOKE, orders());
        assert_eq!(policy.evaluate(&stranger).decision(), DeniedExplicitly, "{key}");
    }
}

/// The same with an `Allow` alone, which is how many write it.
#[test]
fn allow_one_endpoint() {
    let policy = api(json!([everyone("Allow", json!({"StringEquals": {"aws:sourceVpce": ["vpce-1a2b3c4d", "vpce-2"]}})),]));
    assert_eq!(decide(&policy, ours()), Allowed);
    assert_eq!(decide(&policy, through("vpc-1a2b3c4d", "vpce-3", "10.0.1.0/24")), NotAllowed);
    assert_eq!(decide(&policy, Context::anonymous().with("aws:SourceVpce", Value::Absent)), NotAllowed);
    assert_eq!(policy.evaluate(&Request::stranger(INVOKE, orders())).decision(), NotAllowed);
}

/// "Deny API traffic based on source IP address or range", public and private. A private API sees
/// the caller's address as `aws:VpcSourceIp`; what `aws:SourceIp` is there, nobody knows.
#[test]
fn deny_some_addresses() {
    let denies = |key: &str| {
        api(json!([everyone("Allow", Json::Null), everyone("Deny", json!({"IpAddress": {key: ["192.0.2.0/24", "198.51.100.0/24"]}})),]))
    };
    let private = denies("aws:VpcSourceIp");
    assert_eq!(decide(&private, ours()), Allowed);
    let inside = |range| decide(&private, through("vpc-1", "vpce-1", range));
    assert_eq!(inside("198.51.100.0/25"), DeniedExplicitly);
    assert_eq!(inside("192.0.2.0/23"), Undetermined);
    let public = denies("aws:SourceIp");
    assert_eq!(decide(&public, ours()), Undetermined);
    let from = |ip: &str| decide(&public, Context::anonymous().with("aws:SourceIp", Value::text(ip)));
    assert_eq!(from("192.0.2.44"), DeniedExplicitly);
    assert_eq!(from("203.0.113.1"), Allowed);
}

/// "Allow roles in another AWS account to use an API": one resource, two roles.
#[test]
fn roles_of_another_account() {
    let policy = api(json!([{
        "Effect": "Allow",
        "Principal": {"AWS": [
            "arn:aws:iam::444455556666:role/developer", "arn:aws:iam::444455556666:role/Admin"]},
        "Action": "execute-api:Invoke",
        "Resource": ["execute-api:/stage/GET/pets"]
    }]));
    let ask = |principal: Option<&str>, path: &str| {
        let principal = principal.map_or(Principal::Anonymous, |arn| Principal::aws(arn).expect("an identity"));
        let resource = Resource::arn(&format!("{API}{path}"));
        let request = Request::new(principal, INVOKE, resource, Context::new());
        policy.evaluate(&request).decision()
    };
    let developer = Some("arn:aws:iam::444455556666:role/developer");
    assert_eq!(ask(developer, "/stage/GET/pets"), Allowed);
    assert_eq!(ask(developer, "/stage/POST/pets"), NotAllowed);
    assert_eq!(ask(developer, "/stage/GET/pets/1"), NotAllowed);
    let session = Some("arn:aws:sts::444455556666:assumed-role/Admin/jane");
    assert_eq!(ask(session, "/stage/GET/pets"), Allowed);
    assert_eq!(ask(Some("arn:aws:iam::111122223333:role/developer"), "/stage/GET/pets"), NotAllowed);
    assert_eq!(ask(None, "/stage/GET/pets"), NotAllowed);
}

/// "API Gateway converts the abbreviated syntax to the full ARN": before that nobody can tell.
#[test]
fn short_resources_need_the_api() {
    let short = policy(json!([everyone("Allow", Json::Null)]));
    assert_eq!(decide(&short, ours()), Undetermined);
    let elsewhere = short.clone().expanded(&ShortForm::new(&API.replace("abc123", "def456")));
    assert_eq!(decide(&elsewhere, ours()), NotAllowed);
    assert_eq!(decide(&short.expanded(&ShortForm::new(API)), ours()), Allowed);
}

fn endpoint(statements: Json, resource: &str) -> Decision {
    let request = Request::anonymous(INVOKE, Resource::arn(resource), ours());
    policy(statements).evaluate(&request).decision()
}

/// Examples 1, 2 and 3: two APIs, the GET methods of one stage, one user.
#[test]
fn endpoint_policies_for_some_apis_methods_and_users() {
    let arn = "arn:aws:execute-api:us-east-1:123412341234:";
    let two = json!([{"Principal": "*", "Action": [INVOKE], "Effect": "Allow",
        "Resource": [format!("{arn}a1b2c3d4e5/*"), format!("{arn}aaaaa11111/*")]}]);
    assert_eq!(endpoint(two.clone(), &format!("{arn}aaaaa11111/prod/GET/")), Allowed);
    assert_eq!(endpoint(two, &format!("{arn}bbbbb22222/prod/GET/")), NotAllowed);
    let get = json!([{"Principal": "*", "Action": [INVOKE], "Effect": "Allow",
        "Resource": [format!("{arn}a1b2c3d4e5/stageName/GET/*")]}]);
    assert_eq!(endpoint(get.clone(), &format!("{arn}a1b2c3d4e5/stageName/GET/a/b")), Allowed);
    assert_eq!(endpoint(get.clone(), &format!("{arn}a1b2c3d4e5/stageName/GET/")), Allowed);
    assert_eq!(endpoint(get.clone(), &format!("{arn}a1b2c3d4e5/stageName/POST/a")), NotAllowed);
    assert_eq!(endpoint(get, &format!("{arn}a1b2c3d4e5/stagename/GET/a")), NotAllowed);
    // A call without a signature is anonymous for the endpoint, a bearer token changes nothing.
    let user = json!([{"Principal": {"AWS": ["arn:aws:iam::123412341234:user/MyUser"]},
        "Action": [INVOKE], "Effect": "Allow", "Resource": [format!("{arn}a1b2c3d4e5/*")]}]);
    assert_eq!(endpoint(user, &format!("{arn}a1b2c3d4e5/prod/GET/")), NotAllowed);
}

/// Example 4: whatever is called through one custom domain.
#[test]
fn endpoint_policy_for_a_domain() {
    let domain = "arn:aws:execute-api:us-west-2:111122223333:/domainnames/private.test.com+f4g5h6";
    let policy = policy(json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": INVOKE,
        "Resource": ["*"], "Condition": {"ArnEquals": {"execute-api:viaDomainArn": domain}}}]));
    let via = |value| decide(&policy, ours().with("execute-api:viaDomainArn", value));
    assert_eq!(via(Value::text(domain)), Allowed);
    assert_eq!(via(Value::text(domain.replace("f4g5h6", "x1y2z3"))), NotAllowed);
    assert_eq!(via(Value::Absent), NotAllowed);
    assert_eq!(via(Value::Unknown), Undetermined);
}

/// Example 5: a domain and an API allowed, a part of the API and another API denied.
#[test]
fn endpoint_policy_that_allows_and_denies() {
    let arn = "arn:aws:execute-api:us-west-2:111122223333:";
    let domain = format!("{arn}/domainnames/private.test.com+f4g5h6");
    let statements = json!([
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": INVOKE,
         "Resource": [domain, format!("{arn}a1b2c3d4e5/*")]},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": INVOKE,
         "Resource": [format!("{arn}a1b2c3d4e5/admin/*"), format!("{arn}bcd123455/*")]},
    ]);
    assert_eq!(endpoint(statements.clone(), &domain), Allowed);
    assert_eq!(endpoint(statements.clone(), &format!("{arn}a1b2c3d4e5/prod/GET/x")), Allowed);
    assert_eq!(endpoint(statements.clone(), &format!("{arn}a1b2c3d4e5/admin/GET/x")), DeniedExplicitly);
    assert_eq!(endpoint(statements.clone(), &format!("{arn}bcd123455/prod/GET/x")), DeniedExplicitly);
    assert_eq!(endpoint(statements, &format!("{arn}zzz/prod/GET/x")), NotAllowed);
}

/// The policy of an endpoint that has none of its own: full access.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
#[test]
fn the_default_endpoint_policy() {
    let text = r#"{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}"#;
    let policy = Policy::parse(text).expect("the default policy");
    assert_eq!(decide(&policy, Context::anonymous()), Allowed);
    assert_eq!(policy.evaluate(&Request::stranger(INVOKE, orders())).decision(), Allowed);
}

/// Both keys under one `StringNotEquals`: they AND, so only a call that differs in both is denied.
#[test]
fn two_keys_in_one_deny_deny_less_than_meant() {
    let policy = api(json!([
        everyone("Allow", Json::Null),
        everyone(
            "Deny",
            json!({"StringNotEquals": {
            "aws:SourceVpc": "vpc-1a2b3c4d", "aws:SourceVpce": "vpce-1a2b3c4d"}})
        ),
    ]));
    assert_eq!(decide(&policy, through("vpc-1a2b3c4d", "vpce-other", "10.0.1.0/24")), Allowed);
    assert_eq!(decide(&policy, through("vpc-other", "vpce-other", "10.0.1.0/24")), DeniedExplicitly);
}

/// Who can call from just any network.
#[test]
fn openness() {
    let allow = |condition: Json| api(json!([everyone("Allow", condition)]));
    let cases = [
        (allow(Json::Null), Allowed),
        (allow(json!({"Bool": {"aws:SecureTransport": "true"}})), Allowed),
        (allow(json!({"StringLike": {"aws:SourceVpce": "vpce-*"}})), Allowed),
        (allow(json!({"StringLike": {"aws:SourceVpc": ["vpc-0a", "*"]}})), Allowed),
        (allow(json!({"StringLike": {"aws:SourceVpce": "vpce-0a*"}})), NotAllowed),
        (allow(json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-0a"}})), NotAllowed),
        (allow(json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), NotAllowed),
        (allow(json!({"IpAddress": {"aws:VpcSourceIp": "0.0.0.0/0"}})), Allowed),
        (allow(json!({"StringEquals": {"aws:VpceOrgID": "o-abcd1234"}})), NotAllowed),
        (allow(json!({"StringEquals": {"aws:VpceAccount": "111122223333"}})), NotAllowed),
        // Perhaps API Gateway does not know the key, and then this says nothing.
        (allow(json!({"StringEqualsIfExists": {"aws:VpceAccount": "111122223333"}})), Undetermined),
        (allow(json!({"StringNotEquals": {"aws:VpceAccount": "111122223333"}})), Allowed),
        (allow(json!({"Null": {"aws:SourceVpce": "false"}})), Allowed),
        (allow(json!({"StringEquals": {"aws:ResourceOrgID": "o-abcd1234"}})), Undetermined),
        (allow(json!({"StringEquals": {"aws:Referer": "secret"}})), Undetermined),
    ];
    for (policy, expected) in cases {
        let stranger = Request::stranger(INVOKE, orders());
        let evaluation = policy.evaluate(&stranger);
        assert_eq!(evaluation.decision(), expected, "{}", evaluation.explain());
    }
}
