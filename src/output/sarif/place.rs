//! Files that results stand in: their URIs, their lines.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::report::Report;
use crate::report::location::Location;
use crate::repository;

use super::shape::{ArtifactLocation, PhysicalLocation, Region};
use super::{Repository, fingerprint};

/// What relative URIs start from: the name that GitHub's own analyses give to the root of the repository.
pub const ROOT: &str = "%SRCROOT%";

/// The files of the repository that a report points at.
pub struct Sources<'a> {
    anchor: String,
    files: BTreeMap<&'a str, File>,
}

struct File {
    uri: String,
    /// What was asked of its lines; nothing where it cannot be read.
    lines: HashMap<u32, Line>,
}

struct Line {
    hash: String,
    /// The column behind its last character.
    end: u32,
}

impl<'a> Sources<'a> {
    /// Reads the lines of all places in the report. A file that is not there leaves them without hashes.
    pub fn read(report: &'a Report, repository: Repository<'_>) -> Self {
        let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        let evidence = report.findings.iter().flat_map(|finding| &finding.evidence);
        let places = evidence.flat_map(|evidence| evidence.location.iter().chain(&evidence.related_locations));
        let declared = report.declared.values().filter_map(|declaration| declaration.location.as_ref());
        for place in places.chain(declared).filter(|place| repository::is_inside(&place.file)) {
            wanted.entry(&place.file).or_default().insert(place.line);
        }
        let files = wanted.into_iter().map(|(name, lines)| (name, File::read(repository.root, name, &lines))).collect();
        Sources { anchor: repository::uri(repository.anchor), files }
    }

    /// GitHub's hash of the line of a place, where the file can be read.
    pub fn hash(&self, place: &Location) -> Option<&str> {
        Some(self.files.get(place.file.as_str())?.lines.get(&place.line)?.hash.as_str())
    }

    /// Whether GitHub can show the place.
    pub fn has(&self, place: &Location) -> bool {
        self.files.contains_key(place.file.as_str())
    }

    /// The place from its column to the end of its line; the anchor where it is in no file of the repository.
    pub fn physical(&self, place: Option<&Location>) -> PhysicalLocation<'_> {
        let known = place.and_then(|place| Some((place, self.files.get(place.file.as_str())?)));
        let (uri, region) = match known {
            None => (&self.anchor, Region { start_line: 1, start_column: 1, end_line: 1, end_column: 2 }),
            Some((place, file)) => {
                let start = place.column.unwrap_or(1).max(1);
                let end = file.lines.get(&place.line).map_or(0, |line| line.end).max(start + 1);
                (&file.uri, Region { start_line: place.line, start_column: start, end_line: place.line, end_column: end })
            }
        };
        PhysicalLocation { artifact_location: ArtifactLocation { uri, uri_base_id: ROOT }, region }
    }
}

impl File {
    fn read(root: &Path, name: &str, wanted: &BTreeSet<u32>) -> File {
        let bytes = std::fs::read(root.join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let hashes = if text.is_empty() { Vec::new() } else { fingerprint::lines(&text) };
        let ends = ends(&text);
        let line = |number: &u32| {
            let index = usize::try_from(*number).ok()?.checked_sub(1)?;
            Some((*number, Line { hash: hashes.get(index)?.clone(), end: *ends.get(index)? }))
        };
        File { uri: repository::uri(name), lines: wanted.iter().filter_map(line).collect() }
    }
}

/// The column behind the last character of each line, whatever ends it.
fn ends(text: &str) -> Vec<u32> {
    let text = text.replace("\r\n", "\n");
    let width = |line: &str| u32::try_from(line.trim_end().chars().count()).unwrap_or(u32::MAX - 1) + 1;
    text.split(['\n', '\r']).map(width).collect()
}
