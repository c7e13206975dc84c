//! Which deployed stack a template is, and what its resources are called there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::super::pair::items;
use crate::error::{Error, Result};
use crate::model::{Known, Scope, Unknown};
use crate::source::cloudformation::stacks::{Deployments, Described};
use crate::source::cloudformation::{Assembly, Real, Reals, Stack, transform};

/// The tag in which CloudFormation keeps the name of the stack.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
pub const STACK: &str = "aws:cloudformation:stack-name";
/// The tag in which CloudFormation keeps the name in the template.
pub const LOGICAL_ID: &str = "aws:cloudformation:logical-id";

/// Templates that are known to be stacks of an account.
pub struct Settled {
    /// The templates; stacks are called as they are deployed.
    pub assembly: Assembly,
    /// What CloudFormation told of their resources.
    pub reals: Reals,
    /// The stacks of which CloudFormation told what they have.
    pub told: BTreeSet<usize>,
    /// Their tags.
    pub stack_tags: HashMap<usize, BTreeMap<String, String>>,
    /// The stacks of which CloudFormation did not tell, and why.
    pub refused: BTreeMap<usize, Unknown>,
    /// What could not be found out.
    pub warnings: Vec<String>,
}

/// Logical ids by account, region and stack, as tags tell them.
type Tagged = BTreeMap<(Scope, String), BTreeSet<String>>;

/// Finds the stack of each template, and asks for what it has.
///
/// # Errors
/// Where it cannot be told which stack one is.
pub fn settle(assembly: Assembly, now: &Value, deployments: Option<&dyn Deployments>, named: Option<&str>) -> Result<Settled> {
    let scopes = scopes(now);
    let (reals, told, stack_tags, refused) = (Reals::default(), BTreeSet::new(), HashMap::new(), BTreeMap::new());
    let mut out = Settled { assembly, reals, told, stack_tags, refused, warnings: Vec::new() };
    let search = Search { tagged: tagged(now), scopes, deployments, named };
    if named.is_some() && out.assembly.stacks.iter().filter(|stack| stack.parent.is_none()).count() > 1 {
        return Err(Error::new("--stack-name is for a single template").next("leave it out, or name one template"));
    }
    for index in 0..out.assembly.stacks.len() {
        let found = match out.assembly.stacks[index].parent.clone() {
            None => search.root(&out.assembly.stacks[index], &mut out.warnings)?,
            Some((parent, logical_id)) => search.nested(&mut out, index, parent, &logical_id)?,
        };
        out.take(index, found);
        // The values that parameters have there decide what loops make.
        transform::extend(&mut out.assembly, index, Some(&out.reals))?;
    }
    Ok(out)
}

/// Where a stack is, what it is called, and what CloudFormation tells of it.
struct Place {
    scope: Scope,
    name: String,
    /// Nothing where nobody was asked, or there is no such stack.
    described: Known<Option<Described>>,
}

impl Settled {
    fn take(&mut self, index: usize, place: Place) {
        let Place { scope, name, described } = place;
        let stack = &mut self.assembly.stacks[index];
        (stack.account, stack.region, stack.name) = (Some(scope.account), Some(scope.region), name);
        let described = match described {
            Known::Value(Some(described)) => described,
            Known::Value(None) => return,
            Known::Unknown(why) => return drop(self.refused.insert(index, why)),
        };
        self.told.insert(index);
        self.stack_tags.insert(index, described.tags);
        self.reals.stacks.insert(index, described.id);
        let parameters = described.parameters.into_iter().map(|(name, value)| ((index, name), value));
        self.reals.parameters.extend(parameters);
        for member in described.members {
            let real = Real::of_physical_id(&member.kind, &member.physical_id);
            self.reals.resources.insert((index, member.logical_id), real);
        }
    }
}

struct Search<'s> {
    tagged: Tagged,
    scopes: Vec<Scope>,
    deployments: Option<&'s dyn Deployments>,
    named: Option<&'s str>,
}

