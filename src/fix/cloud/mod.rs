//! The accounts themselves: sends the calls of a plan over the AWS SDK, and reads with the live source.
//!
//! The SDK does not send a call twice: whether one that got no answer was made is found out by reading before it is sent
//! again. Only what was refused for the rate of calls is repeated as it is.

mod apigateway;
mod connections;
mod ec2;
mod events;
mod lattice;
mod others;
mod params;
mod refusal;
mod secrets;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use serde_json::Value;

use self::params::Params;
use self::refusal::{Answer, unknown};
use super::apply::{Cloud, Refusal};
use super::document::Plan;
use super::secret::{self, Reference, Values};
use super::step::{Call, Place};
use crate::arn::Arn;
use crate::error::Result;
use crate::model::{Scope, Snapshot};
use crate::report::Report;
use crate::source::live::again::Accounts;
use crate::source::live::{self, LiveOptions};

/// Judges a snapshot.
pub type Judge<'j> = Box<dyn FnMut(&Snapshot) -> Report + 'j>;

/// Accounts that may be changed.
pub struct Live<'j> {
    accounts: Accounts,
    options: LiveOptions,
    judge: Judge<'j>,
    /// What the plan's references stand for; in memory only.
    secrets: Values,
}

/// Pauses before what was refused for the rate of calls is sent again.
const BACKOFF: [u64; 6] = [1, 2, 4, 8, 15, 30];

impl<'j> Live<'j> {
    /// Opens the accounts that the options name.
    ///
    /// # Errors
    /// As a scan: no credentials, no region, an endpoint that does not answer.
    pub fn open(options: LiveOptions, judge: Judge<'j>) -> Result<Self> {
        Ok(Live { accounts: Accounts::open(&options)?, options, judge, secrets: Values::default() })
    }

    /// The accounts and regions that are open.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.accounts.scopes()
    }

    /// Reads the secrets that a plan needs.
    ///
    /// # Errors
    /// Says which cannot be had, and why.
    pub fn learn(&mut self, plan: &Plan) -> Result<()> {
        for reference in secret::references(plan) {
            let text = match (reference.local()?, &reference) {
                (Some(text), _) => text,
                (None, Reference::Manager(arn)) => self.kept(&reference, arn)?,
                (None, _) => continue,
            };
            self.secrets.keep(plan, reference, text)?;
        }
        Ok(())
    }

    /// What Secrets Manager keeps: read as whoever may read the account that it is of, in its region.
    fn kept(&self, reference: &Reference, arn: &str) -> Result<String> {
        let parts = Arn::parse(arn).ok_or_else(|| reference.unresolved("is no ARN", "name a secret by its ARN"))?;
        let config = self.accounts.config(parts.account, "").or_else(|_| self.accounts.any());
        let config = config.map_err(|why| reference.unresolved(&format!("cannot be read: {why}"), "use credentials of its account"))?;
        let region = aws_config::Region::new(parts.region.to_owned());
        let sdk = aws_sdk_secretsmanager::Client::new(&config.to_builder().region(region).build());
        let (reference, arn) = (reference.clone(), arn.to_owned());
        self.accounts.run(async move { Box::pin(secrets::read(&sdk, &reference, &arn)).await })?
    }

    /// Reads everything.
    ///
    /// # Errors
    /// Where nothing can be read.
    pub fn load(&self) -> Result<Snapshot> {
        live::load(&self.options)
    }

    fn config(&self, scope: (&str, &str)) -> std::result::Result<SdkConfig, String> {
        let config = self.accounts.config(scope.0, scope.1)?;
        Ok(config.to_builder().retry_config(RetryConfig::standard().with_max_attempts(1)).build())
    }

    fn send_once(&self, scope: (&str, &str), call: &Call, marker: &str) -> Answer {
        let config = match self.config(scope) {
            Ok(config) => config,
            Err(why) => return Answer::Not(Refusal::Refused(why)),
        };
        let parameters = match self.secrets.put(call) {
            Ok(parameters) => parameters,
            Err(why) => return Answer::Not(Refusal::Refused(why)),
        };
        let (sent, marker) = (Call { parameters, ..call.clone() }, marker.to_owned());
        let answer = match self.accounts.run(async move { Box::pin(dispatch(&config, &sent, &marker)).await }) {
            Ok(answer) => answer,
            Err(error) => Answer::Not(Refusal::Unclear(error.to_string())),
        };
        answer.told(|why| match self.secrets.shows(call, &why) {
            true => format!("{call} was refused in words that hold the secret, which are not repeated"),
            false => why,
        })
    }
}

