//! Are there routes from the gateway's subnets to the endpoint and back? Inside a VPC always; between VPCs
//! the longest prefix of each subnet's table decides
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
//!
//! Only the tables of the two VPCs are read. A peering connection joins exactly two VPCs, so that tables that
//! name the same one lead to each other; two tables that name the same transit gateway are taken to do so too,
//! although its own tables may say otherwise. Anything else in between is not followed and not known.

use crate::model::Unknown;
use crate::model::ec2::{Route, RouteTable};

use foldhash::HashSet;

use super::Facts;
use super::area::{Area, Budget, Left};
use super::ends::{End, named};
use super::permission::block;
use super::range::{Family, Ports, Range};
use super::step::{By, Outcome, Step, What};
use super::tables::Tables;

/// A route table, read once, longest prefix first.
struct Table<'a> {
    id: &'a str,
    entries: Vec<Entry<'a>>,
    /// A destination that cannot be read: it might be the longest prefix of anything.
    gap: Option<Unknown>,
}

struct Entry<'a> {
    index: usize,
    route: &'a Route,
    range: Range,
    /// Comes from a prefix list, which gives way to a route of the same length.
    listed: bool,
    /// Another route to the same addresses may go before it.
    contested: bool,
}

impl Entry<'_> {
    /// Whether another route to the same addresses, which stands behind this one, may yet go before it to somewhere else:
    /// of two lists "we randomly choose", and a propagated route gives way to a list. Only virtual private gateways
    /// propagate.
    fn may_give_way_to(&self, other: &Self) -> bool {
        let differs = (&self.route.target, &self.route.state) != (&other.route.target, &other.route.state);
        differs && (self.listed == other.listed || self.route.target.starts_with("vgw-"))
    }
}

