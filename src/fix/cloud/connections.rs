//! EventBridge connections. Their secrets are put into the parameters right before, and kept nowhere.

use aws_sdk_eventbridge::operation::create_connection::CreateConnectionOutput;
use aws_sdk_eventbridge::operation::describe_connection::DescribeConnectionOutput;
use aws_sdk_eventbridge::{Client, error, types};
use serde_json::{Value, json};

use super::params::Params;
use super::refusal::{Answer, send};
use crate::fix::apply::Refusal;

type Built<T> = Result<T, error::BuildError>;

/// `CreateConnection`
pub async fn create(sdk: &Client, p: Params<'_>) -> Answer {
    let (auth, path) = match (p.inner("AuthParameters").map(authorization).transpose(), connectivity(p)) {
        (Ok(auth), Ok(path)) => (auth, path),
        (Err(why), _) | (_, Err(why)) => return Answer::Not(Refusal::Refused(why.to_string())),
    };
    let request = sdk.create_connection().set_name(p.text("Name")).set_description(p.text("Description"));
    let request = request.set_authorization_type(kind(p)).set_auth_parameters(auth).set_invocation_connectivity_parameters(path);
    send!("events", "CreateConnection", request, |out: CreateConnectionOutput| json!({"id": super::last(out.connection_arn)}))
}

/// `UpdateConnection`
pub async fn update(sdk: &Client, p: Params<'_>) -> Answer {
    let (auth, path) = match (p.inner("AuthParameters").map(new_authorization).transpose(), connectivity(p)) {
        (Ok(auth), Ok(path)) => (auth, path),
        (Err(why), _) | (_, Err(why)) => return Answer::Not(Refusal::Refused(why.to_string())),
    };
    let request = sdk.update_connection().set_name(p.text("Name")).set_authorization_type(kind(p)).set_auth_parameters(auth);
    send!("events", "UpdateConnection", request.set_invocation_connectivity_parameters(path))
}

/// The id of a connection that an earlier sending made, which its description tells.
pub async fn find(sdk: &Client, p: Params<'_>) -> Result<Option<String>, String> {
    match sdk.describe_connection().set_name(p.text("Name")).send().await {
        Ok(DescribeConnectionOutput { description, connection_arn, .. }) if description == p.text("Description") => {
            Ok(super::last(connection_arn))
        }
        Ok(_) => Ok(None),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => Ok(None),
        Err(_) => Err("events:DescribeConnection failed".to_owned()),
    }
}

fn kind(p: Params<'_>) -> Option<types::ConnectionAuthorizationType> {
    p.text("AuthorizationType").map(|kind| kind.as_str().into())
}

fn authorization(p: Params<'_>) -> Built<types::CreateConnectionAuthRequestParameters> {
    use types::{
        CreateConnectionApiKeyAuthRequestParameters as Key, CreateConnectionBasicAuthRequestParameters as Basic,
        CreateConnectionOAuthClientRequestParameters as Client, CreateConnectionOAuthRequestParameters as OAuth,
    };
    let key = |p: Params<'_>| Key::builder().set_api_key_name(p.text("ApiKeyName")).set_api_key_value(p.text("ApiKeyValue")).build();
    let basic = |p: Params<'_>| Basic::builder().set_username(p.text("Username")).set_password(p.text("Password")).build();
    let client = |p: Params<'_>| Client::builder().set_client_id(p.text("ClientID")).set_client_secret(p.text("ClientSecret")).build();
    let oauth = |p: Params<'_>| {
        let request = OAuth::builder().set_client_parameters(p.inner("ClientParameters").map(client).transpose()?);
        let request = request.set_authorization_endpoint(p.text("AuthorizationEndpoint"));
        request.set_http_method(p.text("HttpMethod").map(|method| method.as_str().into())).build()
    };
    Ok(types::CreateConnectionAuthRequestParameters::builder()
        .set_api_key_auth_parameters(p.inner("ApiKeyAuthParameters").map(key).transpose()?)
        .set_basic_auth_parameters(p.inner("BasicAuthParameters").map(basic).transpose()?)
        .set_o_auth_parameters(p.inner("OAuthParameters").map(oauth).transpose()?)
        .build())
}

