//! A client for Salesforce's REST API.
//!
//! [`client::Client`] makes the calls with a [`session::Session`]; [`unit_of_work::UnitOfWork`] packs composite graphs;
//! [`soql`] builds and checks queries; [`hosts::AllowedHosts`] decides where a token may go. Errors are typed by
//! `errorCode` ([`error`]) and retried only where that is safe ([`retry`]).

pub mod client;
pub mod decimal;
pub mod error;
pub mod graph;
pub mod hosts;
pub mod id;
pub mod query;
pub mod records;
pub mod retry;
pub mod session;
pub mod soql;
pub mod unit_of_work;
