//! The parameters of jobs as types, and the versions of their form.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::JobsError;
use super::types::NewJob;

/// Between name and version of a kind in Redis.
const MARK: char = '@';

/// The parameters of a kind of job: the one type that whoever starts such a job writes and whoever runs it reads.
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Squares {
///     up_to: u64,
/// }
///
/// impl jobs::JobParams for Squares {
///     const KIND: &'static str = "squares";
///     const VERSION: u32 = 1;
/// }
/// ```
///
/// While a new version of an app is deployed, processes of both versions run. A field that may be absent
/// (`#[serde(default)]`) and that an older worker may ignore needs nothing else. For any other change count
/// [`VERSION`](Self::VERSION) up: workers of the older version then leave jobs of the new one to the newer ones, and these
/// go on reading jobs of all versions before ([`read`](Self::read)). The form of chunks' payloads and of the plan's cursor
/// belongs to it, too: [`TaskContext::version`] tells which one a job began with.
pub trait JobParams: Serialize + DeserializeOwned {
    /// Name of the kind; not empty and without `@`. Never changes.
    const KIND: &'static str;

    /// Version of the form in which they are written, from 1.
    const VERSION: u32;

    /// Reads what was written in this version, 1 to [`VERSION`](Self::VERSION). For forms of versions before that the
    /// fields' defaults do not cover.
    ///
    /// # Errors
    /// When it is not of that form.
    fn read(params: Value, version: u32) -> serde_json::Result<Self> {
        let _ = version;
        serde_json::from_value(params)
    }
}

/// A kind of job, and a version of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Of a worker's kind, the newest version that it reads; of a job, the one that it is written in. From 1.
    pub version: u32,
}

impl Kind {
    /// That of these parameters.
    #[must_use]
    pub const fn of<P: JobParams>() -> Self {
        const {
            assert!(P::VERSION >= 1, "versions begin with 1");
            let (name, mut at) = (P::KIND.as_bytes(), 0);
            assert!(!name.is_empty(), "a kind has a name");
            while at < name.len() {
                assert!(name[at] != b'@', "the name of a kind holds no @");
                at += 1;
            }
        }
        Self { name: P::KIND, version: P::VERSION }
    }

    /// How jobs of the kind stand in Redis that whoever reads this version can run.
    pub(super) fn readable(self) -> impl Iterator<Item = String> {
        (1..=self.version.max(1)).map(move |version| Self { name: self.name, version }.to_string())
    }

    /// Refuses what [`parse`] could not tell apart.
    pub(super) fn check(self) -> Result<(), JobsError> {
        if self.name.is_empty() || self.name.contains(MARK) || self.version == 0 {
            let problem = "the name of a kind is not empty and holds no '@', and its version is 1 at least";
            return Err(JobsError::Invalid(problem.to_owned()));
        }
        Ok(())
    }
}

/// As it stands in Redis: the bare name for the first version, `name@2` for the second.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            0 | 1 => f.write_str(self.name),
            version => write!(f, "{}{MARK}{version}", self.name),
        }
    }
}

/// Name and version of a kind as it stands in Redis.
pub(super) fn parse(kind: &str) -> (&str, u32) {
    let versioned = kind.rsplit_once(MARK).and_then(|(name, version)| Some((name, version.parse().ok()?)));
    versioned.unwrap_or((kind, 1))
}

impl NewJob {
    /// A job with these parameters, without session, idempotency key and id of a request.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] when the parameters cannot be written as JSON.
    pub fn of<P: JobParams>(params: &P, org: impl Into<String>, user: impl Into<String>) -> Result<Self, JobsError> {
        let Kind { name: kind, version } = Kind::of::<P>();
        Ok(Self {
            kind,
            version,
            org: org.into(),
            user: user.into(),
            params: serde_json::to_value(params).map_err(|error| JobsError::Invalid(error.to_string()))?,
            session: None,
            idempotency_key: None,
            request_id: String::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_read_as_it_was_written_and_the_first_version_is_the_bare_name() {
        let kind = |version| Kind { name: "generateQuote", version };
        assert_eq!(kind(1).to_string(), "generateQuote");
        assert_eq!(kind(2).to_string(), "generateQuote@2");
        for version in [1, 2, 10, u32::MAX] {
            assert_eq!(parse(&kind(version).to_string()), ("generateQuote", version));
        }
        // Whatever else may stand in Redis is a name that nobody knows.
        for strange in ["", "@", "a@", "a@b", "a@-1", "a@99999999999"] {
            assert_eq!(parse(strange), (strange, 1));
        }
    }

    #[test]
    fn whoever_reads_a_version_reads_those_before() {
        let names = |version| Kind { name: "a", version }.readable().collect::<Vec<_>>();
        assert_eq!(names(1), ["a"]);
        assert_eq!(names(3), ["a", "a@2", "a@3"]);
    }

    #[test]
    fn what_could_not_be_told_apart_is_refused() {
        assert!(Kind { name: "a", version: 1 }.check().is_ok());
        for (name, version) in [("", 1), ("a@2", 1), ("a", 0)] {
            assert!(matches!(Kind { name, version }.check(), Err(JobsError::Invalid(_))), "{name} {version}");
        }
    }
}
