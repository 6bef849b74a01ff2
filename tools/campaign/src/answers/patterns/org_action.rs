//! org-action: one Quote, at once and later.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use test_support::{LocalOrg, Receiver, Service, TestRedis, client_context, free_port, http_client};

use super::common::{ORG, short, soon, spec};
use crate::answers::call::Flow;
use crate::answers::report::Verdict;

pub(in crate::answers) struct OrgAction {
    pub(super) org: LocalOrg,
    pub(super) receiver: Receiver,
    web: Service,
    _worker: Service,
    http: reqwest::Client,
    opportunity: String,
    calls: u32,
    // Ends last.
    _redis: TestRedis,
}

impl OrgAction {
    pub(super) async fn start() -> Result<Self> {
        let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
        // A callback goes to the org's own address.
        let receiver = Receiver::in_front_of(&org).await?;
        org.seed(ORG, 1, 2).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity").await?.records;
        let opportunity = found.first().and_then(|record| record["Id"].as_str()).context("nothing was seeded")?;
        let hosts = format!("{},{}", org.host()?, receiver.host());
        let web = spec("org-action-web", &redis, &hosts)?
            .env("PORT", free_port()?)
            .env("REQUEST_DEADLINE_SECONDS", 28)
            .ready("listening on http://");
        let worker = spec("org-action-worker", &redis, &hosts)?.ready("worker ready");
        let (web, worker) = (web.start().await?, worker.start().await?);
        let opportunity = opportunity.to_owned();
        Ok(Self { org, receiver, web, _worker: worker, http: http_client()?, opportunity, calls: 0, _redis: redis })
    }

    pub(super) async fn run(&mut self, flow: Flow) -> Result<Verdict> {
        self.calls += 1;
        let before = self.quotes().await?;
        let verdict = if flow == Flow::Quote { self.now().await? } else { self.later().await? };
        let there = self.quotes().await?;
        // Whatever was said first: the call, made again if need be, has made one Quote with its lines.
        let expected = before + u64::from(!matches!(verdict, Verdict::Refused(_)) || flow == Flow::Quote);
        let incomplete = self.org.count(ORG, "SELECT COUNT() FROM Quote WHERE LineItemCount != 2").await?;
        if there != expected || incomplete > 0 {
            return Ok(Verdict::Wrong(format!("{before} Quotes became {there}, {incomplete} incomplete: {verdict}")));
        }
        Ok(verdict)
    }

    /// The answer; and when it was no Quote, the Quote that the same call gets when nothing is in its way.
    async fn now(&self) -> Result<Verdict> {
        let key = format!("call {}", self.calls);
        let quote = async || -> Result<(u16, Value)> {
            let request = self.call(Method::POST, "/api/generatequote").await?.header("Idempotency-Key", &key);
            let answer = request.json(&json!({ "opportunityId": self.opportunity })).send().await?;
            Ok((answer.status().as_u16(), answer.json().await?))
        };
        let (status, first) = quote().await?;
        if status == 200 {
            return Ok(if self.is_there(&first["quoteId"]).await? { Verdict::Done } else { not_there(&first) });
        }
        // The fault is used up.
        let (again, second) = quote().await?;
        Ok(match again == 200 && self.is_there(&second["quoteId"]).await? {
            true => {
                Verdict::Refused(format!("{status} {}", first["error"]["code"].as_str().unwrap_or("without a code")))
            }
            false => Verdict::Wrong(format!("the repeated call is answered {again}: {second}")),
        })
    }

    async fn later(&self) -> Result<Verdict> {
        let received = self.receiver.received().len();
        let request = self.call(Method::POST, "/api/generatequoteasync").await?;
        let url = self.receiver.url("/callback");
        let body = json!({ "opportunityId": self.opportunity, "callbackUrl": url });
        let answer: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
        let id = answer["jobId"].as_str().context("no jobId")?.to_owned();
        let ended = soon(async || {
            let request = self.call(Method::GET, &format!("/api/jobs/{id}")).await?;
            let job: Value = request.send().await?.error_for_status()?.json().await?;
            Ok(matches!(job["state"].as_str(), Some("completed" | "failed" | "cancelled")).then_some(job))
        })
        .await?;
        let Some(job) = ended else { return Ok(Verdict::Hangs(format!("job {id} has not ended"))) };
        let callbacks = self.receiver.received();
        let Some(last) = callbacks.get(received..).and_then(<[_]>::last) else {
            return Ok(Verdict::Wrong(format!("nobody was called back: {job}")));
        };
        let result = last.json()?;
        ensure!(result["jobId"] == *id, "another job called back: {result}");
        if let Some(code) = result["error"]["code"].as_str() {
            return Ok(Verdict::Refused(short(code)));
        }
        Ok(if self.is_there(&result["quoteId"]).await? { Verdict::Done } else { not_there(&result) })
    }

    async fn is_there(&self, quote: &Value) -> Result<bool> {
        let Some(id) = quote.as_str() else { return Ok(false) };
        Ok(self.org.count(ORG, &format!("SELECT COUNT() FROM Quote WHERE Id = '{id}'")).await? == 1)
    }

    async fn quotes(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Quote").await
    }

    async fn call(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let (mut org, user) = self.org.org(ORG).await?;
        org.instance_url = self.receiver.url("");
        let url = format!("{}{path}", self.web.url()?);
        Ok(self.http.request(method, url).header("x-client-context", client_context(&org, &user)))
    }
}

fn not_there(said: &Value) -> Verdict {
    Verdict::Wrong(format!("there is no such Quote: {said}"))
}
