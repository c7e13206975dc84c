//! What of an estate is judged where a scan is narrowed. The rest is still looked at: who else uses a connection, or
//! shares a gateway, does not depend on what somebody asks about.

mod chain;
mod narrowed;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use crate::error::{Error, Result, nearest};
use crate::estate::{Estate, Integration};
use crate::model::filter::{means, tagged};
use crate::model::known::all;
use crate::model::{Filter, Kind, Known, Reason, Region, ResourceId, Tags, Unknown};
use crate::output::text::{clean, short};

use chain::Chain;
pub use narrowed::Narrowed;

/// How many names an error lists.
const LISTED: usize = 8;

/// The integrations and resources that filters mean.
pub struct Within<'a> {
    estate: &'a Estate<'a>,
    filters: Vec<&'a Filter>,
    integrations: HashSet<Arc<str>>,
    /// How many integrations count because something that was not read keeps them from being left out.
    unsure: usize,
}

impl<'a> Within<'a> {
    /// What `filters` mean together; nothing where none of them narrows anything.
    ///
    /// # Errors
    /// A value that names nothing, with the nearest that there is; values that mean nothing together. Where lists were
    /// not read, neither can be said.
    pub fn new(estate: &'a Estate<'a>, integrations: &[Integration<'a>], filters: [&'a Filter; 2]) -> Result<Option<Self>> {
        let filters: Vec<&Filter> = filters.into_iter().filter(|filter| !filter.is_empty()).collect();
        if filters.is_empty() {
            return Ok(None);
        }
        let chains: Vec<Chain<'a>> = integrations.iter().map(Chain::of).collect();
        filters.iter().try_for_each(|filter| check(estate, &chains, filter))?;
        let mut within = Within { estate, filters, integrations: HashSet::new(), unsure: 0 };
        for (path, chain) in integrations.iter().zip(&chains) {
            let answer = within.matches(chain);
            within.unsure += usize::from(answer.is_err() && path.in_scope());
            if answer != Ok(false) {
                within.integrations.insert(path.id.clone());
            }
        }
        if within.integrations.is_empty() && !within.has_bare() && !is_unread(estate) {
            let what = clean(&format!("nothing that was read matches {} together", within.flags().join(" "))).into_owned();
            return Err(Error::new(what).next("different flags have to match on one chain; leave one out"));
        }
        Ok(Some(within))
    }

    /// The flags that say the same, each once.
    pub fn flags(&self) -> Vec<String> {
        let flags: BTreeSet<String> = self.filters.iter().flat_map(|filter| filter.flags()).collect();
        flags.into_iter().collect()
    }

    /// What has to be said of integrations that may not be meant.
    pub fn warning(&self) -> Option<String> {
        let unsure = self.unsure;
        let what = "because something was not read that would tell whether they are meant";
        (unsure > 0).then(|| format!("judged all the same, {what}: {unsure} of the integrations"))
    }

    /// Whether an integration is meant, or may be: what was not read decides nothing.
    pub fn has(&self, path: &Integration<'_>) -> bool {
        self.integrations.contains(&path.id)
    }

    /// Whether a resource that no integration touches is meant by itself.
    ///
    /// # Errors
    /// The gap, where something that was not read would tell.
    pub fn has_resource(&self, resource: &ResourceId) -> std::result::Result<bool, Unknown> {
        Chain::bare(self.estate, resource).map_or(Ok(false), |chain| self.matches(&chain))
    }

    fn matches(&self, chain: &Chain<'a>) -> std::result::Result<bool, Unknown> {
        all(&self.filters, |filter| chain.matches(filter))
    }

    /// Whether a connection, a destination or a rule is meant that stands in no chain.
    fn has_bare(&self) -> bool {
        let connections = self.estate.all(Kind::Connection, |region| &region.connections).map(|site| site.resource());
        let destinations = self.estate.all(Kind::Destination, |region| &region.destinations).map(|site| site.resource());
        let rules = self.estate.all(Kind::Rule, |region| &region.rules).map(|site| site.resource());
        connections.chain(destinations).chain(rules).any(|resource| self.has_resource(&resource) == Ok(true))
    }
}

