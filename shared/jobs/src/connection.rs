//! One connection to Redis per process: commands, and the pushes that wake workers, share it (RESP3).

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig, SendError};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind, RedisError,
    ScriptInvocation, ServerErrorKind, Value, from_redis_value,
};
use secrecy::ExposeSecret;
use tokio::sync::broadcast;

use super::backoff::full_jitter;
use super::config::JobsConfig;
use super::error::{JobsError, Trouble};

/// A server that does not answer within this time counts as gone.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// No further try is made after this time, so that a web request gets its 503 soon.
const RETRY_FOR: Duration = Duration::from_secs(3);
const RETRY_BASE: Duration = Duration::from_millis(50);
const RETRY_CAP: Duration = Duration::from_secs(1);
/// Signals are hints; a reader that is too far behind loses the oldest.
const SIGNAL_BUFFER: usize = 64;

/// What Redis told without being asked. A signal may be lost: polling and heartbeats find the same out later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// There may be something to claim.
    Wake,
    /// The job of this id was cancelled.
    Cancel(String),
}

/// Whether a call may be sent again when its outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// A second run changes nothing.
    Safe,
    /// It might do its work twice.
    Never,
}

/// How often a script is loaded and called. Another client may have Redis forget all scripts (`SCRIPT FLUSH`) after it was loaded and
/// before it ran; nothing has happened then.
const FORGOTTEN: usize = 10;

fn is_forgotten(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// What can be sent, as often as it takes.
enum Request<'a> {
    Script(&'a ScriptInvocation<'a>),
    Command(&'a Cmd),
}

impl Request<'_> {
    async fn send(&self, mut manager: ConnectionManager) -> Result<Value, RedisError> {
        match self {
            Self::Script(script) => {
                let mut answer = script.invoke_async(&mut manager).await;
                for _ in 1..FORGOTTEN {
                    if !answer.as_ref().is_err_and(is_forgotten) {
                        break;
                    }
                    answer = script.invoke_async(&mut manager).await;
                }
                answer
            }
            Self::Command(command) => command.query_async(&mut manager).await,
        }
    }
}

pub(super) struct Connection {
    client: Client,
    prefix: String,
    channels: [String; 2],
    signals: broadcast::Sender<Signal>,
    live: Mutex<Live>,
}

struct Live {
    manager: ConnectionManager,
    /// Counts the managers, so that one failure seen by many callers replaces the manager once.
    generation: u64,
    /// True once somebody wants signals.
    wants_signals: bool,
    /// The manager that is subscribed; it stays so when it reconnects by itself.
    subscribed: Option<u64>,
}

impl Connection {
    /// Prepares a connection; it is made with the first command.
    pub(super) fn new(config: &JobsConfig) -> Result<Self, JobsError> {
        let client = client(config)?;
        let signals = broadcast::Sender::new(SIGNAL_BUFFER);
        let manager = manager(&client, &config.prefix, &signals)?;
        let live = Mutex::new(Live { manager, generation: 0, wants_signals: false, subscribed: None });
        let prefix = config.prefix.clone();
        let channels = [format!("{prefix}wake"), format!("{prefix}cancel")];
        Ok(Self { client, prefix, channels, signals, live })
    }

