//! What SAM makes of connectors for the chain: the policy of a queue to which a rule may send.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html>
//!
//! The other policies that connectors make allow nothing that a private integration needs.

use serde_json::{Value, json};

use super::{Lowering, entry};
use crate::model::{Known, Unknown};
use crate::source::cloudformation::resolve::Mode;
use crate::source::document::Node;
use crate::source::planned::Resolved;

/// A connector that has a type of its own.
const CONNECTOR: &str = "AWS::Serverless::Connector";

impl Lowering<'_, '_> {
    pub(super) fn connectors(&mut self) {
        let resolver = self.resolver;
        for item in self.take(CONNECTOR) {
            if let Ok(Some(rule)) = item.properties.at(&["Source", "Id"]).text() {
                self.connect(item.stack, &rule, &item.properties, item.unsure.as_ref());
            }
        }
        for (stack, scope) in resolver.scopes.iter().enumerate().filter(|(_, scope)| scope.is_sam()) {
            for rule in scope.resources.iter().filter(|resource| resource.kind == "AWS::Events::Rule") {
                for (_, connector) in rule.node.get("Connectors").map(Node::entries).unwrap_or_default() {
                    let Some(properties) = connector.get("Properties") else { continue };
                    self.connect(stack, rule.id, &resolver.value(stack, properties, Mode::Plain), None);
                }
            }
        }
    }

    /// Gives the queues of a connector the policy that SAM makes for them.
    fn connect(&mut self, stack: usize, rule: &str, properties: &Resolved, unsure: Option<&Unknown>) {
        let resolver = self.resolver;
        let Some(scope) = resolver.scopes.get(stack) else { return };
        let Some(rule) = scope.resource(rule).filter(|resource| resource.kind == "AWS::Events::Rule") else { return };
        let writes = properties.field("Permissions").texts().is_ok_and(|names| names.iter().any(|name| name == "Write"));
        let ids =
            properties.field("Destination").items().unwrap_or_default().iter().filter_map(|end| end.field("Id").text().ok().flatten());
        for queue in ids.filter(|_| writes).filter_map(|id| scope.resource(&id)).filter(|resource| resource.kind == "AWS::SQS::Queue") {
            let (rule, arn) = (resolver.arn(stack, rule), resolver.arn(stack, queue));
            let made = unsure.cloned().map_or_else(|| Known::Value(Some(policy(&rule, &arn))), Known::Unknown);
            let Some(queue) = entry(&mut self.region_of(scope.account, scope.region).queues, &arn) else { continue };
            // A queue has one policy: of two that are deployed, the last stays.
            queue.policy = match queue.policy {
                Known::Value(None) => made,
                _ => Known::Unknown(Unknown::unresolved("two policies of the queue are deployed, and one of them stays")),
            };
        }
    }
}

fn policy(rule: &str, queue: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }]})
}
