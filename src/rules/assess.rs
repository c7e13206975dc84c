//! Every rule on everything it is about.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::verdict::{Assessed, Finding, Leave, Verdict};
use super::within::{Narrowed, Within};
use super::{Check, Rule, Selection};
use crate::estate::{Caller, Estate, Hop, Integration, Place, Site};
use crate::model::events::Connection;
use crate::model::{Collection, Kind, Reason, Region, ResourceId, Unknown};
use crate::report::NotCovered;

/// What all rules said. Integrations are meant by their place in `integrations`.
pub struct Assessment<'a> {
    /// The integrations in scope.
    pub integrations: Vec<&'a Integration<'a>>,
    /// API destinations that no integration in scope uses.
    pub out_of_scope: usize,
    /// What is wrong.
    pub found: Vec<Found>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// Rules that this kind of source cannot answer.
    pub not_covered: BTreeSet<NotCovered>,
    /// How many checks found nothing wrong.
    pub passed: usize,
    /// How many checks had nothing to look at.
    pub not_applicable: usize,
}

/// A finding and where it comes from.
pub struct Found {
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub finding: Finding,
    /// The integrations that it touches.
    pub integrations: Vec<usize>,
}

/// Something that a rule could not judge.
pub struct Gap {
    /// The rule.
    pub rule: &'static Rule,
    /// On what; `None` where not even the list is known.
    pub resource: Option<ResourceId>,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Why not.
    pub unknown: Unknown,
    /// The integrations that it touches.
    pub integrations: Vec<usize>,
}

/// Runs the selected rules. `integrations` are all that the estate has.
pub fn assess<'a>(estate: &'a Estate<'a>, integrations: &'a [Integration<'a>], selection: &Selection) -> Assessment<'a> {
    assess_within(estate, integrations, selection, None)
}

/// The same for what a scan is narrowed to. Rules see all that there is, but nothing is said of the rest.
pub fn assess_within<'a>(
    estate: &'a Estate<'a>,
    integrations: &'a [Integration<'a>],
    selection: &Selection,
    within: Option<&'a Within<'a>>,
) -> Assessment<'a> {
    let in_scope: Vec<&Integration<'_>> = integrations.iter().filter(|integration| integration.in_scope()).collect();
    let mut run = Run::new(estate, in_scope, integrations, within);
    for rule in selection.rules() {
        run.rule(rule);
    }
    run.narrowed()
}

struct Run<'a> {
    estate: &'a Estate<'a>,
    all: &'a [Integration<'a>],
    out: Assessment<'a>,
    touching: HashMap<Place<'a>, Vec<usize>>,
    within: Option<Narrowed<'a>>,
}

