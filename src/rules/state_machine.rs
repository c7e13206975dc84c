//! Rules on state machines that call private APIs: the connection, the role, what a task may send.

use super::destination;
use super::role::{Answer, answer, of_role};
use super::verdict::{Assessed, Finding, Leave, Verdict, fail, not_applicable, pass, verdict};
use crate::arn::Arn;
use crate::estate::{Address, Hop, Integration, Site, Task};
use crate::model::iam::Role;
use crate::model::states::StateMachine;
use crate::model::{Kind, Unknown};
use crate::policy::{Request, Resource, Text, Truth, Value};

/// `state-machine/connection-missing`
pub fn connection_missing(path: &Integration<'_>) -> Assessed {
    let (machine, task) = path.task()?;
    match &path.connection {
        Hop::Present(_) => pass(),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::None => not_applicable("the task has no connection"),
        Hop::Missing(arn) => {
            let name = Arn::parse(arn).map_or(*arn, |arn| arn.name());
            let mut twins = path.estate.all(Kind::Connection, |region| &region.connections);
            let twin = twins.find(|twin| twin.value.name == name && twin.account == machine.account && twin.region == machine.region);
            let evidence = machine.at(&task.connection.pointer).observed(arn);
            let finding = match twin {
                None => Finding::from(evidence.expected("the ARN of a connection that exists")),
                Some(twin) => Finding::from(evidence.expected(twin.key))
                    .note(format!("A connection named {name} exists with another id: it was deleted and made again."))
                    .related(twin.at("/arn").observed(twin.key)),
            };
            fail(finding.facet(task.name))
        }
    }
}

/// `state-machine/role-permissions`
pub fn role_permissions(path: &Integration<'_>) -> Assessed {
    let (machine, task) = path.task()?;
    let arn = machine.value.role_arn.read()?;
    let role = match path.estate.role(arn) {
        Hop::Present(role) => role,
        Hop::Unknown(_, unknown) => return Err(Leave::Unknown(unknown)),
        Hop::Missing(_) | Hop::None => return fail(machine.at("/role_arn").observed(arn).expected("a role that exists")),
    };
    if task.has_own_role {
        let why = "the task takes on another role (Credentials); which of the two AWS asks for what an HTTP task needs is not documented";
        return Err(Unknown::unresolved(why).into());
    }
    let (mut refused, mut gap) = (Vec::new(), None);
    for request in requests(path, machine, task, &role) {
        match request.and_then(|request| judged(&role, &request)) {
            Ok(None) => {}
            Ok(Some(why)) => refused.push(why),
            Err(leave) => gap = gap.or(Some(leave)),
        }
    }
    match gap {
        Some(leave) if refused.is_empty() => return Err(leave),
        _ if refused.is_empty() => return pass(),
        _ => {}
    }
    let connection = task.connection.read().copied().unwrap_or_default();
    let evidence = role.at("/policies").observed(refused.join("; ")).expected("all four actions of an HTTP task allowed");
    fail(Finding::from(evidence).facet(connection).related(machine.at("/role_arn").observed(arn)))
}

/// Why the role may not do what is asked, if it may not.
fn judged(role: &Site<'_, Role>, request: &Request) -> Result<Option<String>, Leave> {
    let Answer { allows, why, .. } = answer(role, request)?;
    match allows {
        Truth::Yes => Ok(None),
        Truth::Unknown => Err(Unknown::unresolved(why).into()),
        Truth::No => Ok(Some(format!("{}: {why}", request.action))),
    }
}

