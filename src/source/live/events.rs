//! EventBridge: buses, rules with their targets, API destinations, connections, archives.

use std::collections::HashMap;

use aws_sdk_eventbridge::operation::describe_connection::DescribeConnectionOutput;
use aws_sdk_eventbridge::{Client, types};

use super::action::{
    DESCRIBE_ARCHIVE, DESCRIBE_CONNECTION, DESCRIBE_EVENT_BUS, LIST_API_DESTINATIONS, LIST_ARCHIVES, LIST_CONNECTIONS, LIST_EVENT_BUSES,
    LIST_EVENT_TAGS, LIST_RULES, LIST_TARGETS,
};
use super::call::{Gate, existing};
use super::convert::{json, must, time, told, unasked};
use crate::model::events::{
    Archive, Bus, Connection, Connectivity, Destination, Input, OAuth, Parameter, Place, Retry, Rule, Target, left_to_templates,
};
use crate::model::{Json, Known, Shared, Tags, Unknown};
use crate::source::mask::Mask;

/// EventBridge in one account and region.
pub struct Events {
    sdk: Client,
    gate: Gate,
}

impl Events {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Events { sdk, gate }
    }

    /// All buses, as the list tells them.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn buses(&self) -> Result<Vec<Bus>, Unknown> {
        let send = |token| self.sdk.list_event_buses().limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_EVENT_BUSES, send, |page| (page.event_buses.unwrap_or_default(), page.next_token)).await;
        let items = pages.map_err(|failure| failure.into_unknown(LIST_EVENT_BUSES))?;
        // Every account has it: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html.
        must(LIST_EVENT_BUSES, "the default event bus", items.first())?;
        items.into_iter().map(bus).collect()
    }

    /// Adds what only the description of a bus tells.
    pub async fn describe_bus(&self, mut bus: Bus) -> Bus {
        let answer = self.gate.send(DESCRIBE_EVENT_BUS, self.sdk.describe_event_bus().name(&bus.name).send()).await;
        match answer.map_err(|failure| failure.into_unknown(DESCRIBE_EVENT_BUS)) {
            Ok(described) => {
                bus.kms_key = Known::Value(described.kms_key_identifier);
                bus.dead_letter = Known::Value(described.dead_letter_config.and_then(|config| config.arn));
            }
            Err(unknown) => {
                bus.kms_key = Known::Unknown(unknown.clone());
                bus.dead_letter = Known::Unknown(unknown);
            }
        }
        bus
    }

    /// The rules of a bus, without their targets; none if the bus is gone by now.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn rules(&self, bus: &str) -> Result<Vec<Rule>, Unknown> {
        let send = |token| self.sdk.list_rules().event_bus_name(bus).limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_RULES, send, |page| (page.rules.unwrap_or_default(), page.next_token)).await;
        existing(pages)?.unwrap_or_default().into_iter().map(|item| rule(bus, item)).collect()
    }

    /// Adds its targets to a rule; none if the rule is gone by now.
    pub async fn with_targets(&self, rule: Rule) -> Rule {
        let list = self.sdk.list_targets_by_rule().event_bus_name(rule.bus.as_str()).rule(&rule.name).limit(100);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_TARGETS, send, |page| (page.targets.unwrap_or_default(), page.next_token)).await;
        let targets = existing(pages).map(Option::unwrap_or_default);
        let by_id = |targets: Vec<types::Target>| {
            targets.into_iter().map(|item| (item.id.as_str().into(), Box::new(target(&rule.arn, item)))).collect()
        };
        Rule { targets: Known::from(targets).map(by_id), ..rule }
    }

    /// All API destinations.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn destinations(&self) -> Result<Vec<Destination>, Unknown> {
        let send = |token| self.sdk.list_api_destinations().limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_API_DESTINATIONS, send, |page| (page.api_destinations.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_API_DESTINATIONS))?.into_iter().map(destination).collect()
    }

    /// All connections, as the list tells them: what only their descriptions tell is unknown so far.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn connections(&self) -> Result<Vec<Connection>, Unknown> {
        let send = |token| self.sdk.list_connections().limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_CONNECTIONS, send, |page| (page.connections.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_CONNECTIONS))?.into_iter().map(connection).collect()
    }

    /// Adds what only the description of a connection tells; `None` if it is gone by now.
    pub async fn describe_connection(&self, connection: Connection) -> Option<Connection> {
        let answer = self.gate.send(DESCRIBE_CONNECTION, self.sdk.describe_connection().name(&connection.name).send()).await;
        match existing(answer) {
            Ok(described) => described.map(|described| with_description(connection, described)),
            Err(unknown) => Some(without_description(connection, &unknown)),
        }
    }

    /// The tags of a bus, a rule, a destination or a connection.
    pub async fn tags(&self, arn: &str) -> Known<Tags> {
        let answer = existing(self.gate.send(LIST_EVENT_TAGS, self.sdk.list_tags_for_resource().resource_arn(arn).send()).await);
        let tags = answer.map(|answer| answer.and_then(|answer| answer.tags).unwrap_or_default());
        Known::from(tags).map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// All archives, as the list tells them.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn archives(&self) -> Result<Vec<Archive>, Unknown> {
        let send = |token| self.sdk.list_archives().limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_ARCHIVES, send, |page| (page.archives.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_ARCHIVES))?.into_iter().map(archive).collect()
    }

    /// Adds the pattern, which only the description of an archive tells.
    pub async fn describe_archive(&self, mut archive: Archive) -> Archive {
        let answer = self.gate.send(DESCRIBE_ARCHIVE, self.sdk.describe_archive().archive_name(&archive.name).send()).await;
        let described = answer.map_err(|failure| failure.into_unknown(DESCRIBE_ARCHIVE));
        archive.pattern = Known::from(described).map(|described| json(described.event_pattern).map(Json::from));
        archive
    }
}

