//! A local Salesforce org with an AppLink add-on, for development, demos and tests.

pub mod error;
pub mod schema;
