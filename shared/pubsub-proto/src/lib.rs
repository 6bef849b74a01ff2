//! The protocol of Salesforce's Pub/Sub API: messages, client and server of package `eventbus.v1`.
//!
//! Client and local org share nothing but this crate. Its code is generated from `proto/pubsub_api.proto` and committed, so
//! that no build needs a Protocol Buffers compiler; a test generates it anew and compares. After a change of the proto
//! file, `UPDATE=1 cargo test --workspace --test it generated_code` writes it.

#[rustfmt::skip]
#[path = "eventbus.v1.rs"]
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code, kept exactly as the generator writes it"
)]
mod generated;

pub use generated::*;
