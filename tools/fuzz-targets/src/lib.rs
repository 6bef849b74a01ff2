//! The fuzz targets: functions that take any bytes and panic when a promise is broken. `fuzz/` gives them to libFuzzer; the test
//! of this crate runs them over the corpora in `fuzz/corpus`, with the stable toolchain and in CI.
#![expect(clippy::panic, reason = "a broken promise is to stop the fuzzer")]

mod avro;
mod cloud_events;
mod context;
mod csv;
mod org;
mod soql;

pub use avro::{SCHEMAS, avro};
pub use cloud_events::cloud_events;
pub use context::context;
pub use csv::csv;
pub use org::{org_csv, org_metadata, org_routes, org_soap, org_soql, org_sosl, org_v1, org_zip};
pub use soql::soql;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets: the same names as in `fuzz/fuzz_targets` and `fuzz/corpus`.
pub const TARGETS: [Target; 13] = [
    ("avro", avro),
    ("cloud_events", cloud_events),
    ("context", context),
    ("csv", csv),
    ("org_csv", org_csv),
    ("org_metadata", org_metadata),
    ("org_routes", org_routes),
    ("org_soap", org_soap),
    ("org_soql", org_soql),
    ("org_sosl", org_sosl),
    ("org_v1", org_v1),
    ("org_zip", org_zip),
    ("soql", soql),
];
