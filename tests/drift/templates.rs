//! Every template of the corpus compared with itself. The corpus is not part of this repository; `PGWAUDIT_CORPUS` names
//! its folder.
#![expect(clippy::print_stderr, reason = "a test that leaves cases out says so")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use jiff::Timestamp;
use pgwaudit::drift::Difference;
use pgwaudit::drift::declared::declare;
use pgwaudit::model::{Snapshot, SourceKind};
use pgwaudit::source::cloudformation::{Inputs, Templates, lower, read};

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

/// What the templates deploy under another name: all ids are others.
fn deployed(inputs: &Inputs) -> Snapshot {
    let mut assembly = read(inputs).expect("templates");
    for stack in &mut assembly.stacks {
        stack.name = format!("deployed-{}", stack.name);
    }
    let mut snapshot = lower(&assembly, Timestamp::UNIX_EPOCH).snapshot;
    snapshot.source.kind = SourceKind::Snapshot;
    snapshot
}

#[test]
fn no_template_differs_from_what_it_deploys_under_other_ids() {
    let Some(folder) = env::var_os("PGWAUDIT_CORPUS").map(PathBuf::from) else {
        return eprintln!("left out: the templates of the corpus, because PGWAUDIT_CORPUS does not name its folder");
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in found {
        let inputs = Inputs { paths: vec![file.display().to_string()], ..Inputs::default() };
        let Ok(templates) = Templates::load(&inputs) else { continue };
        let name = format!("deployed-{}", templates.assembly.stacks[0].name);
        // Some declare nothing of an integration.
        let Ok(declared) = declare(templates, deployed(&inputs), None, Some(&name)) else { continue };
        let comparison = declared.compare();
        if !comparison.differences.is_empty() {
            let one = |one: &Difference| format!("{} {} {}: {:?}", one.change.rule().id, one.resource.id, one.pointer, one.shown);
            wrong.push(format!("{}:\n  {}", file.display(), comparison.differences.iter().map(one).collect::<Vec<_>>().join("\n  ")));
        }
        compared += 1;
    }
    assert!(wrong.is_empty() && compared >= 20, "{compared} templates\n{}", wrong.join("\n"));
    eprintln!("{compared} templates compared with what they deploy");
}
