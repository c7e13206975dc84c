//! What is planned with a secret that is named, and what without one.

mod planned;

use pgwaudit::fix::document::Plan;
use pgwaudit::fix::permissions::{of_plan, secrets, spare};
use pgwaudit::fix::plan::with_secret;
use pgwaudit::fix::secret::{Reference, fields, references};
use pgwaudit::fix::step::Step;
use pgwaudit::model::Snapshot;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::rules::{RULES, example};
use planned::{failing, judge, planned, planned_with};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/key-AbCdEf";

fn named() -> Reference {
    "env:ORDERS_KEY".parse().expect("a reference")
}

/// An estate of the documents with a change.
fn changed(estate: &str, patch: &Value) -> Snapshot {
    let mut value = example::estate(estate).expect("an estate");
    example::patch(&mut value, patch).expect("a patch");
    serde_json::from_value(value).expect("a snapshot")
}

fn plan_all(snapshot: &Snapshot, secret: Option<&Reference>) -> Plan {
    planned_with(snapshot, |_| true, secret).expect("a plan")
}

fn with_a_secret(plan: &Plan) -> Vec<&Step> {
    plan.steps().filter(|step| step.call.secret.is_some()).collect()
}

fn said(plan: &Plan) -> String {
    plan.manual.iter().map(|item| format!("{}: {}", item.finding.rule, item.why)).collect::<Vec<_>>().join("; ")
}

#[test]
fn each_rule_that_takes_a_secret_is_cured_with_one_and_names_the_flag_without() {
    let mut seen = 0;
    for rule in RULES.iter().filter(|rule| with_secret(rule.id).is_some()) {
        assert_eq!(rule.document().head.fix, Some(FixClass::Manual), "{}", rule.id);
        let mut cured = 0;
        for example in failing(rule) {
            let snapshot = example::snapshot(example).expect("a snapshot");
            let without = planned(&snapshot, rule.id);
            assert!(without.steps().next().is_none() && said(&without).contains("--secret-from env:NAME, file:PATH"), "{}", said(&without));
            let with = planned_with(&snapshot, |finding| finding.rule == rule.id, Some(&named())).expect("a plan");
            for step in with.steps() {
                assert_eq!(step.call.secret, Some(named()), "{} line {}", rule.id, example.line);
                assert!(!fields(&step.call.parameters).is_empty());
                cured += 1;
            }
        }
        assert!(cured > 0, "{}: no example is cured", rule.id);
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

/// Connection, destination, configuration, gateway and the gateway's group are gone.
fn ruined(estate: &str) -> Snapshot {
    changed(
        estate,
        &json!({"destinations": {"orders": null}, "connections": {"orders": null}, "resource_configs": {"orders-api": null},
        "gateways": {"orders-api": null}, "security_groups": {"sg-0a1b2c3d4e5f60001": null}}),
    )
}

#[test]
fn a_ruined_chain_is_planned_whole_and_leaves_nothing_to_find() {
    let plan = plan_all(&ruined("api-key"), Some(&named()));
    let operations: Vec<&str> = plan.steps().map(|step| step.call.operation.as_str()).collect();
    let wanted = [
        "CreateSecurityGroup",
        "CreateResourceGateway",
        "CreateResourceConfiguration",
        "CreateConnection",
        "CreateApiDestination",
        "PutTargets",
        "PutRolePolicy",
    ];
    let mut at = operations.iter();
    assert!(wanted.iter().all(|wanted| at.any(|own| own == wanted)), "{operations:?}; {}", said(&plan));
    let steps = with_a_secret(&plan);
    let auth = &steps[0].call.parameters["AuthParameters"]["ApiKeyAuthParameters"];
    assert_eq!((steps.len(), auth), (1, &json!({"ApiKeyName": "x-api-key", "ApiKeyValue": "$secret-api_key_value"})));
    assert_eq!(plan.manual, [], "{}", said(&plan));
    assert_eq!(plan.fixes[0].class, FixClass::Recreate);
    let url = plan
        .steps()
        .find(|step| step.call.operation == "CreateApiDestination")
        .map(|step| step.call.parameters["InvocationEndpoint"].clone());
    assert_eq!(url, Some(json!("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders")));
}

#[test]
fn what_cannot_be_known_is_said() {
    let method = json!({"authorization": "NONE", "api_key_required": true});
    let snapshot = ruined("api-key");
    let nothing = plan_all(&snapshot, None);
    assert!(said(&nothing).contains("it takes the secret of connection orders"), "{}", said(&nothing));
    let deployments = json!({"d1e2f3": {"summary": {"/other": {"POST": method}}}});
    let several = json!({"destinations": {"orders": null}, "apis": {"a1b2c3d4e5": {"deployments": deployments}}});
    let plan = plan_all(&changed("api-key", &several), None);
    assert!(said(&plan).contains("which URL and method it had is not known") && said(&plan).contains("POST /other"), "{}", said(&plan));
}

#[test]
fn one_secret_is_not_for_two_connections() {
    let (mut twin, own) = (json!({}), "arn:aws:events:eu-west-1:111122223333:connection/twin/6f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c22");
    let snapshot = changed("default", &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}}));
    let mut value = serde_json::to_value(&snapshot).expect("JSON");
    let connections = &mut value["accounts"]["111122223333"]["regions"]["eu-west-1"]["connections"];
    if let Some(first) = connections.as_object().and_then(|all| all.values().next()) {
        twin = first.clone();
    }
    (twin["arn"], twin["name"]) = (json!(own), json!("twin"));
    connections[own] = twin;
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    let why = planned_with(&snapshot, |finding| finding.rule == "connection/deauthorized", Some(&named())).expect_err("refused");
    assert!(why.contains("orders") && why.contains("twin") && why.contains("--integration"), "{why}");
}