fn bus(item: types::EventBus) -> Result<Bus, Unknown> {
    Ok(Bus {
        arn: must(LIST_EVENT_BUSES, "Arn", item.arn)?,
        name: must(LIST_EVENT_BUSES, "Name", item.name)?,
        policy: Known::Value(json(item.policy)),
        kms_key: unasked(DESCRIBE_EVENT_BUS),
        dead_letter: unasked(DESCRIBE_EVENT_BUS),
        tags: unasked(LIST_EVENT_TAGS),
    })
}

fn rule(bus: &str, item: types::Rule) -> Result<Rule, Unknown> {
    Ok(Rule {
        arn: must(LIST_RULES, "Arn", item.arn)?,
        name: must(LIST_RULES, "Name", item.name)?,
        bus: bus.into(),
        state: told(LIST_RULES, "State", item.state.map(|state| state.as_str().into())),
        pattern: Known::Value(json(item.event_pattern).map(Json::from)),
        schedule: Known::Value(item.schedule_expression),
        role_arn: Known::Value(item.role_arn),
        managed_by: Known::Value(item.managed_by),
        targets: unasked(LIST_TARGETS),
        tags: unasked(LIST_EVENT_TAGS),
    })
}

fn target(rule: &str, item: types::Target) -> Target {
    let mask = Mask::new(rule, &item.id);
    let http = item.http_parameters;
    let retry = item.retry_policy;
    let parameters = |place, map: Option<HashMap<String, String>>| {
        map.into_iter().flatten().map(|(key, value)| (key.clone(), mask.text(place, &key, &value))).collect()
    };
    let (path, header, query) = match http {
        Some(http) => (http.path_parameter_values, http.header_parameters, http.query_string_parameters),
        None => (None, None, None),
    };
    Target {
        arn: Known::Value(item.arn),
        role_arn: Known::Value(item.role_arn.map(Shared::from)),
        dead_letter: Known::Value(item.dead_letter_config.and_then(|config| config.arn).map(Shared::from)),
        retry: Known::Value(retry.map_or_else(Retry::default, |retry| Retry {
            attempts: retry.maximum_retry_attempts.map(i64::from),
            age_seconds: retry.maximum_event_age_in_seconds.map(i64::from),
        })),
        path_values: Known::Value(path.into_iter().flatten().map(|value| mask.text("path", "", &value)).collect()),
        headers: Known::Value(parameters("header", header)),
        query: Known::Value(parameters("query", query)),
        input: Known::Value(input(&mask, item.input_path, item.input, item.input_transformer)),
    }
}

