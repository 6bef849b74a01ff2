//! The processes of one pattern, each behind connections that can be cut.

mod specs;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use test_support::{
    LocalOrg, LocalOrgOptions, Log, ProcessOptions, PubsubSettings, Receiver, RedisOptions, Service, Signal, TestRedis,
    free_port,
};

use crate::proxy::{Mode, Proxy};
use crate::secrets::Secrets;

/// The org in which campaigns work.
pub(crate) const ORG: &str = "my-org";
/// Name to log in with at api-access.
pub(crate) const USER: &str = "admin";

/// An integration pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Pattern {
    /// Batches of Quotes
    OrgJob,
    /// One Quote a call
    OrgAction,
    /// Loads of Accounts
    ApiAccess,
    /// Quotes from change events
    Eventing,
}

impl Pattern {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::OrgJob, Self::OrgAction, Self::ApiAccess, Self::Eventing];

    /// Name of the service.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OrgJob => "org-job",
            Self::OrgAction => "org-action",
            Self::ApiAccess => "api-access",
            Self::Eventing => "eventing",
        }
    }

    /// Start of the service's keys in Redis.
    pub(crate) fn prefix(self) -> String {
        format!("{{{}}}:", self.name())
    }
}

/// Random values that nobody may see; each stack has its own.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) job_secret_key: String,
    pub(crate) redis_password: String,
    pub(crate) app_password: String,
    pub(crate) webhook_token: String,
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self {
            job_secret_key: hex(rand::random::<[u8; 32]>()),
            redis_password: hex(rand::random::<[u8; 16]>()),
            app_password: hex(rand::random::<[u8; 16]>()),
            webhook_token: hex(rand::random::<[u8; 16]>()),
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Whether Redis's append-only file keeps what was deleted since, so that it can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    Kept,
    /// Now and then it is written anew.
    Short,
}

/// What differs between stacks of one pattern.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) pattern: Pattern,
    pub(crate) webs: usize,
    pub(crate) workers: usize,
    /// Variables of the web processes besides those that every campaign needs.
    pub(crate) web: Vec<(&'static str, String)>,
    /// The same of the workers.
    pub(crate) worker: Vec<(&'static str, String)>,
}

/// A web process or worker with its own way to Redis.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) service: Service,
    pub(crate) redis: Proxy,
    log: Log,
    /// Told to stop.
    stopping: bool,
}

/// The service's processes of one pattern. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Team {
    /// Webs first.
    pub(crate) members: Vec<Member>,
    webs: usize,
}

/// Redis, local-org, a receiver of callbacks, and the ways to them. Dropping it kills them.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) org: LocalOrg,
    pub(crate) receiver: Receiver,
    pub(crate) org_link: Proxy,
    pub(crate) pubsub_link: Proxy,
    pub(crate) keys: Keys,
    pub(crate) secrets: Secrets,
    redis_log: Log,
    org_log: Log,
    logs: PathBuf,
    // Ends last.
    pub(crate) redis: TestRedis,
}

impl Ground {
    /// Starts all; their logs go into a folder that exists.
    pub(crate) async fn start(logs: &Path, history: History) -> Result<Self> {
        let keys = Keys::new();
        let (redis_log, org_log) = (Log::at(logs.join("redis.log")), Log::at(logs.join("local-org.log")));
        let redis = TestRedis::start_with(RedisOptions {
            append_only: true,
            password: Some(keys.redis_password.clone()),
            config: match history {
                History::Kept => vec!["auto-aof-rewrite-percentage 0".to_owned()],
                History::Short => Vec::new(),
            },
            process: process(&redis_log),
        })
        .await?;
        let options = LocalOrgOptions { process: process(&org_log), ..LocalOrgOptions::default() };
        let org = LocalOrg::start_with(options).await?;
        // A subscriber learns soon where it stands, and that it has read all.
        let pubsub = PubsubSettings { keepalive_ms: 400, ..PubsubSettings::default() };
        org.set_pubsub_settings(ORG, &pubsub).await?;
        // A callback goes to the org's own address, so the receiver stands in front of it.
        let receiver = Receiver::in_front_of(&org).await?;
        let org_link = Proxy::start(address(&receiver.url(""))?).await?;
        let pubsub_link = Proxy::start(address(&org.pubsub_url()?)?).await?;
        let secrets = Secrets::default();
        secrets.add("JOB_SECRET_KEY", &keys.job_secret_key);
        secrets.add("the password of Redis", &keys.redis_password);
        secrets.add("APP_PASSWORD", &keys.app_password);
        secrets.add("WEBHOOK_TOKEN", &keys.webhook_token);
        for (name, value) in org.applink_env()?.iter().filter(|(name, _)| name.ends_with("_TOKEN")) {
            secrets.add(name, value);
        }
        let logs = logs.to_owned();
        let ground = Self { org, receiver, org_link, pubsub_link, keys, secrets, redis_log, org_log, logs, redis };
        ground.learn_tokens().await?;
        Ok(ground)
    }

