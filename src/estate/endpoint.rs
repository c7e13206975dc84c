//! Which endpoint a resource configuration leads to.
//!
//! A name that no endpoint has is taken for stale only where the endpoint could have been read: endpoints of
//! other accounts, other VPCs and other regions may stay unseen, and those are unknown.

use std::net::IpAddr;

use crate::host::{Distrust, Host, Location, is_name_of_service};
use crate::model::ec2::{Endpoint, Route};
use crate::model::known::any;
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::more::HostedZone;
use crate::model::{Kind, Unknown};

use super::{Estate, Hop, Site, dns_name, not_read};

impl<'a> Estate<'a> {
    /// The execute-api endpoint that a configuration leads to. Where it leads to an endpoint of another service
    /// there is no such hop: `resource-config/other-service-endpoint` says so, and nothing behind it matters.
    pub(super) fn endpoint_of(
        &'a self,
        config: &Site<'a, ResourceConfig>,
        gateway: &Hop<'a, Site<'a, Gateway>>,
    ) -> Hop<'a, Site<'a, Endpoint>> {
        let found = self.led_to(config, gateway);
        let name = || config.value.domain.read().ok().and_then(Option::as_deref).and_then(|domain| self.domain(domain));
        match &found {
            Hop::Present(endpoint) => match endpoint.value.service.read() {
                Ok(service) if !is_execute_api(service) => Hop::None,
                // A name of an execute-api endpoint's own tells as much.
                Err(unknown) if !matches!(name(), Some(Host::Endpoint { .. } | Host::ApiAtEndpoint { .. })) => {
                    Hop::Unknown(endpoint.key, unknown)
                }
                _ => found,
            },
            Hop::Missing(domain) if matches!(self.domain(domain), Some(Host::OtherEndpoint { .. })) => Hop::None,
            _ => found,
        }
    }

    /// The endpoint that a configuration leads to, of whatever service.
    pub fn led_to(&'a self, config: &Site<'a, ResourceConfig>, gateway: &Hop<'a, Site<'a, Gateway>>) -> Hop<'a, Site<'a, Endpoint>> {
        let domain = match config.value.domain.read() {
            Ok(Some(domain)) => domain.as_str(),
            Ok(None) => return self.endpoint_of_address(config, gateway),
            Err(unknown) => return Hop::Unknown("", unknown),
        };
        match self.domain(domain) {
            Some(Host::OtherEndpoint { service, .. }) if service.starts_with("vpce-svc-") => {
                let why = format!("where {domain} leads is known to the owner of {service} only");
                Hop::Unknown(domain, Unknown::unresolved(why))
            }
            Some(host @ (Host::Endpoint { .. } | Host::OtherEndpoint { .. } | Host::ApiAtEndpoint { .. })) => {
                self.endpoint_by_host(domain, host, config.region, gateway)
            }
            Some(Host::Api { .. } | Host::ServicePrivateName { .. }) => gateway.then(|gateway| self.private_dns_endpoint(domain, gateway)),
            // A name of API Gateway's in none of its forms is nobody's.
            Some(Host::Untrusted { why: Distrust::NotAnApiName }) => {
                gateway.then(|gateway| self.endpoints_gap(gateway).map_or(Hop::Missing(domain), |unknown| Hop::Unknown(domain, unknown)))
            }
            Some(Host::Untrusted { why: why @ (Distrust::NotAName | Distrust::IpLiteral) }) => Hop::Unknown(
                domain,
                Unknown::unresolved(format!("where the domain of a resource configuration leads that is {why} is not known")),
            ),
            host => self.endpoint_by_other_name(domain, host.and_then(Host::endpoint_elsewhere), config.region, gateway),
        }
    }

