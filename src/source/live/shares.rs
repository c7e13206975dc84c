//! RAM: with whom resource configurations are shared.
//!
//! RAM may answer an empty page that has a token
//! (<https://docs.aws.amazon.com/ram/latest/APIReference/API_ListResources.html>); the token decides.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ram::Client;
use aws_sdk_ram::types::{Resource, ResourceOwner, ResourceShare};

use super::action::{GET_RESOURCE_SHARES, LIST_PRINCIPALS, LIST_SHARED_RESOURCES};
use super::call::{Gate, existing};
use super::convert::told;
use crate::model::more::Share;
use crate::model::{Known, Unknown};

/// What RAM calls a resource configuration.
const KIND: &str = "vpc-lattice:ResourceConfiguration";

/// RAM in one account and region.
pub struct Shares {
    sdk: Client,
    gate: Gate,
}

impl Shares {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Shares { sdk, gate }
    }

    /// The shares that hold one of `configs` (ARNs): the account's own, or those of others that it was given.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn shares(&self, own: bool, configs: &BTreeSet<String>) -> Result<Vec<Share>, Unknown> {
        let owner = if own { ResourceOwner::SelfValue } else { ResourceOwner::OtherAccounts };
        let held = self.held(&owner, configs).await?;
        if held.is_empty() {
            return Ok(Vec::new());
        }
        let arns: Vec<String> = held.keys().cloned().collect();
        let (shares, principals) = futures::join!(self.details(&owner, &arns), self.principals(&owner, &arns));
        Ok(shares?.into_iter().filter_map(|share| self::share(share, &held, &principals)).collect())
    }

    /// ARNs of the shares, each with the resource configurations of `configs` in it.
    async fn held(&self, owner: &ResourceOwner, configs: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>, Unknown> {
        let list = self.sdk.list_resources().resource_owner(owner.clone()).resource_type(KIND).max_results(500);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_SHARED_RESOURCES, send, |page| (page.resources.unwrap_or_default(), page.next_token)).await;
        let mut held: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Resource { arn, resource_share_arn, .. } in existing(pages)?.unwrap_or_default() {
            if let (Some(arn), Some(share)) = (arn.filter(|arn| configs.contains(arn)), resource_share_arn) {
                held.entry(share).or_default().insert(arn);
            }
        }
        Ok(held)
    }

    async fn details(&self, owner: &ResourceOwner, arns: &[String]) -> Result<Vec<ResourceShare>, Unknown> {
        let list =
            self.sdk.get_resource_shares().resource_owner(owner.clone()).set_resource_share_arns(Some(arns.to_vec())).max_results(500);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(GET_RESOURCE_SHARES, send, |page| (page.resource_shares.unwrap_or_default(), page.next_token)).await;
        existing(pages).map(Option::unwrap_or_default)
    }

    /// Whom each share is shared with.
    async fn principals(&self, owner: &ResourceOwner, arns: &[String]) -> Result<BTreeMap<String, BTreeSet<String>>, Unknown> {
        let list = self.sdk.list_principals().resource_owner(owner.clone()).set_resource_share_arns(Some(arns.to_vec())).max_results(500);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_PRINCIPALS, send, |page| (page.principals.unwrap_or_default(), page.next_token)).await;
        let mut principals: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for principal in existing(pages)?.unwrap_or_default() {
            if let (Some(id), Some(share)) = (principal.id, principal.resource_share_arn) {
                principals.entry(share).or_default().insert(id);
            }
        }
        Ok(principals)
    }
}

type OfShare = BTreeMap<String, BTreeSet<String>>;

fn share(item: ResourceShare, held: &OfShare, principals: &Result<OfShare, Unknown>) -> Option<Share> {
    let arn = item.resource_share_arn?;
    let of = |map: &OfShare| map.get(&arn).into_iter().flatten().cloned().collect::<Vec<_>>();
    Some(Share {
        name: item.name.unwrap_or_default(),
        status: told(GET_RESOURCE_SHARES, "status", item.status.map(|status| status.as_str().to_owned())),
        resource_arns: Known::Value(of(held)),
        principals: Known::from(principals.as_ref().map(of).map_err(Clone::clone)),
        arn,
    })
}
