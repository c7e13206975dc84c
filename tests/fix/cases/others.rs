//! Dead letters, alarms, keys and state machines.

use serde_json::{Value, json};

use super::*;

/// A key of the customer's own.
fn key(scope: &Scope<'_>, _: &Value, tags: Value) -> Value {
    call(scope, "kms", "create_key", json!({"Tags": tags}))["KeyMetadata"]["Arn"].clone()
}

fn versioned(mut document: Value) -> String {
    document["Version"] = json!("2012-10-17");
    document.to_string()
}

/// Its faults.
pub const CASES: &[Case] = &[
    case("observability/dead-letter-queue-missing", |scope, ids| put_target(scope, ids, json!({"DeadLetterConfig": null}))),
    case("observability/dead-letter-queue-invalid", |scope, ids| {
        put_target(scope, ids, json!({"DeadLetterConfig": {"Arn": format!("{}-gone", text(ids, "queue_arn"))}}))
    }),
    case("observability/dead-letter-queue-policy", |scope, ids| {
        let params = json!({"QueueUrl": ids["queue_url"], "Attributes": {"Policy": ""}});
        call(scope, "sqs", "set_queue_attributes", params);
    }),
    case("observability/alarm-missing", |scope, ids| {
        let names: Vec<Value> = ids["alarms"].as_object().into_iter().flatten().map(|(_, name)| name.clone()).collect();
        call(scope, "cloudwatch", "delete_alarms", json!({"AlarmNames": names}));
    }),
    case("connection/cmk-broken", |scope, ids| {
        let key = key(scope, ids, json!([]));
        call(scope, "events", "update_connection", json!({"Name": ids["connection"], "KmsKeyIdentifier": key}));
    }),
    case("connection/cmk-broken", |scope, ids| {
        let key = key(scope, ids, json!([{"TagKey": "EventBridgeApiDestinations", "TagValue": "true"}]));
        call(scope, "events", "update_connection", json!({"Name": ids["connection"], "KmsKeyIdentifier": key}));
        call(scope, "kms", "disable_key", json!({"KeyId": key}));
    }),
    case("state-machine/role-permissions", |scope, ids| {
        let trust =
            json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        let params = json!({"RoleName": "machine", "AssumeRolePolicyDocument": versioned(trust)});
        let role = call(scope, "iam", "create_role", params);
        let some = json!({"Statement": [{"Effect": "Allow", "Action": ["states:InvokeHTTPEndpoint"], "Resource": "*"}]});
        let params = json!({"RoleName": "machine", "PolicyName": "call", "PolicyDocument": versioned(some)});
        call(scope, "iam", "put_role_policy", params);
        let task = json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true, "Parameters": {"Method": "POST",
            "ApiEndpoint": ids["invocation_endpoint"], "InvocationConfig": {"ConnectionArn": ids["connection_arn"]}}});
        let definition = json!({"StartAt": "Call", "States": {"Call": task}}).to_string();
        let params = json!({"name": "machine", "roleArn": role["Role"]["Arn"], "definition": definition});
        call(scope, "stepfunctions", "create_state_machine", params);
    }),
];
