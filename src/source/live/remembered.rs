//! What a baseline knows of and chains need not name any more: it is asked for as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Snapshot;
use crate::model::apigateway::Api;

/// What is read although nothing names it.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// Names of APIs, which may have been made again under other ids.
    pub apis: BTreeSet<String>,
    /// Deployments that stages may be led back to, by API.
    pub deployments: BTreeMap<String, BTreeSet<String>>,
}

impl Remembered {
    /// What a baseline knows of.
    pub fn of(baseline: &Snapshot) -> Self {
        let apis = baseline.scopes().filter_map(|(_, region)| region.apis.read().ok()).flatten().filter_map(|(_, api)| api.read().ok());
        let mut remembered = Remembered::default();
        for api in apis {
            remembered.apis.insert(api.name.clone());
            remembered.deployments.insert(api.id.clone(), served(api));
        }
        remembered
    }
}

fn served(api: &Api) -> BTreeSet<String> {
    let stages = api.stages.read().into_iter().flat_map(BTreeMap::values);
    stages.filter_map(|stage| stage.deployment_id.read().ok().cloned().flatten()).collect()
}
