//! What two services of this workspace need: Salesforce and AppLink clients, jobs on Redis, Salesforce work
//! inside jobs, quotes, sample data, web, configuration, telemetry. ARCHITECTURE.md shows how the rooms depend on each other.

pub mod applink;
pub mod changes;
pub mod config;
pub mod jobs;
pub mod loads;
pub mod quotes;
pub mod salesforce;
pub mod samples;
pub mod telemetry;
pub mod web;
pub mod work;
