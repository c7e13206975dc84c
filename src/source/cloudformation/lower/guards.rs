//! What SAM's `Auth` makes methods ask for: a key, an authorizer.
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html>

use std::collections::BTreeMap;

use super::methods::Body;
use crate::model::apigateway::Authorizer;
use crate::model::{Known, Unknown};
use crate::source::planned::Resolved;

impl Body {
    /// With what SAM adds to methods that say nothing of it: the key and the authorizer that its `Auth` asks of all. Those
    /// that browsers ask before they call are left alone.
    pub(super) fn guarded(mut self, auth: &Resolved) -> Body {
        let default = auth.field("DefaultAuthorizer").text().and_then(|name| Ok((auth.field("ApiKeyRequired").flag()?, name)));
        let (key, name) = match default {
            Ok((key, name)) => (key.unwrap_or_default(), name),
            Err(unknown) => {
                self.resources = Known::Unknown(unknown);
                return self;
            }
        };
        match (authorizers(auth), &mut self.authorizers) {
            (Ok(more), Known::Value(own)) => own.extend(more),
            (Err(unknown), own) => *own = Known::Unknown(unknown),
            (Ok(_), Known::Unknown(_)) => {}
        }
        let Known::Value(resources) = &mut self.resources else { return self };
        let methods = resources.values_mut().flat_map(|resource| &mut resource.methods).filter(|(verb, _)| *verb != "OPTIONS");
        for (_, method) in methods {
            if key {
                method.api_key_required = Known::Value(true);
            }
            if let Some(name) = name.as_deref().filter(|_| method.authorization == Known::Value("NONE".to_owned())) {
                let kind = authorization_of(name, auth);
                method.authorization = Known::Value(kind.to_owned());
                method.authorizer_id = Known::Value(kind.starts_with('C').then(|| name.to_owned()));
            }
        }
        self
    }
}

/// What a method with an authorizer of this name in SAM's `Auth` asks for.
pub(super) fn authorization_of(name: &str, auth: &Resolved) -> &'static str {
    match name {
        "NONE" => "NONE",
        "AWS_IAM" => "AWS_IAM",
        name if !auth.at(&["Authorizers", name, "UserPoolArn"]).is_absent() => "COGNITO_USER_POOLS",
        _ => "CUSTOM",
    }
}

/// The authorizers that `Auth` declares, by their names.
pub(super) fn authorizers(auth: &Resolved) -> Result<BTreeMap<String, Authorizer>, Unknown> {
    let one = |(name, value): &(String, Resolved)| Ok((name.clone(), authorizer(name, value)?));
    auth.field("Authorizers").entries()?.iter().map(one).collect()
}

/// Where an authorizer that has the whole request may look.
const SOURCES: [(&str, &str); 4] = [
    ("Headers", "method.request.header"),
    ("QueryStrings", "method.request.querystring"),
    ("StageVariables", "stageVariables"),
    ("Context", "context"),
];

/// A function with the whole request is told where to look; all others look into one header.
fn authorizer(name: &str, value: &Resolved) -> Result<Authorizer, Unknown> {
    let identity = value.field("Identity");
    let token = value.field("FunctionPayloadType").text()?.is_none_or(|kind| kind.eq_ignore_ascii_case("TOKEN"));
    let pool = !value.field("UserPoolArn").must_be_known()?.is_absent();
    let kind = if pool {
        "COGNITO_USER_POOLS"
    } else if token {
        "TOKEN"
    } else {
        "REQUEST"
    };
    let mut sources = Vec::new();
    if kind == "REQUEST" {
        for (list, place) in SOURCES {
            sources.extend(identity.field(list).texts()?.iter().map(|name| format!("{place}.{name}")));
        }
    } else {
        let header = identity.field("Header").text()?;
        sources.push(format!("method.request.header.{}", header.as_deref().unwrap_or("Authorization")));
    }
    let identity_source = Some(sources.join(",")).filter(|sources| !sources.is_empty());
    Ok(Authorizer { name: name.to_owned(), kind: kind.to_owned(), identity_source })
}
