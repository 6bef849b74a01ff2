//! The process against Redis and workers, as browsers use it.

mod access;
mod acts;
mod documents;
mod looks;
mod start;
mod support;
