//! Resources that AWS, its documentation or its users recorded. They are not part of this repository: `PGWAUDIT_CORPUS`
//! names the folder that has them, and without it nothing is judged here, which the tests say.

use std::fs;
use std::path::{Path, PathBuf};

use pgwaudit::rules::example;
use serde_json::{Value, json};

use crate::fields::{array, field, policy};
use crate::judge::{Said, judge};
use crate::shapes::Answers;

const NONE: [&str; 0] = [];
/// Those of the healthy estate.
const OUR_ENDPOINT: &str = "vpce-0a1b2c3d4e5f67890";
const OUR_VPC: &str = "vpc-0a1b2c3d4e5f60001";

/// A folder of the corpus.
#[expect(clippy::print_stderr, reason = "says what was left out")]
fn folder(name: &str) -> Option<PathBuf> {
    match std::env::var_os("PGWAUDIT_CORPUS") {
        Some(corpus) => Some(Path::new(&corpus).join(name)),
        None => {
            eprintln!("PGWAUDIT_CORPUS is not set: {name} was left out");
            None
        }
    }
}

/// The files of a folder by name: their JSON, or nothing where they are none.
fn files(folder: &Path) -> Vec<(String, Option<Value>)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).expect("a text")).ok())
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| read(entry.path())).collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files
}

/// The operation that a file's name tells: `SERVICE__an-operation__1.json`, `TEST__SERVICE.AnOperation_1.json`.
fn call(name: &str) -> String {
    let rest = name.split_once("__").map_or(name, |(_, rest)| rest);
    let rest = rest.split_once("__").map_or(rest, |(first, _)| first);
    let rest = rest.split_once('.').filter(|(_, rest)| *rest != "json" && !rest.starts_with("cliv2")).map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['_', '.']).next().unwrap_or_default();
    rest.replace('-', "").to_lowercase()
}

#[track_caller]
fn quiet(answers: &Answers, found: &[&str], what: &str) -> Said {
    let said = judge(answers.snapshot());
    assert_eq!(said.found, found, "{what}");
    said
}

/// What each answer tells of, beside a healthy integration. How many resources, and the files that tell of none.
fn one_by_one(folder: &Path, account: &str, region: &str) -> (usize, Vec<String>) {
    let (mut count, mut left_out) = (0, Vec::new());
    for (name, answer) in files(folder) {
        let mut answers = Answers::beside_healthy(account, region);
        match answer {
            Some(answer) if answers.take(&call(&name), &answer) => {
                // No destination is recorded with the connection, and that is what is said of it.
                let unused = name.contains("describe-connection") || name.contains("list-connections");
                let said = quiet(&answers, if unused { &["hygiene/connection-unused"] } else { &[] }, &name);
                assert_eq!(said.integrations, 1, "{name}");
                count += answers.count;
            }
            _ => left_out.push(name),
        }
    }
    (count, left_out)
}

#[test]
fn examples_of_the_command_line() {
    let Some(folder) = folder("captures/awscli-examples") else { return };
    let (count, left_out) = one_by_one(&folder, "123456789012", "us-east-1");
    assert_eq!(
        left_out,
        [
            "ec2__create-vpc-endpoint__1.invalid.txt",
            "ec2__describe-security-groups__3.json",
            "ec2__describe-subnets__1.invalid.txt",
            "vpc-lattice__delete-resource-gateway__1.json",
            "vpc-lattice__get-service-network__1.json",
            "vpc-lattice__list-resource-endpoint-associations__1.json",
            "vpc-lattice__list-service-network-vpc-endpoint-associations__1.json",
        ]
    );
    assert_eq!(count, 26);
}

#[test]
fn answers_recorded_by_users() {
    for (name, expected, without) in
        [("captures/placebo-as-cli", 4, &[][..]), ("captures/handcopied", 3, &["seed-lambda-event-private-api-via-eventbridge.json"][..])]
    {
        let Some(folder) = folder(name) else { return };
        let (count, left_out) = one_by_one(&folder, "123456789012", "us-east-1");
        assert_eq!((count, left_out.iter().map(String::as_str).collect::<Vec<_>>()), (expected, without.to_vec()), "{name}");
    }
}

/// One whole integration, without what no answer tells: its role, subnets, deployment and alarms.
#[test]
fn the_article_as_it_is_deployed() {
    let Some(folder) = folder("captures/composed-seed-live") else { return };
    let mut answers = Answers::new("438465158289", "us-east-1");
    // What belongs to a resource comes after it.
    let (mut late, mut early): (Vec<_>, Vec<_>) =
        files(&folder).into_iter().partition(|(name, _)| !name.contains("rest-apis") && name.starts_with("apigateway"));
    early.append(&mut late);
    for (name, answer) in early {
        assert!(answer.is_none_or(|answer| answers.take(&call(&name), &answer)), "{name}");
    }
    // Its VPC has one Availability Zone, and so the gateway has one subnet.
    let found = ["destination/double-slash", "gateway/single-zone", "observability/dead-letter-queue-missing"];
    let said = quiet(&answers, &found, "the article");
    assert_eq!((said.integrations, said.resources), (1, 9));
    assert!(said.passed >= 20, "{said:?}");
}

