//! State machines, with their definitions cut down to the calls of HTTP APIs, as the live source does.

use serde_json::{Value, json};

use super::super::origins::Table;
use super::super::resolve::{HOLE, Mode};
use super::{Item, Lowering, must, roles, tags};
use crate::model::iam::Role;
use crate::model::states::StateMachine;
use crate::model::{Kind, Known, Unknown};
use crate::source::asl;
use crate::source::document::Node;

/// Where a type has what all state machines have.
struct Names {
    name: &'static str,
    role: &'static str,
    location: &'static str,
    table: Table,
}

const MACHINE: Names = Names {
    name: "AWS::StepFunctions::StateMachine",
    role: "RoleArn",
    location: "DefinitionS3Location",
    table: &[("/name", "StateMachineName"), ("/role_arn", "RoleArn"), ("/definition", "Definition")],
};
const SERVERLESS: Names = Names {
    name: "AWS::Serverless::StateMachine",
    role: "Role",
    location: "DefinitionUri",
    table: &[("/name", "Name"), ("/role_arn", "Role"), ("/definition", "Definition")],
};

impl<'a> Lowering<'_, 'a> {
    pub(super) fn machines(&mut self) {
        for names in [&MACHINE, &SERVERLESS] {
            for item in self.take(names.name) {
                let item = if names.location == "DefinitionUri" { self.with_globals(item, "StateMachine") } else { item };
                self.machine(&item, names);
            }
        }
    }

    fn machine(&mut self, item: &Item<'a>, names: &Names) {
        let arn = self.arn(item);
        let definition = self.definition(item, names.location).map(|definition| asl::reduced(&arn, &definition));
        // One that calls no HTTP API is of no interest, and one of which that is not known is.
        if definition.as_ref().is_ok_and(|definition| !asl::calls_http(definition)) {
            return;
        }
        let machine = StateMachine {
            name: self.name(item),
            role_arn: self.machine_role(item, names.role),
            definition: definition.into(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::StateMachine, &arn, machine, names.table, |region| &mut region.state_machines);
        let text = [("DefinitionString", true), (names.location, true), ("Definition", false)];
        if let Some((property, _)) = text.iter().find(|(property, text)| *text && !item.get(property).is_absent()) {
            let origin = item.origin(&[property]);
            self.points(item, Kind::StateMachine, &arn, "/definition".to_owned(), origin);
        }
    }

    /// The role that is named, or the one that SAM makes.
    fn machine_role(&mut self, item: &Item<'a>, property: &str) -> Known<String> {
        if property == "RoleArn" || !item.get(property).is_absent() {
            return must(item, property);
        }
        let name = self.resolver.role_of(item.stack, item.declared.id);
        let scope = self.scope(item);
        let arn = format!("arn:{}:iam::{}:role/{name}", scope.partition, scope.account);
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        let role = Role {
            arn: arn.clone(),
            name,
            trust: Known::Value(trust),
            policies: roles::generated(item.get("Policies")).into(),
            boundary: Known::default(),
            tags: Known::default(),
        };
        self.add_role(item, &arn, role, &[("/policies", "Policies")]);
        Known::Value(arn)
    }

    /// The definition, its placeholders filled. What is not known leaves a hole that is found where the value is needed.
    fn definition(&self, item: &Item<'a>, location: &str) -> Result<Value, Unknown> {
        let substitutions = self.substitutions(item)?;
        let own = |name: &str| item.declared.node.get("Properties").and_then(|properties| properties.get(name));
        let read = |node: &'a Node| self.resolver.value(item.stack, node, Mode::Holes);
        if let Some(node) = own("DefinitionString") {
            return of_text(&read(node).must("DefinitionString")?, &substitutions);
        }
        if let Some(node) = own("Definition") {
            return Ok(filled(read(node).json_with(&|_| Ok(Value::String(HOLE.to_owned())))?, &substitutions));
        }
        if item.get(location).is_absent() {
            return Err(Unknown::unresolved("the state machine has no definition in the template"));
        }
        let (file, bytes) = self.file(item, item.get(location))?;
        match super::assets::parsed(&file, &bytes) {
            Ok(definition) => Ok(filled(definition.json()?, &substitutions)),
            Err(_) => of_text(&String::from_utf8_lossy(&bytes), &substitutions),
        }
    }

    fn substitutions(&self, item: &Item<'a>) -> Result<Vec<(String, Option<String>)>, Unknown> {
        let entries = item.get("DefinitionSubstitutions").entries()?.iter();
        Ok(entries.map(|(name, value)| (format!("${{{name}}}"), value.text().ok().flatten())).collect())
    }
}

/// A definition in a text, in which a placeholder may stand for more than a string.
fn of_text(text: &str, substitutions: &[(String, Option<String>)]) -> Result<Value, Unknown> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    if let Some(definition) = parse(text) {
        return Ok(filled(definition, substitutions));
    }
    let mut text = text.to_owned();
    for (placeholder, value) in substitutions {
        if let Some(value) = value {
            text = text.replace(placeholder, value);
        }
    }
    let definition = parse(&text).ok_or_else(|| Unknown::unresolved("the definition of the state machine is not JSON"))?;
    Ok(filled(definition, substitutions))
}

/// Puts values in for placeholders. A string in which one is left is a placeholder as a whole: no part of it is sure.
fn filled(definition: Value, substitutions: &[(String, Option<String>)]) -> Value {
    match definition {
        Value::String(text) => Value::String(filled_text(text, substitutions)),
        Value::Array(items) => items.into_iter().map(|item| filled(item, substitutions)).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, filled(value, substitutions))).collect(),
        other => other,
    }
}

fn filled_text(mut text: String, substitutions: &[(String, Option<String>)]) -> String {
    if !text.contains("${") {
        return text;
    }
    for (placeholder, value) in substitutions {
        if let Some(value) = value {
            text = text.replace(placeholder, value);
        }
    }
    let left = text.contains(HOLE) || substitutions.iter().any(|(placeholder, value)| value.is_none() && text.contains(placeholder));
    if left { HOLE.to_owned() } else { text }
}
