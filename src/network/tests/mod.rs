//! The evaluator against tables worked out from AWS's documentation, on patched copies of one healthy estate.

use serde_json::{Value, json};

use super::*;
use crate::model::{Collection, Known, Region};

mod acl;
mod ends;
mod families;
mod groups;
mod hostile;
mod proof;
mod routes;
mod wide;

/// An estate with one gateway `rgw-1`, one configuration `rcfg-1` and one endpoint `vpce-1`.
struct World(Region);

/// Two gateway subnets, two endpoint interfaces in others, groups that name each other, default ACL and table.
fn healthy() -> Value {
    let subnet = |id: &str, cidr: &str| json!({"id": id, "vpc_id": "vpc-1", "cidrs": [cidr], "zone": "eu-west-1a"});
    let interface = |id: &str, subnet: &str, address: &str| json!({"id": id, "subnet_id": subnet, "vpc_id": "vpc-1", "addresses": [address], "group_ids": ["sg-ep"]});
    json!({
        "vpcs": {"vpc-1": {"id": "vpc-1", "cidrs": ["10.0.0.0/16"]}},
        "subnets": {
            "subnet-a": subnet("subnet-a", "10.0.1.0/24"), "subnet-b": subnet("subnet-b", "10.0.2.0/24"),
            "subnet-c": subnet("subnet-c", "10.0.3.0/24"), "subnet-d": subnet("subnet-d", "10.0.4.0/24"),
        },
        "interfaces": {"eni-c": interface("eni-c", "subnet-c", "10.0.3.10"), "eni-d": interface("eni-d", "subnet-d", "10.0.4.10")},
        "security_groups": {
            "sg-gw": {"id": "sg-gw", "name": "gw", "owner": "111122223333", "vpc_id": "vpc-1", "egress": [tcp(443, group("sg-ep"))]},
            "sg-ep": {"id": "sg-ep", "name": "ep", "owner": "111122223333", "vpc_id": "vpc-1", "ingress": [tcp(443, group("sg-gw"))]},
        },
        "network_acls": {"acl-1": {"id": "acl-1", "vpc_id": "vpc-1", "default": true, "entries": default_entries()}},
        "route_tables": {"rtb-1": {"id": "rtb-1", "vpc_id": "vpc-1", "main": true, "routes": [route("10.0.0.0/16", "local")]}},
        "gateways": {"rgw-1": {
            "arn": "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/rgw-1", "id": "rgw-1", "name": "g", "status": "ACTIVE",
            "vpc_id": "vpc-1", "subnet_ids": ["subnet-a", "subnet-b"], "security_group_ids": ["sg-gw"],
            "ip_address_type": "IPV4", "dns_resolution": "PUBLIC",
        }},
        "resource_configs": {"rcfg-1": {
            "arn": "arn:aws:vpc-lattice:eu-west-1:111122223333:resourceconfiguration/rcfg-1", "id": "rcfg-1", "name": "c",
            "kind": "SINGLE", "status": "ACTIVE", "gateway_id": "rgw-1", "ip_address_type": "IPV4",
            "domain": "vpce-1-abc.execute-api.eu-west-1.vpce.amazonaws.com", "port_ranges": ["443"],
        }},
        "endpoints": {"vpce-1": {
            "id": "vpce-1", "service": "com.amazonaws.eu-west-1.execute-api", "kind": "Interface", "vpc_id": "vpc-1", "state": "available",
            "subnet_ids": ["subnet-c", "subnet-d"], "interface_ids": ["eni-c", "eni-d"], "security_group_ids": ["sg-ep"],
            "ip_address_type": "ipv4", "dns_record_ip_type": "ipv4",
        }},
    })
}

/// What AWS puts into a VPC's default network ACL
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
fn default_entries() -> Value {
    let pair = |egress: bool| [allow(100, egress, "-1", "0.0.0.0/0"), deny(32767, egress, "-1", "0.0.0.0/0")];
    json!(pair(false).into_iter().chain(pair(true)).collect::<Vec<_>>())
}

fn allow(number: i32, egress: bool, protocol: &str, cidr: &str) -> Value {
    json!({"number": number, "egress": egress, "allow": true, "protocol": protocol, "cidr": cidr})
}

fn deny(number: i32, egress: bool, protocol: &str, cidr: &str) -> Value {
    json!({"number": number, "egress": egress, "allow": false, "protocol": protocol, "cidr": cidr})
}

/// An ACL entry with a port range.
fn on_ports(mut entry: Value, from: i32, to: i32) -> Value {
    entry["from"] = json!(from);
    entry["to"] = json!(to);
    entry
}

fn route(destination: &str, target: &str) -> Value {
    json!({"destination": destination, "target": target, "state": "active"})
}

fn cidr(text: &str) -> Value {
    json!({"cidr": text})
}

fn group(id: &str) -> Value {
    json!({"group": id})
}

fn list(id: &str) -> Value {
    json!({"prefix-list": id})
}

fn tcp(port: i32, peer: Value) -> Value {
    permission("tcp", port, port, peer)
}

fn permission(protocol: &str, from: i32, to: i32, peer: Value) -> Value {
    json!({"protocol": protocol, "from": from, "to": to, "peer": peer})
}

