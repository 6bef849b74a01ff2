//! The fuzz targets: functions that take any bytes and panic when a promise is broken. `fuzz/` gives them to libFuzzer; the test
//! of this crate runs them over the corpora in `fuzz/corpus`, with the stable toolchain and in CI.
#![expect(clippy::panic, reason = "a broken promise is to stop the fuzzer")]

mod avro;
mod cloud_events;
mod context;
mod csv;
mod soql;

pub use avro::{SCHEMAS, avro};
pub use cloud_events::cloud_events;
pub use context::context;
pub use csv::csv;
pub use soql::soql;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets: the same names as in `fuzz/fuzz_targets` and `fuzz/corpus`.
pub const TARGETS: [Target; 5] =
    [("avro", avro), ("cloud_events", cloud_events), ("context", context), ("csv", csv), ("soql", soql)];