async fn dispatch(config: &SdkConfig, call: &Call, marker: &str) -> Answer {
    let (operation, p) = (call.operation.as_str(), Params(&call.parameters));
    match call.service.as_str() {
        "apigateway" => Box::pin(apigateway::call(&aws_sdk_apigateway::Client::new(config), operation, p)).await,
        "cloudwatch" => Box::pin(others::cloudwatch(&aws_sdk_cloudwatch::Client::new(config), operation, p)).await,
        "ec2" => Box::pin(ec2::call(&aws_sdk_ec2::Client::new(config), operation, p)).await,
        "events" => Box::pin(events::call(&aws_sdk_eventbridge::Client::new(config), operation, p)).await,
        "iam" => Box::pin(others::iam(&aws_sdk_iam::Client::new(config), operation, p)).await,
        "kms" => Box::pin(others::kms(&aws_sdk_kms::Client::new(config), operation, p)).await,
        "sqs" => Box::pin(others::sqs(&aws_sdk_sqs::Client::new(config), operation, p)).await,
        "vpc-lattice" => Box::pin(lattice::call(&aws_sdk_vpclattice::Client::new(config), operation, p, marker)).await,
        other => unknown(other, operation),
    }
}

async fn find(config: &SdkConfig, call: &Call) -> std::result::Result<Option<String>, String> {
    let p = Params(&call.parameters);
    match call.operation.as_str() {
        "CreateDeployment" => Box::pin(apigateway::find_deployment(&aws_sdk_apigateway::Client::new(config), p)).await,
        "CreateDomainNameAccessAssociation" => Box::pin(apigateway::find_association(&aws_sdk_apigateway::Client::new(config), p)).await,
        "CreateResourceConfiguration" | "CreateResourceGateway" => {
            Box::pin(lattice::find(&aws_sdk_vpclattice::Client::new(config), &call.operation, p)).await
        }
        "CreateApiDestination" => Box::pin(events::find_destination(&aws_sdk_eventbridge::Client::new(config), p)).await,
        "CreateConnection" => Box::pin(connections::find(&aws_sdk_eventbridge::Client::new(config), p)).await,
        "CreateSecurityGroup" => Box::pin(ec2::find_group(&aws_sdk_ec2::Client::new(config), p)).await,
        _ => Ok(None),
    }
}

/// The id at the end of an ARN.
fn last(arn: Option<String>) -> Option<String> {
    arn.and_then(|arn| arn.rsplit_once('/').map(|(_, id)| id.to_owned()))
}

impl Cloud for Live<'_> {
    fn read(&mut self, place: &Place) -> std::result::Result<Option<Value>, String> {
        self.accounts.read(&place.account, &place.region, &place.collection, &place.key)
    }

    fn send(&mut self, scope: (&str, &str), call: &Call, marker: &str) -> std::result::Result<Value, Refusal> {
        let mut pauses = BACKOFF.into_iter();
        loop {
            match (self.send_once(scope, call, marker), pauses.next()) {
                (Answer::Made(value), _) => return Ok(value),
                (Answer::Not(refusal), _) => return Err(refusal),
                (Answer::Throttled(_), Some(seconds)) => self.pause(Duration::from_secs(seconds)),
                (Answer::Throttled(why), None) => return Err(Refusal::Refused(why)),
            }
        }
    }

    fn find(&mut self, scope: (&str, &str), call: &Call) -> std::result::Result<Option<String>, String> {
        let (config, call) = (self.config(scope)?, call.clone());
        self.accounts.run(async move { Box::pin(find(&config, &call)).await }).map_err(|error| error.to_string())?
    }

    fn judge(&mut self) -> Result<Report> {
        let snapshot = self.load()?;
        Ok((self.judge)(&snapshot))
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}
