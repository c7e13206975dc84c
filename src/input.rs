//! Files that whoever calls has named: why one cannot be read, in the same words wherever it is named.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::{Error, Result, shortened};

/// What a file has to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// With its article, such as `a snapshot`.
    pub what: &'static str,
    /// How to come by one.
    pub next: &'static str,
}

impl Wanted {
    /// Reads a file whole.
    ///
    /// # Errors
    /// Names the file.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>> {
        fs::read(path).map_err(|error| self.unreadable(path, &error))
    }

    /// Reads a file whole that holds text.
    ///
    /// # Errors
    /// Names the file.
    pub fn text(&self, path: &Path) -> Result<String> {
        let wrong = |_| Error::new(format!("{}: not {}: it is not in UTF-8", path.display(), self.what)).next(self.next);
        String::from_utf8(self.read(path)?).map_err(wrong)
    }

    /// Why a file cannot be read, and what to do.
    pub fn unreadable(&self, path: &Path, error: &io::Error) -> Error {
        let name = path.display();
        match error.kind() {
            ErrorKind::IsADirectory => Error::new(format!("{name}: is a directory, not {}", self.what)).next("name the file in it"),
            ErrorKind::NotFound => Error::new(format!("{name}: no such file")).next(self.next),
            _ => Error::new(format!("{name}: cannot be read: {error}")).next("check the file's permissions"),
        }
    }
}

/// What is wrong with a JSON text, without the place and without lists of everything known.
pub fn said(error: &serde_json::Error) -> String {
    let message = error.to_string();
    shortened(message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Wanted = Wanted { what: "a list", next: "write one" };

    #[test]
    fn what_cannot_be_read_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let shown = |name: &str| at(name).display().to_string();
        fs::write(at("latin"), b"\xe4").expect("written");
        let error = |name: &str| LIST.text(&at(name)).expect_err(name).to_string();
        assert_eq!(error("none"), format!("{}: no such file\n  write one", shown("none")));
        assert_eq!(error(""), format!("{}: is a directory, not a list\n  name the file in it", shown("")));
        assert_eq!(error("latin"), format!("{}: not a list: it is not in UTF-8\n  write one", shown("latin")));
    }

    #[test]
    fn a_json_error_is_told_without_its_place() {
        let error = serde_json::from_str::<Vec<u8>>("\n{}").expect_err("an error");
        assert_eq!(said(&error), "invalid type: map, expected a sequence");
    }
}
