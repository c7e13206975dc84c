//! Which integrations a name means.

use std::collections::{BTreeSet, HashMap};

use crate::arn::Arn;
use crate::error::{Error, Result, nearest};
use crate::estate::{Caller, Estate, Hop, Integration};
use crate::model::Kind;
use crate::output::text::{clean, short};
use crate::rules::assess::Assessment;

/// How many names an error lists.
const LISTED: usize = 8;

/// The places in `integrations` of those that `name` means: the name or ARN of an event rule, a state machine, a pipe
/// or an API destination, or an integration's id, whole or as reports shorten it.
///
/// # Errors
/// Where it means none, with the nearest name and what there is.
pub fn choose(estate: &Estate<'_>, integrations: &[&Integration<'_>], name: &str) -> Result<Vec<usize>> {
    let wanted = name.trim().replace(" #", "#");
    let meant: Vec<usize> =
        integrations.iter().enumerate().filter(|(_, path)| names(path).contains(&wanted)).map(|(index, _)| index).collect();
    if meant.is_empty() { Err(nothing(estate, integrations, &wanted)) } else { Ok(meant) }
}

/// The same assessment of the integrations at `places` only, as if there were no others.
pub fn narrowed<'a>(assessment: Assessment<'a>, places: &[usize]) -> Assessment<'a> {
    let new: HashMap<usize, usize> = places.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let moved = |touched: &[usize]| touched.iter().filter_map(|old| new.get(old).copied()).collect::<Vec<_>>();
    let Assessment { integrations, mut found, mut gaps, .. } = assessment;
    found.iter_mut().for_each(|found| found.integrations = moved(&found.integrations));
    found.retain(|found| !found.integrations.is_empty());
    gaps.iter_mut().for_each(|gap| gap.integrations = moved(&gap.integrations));
    gaps.retain(|gap| !gap.integrations.is_empty());
    Assessment {
        integrations: places.iter().filter_map(|index| integrations.get(*index).copied()).collect(),
        out_of_scope: 0,
        found,
        gaps,
        ..assessment
    }
}

/// All that an integration may be called by.
fn names(path: &Integration<'_>) -> Vec<String> {
    let (arn, name) = caller(path);
    let mut names = vec![path.id.to_string(), short(&path.id), arn.to_owned(), short(arn), name.to_owned()];
    match &path.destination {
        Hop::Present(destination) => names.extend([destination.key.to_owned(), destination.value.name.clone()]),
        Hop::Missing(arn) | Hop::Unknown(arn, _) if !arn.is_empty() => {
            names.push((*arn).to_owned());
            names.extend(Arn::parse(arn).map(|arn| arn.name().to_owned()));
        }
        _ => {}
    }
    names
}

/// ARN and name of what starts it.
fn caller<'a>(path: &Integration<'a>) -> (&'a str, &'a str) {
    match &path.caller {
        Caller::Target(rule, _) => (rule.key, &rule.value.name),
        Caller::Task(machine, _) => (machine.key, &machine.value.name),
        Caller::Pipe(pipe, _) => (pipe.key, &pipe.value.name),
    }
}

fn nothing(estate: &Estate<'_>, integrations: &[&Integration<'_>], wanted: &str) -> Error {
    let known: BTreeSet<String> = integrations.iter().flat_map(|path| names(path)).filter(|name| !name.starts_with("arn:")).collect();
    let shown = clean(wanted);
    let what = match nearest(&short(wanted), known.iter().map(String::as_str)) {
        _ if exists(estate, wanted) => format!("`{shown}` is no part of a private integration"),
        Some(name) => format!("no private integration has `{shown}` in it, did you mean `{name}`?"),
        None => format!("no private integration has `{shown}` in it"),
    };
    Error::new(what).next(what_there_is(estate, integrations))
}

/// Whether something of that name or ARN was read that could start an integration or stand in one.
fn exists(estate: &Estate<'_>, wanted: &str) -> bool {
    let is = |key: &str, name: &str| key == wanted || name == wanted;
    estate.all(Kind::Rule, |region| &region.rules).any(|site| is(site.key, &site.value.name))
        || estate.all(Kind::Destination, |region| &region.destinations).any(|site| is(site.key, &site.value.name))
        || estate.all(Kind::StateMachine, |region| &region.state_machines).any(|site| is(site.key, &site.value.name))
        || estate.all(Kind::Pipe, |region| &region.pipes).any(|site| is(site.key, &site.value.name))
}

fn what_there_is(estate: &Estate<'_>, integrations: &[&Integration<'_>]) -> String {
    let callers: BTreeSet<String> = integrations.iter().map(|path| short(caller(path).0)).collect();
    let some: Vec<&str> = callers.iter().take(LISTED).map(String::as_str).collect();
    let more = callers.len().saturating_sub(LISTED);
    let list = match (some.is_empty(), more) {
        (true, _) => "there is none at all".to_owned(),
        (_, 0) => format!("there are those of {}", some.join(", ")),
        _ => format!("there are those of {} and {more} more", some.join(", ")),
    };
    let unread = estate.snapshot.scopes().any(|(_, region)| {
        region.rules.read().is_err()
            || region.state_machines.read().is_err()
            || region.pipes.read().is_err()
            || region.destinations.read().is_err()
    });
    let gap = if unread { "; not everything was read" } else { "" };
    clean(&format!("{list}{gap}")).into_owned()
}
