//! The start of the process. What it does stands in `services/api-access/tests`, beside the web process.

mod start;
