//! Do security groups admit the connection? They are stateful, so that only its beginning counts, and the
//! permissions of all groups of an interface add up
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>).

use crate::model::ec2::{Peer, Permission, SecurityGroup};
use crate::model::{Known, Unknown};

use foldhash::HashSet;

use super::Facts;
use super::ends::{End, named};
use super::names::{Names, distinct};
use super::permission::{block, tcp_ports};
use super::range::{Cover, Ports, Range, cover};
use super::step::{By, Direction, Outcome, Step, What};

/// Groups at one end of a path, asked about the other.
pub(super) struct Side<'a> {
    pub(super) facts: &'a dyn Facts,
    /// [`What::Egress`] or [`What::Ingress`].
    pub(super) what: What,
    /// The gateway or endpoint that the groups are of.
    pub(super) id: &'a str,
    /// The groups whose permissions count.
    pub(super) groups: &'a Known<Vec<String>>,
    /// The port that the connection is made to.
    pub(super) port: u16,
    /// The groups of the interfaces at the other end.
    pub(super) peers: &'a Known<Vec<String>>,
    /// Whether both ends are in one VPC, without which a reference is not sure to hold.
    pub(super) same_vpc: Result<bool, Unknown>,
}

/// What was gathered so far: a step for each end, open as soon as a single permission admits it.
struct Gathered<'a, 'e> {
    ends: &'e [End<'a>],
    /// The groups of the interfaces at the other end.
    peers: Result<Names<'a>, Unknown>,
    /// The prefix lists that were read; another permission with one of them adds nothing.
    lists: HashSet<&'a str>,
    steps: Vec<Step<'a>>,
    parts: Vec<(Range, By<'a>)>,
    gap: Option<Unknown>,
}

