//! The protocol of the Pub/Sub API.