/// Marks the first entry of each range that it does not surely decide. Entries of one range stand together.
fn contest(entries: &mut [Entry<'_>]) {
    for alike in entries.chunk_by_mut(|one, other| one.range == other.range) {
        if let [first, others @ ..] = alike {
            first.contested = others.iter().any(|other| first.may_give_way_to(other));
        }
    }
}

impl<'a> Table<'a> {
    fn read(facts: &'a dyn Facts, table: &'a RouteTable) -> Result<Self, Unknown> {
        let mut read = Table { id: &table.id, entries: Vec::new(), gap: None };
        let mut lists = HashSet::default();
        for (index, route) in table.routes.read()?.iter().enumerate() {
            // Of two routes to one list the first counts.
            let again = route.destination.starts_with("pl-") && !lists.insert(route.destination.as_str());
            if !again && let Err(gap) = read.add(facts, index, route) {
                read.gap.get_or_insert(gap);
            }
        }
        read.entries.sort_by_key(|entry| (entry.range.free_bits(), entry.range.family(), entry.range.first, entry.listed));
        contest(&mut read.entries);
        Ok(read)
    }

    fn add(&mut self, facts: &'a dyn Facts, index: usize, route: &'a Route) -> Result<(), Unknown> {
        if !route.destination.starts_with("pl-") {
            self.entries.push(Entry { index, route, range: block(&route.destination)?, listed: false, contested: false });
            return Ok(());
        }
        let list = named(facts.prefix_list(&route.destination), &route.destination)?;
        for cidr in list.cidrs.read()? {
            self.entries.push(Entry { index, route, range: block(cidr)?, listed: true, contested: false });
        }
        Ok(())
    }

    /// Where packets to `end` go: each different answer once.
    fn leads(&self, end: &End<'a>, budget: &mut Budget) -> Result<Vec<Lead<'a>>, Unknown> {
        if let Some(gap) = &self.gap {
            return Err(gap.clone());
        }
        let (mut leads, mut left) = (Vec::new(), Left::of(Area { range: end.range, ports: Ports::ALL }));
        for Entry { index, route, range, contested, .. } in &self.entries {
            let too_many = || Unknown::unresolved(format!("{} has more routes than AWS allows", self.id));
            if left.take(&Area { range: *range, ports: Ports::ALL }, budget).ok_or_else(too_many)? {
                let by = By::Route { table: self.id, index: *index, route };
                let way = if *contested { Way::Contested } else { way(route, end.range.family()) };
                leads.push(Lead { way, by });
            }
        }
        if !left.is_empty() {
            leads.push(Lead { way: Way::Nowhere, by: By::NoRoute { table: self.id } });
        }
        Ok(leads)
    }
}

/// One answer of a table.
struct Lead<'a> {
    way: Way<'a>,
    by: By<'a>,
}

/// Where a route leads, seen from a path to another VPC.
#[derive(Clone, Copy, PartialEq)]
enum Way<'a> {
    /// To a peering connection or transit gateway.
    Over(&'a str),
    /// Not to the other VPC.
    Nowhere,
    /// Not followed.
    Beyond(&'a Route),
    /// To one of several places, and which one is not known.
    Contested,
}

/// An internet gateway never reaches the private IPv4 addresses of another VPC, and `local` never leaves its own.
fn way(route: &Route, family: Family) -> Way<'_> {
    let target = route.target.as_str();
    match route.state.as_str() {
        "blackhole" => Way::Nowhere,
        "active" if target.starts_with("pcx-") || target.starts_with("tgw-") => Way::Over(target),
        "active" if target == "local" || (target.starts_with("igw-") && family == Family::V4) => Way::Nowhere,
        _ => Way::Beyond(route),
    }
}

/// What one table says about one end, summed up.
enum Summary<'a> {
    Over(&'a str, By<'a>),
    Nowhere(By<'a>),
    /// Some addresses lead nowhere, others somewhere.
    Torn(By<'a>, By<'a>),
    Unclear(Unknown, Option<By<'a>>),
}

fn sum_up<'a>(leads: Result<Vec<Lead<'a>>, Unknown>, end: &End<'a>) -> Summary<'a> {
    let leads = match leads {
        Ok(leads) => leads,
        Err(gap) => return Summary::Unclear(gap, None),
    };
    let Some(first) = leads.first() else { return Summary::Unclear(Unknown::unresolved("a range without addresses has no route"), None) };
    let nowhere = leads.iter().find(|lead| lead.way == Way::Nowhere);
    if leads.iter().all(|lead| lead.way == first.way) {
        return match first.way {
            Way::Over(link) => Summary::Over(link, first.by),
            Way::Nowhere => Summary::Nowhere(first.by),
            Way::Contested => {
                let gap = Unknown::unresolved(format!("several routes to the addresses of {} have the same length", end.id));
                Summary::Unclear(gap, Some(first.by))
            }
            Way::Beyond(route) => {
                Summary::Unclear(Unknown::unresolved(format!("where {} leads was not followed", route.target)), Some(first.by))
            }
        };
    }
    match (nowhere, leads.iter().find(|lead| lead.way != Way::Nowhere), &end.gap) {
        (Some(nowhere), Some(other), None) => Summary::Torn(nowhere.by, other.by),
        (_, _, Some(gap)) => Summary::Unclear(gap.clone(), Some(first.by)),
        _ => Summary::Unclear(Unknown::unresolved(format!("the addresses of {} are routed in several ways", end.id)), Some(first.by)),
    }
}

/// The steps there and back for every pair of ends, of which `same_vpc` tells whether they share a VPC.
pub(super) fn steps<'a>(facts: &'a dyn Facts, sources: &[End<'a>], targets: &[End<'a>]) -> Vec<Step<'a>> {
    let (mut tables, mut budget, mut steps) = (Tables::default(), Budget::default(), Vec::new());
    let mut ask = |from: &End<'a>, to: &End<'a>| {
        let leads = from.subnet.clone().and_then(|subnet| {
            let none = || Unknown::unresolved(format!("no route table of {subnet} was found"));
            tables
                .of(subnet, || facts.route_table_of_subnet(subnet)?.ok_or_else(none), |table| Table::read(facts, table))?
                .leads(to, &mut budget)
        });
        sum_up(leads, to)
    };
    for source in sources {
        for target in targets.iter().filter(|target| target.range.family() == source.range.family()) {
            let (there, back) = (ask(source, target), ask(target, source));
            let link = |summary: &Summary<'a>| if let Summary::Over(link, _) = summary { Some(*link) } else { None };
            let joined = link(&there).is_some() && link(&there) == link(&back);
            steps.push(step(What::Route, source, target, there, joined));
            steps.push(step(What::RouteBack, target, source, back, joined));
        }
    }
    steps
}

/// `joined`: both ways lead over the same connection.
fn step<'a>(what: What, from: &End<'a>, to: &End<'a>, summary: Summary<'a>, joined: bool) -> Step<'a> {
    let (outcome, by, also) = match summary {
        Summary::Over(_, by) if joined => (Outcome::Allowed, Some(by), None),
        Summary::Over(link, by) => {
            let gap = Unknown::unresolved(format!("whether {link} leads to the subnet of {} is not known", to.id));
            (Outcome::Unknown(gap), Some(by), None)
        }
        Summary::Nowhere(by) => (Outcome::Blocked, Some(by), None),
        Summary::Torn(nowhere, other) => (Outcome::Partial, Some(nowhere), Some(other)),
        Summary::Unclear(gap, by) => (Outcome::Unknown(gap), by, None),
    };
    let step = Step::new(what, from.id, to.id, Some(from.range.family()));
    Step { outcome, by, also: also.into_iter().collect(), ..step }
}
