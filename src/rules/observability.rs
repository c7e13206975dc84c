//! Rules on what becomes of events that are not delivered, and who hears of it.

use serde_json::Value;

use super::verdict::{Assessed, Finding, Leave, Severity, fail, not_applicable, pass};
use crate::arn::Arn;
use crate::estate::{Hop, Integration, Site};
use crate::model::events::{Archive, Rule};
use crate::model::more::{Alarm, Metric, Queue};
use crate::model::{Json, Known, Unknown};
use crate::policy::{Principal, Request, Resource, Truth, Value as Key};
use crate::rules::role::{SERVICE, of_account, whichever_rule};

/// `observability/dead-letter-queue-missing`
pub fn dead_letter_queue_missing(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    if target.value.dead_letter.read()?.is_some() {
        return pass();
    }
    let finding = Finding::from(target.at("/dead_letter").observed("none").expected("the ARN of a standard queue in the same region"));
    fail(match archive_of(rule) {
        Ok(Some(archive)) => finding
            .severity(Severity::Medium)
            .note(format!("The archive {} keeps the bus's events, so that they can be replayed.", archive.value.name))
            .related(archive.at("/source_arn").observed(archive.value.name.as_str())),
        Ok(None) => finding,
        Err(_) => finding.note("Whether an archive keeps the bus's events could not be read."),
    })
}

