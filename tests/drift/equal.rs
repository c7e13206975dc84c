//! What means the same does not differ: nothing changed, and everything written in another form.

use pgwaudit::model::Snapshot;
use pgwaudit::rules::{RULES, example};
use pgwaudit::source;
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::{drift, estate, said, snapshot};

/// Every estate and example that the program has, by name.
fn all() -> Vec<(String, Snapshot)> {
    let estates = example::ESTATES.iter().map(|(name, _)| ((*name).to_owned(), snapshot(&estate(name))));
    let examples = RULES.iter().flat_map(|rule| {
        rule.document()
            .examples
            .iter()
            .map(|case| (format!("rules/{}.md:{}", rule.id, case.line), example::snapshot(case).expect("an example")))
    });
    let demo = source::demo::read().expect("the embedded example");
    estates.chain(examples).chain([("the embedded example".to_owned(), demo)]).collect()
}

#[test]
fn nothing_differs_from_itself() {
    for (name, one) in all() {
        assert_eq!(said(&drift(&one, &one)), [], "{name}");
    }
}

#[test]
fn nothing_differs_from_itself_in_another_form() {
    let estates = example::ESTATES.len();
    for (place, (name, one)) in all().into_iter().enumerate() {
        for round in 0..if place < estates { 8 } else { 1 } {
            let other = rephrased(&one, (place * 97 + round) as u64);
            assert_eq!(said(&drift(&one, &other)), [], "{name}, round {round}");
            assert_eq!(said(&drift(&other, &one)), [], "{name}, round {round}, from the other side");
        }
    }
}

/// The same snapshot with everything written otherwise.
fn rephrased(one: &Snapshot, seed: u64) -> Snapshot {
    let mut value = serde_json::to_value(one).expect("JSON");
    let mut dice = Dice(seed.wrapping_mul(7_919).wrapping_add(20_261_127));
    for (id, account) in objects(value.get_mut("accounts")) {
        objects(account.get_mut("roles")).for_each(|(_, role)| rephrase_role(role, &mut dice));
        for (region, inventory) in objects(account.get_mut("regions")) {
            rephrase(inventory, id, region, &mut dice);
        }
    }
    snapshot(&value)
}

/// The fields of an object that was read.
fn objects(value: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    let fields = value.and_then(Value::as_object_mut).filter(|fields| !fields.contains_key("$unknown"));
    fields.into_iter().flat_map(Map::iter_mut).filter(|(_, value)| value.get("$unknown").is_none())
}

/// Lists whose order says nothing.
const UNORDERED: [&str; 21] = [
    "cidrs",
    "dns_names",
    "egress",
    "entries",
    "group_ids",
    "ingress",
    "interface_ids",
    "mappings",
    "members",
    "metrics",
    "name_servers",
    "parameters",
    "port_ranges",
    "principals",
    "resource_arns",
    "routes",
    "security_group_ids",
    "stages",
    "subnet_ids",
    "template_types",
    "vpc_ids",
];

fn rephrase(inventory: &mut Value, account: &str, region: &str, dice: &mut Dice) {
    shuffle(inventory, dice);
    for (collection, list) in objects(Some(inventory)) {
        for (key, resource) in objects(Some(list)) {
            aws_sets(collection, resource, dice);
            let short = (collection == "apis").then(|| format!("arn:aws:execute-api:{region}:{account}:{key}"));
            if let Some(policy) = resource.get_mut("policy") {
                rephrase_policy(policy, short.as_deref(), dice);
            }
            if let Some(pattern) = resource.get_mut("pattern") {
                shuffle_all(pattern, dice);
            }
            if collection == "apis" && dice.below(2) == 0 {
                redeploy_ids(resource);
            }
        }
    }
}

fn rephrase_role(role: &mut Value, dice: &mut Dice) {
    rephrase_policy(&mut role["trust"], None, dice);
    if let Some(policies) = role.get_mut("policies").and_then(Value::as_array_mut) {
        dice.shuffle(policies);
        policies.iter_mut().for_each(|policy| rephrase_policy(&mut policy["document"], None, dice));
    }
}

fn shuffle(value: &mut Value, dice: &mut Dice) {
    for (name, value) in objects(Some(value)) {
        if let (Some(list), true) = (value.as_array_mut(), UNORDERED.contains(&name.as_str())) {
            dice.shuffle(list);
        }
        if name != "definition" && name != "input" {
            shuffle(value, dice);
        }
    }
}

