//! The templates that a stack and those nested in it were deployed from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::model::{Scope, Unknown};
use crate::source::cloudformation::stacks::{Deployments, Described};
use crate::source::cloudformation::{Assembly, Stack, parse};

/// More stacks than nest each other.
const MOST: usize = 200;

/// Fetches the templates of the stack `name`, wherever it is of what is open.
///
/// # Errors
/// Where there is none, or several, or it cannot be read.
pub fn fetch(name: &str, deployments: &dyn Deployments) -> Result<Assembly> {
    let scopes = deployments.scopes();
    let mut found = Vec::new();
    for scope in &scopes {
        if let Some(stack) = deployments.stack(scope, name).map_err(|unknown| refused(name, &unknown))? {
            found.push((scope.clone(), stack));
        }
    }
    match found.pop() {
        Some((scope, stack)) if found.is_empty() => {
            let mut assembly = Assembly::default();
            add(&mut assembly, deployments, &scope, &stack, None)?;
            Ok(assembly)
        }
        Some(_) => Err(Error::new(format!("there are {} stacks `{name}`", found.len() + 1))
            .next("name one region with --region, or one account with --profile or --assume-role")),
        None => {
            let places: Vec<_> = scopes.iter().map(|scope| format!("{} {}", scope.account, scope.region)).collect();
            Err(Error::new(format!("there is no stack `{name}` in {}", places.join(", ")))
                .next("check the name, and the region with --region"))
        }
    }
}

fn refused(name: &str, unknown: &Unknown) -> Error {
    let gap = unknown.gap();
    Error::new(format!("the stack `{name}` cannot be read: {}", gap.why))
        .next("`pgwaudit policy drift` prints the permissions that are needed")
}

fn add(
    assembly: &mut Assembly,
    deployments: &dyn Deployments,
    scope: &Scope,
    described: &Described,
    parent: Option<(usize, String)>,
) -> Result<()> {
    let Described { name, .. } = described;
    if let Some(why) = described.unsettled() {
        let what = format!("the stack {name} is in the state {}: {why}", described.status);
        return Err(Error::new(what).next("compare when it is deployed and at rest"));
    }
    if assembly.stacks.len() == MOST {
        return Err(Error::new(format!("more than {MOST} stacks nest each other")).next("compare one of the nested ones by its name"));
    }
    let text = deployments.template(scope, &described.id).map_err(|unknown| refused(name, &unknown))?;
    let file = PathBuf::from(format!("stack {name}"));
    let template = parse(&file, text.as_bytes()).map_err(|wrong| {
        Error::new(format!("the template of the stack {name}:{wrong}")).next("look at it with `aws cloudformation get-template`")
    })?;
    let own = assembly.stacks.len();
    let (account, region) = (Some(scope.account.clone()), Some(scope.region.clone()));
    let (parameters, folder) = (BTreeMap::new(), PathBuf::new());
    assembly.stacks.push(Stack { name: name.clone(), file, template, parameters, account, region, folder, parent, written: None });
    for member in described.members.iter().filter(|member| member.kind == "AWS::CloudFormation::Stack") {
        let nested = deployments.stack(scope, &member.physical_id).map_err(|unknown| refused(&member.physical_id, &unknown))?;
        match nested {
            Some(nested) => add(assembly, deployments, scope, &nested, Some((own, member.logical_id.clone())))?,
            None => assembly.warnings.push(format!("the stack {name}: its nested stack {} is gone", member.logical_id)),
        }
    }
    Ok(())
}
