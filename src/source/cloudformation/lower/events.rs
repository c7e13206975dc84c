//! EventBridge: buses, rules with their targets, API destinations, archives; and pipes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, entry, may, must, or, tags};
use crate::model::events::{Archive, Bus, Destination, Input, Pipe, Retry, Rule, Target, Targets};
use crate::model::{Json, Kind, Known, Shared, Text, Unknown};
use crate::source::mask::Mask;
use crate::source::planned::Resolved;

const BUS: Table = &[("/name", "Name"), ("/policy", "Policy"), ("/kms_key", "KmsKeyIdentifier"), ("/dead_letter", "DeadLetterConfig/Arn")];
const RULE: Table = &[
    ("/name", "Name"),
    ("/bus", "EventBusName"),
    ("/state", "State"),
    ("/pattern", "EventPattern"),
    ("/schedule", "ScheduleExpression"),
    ("/role_arn", "RoleArn"),
    ("/targets", "Targets"),
];
const DESTINATION: Table = &[
    ("/name", "Name"),
    ("/connection_arn", "ConnectionArn"),
    ("/endpoint", "InvocationEndpoint"),
    ("/method", "HttpMethod"),
    ("/rate", "InvocationRateLimitPerSecond"),
];
const ARCHIVE: Table = &[("/name", "ArchiveName"), ("/source_arn", "SourceArn"), ("/pattern", "EventPattern")];
const PIPE: Table = &[("/name", "Name"), ("/target_arn", "Target"), ("/enrichment_arn", "Enrichment")];

