//! What stands around the chain: queues, secrets, keys, alarms, hosted zones, shares.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Known, Tags};

/// A queue that the chain names (`GetQueueAttributes`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// ARN.
    pub arn: String,
    /// Queue policy.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy: Known<Option<Value>>,
    /// `FifoQueue`.
    #[serde(default, skip_serializing_if = "absent")]
    pub fifo: Known<bool>,
    /// `KmsMasterKeyId`.
    #[serde(default, skip_serializing_if = "absent")]
    pub kms_key: Known<Option<String>>,
    /// `ApproximateNumberOfMessages`.
    #[serde(default, skip_serializing_if = "absent")]
    pub messages: Known<u64>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A secret's description (`DescribeSecret`; its value is never read), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// ARN.
    pub arn: String,
    /// When it was scheduled for deletion.
    #[serde(default, skip_serializing_if = "absent")]
    pub deleted: Known<Option<Timestamp>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A KMS key (`DescribeKey`, `ListResourceTags`, `GetKeyPolicy`), keyed by what the connection names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// ARN.
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub state: Known<String>,
    /// Key policy.
    pub policy: Known<Value>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// An alarm on a metric of EventBridge (`DescribeAlarms`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Metrics it watches: name and dimensions.
    #[serde(default, skip_serializing_if = "absent")]
    pub metrics: Known<Vec<Metric>>,
}

/// A metric that an alarm watches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Namespace, such as `AWS/Events`.
    pub namespace: String,
    /// Metric's name.
    pub name: String,
    /// Dimensions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// Whether it is about a rule of EventBridge, by the rule's bus and name. `RuleName` alone means a rule of the default
    /// bus; fewer dimensions take in more rules, and one more is of a metric that EventBridge does not write.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
    pub fn is_of_rule(&self, bus: &str, name: &str) -> bool {
        let dimension = |name: &str| self.dimensions.get(name).map(String::as_str);
        let other = self.dimensions.keys().any(|name| !["EventBusName", "RuleName"].contains(&name.as_str()));
        let bus_fits = match dimension("EventBusName") {
            Some(own) => own == bus,
            None => dimension("RuleName").is_none() || bus == "default",
        };
        self.namespace == "AWS/Events" && !other && bus_fits && dimension("RuleName").is_none_or(|own| own == name)
    }
}

/// A private hosted zone of a VPC that the chain names (`ListHostedZonesByVPC`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedZone {
    /// Id.
    pub id: String,
    /// Domain name, without the final dot.
    pub name: String,
    /// VPCs it was found by.
    pub vpc_ids: Vec<String>,
    /// Id of a public zone of the account that has the same names or those above them (`ListHostedZonesByName`),
    /// so that they may be answered outside the VPC too.
    #[serde(default, skip_serializing_if = "absent")]
    pub public_zone_id: Known<Option<String>>,
}

/// A share of a resource configuration through RAM (`GetResourceShares`, `ListResources`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `ACTIVE`, `PENDING`, …
    pub status: Known<String>,
    /// ARNs of the resource configurations in it.
    #[serde(default, skip_serializing_if = "absent")]
    pub resource_arns: Known<Vec<String>>,
    /// Whom it is shared with.
    #[serde(default, skip_serializing_if = "absent")]
    pub principals: Known<Vec<String>>,
}

/// How a template writes a resource of the services of the chain, keyed by the stack's name and the logical id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Logical id.
    pub name: String,
    /// Its type, as written.
    #[serde(rename = "type")]
    pub kind: String,
    /// The type that is meant, where AWS has none of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
    /// Properties that AWS does not know, by their way below `Properties` with `/`, and the names that are meant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}
