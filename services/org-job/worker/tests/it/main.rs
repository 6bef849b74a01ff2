//! The start of the process. What it does stands in `services/org-job/tests`, beside the web process.

mod start;
