//! See `fuzz_targets::org_metadata`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::org_metadata(data));
