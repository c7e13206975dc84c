//! Any bytes as a template: read, resolved, judged and placed. Nothing of it may panic, overflow or hang.
#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use pgwaudit::source::cloudformation::{Assembly, Stack, Templates, parse};

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
    let templates = Templates::of(Assembly { stacks: vec![stack], ..Assembly::default() });
    pgwaudit_fuzz::judge(&templates.snapshot, Some(&templates.located()));
});
