//! Rules on what filters packets between the gateway and the endpoint: security groups and network ACLs.

use std::collections::BTreeMap;

use foldhash::HashSet;

use super::connection::path::association_unhealthy;
use super::resource_config::{self, ports_of};
use super::verdict::{Assessed, Evidence, Finding, Leave, Severity, fail, not_applicable, pass, verdict};
use super::{endpoint, gateway};
use crate::estate::{Hop, Integration, Site, is_execute_api};
use crate::host::Host;
use crate::model::ec2::{Endpoint, Peer, Permission, SecurityGroup};
use crate::model::known::{all, any};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Known, Unknown};
use crate::network::{Answer, Canonical, Direction, Excess, Family, Needs, Outcome, PortSet, Ports, Range, Verdict, Wide, wide_egress};

/// The port at which endpoints answer.
const HTTPS: Ports = Ports::one(443);

/// What the configurations of a gateway need.
#[derive(Default)]
struct Use<'a> {
    endpoints: Vec<&'a Endpoint>,
    ports: Vec<Ports>,
    /// Those that serve other ports than 443, or lead elsewhere than to an endpoint that was read.
    others: Vec<(Site<'a, ResourceConfig>, Vec<Ports>)>,
    /// What the others serve.
    served: PortSet,
    /// What those serve of which it is not known whether they lead to an endpoint, and why.
    unclear: Vec<(PortSet, Unknown)>,
    /// Why there may be more.
    gap: Option<Unknown>,
}

impl<'a> Use<'a> {
    fn of(gateway: &Site<'a, Gateway>) -> Self {
        let (configs, gap) = gateway.estate.configs_of(gateway);
        let mut found = Use { gap, ..Use::default() };
        for config in configs {
            match ports_of(config.value) {
                Ok(ports) => found.add(config, gateway, ports),
                Err(unknown) => found.gap = found.gap.or(Some(unknown)),
            }
        }
        found.served = found.others.iter().flat_map(|(_, ports)| ports).copied().collect();
        found
    }

    fn add(&mut self, config: Site<'a, ResourceConfig>, gateway: &Site<'a, Gateway>, ports: Vec<Ports>) {
        let end = gateway.estate.led_to(&config, &Hop::Present(*gateway));
        if let Hop::Present(endpoint) = &end {
            self.endpoints.push(endpoint.value);
        }
        if needs_https_only(&config, &end) {
            return;
        }
        let unclear = match &end {
            Hop::Present(endpoint) => endpoint.value.service.read().err(),
            Hop::Unknown(_, unknown) => Some(unknown.clone()),
            Hop::Missing(_) | Hop::None => None,
        };
        if let Some(unknown) = unclear.filter(|_| may_be_endpoint(&config)) {
            return self.unclear.push((ports.into_iter().collect(), unknown));
        }
        self.ports.extend(&ports);
        let elsewhere = matches!(end, Hop::None | Hop::Unknown(..)) || !leads_to_api(&config);
        if elsewhere || ports.iter().any(|range| *range != HTTPS) {
            self.others.push((config, ports));
        }
    }

    /// Whether another configuration needs what a permission admits beyond the endpoint.
    ///
    /// # Errors
    /// The gap, where a configuration that was not read may need it.
    fn needs(&self, wide: &Wide<'_>) -> Result<bool, Unknown> {
        if wide.excess == Excess::Protocol || is_everywhere(&wide.permission.peer) {
            return Ok(false);
        }
        let ports = ports(wide.permission);
        let serve = |served: &PortSet| ports.is_some_and(|ports| served.holds(&ports));
        if serve(&self.served) {
            return Ok(true);
        }
        let unclear = self.unclear.iter().find(|(served, _)| serve(served)).map(|(_, unknown)| unknown);
        unclear.or(self.gap.as_ref()).cloned().map_or(Ok(false), Err)
    }
}