    /// Runs a script; a script that Redis does not know is loaded first.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        repeat: Repeat,
    ) -> Result<T, JobsError> {
        self.send(Request::Script(script), repeat).await
    }

    /// Runs a command.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd, repeat: Repeat) -> Result<T, JobsError> {
        self.send(Request::Command(command), repeat).await
    }

    /// Signals from now on. Every command from now on sees to it that the connection is subscribed.
    pub(super) async fn subscribe(&self) -> Result<broadcast::Receiver<Signal>, JobsError> {
        let receiver = self.signals.subscribe();
        self.lock().wants_signals = true;
        self.query::<String>(&redis::cmd("PING"), Repeat::Safe).await?;
        Ok(receiver)
    }

    async fn send<T: FromRedisValue>(&self, request: Request<'_>, repeat: Repeat) -> Result<T, JobsError> {
        let started = Instant::now();
        let mut failures = 0;
        loop {
            let (manager, generation, subscribe) = {
                let live = self.lock();
                let subscribe = live.wants_signals && live.subscribed != Some(live.generation);
                (live.manager.clone(), live.generation, subscribe)
            };
            if subscribe && manager.clone().subscribe(&self.channels).await.is_ok() {
                self.lock().subscribed = Some(generation);
            }
            let error = match request.send(manager).await {
                Ok(value) => return from_redis_value(value).map_err(|error| JobsError::Refused(error.into())),
                Err(error) => error,
            };
            let trouble = Trouble::of(&error);
            if needs_new_manager(trouble, &error) {
                self.renew(generation)?;
            }
            let again = match trouble {
                Trouble::Transport => repeat == Repeat::Safe,
                // The server refused, so nothing was done.
                Trouble::WrongServer | Trouble::Busy => true,
                Trouble::OutOfMemory | Trouble::Refused => false,
            };
            if !again || started.elapsed() >= RETRY_FOR {
                return Err(error.into());
            }
            tracing::debug!(error = %error, "Redis failed, trying again");
            tokio::time::sleep(full_jitter(RETRY_BASE, RETRY_CAP, failures)).await;
            failures += 1;
        }
    }

    /// Lets the next command connect anew, from the runtime it is sent on. Commands under way end on the connection they began on.
    pub(super) fn hand_over(&self) -> Result<(), JobsError> {
        let generation = self.lock().generation;
        self.renew(generation)
    }

    /// Replaces the manager of this generation, so that the next command resolves the host and connects anew.
    fn renew(&self, generation: u64) -> Result<(), JobsError> {
        let mut live = self.lock();
        if live.generation != generation {
            return Ok(());
        }
        live.manager = manager(&self.client, &self.prefix, &self.signals)?;
        live.generation += 1;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client holds the password.
        f.debug_struct("Connection").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// The manager reconnects by itself when a connection breaks; in these cases it would keep what it has.
fn needs_new_manager(trouble: Trouble, error: &RedisError) -> bool {
    trouble == Trouble::WrongServer || error.is_timeout() || error.kind() == ErrorKind::AuthenticationFailed
}

impl JobsConfig {
    /// The server as `host:port`, or the path of its socket, without user, password and database: for messages.
    #[must_use]
    pub fn server(&self) -> String {
        let info = self.redis_url.expose_secret().into_connection_info();
        info.map_or_else(|_| "a URL that cannot be read".to_owned(), |info| info.addr().to_string())
    }
}

fn client(config: &JobsConfig) -> Result<Client, JobsError> {
    // Errors of the parser may quote the URL, so they are not passed on.
    let invalid = |_| JobsError::Config("the Redis URL is not a redis:// or rediss:// URL".to_owned());
    let mut url = config.redis_url.expose_secret().to_owned();
    let any_name = config.insecure_tls || url.ends_with("#insecure");
    if url.starts_with("rediss://") {
        install_crypto_provider();
        match &config.redis_ca {
            None if any_name && !url.contains('#') => url.push_str("#insecure"),
            None => {}
            // What is asked of the certificate is said to the client itself.
            Some(_) => url.truncate(url.find('#').unwrap_or(url.len())),
        }
    }
    let info = url.as_str().into_connection_info().map_err(invalid)?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let info = info.set_redis_settings(settings).set_tcp_settings(TcpSettings::default().set_nodelay(true));
    match &config.redis_ca {
        Some(ca) => ca.client(info, any_name).map_err(|_| {
            JobsError::Config("REDIS_CA has no usable certificate, or REDIS_URL is not rediss://".to_owned())
        }),
        None => Client::open(info).map_err(invalid),
    }
}

/// rustls panics without a provider. A program that has chosen one keeps it.
fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

fn manager(client: &Client, prefix: &str, signals: &broadcast::Sender<Signal>) -> Result<ConnectionManager, JobsError> {
    let (signals, prefix) = (signals.clone(), prefix.to_owned());
    let forward = move |push: PushInfo| -> Result<(), SendError> {
        if let Some(signal) = signal(&prefix, &push) {
            // Nobody listening is fine: web processes do not.
            let _ = signals.send(signal);
        }
        Ok(())
    };
    // One attempt per command: the retries, with full jitter, are ours.
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_push_sender(forward)
        .set_automatic_resubscription();
    ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(JobsError::from)
}

fn signal(prefix: &str, push: &PushInfo) -> Option<Signal> {
    let (PushKind::Message, [Value::BulkString(channel), Value::BulkString(payload)]) =
        (&push.kind, push.data.as_slice())
    else {
        return None;
    };
    match std::str::from_utf8(channel).ok()?.strip_prefix(prefix)? {
        "wake" => Some(Signal::Wake),
        "cancel" => Some(Signal::Cancel(std::str::from_utf8(payload).ok()?.to_owned())),
        _ => None,
    }
}
