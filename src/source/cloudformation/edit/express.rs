//! Texts as references to what a template declares.

use serde_json::{Map, Value, json};

use super::super::scope::Declared;
use super::super::types::{self, Shape};
use super::{Refused, refers_to};
use crate::source::cloudformation::resolve::{Mode, Resolver};
use crate::source::document::Node;
use crate::source::planned::stand_in;

/// Shorter values of parameters are words that stand elsewhere by chance.
const TELLING: usize = 12;

/// The texts for which a template has references.
pub struct Terms<'e, 'a> {
    resolver: &'e Resolver<'a>,
    /// The template's place.
    pub stack: usize,
    names: &'e [(String, String)],
    /// The longest first.
    own: Vec<(String, Reference)>,
    /// Texts of other templates, and the names of their stacks.
    others: Vec<(String, &'a str)>,
    account: String,
    region: String,
    /// Whether account and region are those where it will be deployed.
    placed: bool,
}

/// How a text is written.
#[derive(Clone, Debug)]
enum Reference {
    /// By a name that `Fn::Sub` takes: `A`, `A.Arn`.
    Name(String),
    /// By an expression.
    Expression(Value),
}

impl Reference {
    fn value(&self) -> Value {
        match self {
            Reference::Name(name) => match name.split_once('.') {
                Some((resource, attribute)) => json!({"Fn::GetAtt": [resource, attribute]}),
                None => json!({"Ref": name}),
            },
            Reference::Expression(value) => value.clone(),
        }
    }
}

impl<'e, 'a> Terms<'e, 'a> {
    /// What the template `stack` can refer to.
    pub fn new(resolver: &'e Resolver<'a>, stack: usize, names: &'e [(String, String)]) -> Self {
        let mut own = Vec::new();
        let mut others = Vec::new();
        for (index, scope) in resolver.scopes.iter().enumerate() {
            let texts = scope.resources.iter().flat_map(|declared| texts(resolver, index, *declared));
            if index == stack {
                own.extend(texts);
                own.extend(parameters(resolver, stack));
            } else {
                others.extend(texts.map(|(text, _)| (text, scope.stack.name.as_str())));
            }
        }
        // Of references to one text the first is the plainest.
        own.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        others.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        let scope = resolver.scopes.get(stack);
        let (account, region) = scope.map_or(Default::default(), |scope| (scope.account.to_owned(), scope.region.to_owned()));
        let placed = scope.is_some_and(|scope| scope.stack.account.is_some() && scope.stack.region.is_some());
        Terms { resolver, stack, names, own, others, account, region, placed }
    }

