//! Connections: how they authorize, what they send, and which credentials stand in the template in clear.

use std::collections::BTreeMap;

use super::super::origins::Table;
use super::events::text;
use super::{Item, Lowering, at_run_time, may, tags};
use crate::model::events::{Connection, Connectivity, OAuth, Parameter, Place};
use crate::model::{Kind, Known, Text, Unknown};
use crate::source::mask::Mask;
use crate::source::planned::Resolved;

const CONNECTION: Table = &[
    ("/name", "Name"),
    ("/authorization", "AuthorizationType"),
    ("/connectivity", "InvocationConnectivityParameters"),
    ("/connectivity/resource_config_arn", "InvocationConnectivityParameters/ResourceParameters/ResourceConfigurationArn"),
    ("/api_key_name", "AuthParameters/ApiKeyAuthParameters/ApiKeyName"),
    ("/username", "AuthParameters/BasicAuthParameters/Username"),
    ("/oauth", "AuthParameters/OAuthParameters"),
    ("/oauth/endpoint", "AuthParameters/OAuthParameters/AuthorizationEndpoint"),
    ("/oauth/method", "AuthParameters/OAuthParameters/HttpMethod"),
    ("/oauth/connectivity", "AuthParameters/ConnectivityParameters"),
    ("/oauth/connectivity/resource_config_arn", "AuthParameters/ConnectivityParameters/ResourceParameters/ResourceConfigurationArn"),
    ("/parameters", "AuthParameters/InvocationHttpParameters"),
    ("/literals/ApiKeyValue", "AuthParameters/ApiKeyAuthParameters/ApiKeyValue"),
    ("/literals/Password", "AuthParameters/BasicAuthParameters/Password"),
    ("/literals/ClientSecret", "AuthParameters/OAuthParameters/ClientParameters/ClientSecret"),
    ("/kms_key", "KmsKeyIdentifier"),
];

/// Where the credentials of a connection stand.
const CREDENTIALS: [&[&str]; 3] = [
    &["AuthParameters", "ApiKeyAuthParameters", "ApiKeyValue"],
    &["AuthParameters", "BasicAuthParameters", "Password"],
    &["AuthParameters", "OAuthParameters", "ClientParameters", "ClientSecret"],
];

/// Lists of HTTP parameters, in the order of the model.
const LISTS: [(&str, Place); 3] =
    [("HeaderParameters", Place::Header), ("QueryStringParameters", Place::Query), ("BodyParameters", Place::Body)];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn connections(&mut self) {
        self.take("AWS::Events::Connection").iter().for_each(|item| self.connection(item));
    }

    fn connection(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let mask = Mask::new(&arn, "");
        let auth = item.get("AuthParameters");
        let invocation = auth.field("InvocationHttpParameters");
        let connection = Connection {
            name: self.name(item),
            state: at_run_time(),
            state_reason: at_run_time(),
            authorization: authorization(item).into(),
            created: at_run_time(),
            modified: at_run_time(),
            connectivity: connectivity(item.get("InvocationConnectivityParameters")).into(),
            api_key_name: api_key_name(&mask, auth).into(),
            username: username(&mask, auth).into(),
            oauth: oauth(&mask, auth).into(),
            parameters: parameters(&mask, "invocation", invocation).into(),
            literals: Known::Value(self.literals(item, &mask)),
            secret_arn: Known::Value(Some(self.resolver.connection_secret(item.stack, item.declared))),
            kms_key: may(item, "KmsKeyIdentifier"),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::Connection, &arn, connection, CONNECTION, |region| &mut region.connections);
        self.parameter_places(item, &arn, "/parameters", &["AuthParameters", "InvocationHttpParameters"]);
        self.parameter_places(item, &arn, "/oauth/parameters", &["AuthParameters", "OAuthParameters", "OAuthHttpParameters"]);
    }

    /// The credentials whose value stands in the template, as a literal or as the default of a parameter.
    fn literals(&self, item: &Item<'a>, mask: &Mask) -> BTreeMap<String, Text> {
        let literal = |way: &&'static [&'static str]| {
            let name = way.last()?;
            let value = self.resolver.literal(item.stack, item.declared, way)?;
            // What only says that something is to be put in there is kept readable, and is no credential.
            Some(((*name).to_owned(), mask.text("literal", &format!("{name}-secret"), &value))).filter(|(_, text)| text.class().is_some())
        };
        CREDENTIALS.iter().filter_map(literal).collect()
    }

    fn parameter_places(&mut self, item: &Item<'a>, arn: &str, pointer: &str, way: &[&str]) {
        let mut index = 0;
        for (list, _) in LISTS {
            let count = item.properties.at(way).field(list).items().unwrap_or_default().len();
            for own in 0..count {
                let own = own.to_string();
                let at = |name: &[&str]| item.origin(&[way, &[list, own.as_str()], name].concat());
                for (part, name) in [("", &[][..]), ("/key", &["Key"]), ("/value", &["Value"]), ("/secret", &["IsValueSecret"])] {
                    self.points(item, Kind::Connection, arn, format!("{pointer}/{index}{part}"), at(name));
                }
                index += 1;
            }
        }
    }
}