/// Whether a configuration leads to an execute-api endpoint, which answers at 443 only, whatever ports it admits.
fn needs_https_only(config: &Site<'_, ResourceConfig>, end: &Hop<'_, Site<'_, Endpoint>>) -> bool {
    let own_name = || config.value.domain.read().ok()?.as_deref().and_then(|domain| config.estate.domain(domain));
    match end {
        Hop::Present(_) if own_name().is_some_and(|name| matches!(name, Host::Endpoint { .. } | Host::ApiAtEndpoint { .. })) => true,
        Hop::Present(endpoint) => endpoint.value.service.read().is_ok_and(|name| is_execute_api(name)) && leads_to_api(config),
        Hop::Missing(_) => own_name().is_some_and(|name| !matches!(name, Host::OtherEndpoint { .. } | Host::Custom(_))),
        Hop::Unknown(..) | Hop::None => false,
    }
}

/// Whether a configuration of which it is not known where it leads may lead to an execute-api endpoint.
fn may_be_endpoint(config: &Site<'_, ResourceConfig>) -> bool {
    let domain = config.value.domain.read().ok().and_then(Option::as_deref).and_then(|domain| config.estate.domain(domain));
    leads_to_api(config) && !matches!(domain, Some(Host::OtherEndpoint { .. }))
}

/// Whether the domain of a configuration may be an endpoint's: any name may but one that is neither AWS's nor a
/// custom domain name of API Gateway.
fn leads_to_api(config: &Site<'_, ResourceConfig>) -> bool {
    let Ok(Some(domain)) = config.value.domain.read() else { return true };
    let Some(Host::Custom(name)) = config.estate.domain(domain) else { return true };
    config.estate.all(Kind::Domain, |region| &region.domains).any(|own| own.value.name == *name)
}

fn is_everywhere(peer: &Peer) -> bool {
    matches!(peer, Peer::Cidr(cidr) if Range::parse(cidr).is_some_and(|range| range.is_whole()))
}

fn ports(permission: &Permission) -> Option<Ports> {
    Ports::new(u16::try_from(permission.from?).ok()?, u16::try_from(permission.to?).ok()?)
}

