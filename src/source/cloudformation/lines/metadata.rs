//! What the CDK keeps of each construct: its logical id, and the stack traces of its making.
//!
//! Up to 2.250 a trace is part of the entry with the logical id, and only when debugging; later ones have an entry of
//! its own, and when debugging one for every property that was set.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::frame::Frame;
use super::repository::Repository;
use crate::report::location::Location;

/// Entries by construct paths, which begin with `/`.
#[derive(Debug)]
pub struct Metadata(BTreeMap<String, Vec<Value>>);

impl Metadata {
    /// The metadata of the stack whose template is `file`, where `folder` is one that the CDK wrote.
    pub fn of(folder: &Path, file: &Path) -> Option<Metadata> {
        let manifest = json(&folder.join("manifest.json"))?;
        let named = |artifact: &&Value| {
            let template = artifact["properties"]["templateFile"].as_str();
            template.is_some_and(|template| folder.join(template) == file || Path::new(template).file_name() == file.file_name())
        };
        let artifact = manifest["artifacts"].as_object()?.values().find(named)?;
        let mut entries = BTreeMap::new();
        gather(&mut entries, &artifact["metadata"]);
        for further in [&artifact["additionalMetadataFile"], &artifact["properties"]["additionalMetadataFile"]] {
            if let Some(content) = further.as_str().and_then(|name| json(&folder.join(name))) {
                gather(&mut entries, &content);
            }
        }
        Some(Metadata(entries))
    }

    /// The construct path of a logical id, without its slash.
    pub fn construct_path(&self, logical_id: &str) -> Option<&str> {
        let named = |entry: &Value| is(entry, "aws:cdk:logicalId") && entry["data"] == logical_id;
        let (path, _) = self.0.iter().find(|(_, entries)| entries.iter().any(named))?;
        Some(path.trim_start_matches('/'))
    }

    /// The user's line that set the property last, else that made the resource, else what it is a part of.
    pub fn frame(&self, path: Option<&str>, logical_id: &str, property: Option<&str>, repository: &Repository) -> Option<Location> {
        let path = path.or_else(|| self.construct_path(logical_id))?.trim_start_matches('/');
        let place = |trace: &Value| {
            trace.as_array()?.iter().filter_map(Value::as_str).filter_map(Frame::parse).find_map(|frame| repository.place(&frame))
        };
        let own = self.entries(path);
        let set = |entry: &&Value| is(entry, "aws:cdk:propertyAssignment") && entry["data"]["propertyName"].as_str() == property;
        let assigned = own.iter().filter(set).rev().find_map(|entry| place(&entry["data"]["stackTrace"]));
        assigned.or_else(|| {
            let made = |entries: &[Value]| {
                let by = |kind: &str, trace: &str| entries.iter().filter(|entry| is(entry, kind)).find_map(|entry| place(&entry[trace]));
                by("aws:cdk:creationStack", "data").or_else(|| by("aws:cdk:logicalId", "trace"))
            };
            made(own).or_else(|| ancestors(path).find_map(|above| made(self.entries(&above))))
        })
    }

    fn entries(&self, path: &str) -> &[Value] {
        self.0.get(&format!("/{path}")).map_or(&[], Vec::as_slice)
    }
}

/// The constructs around one, and the resources that stand for them: `A/B/Subnet` is part of what `A/B/Resource` is.
fn ancestors(path: &str) -> impl Iterator<Item = String> {
    let above = std::iter::successors(path.rsplit_once('/').map(|(above, _)| above), |path| path.rsplit_once('/').map(|(above, _)| above));
    above.flat_map(|above| [above.to_owned(), format!("{above}/Resource"), format!("{above}/Default")])
}

fn is(entry: &Value, kind: &str) -> bool {
    entry["type"] == kind
}

fn gather(entries: &mut BTreeMap<String, Vec<Value>>, content: &Value) {
    for (path, more) in content.as_object().into_iter().flatten() {
        entries.entry(path.clone()).or_default().extend(more.as_array().into_iter().flatten().cloned());
    }
}

/// What a file holds, if it can be read: without metadata there is still the template's line.
fn json(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}
