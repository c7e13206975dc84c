//! Values of parameters from files.

use pgwaudit::source::cloudformation::{Assembly, Inputs};

use crate::support::{Folder, text};

const TEMPLATE: &str = "Parameters:
  Stage: {Type: String, AllowedValues: [test, prod]}
  Port: {Type: Number, MinValue: 1, MaxValue: 65535}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Key: {Type: String, NoEcho: true, MinLength: 8}
Resources: {}
";

fn given(parameters: &[&str]) -> Result<Assembly, String> {
    let folder = Folder::of(&[("a.yaml", TEMPLATE), ("b.yaml", "Parameters: {Stage: {Type: String}}\nResources: {}\n")]);
    let mut files = Vec::new();
    for (number, content) in parameters.iter().enumerate() {
        folder.put(&format!("p{number}.json"), content);
        files.push(folder.path(&format!("p{number}.json")));
    }
    let paths = vec![text(&folder.path("a.yaml")), text(&folder.path("b.yaml"))];
    folder.inputs(&Inputs { paths, parameters: files, ..Inputs::default() })
}

#[test]
fn every_form_of_deployment_is_read() {
    for content in [
        r#"[{"ParameterKey": "Stage", "ParameterValue": "prod"}, {"ParameterKey": "Port", "ParameterValue": "443"}, {"ParameterKey": "Subnets", "ParameterValue": "a,b"}]"#,
        r#"{"Stage": "prod", "Port": 443, "Subnets": ["a", "b"]}"#,
        r#"{"Parameters": {"Stage": "prod", "Port": "443", "Subnets": "a,b"}, "Tags": {"x": "y"}}"#,
        r#"["Stage=prod", "Port=443", "Subnets=a,b"]"#,
    ] {
        let assembly = given(&[content]).expect(content);
        let values: Vec<_> = assembly.stacks[0].parameters.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(values, [("Port", "443"), ("Stage", "prod"), ("Subnets", "a,b")]);
        assert_eq!(assembly.stacks[1].parameters.len(), 1, "only those that it has");
    }
    let assembly = given(&[r#"{"Stage": "test"}"#, r#"{"Stage": "prod"}"#]).expect("the later wins");
    assert_eq!(assembly.stacks[0].parameters["Stage"], "prod");
}

#[test]
fn what_is_wrong_or_unknown_is_told_without_the_value() {
    for (content, expected) in [
        (r#"{"Stages": "prod"}"#, "~/p0.json:1:2: no template has a parameter `Stages`\n  did you mean `Stage`?"),
        (r#"{"Stage": "canary"}"#, "~/p0.json:1:2: the value of `Stage` is none of test, prod\n"),
        (r#"{"Port": "canary"}"#, "~/p0.json:1:2: the value of `Port` is no number\n"),
        (r#"{"Port": 70000}"#, "~/p0.json:1:2: the value of `Port` is out of its range\n"),
        (r#"{"Key": "canary"}"#, "~/p0.json:1:2: the value of `Key` is too short or too long\n"),
        (r#"{"Stage": null}"#, "~/p0.json:1:2: `Stage` has no value that is text\n"),
        (r#"[{"ParameterKey": "Stage", "UsePreviousValue": true}]"#, "~/p0.json:1:2: `Stage` has no value that is text\n"),
        (r#"[{"Key": "Stage"}]"#, "~/p0.json:1:2: an entry without `ParameterKey`\n"),
        (r#"["Stage=prod", "Stage=test"]"#, "~/p0.json:1:16: `Stage` is given twice\n"),
        (r#""canary""#, "~/p0.json:1:1: no list of parameters\n"),
        ("{", "~/p0.json:1:2: expected a key in quotation marks, but the text ends\n"),
    ] {
        let error = given(&[content]).map(|_| ()).expect_err(content);
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let missing = Folder::of(&[("a.yaml", TEMPLATE)]);
    let inputs = Inputs { paths: vec![text(&missing.path("a.yaml"))], parameters: vec![missing.path("none.json")], ..Inputs::default() };
    let error = missing.inputs(&inputs).map(|_| ()).expect_err("an error");
    assert_eq!(error, "~/none.json: no such file\n  name a file with --parameters");
}
