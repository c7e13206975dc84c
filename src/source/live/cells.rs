//! Who is asked: one cell for each account and region, each known to answer before anything else is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use futures::future::join_all;

use super::action::{ASSUME_ROLE, DESCRIBE_REGIONS, GET_CALLER_IDENTITY, LIST_RESOURCE_GATEWAYS};
use super::alarms::Alarms;
use super::apigateway::ApiGateway;
use super::call::{self, Failure, Gate, Scan};
use super::convert::must;
use super::events::Events;
use super::iam::Iam;
use super::keys::Keys;
use super::lattice::Lattice;
use super::network::Network;
use super::pipes::Pipes;
use super::queues::Queues;
use super::read::{Global, Services};
use super::secrets::Secrets;
use super::session::{self, Session};
use super::shares::Shares;
use super::states::States;
use super::whole::Whole;
use super::zones::Zones;
use super::{AssumeRole, LiveOptions, why};
use crate::arn::Arn;
use crate::error::{Error, Result};
use crate::model::{Reason, Scope, Unknown};

/// One region of one account.
pub struct Cell {
    /// Which.
    pub scope: Scope,
    /// How to reach it.
    pub config: SdkConfig,
    /// Why nothing of it can be read.
    pub unread: Option<Unknown>,
}

/// The SDK's retries, counted for this account, region and service alone, and without the SDK's quota: ours
/// are bounded by the attempts of each call, and a quota would leave the last calls of a throttled scan
/// without any.
macro_rules! client {
    ($sdk:ident, $config:expr) => {
        $sdk::Client::from_conf(client!(@builder $sdk, $config).build())
    };
    ($sdk:ident, $config:expr, $gate:expr) => {
        $sdk::Client::from_conf(client!(@builder $sdk, $config).interceptor($gate.watch()).build())
    };
    (@builder $sdk:ident, $config:expr) => {{
        let bucket = TokenBucket::unlimited();
        let partition = RetryPartition::custom(stringify!($sdk)).token_bucket(bucket).build();
        $sdk::config::Builder::from($config).retry_partition(partition).interceptor(Whole).retry_classifier(Whole)
    }};
}

/// A service behind its gate, which is told of each attempt.
macro_rules! gated {
    ($kind:ident, $sdk:ident, $config:expr, $gate:expr $(, $more:expr)*) => {{
        let gate = $gate;
        $kind::new(client!($sdk, $config, gate), gate $(, $more)*)
    }};
}

impl Cell {
    /// The services of the region, each behind its gate.
    pub fn services(&self, scan: &Arc<Scan>, global: Arc<Global>) -> Services {
        let gate = |service| Gate::new(scan, &self.scope.account, &self.scope.region, service);
        Services {
            scope: self.scope.clone(),
            filter: scan.filter.clone(),
            substitutes: scan.substitutes,
            remembered: scan.remembered.clone(),
            events: gated!(Events, aws_sdk_eventbridge, &self.config, gate("events")),
            pipes: gated!(Pipes, aws_sdk_pipes, &self.config, gate("pipes")),
            states: gated!(States, aws_sdk_sfn, &self.config, gate("states")),
            lattice: gated!(Lattice, aws_sdk_vpclattice, &self.config, gate("vpc-lattice")),
            network: gated!(Network, aws_sdk_ec2, &self.config, gate("ec2")),
            apis: gated!(ApiGateway, aws_sdk_apigateway, &self.config, gate("apigateway")),
            queues: gated!(Queues, aws_sdk_sqs, &self.config, gate("sqs")),
            secrets: gated!(Secrets, aws_sdk_secretsmanager, &self.config, gate("secretsmanager")),
            keys: gated!(Keys, aws_sdk_kms, &self.config, gate("kms")),
            alarms: gated!(Alarms, aws_sdk_cloudwatch, &self.config, gate("cloudwatch")),
            shares: gated!(Shares, aws_sdk_ram, &self.config, gate("ram")),
            global,
        }
    }

