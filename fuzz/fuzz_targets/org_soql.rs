//! See `fuzz_targets::org_soql`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::org_soql(data));
