//! What events of SAM's functions and state machines add to APIs, and what they may add where that is not known.

use pgwaudit::source::cloudformation::Templates;
use serde_json::{Value, json};

use crate::support::Folder;

/// The APIs of a template, in the order of their names.
fn apis(text: &str) -> Vec<Value> {
    let assembly = Folder::of(&[("t.yaml", text)]).read(&["t.yaml"]).expect("a template");
    let snapshot = serde_json::to_value(Templates::of(assembly).snapshot).expect("a snapshot");
    let apis = snapshot["accounts"]["000000000000"]["regions"]["us-east-1"]["apis"].as_object().expect("APIs").values().cloned();
    let mut apis: Vec<Value> = apis.collect();
    apis.sort_by_key(|api| api["name"].to_string());
    apis
}

/// A template with two APIs, of which the second has a document of its own, and a resource with this event.
fn template(kind: &str, event: &str) -> String {
    let head = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nParameters: {Told: {Type: String}, Many: {Type: CommaDelimitedList}}\nConditions: {Maybe: !Equals [!Ref Told, a]}\n";
    let apis = "Resources:\n  First: {Type: AWS::Serverless::Api, Properties: {Name: a, StageName: live}}\n  Second: {Type: AWS::Serverless::Api, Properties: {Name: b, StageName: live, DefinitionBody: {paths: {}}}}\n";
    format!("{head}{apis}  Caller: {{Type: 'AWS::Serverless::{kind}', Properties: {{Events: {event}}}}}\n")
}

const METHODS: &str = "/resources/~1orders/methods";

#[test]
fn a_state_machine_that_an_api_starts_is_a_method_of_it() {
    for (kind, integration) in [("Function", "AWS_PROXY"), ("StateMachine", "AWS")] {
        for api in ["!Ref First", "First"] {
            let event = format!("{{Call: {{Type: Api, Properties: {{Path: /orders, Method: post, RestApiId: {api}}}}}}}");
            let apis = apis(&template(kind, &event));
            assert_eq!(apis[0].pointer(&format!("{METHODS}/POST/integration/kind")), Some(&json!(integration)), "{kind} {api}");
            assert!(apis[0]["deployments"].to_string().contains("/orders") && apis[1].pointer(METHODS).is_none());
        }
    }
}

#[test]
fn an_event_whose_api_is_not_known_may_be_of_any_that_sam_writes() {
    let unknown = |value: &Value| value.to_string().contains("\"reason\":\"unresolved\"");
    let of = |event: &str| {
        let apis = apis(&template("Function", event));
        apis.iter().map(|api| (unknown(&api["resources"]), unknown(&api["deployments"]), unknown(&api["policy"]))).collect::<Vec<_>>()
    };
    let event = |api: &str, kind: &str, more: &str| {
        format!("{{Call: {{Type: {kind}, Properties: {{Path: /orders, Method: post, RestApiId: {api}{more}}}}}}}")
    };
    let auth = ", Auth: {ResourcePolicy: {SourceVpcWhitelist: [vpc-1]}}";
    let (known, none) = ((false, false, false), (true, true, false));
    assert_eq!(of(&event("!Ref First", "Api", "")), [known, known]);
    assert_eq!(of(&event("!Ref First", "HttpApi", "")), [known, known]);
    for (api, kind) in [
        ("!If [Maybe, !Ref First, !Ref Second]", "Api"),
        ("!Ref {'Fn::Sub': 'F${Told}'}", "Api"),
        ("!Ref Told", "Api"),
        ("!Ref First", "!Ref Told"),
    ] {
        assert_eq!(of(&event(api, kind, "")), [none, known], "{api} {kind}");
        assert_eq!(of(&event(api, kind, auth)), [(true, true, true), known], "{api} {kind}");
    }
    // The API that functions share may have it as well, and it stands first.
    let looped = "{'Fn::ForEach::Each': [X, !Ref Many, {'Call${X}': {Type: Api, Properties: {Path: '/${X}', Method: post}}}]}";
    assert_eq!(of(looped), [(true, true, true), (true, true, true), known]);
}

#[test]
fn whether_events_add_to_a_document_may_not_be_known() {
    let event = "{Call: {Type: Api, Properties: {Path: /orders, Method: post, RestApiId: !Ref Second}}}";
    for (merge, unknown) in [("false", false), ("!If [Maybe, true, false]", true)] {
        let text = template("Function", event).replace("DefinitionBody:", &format!("MergeDefinitions: {merge}, DefinitionBody:"));
        assert_eq!(apis(&text)[1]["resources"].to_string().contains("unresolved"), unknown, "{merge}");
    }
}

#[test]
fn an_api_has_its_endpoints_by_either_spelling() {
    for name in ["VPCEndpointIds", "VpcEndpointIds"] {
        let text = template("Function", "{}")
            .replace("StageName: live}", &format!("StageName: live, EndpointConfiguration: {{Type: PRIVATE, {name}: [vpce-1]}}}}"));
        let templates = Templates::of(Folder::of(&[("t.yaml", &text)]).read(&["t.yaml"]).expect("a template"));
        let region =
            serde_json::to_value(&templates.snapshot).expect("a snapshot")["accounts"]["000000000000"]["regions"]["us-east-1"].clone();
        assert!(region["apis"].to_string().contains("\"vpc_endpoint_ids\":[\"vpce-1\"]"), "{name}");
        assert!(!region["written"].to_string().contains("EndpointIds"), "{name} is no misspelling");
    }
}

