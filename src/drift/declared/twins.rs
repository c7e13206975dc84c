//! Which deployed resource each resource of the templates is: what the stack says, else what its tags say, else its name.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::super::ids::{self, Ids};
use super::super::pair::{self, Item, Pair, items};
use super::fill::Around;
use super::homes::Homes;
use super::settle::{self, LOGICAL_ID, STACK, Settled};
use super::{json as accounts, tree};
use crate::model::Unknown;
use crate::source::cloudformation::{Origin, Real, Reals, Templates};
use crate::source::planned::stand_in;

/// Collection, account, region, and key of a resource.
pub type Place = (String, String, String, String);

/// Templates whose resources are known again.
pub struct Found {
    /// The templates, with the ids of the account.
    pub templates: Templates,
    /// What they declare, with the ids of the account.
    pub baseline: Value,
    /// The keys of the deployed resources, by the places of the declared ones.
    pub twins: HashMap<Place, String>,
    /// What the resources are called.
    pub reals: Reals,
    /// The stacks of which CloudFormation told what they have.
    pub told: BTreeSet<usize>,
    /// What could not be found out.
    pub warnings: Vec<String>,
    /// How many resources are declared.
    pub declared: usize,
    /// The stacks of which CloudFormation did not tell, and why.
    pub refused: BTreeMap<usize, Unknown>,
    /// The tags of the stacks of which CloudFormation told.
    stack_tags: HashMap<usize, BTreeMap<String, String>>,
}

impl Found {
    /// What is around a resource that the templates declare.
    pub fn around<'a>(&'a self, home: Option<&'a Origin>, now: &'a Value) -> Around<'a> {
        let stack_tags = home.and_then(|home| self.stack_tags.get(&home.stack));
        Around { now, templates: &self.templates, home, stack_tags, refused: self.refusal(home) }
    }

    /// Why CloudFormation did not tell of the stack of a resource.
    pub fn refusal(&self, home: Option<&Origin>) -> Option<&Unknown> {
        self.refused.get(&home?.stack)
    }
}

/// Finds the deployed resources that the templates declare.
pub fn find(settled: Settled, now: &Value) -> Found {
    let Settled { assembly, mut reals, told, warnings, stack_tags, refused } = settled;
    let names: HashSet<String> = settle::names(&assembly).into_values().collect();
    let present = tree::kept(now, |item| is_ours(item, &names));
    let first = Templates::with(assembly, &reals);
    generated_names(&first, &present, &mut reals);
    let first = Templates::with(first.assembly, &reals);
    learn(&first, &present, &mut reals);
    let templates = Templates::with(first.assembly, &reals);
    let homes = Homes::new(&templates);
    let declared = tree::kept(&accounts(&templates.snapshot), |item| homes.of(item).is_some());
    let tagged = tagged(&declared, &homes, &templates);
    let pairs = pair::pair(&tagged, &present, Ids::default());
    let stand_ins = pairs.both.iter().filter(|pair| pair.renewed && !is_told(&reals, homes.of(&pair.old), pair));
    let changed = stand_ins.flat_map(|pair| ids::changed((pair.old.key, pair.old.value), (pair.new.key, pair.new.value)));
    let ids = Ids::new(changed.chain(pairs.both.iter().filter_map(block)).collect());
    let twins = pairs.both.iter().map(|pair| (place(&pair.old, &ids), pair.new.key.to_owned())).collect();
    let count = items(&declared).count();
    let baseline = ids.value(&declared);
    Found { baseline, twins, told, warnings, declared: count, stack_tags, refused, reals, templates }
}

