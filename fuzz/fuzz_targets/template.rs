//! Any bytes as a template: read, resolved, judged and placed. Nothing of it may panic, overflow or hang.
#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use pgwaudit::source::cloudformation::{Assembly, Stack, Templates, parse, transform};

fuzz_target!(|bytes: &[u8]| {
    let file = PathBuf::from("fuzz.yaml");
    let Ok(template) = parse(&file, bytes) else { return };
    let stack = Stack {
        name: "fuzz".into(),
        file,
        template,
        parameters: Default::default(),
        account: None,
        region: None,
        folder: PathBuf::from("none"),
        parent: None,
        written: None,
    };
    let mut assembly = Assembly { stacks: vec![stack], ..Assembly::default() };
    if transform::extend(&mut assembly, 0, None).is_err() {
        return;
    }
    let templates = Templates::of(assembly);
    pgwaudit_fuzz::judge(&templates.snapshot, Some(&templates.located()));
});
