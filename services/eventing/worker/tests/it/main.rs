//! The worker as a process, against Redis and local-org. Jobs are created as eventing's web process creates them.

mod completion;
mod crashes;
mod faults;
mod quotes;
mod security;
mod session;
mod start;
mod support;
mod whole;
