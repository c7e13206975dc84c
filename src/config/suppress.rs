//! Findings that somebody has accepted: by rule and resource, with a reason, maybe for a time; in `pgwaudit.toml`, or
//! in the template beside the resource.

use std::collections::HashMap;

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::File;
use crate::error::{Error, Result};
use crate::estate::Estate;
use crate::model::{Kind, ResourceId, Tags};
use crate::report::location::Declared;
use crate::report::{Accepted, ReportedFinding};
use crate::rules::Selection;
use crate::rules::names::{self, Name};
use crate::source::cloudformation::{Assembly, Origin};

mod in_place;

/// The tag in which CloudFormation keeps the logical id.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";
/// The name under which the CDK keeps the construct path, where it does.
const CONSTRUCT_PATH: &str = "aws:cdk:path";
const NO_DATE: &str = "not a date, write YYYY-MM-DD";

/// One entry as it is written. Exactly one of `resource`, `logical-id`, `construct-path` and `tag` says on what.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppression {
    /// Name of a rule or an area.
    #[cfg_attr(test, schemars(with = "String"))]
    pub rule: Spanned<String>,
    /// Pattern of ARNs or ids; `*` stands for any letters, `/` and `:` included.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub resource: Option<Spanned<String>>,
    /// Logical id of the resource in its CloudFormation stack.
    pub logical_id: Option<String>,
    /// Pattern of paths of CDK constructs, such as `OrdersStack/Connection/*`; `*` stands for any letters.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub construct_path: Option<Spanned<String>>,
    /// A tag of the resource, `KEY=VALUE`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub tag: Option<Spanned<String>>,
    /// Why the finding is accepted.
    #[cfg_attr(test, schemars(with = "String"))]
    pub reason: Option<Spanned<String>>,
    /// The last day on which it is, `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "date")]
    #[cfg_attr(test, schemars(with = "Option<String>", extend("format" = "date")))]
    pub until: Option<Date>,
}

/// A date, with or without quotation marks.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bare(toml::value::Datetime),
        Text(String),
    }
    let text = match Written::deserialize(deserializer) {
        Ok(Written::Bare(date)) => date.to_string(),
        Ok(Written::Text(text)) => text,
        Err(_) => return Err(serde::de::Error::custom(NO_DATE)),
    };
    last_day(&text).map(Some).map_err(serde::de::Error::custom)
}

fn last_day(text: &str) -> std::result::Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is {NO_DATE}"))
}

/// The rules that are suppressed.
fn rules(name: &str) -> std::result::Result<Name, String> {
    match names::find(name)? {
        Name::Severity(_) => Err("a suppression is for a rule or an area, not for a severity".to_owned()),
        rules => Ok(rules),
    }
}

fn no_reason(at: impl FnOnce(&str) -> Error) -> Error {
    at("this suppression has no reason").next("say in `reason` why the finding is accepted")
}

/// What a suppression is about.
#[derive(Debug)]
enum On {
    Resource(GlobMatcher),
    LogicalId(String),
    ConstructPath(GlobMatcher),
    Tag(String, String),
    /// A resource of a stack, or all of them.
    InStack(usize, Option<String>),
}

/// Finds where a template declares a resource, and what it is called there.
pub type DeclaredIn<'a> = &'a dyn Fn(&ResourceId) -> Option<(Origin, Declared)>;

/// What is known of resources besides their ids.
#[derive(Default)]
pub struct Facts<'a> {
    /// Their tags; needed if [`Suppressions::need_tags`].
    pub tags: TagIndex<'a>,
    /// Where templates declare them.
    pub declared: Option<DeclaredIn<'a>>,
}

#[derive(Debug)]
struct Entry {
    place: String,
    rule: Name,
    on: On,
    reason: String,
    until: Option<Date>,
    used: bool,
}

/// All entries of a file.
#[derive(Debug, Default)]
pub struct Suppressions(Vec<Entry>);

impl Suppressions {
    /// Checks the entries of a file.
    pub(super) fn new(written: &[Spanned<Suppression>], file: &File<'_>) -> Result<Self> {
        written.iter().map(|entry| Entry::new(entry, file)).collect::<Result<_>>().map(Suppressions)
    }

