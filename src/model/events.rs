//! EventBridge: buses, rules with their targets, API destinations, connections, archives, and pipes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Json, Known, Reason, Shared, Tags, Text, Unknown};

/// An event bus (`ListEventBuses`, `DescribeEventBus`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bus {
    /// ARN.
    pub arn: String,
    /// `default` for the account's default bus.
    pub name: String,
    /// Resource policy.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy: Known<Option<Value>>,
    /// Customer managed key, if one is set.
    #[serde(default, skip_serializing_if = "absent")]
    pub kms_key: Known<Option<String>>,
    /// ARN of the bus's own dead-letter queue.
    #[serde(default, skip_serializing_if = "absent")]
    pub dead_letter: Known<Option<String>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A rule of a bus (`ListRules`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// ARN; `…:rule/NAME` on the default bus, `…:rule/BUS/NAME` elsewhere.
    pub arn: String,
    /// Name, unique on its bus.
    pub name: String,
    /// Name of the bus.
    pub bus: Shared,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub state: Known<Shared>,
    /// Event pattern, parsed; a JSON string where it is not JSON.
    #[serde(default, skip_serializing_if = "absent")]
    pub pattern: Known<Option<Json>>,
    /// Schedule expression.
    #[serde(default, skip_serializing_if = "absent")]
    pub schedule: Known<Option<String>>,
    /// The rule's own role; API destinations do not use it.
    #[serde(default, skip_serializing_if = "absent")]
    pub role_arn: Known<Option<String>>,
    /// The service that manages the rule.
    #[serde(default, skip_serializing_if = "absent")]
    pub managed_by: Known<Option<String>>,
    /// Targets by id (`ListTargetsByRule`). Most rules have one, and lists make room for four: boxed, it is little room.
    #[serde(default, skip_serializing_if = "absent")]
    pub targets: Known<Targets>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// Targets by id. A tree has room for eleven from the first one on.
pub type Targets = LiteMap<Shared, Box<Target>>;

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What it calls.
    pub arn: Known<String>,
    /// Role that EventBridge assumes for it.
    #[serde(default, skip_serializing_if = "absent")]
    pub role_arn: Known<Option<Shared>>,
    /// ARN of its dead-letter queue.
    #[serde(default, skip_serializing_if = "absent")]
    pub dead_letter: Known<Option<Shared>>,
    /// Retries; absent parts mean AWS's defaults, 185 attempts and 86,400 s.
    #[serde(default, skip_serializing_if = "absent")]
    pub retry: Known<Retry>,
    /// Values for the `*` of the destination's URL, in order.
    #[serde(default, skip_serializing_if = "absent")]
    pub path_values: Known<Vec<Text>>,
    /// Header parameters, key to value.
    #[serde(default, skip_serializing_if = "absent")]
    pub headers: Known<BTreeMap<String, Text>>,
    /// Query string parameters, key to value.
    #[serde(default, skip_serializing_if = "absent")]
    pub query: Known<BTreeMap<String, Text>>,
    /// What is sent instead of the whole event.
    #[serde(default, skip_serializing_if = "absent")]
    pub input: Known<Input>,
}

/// Retry policy of a target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// `MaximumRetryAttempts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i64>,
    /// `MaximumEventAgeInSeconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
}

/// `Input`, `InputPath` or `InputTransformer`; all absent means the whole event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// `InputPath`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Shared>,
    /// `Input`, its leaves masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Value>,
    /// `InputTransformer.InputTemplate`, its literals masked: JSON where it is JSON, else a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Value>,
    /// `InputTransformer.InputPathsMap`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<String, String>,
}

