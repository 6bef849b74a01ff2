//! eventing end to end on real processes: Redis, local-org, web and workers. Most tests create jobs themselves, as the web
//! process does, to say what becomes of each; `whole` begins with edits in the org. What the web process does without a worker
//! is tested in its own crate.

mod completion;
mod crashes;
mod faults;
mod moved;
mod quotes;
mod security;
mod session;
mod support;
mod traces;
mod whole;