/// Live resources as CloudFormation reads them, all of one region at once.
#[test]
fn resources_read_by_cloudformation() {
    let Some(folder) = folder("real/go-to-k+cdk-real-drift/tests/corpus") else { return };
    let mut regions = ["us-east-1", "ap-northeast-1"].map(|region| (region, Answers::beside_healthy("111111111111", region)));
    for (name, file) in files(&folder) {
        let file = file.unwrap_or_else(|| panic!("{name}"));
        let live = field(&file, &["liveRaw"]);
        let kind = name.split(['.']).next().and_then(|kind| kind.rsplit("__").next()).unwrap_or_default().to_lowercase();
        let elsewhere = usize::from(live.to_string().contains("ap-northeast-1"));
        assert!(regions[elsewhere].1.take(&kind, live), "{name}");
    }
    let mut count = 0;
    for (region, answers) in &regions {
        quiet(answers, &NONE, region);
        count += answers.count;
    }
    assert_eq!(count, 31);
}

/// The healthy estate with this policy on its API, and its endpoint and VPC known by these names.
fn with_policy(policy: &Value, endpoint: &str, vpc: &str) -> Value {
    let text = example::estate("default").expect("an estate").to_string();
    let mut estate: Value = serde_json::from_str(&text.replace(OUR_ENDPOINT, endpoint).replace(OUR_VPC, vpc)).expect("JSON");
    let mut policy = policy.clone();
    for statement in policy.get_mut("Statement").and_then(Value::as_array_mut).into_iter().flatten() {
        let (_, call) = statement["Resource"].as_str().and_then(|arn| arn.split_once('/')).expect("an ARN of an API's method");
        statement["Resource"] = json!(format!("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/{call}"));
    }
    example::patch(&mut estate, &json!({"apis": {"orders": {"policy": policy}}})).expect("a patch");
    estate
}

/// The same where the endpoint, the VPC and a second endpoint are the account's own.
fn with_own_policy(policy: &Value) -> Value {
    let (second, vpc) = ("vpce-00174e7dff8fe43c1", "vpc-3fd01559");
    let endpoint = json!({"id": second, "owner": "111122223333", "service": "com.amazonaws.eu-west-1.execute-api", "kind": "Interface",
        "vpc_id": vpc, "state": "available"});
    let mut estate = with_policy(policy, "vpce-03d70f31b65a06050", vpc);
    example::patch(&mut estate, &json!({"endpoints": {second: endpoint}})).expect("a patch");
    estate
}

/// Policies of private APIs that were recorded, before the call of a healthy integration.
#[test]
fn recorded_policies_on_the_way_of_a_call() {
    let (Some(users), Some(live)) = (folder("captures/placebo-as-cli"), folder("real/go-to-k+cdk-real-drift/tests/corpus")) else { return };
    let read = |file: PathBuf| -> Value { serde_json::from_str(&fs::read_to_string(file).expect("a text")).expect("JSON") };
    let answer = read(users.join("test_rest_api_custom_resource_policy__apigateway.GetRestApis_1.json"));
    let vpcs = ["vpc-011b11111fb2a6b11", "vpc-022b22222fb2a6b22"];
    let items: Vec<&Value> = array(&answer, &["items"]).collect();
    assert_eq!(items.len(), vpcs.len());
    for (item, vpc) in items.into_iter().zip(vpcs) {
        let said = judge(with_policy(&policy(item, &["policy"]), OUR_ENDPOINT, vpc));
        assert_eq!((said.found.as_slice(), said.undecided.as_slice()), (&[][..], &[][..]), "{vpc}");
    }
    // It allows everybody, without a condition, so that the key which the connection sends and no method asks for
    // would have been the only lock.
    let open = read(live.join("AWS__ApiGateway__RestApi.HuntPrivateApi97541614.json"));
    let said = judge(with_policy(&policy(field(&open, &["liveRaw"]), &["Policy"]), OUR_ENDPOINT, OUR_VPC));
    assert_eq!(said.found, ["api/policy-open", "connection/api-key-unenforced"]);
}

/// Policies with the judgement of a rule of AWS Config, which asks whether the API is private and its policy names
/// endpoints or VPCs of the own account only. What is compliant is quiet. What is not has no policy, which is found, or
/// names others' endpoints: then the own call is shut out, which is found, and the API is not open to everybody.
#[test]
fn policies_judged_by_aws_config() {
    let Some(folder) = folder("captures/aws-config-rules-private-api") else { return };
    let (mut alone, mut compliant, mut foreign) = (0, 0, 0);
    for (name, answer) in files(&folder) {
        let answer = answer.unwrap_or_else(|| panic!("{name}"));
        let mut answers = Answers::beside_healthy("123456789012", "us-west-2");
        assert!(answers.take("getrestapis", &answer), "{name}");
        quiet(&answers, &NONE, &name);
        alone += answers.count;
        let private = array(&answer, &["items"]).filter(|_| !name.contains("edge"));
        for policy in private.map(|item| policy(item, &["policy"])) {
            if policy.is_null() {
                assert_eq!(judge(with_policy(&policy, OUR_ENDPOINT, OUR_VPC)).found, ["api/policy-missing"], "{name}");
                continue;
            }
            let ours = ["apigw_multiple_vpc_endpoint_same_account.json", "apigw_vpc_same_account.json"].contains(&name.as_str());
            if ours {
                assert_eq!(judge(with_own_policy(&policy)).found, NONE, "{name}");
                compliant += 1;
            } else {
                let found = judge(with_policy(&policy, OUR_ENDPOINT, OUR_VPC)).found;
                assert_eq!(found, ["api/policy-denies", "api/policy-stale-endpoint"], "{name}");
                foreign += 1;
            }
        }
    }
    assert_eq!((alone, compliant, foreign), (8, 2, 4));
}
