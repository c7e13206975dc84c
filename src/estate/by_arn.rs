//! Resources of very large collections by ARN.
//!
//! A sorted map compares a dozen long texts, none of them at hand, until it has found one; here it is one or two.

use foldhash::HashMap;

use crate::arn::Arn;
use crate::model::{Collection, Kind};

use super::{Estate, Site, values_by_key};

/// What was read, by ARN: account, region, key and value.
pub(super) struct ByArn<'a, T>(HashMap<&'a str, (&'a str, &'a str, &'a str, &'a T)>);

impl<T> Default for ByArn<'_, T> {
    fn default() -> Self {
        ByArn(HashMap::default())
    }
}

impl<'a, T> ByArn<'a, T> {
    /// Adds what an account's region has of its own.
    pub(super) fn add(&mut self, (account, region): (&'a str, &'a str), collection: &'a Collection<T>) {
        let own = |key: &str| Arn::parse(key).is_some_and(|arn| arn.account == account && arn.region == region);
        let entries = values_by_key(collection).filter(|(key, _)| own(key));
        self.0.extend(entries.map(|(key, value)| (key.as_str(), (account, region, key.as_str(), value))));
    }

    pub(super) fn get(&self, estate: &'a Estate<'a>, kind: Kind, arn: &str) -> Option<Site<'a, T>> {
        let (account, region, key, value) = *self.0.get(arn)?;
        Some(Site { estate, kind, account, region, parent: "", key, value })
    }
}