    /// The endpoint that has a name which is none of AWS's known forms; `id` is that of the endpoint whose own name it is by
    /// its first label.
    fn endpoint_by_other_name(
        &'a self,
        domain: &'a str,
        id: Option<String>,
        region: &'a str,
        gateway: &Hop<'a, Site<'a, Gateway>>,
    ) -> Hop<'a, Site<'a, Endpoint>> {
        if let Some(endpoint) = self.endpoint_by_name(region, domain) {
            return Hop::Present(endpoint);
        }
        let Some(id) = id else {
            if is_name_of_service(domain) {
                let why = format!("{domain} is one of AWS's own names, and whether it leads to an endpoint is not known");
                return Hop::Unknown(domain, Unknown::unresolved(why));
            }
            return gateway.then(|gateway| self.only_endpoint(domain, gateway));
        };
        gateway.then(|gateway| {
            let there = || self.endpoints(region).any(|endpoint| endpoint.key == id);
            let gap = self.endpoints_gap(gateway);
            let gap = gap.or_else(|| there().then(|| Unknown::unresolved(format!("whether {domain} is a name of {id} is not known"))));
            gap.map_or(Hop::Missing(domain), |unknown| Hop::Unknown(domain, unknown))
        })
    }

    /// An endpoint by its own DNS name, or by the alias that an API has at it.
    fn endpoint_by_host(
        &'a self,
        domain: &'a str,
        host: &'a Host,
        region: &'a str,
        gateway: &Hop<'a, Site<'a, Gateway>>,
    ) -> Hop<'a, Site<'a, Endpoint>> {
        let region = host.location().map_or(region, |location| location.region.as_str());
        if let Some(endpoint) = self.endpoint_by_name(region, domain) {
            return Hop::Present(endpoint);
        }
        gateway.then(|gateway| {
            if let Host::ApiAtEndpoint { endpoint_id, .. } = host
                && let Some(endpoint) = self.endpoints(region).find(|endpoint| endpoint.key == endpoint_id)
            {
                return Hop::Present(endpoint);
            }
            let gap = if region == gateway.region { self.endpoints_gap(gateway) } else { self.list_gap(gateway.account, region) };
            gap.map_or(Hop::Missing(domain), |unknown| Hop::Unknown(domain, unknown))
        })
    }

    /// API Gateway's own names lead to an endpoint only inside its VPC, with private DNS.
    fn private_dns_endpoint(&'a self, domain: &'a str, gateway: &Site<'a, Gateway>) -> Hop<'a, Site<'a, Endpoint>> {
        match gateway.value.dns_resolution.read() {
            Err(unknown) => return Hop::Unknown(domain, unknown),
            Ok(mode) if mode == "PUBLIC" => return Hop::Missing(domain),
            Ok(mode) if mode == "IN_VPC" => {}
            Ok(mode) => {
                return Hop::Unknown(domain, Unknown::unresolved(format!("`{mode}` is no way to resolve names that is known here")));
            }
        }
        let location = self.domain(domain).and_then(Host::location);
        let here = location.is_some_and(|location| location.region == gateway.region && location.is_consistent());
        let mut gap = None;
        for endpoint in self.endpoints_in_vpc(gateway) {
            let answers = if here { Ok(true) } else { answers_to(endpoint.value, location) };
            match (answers, endpoint.value.private_dns.read()) {
                (Ok(false), _) | (_, Ok(false)) => {}
                (Ok(true), Ok(true)) => return Hop::Present(endpoint),
                (Err(unknown), _) | (_, Err(unknown)) => gap = gap.or(Some(unknown)),
            }
        }
        gap.or_else(|| self.endpoints_gap(gateway)).map_or(Hop::Missing(domain), |unknown| Hop::Unknown(domain, unknown))
    }

    /// Where another name leads is DNS's to say; with one execute-api endpoint in the VPC there is no choice.
    fn only_endpoint(&'a self, domain: &'a str, gateway: &Site<'a, Gateway>) -> Hop<'a, Site<'a, Endpoint>> {
        if let Some(unknown) = self.endpoints_gap(gateway) {
            return Hop::Unknown(domain, unknown);
        }
        let mut candidates = self.endpoints_in_vpc(gateway);
        match (candidates.next(), candidates.next()) {
            (Some(endpoint), None) => Hop::Present(endpoint),
            (None, _) => Hop::None,
            _ => Hop::Unknown(domain, Unknown::unresolved(format!("which endpoint {domain} leads to is known to its DNS zone only"))),
        }
    }

