//! How a resource gateway finds the domain of a resource configuration: in public DNS, or with the resolver of
//! its VPC (<https://docs.aws.amazon.com/vpc/latest/privatelink/resource-gateway.html>).

use std::net::IpAddr;

use super::verdict::Leave;
use crate::estate::{Hop, Integration, Site};
use crate::host::{Distrust, Host, is_service_name};
use crate::model::Unknown;
use crate::model::ec2::Vpc;
use crate::model::lattice::Gateway;
use crate::model::more::HostedZone;

/// Why public DNS has no record of a custom domain.
pub enum Hidden<'a> {
    /// Nobody can have a public record below it.
    NeverPublic,
    /// A private hosted zone of the gateway's VPC has it, and no public zone of the account.
    PrivateZone(Site<'a, HostedZone>),
}

/// Whether the gateway resolves names in its VPC.
///
/// # Errors
/// The gap; unresolved for a mode that is not known here.
pub fn resolves_in_vpc(gateway: &Site<'_, Gateway>) -> Result<bool, Unknown> {
    match gateway.value.dns_resolution.read()?.as_str() {
        "IN_VPC" => Ok(true),
        "PUBLIC" => Ok(false),
        other => Err(Unknown::unresolved(format!("`{other}` is no way to resolve names that is known here"))),
    }
}

/// Whether the domain of the configuration is API Gateway's own name, which public DNS answers with the addresses
/// of API Gateway's public front.
pub fn is_api_host(path: &Integration<'_>) -> Result<bool, Leave> {
    let Some(domain) = path.config.read()?.value.domain.read()? else { return Ok(false) };
    match path.estate.domain(domain) {
        Some(Host::Custom(name)) if is_service_name(name) => Err(undocumented(name).into()),
        host => Ok(matches!(host, Some(Host::Api { .. } | Host::ServicePrivateName { .. }))),
    }
}

/// That a name is one of API Gateway's own in a form for FIPS or for two address families.
pub fn undocumented(name: &str) -> Unknown {
    Unknown::unresolved(format!("whether private APIs answer to {name}, in a form that is not documented for them, is not known"))
}

/// Why public DNS has no record of the configuration's domain; nothing where it may have one.
pub fn hidden<'a>(path: &Integration<'a>) -> Result<Option<Hidden<'a>>, Leave> {
    let Some(domain) = path.config.read()?.value.domain.read()? else { return Ok(None) };
    match path.estate.domain(domain) {
        Some(Host::Untrusted { why: Distrust::PrivateSuffix(_) | Distrust::SingleLabel | Distrust::Localhost }) => {
            Ok(Some(Hidden::NeverPublic))
        }
        Some(Host::Custom(name)) => Ok(path.estate.private_zone(path.gateway.read()?, name)?.map(Hidden::PrivateZone)),
        Some(Host::Untrusted { why: why @ (Distrust::NotAName | Distrust::IpLiteral) }) => Err(Unknown::unresolved(format!(
            "the domain of the resource configuration is {why}, and what a gateway makes of it is not known"
        ))
        .into()),
        _ => Ok(None),
    }
}

/// The gateway's VPC.
///
/// # Errors
/// The gap; a VPC with a gateway in it cannot be gone, so that one not found was not to be seen.
pub fn vpc_of<'a>(gateway: &Site<'a, Gateway>) -> Result<Site<'a, Vpc>, Unknown> {
    let id = gateway.value.vpc_id.read()?;
    match gateway.estate.vpc((gateway.account, gateway.region), id) {
        Hop::Present(vpc) => Ok(vpc),
        Hop::Unknown(_, unknown) => Err(unknown),
        Hop::Missing(_) | Hop::None => Err(Unknown::foreign(format!("{id} is none of the VPCs that were read"))),
    }
}

/// That AWS's resolver answers in a VPC. What another one answers cannot be told from here.
///
/// # Errors
/// Unresolved where the DHCP option set names another resolver, or none.
pub fn amazon_resolver(vpc: &Site<'_, Vpc>) -> Result<(), Unknown> {
    let id = match vpc.value.dhcp_options_id.read()?.as_deref() {
        None | Some("default") => return Err(Unknown::unresolved(format!("{} has no DHCP option set that names a resolver", vpc.key))),
        Some(id) => id,
    };
    let options = match vpc.estate.dhcp_options((vpc.account, vpc.region), id) {
        Hop::Present(options) => options,
        Hop::Unknown(_, unknown) => return Err(unknown),
        Hop::Missing(_) | Hop::None => return Err(Unknown::foreign(format!("{id} is none of the DHCP option sets that were read"))),
    };
    let servers = options.value.name_servers.read()?;
    match servers.iter().find(|server| !is_amazon(server, vpc)) {
        None if !servers.is_empty() => Ok(()),
        None => Err(Unknown::unresolved(format!("{id} names no resolver"))),
        Some(server) => Err(Unknown::unresolved(format!("what the resolver {server} of {id} answers is not known"))),
    }
}

/// AWS's resolver has a name, two link-local addresses, and the third address of the VPC's ranges
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>).
fn is_amazon(server: &str, vpc: &Site<'_, Vpc>) -> bool {
    let third = |cidr: &String| {
        let Ok(IpAddr::V4(network)) = cidr.split('/').next().unwrap_or_default().parse() else { return false };
        server.parse() == Ok(IpAddr::V4((u32::from(network).wrapping_add(2)).into()))
    };
    ["AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253"].contains(&server)
        || vpc.value.cidrs.read().is_ok_and(|cidrs| cidrs.iter().any(third))
}