impl<'a> Side<'a> {
    /// Whether each of `ends`, the other ends, is admitted.
    pub(super) fn steps(&self, ends: &[End<'a>]) -> Vec<Step<'a>> {
        let steps = ends.iter().map(|end| self.step(end)).collect();
        let peers = self.peers.read().map(|peers| Names::of(peers));
        let mut gathered = Gathered { ends, peers, lists: HashSet::default(), steps, parts: Vec::new(), gap: None };
        if let Err(gap) = self.gather(&mut gathered) {
            gathered.note(gap);
        }
        gathered.finish()
    }

    /// The step for an end that nothing admits.
    fn step(&self, end: &End<'a>) -> Step<'a> {
        let (from, to) = if self.what == What::Egress { (self.id, end.id) } else { (end.id, self.id) };
        Step { outcome: Outcome::Blocked, ..Step::new(self.what, from, to, Some(end.range.family())) }
    }

    fn direction(&self) -> Direction {
        if self.what == What::Egress { Direction::Egress } else { Direction::Ingress }
    }

    fn gather(&self, gathered: &mut Gathered<'a, '_>) -> Result<(), Unknown> {
        let groups = self.groups.read()?;
        if groups.is_empty() {
            return Err(no_groups());
        }
        for id in distinct(groups) {
            match self.facts.group(id) {
                Ok(Some(group)) => self.gather_group(group, gathered),
                Ok(None) => {}
                Err(gap) => gathered.note(gap),
            }
            if gathered.is_done() {
                break;
            }
        }
        Ok(())
    }

    fn gather_group(&self, group: &'a SecurityGroup, gathered: &mut Gathered<'a, '_>) {
        let permissions = match permissions(group, self.direction()) {
            Ok(permissions) => permissions,
            Err(gap) => return gathered.note(gap),
        };
        for (index, permission) in permissions.iter().enumerate() {
            let noted = permission.read().and_then(|permission| match tcp_ports(permission)? {
                Some(ports) if ports.holds(&Ports::one(self.port)) => {
                    let by = By::Permission { group: &group.id, direction: self.direction(), index, permission };
                    self.gather_peer(&permission.peer, by, gathered)
                }
                _ => Ok(()),
            });
            if let Err(gap) = noted {
                gathered.note(gap);
            }
            if gathered.is_done() {
                return;
            }
        }
    }

    fn gather_peer(&self, peer: &'a Peer, by: By<'a>, gathered: &mut Gathered<'a, '_>) -> Result<(), Unknown> {
        match peer {
            Peer::Cidr(cidr) => gathered.offer(block(cidr)?, by),
            Peer::Group(id) => {
                if self.is_peer(id, &gathered.peers)? {
                    gathered.admit_all(by);
                }
            }
            Peer::PrefixList(id) if !gathered.lists.insert(id) => {}
            Peer::PrefixList(id) => {
                // A list cannot be deleted while a group names it, so that one not found was not to be seen.
                let list = named(self.facts.prefix_list(id), id)?;
                for cidr in list.cidrs.read()? {
                    match block(cidr) {
                        Ok(range) => gathered.offer(range, by),
                        Err(gap) => gathered.note(gap),
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the other end's interfaces carry a group. Across VPCs that counts only over an active peering
    /// or a transit gateway set up for it, which is not known here
    /// (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>).
    fn is_peer(&self, id: &str, peers: &Result<Names<'_>, Unknown>) -> Result<bool, Unknown> {
        match peers {
            Err(gap) => return Err(gap.clone()),
            Ok(peers) if peers.is_empty() => return Err(no_groups()),
            Ok(peers) if !peers.has(id) => return Ok(false),
            Ok(_) => {}
        }
        match &self.same_vpc {
            Ok(true) => Ok(true),
            Ok(false) => Err(Unknown::unresolved(format!("whether the reference to {id} holds across VPCs depends on what connects them"))),
            Err(gap) => Err(gap.clone()),
        }
    }
}

fn no_groups() -> Unknown {
    Unknown::unresolved("no security group is named, and which one AWS applies then is not known")
}

/// The list of a group for one direction.
pub(super) fn permissions(group: &SecurityGroup, direction: Direction) -> Result<&[Known<Permission>], Unknown> {
    match direction {
        Direction::Egress => group.egress.read(),
        Direction::Ingress => group.ingress.read(),
    }
    .map(Vec::as_slice)
}

impl<'a> Gathered<'a, '_> {
    fn note(&mut self, gap: Unknown) {
        self.gap.get_or_insert(gap);
    }

    fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.by.is_some())
    }

    fn admit_all(&mut self, by: By<'a>) {
        self.steps.iter_mut().for_each(|step| admit(step, by));
    }

    /// Addresses that a permission admits.
    fn offer(&mut self, range: Range, by: By<'a>) {
        let mut part = false;
        for (end, step) in self.ends.iter().zip(&mut self.steps) {
            if range.holds(&end.range) {
                admit(step, by);
            } else {
                part |= range.meets(&end.range);
            }
        }
        if part {
            self.parts.push((range, by));
        }
    }

    /// Decides the ends that no single permission admits.
    fn finish(mut self) -> Vec<Step<'a>> {
        for (end, step) in self.ends.iter().zip(&mut self.steps).filter(|(_, step)| step.by.is_none()) {
            let met: Vec<_> = self.parts.iter().filter(|(range, _)| range.meets(&end.range)).collect();
            step.outcome = match (cover(&end.range, met.iter().map(|(range, _)| range)), &self.gap) {
                (Cover::Full, _) => Outcome::Allowed,
                (_, Some(gap)) => Outcome::Unknown(gap.clone()),
                (Cover::Nothing, None) => Outcome::Blocked,
                (Cover::Part, None) => end.gap.clone().map_or(Outcome::Partial, Outcome::Unknown),
            };
            step.by = met.first().map(|(_, by)| *by);
            step.also = met.into_iter().skip(1).map(|(_, by)| *by).collect();
            step.also.dedup();
        }
        self.steps
    }
}

fn admit<'a>(step: &mut Step<'a>, by: By<'a>) {
    if step.by.is_none() {
        (step.outcome, step.by) = (Outcome::Allowed, Some(by));
    }
}
