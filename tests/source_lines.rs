//! `--source`: findings on what is deployed, at the lines that declare it.

use std::cell::RefCell;
use std::fs;
use std::process::Command;

use pgwaudit::estate::Estate;
use pgwaudit::model::{Kind, ResourceId, Scope, Snapshot};
use pgwaudit::report::location::Locate;
use pgwaudit::rules::example;
use pgwaudit::source::cloudformation::deployed::{Deployed, Member, Stacks};
use pgwaudit::source::cloudformation::{Inputs, Templates};
use serde_json::{Value, json};

const TEMPLATE: &str = "\
Resources:
  Connection:
    Type: AWS::Events::Connection
    Properties:
      Name: orders
      AuthorizationType: API_KEY
  Destination:
    Type: AWS::Events::ApiDestination
    Properties:
      InvocationEndpoint: https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod//orders
      HttpMethod: POST
      ConnectionArn: !GetAtt Connection.Arn
  Rule:
    Type: AWS::Events::Rule
    Properties:
      State: DISABLED
      EventPattern: {source: [orders]}
      Targets:
        - Id: api
          Arn: !GetAtt Destination.Arn
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: orders}
";

/// A folder with the template, and with a snapshot that tells tags of these resources.
fn folder(tags: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a directory");
    fs::create_dir(folder.path().join(".git")).expect("made");
    fs::write(folder.path().join("orders.yaml"), TEMPLATE).expect("written");
    let mut value = example::estate("default").expect("an estate");
    let endpoint = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod//orders";
    let change = json!({
        "connections": {"orders": {"state": "DEAUTHORIZED"}},
        "destinations": {"orders": {"endpoint": endpoint}},
        "rules": {"order-placed": {"state": "DISABLED", "tags": tags}},
    });
    example::patch(&mut value, &change).expect("a patch");
    fs::write(folder.path().join("snapshot.json"), value.to_string()).expect("written");
    folder
}

fn scan(folder: &tempfile::TempDir, args: &[&str]) -> (i32, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    let done = command.args(["scan", "--format", "json"]).args(args).current_dir(folder.path()).output().expect("it starts");
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.code().expect("a code"), serde_json::from_slice(&done.stdout).unwrap_or_default(), error)
}

fn finding<'v>(report: &'v Value, rule: &str) -> &'v Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {report:#}"))
}

#[test]
fn tags_tell_the_stack_of_what_a_snapshot_holds() {
    let tags = json!({"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Rule"});
    let folder = folder(&tags);
    let (code, report, error) = scan(&folder, &["--snapshot", "snapshot.json", "--source", "orders.yaml"]);
    assert_eq!(code, 1, "{error}");
    let rule = finding(&report, "rule/disabled");
    assert_eq!(rule["evidence"][0]["location"], json!({"file": "orders.yaml", "line": 16, "column": 7}));
    assert_eq!(report["declared"][rule["resource"]["id"].as_str().expect("an id")]["name"], "Rule");
    assert!(finding(&report, "connection/deauthorized")["evidence"][0].get("location").is_none());
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("no template there is known to declare: 2"), "{warnings}");
}

#[test]
fn it_is_for_what_is_deployed() {
    let folder = folder(&Value::Null);
    for args in [["--demo", "--source", "orders.yaml"].as_slice(), &["--template", "orders.yaml", "--source", "orders.yaml"]] {
        let (code, _, error) = scan(&folder, args);
        assert!(code == 2 && error.contains("--source is for what is deployed"), "{error}");
    }
    let (code, _, error) = scan(&folder, &["--snapshot", "snapshot.json", "--source", "none.yaml"]);
    assert!(code == 2 && error.contains("none.yaml"), "{error}");
}

/// A stack as CloudFormation would tell of it.
struct Account {
    answer: Result<Vec<Member>, String>,
    asked: RefCell<Vec<String>>,
}

impl Account {
    fn new(answer: Result<&[(&str, &str, &str)], &str>) -> Self {
        let member = |(kind, physical_id, logical_id): &(&str, &str, &str)| Member {
            physical_id: (*physical_id).into(),
            kind: format!("AWS::{kind}"),
            stack: "shop-NestedOrders-1ABC".into(),
            logical_id: (*logical_id).into(),
        };
        let answer = answer.map(|members| members.iter().map(member).collect()).map_err(str::to_owned);
        Account { answer, asked: RefCell::default() }
    }
}

impl Stacks for Account {
    fn members(&self, scope: &Scope, physical_id: &str) -> Result<Vec<Member>, String> {
        self.asked.borrow_mut().push(format!("{} {physical_id}", scope.region));
        self.answer.clone()
    }
}

fn places(account: &Account, asked: &[(Kind, &str, &str)]) -> (Vec<String>, Vec<String>) {
    let folder = folder(&Value::Null);
    let file = folder.path().join("orders.yaml").display().to_string();
    let templates = Templates::load(&Inputs { paths: vec![file], ..Inputs::default() }).expect("templates");
    let text = fs::read_to_string(folder.path().join("snapshot.json")).expect("a snapshot");
    let snapshot: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let deployed = Deployed::new(&estate, &templates, Some(account));
    let place = |(kind, id, pointer): &(Kind, &str, &str)| {
        let resource = ResourceId { id: (*id).into(), kind: *kind, account: "111122223333".into(), region: "eu-west-1".into() };
        deployed.places(&resource, pointer).first().map_or_else(|| "nowhere".to_owned(), |place| place.to_string())
    };
    let places = asked.iter().map(place).collect();
    (places, deployed.warnings(&[]))
}

const CONNECTION: &str = "arn:aws:events:eu-west-1:111122223333:connection/orders/7c1e9b52-0a43-4c8f-9a55-0c6f3a1d2b02";
const DESTINATION: &str = "arn:aws:events:eu-west-1:111122223333:api-destination/orders/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01";
const RULE: &str = "arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed";

#[test]
fn cloudformation_tells_the_stack_of_what_has_no_tags_and_is_asked_once() {
    let members = [
        ("Events::Connection", "orders", "Connection"),
        ("Events::ApiDestination", "orders", "Destination"),
        ("Events::Rule", "orders|order-placed", "Rule"),
        ("ApiGateway::RestApi", "a1b2c3d4e5", "Api"),
        ("Lambda::Function", "orders", "Handler"),
    ];
    let account = Account::new(Ok(&members));
    let target = format!("{RULE}#api");
    let (places, warnings) = places(
        &account,
        &[
            (Kind::Connection, CONNECTION, "/authorization"),
            (Kind::Destination, DESTINATION, "/endpoint"),
            (Kind::Target, &target, "/role_arn"),
            (Kind::Api, "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5", ""),
            (Kind::Method, "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/POST/orders", "/authorization"),
        ],
    );
    assert_eq!(*account.asked.borrow(), ["eu-west-1 orders"]);
    assert_eq!(places, ["orders.yaml:6:7", "orders.yaml:10:7", "orders.yaml:19:11", "orders.yaml:21:3", "orders.yaml:21:3"]);
    assert_eq!(warnings, Vec::<String>::new());
}

#[test]
fn a_refusal_is_told_and_nobody_asks_again() {
    let account = Account::new(Err("not authorized to perform cloudformation:DescribeStackResources"));
    let (places, warnings) = places(&account, &[(Kind::Connection, CONNECTION, ""), (Kind::Destination, DESTINATION, "")]);
    assert_eq!(places, ["nowhere", "nowhere"]);
    assert_eq!(account.asked.borrow().len(), 1);
    assert!(warnings[0].contains("stacks in 111122223333 eu-west-1 are known by tags alone: not authorized"), "{warnings:?}");
}
