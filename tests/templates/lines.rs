//! The line that a person would change, and the template's.

use pgwaudit::source::cloudformation::{Lines, Origin};
use serde_json::{Value, json};

use crate::support::{Folder, manifest};

/// The places of a value of the first stack.
fn places(folder: &Folder, named: &str, logical_id: &str, path: &[&str]) -> Vec<String> {
    let assembly = folder.read(&[named]).expect("templates");
    let stack = assembly.stacks.iter().rposition(|stack| stack.template.get("Resources").is_some_and(|all| all.get(logical_id).is_some()));
    let path = path.iter().map(|step| (*step).to_owned()).collect();
    let origin = Origin { stack: stack.expect("the resource"), logical_id: logical_id.to_owned(), path };
    let places = Lines::new(&assembly).places(&origin);
    places.iter().map(|place| place.to_string().replace(&folder.path("").display().to_string(), "~/")).collect()
}

#[test]
fn the_nearest_that_the_template_has_is_named() {
    let text = "Resources:\n  Conn:\n    Type: AWS::Events::Connection\n    Properties:\n      Name: x\n      AuthParameters:\n        ApiKeyAuthParameters: {ApiKeyName: k, ApiKeyValue: v}\n  Group:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      SecurityGroupEgress:\n        - IpProtocol: tcp\n        - IpProtocol: udp\n  Bare: {Type: AWS::Events::EventBus}\n";
    let folder = Folder::of(&[(".git/HEAD", ""), ("infra/orders.yaml", text)]);
    let at = |logical_id: &str, path: &[&str]| places(&folder, "infra/orders.yaml", logical_id, path);
    assert_eq!(at("Conn", &[]), ["infra/orders.yaml:2:3"]);
    assert_eq!(at("Conn", &["AuthParameters", "ApiKeyAuthParameters", "ApiKeyValue"]), ["infra/orders.yaml:7:47"]);
    assert_eq!(at("Conn", &["AuthParameters", "Missing", "Deeper"]), ["infra/orders.yaml:6:7"]);
    assert_eq!(at("Conn", &["InvocationConnectivityParameters"]), ["infra/orders.yaml:4:5"]);
    assert_eq!(at("Group", &["SecurityGroupEgress", "1", "IpProtocol"]), ["infra/orders.yaml:13:11"]);
    assert_eq!(at("Group", &["SecurityGroupEgress", "7"]), ["infra/orders.yaml:11:7"]);
    assert_eq!(at("Bare", &["Name"]), ["infra/orders.yaml:14:3"]);
}

const FRAME: &str = "new OrdersStack (/app/lib/orders-stack.ts:51:28)";

fn created(frames: &[&str]) -> Value {
    json!({"type": "aws:cdk:creationStack", "data": frames})
}

fn assigned(property: &str, frame: &str) -> Value {
    json!({"type": "aws:cdk:propertyAssignment", "data": {"propertyName": property, "stackTrace": ["...x in aws-cdk-lib...", frame]}})
}

fn id(logical_id: &str) -> Value {
    json!({"type": "aws:cdk:logicalId", "data": logical_id})
}

/// An application whose stack has the resource `Conn` at `Orders/Conn/Resource`, and its metadata.
fn application(metadata: &Value, apart: bool) -> Folder {
    let mut stack = json!({"type": "aws:cloudformation:stack", "properties": {"templateFile": "Orders.template.json"}});
    if apart {
        stack["additionalMetadataFile"] = json!("Orders.metadata.json");
    } else {
        stack["metadata"] = metadata.clone();
    }
    let template = "{\n \"Resources\": {\n  \"Conn\": {\n   \"Type\": \"AWS::Events::Connection\",\n   \"Metadata\": {\"aws:cdk:path\": \"Orders/Conn/Resource\"},\n   \"Properties\": {\n    \"Name\": \"x\"\n   }\n  }\n }\n}\n";
    let folder = Folder::of(&[
        ("app/cdk.out/manifest.json", &manifest(&json!({"Orders": stack}))),
        ("app/cdk.out/Orders.template.json", template),
        ("app/lib/orders-stack.ts", "// the stack\n"),
        ("app/bin/app.ts", "// the application\n"),
    ]);
    if apart {
        folder.put("app/cdk.out/Orders.metadata.json", metadata.to_string());
    }
    folder
}

const TEMPLATE_LINE: &str = "cdk.out/Orders.template.json:7:5";