/// `network/gateway-egress-443-only`
pub fn gateway_egress_443_only(gateway: &Site<'_, Gateway>) -> Assessed {
    let uses = Use::of(gateway);
    let facts = gateway.estate.facts(gateway.account, gateway.region)?;
    let found = wide_egress(facts, gateway.value, Needs { endpoints: &uses.endpoints, ports: &uses.ports });
    let (mut findings, mut gap, mut carriers) = (Vec::new(), found.gaps.into_iter().next(), BTreeMap::new());
    for wide in found.wide {
        match uses.needs(&wide) {
            Ok(true) => {}
            Ok(false) => {
                let shared = carriers.entry(wide.group).or_insert_with(|| sharing(gateway, wide.group));
                findings.push(too_wide(gateway, &uses, &wide, shared));
            }
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    match gap {
        Some(unknown) if findings.is_empty() => Err(Leave::Unknown(unknown)),
        _ => verdict(findings),
    }
}

fn too_wide<'a>(gateway: &Site<'a, Gateway>, uses: &Use<'a>, wide: &Wide<'a>, shared: &[Evidence]) -> Finding {
    let carrier = gateway.at("/security_group_ids");
    let Hop::Present(group) = gateway.estate.security_group((gateway.account, gateway.region), wide.group) else {
        return Finding::from(carrier.observed(format!("{}: {}", wide.group, wide.text()))).facet(wide.text());
    };
    let place = group.at(wide.pointer()).observed(wide.text()).expected("tcp/443 to the endpoint's groups, or to addresses of its VPC");
    let why = match wide.excess {
        Excess::Protocol => "It lets out more than TCP.",
        Excess::Ports => "It lets out ports that no resource configuration of the gateway serves.",
        Excess::Peer => "It leads out of the VPCs of the gateway and its endpoints.",
    };
    let finding = Finding::from(place).facet(wide.text()).note(why).related(carrier.observed(ids(&gateway.value.security_group_ids)));
    let served = uses.others.iter().filter(|(_, own)| own.iter().any(|range| *range != HTTPS && admits(wide.permission, range)));
    let served = served.map(|(config, own)| config.at("/port_ranges").observed(list(own)));
    shared.iter().cloned().chain(served).fold(finding, Finding::related)
}

fn admits(permission: &Permission, range: &Ports) -> bool {
    permission.protocol == "-1" || ports(permission).is_some_and(|ports| ports.holds(range))
}

/// Who else carries a group of a gateway: endpoints, other gateways, and interfaces that are not a gateway's own.
fn sharing<'a>(gateway: &Site<'a, Gateway>, group: &'a str) -> Vec<Evidence> {
    let estate = gateway.estate;
    let Hop::Present(group) = estate.security_group((gateway.account, gateway.region), group) else { return Vec::new() };
    let carries = |groups: &Known<Vec<String>>| groups.read().is_ok_and(|ids| ids.iter().any(|id| id == group.key));
    let gateways = estate.all(Kind::Gateway, |region| &region.gateways);
    let gateways = gateways.filter(|other| other.key != gateway.key && carries(&other.value.security_group_ids));
    let endpoints = estate.all(Kind::Endpoint, |region| &region.endpoints);
    let endpoints: Vec<_> = endpoints.filter(|endpoint| carries(&endpoint.value.security_group_ids)).collect();
    let of_endpoint = endpoints.iter().filter_map(|endpoint| endpoint.value.interface_ids.read().ok()).flatten();
    let of_endpoint: HashSet<&str> = of_endpoint.map(String::as_str).collect();
    let members = group.value.members.read().into_iter().flatten().map(String::as_str);
    let others: Vec<&str> = members.filter(|id| !of_endpoint.contains(id) && !may_be_gateways(gateway, id)).collect();
    let mut found: Vec<Evidence> = gateways.map(|other| other.at("/security_group_ids").observed(&other.value.id)).collect();
    found.extend(endpoints.iter().map(|endpoint| endpoint.at("/security_group_ids").observed(endpoint.key)));
    if !others.is_empty() {
        found.push(group.at("/members").observed(some(&others, ", ")));
    }
    found
}

/// How AWS marks the interfaces of a gateway is not documented: they are an AWS service's, in one of its subnets.
fn may_be_gateways(gateway: &Site<'_, Gateway>, interface: &str) -> bool {
    let Ok(facts) = gateway.estate.facts(gateway.account, gateway.region) else { return true };
    let Ok(Some(interface)) = facts.interface(interface) else { return true };
    let inside = |subnet: &String| gateway.value.subnet_ids.read().is_ok_and(|ids| ids.contains(subnet));
    interface.requester_managed.read() != Ok(&false) && interface.subnet_id.read().is_ok_and(inside)
}

