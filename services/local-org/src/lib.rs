//! A local Salesforce org with an AppLink add-on, for development, demos and tests.

pub mod error;
pub mod id;
pub mod metadata;
pub mod schema;
pub mod seed;
pub mod soql;
pub mod store;
