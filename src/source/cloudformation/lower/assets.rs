//! Files that a template names: definitions of state machines and APIs, beside it or among the assets of a CDK
//! application.

use std::fs;
use std::path::PathBuf;

use super::{Item, Lowering};
use crate::model::Unknown;
use crate::source::document::{Node, Value};
use crate::source::planned::Resolved;

/// More than AWS takes of any definition or API (10 MB).
const LARGEST: u64 = 16 << 20;

impl<'a> Lowering<'_, 'a> {
    /// A document that is written in the template or in a file that it names; `None` where it has neither.
    pub(super) fn body(&self, item: &Item<'a>, inline: &str, location: &str) -> Option<Resolved> {
        match (item.get(inline), item.get(location)) {
            (Resolved::Absent, Resolved::Absent) => None,
            (Resolved::Absent, location) => Some(self.file(item, location).and_then(|(file, bytes)| parsed(&file, &bytes)).into()),
            (Resolved::Text(text), _) => Some(parsed(&PathBuf::from(inline), text.as_bytes()).into()),
            (document, _) => Some(document.clone()),
        }
    }

    /// The file at a location: a path beside the template, or an object of which the assets have a copy.
    pub(super) fn file(&self, item: &Item<'a>, location: &Resolved) -> Result<(PathBuf, Vec<u8>), Unknown> {
        let name = match location.must_be_known()? {
            Resolved::Map(_) => location.field("Key").must("Key")?,
            path => path.must("a path")?,
        };
        let folder = &self.scope(item).stack.folder;
        let last = name.rsplit('/').next().unwrap_or_default();
        let remote = name.starts_with("s3://") || name.starts_with("https://");
        let beside = if remote { None } else { Some(folder.join(&name)) };
        let found = beside.into_iter().chain([folder.join(format!("asset.{last}")), folder.join(last)]).find(|path| path.is_file());
        let gone = || Unknown::unresolved(format!("the file {last}, which the template names, is not there to be read"));
        let path = found.ok_or_else(gone)?;
        let size = fs::metadata(&path).map(|data| data.len()).map_err(|_| gone())?;
        if size > LARGEST {
            return Err(Unknown::unresolved(format!("the file {last}, which the template names, is larger than AWS takes")));
        }
        let bytes = fs::read(&path).map_err(|_| gone())?;
        Ok((path, bytes))
    }
}

/// JSON or YAML.
pub(super) fn parsed(file: &std::path::Path, bytes: &[u8]) -> Result<Resolved, Unknown> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let node = super::super::parse(file, bytes).map_err(|wrong| Unknown::unresolved(format!("{name} cannot be read: {wrong}")))?;
    Ok(plain(&node))
}

/// The values of a file in which there are no expressions.
fn plain(node: &Node) -> Resolved {
    match &node.value {
        Value::Null => Resolved::Absent,
        Value::Bool(value) => Resolved::Bool(*value),
        Value::Number(digits) => Resolved::Number(digits.clone()),
        Value::Text(text) => Resolved::Text(text.clone()),
        Value::List(items) => Resolved::List(items.iter().map(plain).collect()),
        Value::Map(entries) => Resolved::Map(entries.iter().map(|(key, value)| (key.text.clone(), plain(value))).collect()),
    }
}
