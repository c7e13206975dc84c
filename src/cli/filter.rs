//! Flags that narrow a command to some integrations.

use clap::Args;

use crate::model::Filter;

/// Which integrations are meant.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Filters (any value of one flag, and all flags)")]
pub struct FilterArgs {
    /// Only what goes through this connection, repeatable
    #[arg(long = "connection", value_name = "NAME|ARN")]
    pub connections: Vec<String>,
    /// Only what goes to this API destination, repeatable
    #[arg(long = "destination", value_name = "NAME|ARN")]
    pub destinations: Vec<String>,
    /// Only what this event rule starts, repeatable; BUS/NAME works as well
    #[arg(long = "event-rule", value_name = "NAME|ARN")]
    pub event_rules: Vec<String>,
    /// Only what has this tag on any resource of the chain, repeatable
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub tags: Vec<String>,
}

impl FilterArgs {
    /// What they mean, each kind from `configured` where no flag names one.
    pub fn or(self, configured: Filter) -> Filter {
        let or = |typed: Vec<String>, configured| if typed.is_empty() { configured } else { typed };
        Filter {
            connections: or(self.connections, configured.connections),
            destinations: or(self.destinations, configured.destinations),
            event_rules: or(self.event_rules, configured.event_rules),
            tags: or(self.tags, configured.tags),
        }
    }
}

/// `KEY=VALUE`; the value may be empty.
pub fn tag(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        _ => Err("a tag is written KEY=VALUE".to_owned()),
    }
}
