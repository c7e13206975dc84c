//! Rules on how a template is written.

use super::verdict::{Assessed, Finding, Severity, verdict};
use crate::estate::{Site, token};
use crate::model::more::Written;

/// Services whose resources make the chain; those of others stand around it.
const CHAIN: [&str; 6] = ["Events", "Pipes", "StepFunctions", "VpcLattice", "ApiGateway", "Serverless"];

/// `template/unknown-type`
pub fn unknown_type(resource: &Site<'_, Written>) -> Assessed {
    let Written { kind, meant, properties, .. } = resource.value;
    let right = meant.as_deref().unwrap_or(kind);
    let chain = right == "AWS::EC2::VPCEndpoint" || right.split("::").nth(1).is_some_and(|service| CHAIN.contains(&service));
    let judged = |finding: Finding| if chain { finding.severity(Severity::High) } else { finding };
    let misspelt_type = meant.iter().map(|meant| {
        let note = format!("Nothing of AWS has the type {kind}; did you mean {meant}? It is left out of all other checks.");
        judged(Finding::from(resource.at("/type").observed(kind).expected(meant)).note(note))
    });
    let misspelt_properties = properties.iter().map(|(way, meant)| {
        let name = way.rsplit('/').next().unwrap_or(way);
        let note = format!("{right} has no property {name} there; did you mean {meant}?");
        let evidence = resource.at(format!("/properties/{}", token(way))).observed(name).expected(meant);
        judged(Finding::from(evidence).facet(way).note(note))
    });
    verdict(misspelt_type.chain(misspelt_properties).collect())
}