/// The range of IPv6 that AWS has given to a VPC, for the one that stands for it.
fn block(pair: &Pair<'_>) -> Option<(String, String)> {
    let of = |value: &Value, test: fn(&str) -> bool| {
        value.get("cidrs")?.as_array()?.iter().filter_map(Value::as_str).find(|cidr| test(cidr)).map(str::to_owned)
    };
    let stand_in = of(pair.old.value, |cidr| cidr.starts_with(stand_in::BLOCKS)).filter(|_| pair.new.collection == "vpcs");
    stand_in.zip(of(pair.new.value, |cidr| cidr.contains(':')))
}

/// Where an item stands once stand-ins are replaced.
fn place(item: &Item<'_>, ids: &Ids) -> Place {
    (item.collection.to_owned(), item.account.to_owned(), item.region.to_owned(), ids.text(item.key).into_owned())
}

/// Whether a deployed resource may be one of the templates': those of other stacks are not.
fn is_ours(item: &Item<'_>, stacks: &HashSet<String>) -> bool {
    let stack = item.value.get("tags").and_then(|tags| tags.get(STACK)?.as_str());
    stack.is_none_or(|stack| stacks.contains(stack))
}

/// Whether the id of a declared resource is the one that its stack made, so that another one is another resource.
fn is_told(reals: &Reals, home: Option<&Origin>, pair: &Pair<'_>) -> bool {
    let real = home.and_then(|home| reals.of(home.stack, &home.logical_id));
    let own = |value: &Option<String>| value.as_deref().is_some_and(|value| pair.old.key.ends_with(value));
    real.is_some_and(|real| own(&real.id) || own(&real.arn))
}

/// What the templates declare, with the tags that CloudFormation gives.
fn tagged(declared: &Value, homes: &Homes<'_>, templates: &Templates) -> Value {
    let mut out = declared.clone();
    for item in items(declared).filter(|item| item.value.is_object() && item.value.get("$unknown").is_none()) {
        let Some((stack, home)) = homes.of(&item).and_then(|home| Some((templates.assembly.stacks.get(home.stack)?, home))) else {
            continue;
        };
        if collection_of(kind_of(templates, home)) != Some(item.collection) {
            continue;
        }
        let list = tree::list_mut(&mut out, item.account, item.region, item.collection);
        if let Some(value) = list.get_mut(item.key) {
            if value["tags"].get("$unknown").is_some() || !value["tags"].is_object() {
                value["tags"] = json!({});
            }
            value["tags"][STACK] = json!(stack.name);
            value["tags"][LOGICAL_ID] = json!(home.logical_id);
        }
    }
    out
}

/// The type of the resource that declares something.
fn kind_of<'t>(templates: &'t Templates, home: &Origin) -> &'t str {
    let resource = || templates.assembly.stacks.get(home.stack)?.template.get("Resources")?.get(&home.logical_id)?.get("Type")?.text();
    resource().unwrap_or_default()
}

/// The collection of what a type of CloudFormation makes; what it makes besides is known by other means.
fn collection_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Events::EventBus" => "buses",
        "AWS::Events::Rule" => "rules",
        "AWS::Events::ApiDestination" => "destinations",
        "AWS::Events::Connection" => "connections",
        "AWS::Events::Archive" => "archives",
        "AWS::Pipes::Pipe" => "pipes",
        "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => "state_machines",
        "AWS::VpcLattice::ResourceConfiguration" => "resource_configs",
        "AWS::VpcLattice::ResourceGateway" => "gateways",
        "AWS::EC2::VPC" => "vpcs",
        "AWS::EC2::Subnet" => "subnets",
        "AWS::EC2::SecurityGroup" => "security_groups",
        "AWS::EC2::VPCEndpoint" => "endpoints",
        "AWS::EC2::NetworkAcl" => "network_acls",
        "AWS::EC2::RouteTable" => "route_tables",
        "AWS::EC2::DHCPOptions" => "dhcp_options",
        "AWS::EC2::PrefixList" => "prefix_lists",
        "AWS::ApiGateway::RestApi" | "AWS::Serverless::Api" => "apis",
        "AWS::ApiGateway::UsagePlan" => "usage_plans",
        "AWS::ApiGateway::DomainName" | "AWS::ApiGateway::DomainNameV2" => "domains",
        "AWS::ApiGateway::DomainNameAccessAssociation" => "access_associations",
        "AWS::IAM::Role" => "roles",
        "AWS::SQS::Queue" => "queues",
        "AWS::KMS::Key" => "keys",
        "AWS::CloudWatch::Alarm" => "alarms",
        _ => return None,
    })
}

