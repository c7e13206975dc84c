//! HTTP tasks: the states of a state machine that call a URL through a connection.
//!
//! A definition is walked once, when the estate is built, through `Parallel` branches and `Map` processors, however
//! deep. What a task takes from its input or computes at run time is unknown, never empty; a URL that is put together
//! with `States.Format`, or of literals and values in JSONata, keeps its literal part, with a `*` for each value, like
//! the URL of an API destination.
//! <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::host::{InvocationUrl, UrlError};
use crate::jsonata::{self, Piece};
use crate::model::states::StateMachine;
use crate::model::{Known, Reason, Text, Unknown};

/// One HTTP task.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// The state's name, unique within the whole definition.
    pub name: &'a str,
    /// Whether it takes on another role than the machine's.
    pub has_own_role: bool,
    /// ARN of its connection.
    pub connection: Field<&'a str>,
    /// `ApiEndpoint`.
    pub endpoint: Field<Address>,
    /// `Method`.
    pub method: Field<&'a str>,
    /// `Headers` by name.
    pub headers: Field<Settings<'a>>,
    /// `QueryParameters` by name.
    pub query: Field<Settings<'a>>,
    /// All that the task is given, `Arguments` or `Parameters`, as it is written; JSON `null` where there is nothing.
    pub arguments: Field<&'a Value>,
    /// `RequestBody`, where the task has one. It may hold expressions.
    pub body: Field<Option<&'a Value>>,
}

/// Headers or query parameters by name.
pub type Settings<'a> = BTreeMap<&'a str, Field<Text>>;

/// A part of a task.
#[derive(Clone, Debug)]
pub struct Field<T> {
    /// RFC 6901 pointer into the state machine as it stands in the snapshot.
    pub pointer: String,
    /// What it is; unknown where that is decided at run time.
    pub value: Known<T>,
}

impl<T> Field<T> {
    /// The value, or why it is not known.
    ///
    /// # Errors
    /// The gap.
    pub fn read(&self) -> Result<&T, Unknown> {
        self.value.read()
    }
}

/// The URL of a task.
#[derive(Clone, Debug)]
pub struct Address {
    /// As written, or with `*` for each value that is put in at run time.
    pub text: String,
    /// Taken apart.
    pub url: Result<InvocationUrl, UrlError>,
    /// Whether values are put in at run time. Unlike those of an API destination they may hold slashes.
    pub formatted: bool,
}

/// The HTTP tasks of a state machine, in the order of the definition.
///
/// A definition without states is what AWS returns where the caller may not use the machine's key: it is unknown.
pub fn tasks_of(machine: &StateMachine) -> Known<Vec<Task<'_>>> {
    let definition = match machine.definition.read() {
        Ok(definition) => definition,
        Err(unknown) => return Known::Unknown(unknown),
    };
    let Some(states) = definition.get("States").and_then(Value::as_object) else {
        let why = "the definition was not returned: the caller may not use the key of the state machine";
        return Known::Unknown(Unknown::new("states:DescribeStateMachine", Reason::Denied, why));
    };
    let mut found = Vec::new();
    walk(states, "/definition/States", &mut found);
    Known::Value(found)
}

fn walk<'a>(states: &'a Map<String, Value>, pointer: &str, found: &mut Vec<Task<'a>>) {
    for (name, state) in states {
        let pointer = format!("{pointer}/{}", escaped(name));
        if state.get("Resource").and_then(Value::as_str).is_some_and(is_http_invoke) {
            found.push(task(name, state, &pointer));
        }
        for processor in ["ItemProcessor", "Iterator"] {
            if let Some(inner) = state.pointer(&format!("/{processor}/States")).and_then(Value::as_object) {
                walk(inner, &format!("{pointer}/{processor}/States"), found);
            }
        }
        for (index, branch) in state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(inner) = branch.get("States").and_then(Value::as_object) {
                walk(inner, &format!("{pointer}/Branches/{index}/States"), found);
            }
        }
    }
}

/// `arn:PARTITION:states:::http:invoke`.
fn is_http_invoke(resource: &str) -> bool {
    let partition = resource.strip_prefix("arn:").and_then(|rest| rest.strip_suffix(":states:::http:invoke"));
    partition.is_some_and(|partition| !partition.is_empty() && !partition.contains(':'))
}

fn task<'a>(name: &'a str, state: &'a Value, pointer: &str) -> Task<'a> {
    let (key, given) = match (state.get("Arguments"), state.get("Parameters")) {
        (Some(arguments), _) => ("Arguments", arguments),
        (None, parameters) => ("Parameters", parameters.unwrap_or(&Value::Null)),
    };
    let place = Place { value: given, pointer: format!("{pointer}/{key}") };
    Task {
        name,
        has_own_role: state.get("Credentials").is_some(),
        connection: place.connection(),
        endpoint: place.field("ApiEndpoint", address),
        method: place.field("Method", word),
        headers: place.settings("Headers"),
        query: place.settings("QueryParameters"),
        body: place.body(),
        arguments: Field { pointer: place.pointer, value: Known::Value(given) },
    }
}

/// An object of a definition, where its members are looked up.
struct Place<'a> {
    value: &'a Value,
    pointer: String,
}

