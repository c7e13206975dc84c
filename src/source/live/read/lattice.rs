//! The resource configurations that connections name, those beside them, and their gateways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::named::Listed;
use super::{Services, each};
use crate::arn::Arn;
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Collection, Known, Scope, Unknown};

/// What was read of VPC Lattice.
pub struct Parts {
    /// Configurations that connections name, the groups they are children of, and those that share a gateway
    /// with them.
    pub configs: Collection<ResourceConfig>,
    /// The gateways of those configurations.
    pub gateways: Collection<Gateway>,
    /// Whether something that is named is gone, so that what it led to has to be found otherwise.
    pub broken: bool,
}

/// Answers by what was asked for.
type Answers<T> = BTreeMap<String, Result<Option<T>, Unknown>>;

/// Reads what `named` (ARNs) leads to.
pub async fn read(services: &Services, named: impl Future<Output = Arc<BTreeSet<String>>>) -> Parts {
    let lattice = &services.lattice;
    let (listed, gateways, named) = futures::join!(lattice.configs(), lattice.gateways(), named);
    let mut wanted = (*named).clone();
    let own = |arn: &&String| services.substitutes && is_own(arn, &services.scope);
    wanted.extend(listed.iter().flatten().map(|config| &config.arn).filter(own).cloned());
    let substitutes = gateways.iter().flatten().filter(|gateway| own(&&gateway.arn)).map(|gateway| gateway.id.clone());
    let substitutes: BTreeSet<String> = substitutes.collect();
    let (mut configs, mut described) = (Answers::new(), Answers::new());
    loop {
        let mut wanted_gateways = gateways_of(&services.scope, &wanted, &configs, &listed);
        wanted_gateways.extend(substitutes.iter().cloned());
        wanted.extend(beside(&wanted_gateways, &listed));
        wanted.extend(groups_of(&configs, &listed, &services.scope));
        let new: Vec<String> = wanted.iter().filter(|arn| !configs.contains_key(*arn)).cloned().collect();
        let new_gateways: Vec<String> = wanted_gateways.into_iter().filter(|id| !described.contains_key(id)).collect();
        if new.is_empty() && new_gateways.is_empty() {
            break;
        }
        let (new, new_gateways) = futures::join!(
            each(new, async |arn| (config(services, &arn).await, arn)),
            each(new_gateways, async |id| (lattice.gateway(&id).await, id)),
        );
        configs.extend(new.into_iter().map(|(answer, arn)| (arn, answer)));
        described.extend(new_gateways.into_iter().map(|(answer, id)| (id, answer)));
    }
    let listed_arn = |id: &str| gateways.iter().flatten().find(|gateway| gateway.id == id).map(|gateway| gateway.arn.clone());
    let gateway_arn = |id: &str| listed_arn(id).unwrap_or_else(|| arn(&services.scope, "resourcegateway", id));
    Parts {
        // Substitutes are looked for where something may be gone, which may leave no trace here.
        broken: services.substitutes || is_gone(&configs) || is_gone(&described),
        configs: whole(&listed, configs, |config| config.arn.clone(), str::to_owned),
        gateways: whole(&gateways, described, |gateway| gateway.arn.clone(), gateway_arn),
    }
}

fn is_gone<T>(answers: &Answers<T>) -> bool {
    answers.values().any(|answer| matches!(answer, Ok(None)))
}

/// A configuration of another account that AWS does not show may well exist there.
async fn config(services: &Services, arn: &str) -> Result<Option<ResourceConfig>, Unknown> {
    let answer = services.lattice.config(arn).await?;
    if answer.is_none() && !is_own(arn, &services.scope) {
        return Err(Unknown::foreign(format!("AWS does not show {arn} to account {}", services.scope.account)));
    }
    Ok(answer)
}

fn is_own(arn: &str, scope: &Scope) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.account == scope.account)
}

/// Ids of the gateways of the wanted configurations of this account, from the list or the description,
/// whichever came first.
fn gateways_of(
    scope: &Scope,
    wanted: &BTreeSet<String>,
    configs: &Answers<ResourceConfig>,
    listed: &Listed<ResourceConfig>,
) -> BTreeSet<String> {
    let described = configs.values().flatten().flatten();
    let known = listed.iter().flatten().filter(|config| wanted.contains(&config.arn)).chain(described);
    known.filter(|config| is_own(&config.arn, scope)).filter_map(|config| config.gateway_id.read().ok()?.clone()).collect()
}

/// ARNs of the listed configurations that share one of these gateways.
fn beside(gateways: &BTreeSet<String>, listed: &Listed<ResourceConfig>) -> Vec<String> {
    let shares = |config: &&ResourceConfig| matches!(config.gateway_id.read(), Ok(Some(id)) if gateways.contains(id));
    listed.iter().flatten().filter(shares).map(|config| config.arn.clone()).collect()
}

/// ARNs of the groups that described configurations are children of.
fn groups_of(configs: &Answers<ResourceConfig>, listed: &Listed<ResourceConfig>, scope: &Scope) -> Vec<String> {
    let ids = configs.values().flatten().flatten().filter_map(|config| config.group_id.read().ok()?.clone());
    let listed_arn = |id: &str| listed.iter().flatten().find(|config| config.id == id).map(|config| config.arn.clone());
    ids.map(|id| listed_arn(&id).unwrap_or_else(|| arn(scope, "resourceconfiguration", &id))).collect()
}

fn arn(scope: &Scope, kind: &str, id: &str) -> String {
    let partition = crate::host::partition_of_region(&scope.region).unwrap_or("aws");
    format!("arn:{partition}:vpc-lattice:{}:{}:{kind}/{id}", scope.region, scope.account)
}

/// The answers as a collection, unknown where the list is: what a list would have shown beside them decides
/// too.
fn whole<T>(listed: &Listed<T>, answers: Answers<T>, key: impl Fn(&T) -> String, asked_key: impl Fn(&str) -> String) -> Collection<T> {
    if let Err(unknown) = listed {
        return Known::Unknown(unknown.clone());
    }
    let entry = |(asked, answer): (String, Result<Option<T>, Unknown>)| match answer {
        Ok(found) => found.map(|found| (key(&found), Known::Value(found))),
        Err(unknown) => Some((asked_key(&asked), Known::Unknown(unknown))),
    };
    Known::Value(answers.into_iter().filter_map(entry).collect())
}
