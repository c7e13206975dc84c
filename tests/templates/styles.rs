//! Templates as people write them: by hand with conditions and maps, for SAM, with state machines. Each is healthy, and
//! each change makes one fault of it, which is found at the line that has it.

use crate::support::{Folder, changed, scan};

const LEDGER: &str = include_str!("fixtures/ledger.yaml");
const LABELS: &str = include_str!("fixtures/labels.sam.yaml");
const CLAIMS: &str = include_str!("fixtures/claims.yaml");

/// Rules with what stands on the line of each finding, in the order of the report, and all that was said.
fn found(template: &str, changes: &[(&str, &str)]) -> (Vec<(String, String)>, String) {
    let changed = changed(template, changes);
    let folder = Folder::of(&[("template.yaml", &changed)]);
    let done = scan(&folder.path("template.yaml"), &["--region", "eu-west-1"]);
    assert_eq!(done.report["not_assessed"], serde_json::json!([]), "{changes:?}");
    let mut found = Vec::new();
    for finding in done.report["findings"].as_array().expect("findings") {
        let line = finding["evidence"][0]["location"]["line"].as_u64().and_then(|line| usize::try_from(line).ok()).expect("a line");
        let text = changed.lines().nth(line - 1).expect("it is there").trim().to_owned();
        found.push((finding["rule"].as_str().expect("a rule").to_owned(), text));
    }
    (found, done.report["findings"].to_string())
}

/// What a change must give: the rules, each with the beginning of its line.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c [(&'c str, &'c str)]);