/// An API destination (`ListApiDestinations`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// ARN, `…:api-destination/NAME/UUID`.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `ACTIVE` or `INACTIVE`.
    pub state: Known<String>,
    /// ARN of its connection.
    pub connection_arn: Known<String>,
    /// Invocation endpoint, an URL; user info and query values masked.
    pub endpoint: Known<String>,
    /// HTTP method.
    pub method: Known<String>,
    /// Invocations each second, where limited.
    #[serde(default, skip_serializing_if = "absent")]
    pub rate: Known<Option<i64>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A connection (`ListConnections`, `DescribeConnection`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// ARN, `…:connection/NAME/UUID`.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `ACTIVE`, `AUTHORIZED`, `DEAUTHORIZED`, `FAILED_CONNECTIVITY`, …
    pub state: Known<String>,
    /// AWS's words for the state.
    #[serde(default, skip_serializing_if = "absent")]
    pub state_reason: Known<Option<String>>,
    /// `API_KEY`, `BASIC` or `OAUTH_CLIENT_CREDENTIALS`.
    pub authorization: Known<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "absent")]
    pub modified: Known<Option<Timestamp>>,
    /// The private path, if the connection is private.
    #[serde(default, skip_serializing_if = "absent")]
    pub connectivity: Known<Option<Connectivity>>,
    /// Name of the header that carries the API key.
    #[serde(default, skip_serializing_if = "absent")]
    pub api_key_name: Known<Option<Text>>,
    /// User name of basic authorization.
    #[serde(default, skip_serializing_if = "absent")]
    pub username: Known<Option<Text>>,
    /// OAuth settings.
    #[serde(default, skip_serializing_if = "absent")]
    pub oauth: Known<Option<OAuth>>,
    /// Parameters sent with each invocation.
    #[serde(default, skip_serializing_if = "absent")]
    pub parameters: Known<Vec<Parameter>>,
    /// Credentials that stand in a template in clear, masked, by the name of their field (`ApiKeyValue`, `Password`,
    /// `ClientSecret`). Only a template tells.
    #[serde(default = "left_to_templates", skip_serializing_if = "is_left_to_templates")]
    pub literals: Known<BTreeMap<String, Text>>,
    /// Secret that EventBridge keeps for the connection.
    #[serde(default, skip_serializing_if = "absent")]
    pub secret_arn: Known<Option<String>>,
    /// Customer managed key, if one is set.
    #[serde(default, skip_serializing_if = "absent")]
    pub kms_key: Known<Option<String>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// What sources other than templates can never tell of a connection.
pub fn left_to_templates<T>() -> Known<T> {
    let why = "only a template tells whether a credential is written out in it";
    Known::Unknown(Unknown::new("", Reason::NotCovered, why))
}

fn is_left_to_templates<T>(known: &Known<T>) -> bool {
    matches!(known, Known::Unknown(unknown) if unknown.gap().reason == Reason::NotCovered)
}

/// `InvocationConnectivityParameters` or the `ConnectivityParameters` of OAuth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connectivity {
    /// ARN of the resource configuration.
    pub resource_config_arn: Known<String>,
    /// ARN of the association that EventBridge made.
    #[serde(default, skip_serializing_if = "absent")]
    pub association_arn: Known<Option<String>>,
}

/// OAuth client credentials settings, without the secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Authorization endpoint; user info and query values masked.
    pub endpoint: String,
    /// HTTP method of the token request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Parameters of the token request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The private path to the authorization endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<Connectivity>,
}

/// One HTTP parameter of a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Where it is sent.
    pub place: Place,
    /// Its name.
    pub key: String,
    /// Its value, where AWS returns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Text>,
    /// Whether it is kept in the secret (`IsValueSecret`, the source's default filled in).
    pub secret: bool,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A header.
    Header,
    /// The query string.
    Query,
    /// The body.
    Body,
}

/// An event archive (`ListArchives`), keyed by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Name.
    pub name: String,
    /// ARN of the bus whose events it keeps.
    pub source_arn: Known<String>,
    /// `ENABLED`, `DISABLED`, `CREATING`, …
    pub state: Known<String>,
    /// Only events that match are kept; absent means all (`DescribeArchive`).
    #[serde(default, skip_serializing_if = "absent")]
    pub pattern: Known<Option<Json>>,
}

/// A pipe (`ListPipes`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipe {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// `RUNNING`, `STOPPED`, …
    pub state: Known<String>,
    /// What it delivers to.
    pub target_arn: Known<String>,
    /// What enriches its events.
    #[serde(default, skip_serializing_if = "absent")]
    pub enrichment_arn: Known<Option<String>>,
}
