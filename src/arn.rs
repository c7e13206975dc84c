//! Amazon Resource Names, borrowed from the text they were read in.
//!
//! Joins compare names and ids that stand inside ARNs; this type takes an ARN apart once and copies nothing.
//! It knows the shapes of the resources on the way from a rule to a private API and falls back to the general
//! `TYPE/NAME` and `TYPE:NAME` for all others.

/// One ARN in its five parts, as
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html> defines them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub partition: &'a str,
    /// The service's name space: `events`, `vpc-lattice`, `iam`, `sqs`, `states`.
    pub service: &'a str,
    /// Empty for global services.
    pub region: &'a str,
    /// Twelve digits; empty, or a word such as `aws`, where the resource belongs to no account.
    pub account: &'a str,
    /// Everything after the fifth colon; never empty.
    pub resource: &'a str,
}

/// Services whose resource part starts with the name itself instead of a type.
const WITHOUT_KIND: [&str; 4] = ["sqs", "sns", "s3", "execute-api"];

impl<'a> Arn<'a> {
    /// Takes `text` apart. `None` for anything that is not a whole ARN: wrong number of parts, an empty or
    /// foreign partition, an account of letters and digits mixed, white space.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let strange = |text: &str| text.chars().any(|c| c.is_whitespace() || c.is_control());
        // All bytes, without leaving early: so they are looked at many at a time.
        let spaced = text.bytes().fold(false, |found, b| found | b.is_ascii_control() | (b == b' '));
        if spaced || (!text.is_ascii() && strange(text)) {
            return None;
        }
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        let mut next = || parts.next();
        let (partition, service, region, account, resource) = (next()?, next()?, next()?, next()?, next()?);
        let arn = Arn { partition, service, region, account, resource };
        arn.is_well_formed().then_some(arn)
    }

    fn is_well_formed(&self) -> bool {
        let word = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let account = self.account.is_empty()
            || (self.account.len() == 12 && self.account.bytes().all(|b| b.is_ascii_digit()))
            || self.account.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        (self.partition == "aws" || self.partition.starts_with("aws-"))
            && word(self.partition)
            && !self.service.is_empty()
            && word(self.service)
            && word(self.region)
            && account
            && !self.resource.is_empty()
    }

    /// Whether both resources are of one account and one region.
    pub fn is_beside(&self, other: &Arn<'_>) -> bool {
        (self.account, self.region) == (other.account, other.region)
    }

    /// The resource's type (`connection`, `rule`, `role`, `stateMachine`), or `None` where the service writes none.
    pub fn kind(&self) -> Option<&'a str> {
        self.split_kind().map(|(kind, _)| kind)
    }

    /// The name by which the service's API calls the resource: without type, path, bus, UUID or version.
    /// For resources named by id (`rcfg-…`, `rgw-…`) it is the id.
    pub fn name(&self) -> &'a str {
        let Some((kind, rest)) = self.split_kind() else {
            return if self.service == "execute-api" { first(self.resource, '/') } else { self.resource };
        };
        match (self.service, kind) {
            ("events", "rule") | ("iam", _) => last(rest, '/'),
            ("events", "event-bus" | "event-source") | ("kms", "alias") | ("secretsmanager", "secret") => rest,
            ("states" | "lambda" | "logs", _) => first(rest, ':'),
            _ => first(rest, '/'),
        }
    }

    /// The generated part that follows the name of a connection or an API destination. `None` for other
    /// resources and for the short form that policies may use.
    pub fn uuid(&self) -> Option<&'a str> {
        match (self.service, self.split_kind()?) {
            ("events", ("connection" | "api-destination", rest)) => {
                let (_, uuid) = rest.split_once('/')?;
                (!uuid.is_empty()).then_some(uuid)
            }
            _ => None,
        }
    }

    /// The event bus of a rule, `default` where the ARN names none, or of an event bus itself.
    /// Partner buses have slashes in their names.
    pub fn bus(&self) -> Option<&'a str> {
        match (self.service, self.split_kind()?) {
            ("events", ("rule", rest)) => Some(rest.rsplit_once('/').map_or("default", |(bus, _)| bus)),
            ("events", ("event-bus", name)) => Some(name),
            _ => None,
        }
    }

    fn split_kind(&self) -> Option<(&'a str, &'a str)> {
        if WITHOUT_KIND.contains(&self.service) {
            return None;
        }
        let resource = self.resource.strip_prefix('/').unwrap_or(self.resource);
        resource.split_once(['/', ':'])
    }
}

fn first(text: &str, separator: char) -> &str {
    text.split(separator).next().unwrap_or(text)
}

fn last(text: &str, separator: char) -> &str {
    text.rsplit(separator).next().unwrap_or(text)
}

#[cfg(test)]
mod tests;
