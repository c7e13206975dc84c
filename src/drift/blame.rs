//! Who changed it and when, as far as CloudTrail tells.
//!
//! It keeps what was called for ninety days. Only some services write the resources of a call where they can be looked
//! for; of the others the calls are looked for by their names, and those taken that name the resource.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::calls;
use super::change::{Change, Difference};
use crate::arn::Arn;
use crate::host::partition_of_region;
use crate::model::{Reason, Unknown};
use crate::source::trail::Record;

/// How long CloudTrail keeps what was called.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Who knows what was called.
pub trait Trail {
    /// The calls in a window that changed something.
    ///
    /// # Errors
    /// Why that is not known.
    fn look(&mut self, place: (&str, &str), by: &By, window: Window) -> Result<History, Unknown>;
}

/// What was called.
#[derive(Clone, Default)]
pub struct History {
    /// The calls that changed something, the newest first.
    pub records: Vec<Record>,
    /// The ids of events that cannot be read: they may have changed something.
    pub unreadable: BTreeSet<String>,
    /// Whether there were more events than are looked at.
    pub cut: bool,
}

/// By what calls are looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// A resource that the service wrote beside the call.
    Resource(String),
    /// The operation.
    Event(&'static str),
}

/// From the baseline to the present, as far as CloudTrail reaches back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub to: Timestamp,
    /// Whether the baseline is older than what CloudTrail keeps.
    pub cut: bool,
}

impl Window {
    /// Between two readings.
    pub fn between(baseline: Timestamp, present: Timestamp) -> Window {
        let oldest = present.checked_sub(KEPT).unwrap_or(baseline);
        let from = baseline.max(oldest);
        // Events have whole seconds.
        let from = Timestamp::from_second(from.as_second()).unwrap_or(from);
        Window { from, to: present, cut: baseline < oldest }
    }
}

/// What was found out about one difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Blame {
    /// The calls that may have made it, the newest first.
    pub events: Vec<Event>,
    /// Why there is none, or what may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Calls that are worth a line for people.
const SHOWN: usize = 3;

impl Blame {
    /// For people: a call a line, then what is to be known.
    pub fn lines(&self) -> Vec<String> {
        let told = |event: &Event| format!("{} at {} by {} (event {})", event.name, event.time, event.principal, event.id);
        let mut lines: Vec<String> = self.events.iter().take(SHOWN).map(told).collect();
        if self.events.len() > SHOWN {
            lines.push(format!("and {} more calls before", self.events.len() - SHOWN));
        }
        lines.extend(self.why.clone());
        lines
    }
}

/// A call that may have made a difference.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Event {
    /// The operation, such as `PutTargets`.
    pub name: String,
    /// When it was made.
    pub time: Timestamp,
    /// The ARN of who made it; of a service its name.
    pub principal: String,
    /// CloudTrail's id of it.
    pub id: String,
    /// The region in whose history it stands.
    pub region: String,
}

/// Looks for what made differences; each question is asked once.
pub struct Inquiry<'t> {
    trail: &'t mut dyn Trail,
    window: Window,
    asked: BTreeMap<(String, String, By), Result<History, Unknown>>,
}

impl<'t> Inquiry<'t> {
    /// One for a window.
    pub fn new(trail: &'t mut dyn Trail, window: Window) -> Self {
        Inquiry { trail, window, asked: BTreeMap::new() }
    }

    /// Who made a difference.
    pub fn of(&mut self, difference: &Difference) -> Blame {
        let region = home(difference);
        let place = (difference.resource.account.clone(), region);
        let (names, wanted) = (names(difference), calls::of(&difference.collection, &difference.path(), difference.change));
        let mut found = Found::default();
        for by in names.own.iter().map(|name| By::Resource(name.clone())) {
            self.ask(&place, &by, &mut found);
        }
        found.keep(|record| wanted.contains(&record.name.as_str()) && names.in_all(record));
        if found.history.records.is_empty() {
            for name in &wanted {
                self.ask(&place, &By::Event(name), &mut found);
            }
            found.keep(|record| names.all(record));
        }
        found.told(&place.1, self.window)
    }

