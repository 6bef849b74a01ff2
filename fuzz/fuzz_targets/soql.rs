//! See `fuzz_targets::soql`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::soql(data));