    /// The global services of the cell's account.
    pub fn global(&self, scan: &Arc<Scan>) -> Global {
        let account = &self.scope.account;
        Global {
            iam: gated!(Iam, aws_sdk_iam, &self.config, Gate::new(scan, account, "", "iam"), account),
            zones: gated!(Zones, aws_sdk_route53, &self.config, Gate::new(scan, account, "", "route53")),
        }
    }
}

/// Why somebody or some region does not answer, and what to do about it.
#[derive(Clone)]
struct Refusal {
    unknown: Unknown,
    next: &'static str,
}

type Answer<T> = std::result::Result<T, Refusal>;

/// Somebody whose account is to be read.
struct Identity {
    /// The account, where it is known before anybody was asked.
    account: Option<String>,
    /// Credentials that stand for it, or why there are none.
    config: Answer<SdkConfig>,
}

/// The regions of the accounts that the options name. One that does not answer is unread; it is an error only
/// where none answers.
///
/// # Errors
/// The first refusal, where nobody answers; roles that are none or lead into one account twice.
pub async fn cells(session: &Session, options: &LiveOptions, scan: &Arc<Scan>) -> Result<Vec<Cell>> {
    let identities = identities(session, options, scan).await?;
    let answers = join_all(identities.iter().map(|identity| answers(identity, session, options, scan))).await;
    if !answers.iter().flatten().any(|(_, answer)| answer.is_ok()) {
        return Err(refused(answers.iter().flatten().find_map(|(_, answer)| answer.as_ref().err())));
    }
    let mut cells = Vec::new();
    let mut seen = BTreeSet::new();
    for (identity, answers) in identities.iter().zip(answers) {
        let named = answers.iter().find_map(|(_, answer)| answer.as_ref().ok().map(|(account, _)| account.clone()));
        let Some(account) = named.or_else(|| identity.account.clone()) else {
            return Err(refused(answers.iter().find_map(|(_, answer)| answer.as_ref().err())));
        };
        for (region, answer) in answers {
            let scope = Scope { account: account.clone(), region };
            if seen.insert(scope.clone()) {
                let (config, unread) = match answer {
                    Ok((_, config)) => (config, None),
                    Err(refusal) => (session.config.clone(), Some(refusal.unknown)),
                };
                scan.count(&scope.account, &scope.region, GET_CALLER_IDENTITY, call::outcome_of(unread.as_ref()));
                cells.push(Cell { scope, config, unread });
            }
        }
    }
    Ok(cells)
}

/// What each region of an identity answers.
async fn answers(
    identity: &Identity,
    session: &Session,
    options: &LiveOptions,
    scan: &Arc<Scan>,
) -> Vec<(String, Answer<(String, SdkConfig)>)> {
    if !options.all_regions {
        return join_all(session.regions.iter().map(async |region| (region.clone(), ask(identity, region, scan).await))).await;
    }
    let home = &session.regions[0];
    let enabled = match enabled_regions(identity, home, scan).await {
        Ok(enabled) => enabled,
        Err(refusal) => return vec![(home.clone(), Err(refusal))],
    };
    let asked = join_all(enabled.iter().map(async |region| (region.clone(), ask(identity, region, scan).await))).await;
    let offered = join_all(asked.into_iter().map(async |(region, answer)| {
        let offered = match &answer {
            Ok((_, config)) => offers_lattice(config, scan).await,
            Err(_) => true,
        };
        offered.then_some((region, answer))
    }));
    offered.await.into_iter().flatten().collect()
}

/// The regions that are enabled for the account, by the word of its home region.
async fn enabled_regions(identity: &Identity, home: &str, scan: &Arc<Scan>) -> Answer<Vec<String>> {
    let (account, config) = ask(identity, home, scan).await?;
    let client = client!(aws_sdk_ec2, &config);
    let answer = scan.in_time(DESCRIBE_REGIONS, client.describe_regions().all_regions(false).send()).await;
    let answer = answer.map_err(|failure| failure.into_unknown(DESCRIBE_REGIONS));
    scan.count(&account, home, DESCRIBE_REGIONS, call::outcome_of(answer.as_ref().err()));
    let regions = answer.map(|answer| answer.regions.into_iter().flatten().filter_map(|region| region.region_name).collect());
    regions.map_err(|unknown| Refusal { next: why::next_step(&unknown.gap().why), unknown })
}

