//! Folders and patterns: every file below that could be a template, in a fixed order.

use std::fs;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::cdk::MANIFEST;
use super::{Found, unreadable};
use crate::error::{Error, Result};

/// Endings of files that are looked at in folders.
const ENDINGS: [&str; 4] = ["json", "yaml", "yml", "template"];

/// Whether a path that names no file is a pattern.
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '[', '{'])
}

/// The folder at which a pattern begins, and whether it matches a path found below.
pub fn compile(pattern: &str) -> Result<(PathBuf, impl Fn(&Path) -> bool)> {
    let literal: PathBuf = Path::new(pattern).components().take_while(|part| !is_pattern(&part.as_os_str().to_string_lossy())).collect();
    let top = if literal.as_os_str().is_empty() { PathBuf::from(".") } else { literal };
    let glob = GlobBuilder::new(pattern.trim_start_matches("./")).literal_separator(true).build();
    let glob = glob.map_err(|error| Error::new(format!("--template {pattern}: not a pattern: {}", error.kind())))?.compile_matcher();
    Ok((top, move |path: &Path| glob.is_match(path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>())))
}

impl Found {
    /// Takes what lies in a folder and below. Hidden folders, installed packages and links to folders are left alone.
    pub(super) fn walk(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<()> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|error| unreadable(folder, &error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            let left_alone = name.to_string_lossy().starts_with('.') || name == "node_modules";
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let done = left_alone || (wanted(&path.join(MANIFEST)) && self.assembly(&path)?);
                    if !done {
                        self.walk(&path, wanted)?;
                    }
                }
                Ok(_) if could_be_template(&path) && wanted(&path) && path.is_file() => self.take(&path),
                _ => {}
            }
        }
        Ok(())
    }
}

fn could_be_template(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}
