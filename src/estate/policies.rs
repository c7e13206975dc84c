//! The policy documents of a snapshot, each parsed once.

use foldhash::HashMap;
use serde_json::Value;

use crate::host::partition_of_region;
use crate::model::iam::Role;
use crate::model::{Collection, Known, Region, Unknown};
use crate::policy::{Policy, PolicyError, ShortForm};

use super::request::owner_of;
use super::{Estate, values, values_by_key};

/// Parsed policies by the place of their JSON in the snapshot, which is borrowed as long as this lives.
#[derive(Default)]
pub(super) struct Policies(HashMap<usize, Result<Policy, PolicyError>>);

impl Policies {
    /// The policies of a region's resources.
    pub(super) fn add_region(&mut self, account: &str, region: &str, inventory: &Region) {
        let partition = partition_of_region(region).unwrap_or("aws");
        let owner = format!("arn:{partition}:execute-api:{region}:{account}:");
        for (id, api) in values_by_key(&inventory.apis) {
            self.add_optional(&api.policy, Some(ShortForm::new(&format!("{owner}{id}"))));
        }
        for domain in values(&inventory.domains) {
            // API Gateway saves `execute-api:/*` as the domain name's own ARN, `…:/domainnames/NAME+ID`.
            let owner = format!("arn:{partition}:execute-api:{region}:{}:", owner_of(domain, account));
            self.add_optional(&domain.policy, Some(ShortForm::new(&owner)));
        }
        values(&inventory.endpoints).for_each(|endpoint| self.add_optional(&endpoint.policy, None));
        values(&inventory.buses).for_each(|bus| self.add_optional(&bus.policy, None));
        values(&inventory.queues).for_each(|queue| self.add_optional(&queue.policy, None));
        values(&inventory.keys).for_each(|key| self.add(&key.policy, None));
    }

    /// The trust policies, permissions and boundaries of an account's roles.
    pub(super) fn add_roles(&mut self, roles: &Collection<Role>) {
        for role in values(roles) {
            self.add(&role.trust, None);
            let boundary = role.boundary.read().into_iter().flatten();
            for policy in role.policies.read().into_iter().flatten().chain(boundary) {
                self.add(&policy.document, None);
            }
        }
    }

    fn add_optional(&mut self, policy: &Known<Option<Value>>, short: Option<ShortForm>) {
        if let Known::Value(Some(document)) = policy {
            self.parse(document, short);
        }
    }

    fn add(&mut self, policy: &Known<Value>, short: Option<ShortForm>) {
        if let Known::Value(document) = policy {
            self.parse(document, short);
        }
    }

    fn parse(&mut self, document: &Value, short: Option<ShortForm>) {
        let policy = Policy::from_value(document).map(|policy| match short {
            Some(short) => policy.expanded(&short),
            None => policy,
        });
        self.0.insert(place(document), policy);
    }
}

impl Estate<'_> {
    /// The parsed form of a policy document of this snapshot. Short resources (`execute-api:/…`) of APIs and domain
    /// names are written out.
    ///
    /// # Errors
    /// Unresolved, if it is no policy that AWS could have.
    pub fn policy(&self, document: &Value) -> Result<&Policy, Unknown> {
        match self.policies.0.get(&place(document)) {
            Some(Ok(policy)) => Ok(policy),
            Some(Err(error)) => Err(Unknown::unresolved(format!("the policy cannot be read: {error}"))),
            None => Err(Unknown::unresolved("the policy is not part of this snapshot")),
        }
    }
}

fn place(document: &Value) -> usize {
    std::ptr::from_ref(document).addr()
}
