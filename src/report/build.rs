//! From what the rules said to the report: merged, fingerprinted, sorted, counted, once and here only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use sha2::{Digest, Sha256};

use super::location::Locate;
use super::{
    Counts, FixReport, Health, HopReport, Hops, IntegrationReport, NotAssessed, Report, ReportCoverage, ReportedFinding, SCHEMA,
    SuppressedFinding, Tool, place, rename,
};
use crate::estate::{Integration, Names};
use crate::model::{Reason, ResourceId, Snapshot};
use crate::rules::assess::{Assessment, Found, Gap};
use crate::rules::verdict::Severity;
use crate::rules::{RULES, Rule};

/// Says of a finding whether it was accepted, and with which words.
pub type Suppress<'p> = dyn FnMut(&ReportedFinding) -> Option<Accepted> + 'p;

/// What decides the exit code, and what was accepted. By default nothing was, and nothing ends in 1.
#[derive(Default)]
pub struct Policy<'p> {
    /// Findings at or above this level end in exit code 1; `None` never does.
    pub fail_on: Option<Severity>,
    /// Gaps that do not end in exit code 3.
    pub allow_unassessed: Vec<Reason>,
    /// Whether finding no integration at all ends in exit code 3.
    pub require_integration: bool,
    /// Levels that rules have instead of their own.
    pub levels: BTreeMap<&'static str, Severity>,
    /// What was accepted.
    pub suppress: Option<&'p mut Suppress<'p>>,
    /// Finds in files what findings are about.
    pub locate: Option<&'p dyn Locate>,
}

/// Why a finding was accepted.
pub struct Accepted {
    /// The words of whoever did.
    pub reason: String,
    /// Until when.
    pub until: Option<jiff::civil::Date>,
}

/// Makes the report.
pub fn build(snapshot: &Snapshot, assessment: &Assessment<'_>, policy: Policy<'_>) -> Report {
    let mut findings = merge(&assessment.found, assessment, &policy.levels);
    link(&mut findings);
    let unexplained = unexplained_breaks(assessment, &findings);
    let mut suppressed = Vec::new();
    let (mut suppress, fail_on) = (policy.suppress, policy.fail_on);
    findings.retain(|finding| match suppress.as_mut().and_then(|suppress| suppress(finding)) {
        None => true,
        Some(Accepted { reason, until }) => {
            suppressed.push(SuppressedFinding {
                fingerprint: finding.fingerprint.clone(),
                rule: finding.rule,
                resource: finding.resource.clone(),
                reason,
                until,
            });
            false
        }
    });
    let mut not_assessed = gaps(&assessment.gaps);
    let mut integrations = integrations(assessment, &findings);
    let deployed = snapshot.source.kind.is_deployed();
    let declared = policy.locate.map(|locate| place::all(&mut findings, &integrations, locate, deployed)).unwrap_or_default();
    if !deployed {
        let names = policy.locate.map(Locate::names).unwrap_or_default();
        rename::all(&mut findings, &mut integrations, &mut not_assessed, (&declared, &names));
    }
    let counts = count(&findings, assessment, not_assessed.len(), suppressed.len());
    let mut report = Report {
        schema: SCHEMA,
        tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
        taken_at: snapshot.taken_at,
        source: snapshot.source.clone(),
        baseline: None,
        scopes: snapshot.scopes().map(|(scope, _)| scope).collect(),
        coverage: ReportCoverage {
            complete: snapshot.coverage.complete(),
            calls: snapshot.coverage.calls.clone(),
            not_covered: assessment.not_covered.iter().cloned().collect(),
            filter: Vec::new(),
        },
        integrations,
        findings,
        not_assessed,
        suppressed,
        gone: Vec::new(),
        declared,
        warnings: Vec::new(),
        counts,
        exit_code: 0,
    };
    report.exit_code = match exit_code(&report, fail_on, &policy.allow_unassessed, policy.require_integration) {
        0 if unexplained => 3,
        code => code,
    };
    report
}