    /// Adds those that stand in templates.
    ///
    /// # Errors
    /// What is wrong with one, with its place.
    pub fn add(&mut self, assembly: &Assembly) -> Result<()> {
        in_place::entries(assembly).map(|entries| self.0.extend(entries))
    }

    /// Whether tags are needed to decide.
    pub fn need_tags(&self) -> bool {
        self.0.iter().any(|entry| !matches!(entry.on, On::Resource(_) | On::InStack(..)))
    }

    /// What accepts the finding on `today`, if anything does.
    pub fn accept(&mut self, finding: &ReportedFinding, facts: &Facts<'_>, today: Date) -> Option<Accepted> {
        let mut accepted = None;
        for entry in self.0.iter_mut().filter(|entry| !entry.expired(today)) {
            if names::rule(finding.rule).is_ok_and(|rule| entry.rule.means(rule)) && entry.on.is(&finding.resource, facts) {
                entry.used = true;
                accepted = accepted.or_else(|| Some(Accepted { reason: entry.reason.clone(), until: entry.until }));
            }
        }
        accepted
    }

    /// What is to be said of entries that have expired or accepted nothing.
    /// An entry is not idle because its rules did not run.
    pub fn warnings(&self, ran: &Selection, today: Date) -> Vec<String> {
        let warning = |entry: &Entry| match entry.until {
            Some(until) if entry.expired(today) => {
                Some(format!("{}: this suppression expired after {until}: {}", entry.place, entry.reason))
            }
            _ if self.is_used(entry) || !ran.rules().iter().any(|rule| entry.rule.means(rule)) => None,
            _ => Some(format!("{}: this suppression matched no finding: {}", entry.place, entry.reason)),
        };
        let mut warnings = Vec::new();
        for warning in self.0.iter().filter_map(warning) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        warnings
    }

    /// Whether an entry accepted a finding. In a loop of a template one stands for each resource that the loop makes.
    fn is_used(&self, entry: &Entry) -> bool {
        self.0.iter().any(|other| other.used && other.place == entry.place)
    }
}

impl Entry {
    fn new(written: &Spanned<Suppression>, file: &File<'_>) -> Result<Entry> {
        let (span, entry) = (written.span(), written.as_ref());
        let rule = rules(entry.rule.as_ref()).map_err(|why| file.at(entry.rule.span(), &why))?;
        let Some(reason) = entry.reason.as_ref().filter(|reason| !reason.as_ref().trim().is_empty()) else {
            let place = entry.reason.as_ref().map_or(span, Spanned::span);
            return Err(no_reason(|what| file.at(place, what)));
        };
        let on = match (&entry.resource, &entry.logical_id, &entry.construct_path, &entry.tag) {
            (Some(resource), None, None, None) => On::Resource(glob(resource, file)?),
            (None, Some(id), None, None) => On::LogicalId(id.clone()),
            (None, None, Some(path), None) => On::ConstructPath(glob(path, file)?),
            (None, None, None, Some(tag)) => match tag.as_ref().split_once('=') {
                Some((key, value)) if !key.is_empty() => On::Tag(key.to_owned(), value.to_owned()),
                _ => return Err(file.at(tag.span(), "a tag is written KEY=VALUE")),
            },
            _ => {
                return Err(file
                    .at(span, "a suppression has one of `resource`, `logical-id`, `construct-path` and `tag`")
                    .next("to switch a rule off, use [rules]"));
            }
        };
        let place = file.place(span);
        Ok(Entry { place, rule, on, reason: reason.as_ref().trim().to_owned(), until: entry.until, used: false })
    }

    fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

fn glob(pattern: &Spanned<String>, file: &File<'_>) -> Result<GlobMatcher> {
    let glob = Glob::new(pattern.as_ref()).map_err(|error| file.at(pattern.span(), &format!("not a pattern: {}", error.kind())))?;
    Ok(glob.compile_matcher())
}

impl On {
    fn is(&self, resource: &ResourceId, facts: &Facts<'_>) -> bool {
        let tag = |key: &str| facts.tags.of(resource).and_then(|tags| tags.get(key));
        let declared = || facts.declared.and_then(|declared| declared(resource));
        match self {
            On::Resource(pattern) => pattern.is_match(&resource.id),
            On::LogicalId(id) => tag(LOGICAL_ID).is_some_and(|found| found == id) || declared().is_some_and(|(_, found)| found.name == *id),
            On::ConstructPath(pattern) => {
                let path = tag(CONSTRUCT_PATH).cloned().or_else(|| declared()?.1.construct_path);
                path.is_some_and(|path| pattern.is_match(path.trim_start_matches('/')))
            }
            On::Tag(key, value) => tag(key).is_some_and(|found| found == value),
            On::InStack(stack, id) => {
                let here = |origin: Origin| origin.stack == *stack && id.as_ref().is_none_or(|id| *id == origin.logical_id);
                declared().is_some_and(|(origin, _)| here(origin))
            }
        }
    }
}

/// Tags by the ids that reports use.
#[derive(Default)]
pub struct TagIndex<'a>(HashMap<String, &'a Tags>);

impl<'a> TagIndex<'a> {
    /// The tags of everything that has some.
    pub fn new(estate: &'a Estate<'a>) -> Self {
        let mut index = HashMap::new();
        macro_rules! collect {
            ($($kind:ident $field:ident,)+) => {$(
                for site in estate.all(Kind::$kind, |region| &region.$field) {
                    index.extend(site.value.tags.read().ok().map(|tags| (site.id(), tags)));
                }
            )+};
        }
        collect! {
            Bus buses, Rule rules, Destination destinations, Connection connections, StateMachine state_machines,
            ResourceConfig resource_configs, Gateway gateways, SecurityGroup security_groups, Endpoint endpoints, Api apis,
            Queue queues, Key keys, Domain domains, Secret secrets,
        }
        for (arn, role) in estate.snapshot.accounts.values().filter_map(|account| account.roles.read().ok()).flatten() {
            index.extend(role.read().and_then(|role| role.tags.read()).ok().map(|tags| (arn.clone(), tags)));
        }
        TagIndex(index)
    }

