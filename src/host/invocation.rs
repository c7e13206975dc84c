//! Invocation URLs: the `InvocationEndpoint` of an API destination, the `ApiEndpoint` of an HTTP task.
//!
//! The URL is taken apart by hand and not normalised, because what is written is what is judged: an explicit port,
//! a doubled slash, a `*` that a target fills. Of user information only the fact is kept, of the query only the
//! names; errors repeat nothing.

use percent_encoding::percent_decode_str;

use super::{Host, Segment, path};

/// More than any AWS field for a URL takes (2,048 characters for `InvocationEndpoint`).
const LONGEST: usize = 8_192;

/// A URL in the parts that decide whether a private API answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InvocationUrl {
    /// `https` or `http`, in lower case.
    pub scheme: String,
    /// What the host names.
    pub host: Host,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// Whether the URL has user information. It is not kept.
    pub has_user_info: bool,
    /// All path segments, the stage or base path included.
    pub segments: Vec<Segment>,
    /// Whether two slashes follow each other in the path.
    pub repeated_slashes: bool,
    /// How many `*` the path has; each takes one of the target's path parameter values.
    pub wildcards: usize,
    /// The names in the query string, decoded, in order. A piece without `=` is a name.
    pub query_keys: Vec<String>,
    /// Whether the URL has a fragment, which no client sends.
    pub has_fragment: bool,
}

/// What the first path segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base<'a> {
    /// The stage: the host is one of API Gateway's or of an endpoint.
    Stage(&'a Segment),
    /// Perhaps the base path of a mapping: the host is a custom domain. The domain's mappings decide: the mapping
    /// `(none)` takes the path without a base path, and behind a mapping without a stage the stage follows:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html>.
    BasePath(&'a Segment),
}

/// Why a text is no invocation URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum UrlError {
    /// Nothing there.
    #[error("the URL is empty")]
    Empty,
    /// Longer than 8,192 characters.
    #[error("the URL is longer than 8,192 characters")]
    TooLong,
    /// White space, a control character or a backslash, which clients strip or read in different ways.
    #[error("the URL contains white space, a control character or a backslash")]
    Character,
    /// No `scheme://` at the beginning.
    #[error("the URL does not begin with https://")]
    NoScheme,
    /// A scheme other than `https` and `http`.
    #[error("the scheme of the URL is neither https nor http")]
    Scheme,
    /// Nothing between `://` and the path.
    #[error("the URL has no host")]
    NoHost,
    /// The port is not a number from 0 to 65,535.
    #[error("the port of the URL is not a number up to 65,535")]
    Port,
}

impl InvocationUrl {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// Where there is no host to judge. An unusable host is no error: it is a [`Host::Untrusted`].
    pub fn parse(text: &str) -> Result<InvocationUrl, UrlError> {
        let (scheme, rest) = scheme_of(text)?;
        let (rest, fragment) = split_at(rest, '#');
        let (rest, query) = split_at(rest, '?');
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (has_user_info, host) = authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
        let (host, port) = split_port(host)?;
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        Ok(InvocationUrl {
            scheme,
            host: Host::parse(host),
            port,
            has_user_info,
            segments: Segment::split(path),
            repeated_slashes: path.contains("//"),
            wildcards: path.matches('*').count(),
            query_keys: query.map(query_keys).unwrap_or_default(),
            has_fragment: fragment.is_some(),
        })
    }

    /// The first path segment and what it is; `None` for an empty path.
    pub fn base(&self) -> Option<Base<'_>> {
        let first = self.segments.first()?;
        Some(match self.host {
            Host::Custom(_) | Host::Untrusted { .. } => Base::BasePath(first),
            _ => Base::Stage(first),
        })
    }

    /// The path below the stage or base path: what the API's resources are matched against.
    pub fn below_base(&self) -> &[Segment] {
        self.segments.get(1..).unwrap_or_default()
    }

    /// All segments with the target's path parameter values put in for the `*`, in order. `None` stands for a value
    /// that is known at run time only.
    pub fn filled(&self, values: &[Option<&str>]) -> Vec<Segment> {
        path::fill(&self.segments, values)
    }
}

fn scheme_of(text: &str) -> Result<(String, &str), UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.chars().nth(LONGEST).is_some() {
        return Err(UrlError::TooLong);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(UrlError::Character);
    }
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::NoScheme)?;
    match scheme.to_ascii_lowercase() {
        scheme if scheme == "https" || scheme == "http" => Ok((scheme, rest)),
        scheme if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => Err(UrlError::Scheme),
        _ => Err(UrlError::NoScheme),
    }
}

fn split_at(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Host and explicit port. An IPv6 address has its colons in brackets; an empty port is none.
fn split_port(host: &str) -> Result<(&str, Option<u16>), UrlError> {
    let from = host.rfind(']').map_or(0, |at| at + 1);
    let Some(at) = host.get(from..).and_then(|rest| rest.find(':')).map(|at| at + from) else {
        return Ok((host, None));
    };
    let (host, port) = host.split_at(at);
    match port.trim_start_matches(':') {
        "" if port.len() == 1 => Ok((host, None)),
        digits if port.len() == digits.len() + 1 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map(|port| (host, Some(port))).map_err(|_| UrlError::Port)
        }
        _ => Err(UrlError::Port),
    }
}

fn query_keys(query: &str) -> Vec<String> {
    query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or(pair))
        .filter(|key| !key.is_empty())
        .map(|key| percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests;
