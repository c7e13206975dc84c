//! Whose accounts and which regions: credentials, profiles, roles, endpoints, the network.

use std::time::Duration;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use super::{AssumeRole, LiveOptions, http, why};
use crate::error::{Error, Result, nearest};

/// How often a request is sent before its failure is told: enough for a throttled account, and over within
/// seconds for one that never answers anything else.
const ATTEMPTS: u32 = 8;

/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The SDK's settings for the user's own credentials, and the regions to read.
pub struct Session {
    /// Without a region.
    pub config: SdkConfig,
    /// At least one, in the user's order, each once; the first is asked for what is not regional.
    pub regions: Vec<String>,
}

impl Session {
    /// Finds credentials and regions; asks AWS nothing, except what the credentials themselves need.
    ///
    /// # Errors
    /// No credentials, an unknown profile, no region, a certificate file that is none.
    pub async fn open(options: &LiveOptions) -> Result<Session> {
        check_profile(options.profile.as_deref()).await?;
        check_endpoints(options.endpoint_url.as_deref())?;
        let regions = regions(options).await?;
        let region = Region::new(regions[0].clone());
        let mut loader =
            aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region.clone()).retry_config(retry()).timeout_config(timeouts());
        let mut provider = ProviderConfig::without_region().with_region(Some(region.clone()));
        if let Some(path) = std::env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty()) {
            let client = http::trusting(&path)?;
            provider = provider.with_http_client(client.clone());
            loader = loader.http_client(client);
        }
        if let Some(url) = &options.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        let credentials = credentials(provider, region, options.profile.as_deref()).await;
        credentials.provide_credentials().await.map_err(|error| no_credentials(&error))?;
        Ok(Session { config: loader.credentials_provider(credentials).load().await, regions })
    }
}

/// The settings for a role that the session's credentials may assume.
pub async fn assume(config: &SdkConfig, role: &AssumeRole) -> SdkConfig {
    let mut builder = AssumeRoleProvider::builder(&role.arn).configure(config);
    builder = builder.session_name(role.session_name.as_deref().unwrap_or("pgwaudit"));
    if let Some(id) = &role.external_id {
        builder = builder.external_id(id);
    }
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(builder.build().await)).build()
}

/// Standard, not adaptive: that mode multiplies one rate for all calls of a service by 0.7 at each refusal, so that a
/// burst of 16 leaves its floor of a call in two seconds. A scan in which each operation was refused twice took 104 s
/// with it, and 12 s with pauses that grow by chance for each call alone. How many calls are under way, and how fast
/// they start, is the gate's to say.
fn retry() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(30))
        .operation_timeout(Duration::from_secs(120))
        .build()
}

/// The default chain, or the named profile alone: a profile that was asked for is not outvoted by keys in
/// the environment. The instance's metadata service gets two short tries, as most machines have none.
async fn credentials(provider: ProviderConfig, region: Region, profile: Option<&str>) -> SharedCredentialsProvider {
    if let Some(profile) = profile {
        let profile = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
        return SharedCredentialsProvider::new(profile);
    }
    let metadata = aws_config::imds::Client::builder()
        .configure(&provider)
        .max_attempts(2)
        .connect_timeout(Duration::from_secs(1))
        .read_timeout(Duration::from_secs(2))
        .build();
    let chain = DefaultCredentialsChain::builder().region(region).imds_client(metadata).configure(provider);
    SharedCredentialsProvider::new(chain.build().await)
}

fn no_credentials(error: &CredentialsError) -> Error {
    let next = "set AWS_PROFILE or pass --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`";
    match error {
        CredentialsError::CredentialsNotLoaded(_) => Error::new("no AWS credentials were found").next(next),
        other => Error::new(format!("the AWS credentials could not be loaded: {}", why::root_cause(other))).next(next),
    }
}

