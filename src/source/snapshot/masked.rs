//! A file may come from another hand, and hold what the other sources would have masked. What they did mask stays as it
//! is, so that what `pgwaudit` wrote is read as it was written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::host::partition_of_region;
use crate::model::apigateway::Api;
use crate::model::events::{Connection, Destination, Input, Parameter, Rule, Target};
use crate::model::known::values_mut;
use crate::model::states::StateMachine;
use crate::model::{Known, Snapshot, Text};
use crate::source::asl;
use crate::source::mask::Mask;

/// The snapshot, with nothing written out in places made for parameters.
pub fn masked(mut snapshot: Snapshot) -> Snapshot {
    for (code, region) in snapshot.accounts.values_mut().flat_map(|account| &mut account.regions) {
        values_mut(&mut region.rules).for_each(rule);
        values_mut(&mut region.destinations).for_each(destination);
        values_mut(&mut region.connections).for_each(connection);
        values_mut(&mut region.state_machines).for_each(machine);
        values_mut(&mut region.apis).for_each(|item| api(code, item));
    }
    snapshot
}

fn rule(rule: &mut Rule) {
    for (id, target) in rule.targets.value_mut().into_iter().flatten() {
        if sends(target) {
            sent(&Mask::again(&rule.arn, id), target);
        }
    }
}

/// Whether a target sends anything of its own: most send the event.
fn sends(target: &Target) -> bool {
    let pairs = |known: &Known<BTreeMap<String, Text>>| known.read().is_ok_and(|pairs| !pairs.is_empty());
    pairs(&target.headers)
        || pairs(&target.query)
        || target.path_values.read().is_ok_and(|values| !values.is_empty())
        || target.input.read().is_ok_and(|input| input.constant.is_some() || input.template.is_some())
}

fn sent(mask: &Mask, target: &mut Target) {
    // As in the path of a URL, which they become a part of.
    let long = |value: &&mut Text| !value.plain().is_some_and(is_short_word);
    target.path_values.value_mut().into_iter().flatten().filter(long).for_each(|value| text(mask, "path", "", value));
    target.headers.value_mut().into_iter().flatten().for_each(|(key, value)| text(mask, "header", key, value));
    target.query.value_mut().into_iter().flatten().for_each(|(key, value)| text(mask, "query", key, value));
    if let Some(Input { constant, template, .. }) = target.input.value_mut() {
        body(mask, "input", constant);
        body(mask, "template", template);
    }
}

fn text(mask: &Mask, field: &str, key: &str, text: &mut Text) {
    if let Text::Plain(value) = text {
        *text = mask.text(field, key, value);
    }
}

fn body(mask: &Mask, field: &str, body: &mut Option<Value>) {
    if let Some(body) = body {
        *body = mask.document(field, body);
    }
}

fn destination(item: &mut Destination) {
    if let Some(endpoint) = item.endpoint.value_mut() {
        url(&item.arn, "endpoint", endpoint);
    }
}

fn url(arn: &str, field: &str, url: &mut String) {
    if !is_bare(url) {
        *url = Mask::again(arn, "").url(field, url);
    }
}

/// Shorter than any credential that its form alone gives away.
const SHORT: usize = 15;

/// Whether a URL is a host and a path of short words, as most are: nothing in it can be a parameter.
fn is_bare(url: &str) -> bool {
    let mut parts = url.strip_prefix("https://").unwrap_or_default().split('/');
    let is_host = parts.next().is_some_and(|host| !host.is_empty() && host.split(':').all(is_made_of_words));
    is_host && parts.all(is_short_word)
}

fn is_short_word(text: &str) -> bool {
    text.len() < SHORT && is_made_of_words(text)
}

fn is_made_of_words(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~*{}".contains(&byte))
}

fn connection(item: &mut Connection) {
    let mask = Mask::again(&item.arn, "");
    if let Some(Some(name)) = item.api_key_name.value_mut()
        && let Text::Plain(plain) = &*name
        && !is_short_word(plain)
    {
        *name = mask.name("api-key-name", plain);
    }
    if let Some(Some(name)) = item.username.value_mut() {
        text(&mask, "username", "username", name);
    }
    for (name, value) in item.literals.value_mut().into_iter().flatten() {
        text(&mask, "literal", &format!("{name}-secret"), value);
    }
    item.parameters.value_mut().into_iter().flatten().for_each(|item| parameter(&mask, "invocation", item));
    if let Some(Some(oauth)) = item.oauth.value_mut() {
        url(&item.arn, "authorization-endpoint", &mut oauth.endpoint);
        oauth.parameters.iter_mut().for_each(|item| parameter(&mask, "oauth", item));
    }
}

fn parameter(mask: &Mask, field: &str, item: &mut Parameter) {
    if let Some(value) = &mut item.value {
        text(mask, field, &item.key, value);
    }
}

fn machine(item: &mut StateMachine) {
    if let Some(definition) = item.definition.value_mut() {
        *definition = asl::reduced_again(&item.arn, definition);
    }
}

fn api(region: &str, item: &mut Api) {
    for (name, stage) in item.stages.value_mut().into_iter().flatten() {
        let mask = || Mask::again(&arn(region, &item.id), name);
        for (key, value) in stage.variables.value_mut().into_iter().flatten() {
            text(&mask(), "variable", key, value);
        }
        if let Some(Some(canary)) = stage.canary.value_mut() {
            canary.variables.iter_mut().for_each(|(key, value)| text(&mask(), "canary", key, value));
        }
    }
}

