//! The committed code is what the proto file generates.

#![expect(clippy::expect_used, reason = "a helper of tests fails by panicking")]

mod generated;
