//! See `fuzz_targets::avro`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::avro(data));