fn input(mask: &Mask, path: Option<String>, constant: Option<String>, transformer: Option<types::InputTransformer>) -> Input {
    let (template, paths) = match transformer {
        Some(transformer) => (Some(transformer.input_template), transformer.input_paths_map),
        None => (None, None),
    };
    Input {
        path: path.map(Shared::from),
        constant: constant.map(|text| mask.json("input", &text)),
        template: template.map(|text| mask.json("template", &text)),
        paths: paths.into_iter().flatten().collect(),
    }
}

fn destination(item: types::ApiDestination) -> Result<Destination, Unknown> {
    let arn = must(LIST_API_DESTINATIONS, "ApiDestinationArn", item.api_destination_arn)?;
    let told = |field, value| told(LIST_API_DESTINATIONS, field, value);
    let endpoint = item.invocation_endpoint.map(|url| Mask::new(&arn, "").url("endpoint", &url));
    Ok(Destination {
        name: must(LIST_API_DESTINATIONS, "Name", item.name)?,
        state: told("ApiDestinationState", item.api_destination_state.map(|state| state.as_str().to_owned())),
        connection_arn: told("ConnectionArn", item.connection_arn),
        endpoint: told("InvocationEndpoint", endpoint),
        method: told("HttpMethod", item.http_method.map(|method| method.as_str().to_owned())),
        rate: Known::Value(item.invocation_rate_limit_per_second.map(i64::from)),
        tags: unasked(LIST_EVENT_TAGS),
        arn,
    })
}

fn connection(item: types::Connection) -> Result<Connection, Unknown> {
    Ok(Connection {
        arn: must(LIST_CONNECTIONS, "ConnectionArn", item.connection_arn)?,
        name: must(LIST_CONNECTIONS, "Name", item.name)?,
        state: told(LIST_CONNECTIONS, "ConnectionState", item.connection_state.map(|state| state.as_str().to_owned())),
        state_reason: Known::Value(item.state_reason),
        authorization: told(LIST_CONNECTIONS, "AuthorizationType", item.authorization_type.map(|kind| kind.as_str().to_owned())),
        created: Known::Value(time(item.creation_time)),
        modified: Known::Value(time(item.last_modified_time)),
        connectivity: unasked(DESCRIBE_CONNECTION),
        api_key_name: unasked(DESCRIBE_CONNECTION),
        username: unasked(DESCRIBE_CONNECTION),
        oauth: unasked(DESCRIBE_CONNECTION),
        parameters: unasked(DESCRIBE_CONNECTION),
        literals: left_to_templates(),
        secret_arn: unasked(DESCRIBE_CONNECTION),
        kms_key: unasked(DESCRIBE_CONNECTION),
        tags: unasked(LIST_EVENT_TAGS),
    })
}

fn with_description(mut connection: Connection, described: DescribeConnectionOutput) -> Connection {
    let mask = Mask::new(&connection.arn, "");
    if let Some(state) = described.connection_state {
        connection.state = Known::Value(state.as_str().to_owned());
        connection.state_reason = Known::Value(described.state_reason);
    }
    connection.connectivity = Known::Value(described.invocation_connectivity_parameters.and_then(connectivity));
    connection.secret_arn = Known::Value(described.secret_arn);
    connection.kms_key = Known::Value(described.kms_key_identifier.filter(|key| !key.is_empty()));
    let (key, basic, oauth, http, oauth_path) = match described.auth_parameters {
        Some(auth) => (
            auth.api_key_auth_parameters,
            auth.basic_auth_parameters,
            auth.o_auth_parameters,
            auth.invocation_http_parameters,
            auth.connectivity_parameters,
        ),
        None => (None, None, None, None, None),
    };
    let is = |kind: &str| connection.authorization.read().is_ok_and(|own| own == kind);
    let key_name = key.and_then(|key| key.api_key_name).map(|name| mask.name("api-key-name", &name));
    let (keyed, by_oauth) = (is("API_KEY"), is("OAUTH_CLIENT_CREDENTIALS"));
    connection.api_key_name = if keyed { told(DESCRIBE_CONNECTION, "ApiKeyName", key_name).map(Some) } else { Known::Value(key_name) };
    connection.username = Known::Value(basic.and_then(|basic| basic.username).map(|name| mask.text("username", "username", &name)));
    connection.parameters = Known::Value(http.map(|http| parameters(&mask, "invocation", http)).unwrap_or_default());
    connection.oauth = match oauth {
        None if by_oauth => told(DESCRIBE_CONNECTION, "OAuthParameters", None),
        None => Known::Value(None),
        Some(oauth) => Known::from(self::oauth(&mask, oauth, oauth_path)).map(Some),
    };
    connection
}

