//! Host names by which a private REST API may be called, and what each of them names.
//!
//! The host of an invocation URL decides which API answers and which certificate is shown; the domain of a
//! resource configuration decides where packets go. Both are read with the one grammar in this module, for every
//! partition. The forms are those of
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html>.
//!
//! Everything here is total: any text has an answer, none panics, and no answer repeats user information.

mod invocation;
mod labels;
mod partition;
mod path;

#[cfg(test)]
mod tests;

pub use self::invocation::{Base, InvocationUrl, UrlError};
pub use self::partition::{Location, partition_of_region, suffix_of_partition};
pub use self::path::{Choice, Match, PathTemplate, Segment, TemplateError, best_match};

use std::fmt;

use self::labels::{EndpointLabel, is_api_id, is_hex};

/// What a host name is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// `{api}.execute-api.{region}.{suffix}`: the default name of an API.
    Api {
        /// The id of the REST API.
        api_id: String,
        /// Region and suffix, as written.
        location: Location,
    },
    /// `{api}-{vpce}.execute-api.{region}.{suffix}`: the alias that API Gateway keeps in Route 53 for an API
    /// associated with an endpoint.
    ApiAtEndpoint {
        /// The id of the REST API.
        api_id: String,
        /// `vpce-` and the hexadecimal id.
        endpoint_id: String,
        /// Region and suffix, as written.
        location: Location,
    },
    /// A DNS name that EC2 gave to an execute-api endpoint. It names no API.
    Endpoint {
        /// `vpce-` and the hexadecimal id.
        endpoint_id: String,
        /// The generated part after the id, which changes with every new endpoint.
        name_label: String,
        /// The Availability Zone of a zonal name, `us-east-1a`; `None` for the Regional name.
        zone: Option<String>,
        /// Region and suffix, as written.
        location: Location,
    },
    /// A DNS name of an endpoint of some other service.
    OtherEndpoint {
        /// The labels between endpoint and region: `s3`, `api.ecr`, `vpce-svc-…`.
        service: String,
        /// `vpce-` and the hexadecimal id.
        endpoint_id: String,
        /// Region and suffix, as written.
        location: Location,
    },
    /// `execute-api.{region}.{suffix}` itself, or with `*.` before it: what an endpoint with private DNS answers.
    ServicePrivateName {
        /// Whether it is the wildcard entry.
        wildcard: bool,
        /// Region and suffix, as written.
        location: Location,
    },
    /// Any other public name, in lower case and in ASCII form: a custom domain, or a host outside AWS.
    Custom(String),
    /// A name for which nobody can hold a publicly trusted certificate, or that is no name at all.
    Untrusted {
        /// The reason.
        why: Distrust,
    },
}

/// Why a host cannot be the target of an API destination, which needs a public name and a publicly trusted
/// certificate even for private targets:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Distrust {
    /// An IPv4 or IPv6 address, in any notation that URL parsers accept.
    IpLiteral,
    /// `localhost` or a name below it.
    Localhost,
    /// One label without a dot.
    SingleLabel,
    /// A name below a top-level domain that is never public.
    PrivateSuffix(&'static str),
    /// A name in API Gateway's part of an AWS suffix that has none of its forms.
    NotAnApiName,
    /// No host name: empty, too long, or with characters that cannot stand in one.
    NotAName,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distrust::IpLiteral => f.write_str("an IP address"),
            Distrust::Localhost => f.write_str("the local host"),
            Distrust::SingleLabel => f.write_str("a name without a domain"),
            Distrust::PrivateSuffix(suffix) => {
                write!(f, "a name below .{suffix}, which is never public")
            }
            Distrust::NotAnApiName => f.write_str("an execute-api name in none of API Gateway's forms"),
            Distrust::NotAName => f.write_str("not a host name"),
        }
    }
}

/// `vpce-` and the eight digits that ids once had.
const SHORTEST_ENDPOINT_ID: usize = 13;

/// Whether a name that has none of API Gateway's documented forms is nevertheless one of its own, such as one for FIPS or
/// of the dual-stack suffix. Nobody can have it as a custom domain name; whether private APIs answer to it is not documented.
pub fn is_service_name(name: &str) -> bool {
    let of_service = name.split('.').any(|label| label == "execute-api" || label.starts_with("execute-api-"));
    of_service && (name.ends_with(".api.aws") || partition::split_suffix(name).is_some())
}

