//! What cannot be changed is made anew beside the old: gateways, and configurations on them. The connections are moved
//! over, and what nothing uses any more is removed last. What is gone is made again.
//!
//! A gateway keeps its VPC, subnets, address family and DNS mode for life, a configuration its gateway
//! (<https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_UpdateResourceGateway.html>,
//! <https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_UpdateResourceConfiguration.html>).

mod aim;
mod chain;
mod entrance;
mod exit;
pub mod goal;
mod group;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub use self::chain::{connection_of, destination};
use self::entrance::Entrance;
use self::goal::Goal;
use super::case::scope;
use super::{Case, Draft, Drafted, Refused, authorize, config, connection, manual};
use crate::estate::{Hop, Integration, Site, regional_name};
use crate::fix::journal::PLAN;
use crate::fix::step::{Call, Place, Step, Wait};
use crate::model::ec2::Endpoint;
use crate::model::events::Connection;
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Tags};
use crate::rules::verdict::FixClass;

/// Longest time that a new gateway or configuration is waited for, in seconds.
const PATIENCE: u64 = 15 * 60;

/// `gateway/dns-mode`: a gateway that asks the other resolver, for the finding's configuration.
pub fn dns_mode(case: &Case<'_>, draft: Draft) -> Drafted {
    let (config, gateway) = middle(case)?;
    let mut entrance = Entrance::like(case, &gateway)?;
    entrance.mode = if entrance.mode == "IN_VPC" { "PUBLIC" } else { "IN_VPC" }.to_owned();
    replace(case, draft, &entrance, &[config], Some(gateway))
}

/// `gateway/single-zone`: a gateway with a subnet in another zone as well, for all its configurations.
pub fn single_zone(case: &Case<'_>, draft: Draft) -> Drafted {
    let (_, gateway) = middle(case)?;
    let (configs, gap) = case.estate.configs_of(&gateway);
    if let Some(gap) = gap {
        return Err(gap.into());
    }
    let mut entrance = Entrance::like(case, &gateway)?;
    entrance.spread(case, &gateway)?;
    replace(case, draft, &entrance, &configs, Some(gateway))
}

/// `resource-config/other-vpc`: the endpoint that the API names, or that of the gateway's VPC if no more is wrong with it;
/// else a gateway in the VPC of the endpoint that is led to.
pub fn other_vpc(case: &Case<'_>, draft: Draft) -> Drafted {
    let named = goal::named(case, case.path()?).map(|endpoint| config::lead_to(case, draft.clone(), &[endpoint]));
    match named {
        Some(Ok(draft)) => Ok(draft),
        _ => case.rather(config::home(case, draft.clone()), moved(case, draft)),
    }
}

fn moved(case: &Case<'_>, draft: Draft) -> Drafted {
    let (config, gateway) = middle(case)?;
    let endpoint = *case.path()?.endpoint.read()?;
    let entrance = Entrance::at(case, &endpoint, &gateway.value.name, scope(&gateway))?;
    replace(case, draft, &entrance, &[config], Some(gateway))
}

/// `resource-config/gateway-missing`: a gateway where the configuration leads to, or should.
pub fn gateway_missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let config = own(path.config.read()?)?;
    let endpoint = goal::endpoint(case, path)?;
    let entrance = Entrance::at(case, &endpoint, &config.value.name, scope(&config))?;
    let elsewhere = goal::led_to(case, path).is_some_and(|old| old.key != endpoint.key);
    let goal = if elsewhere { Goal::of(&endpoint, path)? } else { Goal::like(config.value)? };
    replaced(Work { case, draft }, &entrance, &[(config, goal)], None)
}

/// `connection/resource-config-missing` and `destination/connection-public`: a configuration that serves as it is, else a new one and what it needs.
pub fn missing(case: &Case<'_>, draft: Draft) -> Drafted {
    match connection::existing(case, draft.clone()) {
        Err(_) => anew(case, draft),
        draft => draft,
    }
}

fn anew(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let connection = *path.connection.read()?;
    if connection.is_foreign() {
        return manual("the connection belongs to another account");
    }
    let endpoint = goal::endpoint(case, path)?;
    let goal = Goal::of(&endpoint, path)?;
    let mut work = Work { case, draft };
    let (name, config) = work.way(&endpoint, &goal, &connection.value.name, scope(&connection))?;
    work.lead(&connection, &name, &config)?;
    Ok(work.draft)
}

