//! A trace for people: the chain from top to bottom, each hop with what was found and what is wrong there.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::model::Kind;
use crate::report::{Health, HopStatus, Report, ReportedFinding};
use crate::rules::verdict::Severity;
use crate::trace::{Chain, Fact, Leg, Ruling, Trace, TracedHop, Unjudged};

use super::names::called;
use super::table::findings::by_cause;
use super::table::{BOLD, DIM, NARROWEST, Page, head, painted, severity_style};
use super::text::{clean, short, width, wrap};
use super::{DEFAULT_WIDTH, Format, json};

/// Columns before a hop's name, and before what is told of it.
const BODY: usize = 19;
/// Columns of the line that joins the hops, and of the labels behind it.
const RAIL: usize = 4;
const LABEL: usize = BODY - RAIL;
/// Columns of a finding's severity and of each further level.
const SEVERITY: usize = 10;
const LEVEL: usize = 2;
/// Ends of packets that are named.
const ENDS: usize = 2;

/// Writes `trace`, made of `report`: coloured and as wide as a screen of that many columns, or plain.
///
/// # Errors
/// What `out` answers.
pub fn write(trace: &Trace<'_>, report: &Report, format: Format, screen: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    if format == Format::Json {
        return json::write(trace, out);
    }
    let text = render(trace, report, screen.unwrap_or(DEFAULT_WIDTH));
    if screen.is_some() { out.write_all(text.as_bytes()) } else { write!(out, "{}", anstream::adapter::strip_str(&text)) }
}

fn render(trace: &Trace<'_>, report: &Report, columns: usize) -> String {
    let mut page = Page { text: String::new(), width: columns.max(NARROWEST) };
    head(&mut page, report);
    for chain in &trace.integrations {
        page.text.push('\n');
        title(&mut page, report, chain);
        let last = chain.hops.len().saturating_sub(1);
        let broken = chain.broken_at.and_then(|kind| chain.hops.iter().position(|hop| hop.hop.kind == kind));
        for (index, hop) in chain.hops.iter().enumerate().filter(|(index, _)| is_shown(&chain.hops, *index)) {
            Told { page: &mut page, report, chain, rail: if index == last { ' ' } else { '│' } }.hop(hop, broken == Some(index));
        }
    }
    page.text
}

/// A hop that this chain does not have is left out; one that was not reached is not.
fn is_shown(hops: &[TracedHop<'_>], index: usize) -> bool {
    let lost = |hop: &TracedHop<'_>| matches!(hop.hop.status, HopStatus::Missing | HopStatus::Unknown);
    let hop = &hops[index];
    hop.hop.status != HopStatus::None || !hop.findings.is_empty() || hops[..index].iter().any(lost)
}

fn title(page: &mut Page, report: &Report, chain: &Chain<'_>) {
    let name = match chain.id.rsplit_once('#') {
        Some((caller, part)) => format!("{} #{part}", called(report, caller)),
        None => called(report, &chain.id),
    };
    let (verdict, style) = match chain.verdict {
        Health::Broken => ("broken", color(AnsiColor::Red)),
        Health::AtRisk => ("at risk", color(AnsiColor::Yellow)),
        Health::Unknown => ("unknown", color(AnsiColor::Magenta)),
        Health::Healthy => ("healthy", color(AnsiColor::Green)),
    };
    let place = chain.broken_at.map_or_else(String::new, |kind| format!(" at the {kind}"));
    let verdict = format!("{verdict}{place}");
    hanging(page, [String::new(), String::new()], 0, (BOLD, &name), &[(style.bold(), &verdict)]);
}

fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(color.into()))
}

/// A text behind what leads its first and its further lines, `indent` columns wide each, and marks behind its end.
fn hanging(page: &mut Page, leads: [String; 2], indent: usize, (style, text): (Style, &str), marks: &[(Style, &str)]) {
    let room = page.width.saturating_sub(indent);
    let text = wrap(&clean(text), room);
    let mut taken = text.last().map_or(0, |line| width(line));
    let mut written: Vec<String> = text.iter().map(|line| painted(style, line).to_string()).collect();
    for (style, mark) in marks {
        let gap = if taken == 0 { "" } else { "  " };
        let joined = taken + gap.len() + width(mark) <= room;
        taken = if joined { taken + gap.len() } else { 0 } + width(mark);
        match written.last_mut() {
            Some(line) if joined => line.push_str(&format!("{gap}{}", painted(*style, mark))),
            _ => written.push(painted(*style, mark).to_string()),
        }
    }
    for (index, line) in written.iter().enumerate() {
        page.line(format!("{}{line}", leads[index.min(1)]));
    }
}