/// One finding for each rule, primary resource and facet.
fn merge(found: &[Found], assessment: &Assessment<'_>, levels: &BTreeMap<&'static str, Severity>) -> Vec<ReportedFinding> {
    let mut places: HashMap<(&'static str, &ResourceId, &str), usize> = HashMap::default();
    let mut merged: Vec<(ReportedFinding, Vec<usize>)> = Vec::new();
    for found in found {
        let Some(primary) = found.finding.evidence.first() else { continue };
        let place = *places.entry((found.rule.id, &primary.resource, &found.finding.facet)).or_insert(merged.len());
        if place == merged.len() {
            merged.push((reported(found.rule, found), Vec::new()));
        }
        let (finding, integrations) = &mut merged[place];
        finding.severity = finding.severity.max(found.finding.severity.unwrap_or(found.rule.document().head.severity));
        integrations.extend(&found.integrations);
    }
    let mut findings: Vec<_> = merged
        .into_iter()
        .map(|(mut finding, mut integrations)| {
            integrations.sort_unstable();
            integrations.dedup();
            finding.severity = levels.get(finding.rule).copied().unwrap_or(finding.severity);
            finding.integrations =
                integrations.into_iter().filter_map(|index| Some(assessment.integrations.get(index)?.id.clone())).collect();
            finding
        })
        .collect();
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| (a.rule, &a.resource, &a.fingerprint).cmp(&(b.rule, &b.resource, &b.fingerprint)))
    });
    findings
}

/// Says of each finding that follows from another which one that is: a finding of a rule that its document
/// names under `because`, on an integration that both touch or on a resource that it names. What is a hint only
/// explains nothing that is worse.
fn link(findings: &mut [ReportedFinding]) {
    let mut by_integration: HashMap<(&str, &str), &ReportedFinding> = HashMap::default();
    let mut by_resource: HashMap<(&str, &ResourceId), &ReportedFinding> = HashMap::default();
    for finding in findings.iter() {
        by_resource.entry((finding.rule, &finding.resource)).or_insert(finding);
        for id in &finding.integrations {
            by_integration.entry((finding.rule, id)).or_insert(finding);
        }
    }
    let cause = |finding: &ReportedFinding| {
        let rule = RULES.iter().find(|rule| rule.id == finding.rule)?;
        let explains = |cause: &&&ReportedFinding| cause.severity >= finding.severity.min(Severity::Medium);
        let of = |cause: &String| {
            let shared = finding.integrations.iter().filter_map(|id| by_integration.get(&(cause.as_str(), &**id)));
            let named = finding.evidence.iter().filter_map(|evidence| by_resource.get(&(cause.as_str(), &evidence.resource)));
            shared.chain(named).find(explains).map(|cause| cause.fingerprint.clone())
        };
        rule.document().head.because.iter().find_map(of)
    };
    let causes: Vec<Option<String>> = findings.iter().map(cause).collect();
    for (finding, because) in findings.iter_mut().zip(causes) {
        finding.because = because;
    }
}

fn reported(rule: &'static Rule, found: &Found) -> ReportedFinding {
    let (document, finding) = (rule.document(), &found.finding);
    let resource = finding.evidence[0].resource.clone();
    let message = match &finding.note {
        Some(note) => format!("{}. {note}", document.title),
        None => format!("{}.", document.title),
    };
    ReportedFinding {
        rule: rule.id,
        severity: finding.severity.unwrap_or(document.head.severity),
        confidence: finding.confidence.unwrap_or(document.head.confidence),
        message,
        evidence: finding.evidence.clone(),
        integrations: Vec::new(),
        because: None,
        fix: document.head.fix.map(|class| FixReport { class }),
        fingerprint: fingerprint(rule.id, &resource, &finding.facet),
        facet: finding.facet.clone(),
        breaks: finding.breaks.clone(),
        blame: None,
        resource,
    }
}

