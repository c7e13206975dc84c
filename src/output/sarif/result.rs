//! Findings in SARIF.

use crate::output::class_name;
use crate::output::names::called;
use crate::report::location::Location as Place;
use crate::report::{HopReport, HopStatus, ReportedFinding};
use crate::rules::verdict::Evidence;

use super::rule;
use super::shape::{CodeFlow, Fingerprints, Location, LogicalLocation, Message, ResultProperties, Results, SarifResult, Step, ThreadFlow};

/// Most related places of a result that GitHub takes.
const RELATED: usize = 1_000;
/// Related places that the message leads to.
const LINKED: usize = 5;

impl<'a> Results<'a> {
    /// One finding.
    pub fn result<'s>(&'s self, finding: &'s ReportedFinding, fingerprint: &'s str) -> SarifResult<'s> {
        let own = self.severities.get(finding.rule).copied();
        let rule_id = rule::id(finding.rule, own, finding.severity);
        let primary = finding.evidence.first();
        let related = self.related(finding);
        let links = related.iter().filter(|place| place.linked).take(LINKED);
        let message = Message::new(self.message(finding)).linked(links.map(|place| (place.id, place.label.as_str())));
        SarifResult {
            rule_index: self.indexes.get(&rule_id).copied(),
            rule_id,
            level: rule::level(finding.severity),
            message,
            locations: [self.location(&finding.resource.id, primary.and_then(|evidence| evidence.location.as_ref()))],
            related_locations: related.into_iter().map(Related::location).collect(),
            code_flows: self.code_flow(finding).map(|flow| [flow]),
            partial_fingerprints: Fingerprints { primary_location_line_hash: fingerprint, own: &finding.fingerprint },
            properties: self.properties(finding),
        }
    }

    fn properties<'s>(&'s self, finding: &'s ReportedFinding) -> ResultProperties<'s> {
        let field = |of: fn(&Evidence) -> &String| finding.evidence.first().map_or("", |evidence| of(evidence).as_str());
        ResultProperties {
            account: &finding.resource.account,
            region: &finding.resource.region,
            kind: finding.resource.kind.name(),
            declared: self.report.declared.get(&finding.resource.id).map(|declaration| &declaration.declared),
            confidence: finding.confidence,
            pointer: field(|evidence| &evidence.pointer),
            observed: field(|evidence| &evidence.observed),
            expected: field(|evidence| &evidence.expected),
            integrations: &finding.integrations,
            because: finding.because.as_deref(),
            fix: finding.fix.map(|fix| class_name(fix.class)),
            blame: finding.blame.as_ref(),
        }
    }

    /// A resource: its place in the repository, and what it is called there or in AWS.
    fn location<'s>(&'s self, id: &'s str, place: Option<&Place>) -> Location<'s> {
        let logical = || LogicalLocation { name: called(self.report, id), fully_qualified_name: self.qualified(id), kind: "resource" };
        Location {
            id: None,
            physical_location: self.sources.physical(place),
            logical_locations: (!id.is_empty()).then(|| [logical()]),
            message: None,
        }
    }

    /// The ARN; of what has none yet the construct's path, else its name.
    fn qualified<'s>(&'s self, id: &'s str) -> &'s str {
        let construct = |name| self.report.declared.get(id).and_then(|known| known.declared.construct_path.as_deref()).unwrap_or(name);
        self.report.declared_name(id).map_or(id, construct)
    }

    /// Further places of the resource, then all evidence but the first, which is the result's own place.
    fn related<'s>(&'s self, finding: &'s ReportedFinding) -> Vec<Related<'s>> {
        let mut related = Vec::new();
        let mut add = |evidence: &'s Evidence, place: Option<&Place>, label: String, text: String| {
            let linked = place.is_some_and(|place| self.sources.has(place));
            related.push(Related { id: related.len() + 1, linked, label, text, location: self.location(&evidence.resource.id, place) });
        };
        for (index, evidence) in finding.evidence.iter().enumerate() {
            let name = format!("{} {}", evidence.resource.kind, called(self.report, &evidence.resource.id));
            if index > 0 {
                add(evidence, evidence.location.as_ref(), name.clone(), format!("{name}{}", found(evidence)));
            }
            for place in evidence.related_locations.iter().filter(|place| self.sources.has(place)) {
                add(evidence, Some(place), place.to_string(), format!("{name} in {place}"));
            }
        }
        related.truncate(RELATED);
        related
    }

    /// The chain of the first integration that the finding touches.
    fn code_flow<'s>(&'s self, finding: &'s ReportedFinding) -> Option<CodeFlow<'s>> {
        let chain = self.chains.get(&**finding.integrations.first()?)?;
        let mut before = None;
        let step = |hop| {
            before = self.place(hop).or(before);
            self.step(hop, before, finding)
        };
        let locations: Vec<_> = chain.hops.iter().filter(|hop| hop.status != HopStatus::None).map(step).collect();
        (!locations.is_empty()).then_some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
    }

    fn place(&self, hop: &HopReport) -> Option<&Place> {
        self.report.declared.get(&*hop.id)?.location.as_ref()
    }

    /// What has no place of its own stands where what leads to it does.
    fn step<'s>(&'s self, hop: &'s HopReport, place: Option<&Place>, finding: &ReportedFinding) -> Step<'s> {
        let status = match hop.status {
            HopStatus::Present | HopStatus::None => "",
            HopStatus::Missing => ", missing",
            HopStatus::Unknown => ", unknown",
        };
        let why = hop.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let text = format!("{} {}{status}{why}", hop.kind, called(self.report, &hop.id));
        Step {
            location: Location { message: Some(Message::new(text)), ..self.location(&hop.id, place) },
            importance: if *hop.id == *finding.resource.id { "essential" } else { "important" },
        }
    }

    /// The title's sentence, then the resource and what was found there.
    fn message(&self, finding: &ReportedFinding) -> String {
        let message = finding.message.trim_end();
        let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
        let found = finding.evidence.first().map_or_else(String::new, found);
        let name = self.report.declared_name(&finding.resource.id).unwrap_or(&finding.resource.id);
        format!("{message}{stop} {} {name}{found}.", finding.resource.kind)
    }
}

/// A place that explains a result.
struct Related<'a> {
    id: usize,
    /// Whether there is something to be seen there.
    linked: bool,
    label: String,
    text: String,
    location: Location<'a>,
}

impl<'a> Related<'a> {
    fn location(self) -> Location<'a> {
        Location { id: Some(self.id), message: Some(Message::new(self.text)), ..self.location }
    }
}

fn found(evidence: &Evidence) -> String {
    match (evidence.observed.is_empty(), evidence.expected.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(": expected {}", evidence.expected),
        (false, true) => format!(": observed {}", evidence.observed),
        (false, false) => format!(": observed {}, expected {}", evidence.observed, evidence.expected),
    }
}
