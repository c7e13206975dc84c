//! What things are called when people are told of them: resources, integrations, what breaks them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{Kind, SourceKind};
use crate::report::{Health, HopReport, HopStatus, IntegrationReport, Report, ReportedFinding};
use crate::rules::verdict::Severity;

use super::text::{clean, short};
use crate::source::planned::stand_in::ACCOUNT;

/// What is said first of the example.
pub const EXAMPLE: &str = "This is the embedded example: a made-up stack. Nothing was read from AWS.";

/// What was read, when, and from where; and what it was compared with.
pub fn read(report: &Report) -> String {
    let from = match (&report.source.kind, &report.source.file) {
        (SourceKind::Live, _) => String::new(),
        (SourceKind::Demo, _) => " (embedded)".to_owned(),
        (_, Some(file)) => format!(" from {}", clean(file)),
        (_, None) => " from a file".to_owned(),
    };
    let than = report.baseline.as_ref().map_or_else(String::new, |baseline| {
        let read = baseline.taken_at.map_or_else(String::new, |taken_at| format!(", read {taken_at:.0}"));
        format!(", compared with {}{read}", clean(&baseline.name))
    });
    format!("{}, read {:.0}{from}{than}", places(report), report.taken_at)
}

/// Accounts and regions in words: each account with its regions, or their numbers where they are many.
fn places(report: &Report) -> String {
    let mut accounts: Vec<(&str, Vec<&str>)> = Vec::new();
    for scope in &report.scopes {
        match accounts.last_mut() {
            Some((account, regions)) if *account == scope.account => regions.push(&scope.region),
            _ => accounts.push((&scope.account, vec![&scope.region])),
        }
    }
    accounts.iter_mut().filter(|(account, _)| *account == ACCOUNT).for_each(|(account, _)| *account = "unknown account");
    match accounts.len() {
        0 => "no account".to_owned(),
        1..=3 => accounts.iter().map(|(account, regions)| format!("{account} {}", regions.join(" "))).collect::<Vec<_>>().join(", "),
        many => format!("{many} accounts, {} regions of them", report.scopes.len()),
    }
}

/// How many findings there are of each severity that has some, worst first.
pub fn by_severity(report: &Report) -> Vec<(Severity, usize)> {
    let counts = &report.counts;
    let of = |severity| match severity {
        Severity::Critical => counts.critical,
        Severity::High => counts.high,
        Severity::Medium => counts.medium,
        Severity::Low => counts.low,
        Severity::Info => counts.info,
    };
    Severity::ALL.into_iter().map(|severity| (severity, of(severity))).filter(|(_, count)| *count > 0).collect()
}

/// The numbers of findings in words.
pub fn found(report: &Report) -> String {
    let some: Vec<_> = by_severity(report).into_iter().map(|(severity, count)| format!("{count} {severity}")).collect();
    if some.is_empty() { "no findings".to_owned() } else { some.join(", ") }
}

/// A verdict in words.
pub fn verdict_name(health: Health) -> &'static str {
    match health {
        Health::Broken => "broken",
        Health::AtRisk => "at risk",
        Health::Unknown => "unknown",
        Health::Healthy => "healthy",
    }
}

/// What people call a resource: as the file that declares it does where its id was made up, else by its short id.
pub fn called(report: &Report, id: &str) -> String {
    let whole = report.declared_name(id);
    let part = || id.split_once('#').and_then(|(whole, part)| Some(format!("{} #{part}", report.declared_name(whole)?)));
    whole.map(str::to_owned).or_else(part).unwrap_or_else(|| short(id))
}

/// What integrations are called: by their event rule or state machine, and by target or state where one has several.
pub struct Names<'a> {
    report: &'a Report,
    several: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// Of the integrations of a report.
    pub fn new(report: &'a Report) -> Self {
        let mut once = HashSet::new();
        let callers = report.integrations.iter().filter_map(|one| one.id.rsplit_once('#'));
        let several = callers.filter(|(caller, _)| !once.insert(*caller)).map(|(caller, _)| caller).collect();
        Names { report, several }
    }

    /// What the integration with this id is called.
    pub fn caller(&self, id: &str) -> String {
        match id.rsplit_once('#') {
            Some((caller, part)) if self.several.contains(caller) => format!("{} #{part}", called(self.report, caller)),
            Some((caller, _)) => called(self.report, caller),
            None => called(self.report, id),
        }
    }
}

/// What is called, as far as the chain was followed: stage or API and the method, else the destination.
pub fn calls(report: &Report, one: &IntegrationReport) -> String {
    let id = |kind| one.hops.iter().find(|hop| hop.kind == kind && !hop.id.is_empty()).map(|hop| &hop.id);
    let hop = |kind| id(kind).map(|id| called(report, id));
    let stage = id(Kind::Stage).map(|id| short(id));
    let api = match (hop(Kind::Api), stage) {
        (Some(api), Some(stage)) => format!("{api}/{}", stage.rsplit('/').next().unwrap_or(&stage)),
        (None, Some(stage)) if stage.contains('/') => stage,
        (Some(api), None) => api,
        _ => return hop(Kind::Destination).map_or_else(|| "?".to_owned(), |name| format!("destination {name}")),
    };
    hop(Kind::Method).map_or_else(|| api.clone(), |method| format!("{api} {method}"))
}

/// Where the chain breaks: a missing hop, else the first unknown one, else the rule of a critical finding.
pub fn broken_hop(report: &Report, one: &IntegrationReport) -> String {
    let hop = |status| one.hops.iter().find(move |hop| hop.status == status);
    if let Some(hop) = hop(HopStatus::Missing) {
        return hop_text(report, hop, "missing");
    }
    if one.verdict == Health::Broken {
        let touches = |id: &Arc<str>| *id == one.id;
        let found =
            report.findings.iter().find(|finding| finding.severity == Severity::Critical && finding.integrations.iter().any(touches));
        if let Some(finding) = found {
            return format!("{} {}: {}", finding.resource.kind, called(report, &finding.resource.id), finding.rule);
        }
    }
    hop(HopStatus::Unknown).map_or_else(String::new, |hop| hop_text(report, hop, "unknown"))
}

fn hop_text(report: &Report, hop: &HopReport, status: &str) -> String {
    let why = hop.why.as_ref().map_or_else(String::new, |why| format!(", {why}"));
    format!("{} {}: {status}{why}", hop.kind, called(report, &hop.id)).replace(" :", ":")
}

/// The ARN, or the names that its file and its construct give to what has none yet.
pub fn identity(report: &Report, id: &str) -> String {
    let Some(name) = report.declared_name(id) else { return id.to_owned() };
    let construct = report.declared.get(id).and_then(|declaration| declaration.declared.construct_path.as_ref());
    construct.map_or_else(|| name.to_owned(), |path| format!("{name} ({path})"))
}

/// Which integrations a finding touches, in words.
pub fn affected(report: &Report, names: &Names<'_>, finding: &ReportedFinding) -> String {
    match finding.integrations.as_slice() {
        [] => "no integration by itself".to_owned(),
        [one] => names.caller(one),
        [one, two] => format!("{}, {}", names.caller(one), names.caller(two)),
        many => format!("{} of {} integrations", many.len(), report.integrations.len()),
    }
}