/// What the values of an API's stages are masked by.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html>
fn arn(region: &str, id: &str) -> String {
    format!("arn:{}:apigateway:{region}::/restapis/{id}", partition_of_region(region).unwrap_or("aws"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WORD: &str = "blue-giraffe-lantern";

    /// What stands in clear in all places that are made for parameters.
    fn written_by_hand() -> Value {
        let arn = |rest: &str| format!("arn:aws:events:eu-west-1:111122223333:{rest}");
        let (rule, goal, link) = (arn("rule/orders/placed"), arn("api-destination/orders/1"), arn("connection/orders/1"));
        let url = format!("https://jo:{WORD}@a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders?token={WORD}#{WORD}");
        let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:m";
        let call = json!({"ApiEndpoint": url, "Method": "POST", "Headers": {"Authorization": WORD}, "RequestBody": [WORD, "$.x"]});
        let task = json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Comment": WORD, "Parameters": call, "End": true});
        let parameters = json!([{"place": "header", "key": "x-token", "value": WORD, "secret": false}]);
        let input = json!({"constant": {"pin": WORD, "id": 7}, "template": {"a": format!("{WORD} <id>")}});
        let target = json!({"arn": goal, "path_values": [WORD, "prod", "$.detail.id"], "query": {"q": WORD}, "input": input,
            "headers": {"Authorization": WORD, "Content-Type": "text/plain"}});
        let connection = json!({"arn": link, "name": "orders", "state": "ACTIVE", "authorization": "OAUTH_CLIENT_CREDENTIALS",
            "api_key_name": "gh\u{70}_16C7e42F292c6912E7710c838347Ae178B4a", "username": WORD, "literals": {"Password": WORD},
            "parameters": parameters, "oauth": {"endpoint": url, "parameters": parameters}});
        let stage = json!({"variables": {"v": WORD}, "canary": {"variables": {"v": WORD}}});
        let region = json!({
            "rules": {&rule: {"arn": rule, "name": "placed", "bus": "orders", "state": "ENABLED", "targets": {"api": target}}},
            "destinations": {&goal: {"arn": goal, "name": "orders", "state": "ACTIVE", "connection_arn": link, "endpoint": url, "method": "POST"}},
            "connections": {&link: connection},
            "state_machines": {machine: {"arn": machine, "name": "m", "role_arn": "arn:aws:iam::111122223333:role/m",
                "definition": {"StartAt": "A", "States": {"A": task}}}},
            "apis": {"a1b2c3d4e5": {"id": "a1b2c3d4e5", "name": "orders", "types": ["PRIVATE"], "default_endpoint_disabled": false,
                "api_key_source": "HEADER", "stages": {"prod": stage}}}});
        let accounts = json!({"111122223333": {"regions": {"eu-west-1": region}}});
        json!({"schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-10-01T12:00:00Z", "source": {"kind": "live"}, "accounts": accounts})
    }

    fn read() -> Snapshot {
        masked(serde_json::from_value(written_by_hand()).expect("a snapshot"))
    }

    #[test]
    fn what_somebody_wrote_out_is_masked_once() {
        let once = read();
        let text = serde_json::to_string(&once).expect("JSON");
        assert!(written_by_hand().to_string().matches(WORD).count() > 20 && !text.contains(WORD) && !text.contains("ghp_"), "{text}");
        let url = "@a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders?token=masked-named-";
        for kept in ["\"prod\",\"$.detail.id\"", "\"text/plain\"", url] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
        assert_eq!(masked(once.clone()), once);
    }

    #[test]
    fn values_are_masked_as_they_are_where_they_are_deployed() {
        let read = serde_json::to_value(read()).expect("JSON");
        let region = &read["accounts"]["111122223333"]["regions"]["eu-west-1"];
        let rule = "arn:aws:events:eu-west-1:111122223333:rule/orders/placed";
        let (target, mask) = (&region["rules"][rule]["targets"]["api"], Mask::new(rule, "api"));
        assert_eq!(target["headers"]["Authorization"], json!(mask.text("header", "Authorization", WORD)));
        let template = json!({"a": format!("{WORD} <id>")}).to_string();
        assert_eq!(target["input"]["template"], mask.json("template", &template));
        let mask = Mask::new("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5", "prod");
        assert_eq!(region["apis"]["a1b2c3d4e5"]["stages"]["prod"]["variables"]["v"], json!(mask.text("variable", "v", WORD)));
    }

    #[test]
    fn only_urls_of_short_words_are_passed_over() {
        assert!(is_bare("https://a1b2c3d4e5-vpce-0a1b2c3d4e5f67890.execute-api.eu-west-1.amazonaws.com:443/prod/orders/*/{}"));
        for url in [
            "https://u@h.example.com/p",
            "https://h.example.com/p?a=b",
            "https://h.example.com/p#a",
            "https://h.example.com/p;a=b",
            "https://h.example.com/AKIAIOSFODNN7EXAMPLE",
            "https://",
            "http://h.example.com/",
            "{% 'https://h/' & 'x' %}",
            "https://h.example.com/a b",
        ] {
            assert!(!is_bare(url), "{url}");
        }
    }
}
