//! Names by which people choose rules: a rule's own or a former one, an area, a severity.

use super::verdict::Severity;
use super::{RULES, Rule};
use crate::error::nearest;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// One rule.
    Rule(&'static str),
    /// All rules of an area.
    Area(&'static str),
    /// All rules of a severity.
    Severity(Severity),
}

impl Name {
    /// Whether `rule` is meant.
    pub fn means(self, rule: &Rule) -> bool {
        match self {
            Name::Rule(id) => rule.id == id,
            Name::Area(area) => rule.area() == area,
            Name::Severity(severity) => rule.document().head.severity == severity,
        }
    }
}

/// The rule of this name or former name.
///
/// # Errors
/// One line with the nearest name.
pub fn rule(text: &str) -> Result<&'static Rule, String> {
    let known = |rule: &&Rule| rule.id == text || rule.document().head.aliases.iter().any(|alias| alias == text);
    RULES.iter().find(known).ok_or_else(|| unknown("rule", text, RULES.iter().map(|rule| rule.id)))
}

/// What `text` stands for.
///
/// # Errors
/// One line with the nearest name.
pub fn find(text: &str) -> Result<Name, String> {
    if let Some(severity) = Severity::ALL.into_iter().find(|severity| severity.name() == text) {
        return Ok(Name::Severity(severity));
    }
    if let Some(rule) = RULES.iter().find(|rule| rule.area() == text) {
        return Ok(Name::Area(rule.area()));
    }
    let names = RULES.iter().flat_map(|rule| [rule.id, rule.area()]).chain(Severity::ALL.map(Severity::name));
    rule(text).map(|rule| Name::Rule(rule.id)).map_err(|_| unknown("rule, area or severity", text, names))
}

fn unknown(what: &str, text: &str, names: impl IntoIterator<Item = &'static str>) -> String {
    match nearest(text, names) {
        Some(name) => format!("no {what} `{text}`, did you mean `{name}`?"),
        None => format!("no {what} `{text}`; `pgwaudit rules list` lists the rules"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_misspelt_ones_told() {
        assert_eq!(find("connection/deauthorized"), Ok(Name::Rule("connection/deauthorized")));
        assert_eq!(find("connection"), Ok(Name::Area("connection")));
        assert_eq!(find("high"), Ok(Name::Severity(Severity::High)));
        assert_eq!(find("conection"), Err("no rule, area or severity `conection`, did you mean `connection`?".to_owned()));
        assert!(rule("connection").is_err());
        let named = |name: &str| RULES.iter().filter(|rule| find(name).expect("known").means(rule)).count();
        assert_eq!((named("connection/deauthorized"), named("connection") > 1), (1, true));
    }
}
