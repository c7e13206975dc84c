//! The security group of a new gateway: TCP 443 to the endpoint, and nothing else.

use serde_json::{Value, json};

use super::super::group::{as_ip_permission, as_value};
use super::super::{Refused, manual};
use super::{Case, Names, PLAN, Work, there, unused};
use crate::estate::Site;
use crate::fix::plan::case::{place, scope};
use crate::fix::step::{Call, Place, Step};
use crate::model::ec2::{Endpoint, Peer, Permission};

/// Both ends of what has to be let through.
pub struct Peers {
    name: String,
    /// A group of the endpoint, its place and what it lets in.
    endpoint: (String, Place, Value),
}

/// The group of an endpoint that a new gateway is let in by.
pub fn peers(case: &Case<'_>, endpoint: &Site<'_, Endpoint>, name: &str) -> Result<Peers, Refused> {
    for id in endpoint.value.security_group_ids.read()? {
        if let Some(group) = there(endpoint.estate.security_group(scope(endpoint), id)) {
            group.value.ingress.read()?;
            let at = place(&group, "security_groups");
            let ingress = match case.at(&at, "/ingress") {
                Value::Null => json!([]),
                list => list,
            };
            return Ok(Peers { name: unused(case, Names::Groups, &format!("{name}-gateway")), endpoint: (id.clone(), at, ingress) });
        }
    }
    manual("the endpoint has no security group that is known")
}

impl Work<'_, '_> {
    /// Makes the group; what stands for its id. A new group lets everything out, which is taken away once TCP 443 is let
    /// through: <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>.
    pub fn group(&mut self, peers: &Peers, scope: (&str, &str), vpc: &str) -> Result<String, Refused> {
        let id = self.draft.token();
        let at = Place::new(scope, "security_groups", &id);
        let description = format!("Resource gateway to private APIs, made by pgwaudit {PLAN}");
        let parameters = json!({"GroupName": peers.name, "VpcId": vpc, "Description": description});
        let made = json!({"id": id, "name": peers.name, "owner": scope.0, "vpc_id": vpc});
        let all = as_value(&everything());
        let step =
            Step::new(scope, format!("make security group {} in {vpc}", peers.name), Call::new("ec2", "CreateSecurityGroup", parameters));
        let step = step.change(&at, "", Value::Null, made).assume(&at, "/egress", json!([all])).makes("/GroupId");
        self.add(step.undo(Call::new("ec2", "DeleteSecurityGroup", json!({"GroupId": id}))));
        let (endpoint, endpoint_at, ingress) = &peers.endpoint;
        let out = https(endpoint);
        self.permit(scope, &at, ("Egress", &id), (true, &out), [json!([all]), json!([all, as_value(&out)])]);
        self.permit(scope, &at, ("Egress", &id), (false, &everything()), [json!([all, as_value(&out)]), json!([as_value(&out)])]);
        let into = https(&id);
        let mut after = ingress.as_array().cloned().unwrap_or_default();
        after.push(as_value(&into));
        let own = (endpoint_at.account.as_str(), endpoint_at.region.as_str());
        self.permit(own, endpoint_at, ("Ingress", endpoint), (true, &into), [ingress.clone(), Value::Array(after)]);
        Ok(id)
    }

    fn permit(
        &mut self,
        scope: (&str, &str),
        at: &Place,
        (side, group): (&str, &str),
        (authorize, permission): (bool, &Permission),
        [before, after]: [Value; 2],
    ) {
        let call = |authorize: bool| {
            let verb = if authorize { "Authorize" } else { "Revoke" };
            let parameters = json!({"GroupId": group, "IpPermissions": [as_ip_permission(permission)]});
            Call::new("ec2", &format!("{verb}SecurityGroup{side}"), parameters)
        };
        let title = match (&permission.peer, authorize) {
            (Peer::Group(other), true) if side == "Egress" => format!("let TCP 443 out of {group} to {other}"),
            (Peer::Group(other), true) => format!("let TCP 443 into {group} from {other}"),
            _ => format!("stop letting everything out of {group}"),
        };
        let step = Step::new(scope, title, call(authorize)).change(at, format!("/{}", side.to_ascii_lowercase()), before, after);
        self.add(step.undo(call(!authorize)));
    }
}

fn https(group: &str) -> Permission {
    Permission { protocol: "tcp".to_owned(), from: Some(443), to: Some(443), peer: Peer::Group(group.to_owned()) }
}

fn everything() -> Permission {
    Permission { protocol: "-1".to_owned(), from: None, to: None, peer: Peer::Cidr("0.0.0.0/0".to_owned()) }
}
