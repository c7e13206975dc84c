//! CloudWatch: the alarms that watch EventBridge.

use aws_sdk_cloudwatch::types::{AlarmType, Dimension, MetricAlarm};
use aws_sdk_cloudwatch::{Client, types};

use super::action::DESCRIBE_ALARMS;
use super::call::Gate;
use super::convert::{must, pairs, sorted};
use crate::model::more::{Alarm, Metric};
use crate::model::{Known, Unknown};

/// Namespace of EventBridge's metrics
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>).
const NAMESPACE: &str = "AWS/Events";

/// CloudWatch in one account and region.
pub struct Alarms {
    sdk: Client,
    gate: Gate,
}

impl Alarms {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Alarms { sdk, gate }
    }

    /// The alarms on a metric of EventBridge. CloudWatch cannot be asked for them alone, so all are listed.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, Unknown> {
        let list = self.sdk.describe_alarms().alarm_types(AlarmType::MetricAlarm).max_records(100);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(DESCRIBE_ALARMS, send, |page| (page.metric_alarms.unwrap_or_default(), page.next_token)).await;
        let all: Result<Vec<Alarm>, Unknown> =
            pages.map_err(|failure| failure.into_unknown(DESCRIBE_ALARMS))?.into_iter().map(alarm).collect();
        let watches = |alarm: &Alarm| alarm.metrics.read().is_ok_and(|metrics| metrics.iter().any(|metric| metric.namespace == NAMESPACE));
        Ok(all?.into_iter().filter(watches).collect())
    }
}

fn alarm(item: MetricAlarm) -> Result<Alarm, Unknown> {
    let own = metric(item.namespace, item.metric_name, item.dimensions);
    let of_query = |query: types::MetricDataQuery| {
        let stat = query.metric_stat?.metric?;
        metric(stat.namespace, stat.metric_name, stat.dimensions)
    };
    Ok(Alarm {
        arn: must(DESCRIBE_ALARMS, "AlarmArn", item.alarm_arn)?,
        name: must(DESCRIBE_ALARMS, "AlarmName", item.alarm_name)?,
        metrics: Known::Value(sorted(own.into_iter().chain(item.metrics.into_iter().flatten().filter_map(of_query)))),
    })
}

fn metric(namespace: Option<String>, name: Option<String>, dimensions: Option<Vec<Dimension>>) -> Option<Metric> {
    let dimensions = pairs(dimensions.into_iter().flatten(), |dimension| (dimension.name, dimension.value));
    Some(Metric { namespace: namespace?, name: name?, dimensions })
}