impl Search<'_> {
    fn root(&self, stack: &Stack, warnings: &mut Vec<String>) -> Result<Place> {
        let fits = |scope: &&Scope| {
            stack.account.as_ref().is_none_or(|account| *account == scope.account)
                && stack.region.as_ref().is_none_or(|region| *region == scope.region)
        };
        let scopes: Vec<&Scope> = self.scopes.iter().filter(fits).collect();
        let file = stack.file.display();
        if scopes.is_empty() {
            let account = stack.account.as_ref().map_or(String::new(), |account| format!("account {account}"));
            let region = stack.region.as_deref().unwrap_or_default();
            return Err(Error::new(format!("{file}: is for {account} {region}, which was not read"))
                .next("name the region with --region and the account with --profile or --assume-role"));
        }
        let name = self.named.unwrap_or(&stack.name);
        let (mut found, refused) = self.asked(&scopes, name, warnings)?;
        if found.is_empty() {
            found.extend(self.by_tags(stack, &scopes, name, warnings)?);
        }
        match (found.pop(), scopes.as_slice()) {
            (Some(one), _) if found.is_empty() => Ok(one),
            (Some(_), _) => Err(Error::new(format!("{file}: the stack {name} is deployed more than once"))
                .next("name one region with --region, or one account with --profile or --assume-role")),
            (None, _) if self.named.is_some() && self.deployments.is_some() && refused.is_none() => {
                Err(Error::new(format!("there is no stack `{name}` in what was read")).next("check the name, and the region with --region"))
            }
            (None, [only]) => Ok(untold(only, name, refused)),
            (None, _) => Err(Error::new(format!("{file}: in which of {} regions it is deployed cannot be told", scopes.len()))
                .next("name its region with --region, or its stack with --stack-name")),
        }
    }

    /// The stacks of that name, and the last refusal. Where CloudFormation refuses to tell, tags and names have to do.
    fn asked(&self, scopes: &[&Scope], name: &str, warnings: &mut Vec<String>) -> Result<(Vec<Place>, Option<Unknown>)> {
        let (mut found, mut refused) = (Vec::new(), None);
        let Some(deployments) = self.deployments else { return Ok((found, refused)) };
        for scope in scopes {
            match deployments.stack(scope, name) {
                Ok(Some(described)) => found.push(place(scope, described)?),
                Ok(None) => {}
                Err(unknown) => {
                    // One refusal is met again with the next stack.
                    let warning = by_tags_alone(scope, &unknown);
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                    refused = Some(unknown);
                }
            }
        }
        Ok((found, refused))
    }

    /// The stack whose resources have the most of the template's names in their tags.
    fn by_tags(&self, stack: &Stack, scopes: &[&Scope], name: &str, warnings: &mut Vec<String>) -> Result<Option<Place>> {
        let declared: BTreeSet<&str> =
            stack.template.get("Resources").map(|node| node.entries()).into_iter().flatten().map(|(key, _)| key.text.as_str()).collect();
        let fits = |(scope, own): &(Scope, String)| scopes.contains(&scope) && self.named.is_none_or(|named| named == own);
        let mut best: Vec<(bool, usize, &(Scope, String))> = Vec::new();
        for (key, ids) in self.tagged.iter().filter(|(key, _)| fits(key)) {
            let hits = ids.iter().filter(|id| declared.contains(id.as_str())).count();
            best.push((key.1 == name, hits, key));
        }
        // A stack of two resources that both are called `Api` is not the template.
        best.retain(|(same, hits, key)| *same || *hits * 2 > self.tagged[*key].len());
        best.sort();
        match best.as_slice() {
            [] => Ok(None),
            [.., (false, one, (_, first)), (false, two, (_, second))] if one == two => {
                Err(Error::new(format!("{}: may be the stack {first} or {second}", stack.file.display())).next("name it with --stack-name"))
            }
            [.., (_, _, (scope, own))] => self.deployed(scope, own, warnings).map(Some),
        }
    }

    /// The stack of a name that is known to be there, with what can be told of it.
    fn deployed(&self, scope: &Scope, name: &str, warnings: &mut Vec<String>) -> Result<Place> {
        let (mut found, refused) = self.asked(&[scope], name, warnings)?;
        Ok(found.pop().unwrap_or_else(|| untold(scope, name, refused)))
    }

    /// A nested stack is a resource of its parent: its physical id is its ARN.
    fn nested(&self, settled: &mut Settled, index: usize, parent: usize, logical_id: &str) -> Result<Place> {
        let (own, above) = (&settled.assembly.stacks[index], &settled.assembly.stacks[parent]);
        let scope = Scope { account: above.account.clone().unwrap_or_default(), region: above.region.clone().unwrap_or_default() };
        if let Some(arn) = settled.reals.of(parent, logical_id).and_then(|real| real.arn.clone()) {
            return self
                .deployed(&scope, &arn, &mut settled.warnings)
                .map(|place| Place { name: stack_of(&arn).unwrap_or(&place.name).to_owned(), ..place });
        }
        let head = format!("{}-{logical_id}-", above.name);
        let mut named = self.tagged.keys().filter(|(place, name)| *place == scope && name.starts_with(&head));
        let name = named.next().map_or_else(|| own.name.clone(), |(_, name)| name.clone());
        Ok(untold(&scope, &name, settled.refused.get(&parent).cloned()))
    }
}