    /// A value of a plan in the texts of the templates.
    pub fn translated(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.names.iter().fold(text.clone(), |text, (from, to)| replaced(&text, from, to))),
            Value::Array(items) => items.iter().map(|item| self.translated(item)).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.translated(value))).collect::<Map<_, _>>().into(),
            other => other.clone(),
        }
    }

    /// A value of a plan as it is written in the template.
    ///
    /// # Errors
    /// What it names that the template cannot.
    pub fn value(&self, value: &Value) -> Result<Value, Refused> {
        self.expressed(&self.translated(value))
    }

    fn expressed(&self, value: &Value) -> Result<Value, Refused> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.expressed(item)).collect::<Result<Vec<_>, _>>().map(Value::Array),
            Value::Object(map) => {
                let each = |(key, value): (&String, &Value)| Ok((key.clone(), self.expressed(value)?));
                map.iter().map(each).collect::<Result<Map<_, _>, Refused>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    fn text(&self, text: &str) -> Result<Value, Refused> {
        if text.contains("$new-") {
            return Err("it names something that is made only when the plan is carried out".to_owned());
        }
        if let Some((_, reference)) = self.own.iter().find(|(own, _)| own == text) {
            return Ok(reference.value());
        }
        if text == self.account {
            return Ok(json!({"Ref": "AWS::AccountId"}));
        }
        let other = self.others.iter().find(|(other, _)| find(text, other).is_some());
        if let Some((other, owner)) = other {
            return self.imported(text, other, owner);
        }
        let mut sub = Sub { text: text.replace("${", "${!"), values: Map::new() };
        let mut used = false;
        for (own, reference) in &self.own {
            used |= sub.put(own, reference);
        }
        self.place(&mut sub, used)?;
        Ok(sub.finish())
    }

    /// A text that another template's text is, or is a part of.
    fn imported(&self, text: &str, other: &str, owner: &str) -> Result<Value, Refused> {
        let Some(name) = self.resolver.export_of(other) else {
            return Err(format!("it names a resource of the stack {owner}, which does not export it"));
        };
        let import = json!({"Fn::ImportValue": name});
        let at = find(text, other).unwrap_or_default();
        match (&text[..at], &text[at + other.len()..]) {
            ("", "") => Ok(import),
            (before, after) => Ok(json!({"Fn::Join": ["", [self.text(before)?, import, self.text(after)?]]})),
        }
    }

    /// The account and the region where the template will be deployed.
    fn place(&self, sub: &mut Sub, used: bool) -> Result<(), Refused> {
        let is_arn = sub.text.starts_with("arn:");
        if is_arn || used || !self.placed {
            if let Some(rest) = sub.text.strip_prefix("arn:").and_then(|rest| rest.split_once(':')).map(|(_, rest)| rest.to_owned())
                && rest.contains(&self.account)
            {
                sub.text = format!("arn:${{AWS::Partition}}:{rest}");
            }
            let delimited = |text: &str| [(':', ':'), ('.', '.')].map(|(before, after)| format!("{before}{text}{after}"));
            for mark in delimited(&self.region) {
                let new = mark.replace(&self.region, "${AWS::Region}");
                sub.text = sub.text.replace(&mark, &new);
            }
            sub.text = sub.text.replace(&format!(":{}:", self.account), ":${AWS::AccountId}:");
        }
        match !self.placed && sub.text.contains(stand_in::ACCOUNT) {
            true => Err("it names an account that is not known".to_owned()),
            false => Ok(()),
        }
    }
}

/// A text in which references stand.
struct Sub {
    text: String,
    values: Map<String, Value>,
}

impl Sub {
    /// Puts a reference where its text stands; whether it did.
    fn put(&mut self, own: &str, reference: &Reference) -> bool {
        let mut used = false;
        let mut from = 0;
        while let Some(at) = self.text.get(from..).and_then(|rest| find(rest, own)).map(|at| at + from) {
            let name = match reference {
                Reference::Name(name) => name.clone(),
                Reference::Expression(value) => {
                    let name = format!("Value{}", self.values.len() + 1);
                    self.values.insert(name.clone(), value.clone());
                    name
                }
            };
            let new = format!("${{{name}}}");
            self.text.replace_range(at..at + own.len(), &new);
            from = at + new.len();
            used = true;
        }
        used
    }

    fn finish(self) -> Value {
        match (self.values.is_empty(), self.text.replace("${!", "").contains("${")) {
            (true, false) => Value::String(self.text.replace("${!", "${")),
            (true, true) => json!({"Fn::Sub": self.text}),
            (false, _) => json!({"Fn::Sub": [self.text, self.values]}),
        }
    }
}

/// Where a name stands in a text, not as a part of another one.
fn find(text: &str, name: &str) -> Option<usize> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let (before, after) = (text[..*at].chars().next_back(), text[at + name.len()..].chars().next());
        // Within a reference that stands there already.
        let inside = text[..*at].rfind("${").is_some_and(|open| !text[open..*at].contains('}'));
        !inside && !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    let (mut text, mut at) = (text.to_owned(), 0);
    while let Some(found) = text.get(at..).and_then(|rest| find(rest, from)).map(|found| found + at) {
        text.replace_range(found..found + from.len(), to);
        at = found + to.len();
    }
    text
}

