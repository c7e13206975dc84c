//! Alarms on what EventBridge could not deliver.

use serde_json::{Value, json};

use super::case::scope;
use super::{Case, Draft, Drafted, role};
use crate::fix::step::{Call, Place, Step};
use crate::host::partition_of_region;

/// `observability/alarm-missing`
///
/// The metric of a rule on a custom bus has the bus's name as a dimension too:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>.
pub fn missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let (rule, _) = case.path()?.target()?;
    let name = role::name(&format!("pgwaudit-{}-{}-failed-invocations", rule.value.bus, rule.value.name), 255);
    let partition = partition_of_region(rule.region).unwrap_or("aws");
    let arn = format!("arn:{partition}:cloudwatch:{}:{}:alarm:{name}", rule.region, rule.account);
    let mut dimensions = vec![("RuleName", rule.value.name.as_str())];
    if rule.value.bus != "default" {
        dimensions.insert(0, ("EventBusName", rule.value.bus.as_str()));
    }
    let listed: Vec<Value> = dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let named: serde_json::Map<String, Value> = dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let parameters = json!({"AlarmName": name, "AlarmDescription": format!("Events of rule {} were not delivered", rule.value.name),
        "Namespace": "AWS/Events", "MetricName": "FailedInvocations", "Dimensions": listed, "Statistic": "Sum", "Period": 300,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"});
    let step = Step::new(scope(rule), format!("make an alarm {name}"), Call::new("cloudwatch", "PutMetricAlarm", parameters));
    let metric = json!({"namespace": "AWS/Events", "name": "FailedInvocations", "dimensions": named});
    let step =
        step.change(&Place::new(scope(rule), "alarms", &arn), "", Value::Null, json!({"arn": arn, "name": name, "metrics": [metric]}));
    let step = step.undo(Call::new("cloudwatch", "DeleteAlarms", json!({"AlarmNames": [name]})));
    Ok(draft.step(step.note("the alarm tells nobody: give it an action, such as a topic of SNS")))
}
