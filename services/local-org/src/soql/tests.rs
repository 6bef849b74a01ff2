//! Queries against a small org in memory.

mod aggregates;
mod filters;
mod fixture;
mod generate;
mod limits;
mod names;
mod oracle;
mod places;
mod print;
mod properties;
mod queries;
mod records;
