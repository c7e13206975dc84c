//! Which address family a path can use: what gateway, resource configuration and endpoint have in common.

use std::fmt;

use crate::model::Unknown;
use crate::model::ec2::Endpoint;
use crate::model::lattice::{Gateway, ResourceConfig};

use super::range::{Family, Range};

/// A set of address families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// IPv4 is in it.
    pub v4: bool,
    /// IPv6 is in it.
    pub v6: bool,
}

impl Families {
    /// No family.
    pub const NONE: Families = Families { v4: false, v6: false };
    /// IPv4 only.
    pub const V4: Families = Families { v4: true, v6: false };
    /// IPv6 only.
    pub const V6: Families = Families { v4: false, v6: true };
    /// Both families.
    pub const BOTH: Families = Families { v4: true, v6: true };

    /// Whether a family is in it.
    pub fn has(self, family: Family) -> bool {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }

    /// The families in it.
    pub fn iter(self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(move |family| self.has(*family))
    }

    fn and(self, other: Families) -> Families {
        Families { v4: self.v4 && other.v4, v6: self.v6 && other.v6 }
    }
}

impl fmt::Display for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.v4, self.v6) {
            (true, true) => "IPv4 and IPv6",
            (true, false) => "IPv4",
            (false, true) => "IPv6",
            (false, false) => "no address family",
        })
    }
}

/// What one hop allows.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// It can do these for certain.
    pub certain: Families,
    /// It may do these; never fewer.
    pub possible: Families,
    /// Why the two differ.
    pub gap: Option<Unknown>,
}

impl Side {
    fn known(families: Families) -> Side {
        Side { certain: families, possible: families, gap: None }
    }

    fn between(certain: Families, possible: Families, gap: Unknown) -> Side {
        Side { certain, possible, gap: Some(gap) }
    }
}

impl From<Result<Side, Unknown>> for Side {
    fn from(side: Result<Side, Unknown>) -> Self {
        side.unwrap_or_else(|gap| Side::between(Families::NONE, Families::BOTH, gap))
    }
}

/// What each of the three hops allows
/// (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>,
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>).
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyMatrix {
    /// The addresses that the gateway has.
    pub gateway: Side,
    /// The addresses that the resource configuration asks for.
    pub config: Side,
    /// The addresses that the endpoint has and its name answers with.
    pub endpoint: Side,
}

impl FamilyMatrix {
    fn sides(&self) -> [&Side; 3] {
        [&self.gateway, &self.config, &self.endpoint]
    }

    /// The families that the path may use, as far as is known.
    pub fn possible(&self) -> Families {
        self.sides().into_iter().fold(Families::BOTH, |families, side| families.and(side.possible))
    }

    /// The families that the path can use, whatever is not known.
    pub(super) fn certain(&self) -> Families {
        self.sides().into_iter().fold(Families::BOTH, |families, side| families.and(side.certain))
    }

    /// The families that all three have in common; [`Families::NONE`] says that the path cannot work.
    ///
    /// # Errors
    /// The gap that keeps a family in doubt.
    pub fn common(&self) -> Result<Families, Unknown> {
        let (certain, possible) = (self.certain(), self.possible());
        match self.sides().into_iter().find_map(|side| side.gap.clone()) {
            Some(gap) if certain != possible => Err(gap),
            _ => Ok(possible),
        }
    }
}

impl fmt::Display for FamilyMatrix {
    /// Each hop and what it may do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [gateway, config, endpoint] = self.sides().map(|side| side.possible);
        write!(f, "gateway {gateway}, resource configuration {config}, endpoint {endpoint}")
    }
}

/// Which families gateway, resource configuration and endpoint allow.
pub fn families(gateway: &Gateway, config: &ResourceConfig, endpoint: &Endpoint) -> FamilyMatrix {
    FamilyMatrix { gateway: of_gateway(gateway).into(), config: of_config(config).into(), endpoint: of_endpoint(endpoint, config).into() }
}

fn of_gateway(gateway: &Gateway) -> Result<Side, Unknown> {
    named(gateway.ip_address_type.read()?).map(Side::known)
}

/// A domain has the type that is written beside it, an address its own. `DUALSTACK` stands for both, although
/// AWS calls it unsupported: which one would be used is not known, and that is for a rule of its own
/// (<https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_DnsResource.html>).
fn of_config(config: &ResourceConfig) -> Result<Side, Unknown> {
    if let Some(kind) = config.ip_address_type.read()? {
        return named(kind).map(Side::known);
    }
    match config.ip_address.read()? {
        None => Ok(Side::known(Families::BOTH)),
        Some(address) => match Range::address(address).map(|range| range.family()) {
            Some(Family::V4) => Ok(Side::known(Families::V4)),
            Some(Family::V6) => Ok(Side::known(Families::V6)),
            None => Err(Unknown::unresolved(format!("`{address}` is not an address"))),
        },
    }
}

/// What the endpoint's interfaces have, as far as the name in use answers with it.
fn of_endpoint(endpoint: &Endpoint, config: &ResourceConfig) -> Result<Side, Unknown> {
    let Some(kind) = endpoint.ip_address_type.read()? else {
        let gap = Unknown::unresolved("the endpoint does not say which type of address it has");
        return Ok(Side::between(Families::V4, Families::BOTH, gap));
    };
    let addresses = named(kind)?;
    if addresses != Families::BOTH {
        return Ok(Side::known(addresses));
    }
    // Only a dual-stack endpoint has a choice of records.
    let records = endpoint.dns_record_ip_type.read()?.as_deref().unwrap_or("not-specified");
    match records {
        "service-defined" | "not-specified" => of_default_records(records, config),
        other => named(other).map(Side::known),
    }
}

/// The service's own choice is A for the private names, A and AAAA for the endpoint's own names. Where no
/// choice is written it is that or both for all, which differ for the private names only
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>).
fn of_default_records(records: &str, config: &ResourceConfig) -> Result<Side, Unknown> {
    let private = config.domain.read()?.as_deref().is_some_and(|domain| domain.contains(".execute-api.") && !domain.contains(".vpce."));
    Ok(match (private, records) {
        (false, _) => Side::known(Families::BOTH),
        (true, "service-defined") => Side::known(Families::V4),
        (true, _) => {
            let gap = Unknown::unresolved("the endpoint does not say which records its private name has");
            Side::between(Families::V4, Families::BOTH, gap)
        }
    })
}

/// The families of a type, in the letters of either service.
fn named(kind: &str) -> Result<Families, Unknown> {
    let is = |name| kind.eq_ignore_ascii_case(name);
    if is("ipv4") {
        Ok(Families::V4)
    } else if is("ipv6") {
        Ok(Families::V6)
    } else if is("dualstack") {
        Ok(Families::BOTH)
    } else {
        Err(Unknown::unresolved(format!("`{kind}` is not a type of address that is known here")))
    }
}
