//! Rules on what a connection sends to authorize its calls against what the method that answers asks for.
//!
//! What a method asks for is told by the stage's deployment; which authorizer it has only by what is saved.

use std::collections::BTreeMap;

use super::private;
use crate::estate::{Hop, Integration, Site, Way, credentials_header, token};
use crate::model::Unknown;
use crate::model::apigateway::{Api, Authorizer};
use crate::model::events::{Connection, Place};
use crate::model::known::{any, told};
use crate::rules::verdict::{Assessed, Evidence, Finding, Leave, fail, not_applicable, pass, verdict};
use crate::rules::{api, api_policy};

/// The header in which API Gateway looks for a key.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html>
const KEY_HEADER: &str = "x-api-key";

/// The authorizer of a user pool, and what a method that has one asks for.
const USER_POOL: &str = "COGNITO_USER_POOLS";

/// What a method with an authorizer asks for.
const ANSWER_401: [&str; 2] = ["CUSTOM", USER_POOL];

/// A field of the deployed method.
fn of_method(path: &Integration<'_>, field: &str) -> Result<Evidence, Leave> {
    let (api, stage, way) = (path.api.read()?, path.stage.read()?, path.method.read()?);
    let deployment = stage.value.deployment_id.read()?.as_deref().unwrap_or_default();
    Ok(api.at(format!("/deployments/{}/summary/{}/{}/{field}", token(deployment), token(way.path), way.verb)))
}

/// Tells findings on methods of one API apart.
fn name(path: &Integration<'_>) -> Result<String, Leave> {
    let (stage, way) = (path.stage.read()?, path.method.read()?);
    Ok(format!("{} {} {}", stage.key, way.verb, way.path))
}

/// `connection/method-requires-sigv4`
pub fn method_requires_sigv4(path: &Integration<'_>) -> Assessed {
    let way = path.method.read()?;
    if way.summary.authorization != "AWS_IAM" {
        return pass();
    }
    let evidence = of_method(path, "authorization")?.observed("AWS_IAM").expected("NONE, CUSTOM or COGNITO_USER_POOLS");
    let finding = Finding::from(evidence).facet(name(path)?);
    // No kind of connection signs, so that it need not be known which one this is.
    let sent = path.connection.read().ok().and_then(|connection| Some((connection, connection.value.authorization.read().ok()?)));
    fail(match sent {
        Some((connection, kind)) => finding.related(connection.at("/authorization").observed(kind)),
        None => finding,
    })
}

/// `connection/authorizer-answers-401`
///
/// API Gateway answers 401 without asking the authorizer where a source of the caller's identity is missing:
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html>.
pub fn authorizer_answers_401(path: &Integration<'_>) -> Assessed {
    let way = path.method.read()?;
    if !ANSWER_401.contains(&way.summary.authorization.as_str()) {
        return not_applicable("the method has no authorizer");
    }
    let (api, connection) = (path.api.read()?, path.connection.read()?);
    let (id, authorizer) = authorizer(api, way)?;
    let listed =
        || api.at(format!("/authorizers/{}/identity_source", token(id))).observed(authorizer.identity_source.as_deref().unwrap_or(""));
    let (mut findings, mut gap) = (Vec::new(), None);
    for (source, what) in sources(authorizer) {
        match api::is_sent(path, source) {
            Ok(true) if authorizer.kind == USER_POOL && is_basic(connection, source)? => {
                let evidence = connection.at("/authorization").observed("BASIC").expected("a token of the user pool");
                findings.push(Finding::from(evidence).facet(what.to_lowercase()).related(listed()));
            }
            Ok(true) => {}
            Ok(false) => {
                let evidence = connection.at("/parameters").observed(format!("no {what}")).expected(format!("the {what}"));
                findings.push(Finding::from(evidence).facet(what.to_lowercase()).related(listed()));
            }
            Err(Leave::Unknown(unknown)) => gap = gap.or(Some(unknown)),
            Err(leave) => return Err(leave),
        }
    }
    match gap {
        Some(unknown) if findings.is_empty() => Err(Leave::Unknown(unknown)),
        _ => verdict(findings),
    }
}

/// Whether what a connection sends in a header is a name and a password, which no user pool ever gave out.
fn is_basic(connection: &Site<'_, Connection>, source: &str) -> Result<bool, Unknown> {
    let header = source.strip_prefix("method.request.header.").unwrap_or_default();
    Ok(connection.value.authorization.read()? == "BASIC" && credentials_header(connection)?.eq_ignore_ascii_case(header))
}

/// The authorizer of a deployed method, as far as what is saved tells.
fn authorizer<'a>(api: &Site<'a, Api>, way: &Way<'_>) -> Result<(&'a str, &'a Authorizer), Unknown> {
    let unsaved =
        || Unknown::unresolved(format!("{} {} is deployed but saved otherwise, so its authorizer is not known", way.verb, way.path));
    let saved = api.value.resources.read()?.get(way.path).and_then(|resource| resource.methods.get(way.verb));
    let id = saved.ok_or_else(unsaved)?.authorizer_id.read()?.as_deref().ok_or_else(unsaved)?;
    let authorizer = api.value.authorizers.read()?.get(id);
    Ok((id, authorizer.ok_or_else(|| Unknown::unresolved(format!("the authorizer {id} no longer exists")))?))
}

