//! Findings in SARIF.

use std::borrow::Cow;

use crate::output::text::short;
use crate::report::{HopReport, HopStatus, ReportedFinding};
use crate::rules::verdict::Evidence;

use super::rule;
use super::shape::{
    ArtifactLocation, CodeFlow, Fingerprints, Location, LogicalLocation, Message, PhysicalLocation, Region, ResultProperties, Results,
    SarifResult, Step, ThreadFlow,
};

/// Most related places of a result that GitHub takes.
const RELATED: usize = 1_000;

impl<'a> Results<'a> {
    /// One finding.
    pub fn result(&self, finding: &'a ReportedFinding) -> SarifResult<'a> {
        let own = self.severities.get(finding.rule).copied();
        let rule_id = rule::id(finding.rule, own, finding.severity);
        let primary = finding.evidence.first();
        let field = |of: fn(&Evidence) -> &String| primary.map_or("", |evidence| of(evidence).as_str());
        SarifResult {
            rule_index: self.indexes.get(&rule_id).copied(),
            rule_id: Cow::Owned(rule_id),
            level: rule::level(finding.severity),
            message: Message::new(message(finding)),
            locations: [self.location(&finding.resource.id)],
            related_locations: self.related(finding),
            code_flows: self.code_flow(finding).map(|flow| [flow]),
            partial_fingerprints: Fingerprints { primary_location_line_hash: &finding.fingerprint },
            properties: ResultProperties {
                account: &finding.resource.account,
                region: &finding.resource.region,
                kind: finding.resource.kind.name(),
                confidence: finding.confidence,
                pointer: field(|evidence| &evidence.pointer),
                observed: field(|evidence| &evidence.observed),
                expected: field(|evidence| &evidence.expected),
                integrations: &finding.integrations,
                because: finding.because.as_deref(),
                fix: finding.fix.map(|fix| crate::output::class_name(fix.class)),
            },
        }
    }

    /// A resource: the anchor file, because GitHub wants a file of the repository, and the resource's id.
    fn location(&self, id: &'a str) -> Location<'a> {
        Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: self.anchor },
                region: Region { start_line: 1, start_column: 1, end_line: 1, end_column: 2 },
            },
            logical_locations: (!id.is_empty()).then(|| [LogicalLocation { name: short(id), fully_qualified_name: id, kind: "resource" }]),
            message: None,
        }
    }

    /// All evidence but the first, which is the result's own place.
    fn related(&self, finding: &'a ReportedFinding) -> Vec<Location<'a>> {
        let related = finding.evidence.iter().skip(1).take(RELATED).enumerate();
        related
            .map(|(index, evidence)| Location {
                id: Some(index + 1),
                message: Some(Message::new(format!("{} {}{}", evidence.resource.kind, evidence.resource.id, found(evidence)))),
                ..self.location(&evidence.resource.id)
            })
            .collect()
    }

    /// The chain of the first integration that the finding touches.
    fn code_flow(&self, finding: &'a ReportedFinding) -> Option<CodeFlow<'a>> {
        let chain = self.chains.get(finding.integrations.first()?.as_str())?;
        let locations: Vec<_> = chain.hops.iter().filter(|hop| hop.status != HopStatus::None).map(|hop| self.step(hop, finding)).collect();
        (!locations.is_empty()).then_some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
    }

    fn step(&self, hop: &'a HopReport, finding: &ReportedFinding) -> Step<'a> {
        let status = match hop.status {
            HopStatus::Present | HopStatus::None => "",
            HopStatus::Missing => ", missing",
            HopStatus::Unknown => ", unknown",
        };
        let why = hop.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let text = format!("{} {}{status}{why}", hop.kind, short(&hop.id));
        Step {
            location: Location { message: Some(Message::new(text)), ..self.location(&hop.id) },
            importance: if *hop.id == *finding.resource.id { "essential" } else { "important" },
        }
    }
}

/// The title's sentence, then the resource and what was found there.
fn message(finding: &ReportedFinding) -> String {
    let message = finding.message.trim_end();
    let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    let found = finding.evidence.first().map_or_else(String::new, found);
    format!("{message}{stop} {} {}{found}.", finding.resource.kind, finding.resource.id)
}

fn found(evidence: &Evidence) -> String {
    match (evidence.observed.is_empty(), evidence.expected.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(": expected {}", evidence.expected),
        (false, true) => format!(": observed {}", evidence.observed),
        (false, false) => format!(": observed {}, expected {}", evidence.observed, evidence.expected),
    }
}
