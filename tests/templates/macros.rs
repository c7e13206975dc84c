//! Macros and included files: what is carried out here, and what is told because only the deployment knows it.

use serde_json::Value;

use pgwaudit::source::cloudformation::Templates;

use crate::support::{Folder, Scan, changed, findings, scan};

const ORDERS: &str = include_str!("fixtures/orders.yaml");

fn scanned(changes: &[(&str, &str)], files: &[(&str, &str)]) -> Scan {
    let folder = Folder::of(&[("orders.yaml", &changed(ORDERS, changes))]);
    files.iter().for_each(|(path, text)| folder.put(path, text));
    scan(&folder.path("orders.yaml"), &[])
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

const HEAD: (&str, &str) = ("Resources:\n  Vpc:\n", "");

#[test]
fn a_macro_that_nobody_knows_here_is_told_and_is_no_pass() {
    for (transform, warning) in [
        ("Transform: Tagger", "orders.yaml:11:12: the macro Tagger is carried out at deployment: what it changes and adds was not judged"),
        ("Transform: [AWS::LanguageExtensions, Tagger]", "orders.yaml:11:38: the macro Tagger is"),
        ("Transform: {Name: Tagger, Parameters: {Team: a}}", "orders.yaml:11:12: the macro Tagger is"),
        ("Transform: {Name: AWS::Include, Parameters: {Location: 's3://shop/more.yaml'}}", "AWS::Include of s3://shop/more.yaml is"),
        ("Transform: AWS::ServiceCatalog", "the macro AWS::ServiceCatalog is"),
    ] {
        let done = scanned(&[(HEAD.0, &format!("{transform}\n{}", HEAD.0))], &[]);
        let warnings = texts(&done.report["warnings"]);
        assert!(warnings.len() == 1 && warnings[0].contains(warning), "{warnings:?}");
        assert_eq!((done.code, &done.report["coverage"]["complete"]), (3, &Value::Bool(false)), "{transform}");
        assert!(findings(&done.report).is_empty() && done.report["not_assessed"] == serde_json::json!([]), "what is written is judged");
    }
}

#[test]
fn transforms_that_leave_the_chain_alone_are_none() {
    for transform in ["AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::SecretsManager-2024-09-16"] {
        let done = scanned(&[(HEAD.0, &format!("Transform: {transform}\n{}", HEAD.0))], &[]);
        assert_eq!((done.code, texts(&done.report["warnings"])), (0, Vec::new()), "{transform}");
    }
}

#[test]
fn a_macro_in_a_section_may_add_to_it() {
    let call = "  Fn::Transform: {Name: More, Parameters: {}}\n";
    let done = scanned(&[(HEAD.0, &format!("Resources:\n{call}  Vpc:\n"))], &[]);
    let told = "/orders.yaml:12:18: More fills this in when the template is deployed: what it adds was not judged";
    let warnings = texts(&done.report["warnings"]);
    assert!(warnings.len() == 1 && warnings[0].ends_with(told), "{warnings:?}");
    assert_eq!(done.code, 3);
    // A file that holds maps leaves the resources as they are.
    let maps = "Mappings:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: 's3://shop/maps.yaml'}}\nResources:\n  Vpc:\n";
    let done = scanned(&[(HEAD.0, maps)], &[]);
    assert_eq!((done.code, texts(&done.report["warnings"]).len()), (0, 1), "{}", done.report["warnings"]);
    let from_map = ("PortRanges: ['443']", "PortRanges: [!FindInMap [Ports, https, Number]]");
    let done = scanned(&[(HEAD.0, maps), from_map], &[]);
    assert!(done.code == 3 && done.report["not_assessed"].to_string().contains("the map Ports has no entry https, Number yet"));
    // What it may declare is not missed.
    let ghost = ("      EventBusName: !Ref Bus\n", "      EventBusName: !Ref Ghost\n");
    let done = scanned(&[(HEAD.0, &format!("Resources:\n{call}  Vpc:\n")), ghost], &[]);
    assert_eq!((done.code, texts(&done.report["warnings"]).len()), (3, 1), "{}", done.report["warnings"]);
}

#[test]
fn a_macro_in_a_resource_makes_that_one_unknown() {
    for (from, to) in [
        (
            "  Destination:\n    Type: AWS::Events::ApiDestination\n",
            "  Destination:\n    Fn::Transform: {Name: Route}\n    Type: AWS::Events::ApiDestination\n",
        ),
        (
            "      HttpMethod: POST\n      InvocationEndpoint",
            "      HttpMethod: POST\n      Fn::Transform: [{Name: Route}]\n      InvocationEndpoint",
        ),
    ] {
        let done = scanned(&[(from, to), ("/${Stage}/orders", "/${Stage}//orders")], &[]);
        assert_eq!((done.code, findings(&done.report).len()), (3, 0), "{:#}", done.report["findings"]);
        let gaps = done.report["not_assessed"].to_string();
        assert!(gaps.contains("destination/double-slash") && gaps.contains("Route fills this in when the template is deployed"), "{gaps}");
    }
}

#[test]
fn a_file_that_is_at_hand_is_included() {
    let call = |file: &str| format!("Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {file}}}}}");
    let whole = (
        "      HttpMethod: POST\n      InvocationEndpoint: !Sub https://${OrdersApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}/orders\n",
        { &*format!("      {}\n", call("parts/call.yaml")) },
    );
    let part = "HttpMethod: POST\nInvocationEndpoint: {Fn::Sub: 'https://${OrdersApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}/orders'}\n";
    let done = scanned(&[whole], &[("parts/call.yaml", part)]);
    assert_eq!((done.code, findings(&done.report).len(), texts(&done.report["warnings"])), (0, 0, Vec::new()));
    let wrong = part.replace("/orders'", "//orders'");
    let done = scanned(&[whole], &[("parts/call.yaml", &wrong)]);
    let expected = [("destination/double-slash", "orders.yaml:123:22".to_owned())];
    assert_eq!(findings(&done.report), expected.into(), "a finding stands where the file is included");
    // Not there, an address, and a key that is there already.
    let away = format!("      {}\n", call("s3://shop/call.yaml"));
    let twice = format!("      {}\n      HttpMethod: POST\n      Invoc", call("parts/call.yaml"));
    for (change, files) in [
        (whole, [].as_slice()),
        ((whole.0, &*away), &[]),
        (("      HttpMethod: POST\n      Invoc", &*twice), [("parts/call.yaml", part)].as_slice()),
    ] {
        let done = scanned(&[change], files);
        assert!(done.code == 3 && done.report["not_assessed"].to_string().contains("AWS::Include of"), "{}", done.stderr);
    }
}

#[test]
fn an_included_file_that_is_broken_is_an_error_with_its_place() {
    let text = "Resources:\n  Fn::Transform: [{Name: AWS::Include, Parameters: {Location: more.yaml}}, {Name: AWS::Include, Parameters: {Location: bus.yaml}}]\n";
    let folder = Folder::of(&[("t.yaml", text), ("more.yaml", "a: [\n"), ("bus.yaml", "Bus: {Type: AWS::Events::EventBus}\n")]);
    let said = folder.read(&["t.yaml"]).expect_err("a broken file");
    assert!(said.starts_with("~/more.yaml:1:4: "), "{said}");
    folder.put("more.yaml", "Queue: {Type: AWS::SQS::Queue}\n");
    let assembly = folder.read(&["t.yaml"]).expect("a template");
    let resources = assembly.stacks[0].template.get("Resources").expect("resources").entries().to_vec();
    assert_eq!(resources.iter().map(|(key, _)| key.text.as_str()).collect::<Vec<_>>(), ["Queue", "Bus"]);
    assert!(Templates::of(assembly).snapshot.coverage.complete());
}

#[test]
fn what_a_template_includes_of_itself_ends() {
    let text =
        "Resources:\n  Q: {Type: AWS::SQS::Queue}\n  More:\n    Fn::Transform: {Name: AWS::Include, Parameters: {Location: t.yaml}}\n";
    let assembly = Folder::of(&[("t.yaml", text)]).read(&["t.yaml"]).expect("a template");
    assert!(assembly.stacks[0].template.get("Resources").and_then(|all| all.get("More")?.get("Resources")).is_some());
}

/// The example as SAM deploys it, with this in the place of the policy of its queue.
fn connected(connector: &str, on_rule: &str) -> Scan {
    let (head, _) = ORDERS.split_once("  LettersPolicy:").expect("a policy");
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{head}{connector}");
    let text = text.replace("  OrderPlaced:\n", &format!("  OrderPlaced:\n{on_rule}"));
    let folder = Folder::of(&[("orders.yaml", &text)]);
    scan(&folder.path("orders.yaml"), &[])
}

#[test]
fn a_connector_lets_a_rule_send_to_its_queue() {
    let connector = |source: &str, permission: &str| {
        format!(
            "  Sends:\n    Type: AWS::Serverless::Connector\n    Properties: {{Source: {{Id: {source}}}, Destination: {{Id: Letters}}, Permissions: [{permission}]}}\n"
        )
    };
    let missing = "observability/dead-letter-queue-policy";
    let rules = |done: &Scan| findings(&done.report).into_iter().map(|(rule, _)| rule.to_owned()).collect::<Vec<_>>();
    assert_eq!(rules(&connected("", "")), [missing]);
    assert_eq!(rules(&connected(&connector("OrderPlaced", "Read"), "")), [missing]);
    assert_eq!(rules(&connected(&connector("Bus", "Write"), "")), [missing]);
    for (apart, on_rule) in [
        (connector("OrderPlaced", "Write"), ""),
        (String::new(), "    Connectors: {Sends: {Properties: {Destination: [{Id: Letters}], Permissions: [Write]}}}\n"),
    ] {
        let done = connected(&apart, on_rule);
        assert_eq!((done.code, rules(&done)), (0, Vec::new()), "{:#}", done.report["not_assessed"]);
    }
    let both = format!("{}{}", connector("OrderPlaced", "Write"), connector("OrderPlaced", "Write").replace("Sends", "SendsToo"));
    let done = connected(&both, "");
    assert!(done.code == 3 && rules(&done).is_empty(), "{:#}", done.report["findings"]);
    assert!(done.report["not_assessed"].to_string().contains("two policies of the queue are deployed"));
}

#[test]
fn a_connector_whose_ends_are_not_known_may_be_of_any_queue() {
    let connector = |source: &str, destination: &str, permissions: &str| {
        format!(
            "  Sends:\n    Type: AWS::Serverless::Connector\n    Properties: {{Source: {source}, Destination: {destination}, Permissions: {permissions}}}\n"
        )
    };
    let of = |source: &str, destination: &str, permissions: &str| {
        let done = connected(&connector(source, destination, permissions), "");
        (
            done.code,
            findings(&done.report).len(),
            done.report["not_assessed"].to_string().contains("observability/dead-letter-queue-policy"),
        )
    };
    let (rule, queue) = ("{Id: OrderPlaced}", "{Id: Letters}");
    let told = "{Id: !Ref Told}";
    // The ends may be given by what they are instead of by their names.
    let outside = "{Type: AWS::Events::Rule, Arn: !GetAtt OrderPlaced.Arn}";
    assert_eq!(of(outside, queue, "[Write]"), (0, 0, false));
    assert_eq!(of(rule, "{Type: AWS::SQS::Queue, Arn: !GetAtt Letters.Arn, QueueUrl: !Ref Letters}", "[Write]"), (0, 0, false));
    assert_eq!(of("{Type: AWS::Events::EventBus, Arn: !GetAtt Bus.Arn}", queue, "[Write]"), (1, 1, false));
    for (source, destination, permissions) in [
        (told, queue, "[Write]"),
        (rule, told, "[Write]"),
        (rule, "[{Id: Bus}, {Id: !Ref Told}]", "[Write]"),
        (rule, "!Ref Told", "[Write]"),
        (rule, queue, "[!Ref Told]"),
        ("{Type: AWS::Events::Rule, Arn: !Ref Told}", queue, "[Write]"),
    ] {
        let told = ("Resources:\n  Vpc:", "  Told: {Type: String}\nResources:\n  Vpc:");
        let (orders, _) = ORDERS.split_once("  LettersPolicy:").expect("a policy");
        let text = format!("Transform: AWS::Serverless-2016-10-31\n{orders}{}", connector(source, destination, permissions));
        let folder = Folder::of(&[("orders.yaml", &changed(&text, &[told]))]);
        let done = scan(&folder.path("orders.yaml"), &[]);
        let gaps = done.report["not_assessed"].to_string();
        assert_eq!((done.code, findings(&done.report).len()), (3, 0), "{source} {destination} {permissions}");
        assert!(gaps.contains("observability/dead-letter-queue-policy") && gaps.contains("the parameter Told has no value"), "{gaps}");
    }
}

#[test]
fn a_connector_in_a_rule_that_is_not_deployed_makes_no_policy() {
    let embedded = "    Connectors: {Sends: {Properties: {Destination: {Id: Other}, Permissions: [Write]}}}\n";
    let other = "  Other: {Type: AWS::SQS::Queue}\n  Idle:\n    Type: AWS::Events::Rule\n    Condition: Never\n";
    let rest = format!("{other}{embedded}    Properties: {{Targets: []}}\nConditions: {{Never: !Equals [a, b]}}\n");
    let (head, _) = ORDERS.split_once("  LettersPolicy:").expect("a policy");
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{head}{rest}");
    let of = |text: &str| {
        let snapshot = Templates::of(Folder::of(&[("t.yaml", text)]).read(&["t.yaml"]).expect("a template")).snapshot;
        let queues =
            serde_json::to_value(snapshot).expect("a snapshot")["accounts"]["000000000000"]["regions"]["us-east-1"]["queues"].clone();
        queues.as_object().expect("queues").values().filter(|queue| queue["policy"].is_object()).count()
    };
    assert_eq!((of(&text), of(&text.replace("[a, b]", "[a, a]"))), (0, 1));
}

#[test]
fn a_template_may_have_its_resources_from_a_file_alone() {
    let include = |file: &str| format!("{{Name: AWS::Include, Parameters: {{Location: {file}}}}}");
    for key in ["Transform", "Fn::Transform"] {
        let whole = format!("{key}: {}\n", include("parts/all.yaml"));
        let (_, all) = ORDERS.split_once("Description:").expect("a description");
        let (folder, all) = (Folder::of(&[("whole.yaml", &whole)]), format!("Description:{all}"));
        folder.put("parts/all.yaml", &all);
        let done = scan(&folder.path("whole.yaml"), &[]);
        assert_eq!((done.code, done.report["integrations"].as_array().map(Vec::len)), (0, Some(1)), "{key}: {}", done.report["warnings"]);
        folder.put("parts/all.yaml", changed(&all, &[("/${Stage}/orders", "/${Stage}//orders")]));
        assert_eq!(folder.read(&["."]).map(|assembly| assembly.stacks.len()), Ok(1), "a file that is included is no stack of its own");
        let found = scan(&folder.path("whole.yaml"), &["--fail-on", "info"]);
        let place = format!("whole.yaml:1:{}", key.len() + 3);
        assert_eq!(findings(&found.report), [("destination/double-slash", place)].into());
        // Away, it is told, by a folder as well; and a file without resources is no template.
        folder.put("whole.yaml", format!("{key}: {}\n", include("s3://shop/all.yaml")));
        let away = scan(&folder.path("whole.yaml"), &[]);
        let warnings = texts(&away.report["warnings"]);
        assert!(away.code == 3 && warnings.len() == 1 && warnings[0].contains("AWS::Include of s3://shop/all.yaml is"), "{warnings:?}");
        std::fs::remove_file(folder.path("parts/all.yaml")).expect("removed");
        assert_eq!(folder.read(&["."]).map(|assembly| (assembly.stacks.len(), assembly.skipped)), Ok((1, 0)));
        folder.put("whole.yaml", &whole);
        folder.put("parts/all.yaml", "Mappings: {}\n");
        let error = folder.read(&["whole.yaml"]).map(|_| ()).expect_err("no resources");
        assert!(error.starts_with("~/whole.yaml: not a template: neither it nor what it includes has `Resources`"), "{error}");
    }
    // Another macro may bring them too; what is carried out here brings none.
    let of = |text: &str| Folder::of(&[("t.yaml", text)]).read(&["t.yaml"]).map(|assembly| assembly.stacks.len());
    assert_eq!(of("AWSTemplateFormatVersion: 2010-09-09\nTransform: [Maker]\n"), Ok(1));
    assert!(of("Transform: AWS::Serverless-2016-10-31\n").is_err_and(|why| why.contains("it has no `Resources`")));
}
