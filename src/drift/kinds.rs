//! What is compared, and by what a resource is known again when its id is another.

use serde_json::Value;

use super::change::Change;
use super::normal;
use crate::arn::Arn;
use crate::model::Kind;

/// A collection of the snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// Its name in the snapshot.
    pub collection: &'static str,
    /// What its resources are.
    pub kind: Kind,
    /// The special differences that it can have; every collection has `Vanished`, `Appeared` and `Field`.
    pub changes: &'static [Change],
    /// How it is filled.
    pub filled: Filled,
}

/// How a source fills a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// With everything there is: what is not in it does not exist.
    Whole,
    /// With what other resources name: what is not in it may only be no longer named.
    Named,
    /// With what points at something that was read.
    Beside,
    /// With what AWS makes beside a resource of the user, and makes anew at will.
    ByAws,
    /// With what comes and goes and says nothing.
    Passing,
}

use Change::{Auth, Deployment, Domain, GroupRule, Identity, Policy, State, Target};
use Filled::{Beside, ByAws, Named, Passing, Whole};

macro_rules! sorts {
    ($($collection:literal $kind:ident $filled:ident [$($change:ident),*];)+) => {
        /// All collections, those before that the ids of others need.
        pub const SORTS: [Sort; [$($collection),+].len()] =
            [$(Sort { collection: $collection, kind: Kind::$kind, changes: &[$($change),*], filled: $filled }),+];
    };
}

sorts! {
    "roles" Role Named [Policy];
    "dhcp_options" Network Named [Identity];
    "vpcs" Vpc Named [Identity];
    "subnets" Subnet Named [Identity];
    "prefix_lists" Network Named [Identity];
    "security_groups" SecurityGroup Named [Identity, GroupRule];
    "network_acls" Network Beside [Identity];
    "route_tables" Network Beside [Identity];
    "interfaces" Network Passing [];
    "endpoints" Endpoint Whole [Identity, Domain, Policy, State];
    "gateways" Gateway Whole [Identity, State];
    "resource_configs" ResourceConfig Whole [Identity, Domain, State];
    "associations" ResourceConfig ByAws [State];
    "shares" Sharing Whole [Identity, State];
    "keys" Key Named [Policy, State];
    "connections" Connection Whole [Identity, State, Auth];
    "secrets" Secret ByAws [State];
    "apis" Api Named [Identity, Policy, Deployment, Auth];
    "usage_plans" Api Beside [Identity, Auth];
    "domains" Domain Named [Identity, Policy, State];
    "access_associations" Domain Beside [Identity];
    "hosted_zones" Network Beside [Identity];
    "destinations" Destination Whole [Identity, State];
    "queues" Queue Named [Policy];
    "buses" Bus Whole [Policy];
    "archives" Bus Whole [State];
    "rules" Rule Whole [State, Target];
    "pipes" Pipe Whole [State];
    "state_machines" StateMachine Whole [];
    "alarms" Observability Whole [];
    "written" Template Whole [];
}

/// A collection that this program does not know more of.
const OTHER: Sort = Sort { collection: "", kind: Kind::Network, changes: &[Identity], filled: Whole };

/// What is known of a collection.
pub fn sort(collection: &str) -> &'static Sort {
    SORTS.iter().find(|sort| sort.collection == collection).unwrap_or(&OTHER)
}

impl Sort {
    /// All differences that its resources can have.
    pub fn all_changes(&self) -> impl Iterator<Item = Change> {
        self.changes.iter().copied().chain([Change::Vanished, Change::Appeared, Change::Field])
    }
}

/// By what a resource is known again, of its collection, key and value. Ids of other resources in the value must have
/// been replaced by those of the present.
pub type Way = fn(&str, &str, &Value) -> Option<String>;

/// All ways, the surest first.
pub const WAYS: [Way; 2] = [by_logical_id, by_name];