#[test]
fn a_usage_plan_that_sam_makes_admits_to_the_stage() {
    let plans = |auth: &str| {
        let text = template("Function", "{}").replace("{Name: a,", &format!("{{Name: a, Auth: {auth},"));
        let assembly = Folder::of(&[("t.yaml", &text)]).read(&["t.yaml"]).expect("a template");
        let snapshot = serde_json::to_value(Templates::of(assembly).snapshot).expect("a snapshot");
        snapshot["accounts"]["000000000000"]["regions"]["us-east-1"]["usage_plans"].to_string()
    };
    for (create, stages) in [("PER_API", "live"), ("SHARED", "live"), ("NONE", ""), ("!Ref Told", "unresolved")] {
        let made = plans(&format!("{{ApiKeyRequired: true, UsagePlan: {{CreateUsagePlan: {create}}}}}"));
        assert_eq!((made.contains(stages), made.contains("api_id")), (true, stages == "live"), "{create}: {made}");
    }
}

/// The first API of the template, with these properties more.
fn first(properties: &str, event: &str) -> Value {
    apis(&template("Function", event).replace("{Name: a,", &format!("{{Name: a, {properties},"))).remove(0)
}

#[test]
fn sam_makes_a_further_stage_unless_the_version_of_openapi_is_said() {
    let stages = |properties: &str| first(properties, "{}")["stages"].as_object().expect("stages").keys().cloned().collect::<Vec<_>>();
    assert_eq!(stages("Description: x"), ["Stage", "live"]);
    assert_eq!(stages("OpenApiVersion: 3.0.1"), ["live"]);
}

#[test]
fn a_resource_policy_lets_everybody_in_only_if_it_speaks_of_networks() {
    let statements = |policy: &str| {
        let api = first(&format!("Auth: {{ResourcePolicy: {policy}}}"), "{}");
        let list = api["policy"]["Statement"].as_array().expect("statements").clone();
        list.iter()
            .map(|one| format!("{} {}", one["Effect"].as_str().unwrap_or("?"), one["Resource"].as_str().unwrap_or("?")))
            .collect::<Vec<_>>()
    };
    assert_eq!(statements("{SourceVpcWhitelist: [vpc-1]}"), ["Allow execute-api:/live/*", "Deny execute-api:/live/*"]);
    assert_eq!(statements("{IpRangeBlacklist: [10.0.0.0/8]}"), ["Allow execute-api:/live/*", "Deny execute-api:/live/*"]);
    assert_eq!(statements("{AwsAccountBlacklist: ['111122223333']}"), ["Deny execute-api:/live/*"]);
    let event = "{Call: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref First, Auth: {ResourcePolicy: {SourceVpcWhitelist: [vpc-1]}}}}}";
    assert_eq!(first("Description: x", event)["policy"]["Statement"][0]["Resource"], "execute-api:/live/GET/", "the root has its slash");
}

#[test]
fn an_event_may_take_over_how_a_method_of_a_document_authorizes() {
    let of = |auth: &str| {
        let document =
            "Auth: {ApiKeyRequired: true}, DefinitionBody: {paths: {/orders: {post: {x-amazon-apigateway-auth: {type: AWS_IAM}}}}}";
        let event = format!("{{Call: {{Type: Api, Properties: {{Path: /orders, Method: post, RestApiId: !Ref First, Auth: {auth}}}}}}}");
        let method = first(document, &event).pointer(&format!("{METHODS}/POST")).expect("a method").clone();
        (method["authorization"].as_str().unwrap_or("?").to_owned(), method["api_key_required"] == json!(true))
    };
    assert_eq!(of("{ApiKeyRequired: false, Authorizer: NONE}"), ("AWS_IAM".to_owned(), true));
    assert_eq!(of("{OverrideApiAuth: true, ApiKeyRequired: false, Authorizer: NONE}"), ("NONE".to_owned(), false));
    assert_eq!(of("{OverrideApiAuth: true, ApiKeyRequired: false}"), ("AWS_IAM".to_owned(), false));
}

#[test]
fn openapi_3_says_of_endpoints_what_a_server_is() {
    let own = "x-amazon-apigateway-endpoint-configuration: {vpcEndpointIds: [vpce-1], disableExecuteApiEndpoint: true}";
    for document in [own.to_owned(), format!("openapi: 3.0.1, servers: [{{url: 'https://a.example'}}, {{{own}}}]")] {
        let api = first(&format!("DefinitionBody: {{{document}, paths: {{}}}}"), "{}");
        assert_eq!((&api["vpc_endpoint_ids"], &api["default_endpoint_disabled"]), (&json!(["vpce-1"]), &json!(true)), "{document}");
    }
}

#[test]
fn a_policy_may_be_attached_to_a_role_that_sam_makes() {
    let machine = "  Calls: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {StartAt: A, States: {A: {Type: Task, Resource: 'arn:aws:states:::http:invoke', Parameters: {Method: GET}, End: true}}}}}\n";
    let policy =
        "  More: {Type: AWS::IAM::Policy, Properties: {PolicyName: more, PolicyDocument: {Statement: []}, Roles: [!Ref CallsRole]}}\n";
    let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{machine}{policy}");
    let templates = Templates::of(Folder::of(&[("t.yaml", &text)]).read(&["t.yaml"]).expect("a template"));
    let snapshot = serde_json::to_value(&templates.snapshot).expect("a snapshot");
    let roles = snapshot["accounts"]["000000000000"]["roles"].as_object().expect("roles").values();
    assert_eq!(roles.map(|role| role["policies"].as_array().map(Vec::len)).collect::<Vec<_>>(), [Some(1)]);
}