/// The headers and query parameters that an authorizer demands, as they are written and in words. Stage variables and
/// the context are API Gateway's own.
fn sources(authorizer: &Authorizer) -> impl Iterator<Item = (&str, String)> {
    authorizer.identity_source.iter().flat_map(|sources| sources.split(',')).filter_map(|source| {
        let source = source.trim().trim_start_matches('$');
        let header = source.strip_prefix("method.request.header.").map(|name| (source, format!("header {name}")));
        header.or_else(|| source.strip_prefix("method.request.querystring.").map(|name| (source, format!("query parameter {name}"))))
    })
}

/// `connection/shared-blast-radius`
///
/// One 401 takes a connection with basic or API key authorization out of service:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-deauthorize.html>.
pub fn shared_blast_radius(connection: &Site<'_, Connection>, users: &[&Integration<'_>]) -> Assessed {
    private(connection.value)?;
    let authorization = connection.value.authorization.read()?;
    if authorization == "OAUTH_CLIENT_CREDENTIALS" {
        return pass();
    }
    let (mut called, mut gap) = (BTreeMap::new(), None);
    // Those of one route stand side by side and call the same.
    for same in users.chunk_by(|one, next| one.route_number() == next.route_number()) {
        match what_is_called(same[0]) {
            Ok(what) => drop(called.entry(what).or_insert(same[0])),
            Err(Leave::Unknown(unknown)) => gap = gap.or(Some(unknown)),
            Err(Leave::NotApplicable(_)) => {}
        }
    }
    match gap {
        Some(unknown) if called.len() < 2 && users.len() > 1 => return Err(Leave::Unknown(unknown)),
        _ if called.len() < 2 => return pass(),
        _ => {}
    }
    if !any(called.values(), |user| may_answer_401(user))? {
        return pass();
    }
    let names: Vec<&str> = called.keys().map(String::as_str).collect();
    let evidence = connection.at("/authorization").observed(authorization).expected("a connection for each of them, or OAuth");
    let finding = Finding::from(evidence).note(format!("It calls {}.", names.join(", ")));
    fail(called.values().filter_map(|user| user.url_evidence().ok()).fold(finding, Finding::related))
}

/// The method that an integration calls, or its URL where no method is known.
fn what_is_called(path: &Integration<'_>) -> Result<String, Leave> {
    match (&path.api, &path.stage, &path.method) {
        (Hop::Present(api), Hop::Present(stage), Hop::Present(way)) => Ok(format!("{} {}/{}{}", way.verb, api.key, stage.key, way.path)),
        _ => Ok(format!("{} {}", path.verb()?, path.url_evidence()?.observed)),
    }
}

fn may_answer_401(path: &Integration<'_>) -> Result<bool, Unknown> {
    match &path.method {
        Hop::Present(way) => Ok(ANSWER_401.contains(&way.summary.authorization.as_str())),
        Hop::Unknown(_, unknown) => Err(unknown.clone()),
        Hop::Missing(_) | Hop::None => Ok(false),
    }
}

/// `connection/api-key-header`
pub fn api_key_header(path: &Integration<'_>) -> Assessed {
    if !path.method.read()?.summary.api_key_required {
        return not_applicable("the method asks for no API key");
    }
    match path.api.read()?.value.api_key_source.read()?.as_str() {
        "AUTHORIZER" => return pass(),
        "HEADER" => {}
        other => return Err(Unknown::unresolved(format!("`{other}` is no source of API keys that is known here")).into()),
    }
    if path.carries(Place::Header, KEY_HEADER)? {
        return pass();
    }
    let connection = path.connection.read()?;
    let evidence = match connection.value.api_key_name.read() {
        Ok(Some(_)) => connection.at("/api_key_name").observed(credentials_header(connection)?),
        _ => connection.at("/authorization").observed(connection.value.authorization.read()?),
    };
    fail(Finding::from(evidence.expected(KEY_HEADER)).related(of_method(path, "api_key_required")?.observed(true)))
}

/// `connection/api-key-no-plan`
pub fn api_key_no_plan(path: &Integration<'_>) -> Assessed {
    if !path.method.read()?.summary.api_key_required {
        return not_applicable("the method asks for no API key");
    }
    let (api, stage) = (path.api.read()?, path.stage.read()?);
    let Some(inventory) = path.estate.region(api.account, api.region) else { return not_applicable("the API's region was not read") };
    let admits = any(inventory.usage_plans.read()?.values(), |plan| {
        let stages = plan.read()?.stages.read()?;
        Ok(stages.iter().any(|admitted| admitted.api_id == api.key && admitted.stage == stage.key))
    })?;
    if admits {
        return pass();
    }
    let evidence = stage.at("").observed("in no usage plan").expected("a usage plan that admits to the stage");
    fail(Finding::from(evidence).related(of_method(path, "api_key_required")?.observed(true)))
}

/// `connection/api-key-unenforced`
pub fn api_key_unenforced(path: &Integration<'_>) -> Assessed {
    let (connection, summary) = (path.connection.read()?, path.method.read()?.summary);
    let sends_key = connection.value.authorization.read()? == "API_KEY" && credentials_header(connection)?.eq_ignore_ascii_case(KEY_HEADER);
    if !sends_key || summary.api_key_required || summary.authorization != "NONE" {
        return pass();
    }
    if told(connection.value.literals.read())?.is_some_and(|literals| literals.contains_key("ApiKeyValue")) {
        return not_applicable("the key stands in the template for everybody to read, so that it was never a lock");
    }
    let Some(policy) = api_policy::open_to_everybody(path)? else { return pass() };
    let evidence = of_method(path, "api_key_required")?.observed(false).expected(true);
    let sent = connection.at("/api_key_name").observed(KEY_HEADER);
    fail(Finding::from(evidence).facet(name(path)?).related(sent).related(policy.observed("an Allow for callers from any network")))
}