#[test]
fn the_policy_for_a_plan_lets_its_own_secret_be_read_and_no_other() {
    let reference: Reference = format!("secretsmanager:{ARN}").parse().expect("a reference");
    let plan = plan_all(&ruined("api-key"), Some(&reference));
    assert_eq!(references(&plan).into_iter().collect::<Vec<_>>(), [reference]);
    let allowed = Value::Array(of_plan(&plan, "aws")).to_string();
    assert!(
        allowed.contains("secretsmanager:GetSecretValue") && allowed.contains(ARN) && allowed.contains("events:CreateConnection"),
        "{allowed}"
    );
    let mut scan = vec![
        json!({"Effect": "Deny", "Action": ["secretsmanager:GetSecretValue", "events:RetrieveConnectionCredentials"], "Resource": "*"}),
    ];
    spare(&mut scan, &secrets(&plan));
    assert_eq!(scan[0]["Action"], json!(["events:RetrieveConnectionCredentials"]));
    assert_eq!((&scan[1]["Action"], &scan[1]["NotResource"]), (&json!("secretsmanager:GetSecretValue"), &json!([ARN])));
    let other = plan_all(&ruined("api-key"), Some(&named()));
    assert!(secrets(&other).is_empty() && !Value::Array(of_plan(&other, "aws")).to_string().contains("GetSecretValue"));
    assert!(!judge(&ruined("api-key")).findings.is_empty());
}

/// The first call with a secret of a plan for all that is found.
fn authorized(snapshot: &Snapshot) -> Value {
    let plan = plan_all(snapshot, Some(&named()));
    with_a_secret(&plan).first().unwrap_or_else(|| panic!("{}", said(&plan))).call.parameters.clone()
}

/// An estate without connection, whose method asks for something.
fn asking(summary: &Value, more: Value) -> Snapshot {
    let mut patch = json!({"connections": {"orders": null}, "apis": {"a1b2c3d4e5": {"deployments": {"d1e2f3": {"summary": {"/orders": {"POST": summary}}}}}}});
    if let Some(more) = more.as_object() {
        more.iter().for_each(|(name, value)| patch["apis"]["a1b2c3d4e5"][name] = value.clone());
    }
    changed("oauth", &patch)
}

