//! The start of the process. What it does stands in `services/eventing/tests`, beside the web process.

mod start;