/// The texts that a resource is named by, the plainest first.
fn texts<'a>(resolver: &Resolver<'a>, stack: usize, declared: Declared<'a>) -> Vec<(String, Reference)> {
    let Some(shape) = types::shape(declared.kind) else { return Vec::new() };
    let mut texts = Vec::new();
    let mut name = |text: String, attribute: &str| {
        let name = if attribute.is_empty() { declared.id.to_owned() } else { format!("{}.{attribute}", declared.id) };
        texts.push((text, Reference::Name(name)));
    };
    let reference = |wanted| refers_to(declared.kind, wanted);
    if !shape.arn.is_empty() {
        let arn = resolver.arn(stack, declared);
        let attribute = shape.arns.first().copied();
        if let Some(attribute) = attribute.filter(|_| !reference("Arn")).or(reference("Arn").then_some("")) {
            name(arn.clone(), attribute);
        }
        if matches!(declared.kind, "AWS::Events::Connection" | "AWS::Events::ApiDestination") {
            name(arn.rsplit_once('/').map_or(arn.clone(), |(arn, _)| arn.to_owned()), "ArnForPolicy");
        }
    }
    if !shape.id.is_empty()
        && let Some(attribute) = reference("Id").then_some("").or(shape.ids.first().copied())
    {
        name(resolver.id(stack, declared), attribute);
    }
    if !is_named(declared.node, shape) && (reference("Name") || !shape.names.is_empty()) {
        name(resolver.name(stack, declared), if reference("Name") { "" } else { shape.names.first().copied().unwrap_or_default() });
    }
    match declared.kind {
        "AWS::Events::Connection" => name(resolver.connection_secret(stack, declared), "SecretArn"),
        "AWS::SQS::Queue" => texts.extend(url(resolver, stack, declared)),
        types::ENDPOINT => texts.extend(regional_name(resolver, stack, declared)),
        _ => {}
    }
    texts
}

fn url<'a>(resolver: &Resolver<'a>, stack: usize, queue: Declared<'a>) -> Option<(String, Reference)> {
    let scope = resolver.scopes.get(stack)?;
    let name = resolver.name(stack, queue);
    Some((format!("https://sqs.{}.{}/{}/{name}", scope.region, scope.suffix, scope.account), Reference::Name(queue.id.to_owned())))
}

/// The first of an endpoint's DNS names, which holds in all zones.
fn regional_name<'a>(resolver: &Resolver<'a>, stack: usize, endpoint: Declared<'a>) -> Option<(String, Reference)> {
    let name = resolver.dns_names(stack, endpoint).ok()?.into_iter().next()?;
    let entry = json!({"Fn::Select": [0, {"Fn::GetAtt": [endpoint.id, "DnsEntries"]}]});
    Some((name, Reference::Expression(json!({"Fn::Select": [1, {"Fn::Split": [":", entry]}]}))))
}

/// Whether a resource's name is written in words, so that the words may stand elsewhere for another thing.
fn is_named(node: &Node, shape: &Shape) -> bool {
    node.get("Properties").and_then(|properties| properties.get(shape.name)).is_some()
}

/// Parameters with values that name one thing.
fn parameters(resolver: &Resolver<'_>, stack: usize) -> Vec<(String, Reference)> {
    let Some(scope) = resolver.scopes.get(stack) else { return Vec::new() };
    let declared = scope.stack.template.get("Parameters").map(Node::entries).into_iter().flatten();
    let telling = declared.filter_map(|(key, node)| {
        let value =
            resolver.given(stack, &key.text, true).or_else(|| node.get("Default").map(|value| resolver.value(stack, value, Mode::Certain)));
        let text = value?.text().ok().flatten().filter(|text| text.len() >= TELLING && !resolver.is_hidden(stack, node))?;
        Some((text, Reference::Name(key.text.clone())))
    });
    telling.collect()
}