fn is_unread(estate: &Estate<'_>) -> bool {
    let unread =
        |region: &Region| region.rules.read().is_err() || region.destinations.read().is_err() || region.connections.read().is_err();
    estate.snapshot.scopes().any(|(_, region)| unread(region))
}

/// That each value of a filter names something.
fn check<'a>(estate: &'a Estate<'a>, chains: &[Chain<'a>], filter: &Filter) -> Result<()> {
    let any = |unread: fn(&Region) -> bool| estate.snapshot.scopes().any(|(_, region)| unread(region));
    let rules = estate.all(Kind::Rule, |region| &region.rules).map(|site| site.key).collect();
    check_names(("--event-rule", "event rule"), &filter.event_rules, &rules, any(|region| region.rules.read().is_err()))?;
    let mut destinations: BTreeSet<&str> = chains.iter().filter_map(|chain| chain.destination.as_ref()?.as_ref().ok().copied()).collect();
    destinations.extend(estate.all(Kind::Destination, |region| &region.destinations).map(|site| site.key));
    let unread = any(|region| region.destinations.read().is_err());
    check_names(("--destination", "API destination"), &filter.destinations, &destinations, unread)?;
    let mut connections: BTreeSet<&str> = chains.iter().filter_map(|chain| chain.connection.as_ref()?.as_ref().ok().copied()).collect();
    connections.extend(estate.all(Kind::Connection, |region| &region.connections).map(|site| site.key));
    let unread = any(|region| region.connections.read().is_err());
    check_names(("--connection", "connection"), &filter.connections, &connections, unread)?;
    check_tags(estate, chains, &filter.tags)
}

fn check_names((flag, kind): (&str, &str), values: &[String], known: &BTreeSet<&str>, unread: bool) -> Result<()> {
    let is_named = |value: &String| known.iter().any(|arn| means(value, arn));
    match values.iter().find(|value| !unread && !is_named(value)) {
        None => Ok(()),
        Some(value) => {
            let names = known.iter().map(|arn| short(arn)).collect();
            Err(nothing(flag, value, &format!("no {kind} has this name or ARN"), &names))
        }
    }
}

fn check_tags<'a>(estate: &'a Estate<'a>, chains: &[Chain<'a>], wanted: &[String]) -> Result<()> {
    let mut read: Vec<&Known<Tags>> = chains.iter().flat_map(|chain| chain.tags.iter().copied()).collect();
    read.extend(estate.all(Kind::Connection, |region| &region.connections).map(|site| &site.value.tags));
    read.extend(estate.all(Kind::Destination, |region| &region.destinations).map(|site| &site.value.tags));
    // Tags that nobody asked for say nothing.
    let is_gap = |tags: &&Known<Tags>| tags.read().is_err_and(|unknown| unknown.gap().reason != Reason::NotCovered);
    let is_set = |tag: &String| read.iter().any(|tags| tagged(std::slice::from_ref(tag), tags) == Ok(true));
    match wanted.iter().find(|tag| !is_set(tag)) {
        Some(tag) if !read.iter().any(is_gap) => {
            let tags = read.iter().filter_map(|tags| tags.read().ok()).flatten();
            let known = tags.map(|(key, value)| format!("{key}={value}")).collect();
            Err(nothing("--tag", tag, "no resource of an integration has this tag", &known))
        }
        _ => Ok(()),
    }
}

fn nothing(flag: &str, value: &str, why: &str, known: &BTreeSet<String>) -> Error {
    let near = nearest(value, known.iter().map(String::as_str)).map(|near| format!(", did you mean `{near}`?"));
    let some: Vec<&str> = known.iter().take(LISTED).map(String::as_str).collect();
    let list = match (some.is_empty(), known.len().saturating_sub(LISTED)) {
        (true, _) => "there is none at all".to_owned(),
        (_, 0) => format!("there are {}", some.join(", ")),
        (_, more) => format!("there are {} and {more} more", some.join(", ")),
    };
    Error::new(clean(&format!("{flag} {value}: {why}{}", near.unwrap_or_default())).into_owned()).next(clean(&list).into_owned())
}
