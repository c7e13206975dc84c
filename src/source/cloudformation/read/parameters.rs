//! Values of parameters from files, in the forms that deployment takes them.
//! <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/create-stack.html>

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, nearest};
use crate::input::Wanted;
use crate::source::document::{Mark, Node, Value};

use super::root::Root;
use super::{bounded, too_large};

const WANTED: Wanted = Wanted { what: "a file of parameters", next: "name a file with --parameters" };
const FORMS: &str = "write [{\"ParameterKey\": NAME, \"ParameterValue\": VALUE}], or {NAME: VALUE}";

/// One value, and where it is given. The value is never told: it may be secret.
struct Given {
    name: String,
    value: String,
    file: String,
    at: Mark,
}

/// Gives each template those of the values that it has a parameter for.
pub fn give(roots: &mut [Root], files: &[PathBuf]) -> Result<()> {
    for file in files {
        for given in read(file)? {
            let mut taken = false;
            for root in roots.iter_mut() {
                let declared = root.template.get("Parameters").and_then(|parameters| parameters.get(&given.name));
                let Some(declared) = declared else { continue };
                fits(&given, declared)?;
                root.parameters.insert(given.name.clone(), given.value.clone());
                taken = true;
            }
            if !taken {
                return Err(unknown(&given, roots));
            }
        }
    }
    Ok(())
}

fn unknown(given: &Given, roots: &[Root]) -> Error {
    let names = roots.iter().flat_map(|root| root.template.get("Parameters").map(Node::entries).unwrap_or_default());
    let error = given.wrong(&format!("no template has a parameter `{}`", given.name));
    match nearest(&given.name, names.map(|(key, _)| key.text.as_str())) {
        Some(name) => error.next(format!("did you mean `{name}`?")),
        None => error.next("remove it, or name the template that has it"),
    }
}

impl Given {
    fn wrong(&self, what: &str) -> Error {
        at(&self.file, self.at, what)
    }
}

fn at(file: &str, at: Mark, what: &str) -> Error {
    Error::new(format!("{file}:{}:{}: {what}", at.line, at.column))
}

fn read(path: &Path) -> Result<Vec<Given>> {
    let file = path.display().to_string();
    let bytes = bounded(path).map_err(|error| WANTED.unreadable(path, &error))?.ok_or_else(|| too_large(path))?;
    let node = super::parse(path, &bytes).map_err(|wrong| at(&file, wrong.at, &wrong.what).next(FORMS))?;
    let entry = |name: &str, value: Option<&Node>, place: Mark| {
        let value = value.and_then(scalar).ok_or_else(|| at(&file, place, &format!("`{name}` has no value that is text")).next(FORMS))?;
        Ok(Given { name: name.to_owned(), value, file: file.clone(), at: place })
    };
    // The form of deployment pipelines has the values one level below, beside tags.
    let plain = node.get("Parameters").filter(|below| matches!(below.value, Value::Map(_))).unwrap_or(&node);
    let given: Vec<Given> = match &plain.value {
        Value::Map(entries) => entries.iter().map(|(key, value)| entry(&key.text, Some(value), key.at)).collect::<Result<_>>()?,
        Value::List(items) => items
            .iter()
            .map(|item| match item.text().and_then(|text| text.split_once('=')) {
                Some((name, value)) => Ok(Given { name: name.into(), value: value.into(), file: file.clone(), at: item.at }),
                None => match item.get("ParameterKey").and_then(Node::text) {
                    Some(name) => entry(name, item.get("ParameterValue"), item.at),
                    None => Err(at(&file, item.at, "an entry without `ParameterKey`").next(FORMS)),
                },
            })
            .collect::<Result<_>>()?,
        _ => return Err(at(&file, node.at, "no list of parameters").next(FORMS)),
    };
    match (1..given.len()).find(|&index| given[..index].iter().any(|before| before.name == given[index].name)) {
        Some(index) => Err(given[index].wrong(&format!("`{}` is given twice", given[index].name)).next("leave one of them")),
        None => Ok(given),
    }
}

/// A value as CloudFormation takes it: text, and lists with commas.
pub fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::List(items) => items.iter().map(scalar).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        Value::Null | Value::Map(_) => None,
    }
}

/// Whether the parameter takes the value.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
fn fits(given: &Given, declared: &Node) -> Result<()> {
    let number = |name: &str| declared.get(name).and_then(scalar).and_then(|digits| digits.parse::<f64>().ok());
    let is_number = declared.get("Type").and_then(Node::text) == Some("Number");
    let (value, length) = (given.value.parse::<f64>().ok(), given.value.chars().count() as f64);
    let allowed: Vec<String> = declared.get("AllowedValues").map(Node::items).unwrap_or_default().iter().filter_map(scalar).collect();
    let many = declared.get("Type").and_then(Node::text).is_some_and(|name| name.starts_with("List<") || name == "CommaDelimitedList");
    let one_of = |value: &str| allowed.is_empty() || allowed.iter().any(|one| one == value.trim());
    let below = |limit: &str, value: f64| number(limit).is_some_and(|limit| value < limit);
    let above = |limit: &str, value: f64| number(limit).is_some_and(|limit| value > limit);
    let what = match value {
        None if is_number => "is no number".to_owned(),
        Some(value) if is_number && (below("MinValue", value) || above("MaxValue", value)) => "is out of its range".to_owned(),
        _ if !is_number && (below("MinLength", length) || above("MaxLength", length)) => "is too short or too long".to_owned(),
        _ if many && given.value.split(',').all(one_of) || one_of(&given.value) => return Ok(()),
        _ => format!("is none of {}", allowed.join(", ")),
    };
    Err(given.wrong(&format!("the value of `{}` {what}", given.name)).next("see the parameter's declaration in the template"))
}
