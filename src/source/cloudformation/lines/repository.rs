//! Paths as people of a repository name them.

use std::fs;
use std::path::{Path, PathBuf};

use super::frame::{Frame, has_drive};
use super::slashed;
use crate::report::location::Location;
use crate::repository;

/// The folder to which places are relative, and the one in which an application lies.
#[derive(Debug)]
pub struct Repository {
    top: PathBuf,
    application: PathBuf,
}

impl Repository {
    /// The repository in which the templates of `folder` lie: the one of git, else the folder above what the CDK wrote,
    /// else the working directory.
    pub fn around(folder: &Path, made_by_cdk: bool) -> Repository {
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let application = if made_by_cdk { above_assembly(&folder) } else { folder };
        let root = repository::root(&application);
        let here = || std::env::current_dir().unwrap_or_default();
        let top = if made_by_cdk || root.join(".git").exists() { root } else { repository::root(&here()) };
        Repository { top, application }
    }

    /// A file below the top relative to it, any other as it is named, both with `/`.
    pub fn relative(&self, file: &Path) -> String {
        let whole = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        whole.strip_prefix(&self.top).map_or_else(|_| slashed(file), slashed)
    }

    /// The place of a frame. Where the application was built in another folder, its file is the one here that shares
    /// most of its path.
    pub fn place(&self, frame: &Frame) -> Option<Location> {
        let absolute = frame.file.starts_with('/') || has_drive(&frame.file);
        let file = Path::new(&frame.file);
        let (line, column) = (frame.line, frame.column);
        let at = |file: String| Some(Location { file, line, column });
        if file.starts_with(&self.top) || (absolute && file.is_file()) {
            return at(self.relative(file));
        }
        match self.moved(&frame.file) {
            Some(file) => at(self.relative(&file)),
            None if absolute => at(frame.file.clone()),
            None => None,
        }
    }

    fn moved(&self, file: &str) -> Option<PathBuf> {
        let parts: Vec<&str> = file.split('/').filter(|part| !part.is_empty() && !matches!(*part, "." | "..")).collect();
        (0..parts.len()).map(|from| self.application.join(parts[from..].join("/"))).find(|file| file.is_file())
    }
}

/// The folder above the outermost folder of an assembly; stages lie in folders of their own inside it.
fn above_assembly(folder: &Path) -> PathBuf {
    let is_assembly = |folder: &&Path| folder.join("manifest.json").is_file();
    let outermost = folder.ancestors().take_while(is_assembly).last().unwrap_or(folder);
    outermost.parent().unwrap_or(outermost).to_owned()
}
