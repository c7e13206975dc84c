//! IAM roles with the policies that are written in them, beside them, or attached to them.

use std::collections::HashMap;

use super::super::origins::Table;
use super::{Item, Lowering, entry, may, tags};
use crate::model::iam::{Role, RolePolicy};
use crate::model::{Kind, Known, Unknown};
use crate::source::planned::Resolved;

const ROLE: Table =
    &[("/name", "RoleName"), ("/trust", "AssumeRolePolicyDocument"), ("/policies", "Policies"), ("/boundary", "PermissionsBoundary")];

/// Documents of the managed policies that are declared, by ARN.
type Managed = HashMap<String, Known<serde_json::Value>>;

/// The declared roles by account and name: their ARNs, and whether policies are written in them.
type Roles<'a> = HashMap<(&'a str, String), (String, bool)>;

impl<'a> Lowering<'_, 'a> {
    pub(super) fn roles(&mut self) {
        let managed_items = self.take("AWS::IAM::ManagedPolicy");
        let managed: Managed = managed_items.iter().map(|item| (self.arn(item), item.sure(document(item)).into())).collect();
        let mut by_name = Roles::new();
        for item in self.take("AWS::IAM::Role") {
            let arn = self.role(&item, &managed);
            by_name.insert((self.place(&item).0, self.name(&item)), (arn, !item.get("Policies").is_absent()));
        }
        by_name.extend(self.made_roles());
        for item in &managed_items {
            let name = self.arn(item);
            self.attach(item, "Roles", &name, &by_name);
        }
        for item in self.take("AWS::IAM::Policy") {
            let name = self.name(&item);
            self.attach(&item, "Roles", &name, &by_name);
        }
        for item in self.take("AWS::IAM::RolePolicy") {
            let name = item.get("PolicyName").text().ok().flatten().unwrap_or_default();
            self.attach(&item, "RoleName", &name, &by_name);
        }
    }

    /// The roles that SAM makes for state machines, to which policies may be attached by their names as well.
    fn made_roles(&self) -> Roles<'a> {
        let (resolver, mut made) = (self.resolver, Roles::new());
        for (stack, scope) in resolver.scopes.iter().enumerate().filter(|(_, scope)| scope.is_sam()) {
            for machine in scope.resources.iter().filter(|resource| resource.kind == "AWS::Serverless::StateMachine") {
                let name = resolver.role_of(stack, machine.id);
                let arn = format!("arn:{}:iam::{}:role/{name}", scope.partition, scope.account);
                made.insert((scope.account, name), (arn, true));
            }
        }
        made
    }

    fn role(&mut self, item: &Item<'a>, managed: &Managed) -> String {
        let arn = self.arn(item);
        let boundary = may(item, "PermissionsBoundary").map(|arn| arn.map(|arn| attached(&arn, managed)));
        let role = Role {
            name: self.name(item),
            trust: item
                .get("AssumeRolePolicyDocument")
                .document()
                .and_then(|document| document.ok_or_else(|| required("AssumeRolePolicyDocument")))
                .into(),
            policies: policies(item, managed).into(),
            boundary,
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.add_role(item, &arn, role, ROLE);
        if item.get("Policies").is_absent() && !item.get("ManagedPolicyArns").is_absent() {
            self.points(item, Kind::Role, &arn, "/policies".to_owned(), item.origin(&["ManagedPolicyArns"]));
        }
        arn
    }

    pub(super) fn add_role(&mut self, item: &Item<'a>, arn: &str, role: Role, table: Table) {
        let (account, _) = self.place(item);
        let value = item.unsure.clone().map_or(Known::Value(role), Known::Unknown);
        super::insert(&mut self.draft.accounts.entry(account.to_owned()).or_default().roles, arn, value);
        self.stands(item, Kind::Role, ("", arn), table);
        for (index, _) in item.get("Policies").items().unwrap_or_default().iter().enumerate() {
            let origin = item.origin(&["Policies", &index.to_string(), "PolicyDocument"]);
            self.points(item, Kind::Role, arn, format!("/policies/{index}/document"), origin);
        }
    }

    /// Adds a policy to the declared roles that a property of it names. Where nothing is written in the role itself, its
    /// policies stand there.
    fn attach(&mut self, item: &Item<'a>, property: &str, name: &str, by_name: &Roles<'a>) {
        let (account, _) = self.place(item);
        for role in item.get(property).items().unwrap_or_default() {
            let Some((arn, inline)) = role.text().ok().flatten().and_then(|role| by_name.get(&(account, role))) else { continue };
            let roles = &mut self.draft.accounts.entry(account.to_owned()).or_default().roles;
            let Some(Known::Value(list)) = entry(roles, arn).map(|role| &mut role.policies) else { continue };
            list.push(RolePolicy { name: name.to_owned(), document: item.sure(document(item)).into() });
            let pointer = format!("/policies/{}/document", list.len() - 1);
            self.points(item, Kind::Role, arn, pointer, item.origin(&["PolicyDocument"]));
            if !inline {
                self.points(item, Kind::Role, arn, "/policies".to_owned(), item.origin(&["PolicyDocument"]));
            }
        }
    }
}

fn required(name: &str) -> Unknown {
    Unknown::unresolved(format!("{name} is required and not there"))
}

fn document(item: &Item<'_>) -> Result<serde_json::Value, Unknown> {
    item.get("PolicyDocument").document()?.ok_or_else(|| required("PolicyDocument"))
}

/// The policies that are written in a role, and those attached to it by ARN.
pub(super) fn policies(item: &Item<'_>, managed: &Managed) -> Result<Vec<RolePolicy>, Unknown> {
    let mut policies = Vec::new();
    for (index, policy) in item.get("Policies").items()?.iter().enumerate() {
        let name = policy.field("PolicyName").text().ok().flatten().unwrap_or_else(|| format!("policy {}", index + 1));
        let document = policy.field("PolicyDocument").document().and_then(|document| document.ok_or_else(|| required("PolicyDocument")));
        policies.push(RolePolicy { name, document: document.into() });
    }
    for arn in item.get("ManagedPolicyArns").items()? {
        policies.push(match arn.text() {
            Ok(arn) => attached(&arn.unwrap_or_default(), managed),
            Err(unknown) => RolePolicy { name: "attached policy".to_owned(), document: Known::Unknown(unknown) },
        });
    }
    Ok(policies)
}

fn attached(arn: &str, managed: &Managed) -> RolePolicy {
    let unknown = || Known::Unknown(Unknown::foreign(format!("the document of {arn} is not in these templates")));
    RolePolicy { name: arn.to_owned(), document: managed.get(arn).cloned().unwrap_or_else(unknown) }
}

/// Statements that SAM puts into the role that it makes: policies written out; names of templates and of managed
/// policies are not known.
pub(super) fn generated(value: &Resolved) -> Result<Vec<RolePolicy>, Unknown> {
    let one = |(index, policy): (usize, &Resolved)| {
        let name = format!("policy {}", index + 1);
        let document = match policy {
            Resolved::Map(_) if !policy.field("Statement").is_absent() => Known::from(policy.json()),
            _ => Known::Unknown(Unknown::unresolved("SAM writes this policy when the template is deployed")),
        };
        RolePolicy { name, document }
    };
    Ok(value.items()?.iter().enumerate().map(one).collect())
}
