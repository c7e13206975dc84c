//! Which call sets a field back, of the fields for which there is one.

use super::super::{Draft, Drafted};
use super::back::Back;
use super::{access, events, gateway, network};
use crate::estate::token;
use crate::rules::verdict::FixClass;

/// Drafts the steps that set a field.
pub type Writer = fn(&Back<'_>, Draft) -> Drafted;

/// What is set back, and how.
pub struct Row {
    /// The collection of the snapshot.
    pub collection: &'static str,
    /// RFC 6901 pointer into the resource; `*` stands for any name. What lies below is set with it.
    pub field: &'static str,
    /// Whether it is a part of the resource that is there on one side only.
    pub part: bool,
    /// The most that it may do; a writer may find that it does more.
    pub class: FixClass,
    /// Drafts the steps.
    pub write: Writer,
}

const fn field(collection: &'static str, field: &'static str, class: FixClass, write: Writer) -> Row {
    Row { collection, field, part: false, class, write }
}

const fn part(collection: &'static str, field: &'static str, class: FixClass, write: Writer) -> Row {
    Row { collection, field, part: true, class, write }
}

use FixClass::{Guarded, Safe};

/// All of them; what is set by one call has one row.
pub const ROWS: &[Row] = &[
    field("rules", "/state", Guarded, events::rule_state),
    field("rules", "/targets/*/arn", Guarded, events::target),
    field("rules", "/targets/*/role_arn", Guarded, events::target),
    field("rules", "/targets/*/dead_letter", Guarded, events::target),
    field("rules", "/targets/*/retry", Guarded, events::target),
    field("rules", "/targets/*/headers", Guarded, events::target),
    field("rules", "/targets/*/query", Guarded, events::target),
    field("rules", "/targets/*/path_values", Guarded, events::target),
    field("rules", "/targets/*/input", Guarded, events::target),
    part("rules", "/targets/*", Guarded, events::whole_target),
    field("destinations", "/connection_arn", Guarded, events::destination),
    field("destinations", "/endpoint", Guarded, events::destination),
    field("destinations", "/method", Guarded, events::destination),
    field("destinations", "/rate", Guarded, events::destination),
    field("connections", "/connectivity", Guarded, events::connectivity),
    field("buses", "/policy", Guarded, access::bus),
    field("resource_configs", "/domain", Guarded, network::definition),
    field("resource_configs", "/ip_address", Guarded, network::definition),
    field("resource_configs", "/ip_address_type", Guarded, network::definition),
    field("resource_configs", "/port_ranges", Guarded, network::ports),
    field("gateways", "/security_group_ids", Guarded, network::gateway_groups),
    field("endpoints", "/policy", Guarded, access::endpoint),
    field("endpoints", "/private_dns", Guarded, network::private_dns),
    field("endpoints", "/security_group_ids", Guarded, network::endpoint_groups),
    field("endpoints", "/subnet_ids", Guarded, network::endpoint_subnets),
    field("endpoints", "/ip_address_type", Guarded, network::endpoint_family),
    field("endpoints", "/dns_record_ip_type", Guarded, network::endpoint_records),
    field("security_groups", "/ingress", Safe, network::permission),
    field("security_groups", "/egress", Safe, network::permission),
    field("network_acls", "/entries", Guarded, network::entries),
    field("apis", "/policy", Guarded, access::api),
    field("apis", "/default_endpoint_disabled", Guarded, gateway::default_endpoint),
    field("apis", "/vpc_endpoint_ids", Guarded, gateway::endpoints),
    field("apis", "/api_key_source", Guarded, gateway::key_source),
    field("apis", "/resources/*/methods/*/authorization", Guarded, gateway::method),
    field("apis", "/resources/*/methods/*/authorizer_id", Guarded, gateway::method),
    field("apis", "/resources/*/methods/*/api_key_required", Guarded, gateway::method),
    field("apis", "/stages/*/deployment_id", Guarded, gateway::deployment),
    field("apis", "/stages/*/variables", Guarded, gateway::variables),
    field("apis", "/deployments/*/summary", Guarded, gateway::deployed),
    field("usage_plans", "/stages", Guarded, gateway::plan_stages),
    field("domains", "/policy", Guarded, access::domain),
    field("domains", "/mappings", Guarded, gateway::mappings),
    field("queues", "/policy", Guarded, access::queue),
    field("roles", "/trust", Guarded, access::trust),
    field("roles", "/policies", Guarded, access::role_policies),
    field("keys", "/state", Guarded, access::key_state),
];

/// The row about a pointer into a resource of a collection, and what stands for its stars.
pub fn row(collection: &str, path: &str, part: bool) -> Option<(&'static Row, Vec<String>)> {
    let names: Vec<String> = path.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
    let of_kind = ROWS.iter().filter(|row| row.collection == collection && row.part == part);
    of_kind.into_iter().find_map(|row| Some((row, row.stars(&names)?)))
}

impl Row {
    fn stars(&self, names: &[String]) -> Option<Vec<String>> {
        let own: Vec<&str> = self.field.split('/').skip(1).collect();
        if names.len() < own.len() || (self.part && names.len() != own.len()) {
            return None;
        }
        let mut stars = Vec::new();
        for (own, name) in own.into_iter().zip(names) {
            match own {
                "*" => stars.push(name.clone()),
                own if own == name => {}
                _ => return None,
            }
        }
        Some(stars)
    }

    /// The field's pointer with names for its stars.
    pub fn pointer(&self, names: &[String]) -> String {
        let mut names = names.iter();
        let name = |own: &str| if own == "*" { names.next().map_or_else(String::new, |name| token(name)) } else { own.to_owned() };
        self.field.split('/').map(name).collect::<Vec<_>>().join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_with_what_lies_below_it_and_a_part_only_whole() {
        let found = |collection, path, part| row(collection, path, part).map(|(row, names)| (row.field, row.pointer(&names)));
        assert_eq!(found("rules", "/targets/a~1b/retry/attempts", false), Some(("/targets/*/retry", "/targets/a~1b/retry".to_owned())));
        assert_eq!(found("rules", "/targets/a", true), Some(("/targets/*", "/targets/a".to_owned())));
        assert_eq!(found("rules", "/targets/a/retry", true), None);
        assert_eq!(found("rules", "/pattern", false), None);
        let method = "/resources/~1orders/methods/POST/authorization";
        assert_eq!(found("apis", method, false), Some(("/resources/*/methods/*/authorization", method.to_owned())));
    }
}
