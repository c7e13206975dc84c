//! Route 53: which private names a VPC sees, and which of them a public zone has too. Global to an account, so
//! all its regions share the gate.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{HostedZoneSummary, VpcRegion};
use aws_sdk_route53::{Client, operation::list_hosted_zones_by_name::ListHostedZonesByNameOutput};
use tokio::sync::OnceCell;

use super::action::{LIST_HOSTED_ZONES_BY_NAME, LIST_HOSTED_ZONES_BY_VPC};
use super::call::Gate;
use super::convert::unasked;
use crate::model::Unknown;
use crate::model::more::HostedZone;

/// Ids of public zones by name.
type Public = BTreeMap<String, String>;

/// Route 53 in one account.
pub struct Zones {
    sdk: Client,
    gate: Gate,
    public: OnceCell<Result<Public, Unknown>>,
}

impl Zones {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Zones { sdk, gate, public: OnceCell::new() }
    }

    /// The private hosted zones of a VPC; `names` are those that somebody looks up there.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn of_vpc(&self, vpc: &str, region: &str, names: &BTreeSet<String>) -> Result<Vec<HostedZone>, Unknown> {
        let list = self.sdk.list_hosted_zones_by_vpc().vpc_id(vpc).vpc_region(VpcRegion::from(region)).max_items(100);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_HOSTED_ZONES_BY_VPC, send, |page| (page.hosted_zone_summaries, page.next_token)).await;
        let zones = pages.map_err(|failure| failure.into_unknown(LIST_HOSTED_ZONES_BY_VPC))?.into_iter().map(|item| zone(item, vpc));
        let mut zones: Vec<HostedZone> = zones.collect();
        for zone in &mut zones {
            let looked_up: Vec<&String> = names.iter().filter(|name| covers(&zone.name, name)).collect();
            if !looked_up.is_empty() {
                zone.public_zone_id = self.public().await.map(|public| public_zone(&zone.name, &looked_up, &public)).into();
            }
        }
        Ok(zones)
    }

    /// The account's public zones, listed once.
    async fn public(&self) -> Result<Public, Unknown> {
        self.public.get_or_init(|| self.list_public()).await.clone()
    }

    async fn list_public(&self) -> Result<Public, Unknown> {
        let send = |token: Option<String>| {
            let (id, name) = token.as_deref().and_then(|token| token.split_once(' ')).unzip();
            let list = self.sdk.list_hosted_zones_by_name().max_items(100);
            list.set_dns_name(name.map(str::to_owned)).set_hosted_zone_id(id.map(str::to_owned)).send()
        };
        let open = |page: ListHostedZonesByNameOutput| {
            let next = page.next_hosted_zone_id.zip(page.next_dns_name).filter(|_| page.is_truncated);
            (page.hosted_zones, next.map(|(id, name)| format!("{id} {name}")))
        };
        let pages = self.gate.pages(LIST_HOSTED_ZONES_BY_NAME, send, open).await;
        let zones = pages.map_err(|failure| failure.into_unknown(LIST_HOSTED_ZONES_BY_NAME))?.into_iter();
        let public = zones.filter(|zone| !zone.config.as_ref().is_some_and(|config| config.private_zone));
        Ok(public.map(|zone| (plain(&zone.name), zone.id.trim_start_matches("/hostedzone/").to_owned())).collect())
    }
}

fn zone(item: HostedZoneSummary, vpc: &str) -> HostedZone {
    HostedZone {
        id: item.hosted_zone_id,
        name: plain(&item.name),
        vpc_ids: vec![vpc.to_owned()],
        public_zone_id: unasked(LIST_HOSTED_ZONES_BY_NAME),
    }
}

/// A zone's name in lower case and without the final dot.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether a zone of this name has `name`, itself or something above it.
fn covers(zone: &str, name: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

/// The public zone that has the names of the private zone `private` too, or else each of the `names` in it that
/// somebody looks up.
fn public_zone(private: &str, names: &[&String], public: &Public) -> Option<String> {
    let of = |name: &str| public.iter().find(|(zone, _)| covers(zone, name)).map(|(_, id)| id.clone());
    of(private).or_else(|| names.iter().map(|name| of(name)).collect::<Option<Vec<_>>>()?.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_zone_counts_where_it_has_every_name() {
        let public: Public = [("example.com", "Z1"), ("a.example.org", "Z2")].map(|(name, id)| (name.to_owned(), id.to_owned())).into();
        let found = |private: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            public_zone(private, &names.iter().collect::<Vec<_>>(), &public)
        };
        assert_eq!(found("example.com", &["x.example.com"]).as_deref(), Some("Z1"));
        assert_eq!(found("deep.example.com", &["deep.example.com"]).as_deref(), Some("Z1"));
        assert_eq!(found("example.org", &["a.example.org", "b.a.example.org"]).as_deref(), Some("Z2"));
        assert_eq!(found("example.org", &["a.example.org", "b.example.org"]), None);
        assert_eq!(found("ample.com", &["x.ample.com"]), None);
        assert!(covers("example.com", "example.com") && !covers("ample.com", "example.com"));
    }
}