/// The configuration and the gateway of the finding's integration, if they may be replaced from here.
fn middle<'a>(case: &Case<'a>) -> Result<(Site<'a, ResourceConfig>, Site<'a, Gateway>), Refused> {
    let path = case.path()?;
    let (config, gateway) = (own(path.config.read()?)?, *path.gateway.read()?);
    if *gateway.value.service_managed.read()? {
        return manual("an AWS service made the gateway and keeps it");
    }
    if gateway.is_foreign() { manual("the gateway belongs to another account") } else { Ok((config, gateway)) }
}

fn own<'a>(config: &Site<'a, ResourceConfig>) -> Result<Site<'a, ResourceConfig>, Refused> {
    if *config.value.amazon_managed.read()? {
        return manual("an AWS service made the resource configuration and keeps it");
    }
    if config.value.kind.read()? != "SINGLE" {
        return manual("the resource configuration is part of a group, whose other parts may have other users");
    }
    if config.is_foreign() { manual("the resource configuration belongs to another account") } else { Ok(*config) }
}

/// Configurations like the old ones beside them, on a new gateway.
fn replace<'a>(
    case: &Case<'a>,
    draft: Draft,
    entrance: &Entrance,
    configs: &[Site<'a, ResourceConfig>],
    gateway: Option<Site<'a, Gateway>>,
) -> Drafted {
    let goals = configs.iter().map(|config| Ok((*config, Goal::like(config.value)?)));
    replaced(Work { case, draft }, entrance, &goals.collect::<Result<Vec<_>, Refused>>()?, gateway)
}

/// Configurations beside the old ones, on a new gateway; the connections are moved, and the old is removed.
fn replaced<'a>(
    mut work: Work<'_, 'a>,
    entrance: &Entrance,
    configs: &[(Site<'a, ResourceConfig>, Goal)],
    gateway: Option<Site<'a, Gateway>>,
) -> Drafted {
    let case = work.case;
    let id = work.entrance(entrance)?;
    for (config, goal) in configs {
        let config = own(config)?;
        let name = unused(case, Names::Configs, &config.value.name);
        let arn = work.config(goal, &name, &id, scope(&config), config.value.tags.read()?);
        for (connection, way) in users(case, &config)? {
            match way {
                Way::Calls => work.lead(&connection, &name, &arn)?,
                Way::Tokens => {
                    let title = format!("let connection {} get its tokens through resource configuration {name}", connection.value.name);
                    let step = authorize::token_path(case, &connection, &arn, title)?;
                    work.add(step);
                }
            }
        }
    }
    // What stood on a gateway that is gone could not be made again, so it is left.
    match gateway {
        Some(gateway) => exit::remove(work, &gateway, &configs.iter().map(|(config, _)| *config).collect::<Vec<_>>()),
        None => Ok(work.draft.note("the old configuration is left: it could not be made again as it is; remove it once nothing needs it")),
    }
}

/// What of a connection goes through a configuration.
enum Way {
    /// Its calls.
    Calls,
    /// Its requests for tokens.
    Tokens,
}

/// The connections that go through a configuration.
fn users<'a>(case: &Case<'a>, config: &Site<'a, ResourceConfig>) -> Result<Vec<(Site<'a, Connection>, Way)>, Refused> {
    let mut found = Vec::new();
    for connection in case.estate.all(Kind::Connection, |region| &region.connections) {
        let oauth = connection.value.oauth.read()?.as_ref().and_then(|oauth| oauth.connectivity.as_ref());
        if let Some(path) = oauth
            && path.resource_config_arn.read()? == config.key
        {
            found.push((connection, Way::Tokens));
        }
        if let Some(path) = connection.value.connectivity.read()?
            && path.resource_config_arn.read()? == config.key
        {
            found.push((connection, Way::Calls));
        }
    }
    Ok(found)
}

/// Steps in the making.
struct Work<'c, 'a> {
    case: &'c Case<'a>,
    draft: Draft,
}

