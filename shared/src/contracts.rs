//! What the web process of a pattern and its worker agree on: the kinds of their jobs with the parameters, what is posted to a
//! caller, and where in Redis they meet. One file a pattern, and one for the sample data that two of them offer.
//!
//! A process that runs already may be of another version than the one that it talks to: [`JobParams`](crate::jobs::JobParams)
//! tells what that asks of a change to parameters.

pub mod api_access;
pub mod eventing;
pub mod org_action;
pub mod org_job;
pub mod samples;

/// Counter of a job: Quotes that exist.
pub const QUOTES: &str = "quotes";

/// Counter of a job: lines of those Quotes.
pub const QUOTE_LINE_ITEMS: &str = "quoteLineItems";
