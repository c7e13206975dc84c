//! Where a chain breaks.

use crate::model::Kind;
use crate::report::{HopStatus, ReportedFinding};
use crate::rules::verdict::Severity;

use super::TracedHop;

/// The first hop that is missing, lets nothing through, refuses the call, or is so wrong that nothing gets past it.
///
/// A finding that only says that a later hop is missing, or that follows from another, is not the break itself.
pub(super) fn first(hops: &[TracedHop<'_>]) -> Option<usize> {
    let cause = |finding: &ReportedFinding| !follows(hops, finding) && !tells_of_missing(hops, finding);
    let by_itself = |hop: &TracedHop<'_>| {
        hop.hop.status == HopStatus::Missing || hop.blocked || hop.policies.iter().any(|policy| policy.refuses) || critical(hop, cause)
    };
    hops.iter().position(by_itself).or_else(|| hops.iter().position(|hop| critical(hop, |_| true)))
}

fn critical(hop: &TracedHop<'_>, and: impl Fn(&ReportedFinding) -> bool) -> bool {
    hop.findings.iter().any(|finding| finding.0.severity == Severity::Critical && and(finding.0))
}

/// Whether a finding follows from another one of this chain.
fn follows(hops: &[TracedHop<'_>], finding: &ReportedFinding) -> bool {
    let known = |cause: &String| hops.iter().flat_map(|hop| &hop.findings).any(|other| other.0.fingerprint == *cause);
    finding.because.as_ref().is_some_and(known)
}

/// Whether a finding is about what leads to a hop that is missing: its id, or the URL, which names all from the API on.
fn tells_of_missing(hops: &[TracedHop<'_>], finding: &ReportedFinding) -> bool {
    let Some(evidence) = finding.evidence.first() else { return false };
    let is_url = evidence.pointer == "/endpoint" || evidence.pointer.ends_with("/ApiEndpoint");
    let leads_to = |hop: &TracedHop<'_>| match hop.hop.kind {
        Kind::Domain | Kind::Api | Kind::Stage | Kind::Method if is_url => true,
        _ if hop.hop.id.is_empty() => evidence.observed == "none",
        _ => evidence.observed.contains(&*hop.hop.id),
    };
    hops.iter().any(|hop| hop.hop.status == HopStatus::Missing && leads_to(hop))
}