fn authorization(item: &Item<'_>) -> Result<String, Unknown> {
    let auth = item.get("AuthParameters");
    let has = |name: &str| !auth.field(name).is_absent();
    match item.get("AuthorizationType").text()? {
        Some(kind) => Ok(kind),
        None if has("ApiKeyAuthParameters") => Ok("API_KEY".to_owned()),
        None if has("BasicAuthParameters") => Ok("BASIC".to_owned()),
        None if has("OAuthParameters") => Ok("OAUTH_CLIENT_CREDENTIALS".to_owned()),
        None => Err(Unknown::unresolved("AuthorizationType is required and not there")),
    }
}

fn connectivity(value: &Resolved) -> Result<Option<Connectivity>, Unknown> {
    if value.must_be_known()?.is_absent() {
        return Ok(None);
    }
    let arn = value.at(&["ResourceParameters", "ResourceConfigurationArn"]).must("ResourceConfigurationArn");
    Ok(Some(Connectivity { resource_config_arn: arn.into(), association_arn: at_run_time() }))
}

fn api_key_name(mask: &Mask, auth: &Resolved) -> Result<Option<Text>, Unknown> {
    Ok(auth.at(&["ApiKeyAuthParameters", "ApiKeyName"]).text()?.map(|name| mask.name("api-key-name", &name)))
}

fn username(mask: &Mask, auth: &Resolved) -> Result<Option<Text>, Unknown> {
    let value = auth.at(&["BasicAuthParameters", "Username"]);
    Ok((!value.is_absent()).then(|| text(mask, "username", "username", value)))
}

fn oauth(mask: &Mask, auth: &Resolved) -> Result<Option<OAuth>, Unknown> {
    let value = auth.field("OAuthParameters");
    if value.must_be_known()?.is_absent() {
        return Ok(None);
    }
    Ok(Some(OAuth {
        endpoint: mask.url("authorization-endpoint", &value.field("AuthorizationEndpoint").must("AuthorizationEndpoint")?),
        method: value.field("HttpMethod").text()?,
        parameters: parameters(mask, "oauth", value.field("OAuthHttpParameters"))?,
        connectivity: connectivity(auth.field("ConnectivityParameters"))?,
    }))
}

/// Parameters are kept secret unless the template says otherwise
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-events-connection-parameter.html>).
/// What is kept secret has no value in the model, as AWS returns none.
fn parameters(mask: &Mask, field: &str, value: &Resolved) -> Result<Vec<Parameter>, Unknown> {
    let mut parameters = Vec::new();
    for (list, place) in LISTS {
        for item in value.field(list).items()? {
            let key = item.must_be_known()?.field("Key").must("Key")?;
            let secret = item.field("IsValueSecret").flag()?.unwrap_or(true);
            let value = (!secret).then(|| text(mask, field, &key, item.field("Value")));
            parameters.push(Parameter { place, key, value, secret });
        }
    }
    Ok(parameters)
}
