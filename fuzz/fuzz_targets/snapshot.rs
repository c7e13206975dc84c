//! Any bytes as a snapshot file: read and judged. Nothing of it may panic, overflow or hang.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(snapshot) = pgwaudit::source::snapshot::parse("fuzz.json", bytes) {
        pgwaudit_fuzz::judge(&snapshot, None);
    }
});
