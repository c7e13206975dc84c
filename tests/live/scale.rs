//! How many calls a scan makes: each list to its end, and each distinct object once.

use std::collections::BTreeMap;

use serde_json::json;

use crate::backend;

/// Calls by `PREFIX:Operation`.
type Calls = BTreeMap<String, usize>;

/// What `own` integrations with a base of their own and `shared` ones with one base take: a base is a VPC with an
/// endpoint, an API, a gateway and a resource configuration; a chain is a bus, a rule, a destination, a connection,
/// a role and a queue.
fn expected(own: usize, shared: usize) -> Calls {
    let (bases, chains) = (own + 1, own + shared);
    let pages = |items: usize, size: usize| items.div_ceil(size);
    let calls = [
        ("sts", "GetCallerIdentity", 1),
        ("states", "ListStateMachines", 1),
        ("pipes", "ListPipes", 1),
        ("ram", "ListResources", 1),
        ("events", "ListArchives", 1),
        ("apigateway", "GetUsagePlans", 1),
        ("cloudwatch", "DescribeAlarms", pages(2 * chains, 100)),
        // The default bus beside those of the chains.
        ("events", "ListEventBuses", pages(chains + 1, 100)),
        ("events", "DescribeEventBus", chains + 1),
        ("events", "ListRules", chains + 1),
        ("events", "ListTargetsByRule", chains),
        ("events", "ListApiDestinations", pages(chains, 100)),
        ("events", "ListConnections", pages(chains, 100)),
        ("events", "DescribeConnection", chains),
        // Bus, rule, destination, connection.
        ("events", "ListTagsForResource", 4 * chains),
        ("iam", "GetRole", chains),
        ("iam", "ListRolePolicies", chains),
        ("iam", "ListAttachedRolePolicies", chains),
        ("iam", "GetRolePolicy", chains),
        ("secretsmanager", "DescribeSecret", chains),
        ("sqs", "GetQueueUrl", chains),
        ("sqs", "GetQueueAttributes", chains),
        ("sqs", "ListQueueTags", chains),
        ("vpc-lattice", "ListResourceConfigurations", pages(bases, 100)),
        ("vpc-lattice", "ListResourceGateways", pages(bases, 100)),
        ("vpc-lattice", "GetResourceConfiguration", bases),
        ("vpc-lattice", "GetResourceGateway", bases),
        ("vpc-lattice", "ListServiceNetworkResourceAssociations", bases),
        // Configuration, gateway.
        ("vpc-lattice", "ListTagsForResource", 2 * bases),
        ("apigateway", "GetRestApis", pages(bases, 500)),
        ("apigateway", "GetStages", bases),
        ("apigateway", "GetResources", bases),
        ("apigateway", "GetDeployment", bases),
        // Filters take 200 values; gateway and endpoint have a group each, and a subnet in both zones.
        ("ec2", "DescribeVpcEndpoints", 1),
        ("ec2", "DescribeSecurityGroups", pages(2 * bases, 200)),
        ("ec2", "DescribeNetworkInterfaces", pages(2 * bases, 200)),
        ("ec2", "DescribeSubnets", pages(2 * bases, 200)),
        ("ec2", "DescribeVpcs", pages(bases, 200)),
        ("ec2", "DescribeNetworkAcls", pages(bases, 200)),
        ("ec2", "DescribeRouteTables", pages(3 * bases, 100)),
        ("ec2", "DescribeDhcpOptions", 1),
        // Support and host names.
        ("ec2", "DescribeVpcAttribute", 2 * bases),
    ];
    calls.into_iter().map(|(service, operation, count)| (format!("{service}:{operation}"), count)).collect()
}

#[test]
fn each_distinct_object_is_asked_for_once() {
    for (account, own, shared) in [("360000000001", 2, 2), ("360000000002", 3, 6)] {
        let scope = backend().account(account);
        scope.build("hardened", json!({"prefix": "own", "count": own}));
        scope.build("hardened", json!({"prefix": "shared", "count": shared, "share": true}));
        scope.clear_log();
        let said = scope.said(&[]);
        assert_eq!(said.report["counts"]["integrations"], own + shared, "{}", said.run.stderr);
        let mut made = Calls::new();
        for call in scope.log() {
            *made.entry(format!("{}:{}", call["service"], call["operation"]).replace('"', "")).or_default() += 1;
        }
        let expected = expected(own, shared);
        let differing: Vec<_> = made.iter().filter(|(call, count)| expected.get(*call) != Some(count)).collect();
        let missing: Vec<_> = expected.keys().filter(|call| !made.contains_key(*call)).collect();
        assert!(differing.is_empty() && missing.is_empty(), "{own} and {shared}: {differing:?} not as expected, {missing:?} not made");
    }
}