impl<'a> Run<'a> {
    fn new(estate: &'a Estate<'a>, in_scope: Vec<&'a Integration<'a>>, all: &'a [Integration<'a>], within: Option<&'a Within<'a>>) -> Self {
        let mut touching: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, integration) in in_scope.iter().enumerate() {
            for place in places(integration) {
                touching.entry(place).or_default().push(index);
            }
        }
        let private: HashSet<&str> = in_scope.iter().filter_map(|path| Some(path.destination.read().ok()?.key)).collect();
        let out_of_scope = all
            .iter()
            .filter(|path| within.is_none_or(|within| within.has(path)))
            .filter_map(|path| Some(path.destination.read().ok()?.key))
            .filter(|key| !private.contains(key))
            .collect::<HashSet<_>>()
            .len();
        let out = Assessment {
            integrations: in_scope,
            out_of_scope,
            found: Vec::new(),
            gaps: Vec::new(),
            not_covered: BTreeSet::new(),
            passed: 0,
            not_applicable: 0,
        };
        let within = within.map(|within| Narrowed::new(within, &out.integrations));
        Run { estate, all, out, touching, within }
    }

    /// What was said, of the integrations that are judged only.
    fn narrowed(self) -> Assessment<'a> {
        let mut out = self.out;
        let Some(within) = self.within else { return out };
        let mut index = 0..;
        out.integrations.retain(|_| index.next().is_some_and(|index| within.has_any(&[index])));
        out.found.iter_mut().for_each(|found| found.integrations = within.moved(&found.integrations));
        out.gaps.iter_mut().for_each(|gap| gap.integrations = within.moved(&gap.integrations));
        out
    }

    /// Whether an integration in scope is judged.
    fn is_within(&self, index: usize) -> bool {
        self.within.as_ref().is_none_or(|within| within.has_any(&[index]))
    }

    fn rule(&mut self, rule: &'static Rule) {
        match rule.check {
            Check::Integration(check) => self.each_integration(rule, check),
            Check::AnyIntegration(check) => self.any_integration(rule, check),
            Check::Target(check) => self.each_target(rule, check),
            Check::Destination(check) => self.each(rule, Kind::Destination, |region| &region.destinations, check),
            Check::Connection(check) => self.each(rule, Kind::Connection, |region| &region.connections, check),
            Check::ConnectionUsers(check) => self.each_with_users(rule, check),
            Check::ResourceConfig(check) => self.each_hop(rule, Kind::ResourceConfig, |path| &path.config, check),
            Check::Gateway(check) => self.each_hop(rule, Kind::Gateway, |path| &path.gateway, check),
            Check::Endpoint(check) => self.each_hop(rule, Kind::Endpoint, |path| &path.endpoint, check),
            Check::Api(check) => self.each_hop(rule, Kind::Api, |path| &path.api, check),
            Check::Stage(check) => self.each_hop(rule, Kind::Stage, |path| &path.stage, check),
            Check::StateMachine(check) => self.each(rule, Kind::StateMachine, |region| &region.state_machines, check),
            Check::Written(check) => self.each(rule, Kind::Template, |region| &region.written, check),
            Check::Region(check) => self.each_region(rule, check),
            // There is no baseline here.
            Check::Drift(_) => {}
        }
    }

    fn each_integration(&mut self, rule: &'static Rule, check: fn(&Integration<'_>) -> Assessed) {
        self.unread_callers(rule);
        for index in (0..self.out.integrations.len()).filter(|index| self.is_within(*index)).collect::<Vec<_>>() {
            let integration = self.out.integrations[index];
            if Callers::of(rule).include(&integration.caller) {
                self.record(rule, check(integration), || integration.caller.resource(), &[index]);
            } else {
                self.out.not_applicable += 1;
            }
        }
    }

    fn any_integration(&mut self, rule: &'static Rule, check: fn(&Integration<'_>) -> Assessed) {
        self.unread_callers(rule);
        let mut index = 0;
        for integration in self.all {
            // Those in scope are in the same order.
            let in_scope = self.out.integrations.get(index).is_some_and(|own| std::ptr::eq(*own, integration));
            let touched: Vec<usize> = in_scope.then_some(index).into_iter().collect();
            self.record(rule, check(integration), || integration.caller.resource(), &touched);
            index += usize::from(in_scope);
        }
    }

    /// Where rules, their targets, state machines or pipes were not read, there may be integrations that nobody sees.
    fn unread_callers(&mut self, rule: &'static Rule) {
        let callers = Callers::of(rule);
        if callers.targets {
            self.unread_targets(rule);
        }
        if callers.pipes {
            self.unread(rule, Kind::Pipe, |region| &region.pipes, |_| None);
        }
        if callers.tasks {
            self.unread(rule, Kind::StateMachine, |region| &region.state_machines, |machine| machine.estate.tasks(machine).err());
        }
    }

    fn unread_targets(&mut self, rule: &'static Rule) {
        self.unread(rule, Kind::Rule, |region| &region.rules, |event_rule| event_rule.value.targets.read().err());
    }

    /// Lists that were not read, their entries that were not, and what of an entry was not.
    fn unread<T: 'a>(
        &mut self,
        rule: &'static Rule,
        kind: Kind,
        pick: fn(&'a Region) -> &'a Collection<T>,
        part: fn(&Site<'a, T>) -> Option<Unknown>,
    ) {
        self.unread_lists(rule, pick);
        self.unread_entries(rule, kind, pick);
        for site in self.estate.all(kind, pick) {
            if let Some(unknown) = part(&site) {
                self.gap(rule, Some(site.resource()), (site.account, site.region), unknown, &[]);
            }
        }
    }

    fn each_target(&mut self, rule: &'static Rule, check: fn(&Site<'_, crate::model::events::Target>) -> Assessed) {
        self.unread_targets(rule);
        for event_rule in self.estate.all(Kind::Rule, |region| &region.rules) {
            for target in self.estate.targets(&event_rule) {
                let touched = self.touched(&target);
                self.record(rule, check(&target), || target.resource(), &touched);
            }
        }
    }

    /// Every resource of a collection, whether an integration uses it or not.
    fn each<T: 'a>(
        &mut self,
        rule: &'static Rule,
        kind: Kind,
        pick: fn(&'a Region) -> &'a Collection<T>,
        check: fn(&Site<'_, T>) -> Assessed,
    ) {
        self.unread_lists(rule, pick);
        self.unread_entries(rule, kind, pick);
        for site in self.estate.all(kind, pick) {
            let touched = self.touched(&site);
            self.record(rule, check(&site), || site.resource(), &touched);
        }
    }

    fn each_with_users(&mut self, rule: &'static Rule, check: fn(&Site<'_, Connection>, &[&Integration<'_>]) -> Assessed) {
        self.unread_callers(rule);
        self.unread(rule, Kind::Connection, |region| &region.connections, |_| None);
        for index in 0..self.out.integrations.len() {
            let integration = self.out.integrations[index];
            if let Hop::Unknown(_, unknown) = &integration.connection {
                let unknown = unknown.clone();
                self.gap(rule, Some(integration.caller.resource()), integration.caller.scope(), unknown, &[index]);
            }
        }
        for connection in self.estate.all(Kind::Connection, |region| &region.connections) {
            let touched = self.touched(&connection);
            let users: Vec<&Integration<'_>> = touched.iter().filter_map(|index| self.out.integrations.get(*index).copied()).collect();
            self.record(rule, check(&connection, &users), || connection.resource(), &touched);
        }
    }

    fn unread_entries<T: 'a>(&mut self, rule: &'static Rule, kind: Kind, pick: fn(&'a Region) -> &'a Collection<T>) {
        for (account, content) in &self.estate.snapshot.accounts {
            for (region, inventory) in &content.regions {
                for (key, value) in pick(inventory).read().into_iter().flatten() {
                    if let Err(unknown) = value.read() {
                        let resource = ResourceId { id: key.clone(), kind, account: account.clone(), region: region.clone() };
                        self.gap(rule, Some(resource), (account, region), unknown, &[]);
                    }
                }
            }
        }
    }

    fn each_region(&mut self, rule: &'static Rule, check: fn(&Site<'_, Region>) -> Assessed) {
        for (account, content) in &self.estate.snapshot.accounts {
            for (region, value) in &content.regions {
                let site = Site { estate: self.estate, kind: Kind::Connection, account, region, parent: "", key: account, value };
                self.record(rule, check(&site), || site.resource(), &[]);
            }
        }
    }

    /// Every distinct resource at one hop of the integrations.
    fn each_hop<T: 'a>(
        &mut self,
        rule: &'static Rule,
        kind: Kind,
        hop: for<'h> fn(&'h Integration<'a>) -> &'h Hop<'a, Site<'a, T>>,
        check: fn(&Site<'_, T>) -> Assessed,
    ) {
        self.unread_callers(rule);
        let mut seen = HashSet::new();
        for index in 0..self.out.integrations.len() {
            let integration: &'a Integration<'a> = self.out.integrations[index];
            match hop(integration) {
                Hop::Present(site) if seen.insert((site.account, site.region, site.parent, site.key)) => {
                    let touched = self.touched(site);
                    self.record(rule, check(site), || site.resource(), &touched);
                }
                Hop::Present(_) => {}
                Hop::Unknown(id, unknown) => {
                    let (account, region) = integration.caller.scope();
                    let named = || ResourceId { id: (*id).to_owned(), kind, account: account.to_owned(), region: region.to_owned() };
                    let resource = if id.is_empty() { integration.caller.resource() } else { named() };
                    self.record(rule, Err(Leave::Unknown(unknown.clone())), || resource.clone(), &[index]);
                }
                Hop::Missing(_) | Hop::None => self.out.not_applicable += usize::from(self.is_within(index)),
            }
        }
    }

    fn touched<T>(&self, site: &Site<'_, T>) -> Vec<usize> {
        self.touching.get(&site.place()).cloned().unwrap_or_default()
    }

    fn unread_lists<T: 'a>(&mut self, rule: &'static Rule, pick: fn(&'a Region) -> &'a Collection<T>) {
        for (account, content) in &self.estate.snapshot.accounts {
            for (region, inventory) in &content.regions {
                if let Err(unknown) = pick(inventory).read() {
                    self.gap(rule, None, (account, region), unknown, &[]);
                }
            }
        }
    }

    fn record(&mut self, rule: &'static Rule, assessed: Assessed, resource: impl Fn() -> ResourceId, touched: &[usize]) {
        match assessed {
            // Whether a gap matters is asked where it is kept.
            Ok(_) | Err(Leave::NotApplicable(_)) if self.within.as_ref().is_some_and(|within| !within.has(touched, &resource)) => {}
            Ok(Verdict::Pass) => self.out.passed += 1,
            Ok(Verdict::Fail(findings)) => {
                self.out.found.extend(findings.into_iter().map(|finding| Found { rule, finding, integrations: touched.to_vec() }));
            }
            Err(Leave::NotApplicable(_)) => self.out.not_applicable += 1,
            Err(Leave::Unknown(unknown)) => {
                let resource = resource();
                let (account, region) = (resource.account.clone(), resource.region.clone());
                self.gap(rule, Some(resource), (&account, &region), unknown, touched);
            }
        }
    }

    fn gap(
        &mut self,
        rule: &'static Rule,
        resource: Option<ResourceId>,
        (account, region): (&str, &str),
        unknown: Unknown,
        touched: &[usize],
    ) {
        let reason = unknown.gap().reason;
        if self.within.as_ref().is_some_and(|within| !within.has_gap(touched, resource.as_ref(), reason)) {
            return;
        }
        if reason == Reason::NotCovered {
            self.out.not_applicable += 1;
            self.out.not_covered.insert(NotCovered { rule: rule.id, why: unknown.gap().why.clone() });
            return;
        }
        let (account, region) = (account.to_owned(), region.to_owned());
        self.out.gaps.push(Gap { rule, resource, account, region, unknown, integrations: touched.to_vec() });
    }
}

