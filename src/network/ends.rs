//! The two ends of a path: the addresses a gateway sends from and those at which an endpoint answers.
//!
//! A gateway may use any address of its subnets, now or later, so that all of them have to pass
//! (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>). An endpoint answers at the
//! addresses of its interfaces. Where an address is not known, the narrowest range that is known to hold it
//! stands in, with the reason: what holds for the whole range holds for the address.

use crate::model::ec2::{Endpoint, Subnet};
use crate::model::lattice::Gateway;
use crate::model::{Known, Unknown};

use super::families::Families;
use super::permission::block;
use super::range::{Family, Range};
use super::{Facts, Found};

/// More addresses or subnets than one endpoint or gateway has in any region: about one for each zone. Every
/// pair of ends is looked at, so that a file that names thousands must not be taken at its word.
const MOST_ENDS: usize = 64;

/// Addresses at one end, of one family.
#[derive(Clone, Debug)]
pub(super) struct End<'a> {
    /// The interface or subnet that is named in a step.
    pub(super) id: &'a str,
    /// Its subnet.
    pub(super) subnet: Result<&'a str, Unknown>,
    /// All addresses that are used, or a range that holds them.
    pub(super) range: Range,
    /// Why it is not known which addresses of the range are used; without it all are.
    pub(super) gap: Option<Unknown>,
}

/// What is being looked up, with all that is needed to fall back on.
struct Search<'a> {
    facts: &'a dyn Facts,
    vpc: &'a Known<String>,
    ends: Vec<End<'a>>,
}

/// The subnets that the gateway sends from; never empty unless `families` is.
pub(super) fn sources<'a>(facts: &'a dyn Facts, gateway: &'a Gateway, families: Families) -> Vec<End<'a>> {
    let mut search = Search { facts, vpc: &gateway.vpc_id, ends: Vec::with_capacity(4) };
    let ids = listed(&gateway.subnet_ids, || format!("gateway {} has no subnet", gateway.id));
    for family in families.iter() {
        match &ids {
            Ok(ids) => ids.iter().for_each(|id| search.in_subnet(id, id, family, None)),
            Err(gap) => search.in_vpc(&gateway.id, Err(gap.clone()), family, gap.clone()),
        }
    }
    search.finish(&gateway.id, families)
}

/// The addresses at which the endpoint answers; never empty unless `families` is.
pub(super) fn targets<'a>(facts: &'a dyn Facts, endpoint: &'a Endpoint, families: Families) -> Vec<End<'a>> {
    let mut search = Search { facts, vpc: &endpoint.vpc_id, ends: Vec::with_capacity(4) };
    let ids = listed(&endpoint.interface_ids, || format!("no network interface of endpoint {} is known", endpoint.id));
    for family in families.iter() {
        match &ids {
            Ok(ids) => ids.iter().for_each(|id| search.at_interface(id, family)),
            Err(gap) => search.in_subnets_of(endpoint, family, gap),
        }
    }
    search.finish(&endpoint.id, families)
}

/// A list that has to name something.
fn listed(ids: &Known<Vec<String>>, none: impl FnOnce() -> String) -> Result<&[String], Unknown> {
    match ids.read()?.as_slice() {
        [] => Err(Unknown::unresolved(none())),
        ids => Ok(ids),
    }
}

/// A resource that another one names, so that it has to be there.
pub(super) fn named<'a, T>(found: Found<'a, T>, id: &str) -> Result<&'a T, Unknown> {
    found?.ok_or_else(|| Unknown::unresolved(format!("{id} is named but was not found")))
}

impl<'a> Search<'a> {
    fn add(&mut self, id: &'a str, subnet: Result<&'a str, Unknown>, range: Range, gap: Option<Unknown>) {
        self.ends.push(End { id, subnet, range, gap });
    }

    /// The interface's addresses and, where they are not all known, some address of its subnet.
    fn at_interface(&mut self, id: &'a str, family: Family) {
        let interface = match named(self.facts.interface(id), id) {
            Ok(interface) => interface,
            Err(gap) => return self.in_vpc(id, Err(gap.clone()), family, gap),
        };
        let subnet = interface.subnet_id.read().map(String::as_str);
        let Err(gap) = interface.addresses.read().and_then(|addresses| self.at(id, &subnet, addresses, family)) else { return };
        match subnet {
            Ok(subnet) => self.in_subnet(id, subnet, family, Some(gap)),
            Err(unplaced) => self.in_vpc(id, Err(unplaced), family, gap),
        }
    }

