//! What people have to do where no call sets a field back.

use crate::drift::{Change, Difference};

/// Why nothing is done, by collection and the beginning of the field; the first row that fits is taken.
const WHY: &[(&str, &str, &str)] = &[
    ("*", "/tags", "tags are not set by this program: set the tag back with the service's TagResource or UntagResource"),
    ("rules", "/pattern", "only events:PutRule sets it, and it nulls what it is not given: put the rule with everything that it has"),
    ("rules", "", "only events:PutRule sets it, and it nulls what it is not given: put the rule with everything that it has"),
    ("connections", "/state", "it follows from the credentials and the private path: authorize the connection again"),
    ("connections", "/kms_key", "a change of the key writes the secret anew: give the connection its key and its credentials again"),
    ("connections", "", "it is set together with the credentials, which AWS does not return: update the connection with both"),
    ("destinations", "/state", "it follows from the state of its connection: look at that"),
    ("endpoints", "/dns_names", "AWS gives an endpoint its names, which follow from its subnets and its private DNS"),
    ("endpoints", "/state", "AWS sets it: wait for it, or look at what the endpoint's last error says"),
    ("resource_configs", "/status", "AWS sets it: look at the configuration's failure reason"),
    ("gateways", "/status", "AWS sets it: look at what happened to the gateway"),
    ("gateways", "", "a gateway keeps it for life: make another one with what the baseline has, and move its configurations"),
    (
        "resource_configs",
        "",
        "a resource configuration keeps it for life: make another one with what the baseline has, and move its connections",
    ),
    ("associations", "", "EventBridge makes the association: give the connection its private path again"),
    ("secrets", "", "EventBridge keeps the secret: restore it with secretsmanager:RestoreSecret, or authorize the connection again"),
    ("keys", "/policy", "whoever owns the key has to agree to a change of its policy"),
    ("roles", "/boundary", "a boundary is somebody's decision: set it with iam:PutRolePermissionsBoundary"),
    ("apis", "/stages", "set the stage back with apigateway:UpdateStage"),
    ("apis", "/authorizers", "set the authorizer back and deploy the API"),
    ("apis", "/resources", "set the method back and deploy the API"),
    ("apis", "/types", "an API is made private or public with all that hangs on it: decide it with its owner"),
];

/// Why nothing is done about a difference, and what to do instead.
pub fn why(difference: &Difference, path: &str) -> String {
    const ACCEPT: &str = "or take it into the baseline with `pgwaudit drift accept`";
    let what = match difference.change {
        Change::Vanished => "what is made again has another id or is not kept in full: make it again by what the baseline says",
        Change::Appeared => "whether somebody needs it is not known: delete it",
        _ => {
            let fits = |row: &&(&str, &str, &str)| (row.0 == "*" || row.0 == difference.collection) && path.starts_with(row.1);
            WHY.iter().find(fits).map_or("no call of this program sets it: set it to what the baseline says", |row| row.2)
        }
    };
    format!("{what}; {ACCEPT}")
}
