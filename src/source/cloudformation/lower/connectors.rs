//! What SAM makes of connectors for the chain: the policy of a queue to which a rule may send.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html>
//!
//! The other policies that connectors make allow nothing that a private integration needs.

use serde_json::{Value, json};

use super::items::is_deployed;
use super::{Lowering, entry};
use crate::model::{Known, Unknown};
use crate::source::cloudformation::resolve::Mode;
use crate::source::cloudformation::transform::{CALL, LOOP, filled, why};
use crate::source::document::{Key, Node};
use crate::source::planned::Resolved;

/// A connector that has a type of its own.
const CONNECTOR: &str = "AWS::Serverless::Connector";

const RULE: &str = "AWS::Events::Rule";
const QUEUE: &str = "AWS::SQS::Queue";

/// The ARN of an end of the type that is asked for; nothing where it is of another one.
type End = Result<Option<String>, Unknown>;

impl<'a> Lowering<'_, 'a> {
    pub(super) fn connectors(&mut self) {
        for item in self.take(CONNECTOR) {
            let rule = self.end(item.stack, item.get("Source"), RULE);
            self.connect(item.stack, rule, &item.properties, item.unsure.as_ref());
        }
        let resolver = self.resolver;
        for (stack, scope) in resolver.scopes.iter().enumerate().filter(|(_, scope)| scope.is_sam()) {
            for rule in scope.resources.iter().filter(|resource| resource.kind == RULE) {
                let unsure = is_deployed(resolver, stack, *rule);
                for (key, connector) in rule.node.get("Connectors").map(Node::entries).unwrap_or_default() {
                    if unsure != Ok(false) {
                        let properties = self.embedded(stack, key, connector);
                        self.connect(stack, Ok(Some(resolver.arn(stack, *rule))), &properties, unsure.as_ref().err());
                    }
                }
            }
        }
    }

    /// The properties of a connector that stands in a resource.
    fn embedded(&self, stack: usize, key: &'a Key, connector: &'a Node) -> Resolved {
        match (&*key.text, connector.get("Properties")) {
            (CALL, _) => Resolved::Unknown(filled(connector)),
            (name, _) if name.starts_with(LOOP) => Resolved::Unknown(why(self.resolver, stack, key, connector)),
            (_, properties) => properties.map_or(Resolved::Absent, |node| self.resolver.value(stack, node, Mode::Plain)),
        }
    }

    /// One end of a connector: a resource of the template, or what says of one outside of it where it is.
    fn end(&self, stack: usize, end: &Resolved, kind: &str) -> End {
        let declared = |id: &str| {
            let resource = self.resolver.scopes.get(stack)?.resource(id).filter(|resource| resource.kind == kind)?;
            Some(self.resolver.arn(stack, resource))
        };
        match end.field("Id").text()? {
            Some(id) => Ok(declared(&id)),
            None if end.field("Type").text()?.as_deref() == Some(kind) => end.field("Arn").text(),
            None => Ok(None),
        }
    }

    /// Gives the queues of a connector the policy that SAM makes for them.
    fn connect(&mut self, stack: usize, rule: End, properties: &Resolved, unsure: Option<&Unknown>) {
        let writes = properties.field("Permissions").texts().map(|names| names.iter().any(|name| name == "Write"));
        if rule == Ok(None) || writes == Ok(false) {
            return;
        }
        let queues = match properties.field("Destination").items() {
            Ok(ends) => ends.iter().map(|end| self.end(stack, end, QUEUE)).collect(),
            Err(unknown) => vec![Err(unknown)],
        };
        let rule = unsure.cloned().map_or(Ok(()), Err).and(writes.map(drop)).and(rule);
        for queue in queues {
            match queue {
                Ok(None) => {}
                Ok(Some(queue)) => {
                    let made = rule.clone().map(|rule| rule.map(|rule| policy(&rule, &queue)));
                    self.connected(stack, &queue, made.into());
                }
                Err(unknown) => {
                    let all = self.queues_of(stack);
                    all.iter().for_each(|queue| self.connected(stack, queue, Known::Unknown(unknown.clone())));
                }
            }
        }
    }

    /// The queues of a stack, any of which may be the end of a connector.
    fn queues_of(&self, stack: usize) -> Vec<String> {
        let resources = self.resolver.scopes.get(stack).map(|scope| scope.resources.iter()).into_iter().flatten();
        resources.filter(|resource| resource.kind == QUEUE).map(|queue| self.resolver.arn(stack, *queue)).collect()
    }

    fn connected(&mut self, stack: usize, queue: &str, made: Known<Option<Value>>) {
        let Some(scope) = self.resolver.scopes.get(stack) else { return };
        let Some(queue) = entry(&mut self.region_of(scope.account, scope.region).queues, queue) else { return };
        // A queue has one policy: of two that are deployed, the last stays.
        queue.policy = match queue.policy {
            Known::Value(None) => made,
            _ => Known::Unknown(Unknown::unresolved("two policies of the queue are deployed, and one of them stays")),
        };
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