    /// The tags of a resource, or of the one that it is a part of: a target's rule, a stage's API.
    pub fn of(&self, resource: &ResourceId) -> Option<&Tags> {
        let id = resource.id.as_str();
        let whole = id.split('#').next().and_then(|id| id.split("/stages/").next());
        self.0.get(id).or_else(|| self.0.get(whole?)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Loaded, parse};
    use crate::report::fingerprint;
    use crate::rules::verdict::{Confidence, Severity};

    const CONNECTION: &str = "arn:aws:events:eu-west-1:111122223333:connection/orders/6c4d1c7e-9b43-4c35-9f55-1f6f2a7d3c02";

    fn loaded(entry: &str) -> Result<Loaded> {
        parse("c.toml", &format!("[[suppress]]\nrule = \"connection/deauthorized\"\n{entry}\n"))
    }

    pub fn finding(rule: &'static str, id: &str) -> ReportedFinding {
        let resource = ResourceId { id: id.into(), kind: Kind::Connection, account: "111122223333".into(), region: "eu-west-1".into() };
        ReportedFinding {
            rule,
            severity: Severity::Critical,
            confidence: Confidence::High,
            message: String::new(),
            evidence: vec![],
            integrations: vec![],
            because: None,
            fix: None,
            fingerprint: fingerprint(rule, &resource, ""),
            facet: String::new(),
            breaks: vec![],
            blame: None,
            resource,
        }
    }

    pub fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    /// Whether an entry that goes by what a resource is called accepts a finding on `id`.
    pub fn accepts(entry: &str, id: &str, facts: &Facts<'_>) -> bool {
        let mut entries = loaded(&format!("{entry}\nreason = \"x\"")).expect("right").suppressions;
        assert!(entries.need_tags(), "{entry}");
        entries.accept(&finding("connection/deauthorized", id), facts, day("2026-01-01")).is_some()
    }

    #[test]
    fn a_suppression_accepts_what_it_names_until_its_day() {
        let mut entries = loaded("resource = \"arn:aws:events:*:connection/orders/*\"\nreason = \"old\"\nuntil = \"2026-12-31\"")
            .expect("right")
            .suppressions;
        let (none, today) = (Facts::default(), day("2026-12-31"));
        assert!(entries.accept(&finding("connection/deauthorized", CONNECTION), &none, day("2027-01-01")).is_none());
        assert!(entries.accept(&finding("target/role-missing", CONNECTION), &none, today).is_none());
        assert!(
            entries.accept(&finding("connection/deauthorized", "arn:aws:events:eu-west-1:1:connection/other/1"), &none, today).is_none()
        );
        assert_eq!(entries.warnings(&Selection::all(), today), ["c.toml:1:1: this suppression matched no finding: old"]);
        let accepted = entries.accept(&finding("connection/deauthorized", CONNECTION), &none, today).expect("accepted");
        assert_eq!((accepted.reason.as_str(), accepted.until), ("old", Some(today)));
        assert!(entries.warnings(&Selection::all(), today).is_empty());
        assert_eq!(entries.warnings(&Selection::all(), day("2027-01-01")), ["c.toml:1:1: this suppression expired after 2026-12-31: old"]);
    }

    #[test]
    fn an_entry_is_not_idle_while_its_rule_does_not_run() {
        let entries = loaded("resource = \"x\"\nreason = \"old\"").expect("right").suppressions;
        assert!(entries.warnings(&Selection::filter(|rule| rule.area() == "target"), day("2026-01-01")).is_empty());
    }

    #[test]
    fn tags_and_logical_ids_are_those_of_the_resource() {
        let mut value = crate::rules::example::estate("default").expect("an estate");
        let change = serde_json::json!({"connections": {"orders": {"tags": {"team": "shop", (LOGICAL_ID): "OrdersConnection", (CONSTRUCT_PATH): "Orders/Conn/Resource"}}}});
        crate::rules::example::patch(&mut value, &change).expect("patched");
        let snapshot = serde_json::from_value(value).expect("a snapshot");
        let estate = Estate::new(&snapshot);
        let facts = Facts { tags: TagIndex::new(&estate), declared: None };
        let id = estate.all(Kind::Connection, |region| &region.connections).next().expect("a connection").id();
        for (entry, accepted) in [
            ("tag = \"team=shop\"", true),
            ("tag = \"team=other\"", false),
            ("logical-id = \"OrdersConnection\"", true),
            ("logical-id = \"Orders\"", false),
            ("construct-path = \"Orders/Conn/*\"", true),
            ("construct-path = \"Orders/Conn\"", false),
        ] {
            assert_eq!(accepts(entry, &id, &facts), accepted, "{entry}");
        }
    }

    #[test]
    fn an_entry_that_is_not_clear_is_an_error() {
        let error = |entry: &str| loaded(entry).expect_err("an error").to_string();
        assert!(error("resource = \"x\"").starts_with("c.toml:1:1: this suppression has no reason"), "{}", error("resource = \"x\""));
        assert!(error("resource = \"x\"\nreason = \" \"").starts_with("c.toml:4:10: this suppression has no reason"));
        assert!(error("reason = \"x\"").contains("one of `resource`, `logical-id`, `construct-path` and `tag`"));
        assert!(error("reason = \"x\"\ntag = \"a=b\"\nresource = \"x\"").contains("one of `resource`"));
        assert!(error("reason = \"x\"\ntag = \"ab\"").starts_with("c.toml:4:7: a tag is written KEY=VALUE"));
        assert!(error("reason = \"x\"\nresource = \"[\"").starts_with("c.toml:4:12: not a pattern"));
        assert!(error("reason = \"x\"\nresource = \"x\"\nuntil = \"soon\"").contains(":5:9: `soon` is not a date"));
        assert!(error("reason = \"x\"\nresource = \"x\"\nuntil = 12").contains(":5:9: not a date"));
        assert!(error("resuorce = \"x\"").contains("c.toml:3:1: unknown field `resuorce`, did you mean `resource`?"));
        assert!(loaded("reason = \"x\"\nresource = \"x\"\nuntil = 2027-01-31").is_ok());
    }
}