    /// The endpoint that has the address of a configuration by address.
    fn endpoint_of_address(
        &'a self,
        config: &Site<'a, ResourceConfig>,
        gateway: &Hop<'a, Site<'a, Gateway>>,
    ) -> Hop<'a, Site<'a, Endpoint>> {
        let address = match config.value.ip_address.read() {
            Ok(Some(address)) => address.as_str(),
            Ok(None) => return Hop::None,
            Err(unknown) => return Hop::Unknown("", unknown),
        };
        gateway.then(|gateway| {
            let mut gap = None;
            for endpoint in self.endpoints(gateway.region) {
                match self.has_address(&endpoint, address) {
                    Ok(true) => return Hop::Present(endpoint),
                    Ok(false) => {}
                    Err(unknown) => gap = gap.or(Some(unknown)),
                }
            }
            gap.or_else(|| self.endpoints_gap(gateway)).map_or(Hop::Missing(address), |unknown| Hop::Unknown(address, unknown))
        })
    }

    fn has_address(&'a self, endpoint: &Site<'a, Endpoint>, address: &str) -> Result<bool, Unknown> {
        any(endpoint.value.interface_ids.read()?, |id| match self.interface((endpoint.account, endpoint.region), id) {
            Hop::Present(interface) => Ok(interface.value.addresses.read()?.iter().any(|own| is_same(own, address))),
            Hop::Unknown(_, unknown) => Err(unknown),
            Hop::Missing(_) | Hop::None => Ok(false),
        })
    }

    /// The endpoints read in a region.
    fn endpoints(&'a self, region: &'a str) -> impl Iterator<Item = Site<'a, Endpoint>> + use<'a> {
        self.all(Kind::Endpoint, |region| &region.endpoints).filter(move |endpoint| endpoint.region == region)
    }

    /// The execute-api endpoints in a gateway's VPC.
    pub fn endpoints_in_vpc(&'a self, gateway: &Site<'a, Gateway>) -> impl Iterator<Item = Site<'a, Endpoint>> + use<'a> {
        let vpc = gateway.value.vpc_id.read().ok();
        self.endpoints(gateway.region).filter(move |endpoint| {
            vpc.is_some()
                && endpoint.value.vpc_id.read().ok() == vpc
                && endpoint.value.service.read().is_ok_and(|service| is_execute_api(service))
        })
    }

    /// Why an endpoint that was not found may exist all the same: a list that was not read, a VPC of an account
    /// that was not, or a way out of a VPC that has no endpoint of its own.
    fn endpoints_gap(&'a self, gateway: &Site<'a, Gateway>) -> Option<Unknown> {
        self.list_gap(gateway.account, gateway.region).or_else(|| self.owner_gap(gateway)).or_else(|| {
            if self.endpoints_in_vpc(gateway).next().is_some() {
                return None;
            }
            match self.leads_out(gateway) {
                Ok(false) => None,
                Ok(true) => Some(Unknown::foreign(
                    "the gateway's VPC has no execute-api endpoint and routes to other networks, where accounts that were not read may have one",
                )),
                Err(unknown) => Some(unknown),
            }
        })
    }