/// What is told of one hop.
struct Told<'t, 'r> {
    page: &'t mut Page,
    report: &'t Report,
    chain: &'t Chain<'r>,
    /// What leads on to the next hop.
    rail: char,
}

impl<'r> Told<'_, 'r> {
    fn hop(&mut self, hop: &TracedHop<'r>, broken: bool) {
        let (mark, style, status) = match hop.hop.status {
            _ if broken => ('✗', color(AnsiColor::Red).bold(), if hop.hop.status == HopStatus::Missing { "missing" } else { "present" }),
            HopStatus::Missing => ('✗', color(AnsiColor::Red), "missing"),
            HopStatus::Unknown => ('?', color(AnsiColor::Magenta), "unknown"),
            HopStatus::None => ('○', DIM, "not reached"),
            HopStatus::Present if !hop.findings.is_empty() => ('!', color(AnsiColor::Yellow), "present"),
            HopStatus::Present => ('●', color(AnsiColor::Green), "present"),
        };
        let name = self.name(hop);
        let lead = format!("{} {}", painted(style, mark), painted(BOLD, format!("{:<1$}", hop.hop.kind.name(), BODY - 2)));
        let mut marks = vec![(if status == "present" { DIM } else { style }, status)];
        marks.extend(broken.then_some((color(AnsiColor::Red).bold(), "◀ the chain breaks here")));
        let rest = painted(DIM, format!("{:<BODY$}", self.rail)).to_string();
        hanging(self.page, [lead, rest], BODY, (Style::new(), &name), &marks);
        if let Some(why) = &hop.hop.why {
            self.entry(DIM, "why", why);
        }
        hop.facts.iter().for_each(|fact| self.fact(fact));
        self.legs(&hop.network);
        hop.policies.iter().for_each(|policy| self.policy(policy));
        self.findings(hop);
        self.not_assessed(&hop.not_assessed);
    }

    fn name(&self, hop: &TracedHop<'_>) -> String {
        let named = |kind| self.chain.hops.iter().find(|hop| hop.hop.kind == kind).map_or("", |hop| &hop.hop.id);
        match hop.hop.kind {
            Kind::Network if hop.hop.status == HopStatus::Present => {
                format!("{} to {}", called(self.report, named(Kind::Gateway)), called(self.report, named(Kind::Endpoint)))
            }
            Kind::Target => hop.hop.id.rsplit_once('#').map_or(&*hop.hop.id, |(_, target)| target).to_owned(),
            _ => called(self.report, &hop.hop.id),
        }
    }

    /// A label and a text that hangs behind it, beside the line that joins the hops.
    fn entry(&mut self, style: Style, label: &str, text: &str) {
        let mut label = painted(style, format!("{label:<LABEL$}")).to_string();
        for line in wrap(&clean(text), self.page.width.saturating_sub(BODY)) {
            self.beside(&format!("{label}{line}"));
            label = " ".repeat(LABEL);
        }
    }

    fn beside(&mut self, text: &str) {
        let rail = painted(DIM, self.rail);
        self.page.line(format!("{rail}   {text}").trim_end());
    }

    fn fact(&mut self, fact: &Fact) {
        let label = fact.name.replace('-', " ");
        match &fact.why {
            Some(why) => self.entry(color(AnsiColor::Magenta), &label, &format!("unknown: {why}")),
            None => {
                let value = if fact.value.contains(' ') { fact.value.clone() } else { short(&fact.value) };
                self.entry(DIM, &label, &value);
            }
        }
    }

    /// The steps of the network proof: those that came to the same by the same in one line.
    fn legs(&mut self, legs: &[Leg]) {
        for same_step in legs.chunk_by(|one, other| one.step == other.step) {
            let mut groups: Vec<(&Leg, Vec<&Leg>)> = Vec::new();
            for leg in same_step {
                match groups.iter_mut().find(|(first, _)| alike(first, leg)) {
                    Some((_, group)) => group.push(leg),
                    None => groups.push((leg, vec![leg])),
                }
            }
            if groups.iter().all(|(leg, _)| leg.outcome == "allowed") {
                self.open_step(&groups);
                continue;
            }
            let several = groups.len() > 1;
            for (leg, group) in groups {
                let ends = if several { ends(&group) } else { String::new() };
                self.entry(outcome_style(leg.outcome), leg.outcome, &format!("{}: {}{ends}", leg.about, by(leg)));
            }
        }
    }

    /// A step that lets everything through, with all that does so.
    fn open_step(&mut self, groups: &[(&Leg, Vec<&Leg>)]) {
        let Some((leg, _)) = groups.first() else { return };
        let by: Vec<String> = groups.iter().map(|(leg, _)| by(leg)).filter(|by| !by.is_empty()).collect();
        let text = if by.is_empty() { leg.about.to_owned() } else { format!("{}: {}", leg.about, by.join("; ")) };
        self.entry(outcome_style(leg.outcome), leg.outcome, &text);
    }

    fn policy(&mut self, policy: &Ruling) {
        let style = match policy.decision {
            _ if policy.refuses => color(AnsiColor::Red),
            "allowed" => color(AnsiColor::Green),
            _ => color(AnsiColor::Magenta),
        };
        self.entry(style, "policy", &format!("{}: {}", policy.decision.replace('-', " "), policy.why));
    }

    fn findings(&mut self, hop: &TracedHop<'r>) {
        let found: Vec<&ReportedFinding> = hop.findings.iter().map(|finding| finding.0).collect();
        for (level, finding) in by_cause(&found) {
            let indent = level * LEVEL;
            let mark = if level > 0 { format!("{:>indent$}", "└ ") } else { String::new() };
            let severity = painted(severity_style(finding.severity), format!("{:<SEVERITY$}", finding.severity.name()));
            self.beside(&format!("{mark}{severity}{}", painted(BOLD, finding.rule)));
            let body = indent + SEVERITY;
            let mut text = wrap(&clean(&finding.message), self.page.width.saturating_sub(RAIL + body));
            text.extend(self.cause(finding, &found));
            for line in text {
                self.beside(&format!("{:body$}{line}", ""));
            }
        }
    }

    /// Which finding at another hop this one follows from.
    fn cause(&self, finding: &ReportedFinding, here: &[&ReportedFinding]) -> Option<String> {
        let because = finding.because.as_ref().filter(|cause| here.iter().all(|other| other.fingerprint != **cause))?;
        let of = |hop: &TracedHop<'_>| {
            hop.findings.iter().find(|other| other.0.fingerprint == *because).map(|other| (other.0.rule, hop.hop.kind))
        };
        let (rule, kind) = self.chain.hops.iter().find_map(of)?;
        Some(painted(DIM, format!("follows from {rule} at the {kind}")).to_string())
    }

    /// Checks that could not be made, those for the same reason together.
    fn not_assessed(&mut self, checks: &[Unjudged]) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for check in checks {
            match reasons.iter_mut().find(|(why, _)| *why == check.why) {
                Some((_, rules)) => rules.push(check.rule),
                None => reasons.push((&check.why, vec![check.rule])),
            }
        }
        for (why, rules) in reasons {
            self.entry(color(AnsiColor::Magenta), "not assessed", &format!("{}: {why}", rules.join(", ")));
        }
    }
}

