//! org-job end to end on real processes: Redis, local-org, web and workers. One binary, so that it links
//! once. What a process does alone, such as its start, is tested in its own crate.

mod answers;
mod bulk_quotes;
mod changed_jobs;
mod conditions;
mod crashes;
mod event_streams;
mod faults;
mod happy;
mod limits;
mod metrics;
mod own_job;
mod owners;
mod progress;
mod published;
mod samples;
mod security;
mod side_by_side;
mod silent;
mod slow;
mod stuck;
mod support;
mod traces;
mod unknown_names;
