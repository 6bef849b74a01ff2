//! What two services of this workspace need: Salesforce work inside jobs, quotes, sample data, configuration, telemetry.
//!
//! The clients of Salesforce and AppLink and the jobs on Redis are crates of their own, which read no setting and stand under
//! `shared` again; what a web process needs is the crate `web`, so that no worker links a web server. ARCHITECTURE.md shows how
//! the rooms depend on each other.

pub mod config;
pub mod contracts;
pub mod figures;
pub mod plan;
pub mod process;
pub mod quotes;
pub mod samples;
pub mod telemetry;
pub mod work;

pub use {applink, jobs, salesforce};
