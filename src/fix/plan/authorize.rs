//! Connections that are told their credentials again. AWS does not give them back, so that they come from where
//! `--secret-from` says, and are not taken back to what they were.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-edit.html>

use serde_json::{Map, Value, json};

use super::case::{place, scope};
use super::connection::{connection, followed, ready};
use super::credentials::{self, Credentials, Method};
use super::{Case, Draft, Drafted, Refused, manual};
use crate::estate::Site;
use crate::fix::step::{Call, NEW, Place, Step};
use crate::model::Text;
use crate::model::events::{self, Connection, Parameter};

/// `connection/deauthorized`
pub fn deauthorized(case: &Case<'_>, draft: Draft) -> Drafted {
    let connection = connection(case)?;
    case.secret(&connection.value.name)?;
    case.after(&["resource-config", "gateway", "network", "endpoint"])?;
    if connection.value.state.read()? != "DEAUTHORIZED" {
        return manual("EventBridge is still taking the connection out of service: plan again in a moment");
    }
    let step = again(case, &connection, own(&connection)?)?;
    Ok(draft.step(authorized_anew(step, &connection)))
}

/// `connection/secret-missing`
pub fn secret_missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let connection = connection(case)?;
    let step = again(case, &connection, own(&connection)?)?;
    let (at, old) = (place(&connection, "connections"), connection.value.secret_arn.read()?);
    let new = format!(
        "arn:aws:secretsmanager:{}:{}:secret:events!connection/{}/{NEW}{}",
        at.region,
        at.account,
        connection.value.name,
        draft.next()
    );
    let step = step.unconfirmed("that EventBridge makes a new secret for a connection whose own is gone");
    let kept = Place::new(scope(&connection), "secrets", &new);
    let step = if connection.value.state.read()? == "DEAUTHORIZED" {
        authorized_anew(step, &connection).assume(&at, "/secret_arn", json!(new))
    } else {
        step.change(&at, "/secret_arn", json!(old), json!(new)).note("cannot be taken back: the secret that it had does not exist")
    };
    Ok(draft.step(step.assume(&kept, "", json!({"arn": new}))))
}

/// `connection/api-key-header`: the key in the header in which API Gateway looks for it.
pub fn key_header(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let (connection, api, way) = (*path.connection.read()?, *path.api.read()?, path.method.read()?);
    let wanted = credentials::asked(&Method { api, path: way.path, verb: way.verb, summary: way.summary })?;
    let at = place(&connection, "connections");
    let fields = wanted.model.clone();
    let step = again(case, &connection, wanted)?.assume(&at, "/username", Value::Null).assume(&at, "/oauth", Value::Null);
    let step = fields.into_iter().fold(step, |step, (name, new)| {
        let (pointer, old) = (format!("/{name}"), case.at(&at, &format!("/{name}")));
        if old == new { step } else { step.change(&at, pointer, old, new) }
    });
    let step = step.assume(&at, "/state", json!("ACTIVE"));
    Ok(draft.step(step.note("cannot be taken back: what it authorized its calls with before cannot be read")))
}

/// Lets the requests for a connection's tokens go through a configuration, or through the same one again.
pub fn token_path(case: &Case<'_>, connection: &Site<'_, Connection>, config: &str, title: String) -> Result<Step, Refused> {
    let mut step = again(case, connection, own(connection)?)?;
    step.title = title;
    let path = json!({"ResourceParameters": {"ResourceConfigurationArn": config}});
    step.call.parameters["AuthParameters"]["ConnectivityParameters"] = path;
    let at = place(connection, "connections");
    let old = case.at(&at, "/oauth/connectivity/resource_config_arn");
    let step = step.change(&at, "/oauth/connectivity/resource_config_arn", old, json!(config));
    let association = format!("arn:aws:vpc-lattice:{}:{}:servicenetworkresourceassociation/snra-tokens", at.region, at.account);
    let made = json!({"arn": association, "resource_config_arn": config, "status": "ACTIVE"});
    let step = step.assume(&at, "/oauth/connectivity/association_arn", json!(association)).assume(&at, "/state", json!("ACTIVE"));
    let step = step.assume(&Place::new(scope(connection), "associations", &association), "", made);
    Ok(step.note("cannot be taken back: that takes the secret as well"))
}

