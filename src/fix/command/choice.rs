//! The findings that are planned for.

use crate::error::{Error, Result};
use crate::report::{Report, ReportedFinding};
use crate::rules::RULES;
use crate::rules::names::{self, Name};

/// What `--only` or `--skip` names.
pub struct Choice {
    names: Vec<Name>,
    resources: Vec<String>,
}

impl Choice {
    /// Finds what is named.
    ///
    /// # Errors
    /// What names nothing.
    pub fn new(flag: &str, typed: &[String], report: &Report) -> Result<Choice> {
        let mut choice = Choice { names: Vec::new(), resources: Vec::new() };
        for name in typed {
            match names::find(name) {
                Ok(found) => choice.names.push(found),
                Err(_) if report.findings.iter().any(|finding| is_named(finding, name)) => choice.resources.push(name.clone()),
                Err(why) => {
                    return Err(Error::new(format!("{flag}: {why}"))
                        .next("name a rule, an area, a severity, or the id or ARN of a resource with a finding"));
                }
            }
        }
        Ok(choice)
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.resources.is_empty()
    }

    /// Whether a finding is meant.
    pub fn means(&self, finding: &ReportedFinding) -> bool {
        let rule = RULES.iter().find(|rule| rule.id == finding.rule);
        let named = |name: &Name| match name {
            Name::Severity(severity) => finding.severity == *severity,
            name => rule.is_some_and(|rule| name.means(rule)),
        };
        self.names.iter().any(named) || self.resources.iter().any(|name| is_named(finding, name))
    }
}

/// Whether a finding's resource is named by its ARN, or by its id or name at the end of it.
fn is_named(finding: &ReportedFinding, name: &str) -> bool {
    let id = &finding.resource.id;
    id == name
        || id.strip_suffix(name).is_some_and(|head| head.ends_with(['/', ':', '#']))
        || id.split(['/', ':', '#']).any(|part| part == name)
}
