//! IAM: roles with their trust, their permissions and their boundary. Global to an account, so all its
//! regions share what was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_iam::{Client, types};
use futures::future::join_all;
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use super::action::{GET_POLICY, GET_POLICY_VERSION, GET_ROLE, GET_ROLE_POLICY, LIST_ATTACHED_ROLE_POLICIES, LIST_ROLE_POLICIES};
use super::call::{Gate, existing};
use super::convert::{encoded_json, must, pairs};
use crate::model::iam::{Role, RolePolicy};
use crate::model::{Collection, Known, Unknown};

/// What was read once, or is being read.
type Once<T> = Mutex<BTreeMap<String, Arc<OnceCell<T>>>>;

/// A role, or that there is none, or why that is not known.
type Asked = Result<Option<Role>, Unknown>;

/// IAM in one account.
pub struct Iam {
    sdk: Client,
    gate: Gate,
    account: String,
    roles: Once<Asked>,
    managed: Once<Known<Value>>,
}

async fn once<T: Clone>(memo: &Once<T>, key: &str, read: impl Future<Output = T>) -> T {
    let cell = memo.lock().await.entry(key.to_owned()).or_default().clone();
    cell.get_or_init(|| read).await.clone()
}

impl Iam {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate, account: &str) -> Self {
        Iam { sdk, gate, account: account.to_owned(), roles: Mutex::default(), managed: Mutex::default() }
    }

    /// Reads the role that an ARN names, unless it was read before.
    pub async fn want(&self, arn: &str) {
        let _read = once(&self.roles, arn, self.role(arn)).await;
    }

    /// All roles that were wanted and exist, by their real ARN; what could not be read stands under the ARN
    /// that named it.
    pub async fn collected(&self) -> Collection<Role> {
        let roles = self.roles.lock().await;
        let entry = |(arn, cell): (&String, &Arc<OnceCell<Asked>>)| match cell.get()? {
            Ok(role) => role.clone().map(|role| (role.arn.clone(), Known::Value(role))),
            Err(unknown) => Some((arn.clone(), Known::Unknown(unknown.clone()))),
        };
        Known::Value(roles.iter().filter_map(entry).collect())
    }

    async fn role(&self, arn: &str) -> Asked {
        let mut parts = arn.splitn(6, ':').skip(4);
        let (Some(account), Some(name)) = (parts.next(), parts.next().and_then(|path| path.rsplit('/').next())) else {
            return Ok(None);
        };
        if account != self.account {
            return Err(Unknown::foreign(format!("the role {arn} belongs to another account than what names it")));
        }
        let answer = self.gate.send(GET_ROLE, self.sdk.get_role().role_name(name).send()).await;
        let told = |role: types::Role| Some(role).filter(|role| !role.arn.is_empty());
        let Some(answer) = existing(answer)? else { return Ok(None) };
        let role = must(GET_ROLE, "Arn", answer.role.and_then(told))?;
        let boundary = role.permissions_boundary.clone().and_then(|boundary| boundary.permissions_boundary_arn);
        let (policies, boundary) = futures::join!(self.policies(name), self.boundary(boundary));
        Ok(Some(self::role(role, policies.into(), boundary)))
    }

    async fn boundary(&self, arn: Option<String>) -> Option<RolePolicy> {
        let name = arn?;
        let document = self.managed(&name).await;
        Some(RolePolicy { name, document })
    }

    /// Inline and attached policies, sorted by name or ARN.
    async fn policies(&self, role: &str) -> Result<Vec<RolePolicy>, Unknown> {
        let (inline, attached) = futures::join!(self.inline_names(role), self.attached_arns(role));
        let inline = inline?.into_iter().map(async |name| RolePolicy { document: self.inline(role, &name).await, name });
        let attached = attached?.into_iter().map(async |name| RolePolicy { document: self.managed(&name).await, name });
        let (inline, attached) = futures::join!(join_all(inline), join_all(attached));
        let mut policies: Vec<RolePolicy> = inline.into_iter().chain(attached).collect();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(policies)
    }

    async fn inline_names(&self, role: &str) -> Result<Vec<String>, Unknown> {
        let send = |marker| self.sdk.list_role_policies().role_name(role).set_marker(marker).send();
        let pages = self.gate.pages(LIST_ROLE_POLICIES, send, |page| (page.policy_names, page.marker.filter(|_| page.is_truncated)));
        existing(pages.await).map(Option::unwrap_or_default)
    }

    async fn attached_arns(&self, role: &str) -> Result<Vec<String>, Unknown> {
        let send = |marker| self.sdk.list_attached_role_policies().role_name(role).set_marker(marker).send();
        let open = |page: aws_sdk_iam::operation::list_attached_role_policies::ListAttachedRolePoliciesOutput| {
            let arns = page.attached_policies.into_iter().flatten().filter_map(|policy| policy.policy_arn).collect();
            (arns, page.marker.filter(|_| page.is_truncated))
        };
        existing(self.gate.pages(LIST_ATTACHED_ROLE_POLICIES, send, open).await).map(Option::unwrap_or_default)
    }

    async fn inline(&self, role: &str, name: &str) -> Known<Value> {
        let request = self.sdk.get_role_policy().role_name(role).policy_name(name);
        let answer = self.gate.send(GET_ROLE_POLICY, request.send()).await.map_err(|failure| failure.into_unknown(GET_ROLE_POLICY));
        answer.and_then(|answer| must(GET_ROLE_POLICY, "PolicyDocument", encoded_json(&answer.policy_document))).into()
    }

    /// The default version of a managed policy, read once.
    async fn managed(&self, arn: &str) -> Known<Value> {
        once(&self.managed, arn, async { self.default_version(arn).await.into() }).await
    }

    async fn default_version(&self, arn: &str) -> Result<Value, Unknown> {
        let answer = self.gate.send(GET_POLICY, self.sdk.get_policy().policy_arn(arn).send()).await;
        let policy = answer.map_err(|failure| failure.into_unknown(GET_POLICY))?.policy;
        let version = must(GET_POLICY, "DefaultVersionId", policy.and_then(|policy| policy.default_version_id))?;
        let request = self.sdk.get_policy_version().policy_arn(arn).version_id(version);
        let answer = self.gate.send(GET_POLICY_VERSION, request.send()).await;
        let version = answer.map_err(|failure| failure.into_unknown(GET_POLICY_VERSION))?.policy_version;
        must(GET_POLICY_VERSION, "Document", version.and_then(|version| version.document).and_then(|text| encoded_json(&text)))
    }
}

fn role(item: types::Role, policies: Known<Vec<RolePolicy>>, boundary: Option<RolePolicy>) -> Role {
    let trust = item.assume_role_policy_document.as_deref().and_then(encoded_json);
    Role {
        arn: item.arn,
        name: item.role_name,
        trust: must(GET_ROLE, "AssumeRolePolicyDocument", trust).into(),
        policies,
        boundary: Known::Value(boundary),
        tags: Known::Value(pairs(item.tags.into_iter().flatten(), |tag| (Some(tag.key), Some(tag.value)))),
    }
}