fn outcome_style(outcome: &str) -> Style {
    match outcome {
        "allowed" => color(AnsiColor::Green),
        "partial" => severity_style(Severity::Medium),
        "blocked" => color(AnsiColor::Red),
        _ => color(AnsiColor::Magenta),
    }
}

/// Whether two steps came to the same by the same.
fn alike(one: &Leg, other: &Leg) -> bool {
    (one.outcome, &one.by, &one.also, &one.why) == (other.outcome, &other.by, &other.also, &other.why)
}

/// What decided a step.
fn by(leg: &Leg) -> String {
    let mut text = match &leg.by {
        Some(by) => by.clone(),
        None if leg.outcome == "blocked" => "nothing admits it".to_owned(),
        None => String::new(),
    };
    leg.also.iter().for_each(|also| text.push_str(&format!(" and {also}")));
    match &leg.why {
        Some(why) if text.is_empty() => why.clone(),
        Some(why) => format!("{text} ({why})"),
        None => text,
    }
}

/// Between which ends.
fn ends(group: &[&Leg]) -> String {
    let mut ends: Vec<String> = group.iter().take(ENDS).map(|leg| format!("{} to {}", leg.from, leg.to)).collect();
    if group.len() > ENDS {
        ends.push(format!("{} more", group.len() - ENDS));
    }
    format!(", from {}", ends.join(", "))
}
