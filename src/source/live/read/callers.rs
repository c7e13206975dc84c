//! Who calls: rules with their targets, pipes, state machines; and what they call through.

use std::collections::BTreeSet;

use futures::future::join;

use super::super::convert::collection;
use super::super::events::Events;
use super::super::named::{Listed, Named, is_destination};
use super::{Services, each};
use crate::model::events::{Archive, Bus, Connection, Destination, Pipe, Rule};
use crate::model::states::StateMachine;
use crate::model::{Collection, Known, Unknown};

/// All that may call an API destination or a connection.
pub struct Callers {
    /// Event buses.
    pub buses: Listed<Bus>,
    /// Rules with their targets.
    pub rules: Listed<Rule>,
    /// API destinations.
    pub destinations: Listed<Destination>,
    /// State machines that call an HTTP API.
    pub machines: Listed<StateMachine>,
    /// Pipes that use an API destination.
    pub pipes: Listed<Pipe>,
}

/// Reads all callers of a region: only the whole says what is in scope.
pub async fn read(services: &Services) -> Callers {
    let (rules, destinations, machines, pipes) =
        futures::join!(rules(&services.events), services.events.destinations(), machines(services), pipes(services),);
    let (buses, rules) = rules;
    Callers { buses, rules, destinations, machines, pipes }
}

/// All connections with their descriptions.
pub async fn connections(events: &Events) -> Listed<Connection> {
    let described = each(events.connections().await?, |connection| events.describe_connection(connection)).await;
    Ok(described.into_iter().flatten().collect())
}

/// All buses, and all rules of all buses with their targets. The rules are unknown as a whole where those of
/// one bus are: any of them may call a private integration.
async fn rules(events: &Events) -> (Listed<Bus>, Listed<Rule>) {
    let buses = match events.buses().await {
        Ok(buses) => buses,
        Err(unknown) => return (Err(unknown.clone()), Err(unknown)),
    };
    let names: Vec<String> = buses.iter().map(|bus| bus.name.clone()).collect();
    let (rules, buses) = join(each(names, |bus| rules_of_bus(events, bus)), each(buses, |bus| events.describe_bus(bus))).await;
    let rules: Result<Vec<Vec<Rule>>, Unknown> = rules.into_iter().collect();
    (Ok(buses), rules.map(|lists| lists.into_iter().flatten().collect()))
}

async fn rules_of_bus(events: &Events, bus: String) -> Listed<Rule> {
    let rules = events.rules(&bus).await?;
    Ok(each(rules, |rule| events.with_targets(rule)).await)
}

async fn machines(services: &Services) -> Listed<StateMachine> {
    let machines = services.states.machines().await?;
    Ok(each(machines, |machine| services.states.describe(machine)).await.into_iter().flatten().collect())
}

async fn pipes(services: &Services) -> Listed<Pipe> {
    let uses_destination = |pipe: &Pipe| {
        pipe.target_arn.read().map_or(true, |arn| is_destination(arn))
            || matches!(pipe.enrichment_arn.read(), Ok(Some(arn)) if is_destination(arn))
    };
    Ok(services.pipes.pipes().await?.into_iter().filter(uses_destination).collect())
}

/// The archives of the buses whose rules stand in a chain.
pub async fn archives(services: &Services, callers: &Callers, named: &Named) -> Collection<Archive> {
    if named.buses.is_empty() {
        return Known::default();
    }
    let all = match services.events.archives().await {
        Ok(all) => all,
        Err(unknown) => return Known::Unknown(unknown),
    };
    let arns: BTreeSet<&String> =
        callers.buses.iter().flatten().filter(|bus| named.buses.contains(&bus.name)).map(|bus| &bus.arn).collect();
    let of_named = all.into_iter().filter(|archive| archive.source_arn.read().map_or(true, |arn| arns.contains(arn)));
    let described = each(of_named.collect::<Vec<_>>(), |archive| services.events.describe_archive(archive)).await;
    collection(Ok(described), |archive| &archive.name)
}
