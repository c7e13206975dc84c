//! Rules on the targets of event rules.

use super::verdict::{Assessed, Leave, fail, pass};
use crate::estate::{Hop, Integration};
use crate::model::Kind;

/// `target/destination-missing`
pub fn destination_missing(path: &Integration<'_>) -> Assessed {
    let (_, target) = path.target()?;
    match &path.destination {
        Hop::Missing(arn) => {
            let name = crate::arn::Arn::parse(arn).map_or(*arn, |arn| arn.name());
            let mut twins = path.estate.all(Kind::Destination, |region| &region.destinations);
            let twin = twins.find(|twin| twin.value.name == name && twin.account == target.account && twin.region == target.region);
            let finding = fail_at(target.at("/arn").observed(arn), twin.as_ref().map(|twin| twin.key));
            fail(match twin {
                None => finding,
                Some(twin) => finding
                    .note(format!("A destination named {name} exists with another id: it was deleted and made again."))
                    .related(twin.at("/arn").observed(twin.key)),
            })
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::Present(_) | Hop::None => pass(),
    }
}

fn fail_at(evidence: super::verdict::Evidence, twin: Option<&str>) -> super::verdict::Finding {
    evidence.expected(twin.unwrap_or("the ARN of an API destination that exists")).into()
}

/// `target/role-missing`
pub fn role_missing(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    if target.value.role_arn.read()?.is_some() {
        return pass();
    }
    let finding =
        super::verdict::Finding::from(target.at("/role_arn").observed("none").expected("a role that events.amazonaws.com may assume"));
    fail(match rule.value.role_arn.read() {
        Ok(Some(role)) => {
            finding.note("The rule has a role, but API destinations do not use it.").related(rule.at("/role_arn").observed(role))
        }
        _ => finding,
    })
}
