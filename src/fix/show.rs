//! A plan for people.

use std::io::{self, Write};

use serde_json::Value;

use super::apply::short;
use super::document::{Fix, Plan, Withheld};
use super::secret::fields;
use super::step::{Change, Step};
use crate::output::class_name;
use crate::output::text::clean;

/// Writes a plan as text.
///
/// # Errors
/// What `out` answers.
pub fn write(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    for fix in &plan.fixes {
        write_fix(fix, out)?;
    }
    for item in &plan.manual {
        let finding = &item.finding;
        writeln!(out, "manual    {}  {}", finding.rule, clean(&finding.resource.id))?;
        writeln!(out, "  by hand: {}", clean(&item.why))?;
        writeln!(out, "  what to do: `pgwaudit rules show {}`\n", finding.rule)?;
    }
    writeln!(out, "{}", summary(plan))
}

/// So many steps, in words.
pub fn counted(steps: usize) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

/// The plan in one line.
pub fn summary(plan: &Plan) -> String {
    let (made, steps) = (plan.made().count(), plan.steps().count());
    let withheld = plan.fixes.len() - made;
    if plan.fixes.is_empty() && plan.manual.is_empty() {
        return "nothing to do".to_owned();
    }
    let (fixes, steps) = (if made == 1 { "1 fix".to_owned() } else { format!("{made} fixes") }, counted(steps));
    format!("plan {}: {fixes} in {steps}, {withheld} withheld, {} to be done by hand", plan.id, plan.manual.len())
}

fn write_fix(fix: &Fix, out: &mut dyn Write) -> io::Result<()> {
    for (index, cure) in fix.cures.iter().enumerate() {
        let class = if index == 0 { class_name(fix.class) } else { "" };
        writeln!(out, "{class:<9} {}  {}", cure.rule, clean(&cure.resource.id))?;
    }
    match &fix.withheld {
        None => {}
        Some(Withheld::Class) => writeln!(out, "  not made: needs --allow {}", class_name(fix.class))?,
        Some(Withheld::TooMany) => writeln!(out, "  not made: more steps than --max-changes")?,
        Some(Withheld::OwnerUnknown { resource, why }) => {
            let what = format!(
                "  not made: whether a stack owns {resource} is not known: {why}; allow cloudformation:DescribeStackResources, or pass --allow-managed"
            );
            writeln!(out, "{}", clean(&what))?;
        }
        Some(Withheld::Owned(owner)) => {
            let stack = owner.stack.as_ref().map_or_else(String::new, |stack| format!(", stack {stack}"));
            let id = owner.logical_id.as_ref().map_or_else(String::new, |id| format!(", logical id {id}"));
            let what =
                format!("  not made: {} belongs to {}{stack}{id}; change it there, or pass --allow-managed", owner.resource, owner.tool);
            writeln!(out, "{}", clean(&what))?;
        }
    }
    for step in &fix.steps {
        write_step(step, out)?;
    }
    writeln!(out)
}

fn write_step(step: &Step, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  step {}: {}", step.id, clean(&step.title))?;
    writeln!(out, "    call    {} in {} {}", step.call, step.account, step.region)?;
    if let Some(secret) = &step.call.secret {
        let fields: Vec<_> = fields(&step.call.parameters).into_iter().collect();
        writeln!(out, "    secret  {} from {}", fields.join(", "), clean(&secret.to_string()))?;
    }
    for change in step.changes.iter().filter(|change| !change.assumed) {
        writeln!(out, "    change  {}", clean(&format!("{}{}", change.place, change.pointer)))?;
        for (sign, value) in difference(change) {
            writeln!(out, "      {sign} {}", clean(&value))?;
        }
    }
    if !step.waits_for.is_empty() {
        let steps: Vec<_> = step.waits_for.iter().map(ToString::to_string).collect();
        writeln!(out, "    after   step {}", steps.join(", "))?;
    }
    if let Some(wait) = &step.wait {
        writeln!(out, "    waits   until {} is {}", wait.place, wait.until.join(" or "))?;
    }
    let undo: Vec<_> = step.undo.iter().map(ToString::to_string).collect();
    let none = if step.lapses { "none needed: an earlier step's takes away what it leads to" } else { "none" };
    writeln!(out, "    undo    {}", if undo.is_empty() { none.to_owned() } else { undo.join(", then ") })?;
    for note in &step.notes {
        writeln!(out, "    note    {}", clean(note))?;
    }
    for fact in &step.unconfirmed {
        writeln!(out, "    UNCONFIRMED by AWS's documentation: {}", clean(fact))?;
    }
    Ok(())
}

/// Of lists the items that come and go, of everything else the whole.
fn difference(change: &Change) -> Vec<(char, String)> {
    let items = |value: &Value| value.as_array().cloned();
    let lists = match (&change.before, &change.after) {
        (Value::Null, Value::Array(after)) => Some((Vec::new(), after.clone())),
        (before, after) => items(before).zip(items(after)),
    };
    let Some((before, after)) = lists else {
        return vec![('-', short(&change.before)), ('+', short(&change.after))];
    };
    let gone = before.iter().filter(|item| !after.contains(item)).map(|item| ('-', short(item)));
    let new = after.iter().filter(|item| !before.contains(item)).map(|item| ('+', short(item)));
    gone.chain(new).collect()
}