/// A member of an object: written out, computed at run time, or not there.
enum Part<'a> {
    Written(&'a Value),
    Computed(&'a str),
    Absent,
}

impl<'a> Place<'a> {
    /// A member with its pointer, under its own name or with the `.$` of a computed one. Where the object itself is
    /// computed, so is all that is in it.
    fn part(&self, key: &str) -> (String, Part<'a>) {
        let computed = format!("{key}.$");
        let (name, part) = match (self.value.get(key), self.value.get(&computed), expression(self.value)) {
            (Some(value), ..) => (key, expression(value).map_or(Part::Written(value), Part::Computed)),
            (None, Some(value), _) => (computed.as_str(), Part::Computed(value.as_str().unwrap_or_default())),
            (None, None, Some(whole)) => return (self.pointer.clone(), Part::Computed(whole)),
            (None, None, None) => (key, Part::Absent),
        };
        (format!("{}/{}", self.pointer, escaped(name)), part)
    }

    fn field<T>(&self, key: &str, read: impl FnOnce(Part<'a>) -> Result<T, Unknown>) -> Field<T> {
        let (pointer, part) = self.part(key);
        Field { pointer, value: read(part).into() }
    }

    /// The connection's ARN stands under one of two names.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
    fn connection(&self) -> Field<&'a str> {
        let config = match self.part("Authentication") {
            (_, Part::Absent) => self.part("InvocationConfig"),
            found => found,
        };
        match config {
            (pointer, Part::Written(value)) => Place { value, pointer }.field("ConnectionArn", word),
            (pointer, other) => Field { pointer, value: word(other).into() },
        }
    }

    fn settings(&self, key: &str) -> Field<Settings<'a>> {
        let (pointer, part) = self.part(key);
        let value = match part {
            Part::Absent => Known::Value(Settings::new()),
            Part::Computed(_) => Known::Unknown(at_run_time()),
            Part::Written(value) if value.is_object() => Known::Value(settings(value, &pointer)),
            // Query parameters may also be a text or a list.
            Part::Written(_) => Known::Unknown(Unknown::unresolved(format!("the names in {key} are not written out as an object"))),
        };
        Field { pointer, value }
    }

    fn body(&self) -> Field<Option<&'a Value>> {
        self.field("RequestBody", |part| match part {
            Part::Absent => Ok(None),
            Part::Computed(_) => Err(at_run_time()),
            Part::Written(value) => Ok(Some(value)),
        })
    }
}

fn settings<'a>(value: &'a Value, pointer: &str) -> Settings<'a> {
    let entry = |(key, value): (&'a String, &'a Value)| {
        let pointer = format!("{pointer}/{}", escaped(key));
        match key.strip_suffix(".$") {
            Some(name) => (name, Field { pointer, value: Known::Unknown(at_run_time()) }),
            None => (key.as_str(), Field { pointer, value: text(value).into() }),
        }
    };
    value.as_object().into_iter().flatten().map(entry).collect()
}

/// The text of a header or query parameter; a number stands for its digits.
fn text(value: &Value) -> Result<Text, Unknown> {
    if expression(value).is_some() {
        return Err(at_run_time());
    }
    match value {
        Value::String(text) if has_placeholder(text) => Err(not_filled()),
        Value::String(text) => Ok(Text::Plain(text.clone())),
        Value::Object(_) => serde_json::from_value(value.clone()).or_else(|_| Ok(Text::Plain(value.to_string()))),
        other => Ok(Text::Plain(other.to_string())),
    }
}

/// A text that must be known as a whole.
fn word(part: Part<'_>) -> Result<&str, Unknown> {
    match part {
        Part::Written(Value::String(text)) if has_placeholder(text) => Err(not_filled()),
        Part::Written(Value::String(text)) => Ok(text),
        Part::Computed(_) => Err(at_run_time()),
        Part::Written(_) | Part::Absent => Err(Unknown::unresolved("the task does not say it, though AWS asks for it")),
    }
}

fn address(part: Part<'_>) -> Result<Address, Unknown> {
    let (text, formatted) = match part {
        Part::Computed(text) if has_placeholder(text) => return Err(not_filled()),
        Part::Computed(text) => (format_template(text).or_else(|| joined_template(text)).ok_or_else(at_run_time)?, true),
        written => (word(written)?.to_owned(), false),
    };
    let host_ends = text.find("://").and_then(|at| Some(at + 3 + text.get(at + 3..)?.find('/')?));
    if formatted && text.get(..host_ends.unwrap_or(text.len())).is_none_or(|host| host.contains('*')) {
        return Err(at_run_time());
    }
    Ok(Address { url: InvocationUrl::parse(&text), text, formatted })
}

/// The template of `States.Format('…{}…', …)` with `*` for each `{}`; a backslash keeps what follows as it is.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html>
fn format_template(expression: &str) -> Option<String> {
    let arguments = expression.trim().strip_prefix("States.Format(")?.trim_start().strip_prefix('\'')?;
    let mut template = String::new();
    let mut rest = arguments.chars();
    loop {
        match rest.next()? {
            '\'' => return Some(template),
            '\\' => template.push(rest.next()?),
            '{' if rest.as_str().starts_with('}') => {
                rest.next();
                template.push('*');
            }
            other => template.push(other),
        }
    }
}

/// The literals of a concatenation in JSONata with `*` for each value between them.
fn joined_template(expression: &str) -> Option<String> {
    let pieces = jsonata::concatenation(expression)?;
    Some(pieces.iter().map(|piece| if let Piece::Literal(text) = piece { text } else { "*" }).collect())
}

/// The text of a JSONata expression.
fn expression(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| text.trim_start().starts_with("{%"))
}

/// `${Name}` of a definition that is filled when the machine is made.
fn has_placeholder(text: &str) -> bool {
    text.contains("${")
}

fn at_run_time() -> Unknown {
    Unknown::unresolved("the task computes it at run time")
}

fn not_filled() -> Unknown {
    Unknown::unresolved("the definition has a placeholder there that nothing fills")
}

/// A name as a step of an RFC 6901 pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