/// Stable over runs and positions: 32 hex digits of SHA-256 over rule, account, region, resource and facet.
pub fn fingerprint(rule: &str, resource: &ResourceId, facet: &str) -> String {
    let mut hash = Sha256::new();
    for part in [rule, &resource.account, &resource.region, &resource.id, facet] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn gaps(gaps: &[Gap]) -> Vec<NotAssessed> {
    let entries = gaps.iter().map(|gap| {
        let (account, region, gap_parts) = (gap.account.clone(), gap.region.clone(), gap.unknown.gap());
        NotAssessed {
            rule: gap.rule.id,
            resource: gap.resource.clone(),
            account,
            region,
            call: gap_parts.call.clone(),
            reason: gap_parts.reason,
            why: gap_parts.why.clone(),
        }
    });
    entries.collect::<BTreeSet<_>>().into_iter().collect()
}

fn integrations(assessment: &Assessment<'_>, findings: &[ReportedFinding]) -> Vec<IntegrationReport> {
    // By the address of the id: findings have a copy of the pointer, and a hundred thousand texts are not read to be hashed.
    let address = |id: &Arc<str>| Arc::as_ptr(id).addr();
    let mut worst: HashMap<usize, Severity> = HashMap::default();
    for finding in findings {
        for id in &finding.integrations {
            let level = worst.entry(address(id)).or_insert(finding.severity);
            *level = (*level).max(finding.severity);
        }
    }
    let unclear: HashSet<usize> = assessment.gaps.iter().flat_map(|gap| gap.integrations.iter().copied()).collect();
    // Callers of one route have all but the first hops in common.
    let mut shared: HashMap<usize, (Arc<[HopReport]>, bool)> = HashMap::default();
    let mut names = Names::default();
    let mut hops = |path: &Integration<'_>| {
        let route = shared.entry(path.route_number());
        let (behind, broken) = route.or_insert_with(|| (path.hops_behind(&mut names).into(), path.has_missing_hop()));
        (Hops::new(path.caller_hops(), Arc::clone(behind)), *broken)
    };
    let one = |(index, integration): (usize, &&Integration<'_>)| {
        let (hops, broken) = hops(integration);
        let verdict = match worst.get(&address(&integration.id)) {
            _ if broken => Health::Broken,
            Some(Severity::Critical) => Health::Broken,
            Some(_) => Health::AtRisk,
            None if unclear.contains(&index) => Health::Unknown,
            None => Health::Healthy,
        };
        IntegrationReport { id: Arc::clone(&integration.id), hops, verdict }
    };
    assessment.integrations.iter().enumerate().map(one).collect()
}

fn count(findings: &[ReportedFinding], assessment: &Assessment<'_>, not_assessed: usize, suppressed: usize) -> Counts {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    Counts {
        critical: of(Severity::Critical),
        high: of(Severity::High),
        medium: of(Severity::Medium),
        low: of(Severity::Low),
        info: of(Severity::Info),
        passed: assessment.passed,
        not_applicable: assessment.not_applicable,
        not_assessed,
        suppressed,
        integrations: assessment.integrations.len(),
        out_of_scope: assessment.out_of_scope,
    }
}

/// What findings and checks alone come to: 1 for a finding at or above the level, 3 where something was not assessed,
/// else 0.
pub fn judged_code(report: &Report, fail_on: Option<Severity>, allowed: &[Reason]) -> u8 {
    if fail_on.is_some_and(|level| report.findings.iter().any(|finding| finding.severity >= level)) {
        return 1;
    }
    if report.not_assessed.iter().any(|gap| !allowed.contains(&gap.reason)) { 3 } else { 0 }
}

/// The same, and 3 where calls were not answered or nothing was found that has to be there. Code 2 is for errors.
pub fn exit_code(report: &Report, fail_on: Option<Severity>, allowed: &[Reason], require_integration: bool) -> u8 {
    let incomplete = report.coverage.calls.iter().filter_map(|call| reason_of(call.outcome)).any(|reason| !allowed.contains(&reason));
    let nothing = require_integration && report.integrations.is_empty();
    match judged_code(report, fail_on, allowed) {
        0 if incomplete || nothing => 3,
        code => code,
    }
}

/// A missing hop never passes, even where the rule that reports it did not run.
fn unexplained_breaks(assessment: &Assessment<'_>, findings: &[ReportedFinding]) -> bool {
    let mut of_route: HashMap<usize, bool> = HashMap::default();
    let mut is_broken = |path: &Integration<'_>| *of_route.entry(path.route_number()).or_insert_with(|| path.has_missing_hop());
    let broken = assessment.integrations.iter().filter(|integration| is_broken(integration));
    let mut broken: HashSet<&str> = broken.map(|integration| &*integration.id).collect();
    findings.iter().flat_map(|finding| &finding.integrations).for_each(|id| {
        broken.remove(&**id);
    });
    !broken.is_empty()
}

fn reason_of(outcome: crate::model::CallOutcome) -> Option<Reason> {
    use crate::model::CallOutcome;
    match outcome {
        CallOutcome::Ok => None,
        CallOutcome::Denied => Some(Reason::Denied),
        CallOutcome::Throttled => Some(Reason::Throttled),
        CallOutcome::Failed => Some(Reason::Failed),
        CallOutcome::Truncated => Some(Reason::Truncated),
    }
}