    fn ask(&mut self, (account, region): &(String, String), by: &By, found: &mut Found) {
        let key = (account.clone(), region.clone(), by.clone());
        if !self.asked.contains_key(&key) {
            let answer = self.trail.look((account, region), by, self.window);
            self.asked.insert(key.clone(), answer);
        }
        match &self.asked[&key] {
            Ok(history) => {
                found.history.records.extend(history.records.iter().cloned());
                found.history.unreadable.extend(history.unreadable.iter().cloned());
                found.history.cut |= history.cut;
            }
            Err(unknown) => found.refused = Some(unknown.clone()),
        }
    }
}

/// Calls of global services stand in the history of one region.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html>
fn home(difference: &Difference) -> String {
    let region = difference.resource.region.as_str();
    if !["roles", "hosted_zones"].contains(&difference.collection.as_str()) {
        return region.to_owned();
    }
    let partition = Arn::parse(&difference.key).map_or("aws", |arn| arn.partition);
    let home = match partition_of_region(region).unwrap_or(partition) {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    };
    home.to_owned()
}

/// What a call names that is about a resource.
struct Names {
    /// Any of these.
    own: Vec<String>,
    /// And this, where it is not unique by itself.
    within: Option<String>,
}

fn names(difference: &Difference) -> Names {
    let mut own = BTreeSet::from([difference.key.clone()]);
    let arn = Arn::parse(&difference.key);
    if let Some(arn) = arn {
        own.insert(arn.name().to_owned());
        own.insert(arn.resource.rsplit('/').next().unwrap_or(arn.resource).to_owned());
    }
    for side in [&difference.before, &difference.after] {
        own.extend(["id", "name"].into_iter().filter_map(|field| side.get(field)).filter_map(Value::as_str).map(str::to_owned));
    }
    let mut within = None;
    if difference.collection == "rules"
        && let Some(path) = arn.and_then(|arn| arn.resource.strip_prefix("rule/"))
    {
        let (bus, rule) = path.rsplit_once('/').unwrap_or(("default", path));
        own = BTreeSet::from([difference.key.clone(), rule.to_owned()]);
        within = Some(bus.to_owned()).filter(|bus| bus != "default");
    }
    // What was made again had another id before, under which it was changed.
    if difference.change == Change::Identity {
        own.extend(difference.before.as_str().map(str::to_owned));
    }
    Names { own: own.into_iter().filter(|name| !name.is_empty()).collect(), within }
}

impl Names {
    fn all(&self, record: &Record) -> bool {
        self.own.iter().any(|name| record.names(name)) && self.in_all(record)
    }

    fn in_all(&self, record: &Record) -> bool {
        self.within.as_ref().is_none_or(|within| record.names(within))
    }
}

#[derive(Default)]
struct Found {
    history: History,
    refused: Option<Unknown>,
}

impl Found {
    fn keep(&mut self, wanted: impl Fn(&Record) -> bool) {
        let mut seen = BTreeSet::new();
        self.history.records.retain(|record| wanted(record) && seen.insert(record.id.clone()));
        self.history.records.sort_by(|one, other| (other.time, &other.id).cmp(&(one.time, &one.id)));
    }

    fn told(self, region: &str, window: Window) -> Blame {
        let event = |record: Record| Event {
            name: record.name,
            time: record.time,
            principal: record.principal,
            id: record.id,
            region: region.to_owned(),
        };
        let History { records, unreadable, cut } = self.history;
        let events: Vec<Event> = records.into_iter().map(event).collect();
        let why = match (&self.refused, events.is_empty()) {
            (Some(unknown), _) if unknown.gap().reason == Reason::Denied => Some(format!("not allowed: {}", unknown.gap().call)),
            (Some(unknown), _) => Some(unknown.gap().why.clone()),
            (None, true) if cut => Some("no event found among the newest ones, and there are more".to_owned()),
            (None, true) if window.cut => Some("no event found in the last 90 days, and the baseline is older".to_owned()),
            (None, true) => Some("no event found in the last 90 days, since the baseline was taken".to_owned()),
            (None, false) if cut => Some("there are more events than were looked at".to_owned()),
            (None, false) => None,
        };
        let unreadable = match unreadable.len() {
            0 => None,
            1 => Some("1 event that may be about it cannot be read".to_owned()),
            many => Some(format!("{many} events that may be about it cannot be read")),
        };
        let whys: Vec<String> = why.into_iter().chain(unreadable).collect();
        Blame { events, why: (!whys.is_empty()).then(|| whys.join("; ")) }
    }
}

#[cfg(test)]
mod tests;