/// Whether a name is one that AWS gives, and not one of a load balancer, which may stand before anything.
pub fn is_name_of_service(name: &str) -> bool {
    let name = labels::ascii_name(name).unwrap_or_default();
    name.ends_with(".api.aws") || partition::split_suffix(&name).is_some_and(|(head, _)| !head.split('.').any(|label| label == "elb"))
}

impl Host {
    /// Reads a host name without scheme, port or path. Case, one final dot and the Unicode form of
    /// international names make no difference; an IPv6 address may stand in brackets.
    pub fn parse(text: &str) -> Host {
        match labels::ascii_name(text) {
            Ok(name) => Host::of_name(&name),
            Err(why) => Host::Untrusted { why },
        }
    }

    /// Region and suffix of the AWS forms, `None` for all others.
    pub fn location(&self) -> Option<&Location> {
        match self {
            Host::Api { location, .. }
            | Host::ApiAtEndpoint { location, .. }
            | Host::Endpoint { location, .. }
            | Host::OtherEndpoint { location, .. }
            | Host::ServicePrivateName { location, .. } => Some(location),
            Host::Custom(_) | Host::Untrusted { .. } => None,
        }
    }

    /// The id of the endpoint whose own name this is, as its first label tells, below a suffix that is not known here:
    /// that of a new partition, or of a server that is not AWS's.
    pub fn endpoint_elsewhere(&self) -> Option<String> {
        let Host::Custom(name) = self else { return None };
        let label = EndpointLabel::parse(name.split('.').next()?)?;
        Some(label.endpoint_id).filter(|id| id.len() >= SHORTEST_ENDPOINT_ID)
    }

    fn of_name(name: &str) -> Host {
        if let Some((head, suffix)) = partition::split_suffix(name) {
            return Host::of_aws(head, suffix).unwrap_or_else(|| Host::outside_api_gateway(name));
        }
        match labels::never_public(name) {
            Some(why) => Host::Untrusted { why },
            None => Host::Custom(name.to_owned()),
        }
    }

    /// The AWS forms; `None` for a name of some other shape under an AWS suffix.
    fn of_aws(head: &str, suffix: &'static str) -> Option<Host> {
        let labels: Vec<&str> = head.split('.').collect();
        let (labels, vpce) = match labels.as_slice() {
            [labels @ .., "vpce"] => (labels, true),
            labels => (labels, false),
        };
        let (region, labels) = labels.split_last()?;
        partition_of_region(region)?;
        let location = Location { region: (*region).to_owned(), suffix };
        if vpce { Host::of_endpoint(labels, location) } else { Host::of_service(labels, location) }
    }

    fn of_service(labels: &[&str], location: Location) -> Option<Host> {
        match labels {
            ["execute-api"] => Some(Host::ServicePrivateName { wildcard: false, location }),
            ["*", "execute-api"] => Some(Host::ServicePrivateName { wildcard: true, location }),
            [label, "execute-api"] => match label.split_once("-vpce-") {
                Some((api_id, hex)) if is_api_id(api_id) && is_hex(hex) => {
                    Some(Host::ApiAtEndpoint { api_id: api_id.to_owned(), endpoint_id: format!("vpce-{hex}"), location })
                }
                None if is_api_id(label) => Some(Host::Api { api_id: (*label).to_owned(), location }),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_endpoint(labels: &[&str], location: Location) -> Option<Host> {
        let at = labels.iter().position(|label| EndpointLabel::parse(label).is_some())?;
        let label = EndpointLabel::parse(labels.get(at)?)?;
        let service = labels.get(at + 1..)?.join(".");
        match service.as_str() {
            "" => None,
            "execute-api" if at > 0 => None,
            "execute-api" => {
                Some(Host::Endpoint { endpoint_id: label.endpoint_id, name_label: label.name_label, zone: label.zone, location })
            }
            _ => Some(Host::OtherEndpoint { service, endpoint_id: label.endpoint_id, location }),
        }
    }

    /// A name under an AWS suffix that has no form of ours: broken if it is API Gateway's, else someone else's.
    fn outside_api_gateway(name: &str) -> Host {
        if name.split('.').any(|label| label == "execute-api") {
            return Host::Untrusted { why: Distrust::NotAnApiName };
        }
        Host::Custom(name.to_owned())
    }
}
