//! One chain, hop by hop: what was found at each, what is wrong there, and the first hop that breaks it.
//!
//! The findings are those of the report; the network proof and the policy decisions are those that the rules rest
//! on, told in full. Its JSON form is a contract, `pgwaudit.trace/1`: fields are added, never changed or removed.

mod break_at;
mod choose;
mod decide;
mod facts;
mod place;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::estate::Integration;
use crate::model::{Kind, Reason, Source};
use crate::network::Verdict;
use crate::report::{self, Health, HopReport, HopStatus, Report, ReportedFinding, Tool};
use crate::rules::assess::{Assessment, Gap};
use crate::rules::verdict::{Leave, Severity};

pub use choose::{choose, narrowed};
pub use decide::{Leg, Ruling};
pub use facts::Fact;

/// The version of the JSON form.
pub const SCHEMA: &str = "pgwaudit.trace/1";

/// The traced integrations.
#[derive(Clone, Debug, Serialize)]
pub struct Trace<'r> {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The program that made it.
    pub tool: Tool,
    /// When the state was read.
    pub taken_at: Timestamp,
    /// Where the state comes from.
    pub source: Source,
    /// One entry for each integration that was asked for, sorted by id.
    pub integrations: Vec<Chain<'r>>,
}

/// One integration.
#[derive(Clone, Debug, Serialize)]
pub struct Chain<'r> {
    /// As in the report.
    pub id: Arc<str>,
    /// As in the report, and broken also where the network or a policy lets nothing through.
    pub verdict: Health,
    /// The first hop that breaks it.
    pub broken_at: Option<Kind>,
    /// From the caller to the method, with the network between gateway and endpoint.
    pub hops: Vec<TracedHop<'r>>,
}

/// One hop.
#[derive(Clone, Debug, Serialize)]
pub struct TracedHop<'r> {
    /// What it is and whether it is there.
    #[serde(flatten)]
    pub hop: HopReport,
    /// What matters of it here.
    pub facts: Vec<Fact>,
    /// What is wrong there.
    pub findings: Vec<Placed<'r>>,
    /// What could not be judged there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_assessed: Vec<Unjudged>,
    /// The proof of the way from the gateway to the endpoint, in the order in which packets meet its steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<Leg>,
    /// What the policies of the resource make of the call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Ruling>,
    /// Whether no packet gets through here.
    #[serde(skip)]
    blocked: bool,
}

/// A finding of the report in its short form.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'r>(pub &'r ReportedFinding);

impl Serialize for Placed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Short<'f> {
            rule: &'f str,
            severity: Severity,
            message: &'f str,
            fingerprint: &'f str,
            #[serde(skip_serializing_if = "Option::is_none")]
            because: Option<&'f str>,
        }
        let ReportedFinding { rule, severity, message, fingerprint, because, .. } = self.0;
        Short { rule, severity: *severity, message, fingerprint, because: because.as_deref() }.serialize(serializer)
    }
}

/// A check that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unjudged {
    /// The rule.
    pub rule: &'static str,
    /// Which kind of gap it is.
    pub reason: Reason,
    /// The call that would have told; may be empty.
    pub call: String,
    /// One sentence.
    pub why: String,
}

impl Unjudged {
    fn of(gap: &Gap) -> Self {
        let parts = gap.unknown.gap();
        Unjudged { rule: gap.rule.id, reason: parts.reason, call: parts.call.clone(), why: parts.why.clone() }
    }
}

impl Trace<'_> {
    /// What to exit with: as a scan of these integrations alone, of which `report` is; and 3 for a break or a gap on
    /// the way that no rule accounts for.
    pub fn exit_code(&self, report: &Report, fail_on: Option<Severity>, allowed: &[Reason]) -> u8 {
        let unexplained = |chain: &Chain<'_>| {
            let found = chain.hops.iter().any(|hop| !hop.findings.is_empty() || !hop.not_assessed.is_empty());
            !found && report.suppressed.is_empty() && matches!(chain.verdict, Health::Broken | Health::Unknown)
        };
        match report::judged_code(report, fail_on, allowed) {
            0 if self.integrations.iter().any(unexplained) => 3,
            code => code,
        }
    }
}

