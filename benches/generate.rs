//! Large estates, made from the healthy example by renaming. The same seed gives the same estate.

use std::collections::BTreeMap;

use pgwaudit::model::{Known, Region, Snapshot};
use pgwaudit::rules::example;

/// The seed of what differs between integrations.
pub const SEED: u64 = 20_261_122;

/// How many of what.
#[derive(Clone, Copy)]
pub struct Size {
    /// Rule targets, one integration each.
    pub targets: usize,
    /// API destinations and as many connections.
    pub destinations: usize,
    /// Resource configurations.
    pub configs: usize,
    /// Gateways and as many endpoints, groups and subnets.
    pub gateways: usize,
    /// REST APIs.
    pub apis: usize,
    /// Methods of each API.
    pub methods: usize,
}

impl Size {
    /// The proportions of a large estate: ten targets a destination, and so on.
    pub fn of(targets: usize) -> Size {
        let part = |share: usize| (targets / share).max(1);
        Size { targets, destinations: part(10), configs: part(100), gateways: part(500), apis: part(100), methods: 10 }
    }
}

/// A number that looks random and depends on the seed and `n` only.
fn mix(n: usize) -> usize {
    let mut x = (n as u64 ^ SEED).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    (x.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as usize
}

/// The text of a snapshot of that size. About one target in a hundred has no dead-letter queue, one
/// destination in a hundred a stage that does not exist, one gateway in ten an open group.
pub fn snapshot(size: Size) -> String {
    let mut snapshot: Snapshot = serde_json::from_value(example::estate("default").expect("an estate")).expect("a snapshot");
    let account = snapshot.accounts.values_mut().next().expect("an account");
    let region = account.regions.values_mut().next().expect("a region");
    targets(region, size);
    middle(region, size);
    vpc(region, size);
    apis(region, size);
    around(region);
    roles(&mut account.roles);
    serde_json::to_string(&snapshot).expect("a snapshot is JSON")
}

/// The only resource of a collection, taken out.
fn template<T: Clone>(collection: &mut Known<BTreeMap<String, Known<T>>>) -> T {
    match std::mem::take(collection) {
        Known::Value(map) => map.into_values().find_map(|value| value.read().ok().cloned()).expect("one resource"),
        Known::Unknown(_) => panic!("the example is known"),
    }
}

fn collect<T>(items: impl Iterator<Item = (String, T)>) -> Known<BTreeMap<String, Known<T>>> {
    Known::Value(items.map(|(key, value)| (key, Known::Value(value))).collect())
}

/// The last part of an ARN or id with a number in it, of the same length.
fn numbered(text: &str, n: usize) -> String {
    let digits = format!("{n:07x}");
    format!("{}{digits}", &text[..text.len() - digits.len()])
}

fn targets(region: &mut Region, size: Size) {
    let rule = template(&mut region.rules);
    let destination = template(&mut region.destinations);
    let connection = template(&mut region.connections);
    region.rules = collect((0..size.targets).map(|n| {
        let mut rule = rule.clone();
        rule.name = format!("{}-{n}", rule.name);
        rule.arn = format!("{}-{n}", rule.arn);
        if let Known::Value(targets) = &mut rule.targets {
            for (_, target) in targets {
                target.arn = Known::Value(numbered(&destination.arn, n % size.destinations));
                if mix(n).is_multiple_of(100) {
                    target.dead_letter = Known::Value(None);
                }
            }
        }
        (rule.arn.clone(), rule)
    }));
    region.destinations = collect((0..size.destinations).map(|n| {
        let mut destination = destination.clone();
        destination.arn = numbered(&destination.arn, n);
        destination.connection_arn = Known::Value(numbered(&connection.arn, n));
        let (api, stage) = (api_id(n % size.apis), if mix(n) % 100 == 1 { "nowhere" } else { "prod" });
        destination.endpoint = Known::Value(format!("https://{api}.execute-api.eu-west-1.amazonaws.com/{stage}/orders"));
        (destination.arn.clone(), destination)
    }));
    region.connections = collect((0..size.destinations).map(|n| {
        let mut connection = connection.clone();
        connection.arn = numbered(&connection.arn, n);
        if let Known::Value(Some(connectivity)) = &mut connection.connectivity {
            connectivity.resource_config_arn = connectivity.resource_config_arn.clone().map(|arn| numbered(&arn, n % size.configs));
        }
        (connection.arn.clone(), connection)
    }));
}

fn middle(region: &mut Region, size: Size) {
    let config = template(&mut region.resource_configs);
    let gateway = template(&mut region.gateways);
    region.resource_configs = collect((0..size.configs).map(|n| {
        let mut config = config.clone();
        let gateway_number = n % size.gateways;
        config.arn = numbered(&config.arn, n);
        config.id = numbered(&config.id, n);
        config.gateway_id = Known::Value(Some(numbered(&gateway.id, gateway_number)));
        config.domain = Known::Value(Some(dns_name(gateway_number)));
        (config.arn.clone(), config)
    }));
    region.gateways = collect((0..size.gateways).map(|n| {
        let mut gateway = gateway.clone();
        gateway.arn = numbered(&gateway.arn, n);
        gateway.id = numbered(&gateway.id, n);
        gateway.security_group_ids = gateway.security_group_ids.map(|ids| ids.iter().map(|id| numbered(id, 2 * n)).collect());
        (gateway.arn.clone(), gateway)
    }));
}

fn vpc(region: &mut Region, size: Size) {
    let endpoint = template(&mut region.endpoints);
    let groups: Vec<_> = match std::mem::take(&mut region.security_groups) {
        Known::Value(map) => map.into_values().filter_map(|group| group.read().ok().cloned()).collect(),
        Known::Unknown(_) => panic!("the example is known"),
    };
    region.endpoints = collect((0..size.gateways).map(|n| {
        let mut endpoint = endpoint.clone();
        endpoint.id = endpoint_id(n);
        endpoint.dns_names = Known::Value(vec![dns_name(n)]);
        endpoint.security_group_ids = Known::Value(vec![numbered(&groups[0].id, 2 * n + 1)]);
        (endpoint.id.clone(), endpoint)
    }));
    region.security_groups = collect((0..2 * size.gateways).map(|n| {
        let mut group = groups[n % 2].clone();
        group.id = numbered(&group.id, n);
        let other = numbered(&groups[0].id, n ^ 1);
        for list in [&mut group.ingress, &mut group.egress] {
            let Known::Value(permissions) = list else { continue };
            for permission in permissions {
                let Known::Value(permission) = permission else { continue };
                if let pgwaudit::model::ec2::Peer::Group(peer) = &mut permission.peer {
                    peer.clone_from(&other);
                }
                if n % 2 == 0 && mix(n) % 10 == 2 {
                    permission.to = permission.to.map(|port| port + 1);
                }
            }
        }
        (group.id.clone(), group)
    }));
}

fn apis(region: &mut Region, size: Size) {
    let api = template(&mut region.apis);
    region.apis = collect((0..size.apis).map(|n| {
        let mut api = api.clone();
        api.id = api_id(n);
        let statement = serde_json::json!([
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
            {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d4e5f60001"}}}]);
        api.policy = Known::Value(Some(serde_json::json!({"Version": "2012-10-17", "Statement": statement})));
        if let Known::Value(resources) = &mut api.resources {
            let one = resources["/orders"].clone();
            resources.extend((2..size.methods).map(|m| (format!("/more/{m}"), one.clone())));
        }
        if let Known::Value(deployments) = &mut api.deployments {
            for deployment in deployments.values_mut() {
                let Known::Value(deployment) = deployment else { continue };
                let Known::Value(summary) = &mut deployment.summary else { continue };
                let one = summary["/orders"].clone();
                summary.extend((2..size.methods).map(|m| (format!("/more/{m}"), one.clone())));
            }
        }
        (api.id.clone(), api)
    }));
}

/// One alarm watches the whole bus, and the queue takes events of all its rules.
fn around(region: &mut Region) {
    let Known::Value(alarms) = &mut region.alarms else { panic!("the example is known") };
    for alarm in alarms.values_mut() {
        let Known::Value(alarm) = alarm else { continue };
        let Known::Value(metrics) = &mut alarm.metrics else { continue };
        for metric in metrics {
            metric.dimensions.remove("RuleName");
        }
    }
    let Known::Value(queues) = &mut region.queues else { panic!("the example is known") };
    for queue in queues.values_mut() {
        let Known::Value(queue) = queue else { continue };
        let Known::Value(Some(policy)) = &mut queue.policy else { continue };
        policy["Statement"][0]["Condition"] = serde_json::json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
    }
}

/// One role may invoke them all.
fn roles(roles: &mut Known<BTreeMap<String, Known<pgwaudit::model::iam::Role>>>) {
    let Known::Value(roles) = roles else { panic!("the example is known") };
    for role in roles.values_mut() {
        let Known::Value(role) = role else { continue };
        let Known::Value(policies) = &mut role.policies else { continue };
        for policy in policies {
            let Known::Value(document) = &mut policy.document else { continue };
            document["Statement"][0]["Resource"] = "arn:aws:events:eu-west-1:111122223333:api-destination/orders/*".into();
        }
    }
}

fn api_id(n: usize) -> String {
    format!("a{n:09}")
}

fn endpoint_id(n: usize) -> String {
    format!("vpce-0a1b2c3d4e{n:07x}")
}

fn dns_name(n: usize) -> String {
    format!("{}-ab12cd34.execute-api.eu-west-1.vpce.amazonaws.com", endpoint_id(n))
}