/// Fields of a target of the model and of a template.
const TARGET: [(&str, &[&str]); 8] = [
    ("/arn", &["Arn"]),
    ("/role_arn", &["RoleArn"]),
    ("/dead_letter", &["DeadLetterConfig", "Arn"]),
    ("/retry", &["RetryPolicy"]),
    ("/path_values", &["HttpParameters", "PathParameterValues"]),
    ("/headers", &["HttpParameters", "HeaderParameters"]),
    ("/query", &["HttpParameters", "QueryStringParameters"]),
    ("/input", &[]),
];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn events(&mut self) {
        self.take("AWS::Events::EventBus").iter().for_each(|item| self.bus(item));
        self.take("AWS::Events::EventBusPolicy").iter().for_each(|item| self.bus_policy(item));
        self.take("AWS::Events::Rule").iter().for_each(|item| self.rule(item));
        self.take("AWS::Events::ApiDestination").iter().for_each(|item| self.destination(item));
        self.take("AWS::Events::Archive").iter().for_each(|item| self.archive(item));
        self.take("AWS::Pipes::Pipe").iter().for_each(|item| self.pipe(item));
    }

    fn bus(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let bus = Bus {
            name: self.name(item),
            policy: item.get("Policy").document().into(),
            kms_key: may(item, "KmsKeyIdentifier"),
            dead_letter: item.properties.at(&["DeadLetterConfig", "Arn"]).text().into(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::Bus, &arn, bus, BUS, |region| &mut region.buses);
    }

    /// A statement of a bus's policy, written as one or in parts.
    fn bus_policy(&mut self, item: &Item<'a>) {
        let bus = self.resolver.bus_name(item.stack, item.declared);
        let scope = self.scope(item);
        let arn = format!("arn:{}:events:{}:{}:event-bus/{bus}", scope.partition, scope.region, scope.account);
        let statement = item.sure(statement(item, &arn));
        let Some(bus) = entry(&mut self.region(item).buses, &arn) else { return };
        match (statement, &mut bus.policy) {
            (Err(unknown), policy) => *policy = Known::Unknown(unknown),
            (Ok(statement), Known::Value(policy)) => {
                let policy = policy.get_or_insert_with(|| json!({"Version": "2012-10-17", "Statement": []}));
                if let Some(list) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
                    list.push(statement);
                }
            }
            (Ok(_), Known::Unknown(_)) => {}
        }
    }

    fn rule(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let targets = self.targets(item, &arn);
        let rule = Rule {
            name: self.name(item),
            bus: self.resolver.bus_name(item.stack, item.declared).into(),
            state: or(item, "State", "ENABLED").map(Shared::from),
            pattern: pattern(item),
            schedule: may(item, "ScheduleExpression"),
            role_arn: may(item, "RoleArn"),
            managed_by: Known::Value(None),
            targets: targets.into(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::Rule, &arn, rule, RULE, |region| &mut region.rules);
        self.target_places(item, &arn);
    }

    fn targets(&self, item: &Item<'a>, rule: &str) -> Result<Targets, Unknown> {
        let one = |value: &Resolved| -> Result<_, Unknown> {
            let id = value.must_be_known()?.field("Id").must("the Id of a target")?;
            let target = target(&Mask::new(rule, &id), value);
            Ok((Shared::from(id), Box::new(target)))
        };
        item.get("Targets").items()?.iter().map(one).collect()
    }

    /// Each target is a resource of its own in reports, and stands at a place of a list.
    fn target_places(&mut self, item: &Item<'a>, rule: &str) {
        for (index, value) in item.get("Targets").items().unwrap_or_default().iter().enumerate() {
            let Ok(Some(id)) = value.field("Id").text() else { continue };
            let index = index.to_string();
            let at = |way: &[&str]| item.origin(&[&["Targets", index.as_str()], way].concat());
            let public = format!("{rule}#{id}");
            self.draft.origins.add(Kind::Target, public.clone(), at(&[]), &[]);
            for (pointer, way) in TARGET {
                self.draft.origins.point(Kind::Target, &public, pointer, at(way));
            }
            for (pointer, name) in [("/input/path", "InputPath"), ("/input/constant", "Input")] {
                self.draft.origins.point(Kind::Target, &public, pointer, at(&[name]));
            }
            self.draft.origins.point(Kind::Target, &public, "/input/template", at(&["InputTransformer", "InputTemplate"]));
        }
    }

    fn destination(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let mask = Mask::new(&arn, "");
        let destination = Destination {
            name: self.name(item),
            state: at_run_time(),
            connection_arn: must(item, "ConnectionArn"),
            endpoint: must(item, "InvocationEndpoint").map(|url| mask.url("endpoint", &url)),
            method: must(item, "HttpMethod"),
            rate: item.get("InvocationRateLimitPerSecond").integer().into(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::Destination, &arn, destination, DESTINATION, |region| &mut region.destinations);
    }

    fn archive(&mut self, item: &Item<'a>) {
        let name = self.name(item);
        let archive = Archive { name: name.clone(), source_arn: must(item, "SourceArn"), state: at_run_time(), pattern: pattern(item) };
        self.put(item, Kind::Bus, &name, archive, ARCHIVE, |region| &mut region.archives);
    }

    fn pipe(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let pipe = Pipe {
            name: self.name(item),
            state: at_run_time(),
            target_arn: must(item, "Target"),
            enrichment_arn: may(item, "Enrichment"),
            arn: arn.clone(),
        };
        self.put(item, Kind::Pipe, &arn, pipe, PIPE, |region| &mut region.pipes);
    }
}

fn pattern(item: &Item<'_>) -> Known<Option<Json>> {
    Known::from(item.get("EventPattern").document()).map(|pattern| pattern.map(Json::from))
}

fn statement(item: &Item<'_>, bus: &str) -> Result<Value, Unknown> {
    if let Some(statement) = item.get("Statement").document()? {
        return Ok(statement);
    }
    let principal = match item.get("Principal").must("Principal")?.as_str() {
        "*" => json!("*"),
        account => json!({"AWS": account}),
    };
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": item.get("Action").must("Action")?, "Resource": bus});
    let condition = item.get("Condition");
    if let (Some(kind), Some(key)) = (condition.field("Type").text()?, condition.field("Key").text()?) {
        statement["Condition"] = json!({kind: {key: condition.field("Value").must("Value")?}});
    }
    Ok(statement)
}

fn target(mask: &Mask, value: &Resolved) -> Target {
    let http = value.field("HttpParameters");
    let pairs = |place: &'static str, name: &str| {
        let entries = http.field(name).entries();
        Known::from(
            entries
                .map(|entries| entries.iter().map(|(key, value)| (key.clone(), text(mask, place, key, value))).collect::<BTreeMap<_, _>>()),
        )
    };
    let path = http.field("PathParameterValues").items();
    Target {
        arn: value.field("Arn").must("Arn").into(),
        role_arn: shared(value.field("RoleArn")),
        dead_letter: shared(value.at(&["DeadLetterConfig", "Arn"])),
        retry: retry(value.field("RetryPolicy")).into(),
        path_values: Known::from(path.map(|items| items.iter().map(|value| text(mask, "path", "", value)).collect())),
        headers: pairs("header", "HeaderParameters"),
        query: pairs("query", "QueryStringParameters"),
        input: input(mask, value).into(),
    }
}

/// Stands for a value that is not known. Looks like what people write out, and like no credential of any issuer.
pub const UNSEEN: &str = "not-known-yet-1";

/// A parameter's text. What is not known yet may be a secret, and is masked like one of its name.
pub(super) fn text(mask: &Mask, field: &str, key: &str, value: &Resolved) -> Text {
    mask.text(field, key, value.written().unwrap_or(UNSEEN))
}

fn shared(value: &Resolved) -> Known<Option<Shared>> {
    Known::from(value.text()).map(|text| text.map(Shared::from))
}

fn retry(value: &Resolved) -> Result<Retry, Unknown> {
    Ok(Retry { attempts: value.field("MaximumRetryAttempts").integer()?, age_seconds: value.field("MaximumEventAgeInSeconds").integer()? })
}

fn input(mask: &Mask, value: &Resolved) -> Result<Input, Unknown> {
    let transformer = value.field("InputTransformer");
    let mut paths = BTreeMap::new();
    for (key, path) in transformer.field("InputPathsMap").entries()? {
        paths.insert(key.clone(), path.must("a path of InputPathsMap")?);
    }
    Ok(Input {
        path: value.field("InputPath").text()?.map(Shared::from),
        constant: value.field("Input").text()?.map(|text| mask.json("input", &text)),
        template: transformer.field("InputTemplate").text()?.map(|text| mask.json("template", &text)),
        paths,
    })
}
