//! The process against Redis and local-org, as browsers use it.

mod access;
mod accounts;
mod loads;
mod start;
mod support;
