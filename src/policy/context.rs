//! What is known about a request besides principal, action and resource: the condition keys.
//!
//! Keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
//! Which of them API Gateway knows for which caller:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html>

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use ipnet::IpNet;

use super::text::Text;

/// What is known about the value of one condition key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The request does not have the key.
    Absent,
    /// Nothing is known: it may be absent, or have any value.
    Unknown,
    /// The key has these values, all at once; more than one for a multivalued key.
    Present(Vec<Text>),
    /// The key has one of these values, and nobody knows which.
    OneOf {
        /// What it can be.
        values: Vec<Text>,
        /// Whether the request may also lack the key.
        or_absent: bool,
    },
    /// The key is one address, somewhere in these ranges.
    Within(Vec<IpNet>),
}

impl Value {
    /// The one value of the key.
    pub fn text(value: impl Into<Text>) -> Self {
        Self::Present(vec![value.into()])
    }

    /// All the values of a multivalued key.
    pub fn texts<T: Into<Text>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Present(values.into_iter().map(Into::into).collect())
    }

    /// One of several values.
    pub fn one_of<T: Into<Text>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::OneOf { values: values.into_iter().map(Into::into).collect(), or_absent: false }
    }

    /// This value, or no value.
    pub fn maybe(value: impl Into<Text>) -> Self {
        Self::OneOf { values: vec![value.into()], or_absent: true }
    }

    /// An address somewhere in `ranges`.
    pub fn within(ranges: impl IntoIterator<Item = IpNet>) -> Self {
        Self::Within(ranges.into_iter().collect())
    }

    /// A value that starts with `prefix` and that no policy expects ([`Text::other`]). Of the
    /// address ranges only `0.0.0.0/0` and `::/0` hold it.
    #[must_use]
    pub fn other(prefix: &str) -> Self {
        Self::Present(vec![Text::other(prefix)])
    }
}

/// As it reads behind "is": `vpc-1`, `one of vpc-1, vpc-2`, `absent`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Unknown => f.write_str("not known"),
            Self::Present(texts) if texts.is_empty() => f.write_str("empty"),
            Self::Present(texts) => f.write_str(&super::explain::listed(texts)),
            Self::OneOf { values, or_absent } => {
                let several = if values.len() > 1 { "one of " } else { "" };
                let absent = if *or_absent { " or absent" } else { "" };
                write!(f, "{several}{}{absent}", super::explain::listed(values))
            }
            Self::Within(ranges) => {
                write!(f, "an address in {}", super::explain::listed(ranges))
            }
        }
    }
}

/// The condition keys of a request. Key names are compared without case.
///
/// A key that was never mentioned is *unknown*, unless the caller settles it (a signature that is
/// not there, [`Context::anonymous`]), its prefix was declared absent ([`Context::absent_under`])
/// or everything else was ([`Context::otherwise_absent`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    values: Vec<(Cow<'static, str>, Value)>,
    /// What holds besides, for keys that are not among the values.
    base: Option<&'static Context>,
    unsigned: bool,
    absent_under: Vec<String>,
    otherwise_absent: bool,
}

/// Another account's VPC and endpoint, another organization, over TLS. Not every service knows who owns an endpoint:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount>
static STRANGER: LazyLock<Context> = LazyLock::new(|| {
    Context::new()
        .with("aws:Referer", Value::Unknown)
        .with("aws:SourceVpc", Value::other("vpc-"))
        .with("aws:SourceVpcArn", Value::maybe(Text::other("arn:aws:ec2:")))
        .with("aws:SourceVpce", Value::other("vpce-"))
        .with("aws:VpcSourceIp", Value::other(""))
        .with("aws:VpceAccount", Value::maybe(Text::other("")))
        .with("aws:VpceOrgID", Value::maybe(Text::other("o-")))
        .with("aws:VpceOrgPaths", Value::maybe(Text::other("o-")))
        .with("aws:SecureTransport", Value::text("true"))
});

/// What a program's unsigned request lacks, by prefix: all of `aws:Principal…` but two of
/// [`ANONYMOUS`], credentials, sessions, forwarded calls, what a service principal calls for, and the page a browser came
/// from.
const SIGNED: [&str; 16] = [
    "aws:principal",
    "aws:username",
    "aws:tokenissuetime",
    "aws:multifactorauth",
    "aws:federatedprovider",
    "aws:sourceidentity",
    "aws:signinsessionarn",
    "aws:assumedroot",
    "aws:ec2instancesource",
    "aws:chatbotsourcearn",
    "aws:calledvia",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorg",
    "aws:referer",
    "identitystore:userid",
];