#[test]
fn the_line_that_set_the_property_comes_before_the_one_that_made_the_resource() {
    let later = "new OrdersStack (/app/lib/orders-stack.ts:60:20)";
    let entries =
        json!([id("Conn"), created(&["...new Connection2 in aws-cdk-lib...", FRAME]), assigned("Name", FRAME), assigned("Name", later)]);
    for apart in [true, false] {
        let folder = application(&json!({"/Orders/Conn/Resource": entries}), apart);
        let at = |path: &[&str]| places(&folder, "app/cdk.out", "Conn", path);
        assert_eq!(at(&["Name"]), ["lib/orders-stack.ts:60:20", TEMPLATE_LINE]);
        assert_eq!(at(&["Description"]), ["lib/orders-stack.ts:51:28", "cdk.out/Orders.template.json:6:4"]);
        assert_eq!(at(&[]), ["lib/orders-stack.ts:51:28", "cdk.out/Orders.template.json:3:3"]);
    }
}

#[test]
fn an_older_trace_and_what_is_around_are_used_where_nothing_nearer_is_known() {
    let old = json!([{"type": "aws:cdk:logicalId", "data": "Conn", "trace": [
        "new CfnElement (/app/node_modules/aws-cdk-lib/core/lib/cfn-element.js:1:658)",
        FRAME,
        "<anonymous> (/app/bin/app.ts:11:1)",
        "Module._compile (node:internal/modules/cjs/loader:1554:14)",
    ]}]);
    let at = |metadata: Value| places(&application(&metadata, false), "app/cdk.out", "Conn", &["Name"]);
    assert_eq!(at(json!({"/Orders/Conn/Resource": old})), ["lib/orders-stack.ts:51:28", TEMPLATE_LINE]);
    let foreign =
        json!([id("Conn"), created(&["...aws-cdk-lib...", "(no user code in 10 frames, use --stack-trace-limit to capture more)"])]);
    let app = created(&["<anonymous> (/app/bin/app.ts:11:1)"]);
    assert_eq!(at(json!({"/Orders/Conn/Resource": foreign, "/Orders": [app]})), ["bin/app.ts:11:1", TEMPLATE_LINE]);
    let beside = created(&[FRAME]);
    assert_eq!(
        at(json!({"/Orders/Conn/Resource": foreign, "/Orders/Conn": [beside], "/Orders": [app]})),
        ["lib/orders-stack.ts:51:28", TEMPLATE_LINE]
    );
    assert_eq!(at(json!({"/Orders/Conn/Resource": [id("Conn")]})), [TEMPLATE_LINE]);
    assert_eq!(at(json!({})), [TEMPLATE_LINE]);
}

#[test]
fn frames_of_other_systems_and_languages_are_places_as_well() {
    let at = |frame: &str| {
        places(&application(&json!({"/Orders/Conn/Resource": [id("Conn"), created(&[frame])]}), true), "app/cdk.out", "Conn", &["Name"])
    };
    assert_eq!(at("new S (D:\\a\\repo\\lib\\orders-stack.ts:5:2)")[0], "lib/orders-stack.ts:5:2");
    assert_eq!(at("__init__ (/src/lib/orders-stack.ts:20)")[0], "lib/orders-stack.ts:20");
    assert_eq!(at("__init__ (lib/orders-stack.ts:20)")[0], "lib/orders-stack.ts:20");
    assert_eq!(at("new S (/elsewhere/lib/other.ts:5:2)")[0], "/elsewhere/lib/other.ts:5:2");
    assert_eq!(at("new S (lib/other.ts:5:2)"), [TEMPLATE_LINE]);
}

#[test]
fn places_are_relative_to_the_repository_around() {
    let folder = application(&json!({"/Orders/Conn/Resource": [id("Conn"), created(&[FRAME])]}), true);
    folder.put(".git/HEAD", "");
    let at = places(&folder, "app/cdk.out", "Conn", &["Name"]);
    assert_eq!(at, ["app/lib/orders-stack.ts:51:28", "app/cdk.out/Orders.template.json:7:5"]);
}

#[test]
fn nested_stacks_and_stages_are_found_in_their_manifests() {
    let nested =
        r#"{"Resources": {"Bus": {"Type": "AWS::Events::EventBus", "Metadata": {"aws:cdk:path": "Test/Orders/Inner/Bus/Resource"}}}}"#;
    let outer = r#"{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "n.nested.template.json"}}}}"#;
    let metadata = json!({"/Test/Orders/Inner/Bus/Resource": [id("Bus"), created(&[FRAME])]});
    let stack = json!({"type": "aws:cloudformation:stack", "properties": {"templateFile": "O.template.json"}, "metadata": metadata});
    let folder = Folder::of(&[
        (
            "cdk.out/manifest.json",
            &manifest(&json!({"assembly-Test": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Test"}}})),
        ),
        ("cdk.out/assembly-Test/manifest.json", &manifest(&json!({"O": stack}))),
        ("cdk.out/assembly-Test/O.template.json", outer),
        ("cdk.out/assembly-Test/n.nested.template.json", nested),
        ("lib/orders-stack.ts", ""),
    ]);
    let at = places(&folder, "cdk.out", "Bus", &[]);
    assert_eq!(at, ["lib/orders-stack.ts:51:28", "cdk.out/assembly-Test/n.nested.template.json:1:16"]);
}
