//! What of a template names what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The names that a value refers to: logical ids, parameters and pseudo parameters.
pub fn names(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    gather(value, &mut found);
    found
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(text)) => drop(found.insert(text.clone())),
                    ("DependsOn", Value::Array(items)) => found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned)),
                    ("Fn::GetAtt", Value::Array(items)) => found.extend(items.first().and_then(Value::as_str).map(str::to_owned)),
                    ("Fn::GetAtt", Value::String(text)) => found.extend(text.split('.').next().map(str::to_owned)),
                    ("Fn::Sub", Value::String(text)) => found.extend(in_text(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        found.extend(parts.first().and_then(Value::as_str).into_iter().flat_map(in_text));
                        gather(value, found);
                    }
                    (_, value) => gather(value, found),
                }
            }
        }
        _ => {}
    }
}

/// The names in the text of `Fn::Sub`.
fn in_text(text: &str) -> Vec<String> {
    let parts = text.split("${").skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.trim());
    parts.filter(|name| !name.starts_with('!')).filter_map(|name| Some(name.split('.').next()?.to_owned())).collect()
}

/// Resources that name each other in a circle, in order; the template cannot be deployed.
pub fn circle(template: &Value) -> Option<Vec<String>> {
    let resources = template.get("Resources")?.as_object()?;
    let edges: BTreeMap<&str, BTreeSet<String>> = resources.iter().map(|(id, resource)| (id.as_str(), names(resource))).collect();
    let mut done = BTreeSet::new();
    edges.keys().find_map(|id| walk(id, &edges, &mut Vec::new(), &mut done))
}

fn walk<'t>(
    id: &'t str,
    edges: &'t BTreeMap<&str, BTreeSet<String>>,
    way: &mut Vec<&'t str>,
    done: &mut BTreeSet<&'t str>,
) -> Option<Vec<String>> {
    if let Some(at) = way.iter().position(|step| *step == id) {
        return Some(way[at..].iter().map(|step| (*step).to_owned()).collect());
    }
    let next = edges.get(id).filter(|_| !done.contains(id))?;
    way.push(id);
    let found = next.iter().find_map(|next| walk(next, edges, way, done));
    way.pop();
    done.insert(id);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_found_in_every_form() {
        let value = json!({"a": {"Ref": "A"}, "b": [{"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "C.Arn"}],
            "c": {"Fn::Sub": "${D}/${E.Arn}/${!F}"}, "d": {"Fn::Sub": ["${x}", {"x": {"Ref": "G"}}]}, "DependsOn": ["H"]});
        assert_eq!(names(&value).into_iter().collect::<String>(), "ABCDEGHx");
    }

    #[test]
    fn a_circle_is_found_and_a_diamond_is_none() {
        let template = |back: &str| json!({"Resources": {"A": {"x": {"Ref": "B"}, "y": {"Ref": "C"}}, "B": {"x": {"Ref": "D"}}, "C": {"x": {"Ref": "D"}}, "D": {"x": {"Ref": back}}}});
        assert_eq!(circle(&template("AWS::Region")), None);
        assert_eq!(circle(&template("B")), Some(vec!["B".to_owned(), "D".to_owned()]));
    }
}