/// Refuses a profile that no file of AWS's defines.
async fn check_profile(asked: Option<&str>) -> Result<()> {
    let (name, origin) = match (asked, std::env::var("AWS_PROFILE")) {
        (Some(name), _) => (name.to_owned(), "--profile"),
        (None, Ok(name)) if !name.is_empty() => (name, "AWS_PROFILE"),
        _ => return Ok(()),
    };
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None).await;
    let profiles = profiles.map_err(|error| {
        Error::new(format!("{origin} {name}: the AWS configuration files cannot be read: {}", why::root_cause(&error)))
            .next("mend the file, or set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE to others")
    })?;
    let mut known: Vec<&str> = profiles.profiles().collect();
    if known.contains(&name.as_str()) {
        return Ok(());
    }
    known.sort_unstable();
    let hint = match (nearest(&name, known.iter().copied()), known.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`? Known profiles: {}", known.join(", ")),
        (None, false) => format!("known profiles: {}", known.join(", ")),
        (None, true) => "no profile is defined; run `aws configure --profile NAME`, or set AWS_CONFIG_FILE".to_owned(),
    };
    Err(Error::new(format!("{origin} {name}: no such profile")).next(hint))
}

/// Refuses an endpoint that is none: the SDK would not get as far as to say so.
fn check_endpoints(asked: Option<&str>) -> Result<()> {
    let ignored = std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_ok_and(|text| text.eq_ignore_ascii_case("true"));
    let set = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    let set = set.filter(|(name, _)| !ignored && name.starts_with("AWS_ENDPOINT_URL"));
    let is_server = |text: &str| url::Url::parse(text).is_ok_and(|url| url.has_host() && ["http", "https"].contains(&url.scheme()));
    let mut all = asked.map(|url| ("--endpoint-url".to_owned(), url.to_owned())).into_iter().chain(set);
    match all.find(|(_, text)| !is_server(text)) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Error::new(format!("{name} is not the URL of a server")).next("give one such as http://127.0.0.1:4566, or leave it out"))
        }
    }
}

/// The regions asked for, else the environment's, else the profile's. The metadata service is not asked: an
/// audit of where the program happens to run would surprise.
async fn regions(options: &LiveOptions) -> Result<Vec<String>> {
    if options.all_regions && !options.regions.is_empty() {
        return Err(Error::new("--all-regions and --region exclude each other").next("leave one of them out"));
    }
    let mut regions: Vec<String> = Vec::new();
    for region in &options.regions {
        if !looks_like_a_region(region) {
            return Err(Error::new(format!("--region {region}: not the code of a region")).next("give a code such as eu-west-1"));
        }
        if !regions.contains(region) {
            regions.push(region.clone());
        }
    }
    if !regions.is_empty() {
        return Ok(regions);
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    // An empty variable is none, as for AWS's other tools.
    let environment = EnvironmentVariableRegionProvider::new().region().await.filter(|region| !region.as_ref().is_empty());
    let region = match environment {
        Some(region) => Some(region),
        None => profile.build().region().await,
    };
    match region {
        Some(region) if looks_like_a_region(region.as_ref()) => Ok(vec![region.as_ref().to_owned()]),
        Some(region) => Err(Error::new(format!("AWS_REGION or the profile's region: {region}: not the code of a region"))
            .next("give a code such as eu-west-1")),
        None if options.all_regions => Ok(vec!["us-east-1".to_owned()]),
        None => Err(Error::new("no region").next("pass --region, set AWS_REGION, or give the profile a region")),
    }
}

/// Lower-case words and a number, joined by hyphens: `eu-west-1`, `us-gov-east-1`.
fn looks_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => words.len() >= 2 && words.iter().all(word) && number.parse::<u8>().is_ok(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_codes_are_told_from_typos() {
        for good in ["eu-west-1", "us-gov-east-1", "ap-southeast-5", "us-isob-east-1", "eusc-de-east-1"] {
            assert!(looks_like_a_region(good), "{good}");
        }
        for bad in ["", "eu-west", "EU-WEST-1", "eu west 1", "eu-west-1a", "eu--1", "https://x"] {
            assert!(!looks_like_a_region(bad), "{bad}");
        }
    }
}