/// The kinds of callers that a rule can be about.
#[derive(Clone, Copy)]
struct Callers {
    targets: bool,
    pipes: bool,
    tasks: bool,
}

impl Callers {
    /// By the rule's area: what is asked of targets is not asked of tasks, and what is asked of API destinations is
    /// asked of tasks by rules of their own.
    fn of(rule: &Rule) -> Self {
        let (targets, pipes, tasks) = match rule.area() {
            _ if matches!(rule.check, Check::AnyIntegration(_)) => (true, true, true),
            "rule" | "target" | "role" | "observability" => (true, false, false),
            "destination" => (true, true, false),
            "state-machine" => (false, false, true),
            _ => (true, true, true),
        };
        Callers { targets, pipes, tasks }
    }

    fn include(self, caller: &Caller<'_>) -> bool {
        match caller {
            Caller::Target(..) => self.targets,
            Caller::Pipe(..) => self.pipes,
            Caller::Task(..) => self.tasks,
        }
    }
}

/// The resources that an integration passes.
pub fn places<'a>(path: &Integration<'a>) -> Vec<Place<'a>> {
    fn place<'a, T>(hop: &Hop<'a, Site<'a, T>>) -> Option<Place<'a>> {
        hop.read().ok().map(Site::place)
    }
    let mut places = path.caller.places();
    places.extend(place(&path.destination));
    places.extend(place(&path.connection));
    places.extend(place(&path.config));
    places.extend(place(&path.gateway));
    places.extend(place(&path.endpoint));
    places.extend(place(&path.domain));
    places.extend(place(&path.api));
    places.extend(place(&path.stage));
    places
}
