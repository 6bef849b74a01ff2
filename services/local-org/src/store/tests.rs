//! Rules of the store, tested through [`Tx`](super::Tx) as its users see it.

mod access;
mod concurrency;
mod crud;
mod delete;
mod fields;
mod file;
mod opportunities;
mod parts;
mod price_books;
mod quotes;
mod support;
mod units;
mod upsert;
