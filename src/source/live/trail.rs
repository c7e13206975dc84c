//! CloudTrail: what was called, of the last ninety days. A scan does not ask for it; `drift --blame` does.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::config::Region;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};

use super::LiveOptions;
use super::action::Action;
use super::again::Accounts;
use super::call::{Failure, Gate, Scan};
use crate::drift::blame::{By, History, Trail, Window};
use crate::error::Result;
use crate::model::{Call, Reason, Unknown};
use crate::source::trail::{Record, Unreadable};

/// Drift is found without it, so it does not stand in the table of what a scan needs.
pub const LOOKUP_EVENTS: Action = Action { service: "cloudtrail", operation: "LookupEvents" };

/// Most pages of fifty events that one question is worth, at two a second.
const PAGES: usize = 20;

/// The histories of the accounts that were read.
pub struct LiveTrail {
    accounts: Accounts,
    scan: Arc<Scan>,
    gates: BTreeMap<(String, String), Arc<Gate>>,
}

impl LiveTrail {
    /// Opens the accounts.
    ///
    /// # Errors
    /// As a scan.
    pub fn open(options: &LiveOptions) -> Result<Self> {
        Ok(LiveTrail { accounts: Accounts::open(options)?, scan: Scan::new(options), gates: BTreeMap::new() })
    }

    /// The calls that were made.
    pub fn calls(&self) -> Vec<Call> {
        self.scan.coverage().calls
    }

    fn gate(&mut self, account: &str, region: &str) -> Arc<Gate> {
        let gate = || Arc::new(Gate::new(&self.scan, account, region, LOOKUP_EVENTS.service));
        self.gates.entry((account.to_owned(), region.to_owned())).or_insert_with(gate).clone()
    }
}

impl Trail for LiveTrail {
    fn look(&mut self, (account, region): (&str, &str), by: &By, window: Window) -> std::result::Result<History, Unknown> {
        // A global service writes into a region that need not be one of those that were read.
        let config = self.accounts.config(account, region).or_else(|_| self.accounts.config(account, ""));
        let config = config.map_err(|why| Unknown::new(LOOKUP_EVENTS.to_string(), Reason::Foreign, why))?;
        let client = Client::from_conf(aws_sdk_cloudtrail::config::Builder::from(config).region(Region::new(region.to_owned())).build());
        let (gate, attribute) = (self.gate(account, region), attribute(by)?);
        let answer = self.accounts.run(async move { Box::pin(events(&client, &gate, attribute, window)).await });
        answer.map_err(|error| failed(error.to_string()))?
    }
}

fn failed(why: String) -> Unknown {
    Unknown::new(LOOKUP_EVENTS.to_string(), Reason::Failed, why)
}

fn attribute(by: &By) -> std::result::Result<LookupAttribute, Unknown> {
    let (key, value) = match by {
        By::Resource(name) => (LookupAttributeKey::ResourceName, name.as_str()),
        By::Event(name) => (LookupAttributeKey::EventName, *name),
    };
    let built = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
    built.map_err(|error| failed(error.to_string()))
}

async fn events(client: &Client, gate: &Gate, attribute: LookupAttribute, window: Window) -> std::result::Result<History, Unknown> {
    let time = |time: jiff::Timestamp| DateTime::from_millis(time.as_millisecond());
    let request =
        client.lookup_events().lookup_attributes(attribute).start_time(time(window.from)).end_time(time(window.to)).max_results(50);
    let (mut history, mut token) = (History::default(), None);
    for _ in 0..PAGES {
        let page = gate.send(LOOKUP_EVENTS, request.clone().set_next_token(token).send()).await;
        let page = page.map_err(|failure: Failure| failure.into_unknown(LOOKUP_EVENTS))?;
        for event in page.events.into_iter().flatten() {
            match Record::read(event.cloud_trail_event.as_deref().unwrap_or_default()) {
                Ok(record) => history.records.extend(record.filter(|record| (window.from..=window.to).contains(&record.time))),
                Err(Unreadable) if event.read_only.as_deref() == Some("true") => {}
                Err(Unreadable) => drop(history.unreadable.insert(event.event_id.unwrap_or_default())),
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(history);
        }
    }
    Ok(History { cut: true, ..history })
}
