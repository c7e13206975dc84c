//! What a call carries besides its body: headers and query parameters of the connection, the URL and the caller.

use crate::model::events::{Connection, Place};
use crate::model::known::any;
use crate::model::{Text, Unknown};
use crate::rules::verdict::Leave;

use super::join::parameters_of_pipe;
use super::{Caller, Integration, Site};

/// The header in which a connection sends its credentials: the API key's own, else `Authorization`.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html>
///
/// # Errors
/// The gap, where the kind of authorization or the name of the key's header is not known.
pub fn credentials_header<'a>(connection: &Site<'a, Connection>) -> Result<&'a str, Unknown> {
    if connection.value.authorization.read()? != "API_KEY" {
        return Ok("Authorization");
    }
    match connection.value.api_key_name.read()? {
        Some(Text::Plain(name)) => Ok(name),
        Some(Text::Masked { .. }) => Err(Unknown::unresolved("the name of the API key's header is masked")),
        None => Err(Unknown::unresolved("the connection does not say in which header the API key is sent")),
    }
}

impl Integration<'_> {
    /// Whether a call carries a header (names are equal in any case) or a query parameter.
    ///
    /// # Errors
    /// As the connection hop; the gap, where something that was not read may carry it.
    pub fn carries(&self, place: Place, name: &str) -> Result<bool, Leave> {
        let connection = self.connection.read()?;
        let sources: [Source; 4] = [by_parameters, by_credentials, by_url, by_caller];
        Ok(any(sources, |source| source(self, connection, place, name))?)
    }
}

type Source = fn(&Integration<'_>, &Site<'_, Connection>, Place, &str) -> Result<bool, Unknown>;

fn by_parameters(_: &Integration<'_>, connection: &Site<'_, Connection>, place: Place, name: &str) -> Result<bool, Unknown> {
    let parameters = connection.value.parameters.read()?;
    Ok(parameters.iter().any(|parameter| parameter.place == place && same(place, &parameter.key, name)))
}

fn by_credentials(_: &Integration<'_>, connection: &Site<'_, Connection>, place: Place, name: &str) -> Result<bool, Unknown> {
    Ok(place == Place::Header && same(place, credentials_header(connection)?, name))
}

fn by_url(path: &Integration<'_>, _: &Site<'_, Connection>, place: Place, name: &str) -> Result<bool, Unknown> {
    Ok(place == Place::Query && path.url().is_ok_and(|url| url.query_keys.iter().any(|key| key == name)))
}

fn by_caller(path: &Integration<'_>, _: &Site<'_, Connection>, place: Place, name: &str) -> Result<bool, Unknown> {
    let is = |key: &str| same(place, key, name);
    match (&path.caller, place) {
        (_, Place::Body) => Ok(false),
        (Caller::Target(_, target), Place::Header) => Ok(target.value.headers.read()?.keys().any(|key| is(key))),
        (Caller::Target(_, target), Place::Query) => Ok(target.value.query.read()?.keys().any(|key| is(key))),
        (Caller::Task(_, task), Place::Header) => Ok(task.headers.read()?.keys().any(|key| is(key))),
        (Caller::Task(_, task), Place::Query) => Ok(task.query.read()?.keys().any(|key| is(key))),
        (Caller::Pipe(..), _) => Err(parameters_of_pipe()),
    }
}

fn same(place: Place, one: &str, other: &str) -> bool {
    if place == Place::Header { one.eq_ignore_ascii_case(other) } else { one == other }
}
