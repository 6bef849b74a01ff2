//! The process against Redis and workers, as browsers use it.

mod access;
mod acts;
mod at_once;
mod cost;
mod documents;
mod looks;
mod start;
mod support;
