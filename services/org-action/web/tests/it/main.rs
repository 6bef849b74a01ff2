//! The process's contract: its OpenAPI document and its start.

mod document;
mod start;
