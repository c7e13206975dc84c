//! Route 53: which private names a VPC sees. Global to an account, so all its regions share the gate.

use aws_sdk_route53::Client;
use aws_sdk_route53::types::VpcRegion;

use super::action::LIST_HOSTED_ZONES_BY_VPC;
use super::call::Gate;
use crate::model::more::HostedZone;
use crate::model::{Known, Reason, Unknown};

/// Route 53 in one account.
pub struct Zones {
    sdk: Client,
    gate: Gate,
}

impl Zones {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Zones { sdk, gate }
    }

    /// The private hosted zones of a VPC.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn of_vpc(&self, vpc: &str, region: &str) -> Result<Vec<HostedZone>, Unknown> {
        let list = self.sdk.list_hosted_zones_by_vpc().vpc_id(vpc).vpc_region(VpcRegion::from(region)).max_items(100);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_HOSTED_ZONES_BY_VPC, send, |page| (page.hosted_zone_summaries, page.next_token)).await;
        let zone = |item: aws_sdk_route53::types::HostedZoneSummary| HostedZone {
            id: item.hosted_zone_id,
            name: item.name.trim_end_matches('.').to_owned(),
            vpc_ids: vec![vpc.to_owned()],
            public_zone_id: Known::Unknown(Unknown::new(
                "route53:ListHostedZonesByName",
                Reason::NotCovered,
                "public hosted zones are not read",
            )),
        };
        Ok(pages.map_err(|failure| failure.into_unknown(LIST_HOSTED_ZONES_BY_VPC))?.into_iter().map(zone).collect())
    }
}
