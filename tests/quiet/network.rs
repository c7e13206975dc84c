//! Answers of EC2 as the model's JSON.

use serde_json::{Value, json};

use crate::fields::{array, field, list, or_unread, policy, tags, text, unread};
use crate::shapes::Answers;

/// Puts in what an answer of EC2 tells; says whether the model has a place for it.
pub fn take(answers: &mut Answers, call: &str, answer: &Value) -> bool {
    let (collection, items): (_, Vec<Value>) = match call {
        "createvpcendpoint" => ("endpoints", vec![endpoint(field(answer, &["VpcEndpoint"]))]),
        "describevpcendpoints" => ("endpoints", array(answer, &["VpcEndpoints"]).map(endpoint).collect()),
        "vpcendpoint" => ("endpoints", vec![endpoint(answer)]),
        "describesecuritygroups" => ("security_groups", array(answer, &["SecurityGroups"]).map(group).collect()),
        "securitygroup" => ("security_groups", vec![group(answer)]),
        "securitygroupingress" => ("security_groups", vec![ruled_group(&[answer])]),
        "describesecuritygrouprules" => ("security_groups", vec![ruled_group(&array(answer, &["SecurityGroupRules"]).collect::<Vec<_>>())]),
        "describesubnets" => ("subnets", array(answer, &["Subnets"]).map(subnet).collect()),
        "subnet" => ("subnets", vec![subnet(answer)]),
        "describevpcs" => ("vpcs", array(answer, &["Vpcs"]).map(vpc).collect()),
        "vpc" => ("vpcs", vec![vpc(answer)]),
        _ => return false,
    };
    let any = !items.is_empty();
    items.into_iter().for_each(|item| answers.put(collection, item));
    any
}

/// CloudFormation writes a DNS entry as `ZONE:NAME`, EC2 as an object.
fn endpoint(item: &Value) -> Value {
    let name = |entry: &Value| match entry.as_str() {
        Some(entry) => entry.split_once(':').map_or(entry, |(_, name)| name).to_owned(),
        None => text(entry, &["DnsName"]).to_owned(),
    };
    let groups: Vec<Value> = array(item, &["Groups"])
        .map(|group| field(group, &["GroupId"]).clone())
        .chain(array(item, &["SecurityGroupIds"]).cloned())
        .collect();
    json!({
        "id": field(item, &["VpcEndpointId", "Id"]), "owner": field(item, &["OwnerId"]), "service": or_unread(item, &["ServiceName"]),
        "kind": field(item, &["VpcEndpointType"]), "vpc_id": field(item, &["VpcId"]), "state": or_unread(item, &["State"]),
        "subnet_ids": list(item, &["SubnetIds"]), "interface_ids": list(item, &["NetworkInterfaceIds"]), "security_group_ids": groups,
        "dns_names": array(item, &["DnsEntries"]).map(name).collect::<Vec<_>>(),
        "private_dns": field(item, &["PrivateDnsEnabled"]).as_bool().unwrap_or_default(), "policy": policy(item, &["PolicyDocument"]),
        "ip_address_type": field(item, &["IpAddressType"]), "dns_record_ip_type": field(field(item, &["DnsOptions"]), &["DnsRecordIpType"]),
        "tags": tags(item)})
}

fn group(item: &Value) -> Value {
    let nested = |name: &str| array(item, &[name]).flat_map(flattened);
    let flat = |name: &str| array(item, &[name]).map(permission);
    json!({
        "id": field(item, &["GroupId"]), "name": text(item, &["GroupName"]), "owner": text(item, &["OwnerId"]), "vpc_id": field(item, &["VpcId"]),
        "ingress": nested("IpPermissions").chain(flat("SecurityGroupIngress")).collect::<Vec<_>>(),
        "egress": nested("IpPermissionsEgress").chain(flat("SecurityGroupEgress")).collect::<Vec<_>>(), "members": unread(), "tags": tags(item)})
}

/// A group of which only these rules are known.
fn ruled_group(rules: &[&Value]) -> Value {
    let first = rules.first().expect("a rule");
    let out = |egress: bool| {
        let of = rules.iter().filter(move |rule| field(rule, &["IsEgress"]).as_bool().unwrap_or_default() == egress);
        of.map(|rule| permission(rule)).collect::<Vec<_>>()
    };
    json!({
        "id": field(first, &["GroupId"]), "name": "", "owner": text(first, &["GroupOwnerId"]), "vpc_id": unread(),
        "ingress": out(false), "egress": out(true), "members": unread()})
}

/// One permission for each peer of what EC2 sends as one.
fn flattened(item: &Value) -> Vec<Value> {
    let kinds = [
        ("IpRanges", "CidrIp", "cidr"),
        ("Ipv6Ranges", "CidrIpv6", "cidr"),
        ("PrefixListIds", "PrefixListId", "prefix-list"),
        ("UserIdGroupPairs", "GroupId", "group"),
    ];
    let peers = kinds.into_iter().flat_map(|(name, key, kind)| array(item, &[name]).map(move |one| json!({kind: field(one, &[key])})));
    peers.map(|peer| with_ports(item, &peer)).collect()
}

fn permission(item: &Value) -> Value {
    let group = field(field(item, &["ReferencedGroupInfo"]), &["GroupId"]);
    let peer = if !group.is_null() {
        json!({"group": group})
    } else if let Some(group) = field(item, &["SourceSecurityGroupId"]).as_str() {
        json!({"group": group})
    } else if let Some(list) = field(item, &["SourcePrefixListId"]).as_str() {
        json!({"prefix-list": list})
    } else {
        json!({"cidr": field(item, &["CidrIp", "CidrIpv4", "CidrIpv6"])})
    };
    with_ports(item, &peer)
}

fn with_ports(item: &Value, peer: &Value) -> Value {
    match text(item, &["IpProtocol"]) {
        "-1" => json!({"protocol": "-1", "peer": peer}),
        protocol => json!({"protocol": protocol, "from": field(item, &["FromPort"]), "to": field(item, &["ToPort"]), "peer": peer}),
    }
}

fn subnet(item: &Value) -> Value {
    let v6 = array(item, &["Ipv6CidrBlocks"]).cloned();
    json!({
        "id": field(item, &["SubnetId"]), "owner": field(item, &["OwnerId"]), "vpc_id": field(item, &["VpcId"]),
        "cidrs": std::iter::once(field(item, &["CidrBlock"]).clone()).chain(v6).collect::<Vec<_>>(), "zone": field(item, &["AvailabilityZone"]),
        "zone_id": field(item, &["AvailabilityZoneId"]), "free_addresses": or_unread(item, &["AvailableIpAddressCount"])})
}

fn vpc(item: &Value) -> Value {
    json!({
        "id": field(item, &["VpcId"]), "owner": field(item, &["OwnerId"]), "cidrs": [field(item, &["CidrBlock"])],
        "dns_support": or_unread(item, &["EnableDnsSupport"]), "dns_hostnames": or_unread(item, &["EnableDnsHostnames"]),
        "dhcp_options_id": or_unread(item, &["DhcpOptionsId"])})
}
