//! The handle on the jobs in Redis.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::{Script, ScriptInvocation};

use super::config::JobsConfig;
use super::connection::{Connection, Repeat};
use super::error::{JobsError, Limit};
use super::params::Kind;
use super::scripts::SCRIPTS;
use super::seal::SealedFor;
use super::together::Together;
use super::trace::Sending;
use super::types::{Created, DeadLetter, ErrorPage, JobId, JobView, NewJob};
use super::view::{self, RawView, millis};

const MAX_ORG_BYTES: usize = 64;
/// Longest name of somebody who makes a job or acts on one.
const MAX_USER_BYTES: usize = 64;
const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;
/// Jobs looked at per step of a listing.
const LIST_STEP: usize = 100;

/// Jobs in Redis, over one connection that all clones share.
///
/// Everything here is meant for the org that owns a job: for another org the job does not exist.
#[derive(Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

struct Inner {
    config: JobsConfig,
    connection: Arc<Connection>,
    /// Set once the server has been found to be one that keeps jobs.
    checked: OnceLock<()>,
    /// By org: most of what a job takes is done once for all that come at the same time.
    creations: Together<Record, Recorded>,
}

/// What a script is told of a new job.
struct Record {
    id: JobId,
    kind: String,
    params: String,
    request_id: String,
    /// Empty when there is none; so is the next.
    idempotency_key: String,
    sealed: Vec<u8>,
    user: String,
    proof: String,
    /// Empty when nothing is traced.
    trace: String,
}

/// What it answers: the job; 1 when its key made it before, 2 with other parameters; the limit that was reached; when to ask again.
type Recorded = (String, u8, String, u64);

impl Jobs {
    /// Connects to Redis.
    ///
    /// # Errors
    /// When a setting cannot be used, or Redis cannot be reached within some seconds.
    pub async fn connect(config: JobsConfig) -> Result<Self, JobsError> {
        let jobs = Self::connect_lazily(config)?;
        jobs.ping().await?;
        Ok(jobs)
    }