/// Notes the names that CloudFormation made, where just one resource has a name of that form.
fn generated_names(templates: &Templates, present: &Value, reals: &mut Reals) {
    let homes = Homes::new(templates);
    let declared = accounts(&templates.snapshot);
    for item in items(&declared) {
        let Some(home) = homes.of(&item) else { continue };
        let Some(stack) = templates.assembly.stacks.get(home.stack) else { continue };
        let known = reals.of(home.stack, &home.logical_id).is_some_and(|real| real.name.is_some() || real.arn.is_some());
        let name = name_of(item.key, item.value);
        if known || !is_generated(name, &stack.name, &home.logical_id) || collection_of(kind_of(templates, home)) != Some(item.collection) {
            continue;
        }
        let list = tree::list(present, item.account, item.region, item.collection).into_iter().flatten();
        let found: Vec<&str> =
            list.map(|(key, value)| name_of(key, value)).filter(|name| is_generated(name, &stack.name, &home.logical_id)).collect();
        if let [one] = found.as_slice() {
            reals.resources.entry((home.stack, home.logical_id.clone())).or_default().name = Some((*one).to_owned());
        }
    }
}

/// The name of a resource; queues have it in their ARNs only.
fn name_of<'v>(key: &'v str, value: &'v Value) -> &'v str {
    value.get("name").and_then(Value::as_str).unwrap_or_else(|| key.rsplit(':').next().unwrap_or(key))
}

/// Whether CloudFormation makes such names: `STACK-LOGICALID-` or `LOGICALID-`, then letters and digits of its own.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
pub fn is_generated(name: &str, stack: &str, logical_id: &str) -> bool {
    let clean = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    let Some((head, tail)) = name.rsplit_once('-') else { return false };
    let own = (8..=14).contains(&tail.len()) && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
    own && (head == logical_id || head == format!("{}-{}", clean(stack), clean(logical_id)))
}

/// Notes what the deployed resources are called.
fn learn(templates: &Templates, present: &Value, reals: &mut Reals) {
    let homes = Homes::new(templates);
    let declared = tree::kept(&accounts(&templates.snapshot), |item| homes.of(item).is_some());
    let tagged = tagged(&declared, &homes, templates);
    let pairs = pair::pair(&tagged, present, Ids::default());
    for pair in &pairs.both {
        let Some(home) = homes.of(&pair.old) else { continue };
        if collection_of(kind_of(templates, home)) != Some(pair.new.collection) || (pair.renewed && is_told(reals, Some(home), pair)) {
            continue;
        }
        let mut real = of_item(&pair.new);
        if let Some(former) = former_arn(pair.new.key, present) {
            real = Real { arn: Some(former), ..real };
        }
        let own = reals.resources.entry((home.stack, home.logical_id.clone())).or_default();
        *own = std::mem::take(own).or(real);
    }
    let renewed = pairs.both.iter().filter(|pair| pair.renewed).map(|pair| &pair.old);
    for item in pairs.vanished.iter().chain(renewed) {
        let Some(home) = homes.of(item) else { continue };
        if let Some(own) = reals.resources.get_mut(&(home.stack, home.logical_id.clone())) {
            *own = std::mem::take(own).or(of_the_past(item, present));
        }
    }
}

/// What a resource that is no longer there was called, as far as others still name it.
fn of_the_past(item: &Item<'_>, present: &Value) -> Real {
    match item.collection {
        "connections" | "destinations" => Real { arn: former_arn(item.key, present), ..Real::default() },
        "endpoints" => Real { dns_part: former_part(item.key, present), ..Real::default() },
        _ => Real::default(),
    }
}

