//! Security groups with their rules, written inside of them or as resources of their own.
//!
//! A group without egress rules of its own gets AWS's: all may go out. An empty list is none either
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>). A rule
//! written as a resource of its own takes its place
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html>).

use std::collections::HashMap;

use super::super::Origin;
use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, must, tags};
use crate::model::ec2::{Peer, Permission, SecurityGroup};
use crate::model::{Kind, Known, Unknown};
use crate::source::planned::Resolved;

const GROUP: Table =
    &[("/name", "GroupName"), ("/vpc_id", "VpcId"), ("/ingress", "SecurityGroupIngress"), ("/egress", "SecurityGroupEgress")];

/// A direction, by the names that it has.
struct Direction {
    /// In the model.
    list: &'static str,
    /// In a group.
    inline: &'static str,
    /// A resource of its own.
    kind: &'static str,
    /// The peer of a rule, where it is a group or a prefix list.
    group: &'static str,
    prefixes: &'static str,
}

const INGRESS: Direction = Direction {
    list: "ingress",
    inline: "SecurityGroupIngress",
    kind: "AWS::EC2::SecurityGroupIngress",
    group: "SourceSecurityGroupId",
    prefixes: "SourcePrefixListId",
};
const EGRESS: Direction = Direction {
    list: "egress",
    inline: "SecurityGroupEgress",
    kind: "AWS::EC2::SecurityGroupEgress",
    group: "DestinationSecurityGroupId",
    prefixes: "DestinationPrefixListId",
};

/// A permission and the rule that it stands in.
type Placed = (Known<Permission>, Origin);

/// Rules that are resources of their own, by the id of their group.
type Separate = HashMap<String, Vec<Placed>>;

impl<'a> Lowering<'_, 'a> {
    pub(super) fn groups(&mut self) {
        let (ingress, egress) = (self.separate(&INGRESS), self.separate(&EGRESS));
        for item in self.take("AWS::EC2::SecurityGroup") {
            self.group(&item, &ingress, &egress);
        }
    }

    fn separate(&mut self, direction: &Direction) -> Separate {
        let mut separate = Separate::new();
        for item in self.take(direction.kind) {
            if let Ok(Some(group)) = item.get("GroupId").text() {
                let permission = item.sure(permission(direction, &item.properties));
                separate.entry(group).or_default().push((permission.into(), item.origin(&[])));
            }
        }
        separate
    }

    fn group(&mut self, item: &Item<'a>, ingress: &Separate, egress: &Separate) {
        let id = self.id(item);
        let of = |separate: &Separate| separate.get(&id).cloned().unwrap_or_default();
        let incoming = permissions(item, &INGRESS, of(ingress));
        let outgoing = permissions(item, &EGRESS, of(egress)).map(|placed| match placed.is_empty() {
            true => vec![(Known::Value(everywhere()), item.origin(&[EGRESS.inline]))],
            false => placed,
        });
        let list = |placed: &Result<Vec<Placed>, Unknown>| {
            Known::from(placed.clone()).map(|placed| placed.into_iter().map(|(permission, _)| permission).collect())
        };
        let group = SecurityGroup {
            id: id.clone(),
            name: self.name(item),
            owner: self.scope(item).account.to_owned(),
            vpc_id: must(item, "VpcId"),
            ingress: list(&incoming),
            egress: list(&outgoing),
            members: at_run_time(),
            tags: tags(item.get("Tags")),
        };
        self.put(item, Kind::SecurityGroup, &id, group, GROUP, |region| &mut region.security_groups);
        for (direction, placed) in [(INGRESS, incoming), (EGRESS, outgoing)] {
            for (index, (_, origin)) in placed.unwrap_or_default().into_iter().enumerate() {
                self.points(item, Kind::SecurityGroup, &id, format!("/{}/{index}", direction.list), origin);
            }
        }
    }
}

/// The permissions of a group, its own before the others.
fn permissions(item: &Item<'_>, direction: &Direction, separate: Vec<Placed>) -> Result<Vec<Placed>, Unknown> {
    let own = item.get(direction.inline).items()?.iter().enumerate();
    let own = own.map(|(index, rule)| (permission(direction, rule).into(), item.origin(&[direction.inline, &index.to_string()])));
    Ok(own.chain(separate).collect())
}

fn everywhere() -> Permission {
    Permission { protocol: "-1".to_owned(), from: None, to: None, peer: Peer::Cidr("0.0.0.0/0".to_owned()) }
}

fn permission(direction: &Direction, rule: &Resolved) -> Result<Permission, Unknown> {
    let protocol = protocol(&rule.must_be_known()?.field("IpProtocol").must("IpProtocol")?);
    let port = |name: &str| -> Result<Option<i32>, Unknown> {
        let port = rule.field(name).integer()?;
        Ok(port.filter(|_| protocol != "-1").and_then(|port| i32::try_from(port).ok()))
    };
    Ok(Permission { from: port("FromPort")?, to: port("ToPort")?, peer: peer(direction, rule)?, protocol })
}

fn peer(direction: &Direction, rule: &Resolved) -> Result<Peer, Unknown> {
    let text = |name: &str| rule.field(name).text();
    if let Some(block) = text("CidrIp")?.or(text("CidrIpv6")?) {
        return Ok(Peer::Cidr(block));
    }
    if let Some(group) = text(direction.group)? {
        return Ok(Peer::Group(group));
    }
    if let Some(list) = text(direction.prefixes)? {
        return Ok(Peer::PrefixList(list));
    }
    Err(Unknown::unresolved("whom the rule admits is not said by an address, a group or a prefix list"))
}

/// A protocol as EC2 returns it.
fn protocol(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        "all" => "-1".to_owned(),
        other => other.to_owned(),
    }
}
