//! Resources that were deleted and made again, and policies that were saved and not deployed.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::change::{Change, Difference};
use super::fields::{Treat, field};
use super::holders::{Holder, holders};
use super::ids::{self, Ids};
use super::kinds::Filled;
use super::pair::{Pair, Pairs};
use super::place::place;
use crate::rules::verdict::{Evidence, Severity};

/// One difference for each resource that has another id, with everybody who still names the old one. Where everything has
/// another id and nobody names an old one, it is the same stack built anew: its ids must be new, which is told in words
/// and is no difference.
pub fn identities(pairs: &Pairs<'_>, present: &Value) -> (Vec<Difference>, Vec<String>) {
    let renewed: Vec<&Pair<'_>> =
        pairs.both.iter().filter(|pair| pair.renewed && !matches!(pair.old.sort.filled, Filled::ByAws | Filled::Passing)).collect();
    let (mut old_ids, mut owners) = (Vec::new(), Vec::new());
    for (owner, pair) in renewed.iter().enumerate() {
        for id in ids::changed((pair.old.key, pair.old.value), (pair.new.key, pair.new.value)) {
            old_ids.push(id);
            owners.push(owner);
        }
    }
    let finder = Ids::new(old_ids);
    let mut stale: HashMap<usize, Vec<Evidence>> = HashMap::new();
    for holder in holders(present, &finder).iter().filter(|holder| counts(holder)) {
        stale.entry(owners[holder.id]).or_default().push(evidence(holder, &finder));
    }
    let scope = |pair: &Pair<'_>| (pair.new.account.to_owned(), pair.new.region.to_owned());
    let of_chain = pairs.both.iter().filter(|pair| CHAIN.contains(&pair.new.collection));
    let mut anew: BTreeMap<(String, String), bool> = BTreeMap::new();
    of_chain.for_each(|pair| *anew.entry(scope(pair)).or_insert(true) &= pair.renewed);
    for (_, pair) in renewed.iter().enumerate().filter(|(owner, _)| stale.contains_key(owner)) {
        anew.insert(scope(pair), false);
    }
    let is_anew = |pair: &Pair<'_>| anew.get(&scope(pair)) == Some(&true);
    let rebuilt = anew.iter().filter(|(_, anew)| **anew).map(|((account, region), _)| {
        format!("account {account} in {region}: everything was built anew under other ids, and everything names the new ones")
    });
    let singly = renewed.iter().enumerate().filter(|(_, pair)| !is_anew(pair));
    let differences = singly.map(|(owner, pair)| identity(pair, stale.remove(&owner).unwrap_or_default())).collect();
    (differences, rebuilt.collect())
}

/// What an integration cannot do without.
const CHAIN: [&str; 5] = ["destinations", "connections", "resource_configs", "gateways", "apis"];

/// What AWS sets itself is not anybody's to mend.
fn counts(holder: &Holder<'_>) -> bool {
    let path: Vec<&str> = holder.path.iter().map(String::as_str).collect();
    !matches!(field(holder.item.collection, &path), (_, Treat::Ignore | Treat::Presence))
}

fn evidence(holder: &Holder<'_>, finder: &Ids) -> Evidence {
    let (resource, pointer) = place(&holder.item, holder.item.value, &holder.path);
    Evidence::new(resource, pointer).observed(holder.text).expected(finder.text(holder.text))
}

fn identity(pair: &Pair<'_>, stale: Vec<Evidence>) -> Difference {
    let (resource, _) = place(&pair.new, pair.new.value, &[]);
    let (before, _) = place(&pair.old, pair.old.value, &[]);
    let field = if pair.new.value.get("arn").is_some() { "/arn" } else { "/id" };
    let note = match stale.len() {
        0 => "Everything that was read and names it names the new one.".to_owned(),
        1 => "One place still names the old one.".to_owned(),
        many => format!("{many} places still name the old one."),
    };
    Difference {
        change: Change::Identity,
        collection: pair.new.collection.to_owned(),
        key: pair.new.key.to_owned(),
        pointer: field.to_owned(),
        before: json!(pair.old.key),
        after: json!(pair.new.key),
        shown: (before.id, resource.id.clone()),
        resource,
        // Once everybody names the new one it is another finding: that the resource is a new one stays true.
        facet: if stale.is_empty() { String::new() } else { "stale".to_owned() },
        severity: stale.is_empty().then_some(Severity::Info),
        note: Some(note),
        related: stale,
    }
}

/// A policy of an API takes effect with the next deployment; one difference for each stage that had none since.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html>
pub fn undeployed(pair: &Pair<'_>, differences: &[Difference]) -> Vec<Difference> {
    let saved =
        |difference: &Difference| difference.change == Change::Policy && difference.collection == "apis" && difference.key == pair.new.key;
    if pair.new.collection != "apis" || pair.renewed || !differences.iter().any(saved) {
        return Vec::new();
    }
    let ids = |api: &Value| -> BTreeMap<String, Value> {
        let stages = api.get("stages").and_then(Value::as_object).into_iter().flatten();
        stages.map(|(name, stage)| (name.clone(), stage["deployment_id"].clone())).collect()
    };
    let before = ids(pair.old.value);
    let kept = ids(pair.new.value).into_iter().filter(|(name, id)| id.is_string() && before.get(name) == Some(id));
    kept.map(|(name, id)| {
        let (resource, pointer) = place(&pair.new, pair.new.value, &["stages".to_owned(), name, "deployment_id".to_owned()]);
        Difference {
            change: Change::Deployment,
            resource,
            collection: pair.new.collection.to_owned(),
            key: pair.new.key.to_owned(),
            pointer,
            shown: ("a deployment made after the policy was saved".to_owned(), id.as_str().unwrap_or_default().to_owned()),
            before: id.clone(),
            after: id,
            facet: "policy".to_owned(),
            severity: Some(Severity::High),
            note: Some("The API's policy was saved and the stage was not deployed since, so the old one is in force.".to_owned()),
            related: Vec::new(),
        }
    })
    .collect()
}