fn without_description(mut connection: Connection, unknown: &Unknown) -> Connection {
    connection.connectivity = Known::Unknown(unknown.clone());
    connection.api_key_name = Known::Unknown(unknown.clone());
    connection.username = Known::Unknown(unknown.clone());
    connection.oauth = Known::Unknown(unknown.clone());
    connection.parameters = Known::Unknown(unknown.clone());
    connection.secret_arn = Known::Unknown(unknown.clone());
    connection.kms_key = Known::Unknown(unknown.clone());
    connection
}

fn connectivity(parameters: types::DescribeConnectionConnectivityParameters) -> Option<Connectivity> {
    let resource = parameters.resource_parameters?;
    let sent = |field, arn: String| told(DESCRIBE_CONNECTION, field, Some(arn).filter(|arn| !arn.is_empty()));
    Some(Connectivity {
        resource_config_arn: sent("ResourceConfigurationArn", resource.resource_configuration_arn),
        association_arn: sent("ResourceAssociationArn", resource.resource_association_arn).map(Some),
    })
}

fn oauth(
    mask: &Mask,
    oauth: types::ConnectionOAuthResponseParameters,
    path: Option<types::DescribeConnectionConnectivityParameters>,
) -> Result<OAuth, Unknown> {
    let endpoint = must(DESCRIBE_CONNECTION, "AuthorizationEndpoint", oauth.authorization_endpoint)?;
    Ok(OAuth {
        endpoint: mask.url("authorization-endpoint", &endpoint),
        method: oauth.http_method.map(|method| method.as_str().to_owned()),
        parameters: oauth.o_auth_http_parameters.map(|http| parameters(mask, "oauth", http)).unwrap_or_default(),
        connectivity: path.and_then(connectivity),
    })
}

fn parameters(mask: &Mask, field: &str, http: types::ConnectionHttpParameters) -> Vec<Parameter> {
    let header = http.header_parameters.into_iter().flatten().map(|item| (Place::Header, item.key, item.value, item.is_value_secret));
    let query = http.query_string_parameters.into_iter().flatten().map(|item| (Place::Query, item.key, item.value, item.is_value_secret));
    let body = http.body_parameters.into_iter().flatten().map(|item| (Place::Body, item.key, item.value, item.is_value_secret));
    let parameter = |(place, key, value, secret): (Place, Option<String>, Option<String>, bool)| {
        let key = key.unwrap_or_default();
        let value = value.filter(|value| !value.is_empty()).map(|value| mask.text(field, &key, &value));
        Parameter { place, key, value, secret }
    };
    header.chain(query).chain(body).map(parameter).collect()
}

fn archive(item: types::Archive) -> Result<Archive, Unknown> {
    Ok(Archive {
        name: must(LIST_ARCHIVES, "ArchiveName", item.archive_name)?,
        source_arn: told(LIST_ARCHIVES, "EventSourceArn", item.event_source_arn),
        state: told(LIST_ARCHIVES, "State", item.state.map(|state| state.as_str().to_owned())),
        pattern: unasked(DESCRIBE_ARCHIVE),
    })
}
