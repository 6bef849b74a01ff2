//! What a campaign's work sees of the processes of a pattern: addresses that stay the same whatever dies. Its own way to local-org is
//! never cut.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use test_support::{Control, Org, User, client_context, eventually, http_client};
use tokio::time::{Instant, sleep};

use crate::secrets::Secrets;
use crate::stack::{Ground, Keys, ORG, Team};

/// After all is mended, work must end within this time; on a busy machine leases and pauses take their time.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
/// Longest time for one request; then it is sent again.
const ANSWER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct World {
    pub(crate) org: Control,
    pub(crate) http: reqwest::Client,
    pub(crate) keys: Keys,
    /// Of the receiver of callbacks.
    pub(crate) callback_url: String,
    pub(crate) seed: u64,
    webs: Vec<String>,
    org_url: String,
    turn: AtomicUsize,
    /// Bodies of all answers.
    seen: Mutex<Vec<String>>,
}

/// An answer that is neither lost nor one of a service that is out of order.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Answer {
    /// The body, of this status.
    pub(crate) fn json(&self, status: StatusCode) -> Result<Value> {
        if self.status != status {
            bail!("answered {}: {}", self.status, self.text);
        }
        serde_json::from_str(&self.text).with_context(|| format!("answered no JSON: {}", self.text))
    }
}

impl World {
    pub(crate) fn new(ground: &Ground, team: &Team, seed: u64) -> Result<Self> {
        Ok(Self {
            org: Control::new(ground.org.url()?)?,
            http: http_client()?,
            keys: ground.keys.clone(),
            callback_url: format!("http://{}/callback/", ground.org_link.address()),
            seed,
            webs: team.urls()?,
            org_url: format!("http://{}", ground.org_link.address()),
            turn: AtomicUsize::new(0),
            seen: Mutex::default(),
        })
    }

    /// The web process whose turn it is.
    pub(crate) fn web(&self) -> Result<&str> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let web = self.webs.get(turn % self.webs.len().max(1)).context("there is no web process")?;
        Ok(web)
    }

    /// The org as the services find it, and its administrator with a session that is good now.
    pub(crate) async fn caller(&self) -> Result<(Org, User)> {
        let (mut org, user) = self.org.org(ORG).await?;
        org.instance_url.clone_from(&self.org_url);
        Ok((org, user))
    }

    /// Sends a request of the org's administrator until it is answered, with a session that is good now.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        change: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer> {
        self.until_answered(async |web| {
            let (org, user) = self.caller().await?;
            let request = self.http.request(method.clone(), format!("{web}{path}"));
            Ok(change(request.header("x-client-context", client_context(&org, &user))))
        })
        .await
    }

    /// Sends a request until somebody answers it; answers that ask to come again are none.
    pub(crate) async fn until_answered(&self, request: impl AsyncFn(&str) -> Result<RequestBuilder>) -> Result<Answer> {
        let started = Instant::now();
        loop {
            let problem = match request(self.web()?).await?.timeout(ANSWER).send().await {
                Err(error) => format!("{error:#}"),
                Ok(answer) => {
                    let status = answer.status();
                    match answer.text().await {
                        Err(error) => format!("{status}, then {error:#}"),
                        Ok(text) => {
                            self.saw(&text);
                            // 401: the session ended between our question for it and the service's.
                            if !status.is_server_error() && ![401, 408, 429].contains(&status.as_u16()) {
                                return Ok(Answer { status, text });
                            }
                            format!("{status}: {text}")
                        }
                    }
                }
            };
            if started.elapsed() > LIMIT {
                bail!("no answer within {LIMIT:?}, the last one: {problem}");
            }
            sleep(PAUSE).await;
        }
    }

    /// A page of eventing for who has its token.
    pub(crate) async fn ask_with_token(&self, path: &str) -> Result<Value> {
        let answer = self
            .until_answered(async |web| {
                Ok(self.http.request(Method::GET, format!("{web}{path}")).bearer_auth(&self.keys.webhook_token))
            })
            .await?;
        answer.json(StatusCode::OK)
    }

    /// Edits Opportunities as a user would, past all that is cut, in one transaction; each in another way, so that there are
    /// as many events as records.
    pub(crate) async fn edit(&self, ids: &[String], text: &str) -> Result<()> {
        let org = self.org.org(ORG).await?.0;
        let url = format!("{}/services/data/v{}/composite/sobjects", org.instance_url, org.api_version);
        let record = |(place, id): (usize, &String)| json!({ "attributes": { "type": "Opportunity" }, "Id": id, "NextStep": format!("{text} {place}") });
        let records: Vec<_> = ids.iter().enumerate().map(record).collect();
        let body = json!({ "allOrNone": true, "records": records });
        // Between the question for a session and its use, all sessions may end.
        let answer = eventually(LIMIT, "an edit is taken", async || {
            let user = self.org.org(ORG).await?.1;
            Ok(self.http.patch(&url).bearer_auth(&user.access_token).json(&body).send().await?.error_for_status()?)
        })
        .await?;
        let answer: Value = answer.json().await?;
        ensure!(answer.as_array().is_some_and(|all| all.iter().all(|one| one["success"] == true)), "{answer}");
        Ok(())
    }

    /// Remembers a body, to look for secrets in it.
    pub(crate) fn saw(&self, text: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
    }

    /// Secrets in the bodies of answers since the last call.
    pub(crate) fn take_leaks(&self, secrets: &Secrets) -> Vec<String> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        secrets.in_text("an answer of the web process", &seen.join("\n"))
    }
}
