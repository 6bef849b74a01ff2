//! local-org: whatever a program sends to it. Requests go to its routes without a socket, so that the fuzzer sees which
//! code an input reached.
//!
//! No request may make it panic, fail inside or stand still, and each answer is in the form that its type says.

mod archives;
mod bulk;
mod local;
mod queries;
mod routes;
mod soap;

pub use archives::{org_metadata, org_zip};
pub use bulk::{org_csv, org_v1};
pub use queries::{org_soql, org_sosl};
pub use routes::org_routes;
pub use soap::org_soap;
