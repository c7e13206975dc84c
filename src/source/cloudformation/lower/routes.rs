//! Route tables with their routes and the subnets they hold for.

use super::super::origins::Table;
use super::acls::associate;
use super::{Item, Lowering, entry, must};
use crate::model::ec2::{Route, RouteTable};
use crate::model::{Kind, Known, Unknown};

const TABLE: Table = &[("/vpc_id", "VpcId")];

/// Properties of a route that say where it leads.
const TARGETS: [&str; 11] = [
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "EgressOnlyInternetGatewayId",
    "VpcEndpointId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn routes(&mut self) {
        self.main_tables();
        self.take("AWS::EC2::RouteTable").iter().for_each(|item| self.route_table(item));
        self.take("AWS::EC2::Route").iter().for_each(|item| self.route(item));
        self.take("AWS::EC2::SubnetRouteTableAssociation").iter().for_each(|item| self.route_association(item));
    }

    /// The table that AWS makes with each VPC, for subnets without another.
    fn main_tables(&mut self) {
        let mint = &self.resolver.mint;
        for region in self.draft.accounts.values_mut().flat_map(|account| account.regions.values_mut()) {
            let (Known::Value(vpcs), Known::Value(tables)) = (&region.vpcs, &mut region.route_tables) else { continue };
            for (id, vpc) in vpcs {
                let Known::Value(vpc) = vpc else { continue };
                let table = RouteTable {
                    id: mint.id("rtb", id),
                    vpc_id: Known::Value(id.clone()),
                    main: Known::Value(true),
                    subnet_ids: Known::default(),
                    routes: vpc.cidrs.clone().map(local),
                };
                tables.insert(table.id.clone(), Known::Value(table));
            }
        }
    }

    fn route_table(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let vpc_id = must(item, "VpcId");
        let routes = match &vpc_id {
            Known::Value(vpc) => match entry(&mut self.region(item).vpcs, vpc) {
                Some(vpc) => vpc.cidrs.clone().map(local),
                None => Known::Unknown(super::foreign(vpc)),
            },
            Known::Unknown(unknown) => Known::Unknown(unknown.clone()),
        };
        let table = RouteTable { id: id.clone(), vpc_id, main: Known::Value(false), subnet_ids: Known::default(), routes };
        self.put(item, Kind::Network, &id, table, TABLE, |region| &mut region.route_tables);
    }

    fn route(&mut self, item: &Item<'a>) {
        let Ok(Some(id)) = item.get("RouteTableId").text() else { return };
        let read = item.sure(route(item));
        let Some(table) = entry(&mut self.region(item).route_tables, &id) else { return };
        let index = match (read, &mut table.routes) {
            (Ok(route), Known::Value(routes)) => {
                routes.push(route);
                routes.len() - 1
            }
            (Err(unknown), routes) => {
                *routes = Known::Unknown(unknown);
                return;
            }
            (Ok(_), Known::Unknown(_)) => return,
        };
        self.points(item, Kind::Network, &id, format!("/routes/{index}"), item.origin(&[]));
    }

    fn route_association(&mut self, item: &Item<'a>) {
        let Ok(Some(id)) = item.get("RouteTableId").text() else { return };
        let subnet = item.sure(item.get("SubnetId").must("SubnetId"));
        if let Some(table) = entry(&mut self.region(item).route_tables, &id) {
            associate(&mut table.subnet_ids, subnet);
        }
    }
}

fn local(cidrs: Vec<String>) -> Vec<Route> {
    let route = |destination| Route { destination, target: "local".to_owned(), state: "active".to_owned() };
    cidrs.into_iter().map(route).collect()
}

fn route(item: &Item<'_>) -> Result<Route, Unknown> {
    let text = |name: &str| item.get(name).text();
    let destination = text("DestinationCidrBlock")?.or(text("DestinationIpv6CidrBlock")?).or(text("DestinationPrefixListId")?);
    let mut target = None;
    for name in TARGETS {
        target = target.or(text(name)?);
    }
    match (destination, target) {
        (Some(destination), Some(target)) => Ok(Route { destination, target, state: "active".to_owned() }),
        _ => Err(Unknown::unresolved("a route needs a destination and a target")),
    }
}
