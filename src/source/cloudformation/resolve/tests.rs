//! Each function on its own, and what is wrong with the use of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::*;
use crate::source::cloudformation::{Stack, parse};

/// A stack of a template in JSON, to be deployed to a known place.
fn stack(name: &str, template: &Json) -> Stack {
    let file = PathBuf::from(format!("{name}.json"));
    Stack {
        name: name.to_owned(),
        template: parse(&file, template.to_string().as_bytes()).expect("a template"),
        file,
        parameters: BTreeMap::new(),
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        folder: PathBuf::new(),
        parent: None,
        written: None,
    }
}

fn assembly(stacks: Vec<Stack>) -> Assembly {
    Assembly { stacks, ..Assembly::default() }
}

/// What an expression comes to beside these sections, and the problems met.
fn eval(sections: &Json, expression: Json) -> (Result<Json, String>, Vec<String>) {
    let mut template = sections.clone();
    template["Outputs"]["X"] = json!({"Value": expression});
    value_of(assembly(vec![stack("orders", &template)]))
}

fn value_of(assembly: Assembly) -> (Result<Json, String>, Vec<String>) {
    let resolver = Resolver::new(&assembly);
    let node = resolver.scopes[0].output("X").and_then(|output| output.get("Value")).expect("an output");
    let value = resolver.value(0, node, Mode::Plain).json().map_err(|unknown| unknown.gap().why.clone());
    (value, resolver.into_problems().into_iter().map(|problem| problem.what).collect())
}

/// The value of an expression in which nothing is wrong.
fn value(sections: &Json, expression: Json) -> Json {
    let (value, problems) = eval(sections, expression.clone());
    assert!(problems.is_empty(), "{expression}: {problems:?}");
    value.unwrap_or_else(|why| panic!("{expression}: {why}"))
}

/// Why an expression is not known, while nothing is wrong with it.
fn gap(sections: &Json, expression: Json) -> String {
    let (value, problems) = eval(sections, expression.clone());
    assert!(problems.is_empty(), "{expression}: {problems:?}");
    value.expect_err("a gap")
}

/// What is wrong with an expression, which is then unknown for the same reason.
fn problem(sections: &Json, expression: Json) -> String {
    let (value, problems) = eval(sections, expression.clone());
    assert!(value.is_err(), "{expression}: {value:?}");
    problems.first().cloned().unwrap_or_else(|| panic!("{expression}: no problem"))
}

fn network() -> Json {
    json!({
        "Parameters": {
            "Name": {"Type": "String", "Default": "orders"},
            "Given": {"Type": "String"},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "Hidden": {"Type": "String", "NoEcho": true, "Default": "canary"},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/net/vpc"}},
        "Mappings": {"Cidrs": {"eu-west-1": {"Vpc": "10.1.0.0/16"}}},
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Name"}, "orders"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Maybe": {"Fn::Equals": [{"Ref": "Given"}, "x"]},
            "Either": {"Fn::Or": [{"Condition": "Maybe"}, {"Condition": "Yes"}]},
            "Both": {"Fn::And": [{"Condition": "Maybe"}, {"Condition": "No"}]},
            "Round": {"Fn::And": [{"Condition": "About"}, {"Condition": "Maybe"}]},
            "About": {"Fn::Not": [{"Condition": "Round"}]}},
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Fn::FindInMap": ["Cidrs", {"Ref": "AWS::Region"}, "Vpc"]}}},
            "SubnetA": {"Type": "AWS::EC2::Subnet", "Properties": {"AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}},
            "SubnetB": {"Type": "AWS::EC2::Subnet", "Properties": {"AvailabilityZone": {"Fn::Select": ["1", {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}}},
            "Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface", "PrivateDnsEnabled": true,
                "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.execute-api"}, "SubnetIds": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}]}},
            "Gateway": {"Type": "AWS::VpcLattice::ResourceGateway", "Properties": {"Name": "g"}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Fn::Sub": "${Name}-invoke"}, "Path": "/team/"}},
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {"Name": "placed", "EventBusName": {"Ref": "Bus"}}},
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}},
            "Gone": {"Type": "AWS::SQS::Queue", "Condition": "No"},
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "undelivered"}},
            "Made": {"Type": "Custom::Thing"},
            "LoopA": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Fn::Sub": "${LoopB}x"}}},
            "LoopB": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Fn::GetAtt": ["LoopA", "Name"]}}}}})
}

