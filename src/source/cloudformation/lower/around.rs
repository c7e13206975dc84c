//! What stands around the chain: queues, keys, secrets, alarms.

use std::collections::{BTreeMap, HashMap};

use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, entry, foreign, insert, may, tags};
use crate::model::more::{Alarm, Key, Metric, Queue, Secret};
use crate::model::{Kind, Known, Reason, Unknown};
use crate::source::planned::Resolved;

const QUEUE: Table = &[("/fifo", "FifoQueue"), ("/kms_key", "KmsMasterKeyId")];
const KEY: Table = &[("/policy", "KeyPolicy"), ("/state", "Enabled"), ("/tags", "Tags")];
const ALARM: Table = &[("/name", "AlarmName"), ("/metrics", "Metrics")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn around(&mut self) {
        self.queues();
        self.secrets();
        self.keys();
        self.take("AWS::CloudWatch::Alarm").iter().for_each(|item| self.alarm(item));
        self.elsewhere_too();
    }

    fn queues(&mut self) {
        let mut by_url = HashMap::new();
        for item in self.take("AWS::SQS::Queue") {
            let arn = self.arn(&item);
            by_url.insert(
                self.resolver.of_resource(item.stack, item.declared.id, "", item.declared.node.at).text().ok().flatten(),
                arn.clone(),
            );
            let queue = Queue {
                arn: arn.clone(),
                policy: Known::default(),
                fifo: Known::from(item.get("FifoQueue").flag()).map(Option::unwrap_or_default),
                kms_key: may(&item, "KmsMasterKeyId"),
                messages: at_run_time(),
                tags: tags(item.get("Tags")),
            };
            self.put(&item, Kind::Queue, &arn, queue, QUEUE, |region| &mut region.queues);
        }
        for kind in ["AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"] {
            for item in self.take(kind) {
                for url in item.get("Queues").items().unwrap_or_default().iter().chain([item.get("Queue")]) {
                    if let Ok(Some(url)) = url.text()
                        && let Some(arn) = by_url.get(&Some(url))
                    {
                        self.queue_policy(&item, arn);
                    }
                }
            }
        }
    }

    fn queue_policy(&mut self, item: &Item<'a>, arn: &str) {
        let policy = item.sure(item.get("PolicyDocument").document());
        if let Some(queue) = entry(&mut self.region(item).queues, arn) {
            queue.policy = policy.into();
        }
        self.points(item, Kind::Queue, arn, "/policy".to_owned(), item.origin(&["PolicyDocument"]));
    }

    /// The secret that EventBridge keeps for each connection, with which nothing is wrong when it has just been made.
    fn secrets(&mut self) {
        for region in self.draft.accounts.values_mut().flat_map(|account| account.regions.values_mut()) {
            let Known::Value(connections) = &region.connections else { continue };
            for connection in connections.values().filter_map(|connection| connection.read().ok()) {
                if let Known::Value(Some(arn)) = &connection.secret_arn {
                    insert(
                        &mut region.secrets,
                        arn,
                        Known::Value(Secret { arn: arn.clone(), deleted: at_run_time(), tags: at_run_time() }),
                    );
                }
            }
        }
    }

    /// Keys by what connections name them.
    fn keys(&mut self) {
        let mut declared: HashMap<String, Key> = HashMap::new();
        let items = self.take("AWS::KMS::Key");
        for item in &items {
            let key = Key {
                arn: self.arn(item),
                state: Known::from(item.get("Enabled").flag())
                    .map(|enabled| if enabled == Some(false) { "Disabled" } else { "Enabled" }.to_owned()),
                policy: item.get("KeyPolicy").document().map(|policy| policy.unwrap_or_else(|| self.default_policy(item))).into(),
                tags: tags(item.get("Tags")),
            };
            declared.insert(self.id(item), key.clone());
            declared.insert(key.arn.clone(), key);
        }
        for item in self.take("AWS::KMS::Alias") {
            let target = item.get("TargetKeyId").text().ok().flatten();
            if let Some(key) = target.and_then(|target| declared.get(&target).cloned()) {
                declared.insert(self.name(&item), key.clone());
                declared.insert(self.arn(&item), key);
            }
        }
        let mut named = Vec::new();
        for (account, region, inventory) in self.regions() {
            let Known::Value(connections) = &inventory.connections else { continue };
            let keys = connections.values().filter_map(|connection| connection.read().ok()?.kms_key.read().ok()?.clone());
            named.extend(keys.map(|key| (account.to_owned(), region.to_owned(), key)));
        }
        for (account, region, name) in named {
            let value = declared.get(&name).map_or_else(|| Known::Unknown(foreign(&name)), |key| Known::Value(key.clone()));
            insert(&mut self.region_of(&account, &region).keys, &name, value);
            if let Some(item) = items.iter().find(|item| [self.arn(item), self.id(item)].contains(&name)) {
                self.stands(item, Kind::Key, ("", &name), KEY);
            }
        }
    }

    /// The policy of a key that names none: its account decides
    /// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
    fn default_policy(&self, item: &Item<'a>) -> serde_json::Value {
        let scope = self.scope(item);
        let root = format!("arn:{}:iam::{}:root", scope.partition, scope.account);
        let statement = serde_json::json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
        serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    fn alarm(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let alarm = Alarm { name: self.name(item), metrics: metrics(item).into(), arn: arn.clone() };
        self.put(item, Kind::Observability, &arn, alarm, ALARM, |region| &mut region.alarms);
    }

    /// What other stacks may have as well, so that it is never missing for a template.
    fn elsewhere_too(&mut self) {
        let why = |what: &str| Unknown::new("", Reason::NotCovered, format!("other stacks than these may have {what}"));
        for region in self.draft.accounts.values_mut().flat_map(|account| account.regions.values_mut()) {
            insert(&mut region.alarms, "elsewhere", Known::Unknown(why("alarms")));
            region.hosted_zones = Known::Unknown(why("hosted zones"));
            region.shares = Known::Unknown(why("shares"));
        }
    }
}

fn metrics(item: &Item<'_>) -> Result<Vec<Metric>, Unknown> {
    let one = |value: &Resolved| -> Result<Option<Metric>, Unknown> {
        let (Some(namespace), Some(name)) = (value.field("Namespace").text()?, value.field("MetricName").text()?) else { return Ok(None) };
        let mut dimensions = BTreeMap::new();
        for dimension in value.field("Dimensions").items()? {
            dimensions.insert(dimension.field("Name").must("Name")?, dimension.field("Value").must("Value")?);
        }
        Ok(Some(Metric { namespace, name, dimensions }))
    };
    let mut metrics: Vec<Metric> = one(&item.properties)?.into_iter().collect();
    for query in item.get("Metrics").items()? {
        metrics.extend(one(query.at(&["MetricStat", "Metric"]))?);
    }
    Ok(metrics)
}
