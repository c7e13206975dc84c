//! `Fn::ForEach` and the other language extensions, from the template to the report.

use std::collections::BTreeSet;

use pgwaudit::source::cloudformation::{Assembly, Inputs, Reals, Templates, transform};

use crate::support::{Folder, Scan, changed, findings, scan};

const LOOPS: &str = include_str!("fixtures/loops.yaml");

fn scanned(changes: &[(&str, &str)], args: &[&str]) -> Scan {
    let folder = Folder::of(&[("loops.yaml", &changed(LOOPS, changes)), ("values.json", r#"{"Topics": "one,two,three"}"#)]);
    scan(&folder.path("loops.yaml"), args)
}

/// The logical id in the name that stands for a resource.
fn logical_id(id: &str) -> &str {
    id.split("loops-").nth(1).and_then(|rest| rest.split('-').next()).unwrap_or(id)
}

/// Callers of the integrations.
fn callers(done: &Scan) -> BTreeSet<&str> {
    let integrations = done.report["integrations"].as_array().expect("integrations").iter();
    integrations.map(|integration| logical_id(integration["id"].as_str().expect("an id"))).collect()
}

/// The rule and the resource of each finding.
fn found_on(done: &Scan) -> BTreeSet<(&str, &str)> {
    let findings = done.report["findings"].as_array().expect("findings").iter();
    findings
        .map(|finding| (finding["rule"].as_str().expect("a rule"), logical_id(finding["resource"]["id"].as_str().expect("an id"))))
        .collect()
}

/// A template with language extensions and these resources.
fn resources(text: &str) -> String {
    format!(
        "Transform: AWS::LanguageExtensions\nParameters:\n  List: {{Type: CommaDelimitedList, Default: 'a,b'}}\n  Text: {{Type: String, Default: x}}\nResources:\n{text}\n"
    )
}

fn read(text: &str) -> Result<Assembly, String> {
    Folder::of(&[("t.yaml", &resources(text))]).read(&["t.yaml"])
}

/// The logical ids of what a template declares.
fn ids(assembly: &Assembly) -> Vec<String> {
    let resources = assembly.stacks[0].template.get("Resources").expect("resources").entries();
    resources.iter().map(|(key, _)| key.text.clone()).collect()
}

#[test]
fn loops_are_judged_as_what_they_make() {
    let done = scanned(&[], &[]);
    assert_eq!(findings(&done.report), BTreeSet::new());
    assert_eq!(done.report["not_assessed"], serde_json::json!([]), "{:#}", done.report["not_assessed"]);
    assert_eq!((done.code, done.report["warnings"].as_array().map(Vec::len)), (0, Some(0)), "{}", done.report["warnings"]);
    assert_eq!(callers(&done), BTreeSet::from(["Placedorders", "Placedsentback"]));
    let given = scanned(&[], &["--parameters", "values.json"]);
    assert_eq!((given.code, callers(&given)), (0, BTreeSet::from(["Placedone", "Placedthree", "Placedtwo"])), "{}", given.stderr);
}

#[test]
fn a_fault_in_a_loop_is_found_on_each_resource_at_the_line_of_the_loop() {
    for (change, expected) in [
        (("/prod/${Topic}", "/prod//${Topic}"), ("destination/double-slash", "Destination", "loops.yaml:163:11")),
        (("          EventBusName: !Ref Bus\n", "          EventBusName: !Ref Bus\n          State: DISABLED\n"), {
            ("rule/disabled", "Placed", "loops.yaml:183:11")
        }),
        (("              DeadLetterConfig: {Arn: !GetAtt Letters.Arn}\n", ""), {
            ("observability/dead-letter-queue-missing", "Placed", "loops.yaml:185:15")
        }),
    ] {
        let done = scanned(&[change], &["--fail-on", "info"]);
        let (rule, id, place) = expected;
        assert_eq!(findings(&done.report), BTreeSet::from([(rule, place.to_owned())]));
        let ids = [format!("{id}orders"), format!("{id}sentback")];
        assert_eq!(found_on(&done), ids.iter().map(|id| (rule, id.as_str())).collect());
        assert_eq!(done.code, 1);
    }
}

#[test]
fn a_fault_of_one_item_is_found_on_its_resource_alone() {
    let done = scanned(&[("    orders: {Attempts: '20'}", "    orders: {Attempts: '0'}")], &["--fail-on", "never"]);
    let rules: BTreeSet<_> = found_on(&done).into_iter().map(|(_, id)| id).collect();
    assert_eq!(rules, BTreeSet::from(["Placedorders"]), "{:#}", done.report["findings"]);
}

#[test]
fn a_suppression_in_a_loop_is_for_all_that_it_makes() {
    let fault = ("    orders: {Attempts: '20'}", "    orders: {Attempts: '0'}");
    let accepted = "        Type: AWS::Events::Rule\n        Metadata: {pgwaudit: {suppress: [{rule: target/retry-disabled, reason: it comes again}]}}\n";
    let done = scanned(&[fault, ("        Type: AWS::Events::Rule\n", accepted)], &[]);
    assert_eq!((done.code, findings(&done.report), &done.report["warnings"]), (0, BTreeSet::new(), &serde_json::json!([])));
    let done = scanned(&[("        Type: AWS::Events::Rule\n", accepted)], &[]);
    let warnings = done.report["warnings"].as_array().expect("warnings");
    assert!(warnings.len() == 1 && warnings[0].as_str().is_some_and(|text| text.contains("matched no finding")), "{warnings:?}");
}

#[test]
fn a_condition_of_a_loop_decides_for_each_turn() {
    let done = scanned(&[("    Default: nothing\n", "    Default: sent-back\n")], &[]);
    assert_eq!(callers(&done), BTreeSet::from(["Placedorders"]), "{:#}", done.report["not_assessed"]);
}

#[test]
fn a_loop_over_what_is_not_known_is_not_assessed() {
    for (change, why) in [
        (("    Default: orders, sent-back\n", ""), "the parameter Topics has no value"),
        (("Transform: AWS::LanguageExtensions\n", ""), "does not name the transform AWS::LanguageExtensions"),
    ] {
        let done = scanned(&[change], &[]);
        assert_eq!((findings(&done.report), done.code), (BTreeSet::new(), 3), "{}", done.stderr);
        let gaps = done.report["not_assessed"].to_string();
        for rule in ["destination/double-slash", "api/policy-denies", "connection/association-unhealthy", "rule/disabled"] {
            assert!(gaps.contains(rule) || rule.starts_with("connection"), "{rule}: {gaps}");
        }
        assert!(gaps.contains(why), "{gaps}");
        let warnings = done.report["warnings"].to_string();
        assert!(warnings.contains("what Fn::ForEach::Topics makes is not known") && warnings.contains(why), "{warnings}");
        assert_eq!(done.report["coverage"]["complete"], false);
    }
}

#[test]
fn collections_are_lists_parameters_maps_and_what_functions_make_of_them() {
    for (collection, expected) in [
        ("[a, 1, true]", ["Qa", "Q1", "Qtrue"].as_slice()),
        ("!Ref List", &["Qa", "Qb"]),
        ("[!Ref Text, !Ref AWS::NoValue, y]", &["Qx", "Qy"]),
        ("!Split ['-', p-q]", &["Qp", "Qq"]),
        ("!If [Wanted, !Ref List, []]", &["Qa", "Qb"]),
        ("[]", &[]),
    ] {
        let text = format!(
            "  Fn::ForEach::L: [X, {collection}, {{'Q${{X}}': {{Type: AWS::SQS::Queue}}}}]\nConditions: {{Wanted: !Equals [a, a]}}"
        );
        assert_eq!(ids(&read(&text).expect("a template")), expected, "{collection}");
    }
    for (collection, why) in [
        ("!Ref Text", "is no list"),
        ("!Ref Nobody", "Nobody is neither"),
        ("[[a]]", "a list or a map stands there"),
        ("[!GetAtt Queue.Arn]", "Fn::GetAtt is known after deployment only"),
        ("!Ref Queue", "Queue is known after deployment only"),
        ("!Split [',', '']", ""),
    ] {
        let text =
            format!("  Fn::ForEach::L: [X, {collection}, {{'Q${{X}}': {{Type: AWS::SQS::Queue}}}}]\n  Queue: {{Type: AWS::SQS::Queue}}");
        let templates = Templates::of(read(&text).expect("a template"));
        assert_eq!(templates.snapshot.coverage.complete(), why.is_empty(), "{collection}");
        assert!(templates.warnings().join("\n").contains(why), "{collection}: {:?}", templates.warnings());
    }
}

#[test]
fn a_parameter_without_items_is_no_loop_that_makes_nothing() {
    let text = "Transform: AWS::LanguageExtensions\nParameters: {L: {Type: CommaDelimitedList, Default: ''}}\nResources:\n  Fn::ForEach::L: [X, !Ref L, {'Q${X}': {Type: AWS::SQS::Queue}}]\n";
    let templates = Templates::of(Folder::of(&[("t.yaml", text)]).read(&["t.yaml"]).expect("a template"));
    assert!(!templates.snapshot.coverage.complete());
    assert!(templates.warnings().join("\n").contains("t.yaml:4:3: what Fn::ForEach::L makes is not known: the value of L is empty"));
}

#[test]
fn identifiers_stand_where_cloudformation_fills_them_in() {
    let text = r"  Fn::ForEach::Outer:
    - X
    - [a-b]
    - Fn::ForEach::Inner:
        - Y
        - [!Sub '${X}1', c]
        - Q&{X}&{Y}:
            Type: AWS::SQS::Queue
            Properties:
              QueueName: !Sub '${X}.${Y}'
              Literal: '${X}'
              Own: !Sub ['${X}', {X: mine}]
              Escaped: !Sub '${!X}${X}'
              '${X}': !Ref Y";
    let assembly = read(text).expect("a template");
    assert_eq!(ids(&assembly), ["Qabab1", "Qabc"]);
    let queue = assembly.stacks[0].template.get("Resources").and_then(|all| all.get("Qabab1")).expect("a queue").to_json();
    let expected = serde_json::json!({
        "QueueName": "a-b.a-b1", "Literal": "${X}", "Own": {"Fn::Sub": ["${X}", {"X": "mine"}]}, "Escaped": {"Fn::Sub": "${!X}a-b"}, "${X}": "a-b1",
    });
    assert_eq!(queue["Properties"], expected);
}

#[test]
fn what_is_no_loop_is_an_error_with_its_place() {
    for (text, error) in [
        ("  Fn::ForEach::L: x", "~/t.yaml:6:19: Fn::ForEach::L: a loop has an identifier, a collection and a map"),
        ("  Fn::ForEach::L: [X, [a]]", "~/t.yaml:6:19: Fn::ForEach::L: a loop has an identifier, a collection and a map"),
        ("  Fn::ForEach::L: [1, [a], {}]", "~/t.yaml:6:20: Fn::ForEach::L: the identifier is a text"),
        ("  Fn::ForEach::L: [X, a, {}]", "~/t.yaml:6:23: Fn::ForEach::L: the collection is a list, or a function that gives one"),
        ("  Fn::ForEach::L: [X, {a: 1}, {}]", "~/t.yaml:6:23: Fn::ForEach::L: the collection is a list, or a function that gives one"),
        ("  Fn::ForEach::L: [X, [a], b]", "~/t.yaml:6:28: Fn::ForEach::L: what is repeated is a map"),
        ("  Fn::ForEach::L: [X, [a, b], {Q: {}}]", "~/t.yaml:6:32: Fn::ForEach::L makes `Q`, which is there already"),
        ("  Fn::ForEach::L: [X, [Q], {'${X}': {}}]\n  Q: {}", "~/t.yaml:6:29: Fn::ForEach::L makes `Q`, which is there already"),
        ("  Fn::ForEach::L: [X, [a.b], {'Q${X}': {}}]", {
            "~/t.yaml:6:31: Fn::ForEach::L makes `Qa.b`, and a logical id has letters and digits only"
        }),
        ("  Q: {Type: AWS::SQS::Queue, Properties: {Fn::ForEach::P: [X]}}", {
            "~/t.yaml:6:59: Fn::ForEach::P: a loop has an identifier, a collection and a map"
        }),
    ] {
        let said = read(text).expect_err(text);
        assert!(said.starts_with(error) && said.contains("\n  "), "{text}: {said}");
    }
}

#[test]
fn loops_that_multiply_are_stopped() {
    let items: Vec<String> = (0..10).map(|item| format!("i{item}")).collect();
    let keys: String = (0..9).map(|level| format!("${{X{level}}}")).collect();
    let body = format!("{{'Q{keys}': {{Type: AWS::SQS::Queue}}}}");
    let nested = (0..9).rev().fold(body, |body, level| format!("{{'Fn::ForEach::L{level}': [X{level}, [{}], {body}]}}", items.join(",")));
    let said = Folder::of(&[("t.yaml", &format!("Transform: AWS::LanguageExtensions\nResources: {nested}\n"))]).read(&["t.yaml"]);
    let said = said.expect_err("a thousand million queues");
    assert!(said.contains("makes the template larger than CloudFormation takes"), "{said}");
}

#[test]
fn names_and_conditions_may_be_given_by_functions() {
    let text = r"  Queue: {Type: AWS::SQS::Queue, Condition: !FindInMap [M, a, none, DefaultValue: !Ref AWS::NoValue]}
  Absent: {Type: AWS::SQS::Queue, Condition: !FindInMap [M, a, never]}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Targets: [{Id: a, Arn: !GetAtt [!FindInMap [M, a, queue], Arn]}]
      State: !Ref {Fn::Sub: 'Te${Rest}'}
Mappings: {M: {a: {queue: Queue, never: Never}}}
Conditions: {Never: !Equals [a, b]}";
    let text = resources(text).replace("  Text:", "  Rest: {Type: String, Default: xt}\n  Text:");
    let assembly = Folder::of(&[("t.yaml", &text)]).read(&["t.yaml"]).expect("a template");
    let all = assembly.stacks[0].template.to_json();
    assert_eq!(all["Resources"]["Queue"].get("Condition"), None);
    assert_eq!(all["Resources"]["Absent"]["Condition"], "Never");
    assert_eq!(all["Resources"]["Rule"]["Properties"]["Targets"][0]["Arn"], serde_json::json!({"Fn::GetAtt": ["Queue", "Arn"]}));
    assert_eq!(all["Resources"]["Rule"]["Properties"]["State"], serde_json::json!({"Ref": "Text"}));
    let templates = Templates::of(assembly);
    assert_eq!(templates.warnings(), Vec::<String>::new());
    let queues: usize = templates
        .snapshot
        .accounts
        .values()
        .flat_map(|account| account.regions.values())
        .map(|region| region.queues.read().map_or(0, std::collections::BTreeMap::len))
        .sum();
    assert_eq!(queues, 1);
}

#[test]
fn a_nested_template_has_the_items_that_its_parent_gives() {
    let parent = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Teams:\n    - Team\n    - [red, blue]\n    - Stack${Team}:\n        Type: AWS::CloudFormation::Stack\n        Properties:\n          TemplateURL: child.yaml\n          Parameters: {Names: !Sub '${Team}1,${Team}2'}\n";
    let child = "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n  Fn::ForEach::L: [X, !Ref Names, {'Q${X}': {Type: AWS::SQS::Queue}}]\n";
    let folder = Folder::of(&[("parent.yaml", parent), ("child.yaml", child)]);
    let paths = vec![folder.path("").display().to_string()];
    let assembly = folder.inputs(&Inputs { paths, ..Inputs::default() }).expect("templates");
    let names = |index: usize| {
        let stack = &assembly.stacks[index];
        let resources = stack.template.get("Resources").expect("resources").entries();
        (stack.name.clone(), resources.iter().map(|(key, _)| key.text.clone()).collect::<Vec<_>>())
    };
    assert_eq!(assembly.stacks.len(), 3);
    assert_eq!(names(1), ("parent/Stackred".to_owned(), vec!["Qred1".to_owned(), "Qred2".to_owned()]));
    assert_eq!(names(2), ("parent/Stackblue".to_owned(), vec!["Qblue1".to_owned(), "Qblue2".to_owned()]));
}

#[test]
fn a_part_whose_owner_a_loop_tells_may_be_anyones() {
    let policy = ("  LettersPolicy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [!Ref Letters]\n", {
        "  Fn::ForEach::Policies:\n   - Name\n   - !Ref Owners\n   - Policy${Name}:\n      Type: AWS::SQS::QueuePolicy\n      Properties:\n       Queues: [!Ref {Fn::Sub: '${Name}'}]\n       PolicyDocument: {Version: 2012-10-17, Statement: []}\n  Ignored:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n"
    });
    let owners = ("  Muted:\n", "  Owners: {Type: CommaDelimitedList}\n  Muted:\n");
    let done = scanned(&[policy, owners], &[]);
    assert_eq!((done.code, findings(&done.report)), (3, BTreeSet::new()));
    let gaps = done.report["not_assessed"].to_string();
    assert!(gaps.contains("observability/dead-letter-queue-policy") && gaps.contains("the parameter Owners has no value"), "{gaps}");
}

#[test]
fn what_is_deployed_decides_what_a_loop_makes() {
    let mut assembly = read("  Fn::ForEach::L: [X, !Ref List, {'Q${X}': {Type: AWS::SQS::Queue}}]").expect("a template");
    assert_eq!(ids(&assembly), ["Qa", "Qb"]);
    let parameters = [((0, "List".to_owned()), "c".to_owned())].into();
    transform::extend(&mut assembly, 0, Some(&Reals { parameters, ..Reals::default() })).expect("written out again");
    assert_eq!(ids(&assembly), ["Qc"]);
}

#[test]
fn a_patch_leaves_alone_what_a_loop_makes() {
    let fault = ("          EventBusName: !Ref Bus\n", "          EventBusName: !Ref Bus\n          State: DISABLED\n");
    let folder = Folder::of(&[("loops.yaml", &changed(LOOPS, &[fault]))]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    command.args(["fix", "--template", "loops.yaml", "--emit", "cloudformation"]).current_dir(folder.path(""));
    let done = command.output().expect("the program starts");
    let document: serde_json::Value = serde_json::from_slice(&done.stdout).expect("a document");
    for (fix, id) in document["fixes"].as_array().expect("fixes").iter().zip(["orders", "sentback"]) {
        let reason = format!("a loop or an included file makes Placed{id}: change it there");
        assert_eq!((&fix["resources"], fix["not_expressed"][0]["reason"].as_str()), (&serde_json::json!([]), Some(reason.as_str())));
    }
    assert_eq!(document["fixes"].as_array().map(Vec::len), Some(2));
}
