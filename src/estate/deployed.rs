//! Which method of a deployment a request reaches.
//!
//! What answers is the deployed snapshot of the API, not what is saved: `GetDeployment` with
//! `embed=apisummary` tells its paths and methods.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html>

use std::collections::BTreeMap;

use crate::host::{Choice, PathTemplate, Segment, best_match};
use crate::model::Unknown;
use crate::model::apigateway::{Api, MethodSummary, Stage};
use crate::rules::verdict::Leave;

use super::{Estate, Integration, Site};

/// What a request meets in a deployment.
#[derive(Clone, Debug, PartialEq)]
pub enum Called<'a> {
    /// The stage serves no deployment.
    NoDeployment,
    /// No resource matches the path.
    NoPath {
        /// The paths that the deployment has.
        paths: Vec<&'a str>,
    },
    /// A resource matches, but has neither the verb nor `ANY`.
    NoMethod {
        /// Its path.
        path: &'a str,
        /// The verbs that it has.
        verbs: Vec<&'a str>,
    },
    /// A method.
    Found(Way<'a>),
}

/// A method of a deployment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way<'a> {
    /// The path of its resource, such as `/orders/{id}`.
    pub path: &'a str,
    /// The verb it is deployed under, `ANY` included.
    pub verb: &'a str,
    /// What the deployment says of it.
    pub summary: &'a MethodSummary,
    /// Whether it answers whatever is put in for a `*` of the URL.
    pub certain: bool,
}

type Summary = BTreeMap<String, BTreeMap<String, MethodSummary>>;

impl<'a> Estate<'a> {
    /// What `verb` on `path` (below the stage) meets on a stage.
    ///
    /// # Errors
    /// The gap, where the deployment was not read.
    pub fn called(&self, api: &Site<'a, Api>, stage: &'a Stage, path: &[Segment], verb: &str) -> Result<Called<'a>, Unknown> {
        let Some(id) = stage.deployment_id.read()? else { return Ok(Called::NoDeployment) };
        let Some(deployment) = api.value.deployments.read()?.get(id) else { return Err(lost(id)) };
        let summary = deployment.read()?.summary.read()?;
        let (paths, certain) = self.fitting(summary.keys(), path);
        if paths.is_empty() {
            return Ok(Called::NoPath { paths: summary.keys().map(String::as_str).collect() });
        }
        Ok(of_verb(summary, &paths, verb, certain))
    }

    /// Whether a request may reach one of these resource paths when values put in at run time, which may hold slashes,
    /// change it from the first of them on.
    pub(super) fn may_reach(&self, paths: &[&'a str], request: &[Segment]) -> bool {
        let known = request.iter().position(|segment| matches!(segment, Segment::Dynamic(_)));
        let Some(start) = known.and_then(|known| request.get(..known)) else { return false };
        paths.iter().filter_map(|path| self.templates.get(*path)?.as_ref()).any(|template| template.goes_on_from(start))
    }

    /// The resource paths that a request may reach, and whether it is one whatever is put in for a `*` of the URL. Where it
    /// is not, the one that takes any value stands before those that take a certain one.
    fn fitting(&self, paths: impl Iterator<Item = &'a String>, request: &[Segment]) -> (Vec<&'a str>, bool) {
        let templates: Vec<(&'a str, &PathTemplate)> =
            paths.filter_map(|path| Some((path.as_str(), self.templates.get(path.as_str())?.as_ref()?))).collect();
        let (indices, certain) = match best_match(templates.iter().map(|(_, template)| *template), request) {
            Choice::None => (Vec::new(), true),
            Choice::One(index) => (vec![index], true),
            // Values that are known only at run time choose; one that works is enough not to complain.
            Choice::OneOf { mut indices, or_none } => {
                if !or_none {
                    indices.rotate_right(1);
                }
                (indices, false)
            }
        };
        (indices.into_iter().filter_map(|index| templates.get(index)).map(|(path, _)| *path).collect(), certain)
    }
}

/// Why a deployment is not known that a stage serves: API Gateway deletes none while a stage serves it, so that the stage
/// was given another one while it was read, or the deployment is declared elsewhere than the stage.
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteDeployment.html>
pub fn lost(deployment: &str) -> Unknown {
    Unknown::unresolved(format!(
        "the deployment {deployment} was not found, and none can be deleted while a stage serves it: the stage was changed meanwhile, \
         or the deployment is declared elsewhere"
    ))
}

impl<'a> Integration<'a> {
    /// Path and verb of the saved method that the call would reach if what is saved were deployed, if there is one.
    ///
    /// # Errors
    /// As the API, the URL and the verb, or the gap where the saved resources were not read.
    pub fn saved_way(&self) -> Result<Option<(&'a str, &'a str)>, Leave> {
        let saved = self.api.read()?.value.resources.read()?;
        let (path, verb) = (self.path()?, self.verb()?);
        let of = |path: &'a str| {
            let methods = &saved.get(path)?.methods;
            let verb = [verb, "ANY"].into_iter().find(|verb| methods.contains_key(*verb))?;
            Some((path, verb))
        };
        Ok(self.estate.fitting(saved.keys(), &path).0.into_iter().find_map(of))
    }
}

fn of_verb<'a>(summary: &'a Summary, paths: &[&'a str], verb: &str, certain: bool) -> Called<'a> {
    let mut answer = Called::NoPath { paths: Vec::new() };
    for &path in paths {
        let Some(methods) = summary.get(path) else { continue };
        let found = methods.get_key_value(verb).or_else(|| methods.get_key_value("ANY"));
        if let Some((verb, summary)) = found {
            return Called::Found(Way { path, verb, summary, certain });
        }
        if matches!(answer, Called::NoPath { .. }) {
            answer = Called::NoMethod { path, verbs: methods.keys().map(String::as_str).collect() };
        }
    }
    answer
}
