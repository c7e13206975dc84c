//! The checks of a selection, sorted by what they are about.

use crate::estate::{Caller, Integration, Site};
use crate::model::Region;
use crate::model::apigateway::{Api, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination, Target};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::more::Written;
use crate::model::states::StateMachine;
use crate::rules::verdict::Assessed;
use crate::rules::{Check, Rule};

/// A check of one resource.
pub(super) type On<T> = fn(&Site<'_, T>) -> Assessed;

/// A check of one integration.
pub(super) type OnIntegration = fn(&Integration<'_>) -> Assessed;

/// A check of a connection and of the integrations that use it.
pub(super) type OnUsers = fn(&Site<'_, Connection>, &[&Integration<'_>]) -> Assessed;

/// Rules with their checks, all of one subject.
pub(super) type Checks<C> = Vec<(&'static Rule, C)>;

/// Rules with their checks by subject, each in the order of the table.
#[derive(Default)]
pub struct Subjects {
    pub(super) integrations: Vec<(&'static Rule, Callers, OnIntegration)>,
    pub(super) routes: Vec<(&'static Rule, Callers, OnIntegration)>,
    pub(super) any_routes: Checks<OnIntegration>,
    pub(super) targets: Checks<On<Target>>,
    pub(super) destinations: Checks<On<Destination>>,
    pub(super) connections: Checks<On<Connection>>,
    pub(super) users: Checks<OnUsers>,
    pub(super) configs: Checks<On<ResourceConfig>>,
    pub(super) gateways: Checks<On<Gateway>>,
    pub(super) endpoints: Checks<On<Endpoint>>,
    pub(super) apis: Checks<On<Api>>,
    pub(super) stages: Checks<On<Stage>>,
    pub(super) machines: Checks<On<StateMachine>>,
    pub(super) written: Checks<On<Written>>,
    pub(super) regions: Checks<On<Region>>,
}

impl Subjects {
    /// The checks of some rules.
    pub fn of(rules: &[&'static Rule]) -> Self {
        let mut subjects = Subjects::default();
        rules.iter().for_each(|rule| subjects.add(rule));
        subjects
    }

    fn add(&mut self, rule: &'static Rule) {
        match rule.check {
            Check::Integration(check) => self.integrations.push((rule, Callers::of(rule), check)),
            Check::Route(check) => self.routes.push((rule, Callers::of(rule), check)),
            Check::AnyRoute(check) => self.any_routes.push((rule, check)),
            Check::Target(check) => self.targets.push((rule, check)),
            Check::Destination(check) => self.destinations.push((rule, check)),
            Check::Connection(check) => self.connections.push((rule, check)),
            Check::ConnectionUsers(check) => self.users.push((rule, check)),
            Check::ResourceConfig(check) => self.configs.push((rule, check)),
            Check::Gateway(check) => self.gateways.push((rule, check)),
            Check::Endpoint(check) => self.endpoints.push((rule, check)),
            Check::Api(check) => self.apis.push((rule, check)),
            Check::Stage(check) => self.stages.push((rule, check)),
            Check::StateMachine(check) => self.machines.push((rule, check)),
            Check::Written(check) => self.written.push((rule, check)),
            Check::Region(check) => self.regions.push((rule, check)),
            // There is no baseline here.
            Check::Drift(_) => {}
        }
    }
}

/// The kinds of callers that a rule can be about.
#[derive(Clone, Copy)]
pub(super) struct Callers {
    pub(super) targets: bool,
    pub(super) pipes: bool,
    pub(super) tasks: bool,
}

impl Callers {
    /// By the rule's area: what is asked of targets is not asked of tasks, and what is asked of API destinations is
    /// asked of tasks by rules of their own.
    pub(super) fn of(rule: &Rule) -> Self {
        let (targets, pipes, tasks) = match rule.area() {
            _ if matches!(rule.check, Check::AnyRoute(_)) => (true, true, true),
            // The headers of a connection are removed whoever calls an API destination through it.
            _ if rule.id == "target/header-stripped" => (true, true, false),
            "rule" | "target" | "role" | "observability" => (true, false, false),
            "destination" => (true, true, false),
            "state-machine" => (false, false, true),
            _ => (true, true, true),
        };
        Callers { targets, pipes, tasks }
    }

    pub(super) fn include(self, caller: &Caller<'_>) -> bool {
        match caller {
            Caller::Target(..) => self.targets,
            Caller::Pipe(..) => self.pipes,
            Caller::Task(..) => self.tasks,
        }
    }
}
