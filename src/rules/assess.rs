//! Every rule on everything it is about.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::verdict::{Assessed, Finding, Leave, Verdict, not_applicable};
use super::within::{Narrowed, Within};
use super::{Check, Rule, Selection};
use crate::estate::{Caller, Estate, Hop, Integration, Site};
use crate::model::events::Connection;
use crate::model::{Collection, Kind, Reason, Region, ResourceId, Unknown};
use crate::report::NotCovered;
use foldhash::{HashMap, HashSet};

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
    run.each_integration(selection);
    for rule in selection.rules() {
        run.rule(rule);
    }
    run.narrowed()
}

struct Run<'a> {
    estate: &'a Estate<'a>,
    all: &'a [Integration<'a>],
    out: Assessment<'a>,
    touching: HashMap<(Kind, usize), Vec<usize>>,
    /// The integration that starts with a target, filled when a rule on targets asks.
    targets: OnceCell<HashMap<usize, usize>>,
    unread: UnreadCallers,
    within: Option<Narrowed<'a>>,
}

impl<'a> Run<'a> {
    fn new(estate: &'a Estate<'a>, in_scope: Vec<&'a Integration<'a>>, all: &'a [Integration<'a>], within: Option<&'a Within<'a>>) -> Self {
        let mut touching: HashMap<_, Vec<usize>> = HashMap::default();
        touching.reserve(2 * in_scope.len() + 8);
        for (index, integration) in in_scope.iter().enumerate() {
            for place in places(integration).into_iter().flatten() {
                touching.entry(place).or_default().push(index);
            }
        }
        let out = Assessment {
            out_of_scope: out_of_scope(&in_scope, all, within),
            integrations: in_scope,
            found: Vec::new(),
            gaps: Vec::new(),
            not_covered: BTreeSet::new(),
            passed: 0,
            not_applicable: 0,
        };
        let within = within.map(|within| Narrowed::new(within, &out.integrations));
        Run { estate, all, out, touching, targets: OnceCell::new(), unread: UnreadCallers::of(estate), within }
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
            Check::Integration(_) | Check::Route(_) => self.unread_callers(rule),
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

    /// All rules on one integration before the next one: what is loaded once serves all of them.
    fn each_integration(&mut self, selection: &Selection) {
        let checks = |rule: &'static Rule| match rule.check {
            Check::Integration(check) => Some((rule, Callers::of(rule), check, false)),
            Check::Route(check) => Some((rule, Callers::of(rule), check, true)),
            _ => None,
        };
        let checks: Vec<_> = selection.rules().iter().filter_map(|rule| checks(rule)).collect();
        let routes: Vec<usize> = self.out.integrations.iter().map(|path| path.route_number()).collect();
        let mut first = vec![usize::MAX; routes.iter().max().map_or(0, |last| last + 1)];
        routes.iter().enumerate().for_each(|(index, route)| first[*route] = first[*route].min(index));
        let mut order: Vec<usize> = (0..routes.len()).filter(|index| self.is_within(*index)).collect();
        order.sort_by_key(|index| (first[routes[*index]], *index));
        for same in order.chunk_by(|a, b| routes[*a] == routes[*b]) {
            for (rule, callers, check, whole) in &checks {
                let groups: &mut dyn Iterator<Item = &[usize]> = if *whole { &mut std::iter::once(same) } else { &mut same.chunks(1) };
                groups.for_each(|group| self.integrations(rule, *callers, *check, group));
            }
        }
    }

    /// One rule on integrations that are alike to it.
    fn integrations(&mut self, rule: &'static Rule, callers: Callers, check: fn(&Integration<'_>) -> Assessed, alike: &[usize]) {
        let integration = self.out.integrations[alike[0]];
        let assessed = if callers.include(&integration.caller) { check(integration) } else { not_applicable("it is about other callers") };
        match assessed {
            Ok(Verdict::Pass) => self.out.passed += alike.len(),
            Err(Leave::NotApplicable(_)) => self.out.not_applicable += alike.len(),
            Ok(Verdict::Fail(findings)) => self.found(rule, findings, alike),
            Err(Leave::Unknown(unknown)) => {
                for index in alike {
                    let caller = &self.out.integrations[*index].caller;
                    self.gap(rule, Some(caller.resource()), caller.scope(), unknown.clone(), &[*index]);
                }
            }
        }
    }

    fn any_integration(&mut self, rule: &'static Rule, check: fn(&Integration<'_>) -> Assessed) {
        self.unread_callers(rule);
        let mut index = 0;
        for integration in self.all {
            // Those in scope are in the same order.
            let in_scope = self.out.integrations.get(index).is_some_and(|own| std::ptr::eq(*own, integration));
            let touched = in_scope.then_some(index);
            self.record(rule, check(integration), || integration.caller.resource(), touched.as_slice());
            index += usize::from(in_scope);
        }
    }

    /// Where rules, their targets, state machines or pipes were not read, there may be integrations that nobody sees.
    fn unread_callers(&mut self, rule: &'static Rule) {
        let callers = Callers::of(rule);
        let unread = std::mem::take(&mut self.unread);
        let lists = [(callers.targets, &unread.targets), (callers.pipes, &unread.pipes), (callers.tasks, &unread.tasks)];
        lists.into_iter().filter(|(asked, _)| *asked).for_each(|(_, list)| self.unread(rule, list));
        self.unread = unread;
    }

    fn unread(&mut self, rule: &'static Rule, unread: &[Unread]) {
        for one in unread {
            self.gap(rule, one.resource.clone(), (&one.account, &one.region), one.unknown.clone(), &[]);
        }
    }

    fn each_target(&mut self, rule: &'static Rule, check: fn(&Site<'_, crate::model::events::Target>) -> Assessed) {
        let unread = std::mem::take(&mut self.unread);
        self.unread(rule, &unread.targets);
        self.unread = unread;
        for event_rule in self.estate.all(Kind::Rule, |region| &region.rules) {
            for target in self.estate.targets(&event_rule) {
                self.record_on(rule, &target, check(&target));
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
        self.unread(rule, &unread(self.estate, kind, pick, |_| None));
        for site in self.estate.all(kind, pick) {
            self.record_on(rule, &site, check(&site));
        }
    }

    fn each_with_users(&mut self, rule: &'static Rule, check: fn(&Site<'_, Connection>, &[&Integration<'_>]) -> Assessed) {
        self.unread_callers(rule);
        self.unread(rule, &unread(self.estate, Kind::Connection, |region| &region.connections, |_| None));
        for index in 0..self.out.integrations.len() {
            let integration = self.out.integrations[index];
            if let Hop::Unknown(_, unknown) = &integration.connection {
                let unknown = unknown.clone();
                self.gap(rule, Some(integration.caller.resource()), integration.caller.scope(), unknown, &[index]);
            }
        }
        for connection in self.estate.all(Kind::Connection, |region| &region.connections) {
            let touched = self.touching.get(&(connection.kind, connection.address())).into_iter().flatten();
            let users: Vec<&Integration<'_>> = touched.filter_map(|index| self.out.integrations.get(*index).copied()).collect();
            self.record_on(rule, &connection, check(&connection, &users));
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
        for index in 0..self.out.integrations.len() {
            let integration: &'a Integration<'a> = self.out.integrations[index];
            match hop(integration) {
                Hop::Present(site) if self.is_first(site, index) => self.record_on(rule, site, check(site)),
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

    /// Whether no integration before `index` passes a resource.
    fn is_first<T>(&self, site: &Site<'_, T>, index: usize) -> bool {
        self.touching.get(&(site.kind, site.address())).is_none_or(|touching| touching.first() == Some(&index))
    }

    /// What a rule said of a resource, which touches the integrations that pass it.
    fn record_on<T>(&mut self, rule: &'static Rule, site: &Site<'_, T>, assessed: Assessed) {
        if matches!(assessed, Ok(Verdict::Pass)) && self.within.is_none() {
            self.out.passed += 1;
            return;
        }
        let touched = match site.kind {
            Kind::Target => self.started_by(site.address()).into_iter().collect(),
            kind => self.touching.get(&(kind, site.address())).cloned().unwrap_or_default(),
        };
        self.record(rule, assessed, || site.resource(), &touched);
    }

    /// The integration that starts with the target at an address.
    fn started_by(&self, target: usize) -> Option<usize> {
        let all = || self.out.integrations.iter().enumerate().filter_map(|(index, path)| Some((path.target().ok()?.1.address(), index)));
        self.targets.get_or_init(|| all().collect()).get(&target).copied()
    }

    fn record(&mut self, rule: &'static Rule, assessed: Assessed, resource: impl Fn() -> ResourceId, touched: &[usize]) {
        match assessed {
            // Whether a gap matters is asked where it is kept.
            Ok(_) | Err(Leave::NotApplicable(_)) if self.within.as_ref().is_some_and(|within| !within.has(touched, &resource)) => {}
            Ok(Verdict::Pass) => self.out.passed += 1,
            Ok(Verdict::Fail(findings)) => self.found(rule, findings, touched),
            Err(Leave::NotApplicable(_)) => self.out.not_applicable += 1,
            Err(Leave::Unknown(unknown)) => {
                let resource = resource();
                let (account, region) = (resource.account.clone(), resource.region.clone());
                self.gap(rule, Some(resource), (&account, &region), unknown, touched);
            }
        }
    }

    fn found(&mut self, rule: &'static Rule, findings: Vec<Finding>, touched: &[usize]) {
        self.out.found.extend(findings.into_iter().map(|finding| Found { rule, finding, integrations: touched.to_vec() }));
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

/// API destinations that integrations use, but none in scope.
fn out_of_scope(in_scope: &[&Integration<'_>], all: &[Integration<'_>], within: Option<&Within<'_>>) -> usize {
    let of = |path: &Integration<'_>| Some(path.destination.read().ok()?.address());
    let private: HashSet<usize> = in_scope.iter().filter_map(|path| of(path)).collect();
    let meant = all.iter().filter(|path| within.is_none_or(|within| within.has(path)));
    meant.filter_map(of).filter(|address| !private.contains(address)).collect::<HashSet<_>>().len()
}

/// Something that was not read and may hide what a rule is about.
struct Unread {
    resource: Option<ResourceId>,
    account: String,
    region: String,
    unknown: Unknown,
}

/// What was not read of those who call.
#[derive(Default)]
struct UnreadCallers {
    targets: Vec<Unread>,
    pipes: Vec<Unread>,
    tasks: Vec<Unread>,
}

impl UnreadCallers {
    fn of<'a>(estate: &'a Estate<'a>) -> Self {
        UnreadCallers {
            targets: unread(estate, Kind::Rule, |region| &region.rules, |event_rule| event_rule.value.targets.read().err()),
            pipes: unread(estate, Kind::Pipe, |region| &region.pipes, |_| None),
            tasks: unread(estate, Kind::StateMachine, |region| &region.state_machines, |machine| machine.estate.tasks(machine).err()),
        }
    }
}

/// Lists that were not read, their entries that were not, and what of an entry was not.
fn unread<'a, T: 'a>(
    estate: &'a Estate<'a>,
    kind: Kind,
    pick: fn(&'a Region) -> &'a Collection<T>,
    part: fn(&Site<'a, T>) -> Option<Unknown>,
) -> Vec<Unread> {
    let mut found = Vec::new();
    for (account, content) in &estate.snapshot.accounts {
        for (region, inventory) in &content.regions {
            let mut add = |id: Option<String>, unknown| {
                let resource = id.map(|id| ResourceId { id, kind, account: account.clone(), region: region.clone() });
                found.push(Unread { resource, account: account.clone(), region: region.clone(), unknown });
            };
            let entries = match pick(inventory).read() {
                Ok(entries) => entries,
                Err(unknown) => {
                    add(None, unknown);
                    continue;
                }
            };
            for (key, entry) in entries {
                let site = entry.read().map(|value| Site { estate, kind, account, region, parent: "", key, value });
                match site.map(|site| part(&site).map(|unknown| (site.id(), unknown))) {
                    Ok(None) => {}
                    Ok(Some((id, unknown))) => add(Some(id), unknown),
                    Err(unknown) => add(Some(key.clone()), unknown),
                }
            }
        }
    }
    found
}

/// The kinds of callers that a rule can be about.
#[derive(Clone, Copy)]
pub(super) struct Callers {
    targets: bool,
    pipes: bool,
    tasks: bool,
}

impl Callers {
    /// By the rule's area: what is asked of targets is not asked of tasks, and what is asked of API destinations is
    /// asked of tasks by rules of their own.
    fn of(rule: &Rule) -> Self {
        *rule.callers.get_or_init(|| Self::by_area(rule))
    }

    fn by_area(rule: &Rule) -> Self {
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

/// The resources that an integration passes, as far as rules ask for them.
fn places(path: &Integration<'_>) -> [Option<(Kind, usize)>; 8] {
    fn place<T>(hop: &Hop<'_, Site<'_, T>>) -> Option<(Kind, usize)> {
        match hop {
            Hop::Present(site) => Some((site.kind, site.address())),
            _ => None,
        }
    }
    let machine = path.task().ok().map(|(machine, _)| (machine.kind, machine.address()));
    [
        machine,
        place(&path.destination),
        place(&path.connection),
        place(&path.config),
        place(&path.gateway),
        place(&path.endpoint),
        place(&path.api),
        place(&path.stage),
    ]
}
