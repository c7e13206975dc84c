//! Do network ACLs let a request and its answer through? They are stateless and hold at the edge of a
//! subnet, so that both directions count and nothing inside one subnet does; of the entries of a direction
//! the lowest number that matches decides, and none denies
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).

use crate::model::Unknown;
use crate::model::ec2::{AclEntry, NetworkAcl};

use super::Facts;
use super::area::{Area, Budget, Left};
use super::ends::End;
use super::permission::{block, protocol};
use super::range::Ports;
use super::step::{By, Direction, Outcome, Step, What};
use super::tables::Tables;

/// A network ACL, read once and sorted.
pub(super) struct Acl<'a> {
    id: &'a str,
    entries: Vec<Entry<'a>>,
}

/// An entry that concerns TCP.
struct Entry<'a> {
    index: usize,
    entry: &'a AclEntry,
    /// What it matches, or why that cannot be told.
    area: Result<Area, Unknown>,
}

impl Entry<'_> {
    fn may_match(&self, asked: &Area) -> bool {
        self.area.as_ref().is_ok_and(|area| area.meets(asked)) || self.area.is_err()
    }
}

impl<'a> Acl<'a> {
    fn read(acl: &'a NetworkAcl) -> Result<Self, Unknown> {
        let list = acl.entries.read()?;
        let mut entries = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            if let Some(area) = area(entry).transpose() {
                entries.push(Entry { index, entry, area });
            }
        }
        entries.sort_by_key(|entry| entry.entry.number);
        Ok(Acl { id: &acl.id, entries })
    }

    /// What the ACL does with `asked`, and by what. `doubt` says that only some addresses of it count.
    fn judge<'e>(
        &'e self,
        direction: Direction,
        asked: Area,
        doubt: Option<&'e Unknown>,
        budget: &mut Budget,
    ) -> Result<Ruling<'e, 'a>, Unknown> {
        let too_many = || Unknown::unresolved(format!("{} has more entries than AWS allows", self.id));
        budget.spend(self.entries.len()).ok_or_else(too_many)?;
        let entries = || self.entries.iter().filter(|entry| entry.entry.egress == (direction == Direction::Egress));
        let mut ruling = Ruling { doubt, ..Ruling::default() };
        // Nearly always one entry decides everything.
        if let Some(entry) = entries().find(|entry| entry.may_match(&asked))
            && entry.area.as_ref().is_ok_and(|area| area.holds(&asked))
        {
            ruling.decide(entry);
            return Ok(ruling);
        }
        let mut left = Left::of(asked);
        for entry in entries() {
            match &entry.area {
                Ok(area) => {
                    if left.take(area, budget).ok_or_else(too_many)? {
                        ruling.decide(entry);
                    }
                }
                Err(gap) => ruling.note(entry, gap),
            }
            if left.is_empty() {
                return Ok(ruling);
            }
        }
        ruling.unmatched = true;
        Ok(ruling)
    }
}

/// What an entry matches of TCP; `None` if it is about another protocol.
fn area(entry: &AclEntry) -> Result<Option<Area>, Unknown> {
    match protocol(&entry.protocol)?.tcp(entry.from, entry.to)? {
        Some(ports) => Ok(Some(Area { range: block(&entry.cidr)?, ports })),
        None => Ok(None),
    }
}

/// What was decided about the parts of what was asked.
#[derive(Default)]
struct Ruling<'e, 'a> {
    allow: Option<&'e Entry<'a>>,
    deny: Option<&'e Entry<'a>>,
    /// Something is left that no entry matches, which denies it.
    unmatched: bool,
    /// Entries that might match before the others, and would decide so.
    maybe_allow: Option<&'e Unknown>,
    maybe_deny: Option<&'e Unknown>,
    doubt: Option<&'e Unknown>,
}

impl<'e, 'a> Ruling<'e, 'a> {
    fn decide(&mut self, entry: &'e Entry<'a>) {
        if entry.entry.allow { &mut self.allow } else { &mut self.deny }.get_or_insert(entry);
    }

    fn note(&mut self, entry: &Entry<'_>, gap: &'e Unknown) {
        if entry.entry.allow { &mut self.maybe_allow } else { &mut self.maybe_deny }.get_or_insert(gap);
    }

    /// What it comes to, and why that is not certain.
    fn outcome(&self) -> Outcome {
        let (otherwise, gap) = match (self.allow.is_some(), self.deny.is_some() || self.unmatched) {
            (true, false) => (Outcome::Allowed, self.maybe_deny),
            (false, _) => (Outcome::Blocked, self.maybe_allow),
            (true, true) => (Outcome::Partial, self.maybe_deny.or(self.maybe_allow).or(self.doubt)),
        };
        gap.map_or(otherwise, |gap| Outcome::Unknown(gap.clone()))
    }