    /// Why not all endpoints of a gateway's VPC are known: only its owner sees them
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>).
    fn owner_gap(&'a self, gateway: &Site<'a, Gateway>) -> Option<Unknown> {
        let vpc = match gateway.value.vpc_id.read() {
            Err(unknown) => return Some(unknown),
            Ok(vpc) => vpc,
        };
        let owner = match self.vpc((gateway.account, gateway.region), vpc) {
            Hop::Present(vpc) => vpc.value.owner.as_deref().unwrap_or(vpc.account),
            Hop::Unknown(_, unknown) => return Some(unknown),
            Hop::Missing(_) | Hop::None => return Some(Unknown::foreign(format!("{vpc} is none of the VPCs that were read"))),
        };
        if self.inventory(owner, gateway.region).is_none() {
            return Some(Unknown::foreign(format!("{vpc} belongs to account {owner}, which was not read")));
        }
        self.list_gap(owner, gateway.region)
    }

    /// Why the list of endpoints of an account and a region may lack one.
    fn list_gap(&self, account: &str, region: &str) -> Option<Unknown> {
        let Some((.., inventory)) = self.inventory(account, region) else { return Some(not_read(account, region)) };
        match inventory.endpoints.read() {
            Err(unknown) => Some(unknown),
            Ok(list) => list.values().find_map(|endpoint| {
                let endpoint = match endpoint.read() {
                    Err(unknown) => return Some(unknown),
                    Ok(endpoint) => endpoint,
                };
                let own = endpoint.dns_names.read().err();
                own.or_else(|| endpoint.vpc_id.read().err()).or_else(|| endpoint.service.read().err())
            }),
        }
    }

    /// The private hosted zone of a gateway's VPC that has `name`, unless a public zone may have it too.
    ///
    /// # Errors
    /// The gap, where the zones were not read.
    pub fn private_zone(&'a self, gateway: &Site<'a, Gateway>, name: &str) -> Result<Option<Site<'a, HostedZone>>, Unknown> {
        let vpc = gateway.value.vpc_id.read()?;
        let Some((account, region, inventory)) = self.inventory(gateway.account, gateway.region) else { return Ok(None) };
        for (key, zone) in inventory.hosted_zones.read()? {
            let value = zone.read()?;
            let below = name.strip_suffix(dns_name(&value.name).as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'));
            if below && value.vpc_ids.contains(vpc) && value.public_zone_id.read()?.is_none() {
                return Ok(Some(Site { estate: self, kind: Kind::Network, account, region, parent: "", key, value }));
            }
        }
        Ok(None)
    }

    /// Whether a gateway's VPC has a route to another network than the internet.
    ///
    /// # Errors
    /// The gap, where none was seen and not all route tables were read.
    pub fn leads_out(&self, gateway: &Site<'a, Gateway>) -> Result<bool, Unknown> {
        let vpc = gateway.value.vpc_id.read()?;
        any(self.inventories(gateway.region, gateway.account), |(.., inventory)| {
            any(inventory.route_tables.read()?.values(), |table| {
                let table = table.read()?;
                Ok(table.vpc_id.read()? == vpc && table.routes.read()?.iter().any(is_outward))
            })
        })
    }
}

/// The Regional DNS name of an endpoint, which leads to all its zones.
pub fn regional_name(endpoint: &Endpoint) -> Option<&str> {
    let names = endpoint.dns_names.read().ok()?;
    names.iter().find(|name| matches!(Host::parse(name), Host::Endpoint { zone: None, .. })).map(String::as_str)
}

/// Whether two addresses are one; those of IPv6 can be written in several ways.
fn is_same(one: &str, other: &str) -> bool {
    one == other || one.parse::<IpAddr>().is_ok_and(|one| other.parse() == Ok(one))
}

/// Whether an endpoint may have API Gateway's name of a place among its own, as one for another region has.
fn answers_to(endpoint: &Endpoint, location: Option<&Location>) -> Result<bool, Unknown> {
    let is = |name: &String| matches!(Host::parse(name), Host::ServicePrivateName { location: own, .. } if Some(&own) == location);
    Ok(endpoint.dns_names.read()?.iter().any(is))
}

/// Whether an endpoint's service is API Gateway's, whatever the partition calls it.
pub fn is_execute_api(service: &str) -> bool {
    service.ends_with(".execute-api")
}

/// Whether a route leads to another private network. Gateways to the internet and gateway endpoints, which
/// stand in routes to prefix lists, do not.
fn is_outward(route: &Route) -> bool {
    let to = |prefix: &str| route.target.starts_with(prefix);
    let endpoint = to("vpce-") && route.destination.starts_with("pl-");
    route.state != "blackhole" && route.target != "local" && !endpoint && !to("igw-") && !to("eigw-") && !to("nat-")
}