fn each_gives(template: &str, cases: &[Case<'_>]) {
    for (changes, expected) in cases {
        let (found, said) = found(template, changes);
        let fits = found.len() == expected.len()
            && found.iter().zip(*expected).all(|((rule, line), (name, start))| rule == name && line.starts_with(start));
        assert!(fits, "{changes:?} gave {found:?}: {said}");
        // What stands for an id that nobody knows yet is told to nobody.
        let ids = stand_ins(&said);
        assert!(ids.is_empty(), "{changes:?}: {ids:?}");
    }
}

/// Ids with 17 digits of groups, networks and subnets in messages and evidence.
fn stand_ins(text: &str) -> Vec<&str> {
    let quoted = text.split('"').filter(|part| !part.starts_with("arn:"));
    quoted
        .flat_map(|part| part.split([' ', ',', ';']))
        .filter(|word| ["sg-0", "vpc-0", "subnet-0", "vpce-0"].iter().any(|start| word.starts_with(start)))
        .collect()
}

const INLINE: &str =
    "      SecurityGroupEgress:\n        - IpProtocol: \"-1\"\n          CidrIp: 127.0.0.1/32\n          Description: nothing by default\n";
const SEPARATE: &str = "  LatticeToDoor:\n    Type: AWS::EC2::SecurityGroupEgress\n    Properties:\n      GroupId: !GetAtt LatticeSg.GroupId\n      IpProtocol: \"6\"\n      FromPort: \"443\"\n      ToPort: \"443\"\n      DestinationSecurityGroupId: !GetAtt ApiDoorSg.GroupId\n";

#[test]
fn a_template_with_conditions_maps_and_anchors() {
    each_gives(
        LEDGER,
        &[
            (&[], &[]),
            (&[("Default: live", "Default: dev")], &[("rule/disabled", "State: !If"), ("gateway/single-zone", "SubnetIds: !If")]),
            (
                &[("SourceSecurityGroupId: !Ref LatticeSg", "SourceSecurityGroupId: !Ref ApiDoorSg")],
                &[("network/endpoint-ingress-blocked", "Properties:")],
            ),
            // Nothing in the list is no rule, and without a rule AWS lets everything out.
            (
                &[(SEPARATE, ""), (INLINE, "      SecurityGroupEgress: []\n")],
                &[("network/gateway-egress-443-only", "SecurityGroupEgress: []")],
            ),
            (&[(INLINE, "")], &[]),
            (&[("api-destination/ledger-${Env}/*", "api-destination/ledger-dev/*")], &[("role/invoke-not-allowed", "PolicyDocument:")]),
            (
                &[("/${Env}/*/postings*", "/prod/*/postings*")],
                &[("api/policy-denies", "Policy: !Sub"), ("api/policy-resource-mismatch", "Policy: !Sub")],
            ),
            (
                &[("- Host: !Sub \"${LedgerApi}.execute-api.${AWS::Region}", "- Host: !Sub \"${LedgerApi}.execute-api.eu-west-2")],
                &[("destination/host-unknown-api", "InvocationEndpoint: !Sub")],
            ),
            (
                &[("Stage: !Ref Env\n      InvocationRate", "Stage: prod\n      InvocationRate")],
                &[("destination/stage-unknown", "InvocationEndpoint: !Sub")],
            ),
        ],
    );
}

#[test]
fn an_api_of_sam_serves_what_its_document_says() {
    let policy = LABELS
        .split_once("        x-amazon-apigateway-policy:")
        .and_then(|(_, rest)| rest.split_once("        paths:"))
        .expect("a policy")
        .0;
    let policy = format!("        x-amazon-apigateway-policy:{policy}");
    let auth = |auth: &str| format!("      OpenApiVersion: 3.0.1\n      Auth: {auth}\n");
    let version = "      OpenApiVersion: 3.0.1\n";
    let (key, token) =
        (auth("{ApiKeyRequired: true}"), auth("{DefaultAuthorizer: Guard, Authorizers: {Guard: {FunctionArn: !GetAtt Print.Arn}}}"));
    let known = auth(
        "{DefaultAuthorizer: Guard, Authorizers: {Guard: {FunctionArn: !GetAtt Print.Arn, FunctionPayloadType: REQUEST, Identity: {Headers: [x-caller]}}}}",
    );
    let (white, other) =
        (auth("{ResourcePolicy: {SourceVpcWhitelist: [!Ref Vpce]}}"), auth("{ResourcePolicy: {SourceVpcWhitelist: [vpc-1abc]}}"));
    each_gives(
        LABELS,
        &[
            (&[], &[]),
            // Events add nothing to a document of one's own.
            (
                &[("/labels/*\n", "/batches\n"), (", HttpParameters: {PathParameterValues: [$.detail.label.id]}", "")],
                &[("destination/path-unknown", "InvocationEndpoint:")],
            ),
            (
                &[
                    ("/labels/*\n", "/batches\n"),
                    (", HttpParameters: {PathParameterValues: [$.detail.label.id]}", ""),
                    (version, "      OpenApiVersion: 3.0.1\n      MergeDefinitions: true\n"),
                ],
                &[],
            ),
            (
                &[("            post:\n", "            post:\n              x-amazon-apigateway-auth: {type: AWS_IAM}\n")],
                &[("connection/method-requires-sigv4", "post:")],
            ),
            // What `Auth` asks of all methods it asks of those of the document.
            (&[(version, &key)], &[("connection/api-key-header", "ApiKeyAuthParameters:"), ("connection/api-key-no-plan", "LabelApi:")]),
            (&[(version, &token)], &[("connection/authorizer-answers-401", "InvocationHttpParameters:")]),
            (&[(version, &known)], &[]),
            (&[(&policy, ""), (version, &white)], &[]),
            (&[(&policy, ""), (version, &other)], &[("api/policy-denies", "Auth:"), ("api/policy-stale-endpoint", "Auth:")]),
            (&[(version, &other)], &[("api/policy-denies", "Auth:"), ("api/policy-stale-endpoint", "Auth:")]),
        ],
    );
}

#[test]
fn a_policy_of_an_event_is_one_of_the_api() {
    let written =
        LABELS.split_once("      OpenApiVersion: 3.0.1\n").and_then(|(_, rest)| rest.split_once("  Print:\n")).expect("a document").0;
    let written = format!("      OpenApiVersion: 3.0.1\n{written}");
    let event = "Method: post, RestApiId: !Ref LabelApi}}\n        Gone";
    let guarded = |id: &str| {
        format!("Method: post, RestApiId: !Ref LabelApi, Auth: {{ResourcePolicy: {{SourceVpcWhitelist: [{id}]}}}}}}}}\n        Gone")
    };
    each_gives(
        LABELS,
        &[
            (&[(&written, "")], &[("api/policy-missing", "Properties:")]),
            (&[(&written, ""), (event, &guarded("!Ref Vpce"))], &[]),
            (
                &[(&written, ""), (event, &guarded("vpc-1abc"))],
                &[("api/policy-denies", "Properties:"), ("api/policy-stale-endpoint", "Properties:")],
            ),
        ],
    );
}

#[test]
fn state_machines_put_their_urls_together() {
    let mismatch = "state-machine/endpoint-mismatch";
    each_gives(
        CLAIMS,
        &[
            (&[], &[]),
            (&[("com/${Stg}/claims\n", "com/test/claims\n")], &[(mismatch, "ApiEndpoint:")]),
            (&[("/claims/' & $states", "/claim/' & $states")], &[(mismatch, "ApiEndpoint:")]),
            (
                &[("'aws:SourceVpc': !Ref Vpc", "'aws:SourceVpc': vpc-1abc")],
                &[("api/policy-denies", "Statement:"), ("api/policy-stale-endpoint", "Statement:")],
            ),
            (&[("[POST, GET]", "[POST]")], &[("state-machine/role-permissions", "Policies:")]),
        ],
    );
}

#[test]
fn a_task_of_which_an_expression_makes_all_is_not_assessed() {
    let text = "Resources:\n  Calls:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      RoleArn: arn:aws:iam::111122223333:role/calls\n      Definition: {QueryLanguage: JSONata, StartAt: A, States: {A: {Type: Task, Resource: 'arn:aws:states:::http:invoke', Arguments: '{% $states.input.call %}', End: true}}}\n";
    let folder = Folder::of(&[("template.yaml", text)]);
    let done = scan(&folder.path("template.yaml"), &["--region", "eu-west-1"]);
    assert_eq!((done.code, done.report["integrations"].as_array().map(Vec::len)), (3, Some(1)), "{}", done.stderr);
}