/// What Step Functions asks for, with the machine's role, before it sends a task's request.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
fn requests(
    path: &Integration<'_>,
    machine: &Site<'_, StateMachine>,
    task: &Task<'_>,
    role: &Site<'_, Role>,
) -> [Result<Request, Leave>; 4] {
    let context = || of_role(role, machine.region);
    let verb = task.method.read().map_or(Value::Unknown, |verb| Value::text(*verb));
    let url = task.endpoint.read().map_or(Value::Unknown, url_of);
    let call = context().with("states:HTTPMethod", verb).with("states:HTTPEndpoint", url);
    let on_connection = path
        .connection
        .read()
        .map(|connection| Request::holder("events:RetrieveConnectionCredentials", Resource::arn(connection.key), context()));
    let on_secret = |action: &str| Ok(Request::holder(action, Resource::Arn(secret(path)?), context()));
    [
        Ok(Request::holder("states:InvokeHTTPEndpoint", Resource::arn(machine.key), call)),
        on_connection,
        on_secret("secretsmanager:GetSecretValue"),
        on_secret("secretsmanager:DescribeSecret"),
    ]
}

/// The URL as a condition sees it, as far as it is known.
fn url_of(address: &Address) -> Value {
    if address.text.contains("masked-") {
        return Value::Unknown;
    }
    let mut pieces = address.text.split(|c| address.formatted && c == '*');
    let first = Text::from(pieces.next().unwrap_or_default());
    Value::text(pieces.fold(first, |text, piece| text.any().then(piece)))
}

/// The secret that EventBridge keeps for the connection; its name begins with the connection's.
fn secret(path: &Integration<'_>) -> Result<Text, Leave> {
    let connection = path.connection.read()?;
    if let Some(arn) = connection.value.secret_arn.read()? {
        return Ok(Text::from(arn.as_str()));
    }
    let partition = Arn::parse(connection.key).map_or("aws", |arn| arn.partition);
    let (region, account, name) = (connection.region, connection.account, &connection.value.name);
    Ok(Text::from(format!("arn:{partition}:secretsmanager:{region}:{account}:secret:events!connection/{name}/")).any())
}

/// `state-machine/header-forbidden`
pub fn header_forbidden(path: &Integration<'_>) -> Assessed {
    let (machine, task) = path.task()?;
    let headers = task.headers.read()?.iter().filter(|(name, _)| is_forbidden(name));
    verdict(
        headers
            .map(|(name, field)| {
                let evidence = machine.at(&field.pointer).observed(name).expected("no such header; the connection sends credentials");
                Finding::from(evidence).facet(format!("{} {}", task.name, name.to_ascii_lowercase()))
            })
            .collect(),
    )
}

/// `state-machine/endpoint-mismatch`
pub fn endpoint_mismatch(path: &Integration<'_>) -> Assessed {
    let (_, task) = path.task()?;
    let (mut judged, mut gap) = (false, None);
    for check in OF_URLS {
        match check(path) {
            // The first that fails is the cause of what follows.
            Ok(Verdict::Fail(findings)) => return verdict(findings.into_iter().map(|finding| finding.facet(task.name)).collect()),
            Ok(Verdict::Pass) => judged = true,
            Err(Leave::Unknown(unknown)) => gap = gap.or(Some(unknown)),
            Err(Leave::NotApplicable(_)) => {}
        }
    }
    match gap {
        Some(unknown) => Err(unknown.into()),
        None if judged => pass(),
        None => not_applicable("the task's URL leads to no API"),
    }
}

/// What is asked of the URL of an API destination, from the scheme to the verb.
const OF_URLS: [fn(&Integration<'_>) -> Assessed; 8] = [
    destination::host::not_https,
    destination::host::host_untrusted,
    destination::host::host_unknown_api,
    destination::host::endpoint_host_without_api_id,
    destination::host::alias_host_not_associated,
    destination::stage_unknown,
    destination::path_unknown,
    destination::method_unknown,
];

/// Headers with which a task fails. `Authorization` is refused when the machine is made, too.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
const FORBIDDEN: [&str; 33] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "range",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "warning",
];
const FORBIDDEN_PREFIXES: [&str; 3] = ["x-amz-", "x-amzn-", "x-forwarded-"];

fn is_forbidden(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FORBIDDEN.contains(&name.as_str()) || FORBIDDEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
