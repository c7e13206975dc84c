//! What AWS fills in where nothing is said.

use serde_json::{Value, json};

/// The value that an absent field stands for; null for none.
pub fn default_of(collection: &str, path: &[&str]) -> Value {
    match (collection, path) {
        // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
        ("rules", ["targets", _, "retry", "attempts"]) => json!(185),
        ("rules", ["targets", _, "retry", "age_seconds"]) => json!(86_400),
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-apidestination.html
        ("destinations", ["rate"]) => json!(300),
        // https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#default-endpoint-policy
        ("endpoints", ["policy"]) => json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}),
        ("endpoints", ["ip_address_type" | "dns_record_ip_type"]) => json!("ipv4"),
        // https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_CreateResourceGateway.html
        ("gateways", ["ipv4_per_interface"]) => json!(16),
        // https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
        ("apis", ["resources", _, "methods", _, "integration", "passthrough"]) => json!("WHEN_NO_MATCH"),
        ("apis", ["access_mode"]) => json!("BASIC"),
        // https://docs.aws.amazon.com/apigateway/latest/api/API_DomainName.html
        ("domains", ["routing_mode"]) => json!("BASE_PATH_MAPPING_ONLY"),
        (_, [.., name]) if MAPS.contains(name) => json!({}),
        _ => Value::Null,
    }
}

/// Fields that hold named things of their own, or parts with defaults: none of them is an empty map.
const MAPS: [&str; 13] = [
    "authorizers",
    "deployed",
    "headers",
    "input",
    "methods",
    "query",
    "request_parameters",
    "resources",
    "retry",
    "stages",
    "tags",
    "targets",
    "variables",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_value() {
        assert_eq!(default_of("rules", &["targets", "api", "retry", "attempts"]), json!(185));
        assert_eq!(default_of("gateways", &["ipv4_per_interface"]), json!(16));
        assert_eq!(default_of("connections", &["tags"]), json!({}));
        assert_eq!(default_of("connections", &["name"]), Value::Null);
    }
}
