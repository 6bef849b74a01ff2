//! The start of the process. What it does stands in `services/org-action/tests`, beside the web process.

mod start;