fn of_item(item: &Item<'_>) -> Real {
    let text = |field: &str| item.value.get(field).and_then(Value::as_str).map(str::to_owned);
    let is_arn = item.key.starts_with("arn:");
    let names = item.value.get("dns_names").and_then(Value::as_array);
    Real {
        id: text("id").or_else(|| (!is_arn).then(|| item.key.to_owned())),
        arn: text("arn").or_else(|| is_arn.then(|| item.key.to_owned())),
        name: text("name"),
        dns_part: None,
        dns_names: names.map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        secret_arn: text("secret_arn"),
    }
}

/// The ARN that a connection or an API destination had before it was deleted and made again under its name: somebody
/// still names it. CloudFormation knows the name only.
fn former_arn(key: &str, present: &Value) -> Option<String> {
    let (head, _) = key.rsplit_once('/').filter(|(head, _)| head.contains(":connection/") || head.contains(":api-destination/"))?;
    let head = format!("{head}/");
    only(present, &|text| text.strip_prefix(&head).is_some_and(|tail| is_uuid(tail) && text != key).then(|| text.to_owned()))
}

/// What stood behind the id in the DNS names of an endpoint that is gone: `vpce-ID-PART.…`, `vpce-ID-PART-ZONE.…`.
fn former_part(id: &str, present: &Value) -> Option<String> {
    let head = format!("{id}-");
    let part = |text: &str| text.split_once(&head)?.1.split(['-', '.']).next().filter(|part| !part.is_empty()).map(str::to_owned);
    only(present, &part)
}

/// What `find` finds in the texts of the present, if it is just one thing.
fn only(present: &Value, find: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut found = BTreeSet::new();
    items(present).for_each(|item| search(item.value, find, &mut found));
    found.pop_first().filter(|_| found.is_empty())
}

fn search(value: &Value, find: &dyn Fn(&str) -> Option<String>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(find(text)),
        Value::Array(items) => items.iter().for_each(|item| search(item, find, found)),
        Value::Object(fields) => fields.values().for_each(|value| search(value, find, found)),
        _ => {}
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cloudformation_are_known() {
        for name in ["orders-Connection-1A2B3C4D5E6F", "Connection-aB3dE6gH9k"] {
            assert!(is_generated(name, "orders", "Connection"), "{name}");
        }
        for name in
            ["orders-Connection", "orders-Other-1A2B3C4D5E6F", "Connection-eu-west-1", "Connection-1", "shop-Connection-1A2B3C4D5E6F"]
        {
            assert!(!is_generated(name, "orders", "Connection"), "{name}");
        }
    }

    #[test]
    fn an_arn_of_the_past_is_one_that_somebody_still_names() {
        let arn = |uuid: &str| format!("arn:aws:events:eu-west-1:111122223333:connection/orders/{uuid}");
        let (old, new) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
        let estate = |named: &str| json!({"111122223333": {"regions": {"eu-west-1": {"destinations": {"d": {"connection_arn": named}}}}}});
        assert_eq!(former_arn(&arn(new), &estate(&arn(old))), Some(arn(old)));
        assert_eq!(former_arn(&arn(new), &estate(&arn(new))), None);
        assert_eq!(former_arn(&arn(new), &estate(&arn("*"))), None);
        let named = json!({"1": {"regions": {"r": {"resource_configs": {"c": {"domain": "vpce-1a-x1y2-eu-west-1a.execute-api.z"}}}}}});
        assert_eq!((former_part("vpce-1a", &named).as_deref(), former_part("vpce-1", &named)), (Some("x1y2"), None));
        assert_eq!(former_arn("arn:aws:iam::111122223333:role/x", &estate(&arn(old))), None);
    }
}