fn list(ranges: &[Ports]) -> String {
    ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// `network/gateway-egress-blocked`
pub fn gateway_egress_blocked(path: &Integration<'_>) -> Assessed {
    let (answer, gateway, endpoint) = (&path.filters()?.egress, path.gateway.read()?, path.endpoint.read()?);
    let Some(severity) = blocked(answer)? else { return pass() };
    let own = gateway.at("/security_group_ids").observed(ids(&gateway.value.security_group_ids));
    let peers = endpoint.at("/security_group_ids").observed(ids(&endpoint.value.security_group_ids));
    let expected = format!("tcp/443 to {}", ids(&endpoint.value.security_group_ids));
    let group = first_group(gateway, gateway.value.security_group_ids.read()?);
    fail(between(listing(group.as_ref(), Direction::Egress, own, expected), answer).severity(severity).related(peers))
}

/// `network/endpoint-ingress-blocked`
pub fn endpoint_ingress_blocked(path: &Integration<'_>) -> Assessed {
    let (answer, gateway, endpoint) = (&path.filters()?.ingress, path.gateway.read()?, path.endpoint.read()?);
    let Some(severity) = blocked(answer)? else { return pass() };
    let own = endpoint.at("/security_group_ids").observed(ids(&endpoint.value.security_group_ids));
    let peers = gateway.at("/security_group_ids").observed(ids(&gateway.value.security_group_ids));
    let expected = match gateway.value.security_group_ids.read() {
        Ok(groups) if groups.is_empty() => "tcp/443 from the gateway's subnets".to_owned(),
        _ => format!("tcp/443 from {}", ids(&gateway.value.security_group_ids)),
    };
    let group = first_group(endpoint, endpoint.value.security_group_ids.read()?);
    fail(between(listing(group.as_ref(), Direction::Ingress, own, expected), answer).severity(severity).related(peers))
}

/// How bad an answer is; nothing where everything passes.
fn blocked(answer: &Answer<'_>) -> Result<Option<Severity>, Unknown> {
    Ok(match answer.verdict()? {
        Verdict::Allowed => None,
        Verdict::Partial => Some(Severity::High),
        Verdict::Blocked => Some(Severity::Critical),
    })
}

fn first_group<'a, T>(site: &Site<'a, T>, ids: &'a [String]) -> Option<Site<'a, SecurityGroup>> {
    ids.iter().find_map(|id| site.estate.security_group((site.account, site.region), id).read().ok().copied())
}

fn ids(known: &Known<Vec<String>>) -> String {
    known.read().map_or_else(|_| "its groups".to_owned(), |ids| some(ids, ", "))
}

/// The first of several texts; AWS allows no more of any of them, but a file may.
fn some<T: AsRef<str>>(texts: &[T], between: &str) -> String {
    const SHOWN: usize = 60;
    let shown: Vec<&str> = texts.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match texts.len().checked_sub(SHOWN) {
        None | Some(0) => shown.join(between),
        Some(more) => format!("{}{between}and {more} more", shown.join(between)),
    }
}

/// A list of a group that lacks a permission; where there is no group, the place that names it.
fn listing(group: Option<&Site<'_, SecurityGroup>>, direction: Direction, carrier: Evidence, expected: String) -> Finding {
    let Some(group) = group else { return Finding::from(carrier.expected(expected)) };
    let listed = match direction {
        Direction::Egress => &group.value.egress,
        Direction::Ingress => &group.value.ingress,
    };
    let texts = listed.read().into_iter().flatten().filter_map(|permission| permission.read().ok());
    let texts: Vec<String> = texts.map(|permission| Canonical { permission, direction }.to_string()).collect();
    let observed = if texts.is_empty() { "nothing".to_owned() } else { some(&texts, "; ") };
    Finding::from(group.at(format!("/{}", direction.name())).observed(observed).expected(expected)).related(carrier)
}

/// The first addresses between which nothing is admitted, or not everything.
fn between(finding: Finding, answer: &Answer<'_>) -> Finding {
    match answer.first_block() {
        Some(step) => finding.note(format!("No permission admits all of TCP 443 from {} to {}.", step.from, step.to)),
        None => finding,
    }
}

/// `network/acl-blocks-https`
pub fn acl_blocks_https(path: &Integration<'_>) -> Assessed {
    denied(path, &path.filters()?.acl_forward, "TCP 443 allowed")
}

/// `network/acl-blocks-return`
pub fn acl_blocks_return(path: &Integration<'_>) -> Assessed {
    denied(path, &path.filters()?.acl_return, "TCP 1024-65535 allowed")
}

/// One finding for each network ACL that lets not everything through.
fn denied(path: &Integration<'_>, answer: &Answer<'_>, expected: &str) -> Assessed {
    let Some(severity) = blocked(answer)? else { return pass() };
    let gateway = path.gateway.read()?;
    let mut found: Vec<(&str, Finding)> = Vec::new();
    for step in answer.steps.iter().filter(|step| matches!(step.outcome, Outcome::Blocked | Outcome::Partial)) {
        let Some((by, id)) = step.by.and_then(|by| Some((by, by.resource()?))) else { continue };
        let Hop::Present(acl) = gateway.estate.network_acl((gateway.account, gateway.region), id) else { continue };
        let place = acl.at(by.pointer()).observed(by);
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, finding)) if finding.evidence.iter().any(|evidence| evidence.pointer == place.pointer) => {}
            Some((_, finding)) => *finding = finding.clone().related(place),
            None => {
                let note = format!("The {} does not let through all that goes from {} to {}.", step.what.name(), step.from, step.to);
                found.push((id, Finding::from(place.expected(expected)).severity(severity).note(note)));
            }
        }
    }
    if found.is_empty() {
        return Err(Unknown::unresolved("which network ACL denies it was not found").into());
    }
    verdict(found.into_iter().map(|(_, finding)| finding).collect())
}