/// Stack and logical id, which CloudFormation keeps in tags.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
fn by_logical_id(_: &str, _: &str, value: &Value) -> Option<String> {
    let tag = |name: &str| value.get("tags")?.get(format!("aws:cloudformation:{name}"))?.as_str();
    Some(format!("{}/{}", tag("stack-name")?, tag("logical-id")?))
}

/// The name, or what stands for it where AWS gives none.
fn by_name(collection: &str, key: &str, value: &Value) -> Option<String> {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let list = |field: &str| value.get(field).map(|list| normal::set(list).to_string());
    match collection {
        "vpcs" => list("cidrs"),
        "dhcp_options" => list("name_servers"),
        "subnets" => Some(format!("{} {}", text("vpc_id")?, list("cidrs")?)),
        "security_groups" => Some(format!("{} {}", text("vpc_id")?, text("name")?)),
        "network_acls" | "route_tables" => {
            let main = ["default", "main"].iter().any(|field| value.get(*field) == Some(&Value::Bool(true)));
            let subnets = if main { None } else { list("subnet_ids") };
            Some(format!("{} {}", text("vpc_id")?, subnets.unwrap_or_default()))
        }
        "endpoints" => {
            let name = value.get("tags").and_then(|tags| tags.get("Name")).and_then(Value::as_str);
            Some(format!("{} {} {}", text("vpc_id")?, text("service")?, name.unwrap_or_default()))
        }
        "associations" => text("resource_config_arn").map(str::to_owned),
        "access_associations" => Some(format!("{} {}", text("domain_arn")?, text("endpoint_id")?)),
        // `…:secret:events!connection/NAME/UUID-RANDOM`
        "secrets" => key.rsplit_once('/').map(|(name, _)| name.to_owned()),
        // Shared ones of several accounts may have one name.
        "resource_configs" | "gateways" => Some(format!("{} {}", Arn::parse(key)?.account, text("name")?)),
        _ => text("name").map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Region, Unknown};
    use serde_json::json;

    #[test]
    fn every_collection_of_the_snapshot_is_known() {
        let region = serde_json::to_value(Region::unread(&Unknown::unresolved("test"))).expect("JSON");
        let account = Account { roles: crate::model::Known::Unknown(Unknown::unresolved("test")), ..Account::default() };
        let account = serde_json::to_value(account).expect("JSON");
        let fields = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        let collections = fields(&region).into_iter().chain(fields(&account)).filter(|name| name != "regions");
        let mut known: Vec<_> = SORTS.iter().map(|sort| sort.collection.to_owned()).collect();
        let mut held: Vec<_> = collections.collect();
        known.sort();
        held.sort();
        assert_eq!(known, held);
    }

    #[test]
    fn a_resource_is_known_again_by_its_logical_id_or_name() {
        let tags = json!({"tags": {"aws:cloudformation:stack-name": "s", "aws:cloudformation:logical-id": "L"}});
        assert_eq!(by_logical_id("", "", &tags).as_deref(), Some("s/L"));
        assert_eq!(by_logical_id("", "", &json!({"name": "x"})), None);
        let names = [
            ("connections", "arn", json!({"name": "orders"}), Some("orders")),
            ("vpcs", "vpc-1", json!({"cidrs": ["b", "a"]}), Some("[\"a\",\"b\"]")),
            ("network_acls", "acl-1", json!({"vpc_id": "v", "default": true, "subnet_ids": ["s"]}), Some("v ")),
            ("network_acls", "acl-1", json!({"vpc_id": "v", "subnet_ids": ["s"]}), Some("v [\"s\"]")),
            ("endpoints", "vpce-1", json!({"vpc_id": "v", "service": "s", "tags": {"Name": "n"}}), Some("v s n")),
            ("secrets", "arn:x:secret:events!connection/orders/1-a", json!({}), Some("arn:x:secret:events!connection/orders")),
            ("gateways", "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/rgw-1", json!({"name": "g"}), Some("111122223333 g")),
            ("security_groups", "sg-1", json!({"name": "g"}), None),
        ];
        for (collection, key, value, name) in names {
            assert_eq!(by_name(collection, key, &value).as_deref(), name, "{collection}");
        }
    }
}
