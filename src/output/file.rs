//! Files that are never half-written: filled beside their place, then renamed.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// A file that is complete but not yet in its place; dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Aside {
    path: PathBuf,
    /// Nothing for what cannot be replaced, such as a pipe or a device, and was written to directly.
    file: Option<NamedTempFile>,
}

impl Aside {
    /// Fills a file that will stand at `path`. Follows links; pipes and devices are written to at once.
    ///
    /// # Errors
    /// Names `path`.
    pub fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Aside> {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(Error::new(format!("{}: is a directory", path.display())).next("name a file in it")),
            Ok(found) if !found.is_file() => {
                let open = fs::OpenOptions::new().write(true).open(path);
                open.and_then(|mut file| filled(&mut file, fill)).map_err(|error| unwritable(path, &error))?;
                Ok(Aside { path: place, file: None })
            }
            _ => {
                let file = beside(&place).and_then(|mut file| filled(&mut file, fill).map(|()| file));
                Ok(Aside { path: place, file: Some(file.map_err(|error| unwritable(path, &error))?) })
            }
        }
    }

    /// Moves the file into its place.
    ///
    /// # Errors
    /// Names the place.
    pub fn put(self) -> Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        let kept = file.as_file().sync_all().and_then(|()| file.persist(&self.path).map_err(|error| error.error));
        kept.map(drop).map_err(|error| unwritable(&self.path, &error))
    }
}

fn filled(file: &mut impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    out.flush()
}

fn beside(place: &Path) -> io::Result<NamedTempFile> {
    let directory = place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pgwaudit-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666)); // less the umask, as for any new file
    builder.tempfile_in(directory)
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    let next = match error.kind() {
        io::ErrorKind::NotFound => "create its directory first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "name a file in a directory that you may write to",
        _ => "nothing was changed; name another file or make room",
    };
    // The name of the file beside, which is in the message as well, says nothing to anybody.
    let why = error.to_string();
    let why = why.split(" at path ").next().unwrap_or(&why);
    Error::new(format!("{}: cannot be written: {why}", path.display())).next(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(directory: &Path) -> usize {
        fs::read_dir(directory).expect("a directory").count()
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("report.json");
        fs::write(&path, "before").expect("writable");
        Aside::write(&path, |out| out.write_all(b"half").and(Err(io::Error::other("stop")))).expect_err("stopped");
        assert_eq!((fs::read_to_string(&path).expect("kept"), entries(directory.path())), ("before".to_owned(), 1));
        let aside = Aside::write(&path, |out| out.write_all(b"after")).expect("written");
        assert_eq!(fs::read_to_string(&path).expect("kept"), "before");
        aside.put().expect("moved");
        assert_eq!((fs::read_to_string(&path).expect("replaced"), entries(directory.path())), ("after".to_owned(), 1));
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let error = |path: &Path| Aside::write(path, |_| Ok(())).expect_err("unwritable").to_string();
        assert!(error(directory.path()).contains("is a directory"));
        let missing = error(&directory.path().join("no/such"));
        assert!(missing.contains("no/such: cannot be written") && missing.contains("create its directory first"), "{missing}");
        assert!(!missing.contains(".pgwaudit-"), "{missing}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
        let directory = tempfile::tempdir().expect("a directory");
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, "").expect("writable");
        symlink(&target, &link).expect("a link");
        Aside::write(&link, |out| out.write_all(b"new")).and_then(Aside::put).expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("there"), "new");
        assert_eq!(fs::metadata(&target).expect("there").permissions().mode() & 0o111, 0);
        Aside::write(Path::new("/dev/null"), |out| out.write_all(b"gone")).and_then(Aside::put).expect("written");
        assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
    }
}
