//! Parts of resources that a loop or a macro makes, of which it is not known whose they are: any may have them.

use super::Lowering;
use crate::model::iam::RolePolicy;
use crate::model::known::values_mut;
use crate::model::{Known, Unknown};

/// Whose part something is.
#[derive(Clone, Copy)]
enum Owner {
    Egress,
    Ingress,
    Role,
    Queue,
}

/// The types of parts, and the property that names the owner.
const PARTS: [(&str, &str, Owner); 7] = [
    ("AWS::EC2::SecurityGroupEgress", "GroupId", Owner::Egress),
    ("AWS::EC2::SecurityGroupIngress", "GroupId", Owner::Ingress),
    ("AWS::IAM::ManagedPolicy", "Roles", Owner::Role),
    ("AWS::IAM::Policy", "Roles", Owner::Role),
    ("AWS::IAM::RolePolicy", "RoleName", Owner::Role),
    ("AWS::SQS::QueueInlinePolicy", "Queue", Owner::Queue),
    ("AWS::SQS::QueuePolicy", "Queues", Owner::Queue),
];

/// A part, where it is deployed, and why it is not known.
pub struct Unowned<'a> {
    owner: Owner,
    account: &'a str,
    region: &'a str,
    why: Unknown,
}

impl<'a> Lowering<'_, 'a> {
    /// The parts without a known owner; to be looked for before anything is taken.
    pub(super) fn unowned(&self) -> Vec<Unowned<'a>> {
        let mut found = Vec::new();
        for (kind, property, owner) in PARTS {
            for item in self.items.get(kind).into_iter().flatten().filter(|item| item.declared.call.is_some()) {
                if let (Err(_), Some(why)) = (item.get(property).texts(), item.unsure.clone()) {
                    let (account, region) = self.place(item);
                    found.push(Unowned { owner, account, region, why });
                }
            }
        }
        found
    }

    /// Says of each resource that may have such a part that its parts are not all known.
    pub(super) fn may_own(&mut self, parts: Vec<Unowned<'a>>) {
        for Unowned { owner, account, region, why } in parts {
            match owner {
                Owner::Egress => {
                    values_mut(&mut self.region_of(account, region).security_groups)
                        .for_each(|group| group.egress = Known::Unknown(why.clone()));
                }
                Owner::Ingress => {
                    values_mut(&mut self.region_of(account, region).security_groups)
                        .for_each(|group| group.ingress = Known::Unknown(why.clone()));
                }
                Owner::Queue => {
                    values_mut(&mut self.region_of(account, region).queues).for_each(|queue| queue.policy = Known::Unknown(why.clone()))
                }
                Owner::Role => {
                    for role in values_mut(&mut self.draft.accounts.entry(account.to_owned()).or_default().roles) {
                        if let Known::Value(policies) = &mut role.policies {
                            policies.push(RolePolicy { name: "policy of a loop".to_owned(), document: Known::Unknown(why.clone()) });
                        }
                    }
                }
            }
        }
    }
}