fn new_authorization(p: Params<'_>) -> Built<types::UpdateConnectionAuthRequestParameters> {
    use types::{
        UpdateConnectionApiKeyAuthRequestParameters as Key, UpdateConnectionBasicAuthRequestParameters as Basic,
        UpdateConnectionOAuthClientRequestParameters as Client, UpdateConnectionOAuthRequestParameters as OAuth,
    };
    let key = |p: Params<'_>| Key::builder().set_api_key_name(p.text("ApiKeyName")).set_api_key_value(p.text("ApiKeyValue")).build();
    let basic = |p: Params<'_>| Basic::builder().set_username(p.text("Username")).set_password(p.text("Password")).build();
    let client = |p: Params<'_>| Client::builder().set_client_id(p.text("ClientID")).set_client_secret(p.text("ClientSecret")).build();
    let oauth = |p: Params<'_>| {
        let request = OAuth::builder().set_client_parameters(p.inner("ClientParameters").map(client));
        let request = request.set_o_auth_http_parameters(p.inner("OAuthHttpParameters").map(http));
        let request = request.set_authorization_endpoint(p.text("AuthorizationEndpoint"));
        request.set_http_method(p.text("HttpMethod").map(|method| method.as_str().into())).build()
    };
    let path = p.inner("ConnectivityParameters").map(resource).transpose()?;
    Ok(types::UpdateConnectionAuthRequestParameters::builder()
        .set_api_key_auth_parameters(p.inner("ApiKeyAuthParameters").map(key))
        .set_basic_auth_parameters(p.inner("BasicAuthParameters").map(basic))
        .set_o_auth_parameters(p.inner("OAuthParameters").map(oauth))
        .set_invocation_http_parameters(p.inner("InvocationHttpParameters").map(http))
        .set_connectivity_parameters(path)
        .build())
}

/// Parameters that are sent with each call, none of them secret.
fn http(p: Params<'_>) -> types::ConnectionHttpParameters {
    let pair = |p: Params<'_>| (p.text("Key"), p.text("Value"));
    let header = |(key, value)| types::ConnectionHeaderParameter::builder().set_key(key).set_value(value).is_value_secret(false).build();
    let query =
        |(key, value)| types::ConnectionQueryStringParameter::builder().set_key(key).set_value(value).is_value_secret(false).build();
    let body = |(key, value)| types::ConnectionBodyParameter::builder().set_key(key).set_value(value).is_value_secret(false).build();
    let list = |name: &str| p.0.get(name).is_some_and(Value::is_array);
    types::ConnectionHttpParameters::builder()
        .set_header_parameters(list("HeaderParameters").then(|| p.items("HeaderParameters").map(pair).map(header).collect()))
        .set_query_string_parameters(list("QueryStringParameters").then(|| p.items("QueryStringParameters").map(pair).map(query).collect()))
        .set_body_parameters(list("BodyParameters").then(|| p.items("BodyParameters").map(pair).map(body).collect()))
        .build()
}

/// The private path of a connection. To make it public again AWS asks for an empty ARN; what is left out is ignored.
fn connectivity(p: Params<'_>) -> Built<Option<types::ConnectivityResourceParameters>> {
    p.inner("InvocationConnectivityParameters").map(resource).transpose()
}

fn resource(path: Params<'_>) -> Built<types::ConnectivityResourceParameters> {
    let arn = path.inner("ResourceParameters").and_then(|path| path.text("ResourceConfigurationArn"));
    let resource = types::ConnectivityResourceConfigurationArn::builder().set_resource_configuration_arn(arn).build()?;
    Ok(types::ConnectivityResourceParameters::builder().resource_parameters(resource).build())
}
