//! Permissions of security groups, which stand in their group or as resources of their own. Two groups that name each
//! other do so by resources of their own.

use serde_json::{Value, json};

use super::cloudformation::{Leave, Work};
use crate::fix::step::{Change, Place};
use crate::source::cloudformation::Origin;

/// The names that a direction has in templates.
struct Side {
    inline: &'static str,
    kind: &'static str,
    group: &'static str,
    prefixes: &'static str,
    word: &'static str,
}

const INGRESS: Side = Side {
    inline: "SecurityGroupIngress",
    kind: "AWS::EC2::SecurityGroupIngress",
    group: "SourceSecurityGroupId",
    prefixes: "SourcePrefixListId",
    word: "Ingress",
};
const EGRESS: Side = Side {
    inline: "SecurityGroupEgress",
    kind: "AWS::EC2::SecurityGroupEgress",
    group: "DestinationSecurityGroupId",
    prefixes: "DestinationPrefixListId",
    word: "Egress",
};

/// Adds and takes away what a list gains and loses.
pub fn change(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let side = if change.pointer == "/egress" { EGRESS } else { INGRESS };
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (items(&change.before), items(&change.after));
    let home = work.origin(&change.place, "")?;
    for permission in after.iter().filter(|item| !before.contains(item)) {
        add(work, &change.place, &home, &side, permission)?;
    }
    before.iter().filter(|item| !after.contains(item)).try_for_each(|permission| take(work, &change.place, &home, &side, permission))
}

fn add(work: &mut Work<'_>, group: &Place, home: &Origin, side: &Side, permission: &Value) -> Result<(), Leave> {
    let mut rule = json!({"IpProtocol": permission["protocol"]});
    for (name, own) in [("FromPort", "from"), ("ToPort", "to")] {
        if !permission[own].is_null() {
            rule[name] = permission[own].clone();
        }
    }
    for (kind, name) in [("cidr", cidr_name(permission)), ("group", side.group), ("prefix-list", side.prefixes)] {
        if let Some(peer) = permission["peer"].get(kind) {
            rule[name] = peer.clone();
        }
    }
    let mut inline = work.editor.clone();
    inline.push(&Origin { path: vec![side.inline.to_owned()], ..home.clone() }, &rule)?;
    if inline.circle(home.stack).is_none() {
        work.editor = inline;
        return Ok(());
    }
    rule["GroupId"] = json!(group.key);
    let port = permission["from"].as_i64().map_or_else(|| "All".to_owned(), |port| port.to_string());
    work.editor.add(home.stack, &format!("{}{}{port}", home.logical_id, side.word), side.kind, &rule)?;
    Ok(())
}

fn cidr_name(permission: &Value) -> &'static str {
    if permission["peer"]["cidr"].as_str().is_some_and(|cidr| cidr.contains(':')) { "CidrIpv6" } else { "CidrIp" }
}

fn take(work: &mut Work<'_>, group: &Place, home: &Origin, side: &Side, permission: &Value) -> Result<(), Leave> {
    let list = Origin { path: vec![side.inline.to_owned()], ..home.clone() };
    let wanted = work.editor.translated(home.stack, &canonical(permission));
    let inline = work.editor.value(&list).and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let same = |rule: &Value| as_permission(rule, side) == wanted;
    let separate = separate(work, group, home, side);
    let last = || Leave::Hard("it would leave the group without a rule, for which AWS has one that lets everything out".to_owned());
    let alone = side.word == "Egress" && inline.len() + separate.len() == 1;
    if let Some(index) = inline.iter().position(same) {
        let at = Origin { path: vec![side.inline.to_owned(), index.to_string()], ..home.clone() };
        return if alone { Err(last()) } else { Ok(work.editor.remove(&at)?) };
    }
    if let Some((logical_id, _)) = separate.iter().find(|(_, rule)| same(rule)) {
        return if alone { Err(last()) } else { Ok(work.editor.withdraw(home.stack, logical_id)?) };
    }
    // What AWS gives a group without rules of its own goes with the first of them.
    let default = json!({"protocol": "-1", "from": null, "to": null, "peer": {"cidr": "0.0.0.0/0"}});
    match wanted == default && side.word == "Egress" && inline.len() + separate.len() > 0 {
        true => Ok(()),
        false => Err(Leave::Hard("the permission was not found in the template".to_owned())),
    }
}

/// The rules of a group that are resources of their own, by logical id.
fn separate(work: &Work<'_>, group: &Place, home: &Origin, side: &Side) -> Vec<(String, Value)> {
    let key = work.editor.translated(home.stack, &json!(group.key));
    let of_kind = work.editor.of_kind(home.stack, side.kind).into_iter();
    let rule = |logical_id: String| {
        let own = Origin { path: Vec::new(), logical_id: logical_id.clone(), ..home.clone() };
        Some((logical_id, work.editor.value(&own)?))
    };
    of_kind.filter_map(rule).filter(|(_, rule)| rule["GroupId"] == key).collect()
}

/// A permission of the model with all its fields.
fn canonical(permission: &Value) -> Value {
    json!({"protocol": permission["protocol"], "from": permission["from"], "to": permission["to"], "peer": permission["peer"]})
}

/// A rule of a template as the model has it.
fn as_permission(rule: &Value, side: &Side) -> Value {
    let text = |name: &str| rule[name].as_str().map(str::to_owned).or_else(|| rule[name].as_i64().map(|number| number.to_string()));
    let protocol = match text("IpProtocol").unwrap_or_default().to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "all" => "-1".to_owned(),
        other => other.to_owned(),
    };
    let port = |name: &str| text(name).and_then(|port| port.parse::<i64>().ok()).filter(|_| protocol != "-1");
    let peers = [("CidrIp", "cidr"), ("CidrIpv6", "cidr"), (side.group, "group"), (side.prefixes, "prefix-list")];
    let peer = peers.into_iter().find_map(|(name, kind)| Some(json!({kind: text(name)?})));
    json!({"protocol": protocol, "from": port("FromPort"), "to": port("ToPort"), "peer": peer})
}
