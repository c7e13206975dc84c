//! Can a packet get from a resource gateway to an endpoint and back?
//!
//! Every question is answered from what is known, in three values: a gap counts only where nothing known
//! decides, and what cannot be read is never taken for a pass. The answer is a list of steps, each naming
//! the permission, entry or route that decided it.
//!
//! The evaluator depends on the model only. Where a resource is found is left to [`Facts`].

use crate::model::Unknown;
use crate::model::ec2::{Endpoint, Interface, NetworkAcl, PrefixList, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::model::lattice::{Gateway, ResourceConfig};

mod acl;
mod area;
mod ends;
mod families;
mod groups;
mod names;
mod permission;
mod proof;
mod range;
mod routes;
mod step;
mod tables;
mod wide;

#[cfg(test)]
mod tests;

pub use families::{Families, FamilyMatrix, Side, families};
pub use permission::Canonical;
pub use proof::{Answer, Proof, Verdict};
pub use range::{Cover, Family, PortSet, Ports, Range, cover};
pub use step::{By, Direction, Outcome, Step, What};
pub use wide::{Excess, Needs, Wide, WideEgress, wide_egress};

use acl::Acls;
use ends::End;

/// A resource; `None` if it is known not to exist, an error if that is not known (it was not read, or belongs to
/// an account that was not).
pub type Found<'a, T> = Result<Option<&'a T>, Unknown>;

/// Where the evaluator finds what an id names. All ids are seen from the account and region of the path.
pub trait Facts {
    /// A security group.
    fn group(&self, id: &str) -> Found<'_, SecurityGroup>;
    /// A subnet.
    fn subnet(&self, id: &str) -> Found<'_, Subnet>;
    /// A network interface.
    fn interface(&self, id: &str) -> Found<'_, Interface>;
    /// A VPC.
    fn vpc(&self, id: &str) -> Found<'_, Vpc>;
    /// A managed prefix list.
    fn prefix_list(&self, id: &str) -> Found<'_, PrefixList>;
    /// The network ACL that holds for a subnet: the one associated with it, or else the default one of its
    /// VPC. Every subnet has one, so that `None` is taken for a gap and not for a pass
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    fn acl_of_subnet(&self, subnet: &str) -> Found<'_, NetworkAcl>;
    /// The route table that holds for a subnet: the one associated with it, or else the main one of its VPC.
    /// Every subnet has one, so that `None` is taken for a gap
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html>).
    fn route_table_of_subnet(&self, subnet: &str) -> Found<'_, RouteTable>;
}

/// One gateway, one endpoint, and the connection between them that is asked about.
pub struct Path<'a> {
    facts: &'a dyn Facts,
    gateway: &'a Gateway,
    endpoint: &'a Endpoint,
    port: u16,
    families: FamilyMatrix,
    same_vpc: Result<bool, Unknown>,
    sources: Vec<End<'a>>,
    targets: Vec<End<'a>>,
}

impl<'a> Path<'a> {
    /// The path by which `gateway` reaches `endpoint` at a TCP port for `config`. Addresses are looked up
    /// once, here.
    pub fn new(facts: &'a dyn Facts, gateway: &'a Gateway, config: &ResourceConfig, endpoint: &'a Endpoint, port: u16) -> Self {
        let families = families(gateway, config, endpoint);
        let possible = families.possible();
        let same_vpc = gateway.vpc_id.read().and_then(|own| Ok(own == endpoint.vpc_id.read()?));
        let (sources, targets) = (ends::sources(facts, gateway, possible), ends::targets(facts, endpoint, possible));
        Path { facts, gateway, endpoint, port, families, same_vpc, sources, targets }
    }

    /// Which address families the two ends and the resource configuration allow.
    pub fn families(&self) -> &FamilyMatrix {
        &self.families
    }

    /// Whether gateway and endpoint are in one VPC.
    ///
    /// # Errors
    /// The gap, where one of the VPCs is not known.
    pub fn same_vpc(&self) -> Result<bool, Unknown> {
        self.same_vpc.clone()
    }

    /// Do the gateway's groups let the request out to each address of the endpoint?
    pub fn egress(&self) -> Answer<'a> {
        let side = groups::Side {
            facts: self.facts,
            what: What::Egress,
            id: &self.gateway.id,
            groups: &self.gateway.security_group_ids,
            port: self.port,
            peers: &self.endpoint.security_group_ids,
            same_vpc: self.same_vpc.clone(),
        };
        self.answer(side.steps(&self.targets), 1)
    }

    /// Do the endpoint's groups let the request in from each subnet of the gateway?
    pub fn ingress(&self) -> Answer<'a> {
        let side = groups::Side {
            facts: self.facts,
            what: What::Ingress,
            id: &self.endpoint.id,
            groups: &self.endpoint.security_group_ids,
            port: self.port,
            peers: &self.gateway.security_group_ids,
            same_vpc: self.same_vpc.clone(),
        };
        self.answer(side.steps(&self.sources), 1)
    }

    /// Do the network ACLs let the request through?
    pub fn acl_forward(&self) -> Answer<'a> {
        self.answer(Acls::new(self.facts).forward(&self.sources, &self.targets, self.port), 2)
    }

    /// Do the network ACLs let the answer through, to every port it may go to?
    pub fn acl_return(&self) -> Answer<'a> {
        self.answer(Acls::new(self.facts).back(&self.sources, &self.targets), 2)
    }

    /// Are there routes there and back?
    pub fn routes(&self) -> Answer<'a> {
        match &self.same_vpc {
            Ok(true) => self.answer(vec![self.step(What::Route, Outcome::Allowed, Some(By::SameVpc))], 1),
            Ok(false) => self.answer(routes::steps(self.facts, &self.sources, &self.targets), 2),
            Err(gap) => self.answer(vec![self.step(What::Route, Outcome::Unknown(gap.clone()), None)], 1),
        }
    }

    /// All answers together.
    pub fn proof(&self) -> Proof<'a> {
        let mut acls = Acls::new(self.facts);
        Proof {
            families: self.families.clone(),
            family_step: self.family_step(),
            egress: self.egress(),
            acl_forward: self.answer(acls.forward(&self.sources, &self.targets, self.port), 2),
            routes: self.routes(),
            ingress: self.ingress(),
            acl_return: self.answer(acls.back(&self.sources, &self.targets), 2),
        }
    }

    /// Without a common address family nothing else is worth asking.
    fn answer(&self, steps: Vec<Step<'a>>, row: usize) -> Answer<'a> {
        match self.families.possible() {
            Families::NONE => Answer::new(vec![self.family_step()], 1),
            _ => Answer::new(steps, row),
        }
    }

    fn family_step(&self) -> Step<'a> {
        let outcome = match self.families.common() {
            Ok(Families::NONE) => Outcome::Blocked,
            Ok(_) => Outcome::Allowed,
            Err(gap) => Outcome::Unknown(gap),
        };
        self.step(What::Families, outcome, None)
    }

    /// A step about the path as a whole.
    fn step(&self, what: What, outcome: Outcome, by: Option<By<'a>>) -> Step<'a> {
        Step { outcome, by, ..Step::new(what, &self.gateway.id, &self.endpoint.id, None) }
    }
}
