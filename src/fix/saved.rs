//! Plans as files.

use std::path::Path;

use super::document::{Plan, SCHEMA};
use crate::error::{Error, Result};
use crate::input::{Wanted, said};
use crate::output::file::Aside;

const WANTED: Wanted = Wanted { what: "a plan", next: "name a file that `pgwaudit fix --plan-out` wrote" };

/// Writes a plan, whole or not at all.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, plan: &Plan) -> Result<()> {
    let fill = |out: &mut dyn std::io::Write| {
        serde_json::to_writer_pretty(&mut *out, plan)?;
        out.write_all(b"\n")
    };
    Aside::write(path, fill)?.put()
}

/// Reads a plan.
///
/// # Errors
/// `FILE:LINE:COLUMN` where it is no plan; another version; edited.
pub fn read(path: &Path) -> Result<Plan> {
    let shown = path.display();
    let text = WANTED.text(path)?;
    let version: serde_json::Result<Version> = serde_json::from_str(&text);
    if let Ok(Version { schema }) = version
        && schema != SCHEMA
    {
        let what = format!("{shown}: version `{schema}`, this program reads {SCHEMA}");
        return Err(Error::new(what).next("make the plan again with `pgwaudit fix --plan-out`"));
    }
    let plan: Plan = serde_json::from_str(&text).map_err(|error| {
        let place = format!("{shown}:{}:{}", error.line().max(1), error.column().max(1));
        Error::new(format!("{place}: not a whole plan: {}", said(&error))).next("make the plan again with `pgwaudit fix --plan-out`")
    })?;
    check(&plan).map_err(|why| {
        Error::new(format!("{shown}: {why}")).next("use the plan as it was written, or make it again with `pgwaudit fix --plan-out`")
    })?;
    Ok(plan)
}

#[derive(serde::Deserialize)]
struct Version {
    schema: String,
}

/// Whether a plan is what the program made.
///
/// # Errors
/// One line.
pub fn check(plan: &Plan) -> std::result::Result<(), String> {
    if plan.schema != SCHEMA {
        return Err(format!("version `{}`, this program reads {SCHEMA}", plan.schema));
    }
    if plan.digest() != plan.id {
        return Err("the plan was edited after it was made".to_owned());
    }
    Ok(())
}
