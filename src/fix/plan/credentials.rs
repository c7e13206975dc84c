//! What a connection authorizes its calls with, as far as the method that answers tells. The secret itself comes from
//! where `--secret-from` says; in a plan stand placeholders for its fields.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html>

use serde_json::{Map, Value, json};

use super::{Case, Refused, manual};
use crate::estate::Site;
use crate::fix::secret::{API_KEY, FORMS, Reference, SECRET};
use crate::model::apigateway::{Api, MethodSummary};

/// The header in which API Gateway looks for a key.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html>
const KEY_HEADER: &str = "x-api-key";

/// A method as a stage has it deployed.
#[derive(Clone, Copy)]
pub struct Method<'a> {
    /// Its API.
    pub api: Site<'a, Api>,
    /// The path of its resource.
    pub path: &'a str,
    /// The verb under which it is deployed, `ANY` included.
    pub verb: &'a str,
    /// What the deployment says of it.
    pub summary: &'a MethodSummary,
}

/// Authorization of a connection.
pub struct Credentials {
    /// `AuthorizationType`.
    pub kind: &'static str,
    /// `AuthParameters`, with placeholders.
    pub parameters: Value,
    /// The fields of the model that follow from it.
    pub model: Map<String, Value>,
    /// What to know about it.
    pub note: String,
}

impl Credentials {
    /// An API key in a header.
    pub fn key(header: &str, note: impl Into<String>) -> Self {
        let parameters = json!({"ApiKeyAuthParameters": {"ApiKeyName": header, "ApiKeyValue": placeholder(API_KEY)}});
        let model = Map::from_iter([("authorization".to_owned(), json!("API_KEY")), ("api_key_name".to_owned(), json!(header))]);
        Credentials { kind: "API_KEY", parameters, model, note: note.into() }
    }

    /// A user's name and password, both out of the secret.
    pub fn basic() -> Self {
        let parameters = json!({"BasicAuthParameters": {"Username": placeholder("username"), "Password": placeholder("password")}});
        let model = Map::from_iter([("authorization".to_owned(), json!("BASIC"))]);
        let note = "the secret is JSON with `username` and `password`".to_owned();
        Credentials { kind: "BASIC", parameters, model, note }
    }

    /// A client's id and secret out of the secret, and what is not known of where it gets its tokens.
    pub fn oauth(endpoint: Option<&str>, method: Option<&str>) -> Self {
        let client = json!({"ClientID": placeholder("client_id"), "ClientSecret": placeholder("client_secret")});
        let field = |known: Option<&str>, name: &str| known.map_or_else(|| placeholder(name), str::to_owned);
        let (endpoint, method) = (field(endpoint, "authorization_endpoint"), field(method, "http_method"));
        let parameters = json!({"OAuthParameters": {"ClientParameters": client, "AuthorizationEndpoint": endpoint, "HttpMethod": method}});
        let model = Map::from_iter([("authorization".to_owned(), json!("OAUTH_CLIENT_CREDENTIALS"))]);
        let names: Vec<String> = crate::fix::secret::fields(&parameters).iter().map(|name| format!("`{name}`")).collect();
        Credentials { kind: "OAUTH_CLIENT_CREDENTIALS", parameters, model, note: format!("the secret is JSON with {}", names.join(", ")) }
    }
}

/// What a method asks for.
///
/// # Errors
/// Where a connection cannot send it, or several things would do.
pub fn asked(method: &Method<'_>) -> Result<Credentials, Refused> {
    let wants_key = method.summary.api_key_required && method.api.value.api_key_source.read()? == "HEADER";
    match (method.summary.authorization.as_str(), wants_key) {
        ("NONE", true) => Ok(Credentials::key(KEY_HEADER, "the method asks for an API key")),
        ("NONE", false) => {
            Ok(Credentials::key(KEY_HEADER, "the method asks for nothing, but a connection has to send something: an API key it is"))
        }
        (other, true) => manual(format!("the method asks for an API key and for {other}: which of them is the connection's is not known")),
        ("COGNITO_USER_POOLS", false) => Ok(Credentials::oauth(None, None)),
        ("CUSTOM", false) => of_authorizer(method),
        (other, _) => manual(format!("the method asks for {other}, which no connection can send")),
    }
}

/// The one header that the method's authorizer looks at.
fn of_authorizer(method: &Method<'_>) -> Result<Credentials, Refused> {
    let saved = method.api.value.resources.read()?.get(method.path).and_then(|resource| resource.methods.get(method.verb));
    let id = saved.map(|saved| saved.authorizer_id.read()).transpose()?.and_then(Option::as_ref);
    let authorizer = id.map(|id| method.api.value.authorizers.read().map(|all| all.get(id))).transpose()?.flatten();
    let Some(authorizer) = authorizer else { return manual("which authorizer the method has is not known") };
    let sources = authorizer.identity_source.as_deref().unwrap_or_default();
    match sources.split(',').map(str::trim).collect::<Vec<_>>().as_slice() {
        [only] if only.starts_with("method.request.header.") => {
            let header = &only["method.request.header.".len()..];
            Ok(Credentials::key(
                header,
                format!("authorizer {} looks at the header {header}: the secret is its whole value", authorizer.name),
            ))
        }
        _ => manual(format!("authorizer {} looks at more than one header, or at none", authorizer.name)),
    }
}

fn placeholder(field: &str) -> String {
    format!("{SECRET}{field}")
}

/// Whose secret a plan has.
#[derive(Clone, Debug, Default)]
pub struct Given<'a> {
    /// Where it is read from.
    pub from: Option<&'a Reference>,
    /// Name of the connection that it was planned for.
    pub spent: Option<String>,
}

impl<'a> Case<'a> {
    /// Where the secret of a connection is read from.
    ///
    /// # Errors
    /// Where none is named, or the one that is belongs to another connection.
    pub fn secret(&self, connection: &str) -> Result<&'a Reference, Refused> {
        let Some(from) = self.given.from else {
            return manual(format!("it takes the secret of connection {connection}: say with --secret-from {FORMS} where it is read from"));
        };
        match &self.given.spent {
            Some(other) if other != connection => {
                // Which of them it is of is not to be guessed: the other would be sent what is none of its business.
                let why = format!("--secret-from names one secret, and connections {other} and {connection} need one each");
                Err(Refused { misuse: true, ..Refused::new(format!("{why}: plan for one of them, with --integration or --only")) })
            }
            _ => Ok(from),
        }
    }
}
