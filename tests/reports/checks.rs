//! What SARIF files are held to.

use serde_json::Value;

/// The schema's complaints.
pub fn against_schema(file: &Value) -> Vec<String> {
    let schema = serde_json::from_str(include_str!("../data/sarif-schema-2.1.0.json")).expect("JSON");
    let validator = jsonschema::draft4::options().should_validate_formats(true).build(&schema).expect("a schema");
    validator.iter_errors(file).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The list at a pointer; empty where there is none.
pub fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text at a pointer, if it is not empty.
pub fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What GitHub would refuse or not show, written out from its documentation and from refused uploads.
pub fn against_github(file: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    must(text(file, "/$schema").is_some(), "$schema".into());
    must(text(file, "/version") == Some("2.1.0"), "version".into());
    must(list(file, "/runs").len() == 1, "one run".into());
    let run = &file["runs"][0];
    must(text(run, "/tool/driver/name").is_some(), "tool.driver.name".into());
    must(text(run, "/tool/driver/semanticVersion").is_some(), "tool.driver.semanticVersion".into());
    let category = text(run, "/automationDetails/id").unwrap_or_default();
    must(category.ends_with('/') && category.split('/').all(|part| !part.contains(':')), format!("category {category}"));
    let rules = list(run, "/tool/driver/rules");
    must(!rules.is_empty() && rules.len() <= 25_000, "number of rules".into());
    must(list(run, "/results").len() <= 25_000, "number of results".into());
    for rule in rules {
        rule_wrong(rule).into_iter().for_each(|what| must(false, format!("rule {}: {what}", rule["id"])));
    }
    for result in list(run, "/results") {
        result_wrong(result, rules).into_iter().for_each(|what| must(false, format!("result {}: {what}", result["ruleId"])));
    }
    wrong
}

fn rule_wrong(rule: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (pointer, most) in [
        ("/id", 255),
        ("/name", 255),
        ("/shortDescription/text", 1024),
        ("/fullDescription/text", 1024),
        ("/help/text", usize::MAX),
        ("/help/markdown", usize::MAX),
    ] {
        if text(rule, pointer).is_none_or(|text| text.chars().count() > most) {
            wrong.push(pointer.to_owned());
        }
    }
    if !["note", "warning", "error"].contains(&text(rule, "/defaultConfiguration/level").unwrap_or_default()) {
        wrong.push("level".into());
    }
    if !["low", "medium", "high", "very-high"].contains(&text(rule, "/properties/precision").unwrap_or_default()) {
        wrong.push("precision".into());
    }
    let tags = list(rule, "/properties/tags");
    if tags.len() > 10 || !tags.iter().all(Value::is_string) {
        wrong.push("tags".into());
    }
    match rule.pointer("/properties/security-severity") {
        None if !tags.contains(&"security".into()) => {}
        Some(Value::String(score)) if score.parse().is_ok_and(|score: f64| score > 0.0 && score <= 10.0) => {}
        other => wrong.push(format!("security-severity {other:?}")),
    }
    wrong
}

fn result_wrong(result: &Value, rules: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
    if index.and_then(|index| rules.get(index)).map(|rule| &rule["id"]) != Some(&result["ruleId"]) {
        wrong.push("ruleIndex".into());
    }
    if text(result, "/message/text").is_none() {
        wrong.push("message".into());
    }
    if !["note", "warning", "error"].contains(&text(result, "/level").unwrap_or_default()) {
        wrong.push("level".into());
    }
    if text(result, "/partialFingerprints/primaryLocationLineHash").is_none() {
        wrong.push("fingerprint".into());
    }
    if list(result, "/locations").is_empty() {
        wrong.push("no location".into());
    }
    let flows = list(result, "/codeFlows/0/threadFlows/0/locations");
    let related = list(result, "/relatedLocations");
    if flows.len() > 10_000 || related.len() > 1_000 {
        wrong.push("too many locations".into());
    }
    let all = list(result, "/locations").iter().chain(related).chain(flows.iter().map(|step| &step["location"]));
    all.filter_map(location_wrong).for_each(|what| wrong.push(what));
    wrong
}

fn location_wrong(location: &Value) -> Option<String> {
    let uri = text(location, "/physicalLocation/artifactLocation/uri").unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/%".contains(letter);
    if uri.is_empty() || uri.starts_with('/') || !uri.chars().all(plain) || uri.split('/').any(|part| part == "..") {
        return Some(format!("uri {uri:?}"));
    }
    if text(location, "/physicalLocation/artifactLocation/uriBaseId") != Some("%SRCROOT%") {
        return Some(format!("{uri} is relative to nothing"));
    }
    let region = &location["physicalLocation"]["region"];
    let number = |field: &str| region[field].as_u64().unwrap_or(0);
    let ordered = number("endLine") > number("startLine") || number("endColumn") >= number("startColumn");
    let places = ["startLine", "startColumn", "endLine", "endColumn"].iter().all(|field| number(field) > 0);
    (!places || !ordered).then(|| format!("region {region}"))
}
