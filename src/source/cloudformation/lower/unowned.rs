//! Parts of resources of which it is not known whose they are: a loop or a macro makes them, a condition decides, or a
//! parameter names the owner, which another stack may declare. Whoever may have one has parts that are not all known.

use std::collections::BTreeSet;

use super::{Item, Lowering, entry};
use crate::model::apigateway::Api;
use crate::model::ec2::{Peer, Permission, SecurityGroup};
use crate::model::iam::RolePolicy;
use crate::model::known::values_mut;
use crate::model::{Known, Region, Unknown};
use crate::source::cloudformation::resolve::{May, Mode};
use crate::source::document::Node;

const APIS: &[&str] = &["AWS::ApiGateway::RestApi", "AWS::Serverless::Api"];
const ACLS: &[&str] = &["AWS::EC2::NetworkAcl", "AWS::EC2::VPC"];
const GROUPS: &[&str] = &["AWS::EC2::SecurityGroup", "AWS::EC2::VPC"];
const TABLES: &[&str] = &["AWS::EC2::RouteTable"];
const VPCS: &[&str] = &["AWS::EC2::VPC"];
const ROLES: &[&str] = &["AWS::IAM::Role"];
const QUEUES: &[&str] = &["AWS::SQS::Queue"];

/// The types of parts, the property that names the owner, and the types of owners.
const PARTS: [(&str, &str, &[&str]); 23] = [
    ("AWS::ApiGateway::Authorizer", "RestApiId", APIS),
    ("AWS::ApiGateway::BasePathMapping", "DomainName", &["AWS::ApiGateway::DomainName"]),
    ("AWS::ApiGateway::BasePathMappingV2", "DomainNameArn", &["AWS::ApiGateway::DomainNameV2"]),
    ("AWS::ApiGateway::Deployment", "RestApiId", APIS),
    ("AWS::ApiGateway::Method", "RestApiId", APIS),
    ("AWS::ApiGateway::RequestValidator", "RestApiId", APIS),
    ("AWS::ApiGateway::Resource", "RestApiId", APIS),
    ("AWS::ApiGateway::Stage", "RestApiId", APIS),
    ("AWS::EC2::NetworkAclEntry", "NetworkAclId", ACLS),
    ("AWS::EC2::Route", "RouteTableId", TABLES),
    ("AWS::EC2::SecurityGroupEgress", "GroupId", GROUPS),
    ("AWS::EC2::SecurityGroupIngress", "GroupId", GROUPS),
    ("AWS::EC2::SubnetCidrBlock", "SubnetId", &["AWS::EC2::Subnet"]),
    ("AWS::EC2::SubnetNetworkAclAssociation", "NetworkAclId", ACLS),
    ("AWS::EC2::SubnetRouteTableAssociation", "RouteTableId", TABLES),
    ("AWS::EC2::VPCCidrBlock", "VpcId", VPCS),
    ("AWS::EC2::VPCDHCPOptionsAssociation", "VpcId", VPCS),
    ("AWS::Events::EventBusPolicy", "EventBusName", &["AWS::Events::EventBus"]),
    ("AWS::IAM::ManagedPolicy", "Roles", ROLES),
    ("AWS::IAM::Policy", "Roles", ROLES),
    ("AWS::IAM::RolePolicy", "RoleName", ROLES),
    ("AWS::SQS::QueueInlinePolicy", "Queue", QUEUES),
    ("AWS::SQS::QueuePolicy", "Queues", QUEUES),
];

/// A part of a type, where it is deployed, whose it may be, and why that is not known.
pub struct Unowned<'a> {
    kind: &'static str,
    place: (&'a str, &'a str),
    owners: BTreeSet<String>,
    why: Unknown,
}

impl<'a> Lowering<'_, 'a> {
    /// The parts without a known owner; to be looked for before anything is taken.
    pub(super) fn unowned(&self) -> Vec<Unowned<'a>> {
        let mut found = Vec::new();
        for (kind, property, owners) in PARTS {
            for item in self.items.get(kind).into_iter().flatten() {
                let Err(gap) = item.get(property).texts() else { continue };
                let owners = self.possible(item, property, owners);
                found.push(Unowned { kind, place: self.place(item), owners, why: item.unsure.clone().unwrap_or(gap) });
            }
        }
        found
    }

    /// The keys of the resources that a property of a part may name.
    fn possible(&self, item: &Item<'a>, property: &str, kinds: &[&str]) -> BTreeSet<String> {
        let node = item.declared.node.get("Properties").and_then(|properties| properties.get(property));
        let may = node.map_or(May { anything: true, ..May::default() }, |node| self.open(item.stack, node));
        let own = self.resolver.outermost(item.stack);
        let owners = kinds.iter().filter_map(|kind| self.items.get(kind)).flatten().filter(|owner| self.place(owner) == self.place(item));
        let named = owners.filter(|owner| {
            may.anything
                || (may.outside && self.resolver.outermost(owner.stack) != own)
                || self.names(owner).iter().any(|name| may.texts.contains(name))
        });
        named.flat_map(|owner| self.keys_of(owner)).collect()
    }

    /// What the parts of a list that are not known may come to, or the whole of any other value.
    fn open(&self, stack: usize, node: &'a Node) -> May {
        let unknown = |item: &&'a Node| self.resolver.value(stack, item, Mode::Plain).text().is_err();
        match node.items() {
            [] => self.resolver.may_be(stack, [node]),
            items => self.resolver.may_be(stack, items.iter().filter(unknown)),
        }
    }

    /// What other resources may call an owner.
    fn names(&self, owner: &Item<'a>) -> Vec<String> {
        let reference = self.resolver.of_resource(owner.stack, owner.declared.id, "", owner.declared.node.at).text().ok().flatten();
        let attributes = match owner.declared.kind {
            "AWS::EC2::VPC" => self.keys_of(owner),
            _ => vec![self.id(owner), self.arn(owner), self.name(owner)],
        };
        attributes.into_iter().chain(reference).collect()
    }

    /// The keys that an owner has in the model. A VPC has a group and a network ACL from the beginning.
    fn keys_of(&self, owner: &Item<'a>) -> Vec<String> {
        match owner.declared.kind {
            "AWS::EC2::VPC" => {
                let seed = self.seed(owner, "default");
                vec![self.id(owner), self.resolver.mint.id("sg", &seed), self.resolver.mint.id("acl", &seed)]
            }
            "AWS::SQS::Queue" | "AWS::Events::EventBus" | "AWS::IAM::Role" | "AWS::ApiGateway::DomainNameV2" => vec![self.arn(owner)],
            "AWS::ApiGateway::DomainName" => vec![self.name(owner)],
            _ => vec![self.id(owner)],
        }
    }

    /// Says of each resource that may have such a part that its parts are not all known.
    pub(super) fn may_own(&mut self, parts: Vec<Unowned<'a>>) {
        for Unowned { kind, place: (account, region), owners, why } in parts {
            for owner in owners {
                match kind {
                    "AWS::IAM::ManagedPolicy" | "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
                        let roles = &mut self.draft.accounts.entry(account.to_owned()).or_default().roles;
                        if let Some(Known::Value(policies)) = entry(roles, &owner).map(|role| &mut role.policies) {
                            policies.push(RolePolicy { name: "a policy whose role is not known".to_owned(), document: gap(&why) });
                        }
                    }
                    kind => spread(kind, self.region_of(account, region), &owner, &why),
                }
            }
        }
    }
}

