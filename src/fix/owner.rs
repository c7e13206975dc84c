//! What owns a resource: by its tags, and where it has none by the stacks of its account.
//!
//! CloudFormation, and so the CDK, tags what it makes with names under `aws:cloudformation:`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>). Terraform tags
//! nothing by itself; taken for its mark is what people commonly set: a tag named after it, or `managed-by` and its like.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::document::Owner;
use super::emit::kind_of;
use super::state::State;
use super::step::Place;
use crate::estate::public_id;
use crate::model::{Known, Reason, ResourceId, Scope, Tags};
use crate::source::cloudformation::deployed::{Member, Stacks, physical_ids};

/// Names of tags that say by what a resource is managed, in lower case without separators.
const MANAGERS: [&str; 5] = ["managedby", "provisioner", "provisionedby", "createdby", "iac"];

/// Tools that own what they are named on, beside CloudFormation.
const TOOLS: [&str; 4] = ["terraform", "opentofu", "pulumi", "terragrunt"];

/// What is known of who owns a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Nothing that is known.
    Free,
    /// This.
    Owned(Owner),
    /// It was not told, and why.
    Unknown(String),
}

/// Knows who owns resources.
pub trait Owners {
    /// Who owns a resource that is there.
    fn of(&self, state: &State, place: &Place) -> Ownership;
}

/// Goes by tags alone: for what is read from files.
pub struct ByTags;

impl Owners for ByTags {
    fn of(&self, state: &State, place: &Place) -> Ownership {
        by_tags(state, place)
    }
}

/// Asks the stacks of the account about what has no tag that tells: targets and inline policies belong to what their
/// rule and role do, and many types cannot have tags.
pub struct ByStacks<'s> {
    stacks: &'s dyn Stacks,
    told: RefCell<HashMap<Place, Ownership>>,
}

impl<'s> ByStacks<'s> {
    /// Asks nothing yet.
    pub fn new(stacks: &'s dyn Stacks) -> Self {
        ByStacks { stacks, told: RefCell::default() }
    }

    fn asked(&self, state: &State, place: &Place) -> Ownership {
        let Some(kind) = kind_of(&place.collection) else { return Ownership::Free };
        let resource = ResourceId {
            id: public_id(kind, (&place.account, &place.region), "", &place.key),
            kind,
            account: place.account.clone(),
            region: place.region.clone(),
        };
        let mut owners = Vec::new();
        for scope in scopes(state, place) {
            match self.in_scope(&scope, &resource, place) {
                Ownership::Free => {}
                told => owners.push(told),
            }
        }
        // Whoever is known to own it counts more than what another region did not tell.
        owners.sort_by_key(|owner| matches!(owner, Ownership::Unknown(_)));
        owners.into_iter().next().unwrap_or(Ownership::Free)
    }

    fn in_scope(&self, scope: &Scope, resource: &ResourceId, place: &Place) -> Ownership {
        let names = physical_ids(resource);
        let mut other = None;
        for name in &names {
            let members = match self.stacks.members(scope, name) {
                Ok(members) => members,
                Err(why) => return Ownership::Unknown(why),
            };
            let own =
                |member: &&Member| type_names(&place.collection).contains(&member.kind.as_str()) && names.contains(&member.physical_id);
            if let Some(member) = members.iter().find(own) {
                let (stack, logical_id) = (Some(member.stack.clone()), Some(member.logical_id.clone()));
                return Ownership::Owned(Owner { tool: "cloudformation".to_owned(), resource: place.to_string(), stack, logical_id });
            }
            // An answer is about one stack; another one may have this resource under the same name.
            other = other.or(members.into_iter().find(|member| names.contains(&member.physical_id)));
        }
        other.map_or(Ownership::Free, |member| {
            Ownership::Unknown(format!(
                "CloudFormation tells of stack {} instead, which has an {} of the same name",
                member.stack, member.kind
            ))
        })
    }
}

impl Owners for ByStacks<'_> {
    fn of(&self, state: &State, place: &Place) -> Ownership {
        let tags = by_tags(state, place);
        if matches!(tags, Ownership::Owned(_)) {
            return tags;
        }
        if let Some(told) = self.told.borrow().get(place) {
            return told.clone();
        }
        let told = match self.asked(state, place) {
            Ownership::Free => tags,
            told => told,
        };
        self.told.borrow_mut().insert(place.clone(), told.clone());
        told
    }
}

/// Where a stack may be that owns a resource: its region, or for what is global every one that was read.
fn scopes(state: &State, place: &Place) -> Vec<Scope> {
    let own = state.snapshot.scopes().map(|(scope, _)| scope).filter(|scope| scope.account == place.account);
    own.filter(|scope| place.region.is_empty() || scope.region == place.region).collect()
}