    /// Says in `step` what decided it: the first that denies, or else the first that allows; and the other one.
    fn explain(&self, acl: &'a str, step: &mut Step<'a>) {
        let entry = |Entry { index, entry, .. }: &Entry<'a>| By::Entry { acl, index: *index, entry };
        match (self.deny, self.unmatched, self.allow) {
            (None, false, None) => {}
            (None, false, Some(allow)) => step.by = Some(entry(allow)),
            (deny, _, allow) => {
                step.by = Some(deny.map_or(By::NoEntry { acl }, entry));
                step.also.extend(allow.map(entry));
            }
        }
    }
}

/// The network ACLs between two lists of ends.
pub(super) struct Acls<'a> {
    facts: &'a dyn Facts,
    tables: Tables<'a, NetworkAcl, Acl<'a>>,
    budget: Budget,
}

/// One edge of a subnet that packets cross.
#[derive(Clone, Copy)]
struct Edge<'a, 'e> {
    what: What,
    direction: Direction,
    /// The end whose subnet it is.
    own: &'e End<'a>,
    /// The other end.
    other: &'e End<'a>,
    /// The destination port.
    ports: Ports,
}

impl<'a> Acls<'a> {
    pub(super) fn new(facts: &'a dyn Facts) -> Self {
        Acls { facts, tables: Tables::default(), budget: Budget::default() }
    }

    /// The request: out of each gateway subnet, into each endpoint subnet.
    pub(super) fn forward(&mut self, sources: &[End<'a>], targets: &[End<'a>], port: u16) -> Vec<Step<'a>> {
        let ports = Ports::one(port);
        self.walk(sources, targets, |source, target| {
            [
                Edge { what: What::AclOut, direction: Direction::Egress, own: source, other: target, ports },
                Edge { what: What::AclIn, direction: Direction::Ingress, own: target, other: source, ports },
            ]
        })
    }

    /// The answer: out of each endpoint subnet, into each gateway subnet.
    pub(super) fn back(&mut self, sources: &[End<'a>], targets: &[End<'a>]) -> Vec<Step<'a>> {
        let ports = Ports::EPHEMERAL;
        self.walk(targets, sources, |target, source| {
            [
                Edge { what: What::AclReturnOut, direction: Direction::Egress, own: target, other: source, ports },
                Edge { what: What::AclReturnIn, direction: Direction::Ingress, own: source, other: target, ports },
            ]
        })
    }

    fn walk<'e>(
        &mut self,
        from: &'e [End<'a>],
        to: &'e [End<'a>],
        edges: impl Fn(&'e End<'a>, &'e End<'a>) -> [Edge<'a, 'e>; 2],
    ) -> Vec<Step<'a>> {
        let mut steps = Vec::with_capacity(2 * from.len() * to.len());
        for first in from {
            for second in to.iter().filter(|second| second.range.family() == first.range.family()) {
                for edge in edges(first, second) {
                    let mut step = Step::new(edge.what, first.id, second.id, Some(first.range.family()));
                    self.cross(&edge, &mut step);
                    steps.push(step);
                }
            }
        }
        steps
    }

    /// What becomes of packets at an edge, told in `step`.
    fn cross(&mut self, edge: &Edge<'a, '_>, step: &mut Step<'a>) {
        let Edge { direction, own, other, ports, .. } = *edge;
        let unplaced = match (&own.subnet, &other.subnet) {
            (Ok(own), Ok(other)) if own == other => {
                step.by = Some(By::SameSubnet);
                return;
            }
            (Err(gap), _) | (_, Err(gap)) => Some(gap),
            _ => None,
        };
        let asked = Area { range: other.range, ports };
        let facts = self.facts;
        let find =
            |subnet| facts.acl_of_subnet(subnet)?.ok_or_else(|| Unknown::unresolved(format!("no network ACL of {subnet} was found")));
        let acl = own.subnet.clone().and_then(|subnet| self.tables.of(subnet, || find(subnet), Acl::read));
        let budget = &mut self.budget;
        match acl.and_then(|acl| Ok((acl.id, acl.judge(direction, asked, other.gap.as_ref(), budget)?))) {
            Ok((id, ruling)) => {
                step.outcome = ruling.outcome();
                ruling.explain(id, step);
            }
            Err(gap) => step.outcome = Outcome::Unknown(gap),
        }
        // The ends may share a subnet, and then nothing is filtered.
        if let (Some(gap), Outcome::Blocked | Outcome::Partial) = (unplaced, &step.outcome) {
            step.outcome = Outcome::Unknown(gap.clone());
        }
    }
}
