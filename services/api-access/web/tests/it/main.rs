//! The process against Redis and local-org, as browsers use it.

mod access;
mod accounts;
mod browser;
mod loads;
mod start;
mod support;