/// What explains that EventBridge cannot connect better than an ingress permission that others do without.
const EXPLANATIONS: [fn(&Integration<'_>) -> Assessed; 16] = [
    |path| resource_config::not_active(path.config.read()?),
    |path| resource_config::gateway_missing(path.config.read()?),
    |path| gateway::not_active(path.gateway.read()?),
    |path| endpoint::not_available(path.endpoint.read()?),
    resource_config::domain_not_endpoint,
    resource_config::domain_is_api_host,
    resource_config::domain_in_private_zone,
    resource_config::port,
    resource_config::ip_type,
    resource_config::other_vpc,
    resource_config::other_service_endpoint,
    gateway::dns_mode,
    gateway_egress_blocked,
    endpoint_ingress_blocked,
    acl_blocks_https,
    acl_blocks_return,
];

/// `network/gateway-ingress-documented`
pub fn gateway_ingress_documented(path: &Integration<'_>) -> Assessed {
    let (connection, gateway) = (path.connection.read()?, path.gateway.read()?);
    let state = connection.value.state.read()?;
    if state != "FAILED_CONNECTIVITY" || lets_all_in(gateway)? {
        return pass();
    }
    // Who may not see the association, which is in a network of AWS's, is left with the other explanations.
    if let Ok(super::verdict::Verdict::Fail(_)) = association_unhealthy(connection) {
        return not_applicable("another finding explains why the connection fails");
    }
    let mut gap = None;
    for check in EXPLANATIONS {
        match check(path) {
            Ok(super::verdict::Verdict::Fail(_)) => return not_applicable("another finding explains why the connection fails"),
            Err(Leave::Unknown(unknown)) => gap = gap.or(Some(unknown)),
            Ok(super::verdict::Verdict::Pass) | Err(Leave::NotApplicable(_)) => {}
        }
    }
    if let Some(unknown) = gap {
        return Err(unknown.into());
    }
    let carrier = gateway.at("/security_group_ids").observed(ids(&gateway.value.security_group_ids));
    let expected = "tcp/0-65535 from 0.0.0.0/0 and ::/0, which only one of AWS's guides asks for".to_owned();
    let group = first_group(gateway, gateway.value.security_group_ids.read()?);
    fail(listing(group.as_ref(), Direction::Ingress, carrier, expected).related(connection.at("/state").observed(state)))
}

/// Whether the gateway's groups admit all of TCP from everywhere, in both address families.
fn lets_all_in(gateway: &Site<'_, Gateway>) -> Result<bool, Unknown> {
    all(Family::ALL, |family| {
        any(gateway.value.security_group_ids.read()?, |id| {
            let group = match gateway.estate.security_group((gateway.account, gateway.region), id) {
                Hop::Present(group) => group,
                Hop::Unknown(_, unknown) => return Err(unknown),
                Hop::Missing(_) | Hop::None => return Ok(false),
            };
            any(group.value.ingress.read()?, |permission| {
                let permission = permission.read()?;
                let everywhere = matches!(&permission.peer, Peer::Cidr(cidr) if Range::parse(cidr) == Some(Range::whole(family)));
                Ok(everywhere && admits(permission, &Ports::ALL))
            })
        })
    })
}
