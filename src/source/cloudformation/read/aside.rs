//! Modules and stack sets: what a template deploys that is not written in it, and is therefore not judged.

use std::path::Path;

use crate::source::cloudformation::parse;
use crate::source::document::Node;

/// The services of what a chain is made of by itself, and that of further stacks.
const JUDGED: [&str; 7] = ["Events", "Pipes", "StepFunctions", "VpcLattice", "ApiGateway", "Serverless", "CloudFormation"];

/// A sentence for each thing that may bring a part of a chain.
pub fn unseen(file: &Path, template: &Node) -> Vec<String> {
    let (mut seen, file) = (Vec::new(), file.display());
    for (key, resource) in template.get("Resources").map(Node::entries).unwrap_or_default() {
        let kind = resource.get("Type").and_then(Node::text).unwrap_or_default();
        if kind.ends_with("::MODULE") {
            seen.push(format!("{file}: the resources of the module `{}` are not at hand: none of them was judged", key.text));
        } else if kind == "AWS::CloudFormation::StackSet" && !is_idle(resource) {
            seen.push(format!("{file}: the template of the stack set `{}` was not judged: name it by itself", key.text));
        }
    }
    seen
}

/// Whether the template that stands in a stack set has resources, and none that is judged. All others may hold a part of a
/// chain, which goes to other accounts and regions with parameters of their own, and so is no part of these stacks.
fn is_idle(set: &Node) -> bool {
    let body = set.get("Properties").and_then(|properties| properties.get("TemplateBody")).and_then(Node::text);
    let Some(template) = body.and_then(|body| parse(Path::new(""), body.as_bytes()).ok()) else { return false };
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    let service = |resource: &Node| Some(resource.get("Type")?.text()?.split("::").nth(1)?.to_owned());
    !resources.is_empty() && resources.iter().all(|(_, resource)| service(resource).is_some_and(|own| !JUDGED.contains(&own.as_str())))
}
