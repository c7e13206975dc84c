//! What calls private APIs: rule targets, HTTP tasks of state machines, pipes.

use std::sync::Arc;

use crate::model::events::{Pipe, Rule, Target};
use crate::model::states::StateMachine;
use crate::model::{Kind, Known, ResourceId, Unknown};
use crate::report::HopReport;
use crate::rules::verdict::Leave;

use super::integration::present;
use super::routes::Chains;
use super::tasks::Task;
use super::{Estate, Hop, Integration, Place, Site};

/// How many targets are looked up side by side: what is known of them has to stay at hand.
const TOGETHER: usize = 64;

/// What starts an integration.
#[derive(Clone, Copy)]
pub enum Caller<'a> {
    /// A target of an event rule.
    Target(Site<'a, Rule>, Site<'a, Target>),
    /// An HTTP task of a state machine. It has no API destination; URL, verb and connection are its own.
    Task(Site<'a, StateMachine>, &'a Task<'a>),
    /// A pipe, at its target or its enrichment. Its own HTTP parameters are not read.
    Pipe(Site<'a, Pipe>, Stop),
}

/// Where a pipe calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// What it delivers to.
    Target,
    /// What enriches its events.
    Enrichment,
}

impl<'a> Caller<'a> {
    /// The rule's ARN and the target's id, the state machine's ARN and the state's name, or the pipe's ARN and
    /// `target` or `enrichment`, with `#` between them.
    pub fn id(&self) -> Arc<str> {
        match self {
            Caller::Target(_, target) => target.id(),
            Caller::Task(machine, task) => [machine.key, "#", task.name].concat(),
            Caller::Pipe(pipe, Stop::Target) => [pipe.key, "#target"].concat(),
            Caller::Pipe(pipe, Stop::Enrichment) => [pipe.key, "#enrichment"].concat(),
        }
        .into()
    }

    /// The account and the region that it belongs to.
    pub fn scope(&self) -> (&'a str, &'a str) {
        match self {
            Caller::Target(_, target) => (target.account, target.region),
            Caller::Task(machine, _) => (machine.account, machine.region),
            Caller::Pipe(pipe, _) => (pipe.account, pipe.region),
        }
    }

    /// The resource that has to be looked at where the integration as a whole is meant.
    pub fn resource(&self) -> ResourceId {
        match self {
            Caller::Target(_, target) => target.resource(),
            Caller::Task(machine, _) => machine.resource(),
            Caller::Pipe(pipe, _) => pipe.resource(),
        }
    }

    /// The resources that it consists of.
    pub fn places(&self) -> Vec<Place<'a>> {
        match self {
            Caller::Target(rule, target) => vec![rule.place(), target.place()],
            Caller::Task(machine, _) => vec![machine.place()],
            Caller::Pipe(pipe, _) => vec![pipe.place()],
        }
    }
}

impl<'a> Integration<'a> {
    /// The hops before the API destination.
    pub fn caller_hops(&self) -> Vec<HopReport> {
        match &self.caller {
            Caller::Target(rule, _) => vec![present(Kind::Rule, rule.key.into()), present(Kind::Target, Arc::clone(&self.id))],
            Caller::Task(machine, _) => vec![present(Kind::StateMachine, machine.key.into())],
            Caller::Pipe(pipe, _) => vec![present(Kind::Pipe, pipe.key.into())],
        }
    }

    /// The rule and target that start it.
    ///
    /// # Errors
    /// *Not applicable* where something else does; the gap where it is not known what the target is, which may be no API
    /// destination at all.
    pub fn target(&self) -> Result<(&Site<'a, Rule>, &Site<'a, Target>), Leave> {
        match &self.caller {
            Caller::Target(rule, target) => {
                target.value.arn.read()?;
                Ok((rule, target))
            }
            _ => Err(Leave::NotApplicable("this integration does not start with an event rule".into())),
        }
    }

    /// The state machine and task that start it.
    ///
    /// # Errors
    /// *Not applicable* where something else does.
    pub fn task(&self) -> Result<(&Site<'a, StateMachine>, &'a Task<'a>), Leave> {
        match &self.caller {
            Caller::Task(machine, task) => Ok((machine, task)),
            _ => Err(Leave::NotApplicable("this integration does not start with a state machine".into())),
        }
    }
}

impl<'a> Estate<'a> {
    /// Every chain that starts with a rule target, an HTTP task or a pipe, sorted by id, whether it is in scope or not.
    pub fn integrations(&'a self) -> Vec<Integration<'a>> {
        let mut chains = Chains::new(self);
        let mut targets = Vec::with_capacity(TOGETHER);
        for rule in self.all(Kind::Rule, |region| &region.rules) {
            targets.extend(self.targets(&rule).map(|target| (Caller::Target(rule, target), &target.value.arn)));
            if targets.len() >= TOGETHER {
                chains.add_targets(&mut targets);
            }
        }
        chains.add_targets(&mut targets);
        for pipe in self.all(Kind::Pipe, |region| &region.pipes) {
            let target = chains.called(pipe.value.target_arn.read().map(String::as_str));
            target.into_iter().for_each(|destination| chains.add(Caller::Pipe(pipe, Stop::Target), destination));
            let enrichment = chains.called(pipe.value.enrichment_arn.read().map(|arn| arn.as_deref().unwrap_or_default()));
            enrichment.into_iter().for_each(|destination| chains.add(Caller::Pipe(pipe, Stop::Enrichment), destination));
        }
        for machine in self.all(Kind::StateMachine, |region| &region.state_machines) {
            for task in self.tasks(&machine).into_iter().flatten() {
                let connection = match task.connection.read() {
                    Ok(arn) => self.connection(arn),
                    Err(unknown) => Hop::Unknown("", unknown),
                };
                chains.add_whole(Caller::Task(machine, task), Hop::None, connection);
            }
        }
        chains.sorted()
    }

    /// The targets of a rule, as far as they were read.
    pub fn targets(&'a self, rule: &Site<'a, Rule>) -> impl Iterator<Item = Site<'a, Target>> + use<'a> {
        let rule = *rule;
        rule.value.targets.read().into_iter().flatten().map(move |(id, target)| rule.part(Kind::Target, id, &**target))
    }

    /// The HTTP tasks of a state machine.
    ///
    /// # Errors
    /// The gap where the definition was not read.
    pub fn tasks(&'a self, machine: &Site<'a, StateMachine>) -> Result<&'a [Task<'a>], Unknown> {
        match self.tasks.get(machine.key).map(Known::read) {
            Some(tasks) => tasks.map(Vec::as_slice),
            None => Ok(&[]),
        }
    }
}

#[cfg(test)]
mod tests;
