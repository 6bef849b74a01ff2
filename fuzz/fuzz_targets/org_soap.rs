//! See `fuzz_targets::org_soap`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::org_soap(data));
