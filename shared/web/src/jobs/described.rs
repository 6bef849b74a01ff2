//! What the documents say of headers and answers that several operations have.

/// Of the header `Idempotency-Key`, where users make jobs.
pub const SAME_KEY: &str = "A repeated request of the same user with the same key is the same job for 24 hours; with other parameters it is refused.";

/// Of a 404.
pub const NO_JOB: &str = "No such job in this org that the caller may see.";

/// Of a 409 where a job is to go on.
pub const ENDED: &str = "The job has ended, or is not as it was made (code job_not_proven): start it anew.";

/// Of a 409 where what was given up of a job is to run again.
pub const CHANGED: &str = "The job is not as it was made (code job_not_proven): start it anew.";

/// Of a 422.
pub const KEY_REUSED: &str = "The Idempotency-Key was used with other parameters.";

/// Of a 429 where a job is made.
pub const MANY_JOBS: &str = "The org has too many jobs; nothing was accepted.";

/// Of a 429 where the org may have to be asked who may see a job.
pub(super) const MANY_CALLERS: &str =
    "Too many callers wait for the org to say whether the caller may see the jobs of others.";

/// The same where one more job would be open.
pub(super) const MANY_OPEN: &str = "The org has too many open jobs, or too many callers wait for it to say whether the caller may see the jobs of others; nothing was changed.";
