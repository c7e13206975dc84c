//! The resources that templates deploy, each with what its properties come to.

use std::collections::HashMap;

use super::super::resolve::{Mode, Resolver};
use super::super::scope::Declared;
use super::super::transform::{CALL, filled, why};
use super::Origin;
use crate::model::Unknown;
use crate::source::planned::Resolved;

/// A resource with its properties.
pub struct Item<'a> {
    /// The place of its stack in the assembly.
    pub stack: usize,
    /// As it is declared.
    pub declared: Declared<'a>,
    /// What its properties come to.
    pub properties: Resolved,
    /// Why it is not known whether it will be deployed.
    pub unsure: Option<Unknown>,
}

impl Item<'_> {
    /// A property.
    pub fn get(&self, name: &str) -> &Resolved {
        self.properties.field(name)
    }

    /// Where it stands, or a part of it.
    pub fn origin(&self, path: &[&str]) -> Origin {
        let path = path.iter().map(|step| (*step).to_owned()).collect();
        Origin { stack: self.stack, logical_id: self.declared.id.to_owned(), path }
    }

    /// A value of it that counts only if it will be deployed.
    pub fn sure<T>(&self, value: Result<T, Unknown>) -> Result<T, Unknown> {
        self.unsure.clone().map_or(value, Err)
    }
}

/// The resources that will be deployed, by type.
pub type Items<'a> = HashMap<&'a str, Vec<Item<'a>>>;

/// Gathers them.
pub fn items<'a>(resolver: &Resolver<'a>) -> Items<'a> {
    let mut items = Items::new();
    for (stack, scope) in resolver.scopes.iter().enumerate() {
        for declared in scope.resources.iter().copied().filter(|declared| is_lowered(declared.kind)) {
            let unsure = match is_deployed(resolver, stack, declared) {
                Ok(true) => None,
                Ok(false) => continue,
                Err(unknown) => Some(unknown),
            };
            let properties = match (declared.call, declared.node.get("Properties")) {
                (Some((key, call)), _) if key.text == CALL => Resolved::Unknown(filled(call)),
                (_, node) => node.map_or(Resolved::Map(Vec::new()), |node| resolver.value(stack, node, Mode::Plain)),
            };
            items.entry(declared.kind).or_default().push(Item { stack, declared, properties, unsure });
        }
    }
    items
}

/// Whether a resource will be there.
///
/// # Errors
/// Why that is not known.
pub fn is_deployed<'a>(resolver: &Resolver<'a>, stack: usize, declared: Declared<'a>) -> Result<bool, Unknown> {
    let depends = |name: &str, unknown: &Unknown| {
        Unknown::unresolved(format!("whether {} is deployed depends on {name}: {}", declared.id, unknown.gap().why))
    };
    let condition = declared.node.get("Condition").map(|node| (node, node.text()));
    let holds = match (condition, declared.call) {
        (None, _) => Ok(true),
        (Some((node, Some(name))), _) => resolver.holds(stack, name, node.at).map_err(|unknown| depends(name, &unknown)),
        // What it depends on is not known either, and that says less.
        (_, Some(_)) => Ok(true),
        (Some((node, None)), None) => {
            let unknown = resolver.value(stack, node, Mode::Certain).must_be_known().err();
            Err(depends("a condition", &unknown.unwrap_or_else(|| Unknown::unresolved("a condition is called by its name"))))
        }
    };
    match declared.call {
        Some((key, call)) if holds != Ok(false) => Err(if key.text == CALL { filled(call) } else { why(resolver, stack, key, call) }),
        _ => holds,
    }
}

/// Services whose resources the model has a place for.
pub fn is_lowered(kind: &str) -> bool {
    const SERVICES: [&str; 12] = [
        "Events",
        "Pipes",
        "StepFunctions",
        "VpcLattice",
        "EC2",
        "ApiGateway",
        "IAM",
        "SQS",
        "KMS",
        "CloudWatch",
        "Serverless",
        "SecretsManager",
    ];
    kind.split("::").nth(1).is_some_and(|service| SERVICES.contains(&service))
}