/// `arn:…:stack/NAME/UUID`
fn stack_of(arn: &str) -> Option<&str> {
    arn.split_once(":stack/")?.1.split('/').next()
}

fn place(scope: &Scope, described: Described) -> Result<Place> {
    if let Some(why) = described.unsettled() {
        let what = format!("the stack {} is in the state {}: {why}", described.name, described.status);
        return Err(Error::new(what).next("compare when it is deployed and at rest"));
    }
    Ok(Place { scope: scope.clone(), name: described.name.clone(), described: Known::Value(Some(described)) })
}

/// The place of a stack of which nobody told, perhaps because he would not.
fn untold(scope: &Scope, name: &str, refused: Option<Unknown>) -> Place {
    let described = refused.map_or(Known::Value(None), Known::Unknown);
    Place { scope: scope.clone(), name: name.to_owned(), described }
}

fn by_tags_alone(scope: &Scope, unknown: &Unknown) -> String {
    let why = &unknown.gap().why;
    let (account, region) = (&scope.account, &scope.region);
    format!("stacks in {account} {region} are known by tags and names alone, with the parameters of --parameters and defaults: {why}")
}

fn scopes(now: &Value) -> Vec<Scope> {
    let of = |(account, content): (&String, &Value)| {
        let regions = content.get("regions").and_then(Value::as_object).into_iter().flatten();
        regions.map(|(region, _)| Scope { account: account.clone(), region: region.clone() }).collect::<Vec<_>>()
    };
    now.as_object().into_iter().flatten().flat_map(of).collect()
}

fn tagged(now: &Value) -> Tagged {
    let mut tagged = Tagged::new();
    for item in items(now).filter(|item| !item.region.is_empty()) {
        let tag = |name: &str| item.value.get("tags")?.get(name)?.as_str();
        if let (Some(stack), Some(id)) = (tag(STACK), tag(LOGICAL_ID)) {
            let scope = Scope { account: item.account.to_owned(), region: item.region.to_owned() };
            tagged.entry((scope, stack.to_owned())).or_default().insert(id.to_owned());
        }
    }
    tagged
}

/// The names of the stacks by their places in the assembly.
pub fn names(assembly: &Assembly) -> HashMap<usize, String> {
    assembly.stacks.iter().map(|stack| stack.name.clone()).enumerate().collect()
}