fn all(peer: Value) -> Value {
    json!({"protocol": "-1", "peer": peer})
}

fn unknown() -> Value {
    json!({"$unknown": {"call": "ec2:Describe", "reason": "denied", "why": "no permission"}})
}

/// RFC 7396, but what is not known takes the place of what is.
fn merge(target: &mut Value, patch: Value) {
    match patch {
        Value::Object(patch) if !patch.contains_key("$unknown") => {
            if !target.is_object() {
                *target = json!({});
            }
            for (key, value) in patch {
                match value {
                    Value::Null => drop(target.as_object_mut().expect("an object").remove(&key)),
                    value => merge(&mut target[&key], value),
                }
            }
        }
        other => *target = other,
    }
}

/// The healthy estate with a change.
fn world(patch: Value) -> World {
    let mut state = healthy();
    merge(&mut state, patch);
    World(serde_json::from_value(state).expect("a region"))
}

/// The healthy estate with other permissions.
fn egress_of(permissions: Value) -> World {
    world(json!({"security_groups": {"sg-gw": {"egress": permissions}}}))
}

fn ingress_of(permissions: Value) -> World {
    world(json!({"security_groups": {"sg-ep": {"ingress": permissions}}}))
}

fn look_up<'a, T>(collection: &'a Collection<T>, id: &str) -> Found<'a, T> {
    collection.read()?.get(id).map(Known::read).transpose()
}

impl World {
    fn gateway(&self) -> &Gateway {
        look_up(&self.0.gateways, "rgw-1").expect("known").expect("there")
    }

    fn config(&self) -> &ResourceConfig {
        look_up(&self.0.resource_configs, "rcfg-1").expect("known").expect("there")
    }

    fn endpoint(&self) -> &Endpoint {
        look_up(&self.0.endpoints, "vpce-1").expect("known").expect("there")
    }

    fn path(&self) -> Path<'_> {
        Path::new(self, self.gateway(), self.config(), self.endpoint(), 443)
    }

    /// The table associated with a subnet, or else the one of its VPC that stands in.
    fn of_subnet<'a, T>(
        &'a self,
        subnet: &str,
        tables: &'a Collection<T>,
        subnets: impl Fn(&T) -> &Known<Vec<String>>,
        stands_in: impl Fn(&T) -> (&Known<String>, &Known<bool>),
    ) -> Found<'a, T> {
        for table in tables.read()?.values() {
            if subnets(table.read()?).read()?.iter().any(|id| id == subnet) {
                return table.read().map(Some);
            }
        }
        let Some(subnet) = self.subnet(subnet)? else { return Ok(None) };
        for table in tables.read()?.values() {
            let (vpc, default) = stands_in(table.read()?);
            if *default.read()? && vpc.read()? == subnet.vpc_id.read()? {
                return table.read().map(Some);
            }
        }
        Ok(None)
    }
}

impl Facts for World {
    fn group(&self, id: &str) -> Found<'_, SecurityGroup> {
        look_up(&self.0.security_groups, id)
    }

    fn subnet(&self, id: &str) -> Found<'_, Subnet> {
        look_up(&self.0.subnets, id)
    }

    fn interface(&self, id: &str) -> Found<'_, Interface> {
        look_up(&self.0.interfaces, id)
    }

    fn vpc(&self, id: &str) -> Found<'_, Vpc> {
        look_up(&self.0.vpcs, id)
    }

    fn prefix_list(&self, id: &str) -> Found<'_, PrefixList> {
        look_up(&self.0.prefix_lists, id)
    }

    fn acl_of_subnet(&self, subnet: &str) -> Found<'_, NetworkAcl> {
        self.of_subnet(subnet, &self.0.network_acls, |acl| &acl.subnet_ids, |acl| (&acl.vpc_id, &acl.default))
    }

    fn route_table_of_subnet(&self, subnet: &str) -> Found<'_, RouteTable> {
        self.of_subnet(subnet, &self.0.route_tables, |table| &table.subnet_ids, |table| (&table.vpc_id, &table.main))
    }
}

/// What a test expects of a question.
const ALLOWED: Result<Verdict, ()> = Ok(Verdict::Allowed);
const PARTIAL: Result<Verdict, ()> = Ok(Verdict::Partial);
const BLOCKED: Result<Verdict, ()> = Ok(Verdict::Blocked);
const UNKNOWN: Result<Verdict, ()> = Err(());

fn verdict(answer: &Answer<'_>) -> Result<Verdict, ()> {
    answer.verdict().map_err(drop)
}

/// A reproducible sequence (Knuth's MMIX constants).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Two numbers in order.
    pub(super) fn pair(&mut self, limit: u64) -> (u64, u64) {
        let (a, b) = (self.below(limit), self.below(limit));
        (a.min(b), a.max(b))
    }

    /// A block inside 10.0.1.0/28, which is small enough to count.
    fn small_block(&mut self) -> (String, std::ops::Range<u64>) {
        let size = 1 << self.below(5);
        let first = self.below(16) / size * size;
        (format!("10.0.1.{first}/{}", 32 - size.trailing_zeros()), first..first + size)
    }
}