#[test]
fn texts_are_joined_split_and_filled() {
    let all = network();
    assert_eq!(value(&all, json!({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 1, true]]})), "a-orders-1-true");
    assert_eq!(value(&all, json!({"Fn::Join": [",", {"Ref": "List"}]})), "a,b");
    assert_eq!(value(&all, json!({"Fn::Split": [":", "a:b:"]})), json!(["a", "b", ""]));
    assert_eq!(value(&all, json!({"Fn::Select": ["1", {"Fn::Split": ["|", "a|b"]}]})), "b");
    assert_eq!(
        value(&all, json!({"Fn::Sub": "${Name}/${!Literal}/${AWS::AccountId}.${AWS::URLSuffix}"})),
        "orders/${Literal}/111122223333.amazonaws.com"
    );
    assert_eq!(value(&all, json!({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Name"}}]})), "ordersorders");
    assert_eq!(value(&all, json!({"Fn::Sub": "an open ${ end"})), "an open ${ end");
    assert_eq!(value(&all, json!({"Fn::Base64": "Hello, wörld"})), "SGVsbG8sIHfDtnJsZA==");
    assert_eq!(value(&all, json!({"Fn::ToJsonString": {"a": [{"Ref": "Name"}, 1]}})), r#"{"a":["orders",1]}"#);
    assert_eq!(value(&all, json!({"Fn::Length": {"Ref": "List"}})), 2);
    assert_eq!(value(&all, json!({"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 2, 8]})), json!(["10.1.0.0/24", "10.1.1.0/24"]));
    assert_eq!(value(&all, json!({"Fn::GetAZs": ""})), json!(["eu-west-1a", "eu-west-1b", "eu-west-1c"]));
}

#[test]
fn maps_and_conditions_are_looked_up() {
    let all = network();
    assert_eq!(value(&all, json!({"Fn::FindInMap": ["Cidrs", "eu-west-1", "Vpc"]})), "10.1.0.0/16");
    assert_eq!(value(&all, json!({"Fn::FindInMap": ["Cidrs", "x", "Vpc", {"DefaultValue": "10.9.0.0/16"}]})), "10.9.0.0/16");
    for (condition, expected) in [("Yes", "then"), ("No", "else"), ("Either", "then"), ("Both", "else")] {
        assert_eq!(value(&all, json!({"Fn::If": [condition, "then", "else"]})), expected, "{condition}");
    }
    assert_eq!(value(&all, json!({"Fn::If": ["Maybe", "same", "same"]})), "same");
    assert_eq!(gap(&all, json!({"Fn::If": ["Maybe", "a", "b"]})), "If Maybe: the parameter Given has no value");
    assert_eq!(value(&all, json!({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]})), json!({"b": [1]}));
    assert_eq!(value(&all, json!({"Condition": {"StringEquals": {}}})), json!({"Condition": {"StringEquals": {}}}));
}

#[test]
fn what_cannot_be_known_says_why() {
    let all = network();
    for (expression, why) in [
        (json!({"Ref": "Given"}), "the parameter Given has no value"),
        (json!({"Ref": "Hidden"}), "the parameter Hidden is NoEcho"),
        (json!({"Ref": "Stored"}), "Parameter Store"),
        (json!({"Fn::Join": ["", ["a", {"Ref": "Given"}]]}), "the parameter Given has no value"),
        (json!({"Fn::Transform": {"Name": "AWS::Include"}}), "AWS::Include fills this in"),
        (json!({"a": 1, "Fn::Transform": {"Name": "Macro"}}), "Macro fills this in"),
        (json!({"Fn::ForEach::Loop": []}), "does not name the transform AWS::LanguageExtensions"),
        (json!({"Fn::ImportValue": "nobody"}), "none of these templates exports nobody"),
        (json!({"Fn::Select": [9, ["a"]]}), "does not have"),
        (json!({"Fn::GetAtt": ["Made", "Answer"]}), "custom resource"),
        (json!({"Ref": "Gone"}), "Gone is not deployed"),
        (json!({"Ref": "AWS::NotificationARNs"}), "known at deployment only"),
        (json!("{{resolve:ssm:/net/vpc}}"), "kept elsewhere"),
        (json!({"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Name"}, "}}"]]}), "kept elsewhere"),
    ] {
        let said = gap(&all, expression.clone());
        assert!(said.contains(why) && !said.contains("canary"), "{expression}: {said}");
    }
}

#[test]
fn mistakes_are_told_and_leave_a_gap() {
    let all = network();
    for (expression, why) in [
        (json!({"Ref": "Nothing"}), "Nothing is neither a parameter nor a resource"),
        (json!({"Fn::GetAtt": ["Nothing", "Arn"]}), "Nothing is neither"),
        (json!({"Fn::Sub": "${Nothing.Arn}"}), "Nothing is neither"),
        (json!({"Fn::Joyn": ["", []]}), "Fn::Joyn is not an intrinsic function"),
        (json!({"Fn::Join": "x"}), "Fn::Join takes"),
        (json!({"Fn::Select": []}), "Fn::Select takes"),
        (json!({"Fn::Split": ["", "a"]}), "Fn::Split takes"),
        (json!({"Fn::Cidr": ["10.0.0.0/8"]}), "Fn::Cidr takes"),
        (json!({"Fn::If": ["Nowhere", 1, 2]}), "the condition Nowhere is not declared"),
        (json!({"Fn::If": ["Round", 1, 2]}), "depends on itself"),
        (json!({"Fn::FindInMap": ["Cidrs", "x", "Vpc"]}), "the map Cidrs has no entry x, Vpc"),
        (json!({"Ref": ["a"]}), "Ref takes"),
        (json!({"Fn::GetAtt": "Vpc"}), "Fn::GetAtt takes"),
    ] {
        let said = problem(&all, expression.clone());
        assert!(said.contains(why), "{expression}: {said}");
    }
    let (circle, problems) = eval(&all, json!({"Fn::GetAtt": ["LoopA", "Name"]}));
    assert!(circle.is_ok() && problems.iter().any(|what| what.contains("depends on itself")), "{circle:?} {problems:?}");
}

#[test]
fn all_names_of_one_resource_join() {
    let all = network();
    let get = |name: &str| value(&all, json!({"Fn::GetAtt": name.split('.').collect::<Vec<_>>()}));
    let arn = value(&all, json!({"Ref": "Gateway"}));
    assert_eq!(arn, get("Gateway.Arn"));
    assert!(arn.as_str().expect("text").ends_with(get("Gateway.Id").as_str().expect("text")), "{arn}");
    assert_eq!(get("Role.Arn"), "arn:aws:iam::111122223333:role/team/orders-invoke");
    assert_eq!(value(&all, json!({"Ref": "Role"})), "orders-invoke");
    assert_eq!(get("Rule.Arn"), "arn:aws:events:eu-west-1:111122223333:rule/orders/placed");
    assert_eq!(get("Queue.Arn"), "arn:aws:sqs:eu-west-1:111122223333:undelivered");
    assert_eq!(value(&all, json!({"Ref": "Queue"})), "https://sqs.eu-west-1.amazonaws.com/111122223333/undelivered");
    assert_eq!(get("Vpc.CidrBlock"), "10.1.0.0/16");
}

#[test]
fn dns_entries_stand_in_the_documented_order() {
    let all = network();
    let entry = |index: usize| {
        let first = json!({"Fn::Select": [index, {"Fn::GetAtt": ["Endpoint", "DnsEntries"]}]});
        value(&all, json!({"Fn::Select": [1, {"Fn::Split": [":", first]}]})).as_str().expect("text").to_owned()
    };
    let id = value(&all, json!({"Ref": "Endpoint"})).as_str().expect("text").to_owned();
    assert!(
        entry(0).starts_with(&id) && entry(0).ends_with(".execute-api.eu-west-1.vpce.amazonaws.com") && !entry(0).contains("eu-west-1a.")
    );
    assert!(entry(1).contains("-eu-west-1a.") && entry(2).contains("-eu-west-1b."));
    assert_eq!(
        (entry(3), entry(4)),
        ("execute-api.eu-west-1.amazonaws.com".to_owned(), "*.execute-api.eu-west-1.amazonaws.com".to_owned())
    );
}

#[test]
fn a_place_that_is_not_given_decides_no_condition() {
    let sections = json!({"Conditions": {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}},
        "Mappings": {"M": {"us-east-1": {"K": "v"}}},
        "Outputs": {"X": {"Value": [{"Fn::If": ["Here", 1, 2]}, {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "K"]}, {"Ref": "AWS::Region"}]}}});
    let assembly = assembly(vec![Stack { region: None, account: None, ..stack("orders", &sections) }]);
    let resolver = Resolver::new(&assembly);
    let node = resolver.scopes[0].output("X").and_then(|output| output.get("Value")).expect("an output");
    let value = resolver.value(0, node, Mode::Plain);
    let [condition, map, region] = value.items().expect("a list") else { panic!("{value:?}") };
    assert!(condition.text().is_err() && map.text().is_err());
    assert_eq!(region.text(), Ok(Some("us-east-1".to_owned())));
}

#[test]
fn stacks_are_read_together() {
    let parent = json!({
        "Resources": {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Name": "from-parent"}}}},
        "Outputs": {"X": {"Value": [{"Fn::GetAtt": ["Nested", "Outputs.Said"]}, {"Fn::ImportValue": {"Fn::Sub": "shared-${AWS::Region}"}},
            {"Fn::GetAtt": ["Nested", "Outputs.None"]}]}}});
    let child = json!({"Parameters": {"Name": {"Type": "String"}}, "Outputs": {"Said": {"Value": {"Fn::Sub": "<${Name}>"}}}});
    let other = json!({"Outputs": {"E": {"Value": "exported", "Export": {"Name": {"Fn::Sub": "shared-${AWS::Region}"}}}}});
    let nested = Stack { parent: Some((0, "Nested".to_owned())), ..stack("child", &child) };
    let assembly = assembly(vec![stack("parent", &parent), nested, stack("other", &other)]);
    let resolver = Resolver::new(&assembly);
    let node = resolver.scopes[0].output("X").and_then(|output| output.get("Value")).expect("an output");
    let value = resolver.value(0, node, Mode::Plain);
    let texts: Vec<_> = value.items().expect("a list").iter().map(Resolved::text).collect();
    assert_eq!(texts[..2], [Ok(Some("<from-parent>".to_owned())), Ok(Some("exported".to_owned()))]);
    assert!(texts[2].as_ref().is_err_and(|unknown| unknown.gap().why.contains("has no output None")));
}

#[test]
fn nested_stacks_that_wait_for_each_other_end() {
    let parent = json!({
        "Resources": {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Name": {"Fn::GetAtt": ["Nested", "Outputs.Said"]}}}}},
        "Outputs": {"X": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Said"]}}}});
    let child = json!({"Parameters": {"Name": {"Type": "String"}}, "Outputs": {"Said": {"Value": {"Ref": "Name"}}}});
    let nested = Stack { parent: Some((0, "Nested".to_owned())), ..stack("child", &child) };
    let (value, problems) = value_of(assembly(vec![stack("parent", &parent), nested]));
    assert!(value.is_err() && problems.iter().any(|what| what.contains("depends on itself")), "{value:?} {problems:?}");
}

#[test]
fn depth_and_length_have_bounds() {
    let mut buses = serde_json::Map::new();
    for index in 0..300 {
        let name = json!({"Fn::Sub": format!("${{Bus{}}}x", index + 1)});
        buses.insert(format!("Bus{index}"), json!({"Type": "AWS::Events::EventBus", "Properties": {"Name": name}}));
    }
    buses.insert("Bus300".to_owned(), json!({"Type": "AWS::Events::EventBus"}));
    assert!(eval(&json!({"Resources": buses}), json!({"Ref": "Bus0"})).0.is_ok(), "a resource has a name whatever becomes of its property");
    let mut conditions = serde_json::Map::new();
    for index in 0..20_000 {
        conditions.insert(format!("C{index}"), json!({"Fn::Not": [{"Condition": format!("C{}", index + 1)}]}));
    }
    let (value, _) = eval(&json!({"Conditions": conditions}), json!({"Fn::If": ["C0", 1, 2]}));
    assert!(value.is_err(), "{value:?}");
}

#[test]
fn only_what_stands_in_the_templates_is_a_literal() {
    let all = json!({
        "Parameters": {"Open": {"Type": "String"}, "Default": {"Type": "String", "NoEcho": true, "Default": "canary"}, "Empty": {"Type": "String", "Default": ""}},
        "Resources": {"Key": {"Type": "AWS::SecretsManager::Secret"}}});
    let literal = |expression: Json| {
        let mut template = all.clone();
        template["Resources"]["C"] = json!({"Type": "AWS::Events::Connection", "Properties": {"K": expression}});
        let assembly = assembly(vec![stack("orders", &template)]);
        let resolver = Resolver::new(&assembly);
        let resource = resolver.scopes[0].resource("C").expect("declared");
        resolver.literal(0, resource, &["K"])
    };
    assert_eq!(literal(json!("demo")).as_deref(), Some("demo"));
    assert_eq!(literal(json!({"Ref": "Default"})).as_deref(), Some("canary"), "NoEcho hides a default from the console, not from the text");
    assert_eq!(literal(json!({"Fn::Sub": "Bearer ${AWS::Region}"})).as_deref(), Some("Bearer eu-west-1"));
    for reference in [
        json!({"Ref": "Open"}),
        json!({"Ref": "Empty"}),
        json!({"Ref": "Key"}),
        json!("{{resolve:secretsmanager:a}}"),
        json!({"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Key"}, ":SecretString:::}}"]]}),
        json!({"Fn::Sub": "${Open}"}),
        json!({"Fn::Sub": "{{resolve:secretsmanager:${Key}}}"}),
        json!(""),
    ] {
        assert_eq!(literal(reference.clone()), None, "{reference}");
    }
}