fn shuffle_all(value: &mut Value, dice: &mut Dice) {
    if let Some(list) = value.as_array_mut() {
        dice.shuffle(list);
        list.iter_mut().for_each(|item| shuffle_all(item, dice));
    }
    objects(Some(value)).for_each(|(_, value)| shuffle_all(value, dice));
}

/// What AWS sets, counts and renews.
fn aws_sets(collection: &str, resource: &mut Value, dice: &mut Dice) {
    let mut set = |name: &str, value: Value| resource[name] = value;
    match collection {
        "connections" => {
            set("modified", json!("2026-11-20T10:00:00Z"));
            set("state_reason", json!("Other words."));
        }
        "resource_configs" => set("modified", json!("2026-11-20T10:00:00Z")),
        "queues" => set("messages", json!(dice.below(1_000))),
        "subnets" => set("free_addresses", json!(dice.below(250))),
        "interfaces" => set("description", json!("other")),
        "security_groups" => set("members", json!([format!("eni-{:017x}", dice.below(1_000_000))])),
        "endpoints" => set("interface_ids", json!([format!("eni-{:017x}", dice.below(1_000_000))])),
        _ => {}
    }
}

/// Other ids for authorizers and validators.
fn redeploy_ids(api: &mut Value) {
    for (collection, field) in [("authorizers", "authorizer_id"), ("validators", "validator_id")] {
        let Some(old) = api.get(collection).and_then(Value::as_object).filter(|fields| !fields.contains_key("$unknown")).cloned() else {
            continue;
        };
        api[collection] = Value::Object(old.into_iter().map(|(id, one)| (format!("{id}x"), one)).collect());
        for (_, resource) in objects(api.get_mut("resources")) {
            for (_, method) in objects(resource.get_mut("methods")) {
                if let Some(Value::String(id)) = method.get_mut(field) {
                    id.push('x');
                }
            }
        }
    }
}

/// The same policy in other words.
fn rephrase_policy(policy: &mut Value, short: Option<&str>, dice: &mut Dice) {
    let Some(statements) = policy.get_mut("Statement") else { return };
    if statements.is_object() {
        *statements = json!([statements.take()]);
    }
    let Some(list) = statements.as_array_mut() else { return };
    dice.shuffle(list);
    list.iter_mut().for_each(|statement| rephrase_statement(statement, short, dice));
    if list.len() == 1 && dice.below(2) == 0 {
        *statements = list.remove(0);
    }
    policy["Id"] = json!("other");
    if dice.below(3) == 0 {
        let text = policy.to_string();
        *policy =
            Value::String(if dice.below(2) == 0 { text } else { text.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/") });
    }
}

fn rephrase_statement(statement: &mut Value, short: Option<&str>, dice: &mut Dice) {
    let Some(fields) = statement.as_object_mut() else { return };
    fields.insert("Sid".to_owned(), json!(format!("S{}", dice.below(100))));
    for (name, value) in fields.iter_mut() {
        match name.as_str() {
            "Action" | "NotAction" => each_text(value, |text| text.to_uppercase()),
            "Resource" | "NotResource" => each_text(value, |text| match short {
                Some(short) => text.strip_prefix(short).map_or_else(|| text.to_owned(), |rest| format!("execute-api:{rest}")),
                None => text.to_owned(),
            }),
            "Principal" if *value == json!("*") => *value = json!({"AWS": ["*"]}),
            "Principal" => objects(Some(value)).for_each(|(_, names)| {
                each_text(names, |text| {
                    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
                        format!("arn:aws:iam::{text}:root")
                    } else {
                        text.to_owned()
                    }
                });
                spread(names, dice);
            }),
            "Condition" => {
                *value = Value::Object(
                    objects(Some(value)).map(|(operator, keys)| (operator.to_lowercase(), rephrase_keys(keys, dice))).collect(),
                )
            }
            _ => {}
        }
        if ["Action", "NotAction", "Resource", "NotResource"].contains(&name.as_str()) {
            spread(value, dice);
        }
    }
}

fn rephrase_keys(keys: &mut Value, dice: &mut Dice) -> Value {
    Value::Object(
        objects(Some(keys))
            .map(|(key, values)| {
                spread(values, dice);
                (key.to_uppercase(), values.clone())
            })
            .collect(),
    )
}

fn each_text(value: &mut Value, form: impl Fn(&str) -> String + Copy) {
    match value {
        Value::String(text) => *text = form(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, form)),
        _ => {}
    }
}

/// A list of one for a single value, or the other way round.
fn spread(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Array(items) if items.len() == 1 => *value = items.remove(0),
        Value::Array(items) => dice.shuffle(items),
        _ => *value = json!([value.take()]),
    }
}