fn gap<T>(why: &Unknown) -> Known<T> {
    Known::Unknown(why.clone())
}

/// Makes unknown what a part of this type would add to.
fn spread(kind: &str, region: &mut Region, owner: &str, why: &Unknown) {
    match kind.split("::").nth(1) {
        Some("ApiGateway") if kind.contains("BasePathMapping") => {
            entry(&mut region.domains, owner).into_iter().for_each(|domain| domain.mappings = gap(why));
        }
        Some("ApiGateway") => entry(&mut region.apis, owner).into_iter().for_each(|api| of_api(kind, api, why)),
        Some("Events") => entry(&mut region.buses, owner).into_iter().for_each(|bus| bus.policy = gap(why)),
        Some("SQS") => entry(&mut region.queues, owner).into_iter().for_each(|queue| queue.policy = gap(why)),
        _ => of_network(kind, region, owner, why),
    }
}

fn of_api(kind: &str, api: &mut Api, why: &Unknown) {
    match kind {
        "AWS::ApiGateway::Authorizer" => api.authorizers = gap(why),
        "AWS::ApiGateway::RequestValidator" => api.validators = gap(why),
        "AWS::ApiGateway::Stage" => api.stages = gap(why),
        "AWS::ApiGateway::Deployment" => (api.deployments, api.stages) = (gap(why), gap(why)),
        _ => more_methods(api, why),
    }
}

/// An API may have more methods than are known, and so may what is deployed of it.
pub(super) fn more_methods(api: &mut Api, why: &Unknown) {
    api.resources = gap(why);
    values_mut(&mut api.deployments).for_each(|deployment| deployment.summary = gap(why));
}

fn of_network(kind: &str, region: &mut Region, owner: &str, why: &Unknown) {
    if let Some(vpc) = entry(&mut region.vpcs, owner) {
        match kind {
            "AWS::EC2::VPCDHCPOptionsAssociation" => vpc.dhcp_options_id = gap(why),
            "AWS::EC2::VPCCidrBlock" => {
                vpc.cidrs = gap(why);
                // Each table has a route to each block.
                let tables = values_mut(&mut region.route_tables).filter(|table| table.vpc_id.read().is_ok_and(|vpc| vpc == owner));
                tables.for_each(|table| table.routes = gap(why));
            }
            _ => {}
        }
    }
    if let (Some(subnet), "AWS::EC2::SubnetCidrBlock") = (entry(&mut region.subnets, owner), kind) {
        subnet.cidrs = gap(why);
    }
    if let Some(table) = entry(&mut region.route_tables, owner) {
        match kind {
            "AWS::EC2::Route" => table.routes = gap(why),
            _ => table.subnet_ids = gap(why),
        }
    }
    if let Some(acl) = entry(&mut region.network_acls, owner) {
        match kind {
            "AWS::EC2::NetworkAclEntry" => acl.entries = gap(why),
            _ => acl.subnet_ids = gap(why),
        }
    }
    if let Some(group) = entry(&mut region.security_groups, owner) {
        more_permissions(group, kind == "AWS::EC2::SecurityGroupEgress", why);
    }
}

/// A group may have another permission. The one that AWS gives to groups without any is gone then.
fn more_permissions(group: &mut SecurityGroup, outgoing: bool, why: &Unknown) {
    let everywhere = |permission: &Known<Permission>| {
        permission.read().is_ok_and(|own| own.protocol == "-1" && own.peer == Peer::Cidr("0.0.0.0/0".to_owned()))
    };
    let list = if outgoing { &mut group.egress } else { &mut group.ingress };
    match list {
        Known::Value(permissions) if !outgoing || !permissions.iter().any(everywhere) => permissions.push(gap(why)),
        list => *list = gap(why),
    }
}
