//! `AWS::Include` of files that are to be uploaded on deployment: what they hold stands in the template from here on.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>

use std::path::{Path, PathBuf};

use super::{LARGEST, bounded, broken, too_large, unreadable};
use crate::error::Result;
use crate::source::cloudformation::transform::{CALL, included};
use crate::source::document::{Key, Mark, Node, Value};

/// A template with the files that it includes.
pub struct Whole {
    /// All of it.
    pub template: Node,
    /// As it was, where there are some.
    pub written: Option<Node>,
    /// The files.
    pub files: Vec<PathBuf>,
}

/// The template with the files that it includes. A file that is not at hand, or says again what stands there, is left to the
/// deployment.
///
/// # Errors
/// A file that cannot be read.
pub fn include(template: Node, folder: &Path) -> Result<Whole> {
    if !calls(&template) {
        return Ok(Whole { template, written: None, files: Vec::new() });
    }
    let written = template.clone();
    let mut work = Work { folder, left: LARGEST, files: Vec::new() };
    let mut template = template;
    work.take(&mut template, "Transform")?;
    work.below(&mut template)?;
    let written = (template != written).then_some(written);
    Ok(Whole { template, written, files: work.files })
}

/// Whether a file is included anywhere.
fn calls(node: &Node) -> bool {
    included(node).is_some() || node.items().iter().any(calls) || node.entries().iter().any(|(_, node)| calls(node))
}

struct Work<'w> {
    folder: &'w Path,
    /// How many bytes may still be included: a file can be named again and again.
    left: u64,
    files: Vec<PathBuf>,
}

impl Work<'_> {
    fn below(&mut self, node: &mut Node) -> Result<()> {
        match &mut node.value {
            Value::List(items) => items.iter_mut().try_for_each(|item| self.below(item)),
            Value::Map(entries) => {
                entries.iter_mut().filter(|(key, _)| key.text != CALL).try_for_each(|(_, node)| self.below(node))?;
                self.take(node, CALL)
            }
            _ => Ok(()),
        }
    }

    /// Puts what the calls of an entry include into the map that has it.
    fn take(&mut self, map: &mut Node, name: &str) -> Result<()> {
        let Some(call) = map.get(name) else { return Ok(()) };
        let (calls, at) = match &call.value {
            Value::List(items) => (items.clone(), call.at),
            _ => (vec![call.clone()], call.at),
        };
        let mut left = Vec::new();
        for call in &calls {
            match self.file(call)? {
                Some(content) if content.iter().all(|(key, _)| map.get(&key.text).is_none()) => {
                    if let Value::Map(entries) = &mut map.value {
                        entries.extend(content);
                    }
                }
                _ => left.push(call.clone()),
            }
        }
        if left.len() == calls.len() {
            return Ok(());
        }
        if let Value::Map(entries) = &mut map.value {
            match left.is_empty() {
                true => entries.retain(|(key, _)| key.text != name),
                false => {
                    let rest = entries.iter_mut().filter(|(key, _)| key.text == name);
                    rest.for_each(|(_, node)| *node = Node { value: Value::List(left.clone()), at });
                }
            }
        }
        Ok(())
    }

    /// What a file holds, all of it at the place where it is included.
    fn file(&mut self, call: &Node) -> Result<Option<Vec<(Key, Node)>>> {
        let Some(file) = included(call).and_then(|location| self.local(location)) else { return Ok(None) };
        let bytes = bounded(&file).map_err(|error| unreadable(&file, &error))?.ok_or_else(|| too_large(&file))?;
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else { return Ok(None) };
        self.left = left;
        self.files.push(file.clone());
        let mut content = super::parse(&file, &bytes).map_err(|wrong| broken(&file, &wrong))?;
        stand_at(&mut content, call.at);
        match content.value {
            Value::Map(entries) => Ok(Some(entries)),
            _ => Ok(None),
        }
    }

    /// A path is of a file that `aws cloudformation package` would upload; an address is where nobody looks.
    fn local(&self, location: &str) -> Option<PathBuf> {
        let file = self.folder.join(location);
        (!location.contains("://") && file.is_file()).then_some(file)
    }
}

fn stand_at(node: &mut Node, at: Mark) {
    node.at = at;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| stand_at(item, at)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, node)| {
            (key.at, key.lost) = (at, None);
            stand_at(node, at);
        }),
        _ => {}
    }
}