    /// Like [`connect`](Self::connect), but connects with the first call, so that a process can start before Redis.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn connect_lazily(config: JobsConfig) -> Result<Self, JobsError> {
        config.check()?;
        let connection = Arc::new(Connection::new(&config)?);
        let (checked, creations) = (OnceLock::new(), Together::default());
        Ok(Self { inner: Arc::new(Inner { config, connection, checked, creations }) })
    }

    /// The jobs of another service in the same Redis, over the same connection: `prefix` is the start of its keys.
    ///
    /// # Errors
    /// When the prefix has no hash tag.
    pub fn beside(&self, prefix: &str) -> Result<Self, JobsError> {
        let config = JobsConfig { prefix: prefix.to_owned(), ..self.inner.config.clone() };
        config.check()?;
        let connection = Arc::clone(&self.inner.connection);
        let (checked, creations) = (self.inner.checked.clone(), Together::default());
        Ok(Self { inner: Arc::new(Inner { config, connection, checked, creations }) })
    }

    /// Asks Redis for a sign of life.
    ///
    /// # Errors
    /// When there is none.
    pub async fn ping(&self) -> Result<(), JobsError> {
        self.connection().query::<String>(&redis::cmd("PING"), Repeat::Safe).await.map(|_| ())
    }

    /// Records a job; workers start it as soon as there are any. When this returns an error the job may still have
    /// been recorded if the connection broke: repeat the call with the same idempotency key.
    ///
    /// # Errors
    /// [`JobsError::Invalid`] for an unusable argument; [`JobsError::KeyReused`] when the idempotency key stands for a job
    /// with other parameters; [`JobsError::Limited`] when the org has reached a limit; an error of kind
    /// [`Unavailable`](super::JobsErrorKind::Unavailable) when Redis did not take the job, and
    /// [`JobsError::UnsuitableServer`] when it would not keep it.
    pub async fn create(&self, job: NewJob) -> Result<Created, JobsError> {
        let NewJob { kind, version, org, user, params, session, idempotency_key, request_id } = job;
        let kind = Kind { name: kind, version };
        kind.check()?;
        if !is_org(&org) {
            return Err(JobsError::Invalid("the org must be 1 to 64 letters, digits, '.', '_' or '-'".to_owned()));
        }
        if idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > MAX_IDEMPOTENCY_KEY_BYTES) {
            return Err(JobsError::Invalid(format!(
                "the idempotency key must have 1 to {MAX_IDEMPOTENCY_KEY_BYTES} bytes"
            )));
        }
        check_user(&user)?;
        let id = JobId::generate();
        let config = &self.inner.config;
        let (named, params) = (kind.to_string(), params.to_string());
        let bound =
            SealedFor { service: &config.prefix, job: &id, org: &org, kind: &named, user: &user, params: &params };
        // Empty bytes stand for no session.
        let sealed = session.map(|session| config.secret_key.seal(&bound, &session)).transpose()?.unwrap_or_default();
        let proof = bound.prove(&config.secret_key)?;
        let sending = Sending::of(&id, kind.name, &org, &config.prefix);
        let recorded = Record {
            id,
            kind: named,
            params,
            request_id,
            idempotency_key: idempotency_key.unwrap_or_default(),
            sealed,
            user,
            proof,
            trace: sending.as_ref().map(Sending::carried).unwrap_or_default(),
        };
        let created = self.record_together(&org, recorded).await;
        if let Some(sending) = sending {
            sending.ended(&created);
        }
        created
    }

    /// Records a job, in one step with others of its org that come meanwhile.
    async fn record_together(&self, org: &str, recorded: Record) -> Result<Created, JobsError> {
        let config = &self.inner.config;
        // A process may start before its server is known.
        if !self.is_checked() {
            self.check_server().await?;
        }
        let record = |records| self.record(org, records);
        let answer = self.inner.creations.ask(org, recorded, record).await?;
        let (id, found, refusal, wait) =
            answer.ok_or_else(|| JobsError::Corrupt("a script answered for too few jobs".to_owned()))?;
        let limit = match refusal.as_str() {
            "" => None,
            "open" => Some(Limit::Open(config.max_open_jobs)),
            "held" => Some(Limit::Held(config.max_held_jobs)),
            "rate" => Some(Limit::Rate(config.jobs_per_minute)),
            other => return Err(JobsError::Corrupt(format!("refusal {other:?} of a script"))),
        };
        if let Some(limit) = limit {
            return Err(JobsError::Limited { limit, retry_after: Duration::from_millis(wait) });
        }
        let id = id.parse().map_err(|_| JobsError::Corrupt(format!("job id {id}")))?;
        match found {
            0 | 1 => Ok(Created { id, existing: found == 1 }),
            _ => Err(JobsError::KeyReused),
        }
    }

    /// Records jobs of an org in one step.
    async fn record(&self, org: &str, records: Vec<Arc<Record>>) -> Result<Vec<Recorded>, JobsError> {
        let config = &self.inner.config;
        let mut script = self.script(&SCRIPTS.create);
        script
            .arg(org)
            .arg(millis(config.idempotency_ttl))
            .arg(millis(config.session_ttl))
            .arg(millis(config.retention))
            .arg(millis(config.dead_retention))
            .arg(config.max_open_jobs)
            .arg(config.max_held_jobs)
            .arg(config.max_ended_jobs)
            .arg(config.jobs_per_minute);
        for record in records {
            let Record { id, kind, params, request_id, idempotency_key, sealed, user, proof, trace } = &*record;
            script.arg(id.to_string()).arg(kind).arg(params).arg(request_id).arg(idempotency_key);
            script.arg(sealed).arg(user).arg(proof).arg(trace);
        }
        self.connection().invoke(&script, Repeat::Safe).await
    }

    /// A job, or `None` when the org has no such job.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn get(&self, org: &str, id: &JobId) -> Result<Option<JobView>, JobsError> {
        Ok(self.views(org, &[id.to_string()]).await?.pop())
    }

    /// The org's jobs, newest first, at most `limit`, those created before `before` if it is given.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn list(&self, org: &str, limit: usize, before: Option<&JobId>) -> Result<Vec<JobView>, JobsError> {
        self.list_index(org, self.key("jobs", org), limit, before).await
    }

    /// The same of those that `user` has made.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn list_of(
        &self,
        org: &str,
        user: &str,
        limit: usize,
        before: Option<&JobId>,
    ) -> Result<Vec<JobView>, JobsError> {
        check_user(user)?;
        self.list_index(org, self.key("mine", format_args!("{org}:{user}")), limit, before).await
    }

    async fn list_index(
        &self,
        org: &str,
        index: String,
        limit: usize,
        before: Option<&JobId>,
    ) -> Result<Vec<JobView>, JobsError> {
        let mut found = Vec::new();
        if !is_org(org) {
            return Ok(found);
        }
        let mut rank = 0;
        if let Some(before) = before {
            let rank_of = redis::cmd("ZREVRANK").arg(&index).arg(before.to_string()).to_owned();
            match self.connection().query::<Option<usize>>(&rank_of, Repeat::Safe).await? {
                Some(position) => rank = position + 1,
                None => return Ok(found),
            }
        }
        // Expired jobs are still in the index, so one step may not be enough.
        while found.len() < limit {
            let range = redis::cmd("ZREVRANGE").arg(&index).arg(rank).arg(rank + LIST_STEP - 1).to_owned();
            let ids: Vec<String> = self.connection().query(&range, Repeat::Safe).await?;
            found.extend(self.views(org, &ids).await?);
            if ids.len() < LIST_STEP {
                break;
            }
            rank += LIST_STEP;
        }
        found.truncate(limit);
        Ok(found)
    }

    /// Record errors of a job from `offset` on, at most `limit`.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn errors(&self, org: &str, id: &JobId, offset: u64, limit: u64) -> Result<Option<ErrorPage>, JobsError> {
        let Some(job) = self.get(org, id).await? else { return Ok(None) };
        self.stored_errors(&job, offset, limit).await.map(Some)
    }

    pub(super) async fn stored_errors(&self, job: &JobView, offset: u64, limit: u64) -> Result<ErrorPage, JobsError> {
        let key = self.key("errors", job.id);
        // LRANGE ends with the index, and a negative one counts from the end.
        let index = |index: u64| i64::try_from(index).unwrap_or(i64::MAX);
        let (offset, last) = (index(offset), index(offset.saturating_add(limit)) - 1);
        let mut pipe = redis::cmd("LRANGE");
        let range = pipe.arg(&key).arg(offset).arg(last);
        let texts: Vec<String> =
            if limit == 0 { Vec::new() } else { self.connection().query(range, Repeat::Safe).await? };
        let stored = self.connection().query(redis::cmd("LLEN").arg(&key), Repeat::Safe).await?;
        let errors = texts
            .iter()
            .map(|text| serde_json::from_str(text))
            .collect::<Result<_, _>>()
            .map_err(|_| JobsError::Corrupt(format!("record errors of {}", job.id)))?;
        Ok(ErrorPage { total: job.errors, stored, errors })
    }

    /// Tasks of a job that were given up, by chunk number, the plan first.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn dead_letters(&self, org: &str, id: &JobId) -> Result<Option<Vec<DeadLetter>>, JobsError> {
        if self.get(org, id).await?.is_none() {
            return Ok(None);
        }
        // A job that is retried puts its letters back bit by bit; until then each is what it was. One that goes over between
        // the two looks is seen twice.
        let mut stored = BTreeMap::new();
        for name in ["dead", "again"] {
            let command = redis::cmd("HGETALL").arg(self.key(name, id)).to_owned();
            let letters: Vec<(String, String)> = self.connection().query(&command, Repeat::Safe).await?;
            stored.extend(letters);
        }
        let mut letters =
            stored.iter().map(|(task, json)| view::dead_letter(task, json)).collect::<Result<Vec<_>, _>>()?;
        letters.sort_by_key(|letter| letter.chunk);
        Ok(Some(letters))
    }

    async fn views(&self, org: &str, ids: &[String]) -> Result<Vec<JobView>, JobsError> {
        if !is_org(org) {
            return Ok(Vec::new());
        }
        self.views_of(org, ids).await
    }

    /// The same, of jobs of any org when `org` is empty.
    pub(super) async fn views_of(&self, org: &str, ids: &[String]) -> Result<Vec<JobView>, JobsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut script = self.script(&SCRIPTS.view);
        script.arg(org).arg(ids);
        let (views, now): (Vec<Option<RawView>>, u64) = self.connection().invoke(&script, Repeat::Safe).await?;
        ids.iter().zip(views).filter_map(|(id, view)| Some(view::job_view(id, now, view?))).collect()
    }

    /// A call of a script: the prefix is there, other arguments follow.
    pub(super) fn script<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut invocation = script.prepare_invoke();
        let prefix = self.inner.config.prefix.as_str();
        invocation.key(format!("{prefix}active")).arg(prefix);
        invocation
    }

    pub(super) fn key(&self, name: &str, id: impl Display) -> String {
        format!("{}{name}:{id}", self.inner.config.prefix)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// Whether the server was found to be one that keeps jobs.
    pub(super) fn is_checked(&self) -> bool {
        self.inner.checked.get().is_some()
    }

    /// Notes that it was; true the first time.
    pub(super) fn note_checked(&self) -> bool {
        self.inner.checked.set(()).is_ok()
    }

    pub(super) fn config(&self) -> &JobsConfig {
        &self.inner.config
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("prefix", &self.inner.config.prefix).finish_non_exhaustive()
    }
}

/// Orgs are parts of keys, so what they are made of is narrow.
pub(super) fn is_org(org: &str) -> bool {
    (1..=MAX_ORG_BYTES).contains(&org.len())
        && org.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Users are parts of keys, so what they are made of is narrow.
pub(super) fn check_user(user: &str) -> Result<(), JobsError> {
    let narrow = (1..=MAX_USER_BYTES).contains(&user.len())
        && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if narrow {
        return Ok(());
    }
    Err(JobsError::Invalid("the user must be 1 to 64 letters, digits, '.', '_' or '-'".to_owned()))
}