    /// Starts a pattern's processes.
    pub(crate) async fn team(&self, settings: &Settings) -> Result<Team> {
        let mut members = Vec::new();
        for number in 0..settings.webs + settings.workers {
            let is_web = number < settings.webs;
            let name = match is_web {
                true => format!("{}-web.{}", settings.pattern.name(), number + 1),
                false => format!("{}-worker.{}", settings.pattern.name(), number + 1 - settings.webs),
            };
            let redis = Proxy::start(SocketAddr::from(([127, 0, 0, 1], self.redis.port()))).await?;
            let log = Log::at(self.logs.join(format!("{name}.log")));
            let spec = if is_web { self.web(settings, &name, &redis)? } else { self.worker(settings, &name, &redis)? };
            let service = spec.process(process(&log)).start().await?;
            members.push(Member { name, service, redis, log, stopping: false });
        }
        Ok(Team { members, webs: settings.webs })
    }

    /// Adds the tokens that are good now to what nobody may see. To be called again after tokens were made anew.
    pub(crate) async fn learn_tokens(&self) -> Result<()> {
        for org in self.org.orgs().await? {
            for user in org.users {
                self.secrets.add(&format!("the access token of {}", user.username), &user.access_token);
                // The part that is secret, should somebody cut it at the "!".
                if let Some((_, secret)) = user.access_token.split_once('!') {
                    self.secrets.add(&format!("the access token of {}", user.username), secret);
                }
            }
        }
        Ok(())
    }

    /// Every place where a secret stands: Redis with what was ever written to it, as far as it is kept, the logs of all
    /// processes, and the metrics of the webs.
    pub(crate) async fn leaks(&self, teams: &[&Team]) -> Result<Vec<String>> {
        self.learn_tokens().await?;
        let mut leaks = self.secrets.in_dump(&self.redis.dump().await?);
        leaks.extend(self.secrets.in_folder("Redis's append-only file", &self.redis.dir().join("appendonlydir"))?);
        let members = || teams.iter().flat_map(|team| &team.members);
        let logs = members().map(|member| (member.name.as_str(), &member.log));
        for (name, log) in logs.chain([("Redis", &self.redis_log), ("local-org", &self.org_log)]) {
            leaks.extend(self.secrets.in_text(&format!("the log of {name}"), &log.text()));
        }
        let http = test_support::http_client()?;
        for web in teams.iter().flat_map(|team| team.webs()) {
            let url = format!("{}/metrics", web.service.url()?);
            let metrics = http.get(url).send().await?.error_for_status().context("no metrics")?.text().await?;
            leaks.extend(self.secrets.in_text(&format!("the metrics of {}", web.name), &metrics));
        }
        Ok(leaks)
    }

    /// Empties all logs, which have been looked through; a line that is written at this moment may be lost.
    pub(crate) fn empty_logs(&self, teams: &[&Team]) -> Result<()> {
        let members = teams.iter().flat_map(|team| &team.members).map(|member| &member.log);
        for log in members.chain([&self.redis_log, &self.org_log]) {
            let file = std::fs::OpenOptions::new().write(true).open(log.path());
            file.and_then(|file| file.set_len(0)).with_context(|| format!("cannot empty {}", log.path().display()))?;
        }
        Ok(())
    }
}

impl Team {
    /// The web processes.
    pub(crate) fn webs(&self) -> &[Member] {
        self.members.get(..self.webs).unwrap_or_default()
    }

    /// Addresses of the web processes; they stay the same over restarts.
    pub(crate) fn urls(&self) -> Result<Vec<String>> {
        self.webs().iter().map(|member| member.service.url()).collect()
    }
}

impl Member {
    /// `SIGKILL`.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.service.kill().await
    }

    /// `SIGTERM`, without waiting for the end.
    pub(crate) fn terminate(&mut self) -> Result<()> {
        self.stopping = true;
        self.service.process().signal(Signal::SIGTERM)
    }

    /// Whether it has not ended; also while it is frozen.
    pub(crate) fn runs(&mut self) -> Result<bool> {
        Ok(self.service.process().exit_status()?.is_none())
    }

    /// Starts it again if it has ended. One that was told to stop and has not yet is killed, as an impatient platform does.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        if self.stopping || !self.runs()? {
            self.service.restart().await?;
            self.stopping = false;
        }
        Ok(())
    }

    /// Whether Redis can be reached from it, as far as its own way is concerned.
    pub(crate) fn is_connected(&self) -> bool {
        self.redis.mode() == Mode::Open
    }
}

fn process(log: &Log) -> ProcessOptions {
    ProcessOptions { log: Some(log.clone()), own_group: false }
}

fn address(url: &str) -> Result<SocketAddr> {
    url.trim_start_matches("http://").parse().with_context(|| format!("{url} is no address"))
}

/// Lower-case hexadecimal digits.
fn hex<const N: usize>(bytes: [u8; N]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn port() -> Result<u16> {
    free_port()
}