    /// The addresses of one family, of which there has to be one. An interface has addresses of its subnet
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html>): another one is not what it answers at.
    fn at(&mut self, id: &'a str, subnet: &Result<&'a str, Unknown>, addresses: &[String], family: Family) -> Result<(), Unknown> {
        let home = subnet.as_ref().ok().and_then(|id| self.facts.subnet(id).ok().flatten());
        let home = home.and_then(|home| blocks(home.cidrs.read().ok()?, family).ok()).unwrap_or_default();
        let mut found = false;
        for text in addresses {
            let range = Range::address(text).ok_or_else(|| Unknown::unresolved(format!("`{text}` is not an address")))?;
            if range.family() == family {
                if !home.is_empty() && !home.iter().any(|block| block.holds(&range)) {
                    return Err(Unknown::unresolved(format!("{text} of {id} is no address of the subnet that {id} is in")));
                }
                found = true;
                self.add(id, subnet.clone(), range, None);
            }
        }
        if found { Ok(()) } else { Err(Unknown::unresolved(format!("no {family} address of {id} is known"))) }
    }

    /// Some address of each of the endpoint's subnets, because its interfaces are not known.
    fn in_subnets_of(&mut self, endpoint: &'a Endpoint, family: Family, gap: &Unknown) {
        match listed(&endpoint.subnet_ids, || format!("endpoint {} has no subnet", endpoint.id)) {
            Ok(ids) => ids.iter().for_each(|id| self.in_subnet(id, id, family, Some(gap.clone()))),
            Err(unplaced) => self.in_vpc(&endpoint.id, Err(unplaced), family, gap.clone()),
        }
    }

    /// All addresses of a subnet or, with a gap, some address of it.
    fn in_subnet(&mut self, id: &'a str, subnet: &'a str, family: Family, gap: Option<Unknown>) {
        let before = self.ends.len();
        let ranges = named(self.facts.subnet(subnet), subnet).and_then(|found| self.all_of(id, found, family, gap.as_ref()));
        match (ranges, gap) {
            // With several ranges it is not known in which one the address is.
            (Ok(count), Some(gap)) if count > 1 => {
                self.ends.truncate(before);
                self.in_vpc(id, Ok(subnet), family, gap);
            }
            (Ok(_), _) => {}
            (Err(unranged), gap) => {
                self.ends.truncate(before);
                self.in_vpc(id, Ok(subnet), family, gap.unwrap_or(unranged));
            }
        }
    }

    /// The ranges of a subnet of one family, of which there has to be one. How many there are.
    fn all_of(&mut self, id: &'a str, subnet: &'a Subnet, family: Family, gap: Option<&Unknown>) -> Result<usize, Unknown> {
        let mut count = 0;
        for cidr in subnet.cidrs.read()? {
            let range = block(cidr)?;
            if range.family() == family {
                count += 1;
                self.add(id, Ok(&subnet.id), range, gap.cloned());
            }
        }
        if count > 0 { Ok(count) } else { Err(Unknown::unresolved(format!("no {family} range of {} is known", subnet.id))) }
    }

    /// Some address of the VPC; where not even its range is known, any address.
    fn in_vpc(&mut self, id: &'a str, subnet: Result<&'a str, Unknown>, family: Family, gap: Unknown) {
        let vpc = self.vpc.read().and_then(|vpc| named(self.facts.vpc(vpc), vpc));
        let only = vpc.and_then(|vpc| blocks(vpc.cidrs.read()?, family)).ok().filter(|ranges| ranges.len() == 1);
        let range = only.map_or(Range::whole(family), |ranges| ranges[0]);
        self.add(id, subnet, range, Some(gap));
    }

    fn finish(mut self, id: &'a str, families: Families) -> Vec<End<'a>> {
        if self.ends.len() > MOST_ENDS {
            let gap = Unknown::unresolved(format!("{id} has {} addresses or subnets, more than AWS makes", self.ends.len()));
            self.ends.clear();
            families.iter().for_each(|family| self.in_vpc(id, Err(gap.clone()), family, gap.clone()));
        }
        self.ends
    }
}

/// The blocks of one family.
///
/// # Errors
/// If one cannot be read: it might be of this family.
fn blocks(cidrs: &[String], family: Family) -> Result<Vec<Range>, Unknown> {
    let mut blocks = Vec::with_capacity(cidrs.len());
    for cidr in cidrs {
        let range = block(cidr)?;
        if range.family() == family {
            blocks.push(range);
        }
    }
    Ok(blocks)
}
