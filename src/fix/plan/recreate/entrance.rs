//! A new gateway.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Refused, manual};
use super::group::{self, Peers};
use super::{Case, Names, Site, Tags, Work, active, arn, tagged, there, unused};
use crate::fix::step::{Call, Place, Step};
use crate::model::Kind;
use crate::model::ec2::{Endpoint, Subnet};
use crate::model::lattice::Gateway;
use crate::rules::gateway::comparable;

/// What a gateway is made with.
pub struct Entrance {
    name: String,
    scope: (String, String),
    vpc: String,
    subnets: Vec<String>,
    groups: Groups,
    family: String,
    addresses: Option<i64>,
    /// `PUBLIC` or `IN_VPC`.
    pub mode: String,
    tags: Tags,
}

/// The security groups of a gateway.
enum Groups {
    /// Those that are there.
    These(Vec<String>),
    /// A new one, which lets TCP 443 out to the endpoint and is let in there.
    New(Peers),
}

impl Entrance {
    /// One like an old one.
    pub fn like(case: &Case<'_>, old: &Site<'_, Gateway>) -> Result<Self, Refused> {
        Ok(Entrance {
            name: unused(case, Names::Gateways, &old.value.name),
            scope: (old.account.to_owned(), old.region.to_owned()),
            vpc: old.value.vpc_id.read()?.clone(),
            subnets: old.value.subnet_ids.read()?.clone(),
            groups: Groups::These(old.value.security_group_ids.read()?.clone()),
            family: old.value.ip_address_type.read()?.clone(),
            addresses: *old.value.ipv4_per_interface.read()?,
            mode: old.value.dns_resolution.read()?.clone(),
            tags: old.value.tags.read()?.clone(),
        })
    }

    /// One in the subnets of an endpoint.
    pub fn at(case: &Case<'_>, endpoint: &Site<'_, Endpoint>, name: &str, scope: (&str, &str)) -> Result<Self, Refused> {
        if endpoint.account != scope.0 {
            return manual(format!("the endpoint's VPC belongs to account {}", endpoint.account));
        }
        let family = match endpoint.value.ip_address_type.read()?.as_deref() {
            Some("ipv6") => "IPV6",
            Some("dualstack") => "DUALSTACK",
            _ => "IPV4",
        };
        Ok(Entrance {
            name: unused(case, Names::Gateways, name),
            scope: (scope.0.to_owned(), scope.1.to_owned()),
            vpc: endpoint.value.vpc_id.read()?.clone(),
            subnets: endpoint.value.subnet_ids.read()?.clone(),
            groups: Groups::New(group::peers(case, endpoint, name)?),
            family: family.to_owned(),
            addresses: None,
            mode: "PUBLIC".to_owned(),
            tags: Tags::new(),
        })
    }

    /// Adds a subnet in each zone of the VPC that has none yet and of which a subnet is known.
    pub fn spread(&mut self, case: &Case<'_>, old: &Site<'_, Gateway>) -> Result<(), Refused> {
        let mut known: Vec<(&str, &Subnet)> = Vec::new();
        for id in old.value.subnet_ids.read()? {
            let subnet = there(case.estate.subnet((old.account, old.region), id));
            known.push((id, subnet.ok_or_else(|| Refused::new(format!("{id} was not read")))?.value));
        }
        for subnet in case.estate.all(Kind::Subnet, |region| &region.subnets) {
            if subnet.region == old.region && *subnet.value.vpc_id.read()? == self.vpc {
                known.push((subnet.key, subnet.value));
            }
        }
        let mut told = Vec::with_capacity(known.len());
        for (_, subnet) in &known {
            told.push((subnet.zone_id.read()?.as_deref(), subnet.zone.read()?.as_str()));
        }
        let mut zones: BTreeMap<&str, String> = BTreeMap::new();
        for ((id, _), zone) in known.iter().zip(comparable(&told)) {
            zones.entry(zone).or_insert_with(|| (*id).to_owned());
        }
        if zones.len() < 2 {
            return manual("no subnet of the VPC in another Availability Zone is known");
        }
        self.subnets = zones.into_values().collect();
        Ok(())
    }
}

impl Work<'_, '_> {
    /// Makes the gateway, and its group where it needs one; what stands for its id.
    pub fn entrance(&mut self, entrance: &Entrance) -> Result<String, Refused> {
        let scope = (entrance.scope.0.as_str(), entrance.scope.1.as_str());
        let groups = match &entrance.groups {
            Groups::These(groups) => groups.clone(),
            Groups::New(peers) => vec![self.group(peers, scope, &entrance.vpc)?],
        };
        let id = self.draft.token();
        let arn = arn(scope, "resourcegateway", &id);
        let at = Place::new(scope, "gateways", &arn);
        let mut made = json!({"arn": arn, "id": id, "name": entrance.name, "vpc_id": entrance.vpc, "subnet_ids": entrance.subnets,
            "security_group_ids": groups, "ip_address_type": entrance.family, "dns_resolution": entrance.mode});
        let mut parameters = json!({"name": entrance.name, "vpcIdentifier": entrance.vpc, "subnetIds": entrance.subnets,
            "securityGroupIds": groups, "ipAddressType": entrance.family, "resourceConfigDnsResolution": entrance.mode,
            "tags": tagged(&entrance.tags)});
        if let Some(number) = entrance.addresses {
            made["ipv4_per_interface"] = json!(number);
            parameters["ipv4AddressesPerEni"] = json!(number);
        }
        let title = format!("make resource gateway {} in {}", entrance.name, entrance.vpc);
        let step = Step::new(scope, title, Call::new("vpc-lattice", "CreateResourceGateway", parameters));
        let delete = Call::new("vpc-lattice", "DeleteResourceGateway", json!({"resourceGatewayIdentifier": id}));
        let step = step.change(&at, "", Value::Null, made).assume(&at, "/status", json!("ACTIVE")).makes("/id");
        self.add(step.undo(delete).wait(active(&at)));
        Ok(id)
    }
}