#[test]
fn a_new_connection_sends_what_the_method_asks_for() {
    let key = |header: &str| json!({"ApiKeyName": header, "ApiKeyValue": "$secret-api_key_value"});
    let none = authorized(&asking(&json!({"authorization": "NONE"}), json!({})));
    assert_eq!(none["AuthParameters"]["ApiKeyAuthParameters"], key("x-api-key"));
    let custom = authorized(&asking(&json!({"authorization": "CUSTOM"}), json!({})));
    assert_eq!(custom["AuthParameters"]["ApiKeyAuthParameters"], key("Authorization"), "the header of its authorizer");
    let pool = authorized(&asking(&json!({"authorization": "COGNITO_USER_POOLS"}), json!({})));
    let client = json!({"ClientID": "$secret-client_id", "ClientSecret": "$secret-client_secret"});
    let wanted =
        json!({"ClientParameters": client, "AuthorizationEndpoint": "$secret-authorization_endpoint", "HttpMethod": "$secret-http_method"});
    assert_eq!((&pool["AuthorizationType"], &pool["AuthParameters"]["OAuthParameters"]), (&json!("OAUTH_CLIENT_CREDENTIALS"), &wanted));
    let manual = |summary: Value, more: Value, part: &str| {
        let plan = plan_all(&asking(&summary, more), Some(&named()));
        assert!(with_a_secret(&plan).is_empty() && said(&plan).contains(part), "{part} in {}", said(&plan));
    };
    manual(json!({"authorization": "AWS_IAM"}), json!({}), "which no connection can send");
    manual(json!({"authorization": "CUSTOM", "api_key_required": true}), json!({}), "for an API key and for CUSTOM");
    let two = json!({"au1234": {"identity_source": "method.request.header.A, method.request.header.B"}});
    manual(json!({"authorization": "CUSTOM"}), json!({"authorizers": two}), "more than one header");
}

#[test]
fn credentials_are_told_again_with_what_goes_with_them() {
    let parked = |more: Value| {
        let mut patch = json!({"state": "DEAUTHORIZED"});
        more.as_object().into_iter().flatten().for_each(|(name, value)| patch[name] = value.clone());
        json!({"connections": {"orders": patch}})
    };
    let basic = authorized(&changed("default", &parked(json!({"authorization": "BASIC", "api_key_name": null, "username": "orders"}))));
    let wanted = json!({"Username": "$secret-username", "Password": "$secret-password"});
    assert_eq!((&basic["AuthorizationType"], &basic["AuthParameters"]["BasicAuthParameters"]), (&json!("BASIC"), &wanted));
    let oauth = authorized(&changed("oauth", &parked(json!({}))));
    let parameters = &oauth["AuthParameters"]["OAuthParameters"];
    assert_eq!(parameters["AuthorizationEndpoint"], "https://orders.auth.eu-west-1.amazoncognito.com/oauth2/token");
    let scope = json!({"Key": "scope", "Value": "orders/write", "IsValueSecret": false});
    assert_eq!(parameters["OAuthHttpParameters"]["BodyParameters"][1], scope, "what is not secret is sent again");
    let secret = json!({"parameters": [{"place": "header", "key": "x-token", "secret": true}]});
    let plan = plan_all(&changed("default", &parked(secret)), Some(&named()));
    assert!(with_a_secret(&plan).is_empty() && said(&plan).contains("x-token is secret and would be lost"), "{}", said(&plan));
}

#[test]
fn the_path_to_tokens_is_made_again_with_the_clients_secret() {
    let config = "arn:aws:vpc-lattice:eu-west-1:111122223333:resourceconfiguration/rcfg-0a1b2c3d4e5f60718";
    let path = json!({"resource_config_arn": config, "association_arn": "arn:aws:vpc-lattice:eu-west-1:111122223333:servicenetworkresourceassociation/snra-gone"});
    let snapshot = changed("oauth", &json!({"connections": {"orders": {"oauth": {"connectivity": path}}}}));
    let without = plan_all(&snapshot, None);
    assert!(without.steps().next().is_none() && said(&without).contains("--secret-from"), "{}", said(&without));
    let call = authorized(&snapshot);
    assert_eq!(call["AuthParameters"]["ConnectivityParameters"]["ResourceParameters"]["ResourceConfigurationArn"], config);
    assert_eq!(call["AuthParameters"]["OAuthParameters"]["ClientParameters"]["ClientSecret"], "$secret-client_secret");
}
