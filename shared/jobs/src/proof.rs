//! Proofs: what stands in Redis and decides what is done was written by a process that has the key, for this very place.
//!
//! A session opens only for the job that it was sealed for, as it was then. But it ends before its job may, a new one is
//! sealed for the job as it stands, and jobs that work in the name of an authorized user have none. So a job has a proof
//! from its creation on, and so have its chunks, its cursor, and what its kind remembers, each of its own. Without it, or
//! with a wrong one, nothing is sealed for the job and none of its work is done.
//!
//! A proof is an empty text, sealed together with what it proves. It does not tell an earlier value from a later one:
//! whoever can write to Redis can bring back what stood in the same place of the same job before, or take it away.

use super::config::JobsConfig;
use super::error::{JobsError, Unproven};
use super::seal::{SealKey, SealedFor, joined};
use super::types::JobId;

/// Length of a proof: 41 bytes in base64.
const PROOF_CHARS: usize = 55;

/// What is proven, but for the job it belongs to.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    /// A chunk as planned.
    Chunk { number: u64, records: u64, payload: &'a str },
    /// Where the next page of the plan starts.
    Cursor(&'a str),
    /// What the kind remembers under a name.
    Note { name: &'a str, value: &'a str },
}

/// Makes and checks the proofs of one job.
pub(super) struct Proofs<'a> {
    key: &'a SealKey,
    service: &'a str,
    job: &'a JobId,
}

impl SealedFor<'_> {
    /// The proof of this job.
    pub(super) fn prove(&self, key: &SealKey) -> Result<String, JobsError> {
        key.prove(&self.statement())
    }

    /// Refuses a job with another proof than its own, or none.
    pub(super) fn check(&self, key: &SealKey, proof: Option<&str>) -> Result<(), Unproven> {
        let proven = proof.is_some_and(|proof| key.proves(&self.statement(), proof));
        if proven { Ok(()) } else { Err(Unproven::Job) }
    }

    fn statement(&self) -> Vec<u8> {
        joined(b"proof of job|", &[&self.associated_data()])
    }
}

impl<'a> Proofs<'a> {
    pub(super) fn of(config: &'a JobsConfig, job: &'a JobId) -> Self {
        Self { key: &config.secret_key, service: &config.prefix, job }
    }

    pub(super) fn make(&self, part: Part<'_>) -> Result<String, JobsError> {
        self.key.prove(&self.statement(part))
    }

    pub(super) fn check(&self, part: Part<'_>, proof: Option<&str>) -> Result<(), Unproven> {
        if proof.is_some_and(|proof| self.key.proves(&self.statement(part), proof)) {
            return Ok(());
        }
        Err(match part {
            Part::Chunk { .. } => Unproven::Chunk,
            Part::Cursor(_) => Unproven::Cursor,
            Part::Note { .. } => Unproven::Note,
        })
    }

    /// A value as Redis keeps it: its proof stands behind it.
    pub(super) fn note(&self, name: &str, value: &str) -> Result<String, JobsError> {
        Ok(with_proof(value, &self.make(Part::Note { name, value })?))
    }

    /// The value again.
    pub(super) fn read_note(&self, name: &str, text: &str) -> Result<String, JobsError> {
        let (value, proof) = without_proof(text);
        self.check(Part::Note { name, value }, proof).map_err(JobsError::Unproven)?;
        Ok(value.to_owned())
    }

    fn statement(&self, part: Part<'_>) -> Vec<u8> {
        let (service, job) = (self.service.as_bytes(), self.job.to_string());
        let job = job.as_bytes();
        match part {
            Part::Chunk { number, records, payload } => joined(
                b"proof of chunk|",
                &[service, job, &number.to_be_bytes(), &records.to_be_bytes(), payload.as_bytes()],
            ),
            Part::Cursor(cursor) => joined(b"proof of cursor|", &[service, job, cursor.as_bytes()]),
            Part::Note { name, value } => joined(b"proof of note|", &[service, job, name.as_bytes(), value.as_bytes()]),
        }
    }
}

/// Puts a proof behind a text, so that scripts move both as one.
pub(super) fn with_proof(text: &str, proof: &str) -> String {
    format!("{text} {proof}")
}

/// Takes a text and the proof behind it apart. All is text when there is none.
pub(super) fn without_proof(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(' ') {
        Some((text, proof)) if proof.len() == PROOF_CHARS => (text, Some(proof)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests;
