//! Findings get their places in files: late, and only those that are reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;
use crate::model::{Kind, ResourceId};

use super::location::Locate;
use super::{Declaration, HopReport, IntegrationReport, ReportedFinding};

/// Fills in the places of the evidence, and says where what it and the integrations name is declared: all of them where
/// the names stand for ids, which is where nothing is deployed, else those with a finding.
pub(super) fn all(
    findings: &mut [ReportedFinding],
    integrations: &[IntegrationReport],
    locate: &dyn Locate,
    deployed: bool,
) -> BTreeMap<String, Declaration> {
    let mut declared = BTreeMap::new();
    let mut declare = |resource: &ResourceId, placed: bool| {
        let known: Option<&Declaration> = declared.get(&resource.id);
        if known.is_some_and(|known| known.location.is_some() || !placed) {
            return;
        }
        if let Some(found) = locate.declared(resource) {
            let location = placed.then(|| locate.places(resource, "").into_iter().next()).flatten();
            declared.insert(resource.id.clone(), Declaration { declared: found, location });
        }
    };
    for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        let mut places = locate.places(&evidence.resource, &evidence.pointer).into_iter();
        evidence.location = places.next();
        evidence.related_locations = places.collect();
        declare(&evidence.resource, true);
    }
    let touched: BTreeSet<&str> = findings.iter().flat_map(|finding| finding.integrations.iter().map(|id| &**id)).collect();
    for integration in integrations {
        let placed = touched.contains(&*integration.id);
        let named = integration.hops.iter().filter(|hop| !hop.id.is_empty() && hop.kind != Kind::Method);
        named.filter(|_| placed || !deployed).for_each(|hop| declare(&resource(hop, &integration.id), placed));
    }
    declared
}

/// A hop as a resource: in the account and region of its ARN, else in those of the caller.
fn resource(hop: &HopReport, caller: &str) -> ResourceId {
    let of = |text: &str| Arn::parse(text).map(|arn| (arn.account.to_owned(), arn.region.to_owned())).unwrap_or_default();
    let ((account, region), by) = (of(&hop.id), of(caller));
    let or = |own: String, other: String| if own.is_empty() { other } else { own };
    ResourceId { id: hop.id.to_string(), kind: hop.kind, account: or(account, by.0), region: or(region, by.1) }
}
