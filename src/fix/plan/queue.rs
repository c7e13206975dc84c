//! Dead-letter queues: made where there is none, and their policies added to.

use serde_json::{Value, json};

use super::case::{place, scope};
use super::target::Place as TargetPlace;
use super::{Case, Draft, Drafted, manual, role, statement};
use crate::arn::Arn;
use crate::fix::step::{Call, Place, Step};
use crate::host::{partition_of_region, suffix_of_partition};

/// Fourteen days, the longest that SQS keeps a message.
const RETENTION: &str = "1209600";

/// `observability/dead-letter-queue-missing`
pub fn missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let here = TargetPlace::of(case)?;
    let name = role::name(&format!("{}-{}-undelivered", here.rule.value.name, here.target.key), 80);
    with_new_queue(case, draft, &here, &name)
}

/// `observability/dead-letter-queue-invalid`
pub fn invalid(case: &Case<'_>, draft: Draft) -> Drafted {
    let here = TargetPlace::of(case)?;
    let old = here.target.value.dead_letter.read()?.as_deref().unwrap_or_default();
    let own = Arn::parse(old).filter(|arn| arn.service == "sqs" && arn.account == here.rule.account && arn.region == here.rule.region);
    match own {
        Some(arn) if !old.ends_with(".fifo") && case.at(&Place::new(scope(&here.rule), "queues", old), "").is_null() => {
            Ok(draft.step(create(&here, arn.resource, old)))
        }
        _ => missing(case, draft),
    }
}

fn with_new_queue(case: &Case<'_>, draft: Draft, here: &TargetPlace<'_>, name: &str) -> Drafted {
    let partition = partition_of_region(here.rule.region).unwrap_or("aws");
    let arn = format!("arn:{partition}:sqs:{}:{}:{name}", here.rule.region, here.rule.account);
    if !case.at(&Place::new(scope(&here.rule), "queues", &arn), "").is_null() {
        return manual(format!("a queue {name} exists already"));
    }
    let old = here.target.value.dead_letter.read()?;
    let patch = |arn: Option<&str>| json!({"DeadLetterConfig": arn.map(|arn| json!({"Arn": arn}))});
    let title = format!("send what {} cannot deliver to {name}", here.name());
    let put = here.put(title, [patch(Some(&arn)), patch(old.as_deref())], "/dead_letter", [json!(old), json!(arn)]);
    Ok(draft.step(create(here, name, &arn)).step(put))
}

fn create(here: &TargetPlace<'_>, name: &str, arn: &str) -> Step {
    let policy = json!({"Version": "2012-10-17", "Statement": [sending(here.rule.key, arn)]});
    let attributes = json!({"MessageRetentionPeriod": RETENTION, "Policy": policy.to_string()});
    let parameters = json!({"QueueName": name, "Attributes": attributes, "tags": {"pgwaudit": crate::fix::journal::PLAN}});
    let step = Step::new(scope(&here.rule), format!("make a queue {name}"), Call::new("sqs", "CreateQueue", parameters));
    // A queue that has taken in something is not deleted by a rollback.
    let queue = json!({"arn": arn, "policy": policy, "messages": 0});
    let step = step.change(&Place::new(scope(&here.rule), "queues", arn), "", Value::Null, queue);
    step.undo(Call::new("sqs", "DeleteQueue", json!({"QueueUrl": url(arn)})))
}

/// What EventBridge needs to send to a queue for a rule.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
fn sending(rule: &str, queue: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}}})
}

/// The address that AWS gives a queue.
pub fn url(arn: &str) -> String {
    let Some(parts) = Arn::parse(arn) else { return String::new() };
    let suffix = suffix_of_partition(parts.partition).unwrap_or("amazonaws.com");
    format!("https://sqs.{}.{suffix}/{}/{}", parts.region, parts.account, parts.resource)
}

/// `observability/dead-letter-queue-policy`
pub fn policy(case: &Case<'_>, draft: Draft) -> Drafted {
    let (rule, target) = case.path()?.target()?;
    let arn = target.value.dead_letter.read()?.as_deref().unwrap_or_default();
    let queue = *case.estate.queue(arn).read()?;
    if queue.account != rule.account {
        return manual("the queue belongs to another account");
    }
    let old = queue.value.policy.read()?;
    let mut new = old.clone().unwrap_or_else(statement::empty);
    statement::append(&mut new, sending(rule.key, arn));
    let call = |document: Option<&Value>| {
        let text = document.map_or_else(String::new, Value::to_string);
        Call::new("sqs", "SetQueueAttributes", json!({"QueueUrl": url(arn), "Attributes": {"Policy": text}}))
    };
    let step = Step::new(scope(&queue), format!("let EventBridge send to {} for rule {}", queue.key, rule.value.name), call(Some(&new)));
    Ok(draft.step(step.change(&place(&queue, "queues"), "/policy", json!(old), new).undo(call(old.as_ref()))))
}
