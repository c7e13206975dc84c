//! Every template of the corpus compared with itself. The corpus is not part of this repository; `PGWAUDIT_CORPUS` names
//! its folder.
#![expect(clippy::print_stderr, reason = "a test that leaves cases out says so")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use jiff::Timestamp;
use pgwaudit::source::cloudformation::{Inputs, lower, read};

use super::{drift, said};

/// The files below a folder that may be templates.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        match path.extension().and_then(|ending| ending.to_str()) {
            _ if path.is_dir() => files(&path, found),
            Some("json" | "yaml" | "yml" | "template") => found.push(path),
            _ => {}
        }
    }
}

#[test]
fn no_template_differs_from_itself() {
    let Some(folder) = env::var_os("PGWAUDIT_CORPUS").map(PathBuf::from) else {
        return eprintln!("left out: the templates of the corpus, because PGWAUDIT_CORPUS does not name its folder");
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let mut compared = 0;
    for file in found {
        let inputs = Inputs { paths: vec![file.display().to_string()], ..Inputs::default() };
        // Much of it is no template.
        let Ok(assembly) = read(&inputs) else { continue };
        let one = lower(&assembly, Timestamp::UNIX_EPOCH).snapshot;
        let other = lower(&assembly, Timestamp::UNIX_EPOCH).snapshot;
        assert_eq!(said(&drift(&one, &other)), [], "{}", file.display());
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} templates");
    eprintln!("{compared} templates compared with themselves");
}