/// Traces the integrations of `assessment`, of which `report` was made.
pub fn build<'r>(assessment: &Assessment<'_>, report: &'r Report) -> Trace<'r> {
    let chain = |(index, path): (usize, &&Integration<'_>)| {
        let verdict = report.integrations.get(index).map_or(Health::Unknown, |one| one.verdict);
        let findings = report.findings.iter().filter(|finding| finding.integrations.contains(&path.id)).collect();
        let gaps = assessment.gaps.iter().filter(|gap| gap.integrations.contains(&index));
        chain(path, verdict, findings, gaps)
    };
    Trace {
        schema: SCHEMA,
        tool: report.tool.clone(),
        taken_at: report.taken_at,
        source: report.source.clone(),
        integrations: assessment.integrations.iter().enumerate().map(chain).collect(),
    }
}

fn chain<'r, 'g>(
    path: &Integration<'_>,
    verdict: Health,
    findings: Vec<&'r ReportedFinding>,
    gaps: impl Iterator<Item = &'g Gap>,
) -> Chain<'r> {
    let mut hops = hops(path);
    for finding in findings {
        let at = place::hop_of(path, &hops, &finding.resource);
        hops[at].findings.push(Placed(finding));
    }
    for gap in gaps {
        let at = gap.resource.as_ref().map_or(0, |resource| place::hop_of(path, &hops, resource));
        hops[at].not_assessed.push(Unjudged::of(gap));
    }
    for hop in &mut hops {
        hop.not_assessed.sort();
        hop.not_assessed.dedup();
    }
    let broken = break_at::first(&hops);
    let broken_at = broken.map(|at| hops[at].hop.kind);
    let unclear = verdict == Health::Healthy && hops.iter().any(|hop| hop.hop.status == HopStatus::Unknown);
    let verdict = match broken_at {
        Some(_) => Health::Broken,
        None if unclear => Health::Unknown,
        None => verdict,
    };
    Chain { id: Arc::clone(&path.id), verdict, broken_at, hops }
}

/// The hops of the report with the network in its place; never empty, because every chain has a caller.
fn hops<'r>(path: &Integration<'_>) -> Vec<TracedHop<'r>> {
    let mut hops = Vec::new();
    for hop in path.hops() {
        let is_gateway = hop.kind == Kind::Gateway;
        hops.push(traced(path, hop));
        if is_gateway {
            hops.push(network(path));
        }
    }
    hops
}

fn traced<'r>(path: &Integration<'_>, mut hop: HopReport) -> TracedHop<'r> {
    if hop.status == HopStatus::Missing && hop.why.is_none() {
        hop.why = facts::absence(path, &hop);
    }
    let policies = if hop.status == HopStatus::Present { decide::policies(path, hop.kind) } else { Vec::new() };
    TracedHop {
        facts: facts::of(path, hop.kind),
        findings: Vec::new(),
        not_assessed: Vec::new(),
        network: Vec::new(),
        policies,
        blocked: false,
        hop,
    }
}

/// The way from the gateway to the endpoint as a hop of its own.
fn network<'r>(path: &Integration<'_>) -> TracedHop<'r> {
    let (status, why, legs, facts, blocked) = match path.proof() {
        Err(Leave::NotApplicable(_)) => (HopStatus::None, None, Vec::new(), Vec::new(), false),
        Err(Leave::Unknown(unknown)) => (HopStatus::Unknown, Some(unknown.gap().why.clone()), Vec::new(), Vec::new(), false),
        Ok(proof) => {
            let verdict = proof.verdict();
            let (status, why) = match &verdict {
                Ok(_) => (HopStatus::Present, None),
                Err(gap) => (HopStatus::Unknown, Some(gap.gap().why.clone())),
            };
            (status, why, decide::legs(proof), facts::of_proof(proof), verdict == Ok(Verdict::Blocked))
        }
    };
    let hop = HopReport { kind: Kind::Network, id: "".into(), status, why };
    TracedHop { hop, facts, findings: Vec::new(), not_assessed: Vec::new(), network: legs, policies: Vec::new(), blocked }
}
