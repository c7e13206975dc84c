//! Rules on resource gateways: their state, how they resolve names, where they stand.

use std::collections::BTreeSet;

use super::dns::{amazon_resolver, hidden, is_api_host, resolves_in_vpc, vpc_of};
use super::verdict::{Assessed, Finding, Leave, fail, pass};
use crate::estate::{Hop, Integration, Site};
use crate::model::Unknown;
use crate::model::known::any;
use crate::model::lattice::Gateway;

/// Whether a gateway works as far as its owner can tell: a service looks after its own.
pub fn is_ready(gateway: &Site<'_, Gateway>) -> Result<bool, Unknown> {
    let (status, managed) = (&gateway.value.status, &gateway.value.service_managed);
    any([status.read().map(|status| status == "ACTIVE"), managed.read().copied()], |ready| ready)
}

/// `gateway/not-active`
pub fn not_active(gateway: &Site<'_, Gateway>) -> Assessed {
    if is_ready(gateway)? {
        return pass();
    }
    fail(gateway.at("/status").observed(gateway.value.status.read()?).expected("ACTIVE"))
}

/// `gateway/dns-mode`
pub fn dns_mode(path: &Integration<'_>) -> Assessed {
    let (config, gateway) = (path.config.read()?, path.gateway.read()?);
    let Some(domain) = config.value.domain.read()? else { return pass() };
    let place = gateway.at("/dns_resolution").observed(gateway.value.dns_resolution.read()?);
    let domain = config.at("/domain").observed(domain);
    if !resolves_in_vpc(gateway)? {
        let why = match hidden(path)? {
            None if is_api_host(path)? => "Public DNS answers this name with API Gateway's public front.",
            None => return pass(),
            Some(_) => "The name is hosted privately.",
        };
        return fail(Finding::from(place.expected("IN_VPC, or a domain that public DNS answers")).related(domain).note(why));
    }
    let vpc = vpc_of(gateway)?;
    // Without DNS support AWS's resolver does not answer; another one, that the DHCP options name, may.
    amazon_resolver(&vpc)?;
    if *vpc.value.dns_support.read()? {
        return pass();
    }
    let finding = Finding::from(place.expected("a VPC that resolves names, or PUBLIC"));
    fail(finding.related(vpc.at("/dns_support").observed("false")).related(domain).note("The gateway's VPC has DNS support switched off."))
}

/// `gateway/single-zone`
pub fn single_zone(gateway: &Site<'_, Gateway>) -> Assessed {
    let (mut found, mut gap) = (Vec::new(), None);
    for id in gateway.value.subnet_ids.read()? {
        match zone_of(gateway, id) {
            Ok(zone) => found.push(zone),
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    let zones: BTreeSet<&str> = comparable(&found).collect();
    let subnets: BTreeSet<&String> = gateway.value.subnet_ids.read()?.iter().collect();
    if subnets.is_empty() {
        return Err(Unknown::unresolved("the gateway names no subnet, and where it stands then is not known").into());
    }
    // A subnet stands in one zone, whichever that is.
    match (zones.len(), gap.filter(|_| subnets.len() > 1)) {
        (2.., _) => pass(),
        (_, Some(unknown)) => Err(Leave::Unknown(unknown)),
        (_, None) => {
            let observed = zones.into_iter().next().or(subnets.into_iter().next().map(String::as_str)).unwrap_or("none");
            fail(gateway.at("/subnet_ids").observed(observed).expected("subnets in at least two Availability Zones"))
        }
    }
}

/// Zones, given by id and name, in one notation: an id and a name cannot be compared.
pub fn comparable<'z>(zones: &[(Option<&'z str>, &'z str)]) -> impl Iterator<Item = &'z str> {
    let by_id = zones.iter().all(|(id, _)| id.is_some());
    zones.iter().map(move |(id, name)| id.filter(|_| by_id).unwrap_or(name))
}

/// The Availability Zone of a subnet: its id, which all accounts share, where it was told, and its name.
fn zone_of<'a>(gateway: &Site<'a, Gateway>, subnet: &'a str) -> Result<(Option<&'a str>, &'a str), Unknown> {
    match gateway.estate.subnet((gateway.account, gateway.region), subnet) {
        Hop::Present(subnet) => Ok((subnet.value.zone_id.read()?.as_deref(), subnet.value.zone.read()?)),
        Hop::Unknown(_, unknown) => Err(unknown),
        Hop::Missing(_) | Hop::None => Err(Unknown::foreign(format!("{subnet} is none of the subnets that were read"))),
    }
}