impl<'a> Work<'_, 'a> {
    fn add(&mut self, step: Step) {
        let draft = std::mem::replace(&mut self.draft, Draft::new(FixClass::Recreate, 0));
        self.draft = draft.step(step);
    }

    /// A new configuration that leads to an endpoint, on the gateway that is there or on a new one; its name and ARN.
    fn way(&mut self, endpoint: &Site<'a, Endpoint>, goal: &Goal, name: &str, scope: (&str, &str)) -> Result<(String, String), Refused> {
        let gateway = match goal::gateway(self.case, endpoint, scope)? {
            Some(gateway) => gateway.value.id.clone(),
            None => {
                let entrance = Entrance::at(self.case, endpoint, name, scope)?;
                self.draft = self.draft.clone().at_least(FixClass::Recreate);
                self.entrance(&entrance)?
            }
        };
        let name = unused(self.case, Names::Configs, name);
        let arn = self.config(goal, &name, &gateway, scope, &Tags::new());
        Ok((name, arn))
    }

    /// A new configuration on a gateway; its ARN.
    fn config(&mut self, goal: &Goal, name: &str, gateway: &str, scope: (&str, &str), tags: &Tags) -> String {
        let id = self.draft.token();
        let arn = arn(scope, "resourceconfiguration", &id);
        let mut parameters = goal.parameters();
        parameters["name"] = json!(name);
        parameters["resourceGatewayIdentifier"] = json!(gateway);
        parameters["tags"] = json!(tagged(tags));
        let delete = Call::new("vpc-lattice", "DeleteResourceConfiguration", json!({"resourceConfigurationIdentifier": id}));
        let at = Place::new(scope, "resource_configs", &arn);
        let step = Step::new(
            scope,
            format!("make resource configuration {name}"),
            Call::new("vpc-lattice", "CreateResourceConfiguration", parameters),
        );
        let made = goal.made(&arn, &id, name, gateway);
        self.add(
            step.change(&at, "", Value::Null, made).assume(&at, "/status", json!("ACTIVE")).makes("/id").undo(delete).wait(active(&at)),
        );
        arn
    }

    /// Moves a connection over.
    fn lead(&mut self, own: &Site<'a, Connection>, name: &str, config: &str) -> Result<(), Refused> {
        let title = format!("let connection {} go through resource configuration {name}", own.value.name);
        let mut step = connection::lead(own, title, Some(config))?;
        let old = own.value.connectivity.read()?.as_ref().map(|path| path.resource_config_arn.read()).transpose()?;
        if let Some(old) = old
            && matches!(own.estate.resource_config(old, own.account), Hop::Missing(_))
        {
            // Without a path its calls, and its credentials, would leave over the internet.
            step.undo.clear();
            step = step.note("cannot be taken back: what the connection goes through now does not exist");
        }
        self.add(connection::assumed(step, own, config));
        Ok(())
    }
}

/// Until something of VPC Lattice can be used.
fn active(at: &Place) -> Wait {
    let states = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Wait {
        place: at.clone(),
        pointer: "/status".to_owned(),
        until: states(&["ACTIVE"]),
        never: states(&["CREATE_FAILED"]),
        seconds: PATIENCE,
    }
}

fn arn((account, region): (&str, &str), kind: &str, id: &str) -> String {
    let partition = crate::host::partition_of_region(region).unwrap_or("aws");
    format!("arn:{partition}:vpc-lattice:{region}:{account}:{kind}/{id}")
}

/// The tags of what is replaced, and the plan's own; those of AWS cannot be set.
fn tagged(old: &Tags) -> Tags {
    let mut tags: Tags = own_tags(old);
    tags.insert("pgwaudit:plan".to_owned(), PLAN.to_owned());
    tags
}

/// Without those that AWS sets.
fn own_tags(tags: &Tags) -> Tags {
    tags.iter().filter(|(key, _)| !key.starts_with("aws:")).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whose names are taken.
#[derive(Clone, Copy)]
enum Names {
    Configs,
    Gateways,
    Groups,
}

/// The name itself, or with the first number behind it that no other has. 3 to 40 small letters, digits and hyphens:
/// <https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_CreateResourceGateway.html>.
fn unused(case: &Case<'_>, names: Names, wanted: &str) -> String {
    const LONGEST: usize = 36;
    let taken: BTreeSet<&str> = match names {
        Names::Configs => {
            case.estate.all(Kind::ResourceConfig, |region| &region.resource_configs).map(|site| site.value.name.as_str()).collect()
        }
        Names::Gateways => case.estate.all(Kind::Gateway, |region| &region.gateways).map(|site| site.value.name.as_str()).collect(),
        Names::Groups => {
            case.estate.all(Kind::SecurityGroup, |region| &region.security_groups).map(|site| site.value.name.as_str()).collect()
        }
    };
    let plain: String =
        wanted.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(LONGEST).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty() && *word != "rgw" && *word != "rcfg").collect();
    let base = words.join("-");
    let base = if base.len() < 3 { format!("private-{base}").trim_end_matches('-').to_owned() } else { base };
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone()).chain(numbered).find(|name| !taken.contains(name.as_str())).unwrap_or(base)
}

/// The hop itself, where it is there.
fn there<T>(hop: Hop<'_, T>) -> Option<T> {
    match hop {
        Hop::Present(site) => Some(site),
        _ => None,
    }
}