/// The IAM guide gives these keys a value in anonymous requests too; API Gateway's list has them
/// in signed requests only. Taken as one or the other.
static ANONYMOUS: LazyLock<[(&str, Value); 3]> = LazyLock::new(|| {
    [
        ("aws:principalaccount", Value::maybe("anonymous")),
        ("aws:principaltype", Value::maybe("Anonymous")),
        ("aws:userid", Value::maybe("anonymous")),
    ]
});

/// A service in no organization.
static SERVICE: LazyLock<Context> = LazyLock::new(|| {
    Context::new()
        .with("aws:PrincipalIsAWSService", Value::text("true"))
        .with("aws:PrincipalOrgID", Value::Absent)
        .with("aws:PrincipalOrgPaths", Value::Absent)
        .with("aws:username", Value::Absent)
        .absent_under("aws:PrincipalTag/")
        .absent_under("aws:CalledVia")
});

/// Key names are compared without case.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase())
}

impl Context {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `base` knows, to which more can be said. Whether a request is signed is not taken over.
    #[must_use]
    pub fn on(base: &'static Context) -> Self {
        Self { base: Some(base), ..Self::default() }
    }

    /// An unsigned request of a program: everything that comes from a signature is absent, and so
    /// is `aws:Referer`, which browsers send. The rest (`aws:SourceVpc`, `aws:SecureTransport` …)
    /// is unknown until set.
    ///
    /// `EventBridge` and Step Functions call private APIs like this; a bearer token or basic
    /// credentials do not change it.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>
    #[must_use]
    pub fn anonymous() -> Self {
        Self { unsigned: true, ..Self::default() }
    }

    /// Some unsigned request from a network that the policy's author never thought of: another
    /// account's VPC and endpoint, another organization, over TLS. What it can choose itself
    /// (`aws:Referer`, `aws:UserAgent`) is unknown.
    #[must_use]
    pub fn stranger() -> Self {
        Self { base: Some(&STRANGER), ..Self::anonymous() }
    }

    /// A call that the AWS service `name` (`events.amazonaws.com`) makes in its own name. It
    /// belongs to no organization; `aws:SourceArn` and `aws:SourceAccount` are unknown until set.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::on(&SERVICE).with("aws:PrincipalServiceName", Value::text(name))
    }

    /// The same context with `key` set; a later value replaces an earlier one.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: Value) -> Self {
        self.set(key, value);
        self
    }

    /// Sets `key`.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: Value) {
        let key = key.into();
        match self.values.iter_mut().find(|(own, _)| is_same(own, &key)) {
            Some((_, own)) => *own = value,
            None => self.values.push((key, value)),
        }
    }

    /// Keys that start with `prefix` are absent unless set.
    #[must_use]
    pub fn absent_under(mut self, prefix: &str) -> Self {
        self.absent_under.push(prefix.to_lowercase());
        self
    }

    /// Keys that are not set are absent: nothing else is in the request.
    #[must_use]
    pub fn otherwise_absent(mut self) -> Self {
        self.otherwise_absent = true;
        self
    }

    /// Whether a prefix of `key` was declared absent.
    fn is_absent_under(&self, key: &str) -> bool {
        self.absent_under.iter().any(|prefix| key.starts_with(prefix)) || self.base.is_some_and(|base| base.is_absent_under(key))
    }

    /// What was said about `key`.
    fn said(&self, key: &str) -> Option<&Value> {
        let own = self.values.iter().find(|(own, _)| is_same(own, key)).map(|(_, value)| value);
        own.or_else(|| self.base?.said(key))
    }

    /// What is known about `key`, which is in lower case.
    pub(super) fn get(&self, key: &str) -> &Value {
        if let Some(value) = self.said(key) {
            return value;
        }
        if self.unsigned {
            let either = ANONYMOUS.iter().find(|(name, _)| *name == key);
            if let Some((_, value)) = either {
                return value;
            }
        }
        let listed = self.is_absent_under(key);
        let signed = self.unsigned && SIGNED.iter().any(|prefix| key.starts_with(prefix));
        if listed || signed || self.otherwise_absent { &Value::Absent } else { &Value::Unknown }
    }
}
