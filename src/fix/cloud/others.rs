//! IAM, SQS, CloudWatch and KMS.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;

use super::params::Params;
use super::refusal::{Answer, answer, send, unknown};

/// Sends a call of IAM.
pub async fn iam(sdk: &aws_sdk_iam::Client, operation: &str, p: Params<'_>) -> Answer {
    let (role, policy) = (p.text("RoleName"), p.text("PolicyName"));
    match operation {
        "PutRolePolicy" => {
            let request = sdk.put_role_policy().set_role_name(role).set_policy_name(policy);
            send!("iam", "PutRolePolicy", request.set_policy_document(p.document("PolicyDocument")))
        }
        "DeleteRolePolicy" => send!("iam", "DeleteRolePolicy", sdk.delete_role_policy().set_role_name(role).set_policy_name(policy)),
        "UpdateAssumeRolePolicy" => {
            let request = sdk.update_assume_role_policy().set_role_name(role);
            send!("iam", "UpdateAssumeRolePolicy", request.set_policy_document(p.document("PolicyDocument")))
        }
        "CreateRole" => {
            let request = sdk.create_role().set_role_name(role).set_description(p.text("Description"));
            let request = request.set_assume_role_policy_document(p.document("AssumeRolePolicyDocument"));
            send!("iam", "CreateRole", request)
        }
        "DeleteRole" => send!("iam", "DeleteRole", sdk.delete_role().set_role_name(role)),
        other => unknown("iam", other),
    }
}

/// Sends a call of SQS. The queue's address is asked for: the plan's is the one that AWS gives, and another server may
/// have another.
pub async fn sqs(sdk: &aws_sdk_sqs::Client, operation: &str, p: Params<'_>) -> Answer {
    let attributes = p
        .map("Attributes")
        .map(|map| map.into_iter().map(|(name, value)| (QueueAttributeName::from(name.as_str()), value)).collect::<HashMap<_, _>>());
    if operation == "CreateQueue" {
        let request = sdk.create_queue().set_queue_name(p.text("QueueName")).set_attributes(attributes).set_tags(p.map("tags"));
        return send!("sqs", "CreateQueue", request);
    }
    let name = p.text("QueueUrl").and_then(|url| url.rsplit('/').next().map(str::to_owned));
    let url = match sdk.get_queue_url().set_queue_name(name).send().await {
        Ok(found) => found.queue_url,
        other => return answer("sqs", "GetQueueUrl", other, |_| Value::Null),
    };
    match operation {
        "SetQueueAttributes" => {
            send!("sqs", "SetQueueAttributes", sdk.set_queue_attributes().set_queue_url(url).set_attributes(attributes))
        }
        "DeleteQueue" => send!("sqs", "DeleteQueue", sdk.delete_queue().set_queue_url(url)),
        other => unknown("sqs", other),
    }
}

/// Sends a call of CloudWatch.
pub async fn cloudwatch(sdk: &aws_sdk_cloudwatch::Client, operation: &str, p: Params<'_>) -> Answer {
    use aws_sdk_cloudwatch::types::Dimension;
    match operation {
        "PutMetricAlarm" => {
            let dimension = |p: Params<'_>| Dimension::builder().set_name(p.text("Name")).set_value(p.text("Value")).build();
            let request = sdk.put_metric_alarm().set_alarm_name(p.text("AlarmName")).set_alarm_description(p.text("AlarmDescription"));
            let request = request.set_namespace(p.text("Namespace")).set_metric_name(p.text("MetricName"));
            let request = request.set_dimensions(Some(p.items("Dimensions").map(dimension).collect()));
            let request = request.set_statistic(p.text("Statistic").map(|name| name.as_str().into())).set_period(p.number("Period"));
            let request = request.set_evaluation_periods(p.number("EvaluationPeriods")).set_threshold(p.decimal("Threshold"));
            let request = request.set_comparison_operator(p.text("ComparisonOperator").map(|name| name.as_str().into()));
            send!("cloudwatch", "PutMetricAlarm", request.set_treat_missing_data(p.text("TreatMissingData")))
        }
        "DeleteAlarms" => send!("cloudwatch", "DeleteAlarms", sdk.delete_alarms().set_alarm_names(p.texts("AlarmNames"))),
        other => unknown("cloudwatch", other),
    }
}

/// Sends a call of KMS.
pub async fn kms(sdk: &aws_sdk_kms::Client, operation: &str, p: Params<'_>) -> Answer {
    use aws_sdk_kms::types::Tag;
    let key = p.text("KeyId");
    match operation {
        "EnableKey" => send!("kms", "EnableKey", sdk.enable_key().set_key_id(key)),
        "DisableKey" => send!("kms", "DisableKey", sdk.disable_key().set_key_id(key)),
        "TagResource" => {
            let tag = |p: Params<'_>| Tag::builder().set_tag_key(p.text("TagKey")).set_tag_value(p.text("TagValue")).build().ok();
            send!("kms", "TagResource", sdk.tag_resource().set_key_id(key).set_tags(Some(p.items("Tags").filter_map(tag).collect())))
        }
        "UntagResource" => send!("kms", "UntagResource", sdk.untag_resource().set_key_id(key).set_tag_keys(p.texts("TagKeys"))),
        other => unknown("kms", other),
    }
}