/// Whether VPC Lattice is offered in a region, without which there is no private integration: where it is not,
/// its host name does not exist.
async fn offers_lattice(config: &SdkConfig, scan: &Arc<Scan>) -> bool {
    let client = client!(aws_sdk_vpclattice, config);
    let request = client.list_resource_gateways().max_results(1);
    match scan.in_time(LIST_RESOURCE_GATEWAYS, request.send()).await {
        Err(Failure::Unanswered(unknown)) => !why::is_unresolved_name(&unknown.gap().why),
        Ok(_) | Err(_) => true,
    }
}

fn refused(refusal: Option<&Refusal>) -> Error {
    match refusal {
        Some(refusal) => Error::new(refusal.unknown.gap().why.clone()).next(refusal.next),
        None => Error::new("there is no account and no region to read").next("pass --region"),
    }
}

async fn identities(session: &Session, options: &LiveOptions, scan: &Arc<Scan>) -> Result<Vec<Identity>> {
    let mut identities = Vec::new();
    if options.assume_roles.is_empty() || options.with_own_account {
        identities.push(Identity { account: None, config: Ok(session.config.clone()) });
    }
    let mut accounts = BTreeSet::new();
    for role in &options.assume_roles {
        let account = account_of(role)?;
        if !accounts.insert(account.clone()) {
            let what = format!("--assume-role {}: another role leads into account {account} already", role.arn);
            return Err(Error::new(what).next("give one role for each account"));
        }
        identities.push(Identity { config: assume(session, role, &account, scan).await, account: Some(account) });
    }
    Ok(identities)
}

fn account_of(role: &AssumeRole) -> Result<String> {
    match Arn::parse(&role.arn) {
        Some(arn) if arn.service == "iam" && arn.kind() == Some("role") && !arn.account.is_empty() => Ok(arn.account.to_owned()),
        _ => Err(Error::new(format!("--assume-role {}: not the ARN of a role", role.arn))
            .next("give an ARN such as arn:aws:iam::111122223333:role/audit")),
    }
}

/// Takes on a role at once, so that a refusal is told as one.
async fn assume(session: &Session, role: &AssumeRole, account: &str, scan: &Arc<Scan>) -> Answer<SdkConfig> {
    let config = session::assume(&session.config, role).await;
    let Some(provider) = config.credentials_provider() else { return Ok(config) };
    let answer = provider.provide_credentials().await;
    let result = answer.map(|_| config).map_err(|error| {
        let why = format!("the role {} cannot be assumed{}", role.arn, why::of_role(&error));
        let unknown = Unknown::new(ASSUME_ROLE.to_string(), Reason::Denied, why);
        Refusal {
            unknown,
            next: "check the role's trust policy, its external id, and that your own credentials may call sts:AssumeRole on it",
        }
    });
    let region = session.config.region().map(ToString::to_string).unwrap_or_default();
    scan.count(account, &region, ASSUME_ROLE, call::outcome_of(result.as_ref().err().map(|refusal| &refusal.unknown)));
    result
}

async fn ask(identity: &Identity, region: &str, scan: &Arc<Scan>) -> Answer<(String, SdkConfig)> {
    let config = identity.config.clone()?.into_builder().region(Region::new(region.to_owned())).build();
    let client = client!(aws_sdk_sts, &config);
    let answer = scan.in_time(GET_CALLER_IDENTITY, client.get_caller_identity().send()).await;
    let account = answer.map_err(|failure| failure.into_unknown(GET_CALLER_IDENTITY));
    let account = account.and_then(|answer| must(GET_CALLER_IDENTITY, "Account", answer.account));
    account.map(|account| (account, config)).map_err(|unknown| {
        let gap = unknown.gap();
        let why = format!("region {region} does not answer: {}", gap.why);
        Refusal { next: why::next_step(&gap.why), unknown: Unknown::new(gap.call.clone(), gap.reason, why) }
    })
}