/// An archive that keeps every event that the rule matches.
///
/// # Errors
/// The gap, where none was seen and one that was not read may.
fn archive_of<'a>(rule: &Site<'a, Rule>) -> Result<Option<Site<'a, Archive>>, Unknown> {
    let Some(region) = rule.estate.region(rule.account, rule.region) else { return Ok(None) };
    let Some((head, _)) = rule.key.split_once("rule/") else { return Ok(None) };
    let bus = format!("{head}event-bus/{}", rule.value.bus);
    let mut gap = None;
    for (key, archive) in region.archives.read()? {
        match archive.read().and_then(|archive| Ok(keeps(archive, &bus, rule.value)?.then_some(archive))) {
            Ok(Some(value)) => {
                let (kind, account, region) = (crate::model::Kind::Observability, rule.account, rule.region);
                return Ok(Some(Site { estate: rule.estate, kind, account, region, parent: "", key, value }));
            }
            Ok(None) => {}
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    gap.map_or(Ok(None), Err)
}

fn keeps(archive: &Archive, bus: &str, rule: &Rule) -> Result<bool, Unknown> {
    if archive.source_arn.read()? != bus || archive.state.read()? != "ENABLED" {
        return Ok(false);
    }
    let Some(kept) = archive.pattern.read()? else { return Ok(true) };
    let Some(matched) = rule.pattern.read()? else { return Ok(false) };
    Ok(kept == matched || is_wider(&json(kept), &json(matched)))
}

/// A pattern, taken apart.
fn json(pattern: &Json) -> Value {
    serde_json::to_value(pattern).unwrap_or_default()
}

/// Whether what a pattern matches is matched by another one too, as far as that shows: each of its fields is one of the
/// narrower pattern's, with all the alternatives that stand there.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>
fn is_wider(wide: &Value, narrow: &Value) -> bool {
    match (wide, narrow) {
        (Value::Object(wide), Value::Object(narrow)) => {
            wide.iter().all(|(key, own)| narrow.get(key).is_some_and(|narrow| is_wider(own, narrow)))
        }
        (Value::Array(wide), Value::Array(narrow)) => narrow.iter().all(|one| wide.contains(one)),
        _ => false,
    }
}

/// The dead-letter queue of a target.
fn queue<'p, 'a>(path: &'p Integration<'a>) -> Result<(&'a str, &'p Hop<'a, Site<'a, Queue>>), Leave> {
    let (_, target) = path.target()?;
    match target.value.dead_letter.read()? {
        Some(arn) => Ok((arn, &path.queue)),
        None => Err(Leave::NotApplicable("the target has no dead-letter queue".into())),
    }
}

/// `observability/dead-letter-queue-invalid`
pub fn dead_letter_queue_invalid(path: &Integration<'_>) -> Assessed {
    let (_, target) = path.target()?;
    let (arn, queue) = queue(path)?;
    let wrong = |why: &str| {
        Finding::from(target.at("/dead_letter").observed(arn).expected("an existing standard queue in the rule's region")).note(why)
    };
    match Arn::parse(arn) {
        None => return fail(wrong("This is not the ARN of a queue.")),
        Some(parts) if parts.region != target.region => return fail(wrong("The queue is in another region.")),
        Some(_) if is_fifo(arn) => return fail(wrong("The queue is a FIFO queue.")),
        Some(_) => {}
    }
    match queue {
        Hop::Missing(_) => fail(wrong("The queue does not exist.")),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::Present(queue) if *queue.value.fifo.read()? => fail(wrong("The queue is a FIFO queue.")),
        Hop::Present(_) | Hop::None => pass(),
    }
}

/// Only the names of FIFO queues end so.
fn is_fifo(arn: &str) -> bool {
    arn.ends_with(".fifo")
}

/// `observability/dead-letter-queue-policy`
pub fn dead_letter_queue_policy(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    let (arn, queue) = queue(path)?;
    if Arn::parse(arn).is_some_and(|parts| parts.region != target.region) {
        return not_applicable("events cannot be sent to a queue of another region, whatever its policy");
    }
    if is_fifo(arn) {
        return not_applicable("events cannot be sent to a FIFO queue, whatever its policy");
    }
    let queue = queue.read()?;
    let expected = || format!("an Allow of sqs:SendMessage to {SERVICE} for {}", rule.key);
    let Some(document) = queue.value.policy.read()? else { return fail(queue.at("/policy").observed("none").expected(expected())) };
    if whichever_rule(rule, document, "sqs:SendMessage", || Resource::arn(arn))? {
        return pass();
    }
    let context = of_account(rule).with("aws:SourceArn", Key::text(rule.key));
    let request = Request::new(Principal::Service(SERVICE.to_owned()), "sqs:SendMessage", Resource::arn(arn), context);
    let evaluation = path.estate.policy(document)?.evaluate(&request);
    match evaluation.allows() {
        Truth::Yes => pass(),
        Truth::Unknown => Err(Leave::Unknown(Unknown::unresolved(evaluation.explain().to_string()))),
        Truth::No => fail(Finding::from(queue.at("/policy").observed(evaluation.explain()).expected(expected())).facet(rule.key)),
    }
}

/// `observability/dead-letter-queue-backlog`
pub fn dead_letter_queue_backlog(path: &Integration<'_>) -> Assessed {
    let (_, target) = path.target()?;
    let (_, queue) = queue(path)?;
    let queue = queue.read()?;
    match queue.value.messages.read()? {
        0 => pass(),
        count => {
            fail(Finding::from(queue.at("/messages").observed(count).expected("0")).related(target.at("/dead_letter").observed(queue.key)))
        }
    }
}

/// Metrics of EventBridge that count what was not delivered.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>
const LOSSES: [&str; 3] = ["FailedInvocations", "InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq"];

/// `observability/alarm-missing`
pub fn alarm_missing(path: &Integration<'_>) -> Assessed {
    let (rule, _) = path.target()?;
    let Some(region) = path.estate.snapshot.accounts.get(rule.account).and_then(|account| account.regions.get(rule.region)) else {
        return not_applicable("the rule's region was not read");
    };
    let watches = |alarm: &Known<Alarm>| -> Result<bool, Unknown> {
        Ok(alarm.read()?.metrics.read()?.iter().any(|metric| counts_losses(metric, rule.value)))
    };
    if crate::model::known::any(region.alarms.read()?.values(), watches)? {
        return pass();
    }
    fail(rule.at("/arn").observed("no alarm on this rule").expected(format!("an alarm on one of {}", LOSSES.join(", "))))
}

/// Whether a metric counts losses of `rule`.
fn counts_losses(metric: &Metric, rule: &Rule) -> bool {
    LOSSES.contains(&metric.name.as_str()) && metric.is_of_rule(&rule.bus, &rule.name)
}