/// The types that make the resources of a collection.
fn type_names(collection: &str) -> &'static [&'static str] {
    match collection {
        "rules" => &["AWS::Events::Rule"],
        "destinations" => &["AWS::Events::ApiDestination"],
        "connections" => &["AWS::Events::Connection"],
        "buses" => &["AWS::Events::EventBus"],
        "resource_configs" => &["AWS::VpcLattice::ResourceConfiguration"],
        "gateways" => &["AWS::VpcLattice::ResourceGateway"],
        "security_groups" => &["AWS::EC2::SecurityGroup"],
        "network_acls" => &["AWS::EC2::NetworkAcl"],
        "endpoints" => &["AWS::EC2::VPCEndpoint"],
        "apis" => &["AWS::ApiGateway::RestApi"],
        "usage_plans" => &["AWS::ApiGateway::UsagePlan"],
        "domains" => &["AWS::ApiGateway::DomainName", "AWS::ApiGateway::DomainNameV2"],
        "access_associations" => &["AWS::ApiGateway::DomainNameAccessAssociation"],
        "queues" => &["AWS::SQS::Queue"],
        "keys" => &["AWS::KMS::Key", "AWS::KMS::ReplicaKey"],
        "roles" => &["AWS::IAM::Role"],
        "alarms" => &["AWS::CloudWatch::Alarm"],
        _ => &[],
    }
}

/// What owns a resource that is there, by its tags. Tags that nobody asked for tell nothing, for or against.
fn by_tags(state: &State, place: &Place) -> Ownership {
    let tags = state.at(place, "/tags");
    match Known::<Tags>::deserialize(&tags) {
        Ok(Known::Unknown(unknown)) if unknown.gap().reason != Reason::NotCovered => {
            Ownership::Unknown(format!("its tags were not read: {}", unknown.gap().why))
        }
        _ => named_by(&tags, place).map_or(Ownership::Free, Ownership::Owned),
    }
}

fn named_by(tags: &Value, place: &Place) -> Option<Owner> {
    let tags: Vec<(&String, &str)> = tags.as_object()?.iter().filter_map(|(key, value)| Some((key, value.as_str()?))).collect();
    let tag = |name: &str| tags.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let owner = |tool: &str, stack, logical_id| Some(Owner { tool: tool.to_owned(), resource: place.to_string(), stack, logical_id });
    let logical_id = tag("aws:cloudformation:logical-id");
    if let Some(stack) = tag("aws:cloudformation:stack-name").or_else(|| tag("aws:cloudformation:stack-id")) {
        return owner("cloudformation", Some(stack), logical_id);
    }
    if let Some(path) = tag("aws:cdk:path") {
        return owner("cdk", path.split('/').next().map(str::to_owned), logical_id);
    }
    let tool = tags.iter().find_map(|(key, value)| by_word(key, value))?;
    owner(tool, None, None)
}

fn by_word(key: &str, value: &str) -> Option<&'static str> {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (key, value) = (plain(key), plain(value));
    TOOLS.into_iter().find(|tool| {
        let managed = MANAGERS.contains(&key.as_str()) && value.contains(tool);
        let named = key.starts_with(tool) && !["false", "no", "0"].contains(&value.as_str());
        managed || named
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Ownership, Place, State, by_tags, by_word};
    use crate::rules::example;

    #[test]
    fn terraform_is_known_by_the_tags_that_people_set() {
        for (key, value) in
            [("Terraform", "true"), ("managed-by", "Terraform"), ("ManagedBy", "terraform-cloud"), ("terraform:module", "x")]
        {
            assert_eq!(by_word(key, value), Some("terraform"), "{key}");
        }
        assert_eq!(by_word("iac", "Pulumi"), Some("pulumi"));
        for (key, value) in [("terraform", "false"), ("managed-by", "hand"), ("team", "terraform")] {
            assert_eq!(by_word(key, value), None, "{key}");
        }
    }

    #[test]
    fn tags_that_were_not_read_do_not_make_a_resource_free() {
        let place =
            Place::new(("111122223333", "eu-west-1"), "gateways", "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/rgw-1");
        let with = |reason: &str| {
            let mut estate = example::estate("default").expect("an estate");
            let gateways = &mut estate["accounts"]["111122223333"]["regions"]["eu-west-1"]["gateways"];
            let mut gateway = gateways.as_object().and_then(|all| all.values().next()).expect("a gateway").clone();
            gateway["tags"] = json!({"$unknown": {"call": "vpc-lattice:ListTagsForResource", "reason": reason, "why": "no permission"}});
            gateways[&place.key] = gateway;
            by_tags(&State::new(serde_json::from_value(estate).expect("a snapshot")).expect("a state"), &place)
        };
        assert_eq!(with("denied"), Ownership::Unknown("its tags were not read: no permission".to_owned()));
        assert_eq!(with("not-covered"), Ownership::Free);
    }
}