/// Once it is authorized, all that hangs on it works again.
fn authorized_anew(step: Step, connection: &Site<'_, Connection>) -> Step {
    let at = place(connection, "connections");
    let back = Call::new("events", "DeauthorizeConnection", json!({"Name": connection.value.name}));
    let step = step.change(&at, "/state", json!("DEAUTHORIZED"), json!("ACTIVE")).assume(&at, "/state_reason", Value::Null).undo(back);
    followed(step, connection)
}

/// The call that tells a connection its credentials, with what goes with them.
fn again(case: &Case<'_>, connection: &Site<'_, Connection>, credentials: Credentials) -> Result<Step, Refused> {
    if connection.is_foreign() {
        return manual("the connection belongs to another account");
    }
    let name = &connection.value.name;
    let secret = case.secret(name)?;
    let Credentials { kind, mut parameters, note, .. } = credentials;
    if let Some(http) = http(connection.value.parameters.read()?)? {
        parameters["InvocationHttpParameters"] = http;
    }
    let call = json!({"Name": name, "AuthorizationType": kind, "AuthParameters": parameters});
    let call = Call::new("events", "UpdateConnection", call).with_secret(secret);
    let step = Step::new(scope(connection), format!("tell connection {name} its credentials again"), call);
    let step = step.wait(ready(&place(connection, "connections")));
    Ok(if note.is_empty() { step } else { step.note(note) })
}

/// What a connection authorizes its calls with by now.
fn own(connection: &Site<'_, Connection>) -> Result<Credentials, Refused> {
    match connection.value.authorization.read()?.as_str() {
        "API_KEY" => match connection.value.api_key_name.read()?.as_ref().and_then(Text::plain) {
            Some(header) => Ok(Credentials::key(header, "")),
            None => manual("the header of its API key is not known"),
        },
        "BASIC" => Ok(Credentials::basic()),
        "OAUTH_CLIENT_CREDENTIALS" => match connection.value.oauth.read()? {
            Some(oauth) => of_oauth(oauth),
            None => manual("where it gets its tokens is not known"),
        },
        other => manual(format!("{other} is a kind of authorization that this program does not know")),
    }
}

fn of_oauth(oauth: &events::OAuth) -> Result<Credentials, Refused> {
    let endpoint = Some(oauth.endpoint.as_str()).filter(|url| !url.contains("masked-"));
    let mut credentials = Credentials::oauth(endpoint, oauth.method.as_deref());
    if let Some(http) = http(&oauth.parameters)? {
        credentials.parameters["OAuthParameters"]["OAuthHttpParameters"] = http;
    }
    if let Some(path) = &oauth.connectivity {
        let config = path.resource_config_arn.read()?;
        credentials.parameters["ConnectivityParameters"] = json!({"ResourceParameters": {"ResourceConfigurationArn": config}});
    }
    Ok(credentials)
}

/// Parameters that go with each call, to be sent again because the call replaces them; none of them may be secret.
fn http(parameters: &[Parameter]) -> Result<Option<Value>, Refused> {
    let mut lists: Map<String, Value> = Map::new();
    for parameter in parameters {
        let value = parameter.value.as_ref().and_then(Text::plain).filter(|_| !parameter.secret);
        let Some(value) = value else {
            return manual(format!(
                "its parameter {} is secret and would be lost: give the credentials and it together by hand",
                parameter.key
            ));
        };
        let list = match parameter.place {
            events::Place::Header => "HeaderParameters",
            events::Place::Query => "QueryStringParameters",
            events::Place::Body => "BodyParameters",
        };
        let item = json!({"Key": parameter.key, "Value": value, "IsValueSecret": false});
        if let Some(items) = lists.entry(list).or_insert_with(|| json!([])).as_array_mut() {
            items.push(item);
        }
    }
    Ok((!lists.is_empty()).then_some(Value::Object(lists)))
}
