//! Rules on the role with which EventBridge calls a target.

use super::verdict::{Assessed, Finding, Leave, fail, not_applicable, pass};
use crate::arn::Arn;
use crate::estate::{Hop, Integration};

/// `role/not-found`
pub fn not_found(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    let Some(arn) = target.value.role_arn.read()? else { return not_applicable("the target has no role") };
    let evidence = target.at("/role_arn").observed(arn);
    if let Some(role) = Arn::parse(arn)
        && role.account != rule.account
    {
        let note = format!("The role belongs to account {}; EventBridge assumes roles of the rule's account only.", role.account);
        return fail(Finding::from(evidence.expected(format!("a role of account {}", rule.account))).note(note));
    }
    match path.estate.role(arn) {
        Hop::Missing(_) => fail(evidence.expected("a role that exists")),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::Present(_) | Hop::None => pass(),
    }
}
