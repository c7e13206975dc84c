//! `pgwaudit drift --template` and `--stack`: what is deployed, compared with what templates say.

use super::{judged, load_within, written};
use crate::cli::{AgainstArgs, ToldArgs};
use crate::drift::declared::{self, Declared};
use crate::error::{Error, Result};
use crate::model::Filter;
use crate::settings::{Scan, Source};
use crate::source::cloudformation::stacks::Deployments;
use crate::source::cloudformation::{Assembly, Inputs, Templates};

/// What the present is compared with.
pub(super) enum With {
    /// Files with templates, and the name of the stack of a single one.
    Templates(Inputs, Option<String>),
    /// The template of a stack.
    Stack(String),
}

impl With {
    /// What was typed; `None` for a baseline that was recorded.
    pub(super) fn of(against: &AgainstArgs, told: ToldArgs) -> Option<With> {
        let ToldArgs { parameters, stack_name } = told;
        match &against.stack {
            Some(name) => Some(With::Stack(name.clone())),
            None if against.templates.is_empty() => None,
            None => Some(With::Templates(Inputs { paths: against.templates.clone(), parameters, ..Inputs::default() }, stack_name)),
        }
    }
}

/// Compares, and says what to exit with. What is wrong with the templates is told before an account is asked.
pub(super) fn run(with: &With, mut settings: Scan) -> Result<u8> {
    let templates = match with {
        With::Templates(inputs, _) => Some(Templates::load(inputs)?),
        With::Stack(_) => None,
    };
    let deployments = deployments(&settings.source)?;
    let deployments = deployments.as_deref();
    let (templates, name) = match (templates, with) {
        (Some(templates), With::Templates(_, name)) => (templates, name.clone()),
        (_, With::Templates(..)) => return Err(Error::new("there is no template to compare with").next("name one with --template")),
        (_, With::Stack(name)) => (Templates::of(fetched(name, deployments)?), None),
    };
    let present = load_within(&settings.source, &Filter::default(), settings.output.quiet)?;
    let declared = declared::declare(templates, present, deployments, name.as_deref())?;
    settings.suppressions.add(&declared.templates.assembly)?;
    let comparison = declared.compare();
    let Declared { baseline, present, .. } = &declared;
    let places = declared.places(&comparison, matches!(with, With::Templates(..)));
    let mut report = judged(&comparison, baseline, present, &mut settings, Some(&places))?;
    report.warnings.extend(declared.templates.warnings());
    report.warnings.extend(declared.warnings.iter().cloned());
    written(report, &settings)
}

/// The templates of a deployed stack.
fn fetched(name: &str, deployments: Option<&dyn Deployments>) -> Result<Assembly> {
    let deployments = deployments.ok_or_else(|| {
        Error::new("--stack asks CloudFormation, and --snapshot asks nobody")
            .next("leave --snapshot out, or name the template with --template")
    })?;
    declared::fetch(name, deployments)
}

/// Who knows the stacks; nobody but AWS does.
#[cfg(feature = "live")]
fn deployments(source: &Source) -> Result<Option<Box<dyn Deployments>>> {
    match source {
        Source::Live(args) => {
            let open = crate::source::live::deployments::LiveDeployments::open(&super::super::live_options(args))?;
            Ok(Some(Box::new(open)))
        }
        _ => Ok(None),
    }
}

#[cfg(not(feature = "live"))]
fn deployments(source: &Source) -> Result<Option<Box<dyn Deployments>>> {
    match source {
        Source::Live(_) => Err(super::super::not_live()),
        _ => Ok(None),
    }
}
