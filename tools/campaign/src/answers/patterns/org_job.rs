//! org-job: Quotes by graphs and in bulk, sample data.

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use test_support::{LocalOrg, Service, TestRedis, client_context, free_port, http_client};

use super::common::{ORG, number, short, soon, spec};
use crate::answers::call::Flow;
use crate::answers::report::Verdict;

/// Opportunities of a job that goes through the Bulk API, and of one that does not.
const MANY: usize = 24;
const FEW: usize = 6;
/// Lines of each.
const LINES: u64 = 2;
/// Sample Opportunities.
const SAMPLES: u64 = 20;

pub(in crate::answers) struct OrgJob {
    pub(super) org: LocalOrg,
    web: Service,
    _worker: Service,
    http: reqwest::Client,
    opportunities: Vec<String>,
    // Ends last.
    _redis: TestRedis,
}

impl OrgJob {
    pub(super) async fn start() -> Result<Self> {
        let (redis, org) = (TestRedis::start().await?, LocalOrg::start().await?);
        org.seed(ORG, u32::try_from(MANY)?, u32::try_from(LINES)?).await?;
        let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?.records;
        let ids = found.iter().map(|record| record["Id"].as_str().map(str::to_owned).context("a record has no Id"));
        let opportunities = ids.collect::<Result<Vec<_>>>()?;
        let hosts = org.host()?;
        let web = spec("org-job-web", &redis, &hosts)?.env("PORT", free_port()?).ready("listening on http://");
        let worker = spec("org-job-worker", &redis, &hosts)?
            // Two chunks: what the plan has read, and another one.
            .env("CHUNK_SIZE", FEW / 2)
            .env("BULK_THRESHOLD", MANY)
            .env("BULK_CHUNK_SIZE", 50)
            .env("SAMPLE_CHUNK_SIZE", 50)
            .ready("worker ready");
        let (web, worker) = (web.start().await?, worker.start().await?);
        Ok(Self { org, web, _worker: worker, http: http_client()?, opportunities, _redis: redis })
    }

    pub(super) async fn prepare(&mut self, flow: Flow) -> Result<()> {
        let there = self.samples().await?;
        if flow == Flow::DeleteSamples && there == 0 {
            let id = self.start_job("/api/data/create?numberOfOpportunities=20&lines=1", &Value::Null).await?;
            self.ended(&id).await?.context("sample data is not made")?;
        }
        if flow == Flow::CreateSamples && there > 0 {
            let id = self.start_job("/api/data/delete", &Value::Null).await?;
            self.ended(&id).await?.context("sample data is not deleted")?;
        }
        Ok(())
    }

    pub(super) async fn run(&mut self, flow: Flow) -> Result<Verdict> {
        match flow {
            Flow::CreateSamples => self.create_samples().await,
            Flow::DeleteSamples => self.delete_samples().await,
            Flow::Graphs => self.quotes(FEW).await,
            _ => self.quotes(MANY).await,
        }
    }

    async fn quotes(&self, opportunities: usize) -> Result<Verdict> {
        let some = self.opportunities.iter().take(opportunities);
        let ids = some.map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let clause = json!({ "soqlWhereClause": format!("Id IN ({ids})") });
        let id = self.start_job("/api/executebatch", &clause).await?;
        let Some(job) = self.ended(&id).await? else { return self.hangs(&id).await };
        // The Quotes' keys begin with the digits of the id.
        let key = id.replace('-', "");
        let count = async |what: &str| self.org.count(ORG, &what.replace("{key}", &key)).await;
        let quotes = count("SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '{key}:%'").await?;
        let staging = count("SELECT COUNT() FROM Quote WHERE QuoteJobKey__c LIKE '{key}:%:staging'").await?;
        let lines = count("SELECT COUNT() FROM QuoteLineItem WHERE Quote.QuoteJobKey__c LIKE '{key}:%'").await?;
        let twice = "SELECT OpportunityId, COUNT(Id) FROM Quote WHERE QuoteJobKey__c LIKE '{key}:%' \
                     GROUP BY OpportunityId HAVING COUNT(Id) > 1";
        let twice = count(twice).await?;
        let said = number(&job["counters"], "quotes");
        let given_up = number(&job, "deadChunks") > 0 || job["state"] == "failed";
        let counted = said == quotes && said == number(&job, "succeeded");
        let wrong = staging > 0
            || twice > 0
            || lines != quotes * LINES
            || (!given_up && (!counted || number(&job, "processed") != u64::try_from(opportunities)?));
        if wrong {
            let org = format!("{quotes} Quotes ({staging} incomplete, {twice} double), {lines} lines");
            return Ok(Verdict::Wrong(format!("the org has {org}, the job says {job}")));
        }
        if quotes == u64::try_from(opportunities)? && !given_up {
            return Ok(Verdict::Done);
        }
        self.refused(&id, &job).await
    }

    async fn create_samples(&self) -> Result<Verdict> {
        let path = format!("/api/data/create?numberOfOpportunities={SAMPLES}&lines=1");
        let id = self.start_job(&path, &Value::Null).await?;
        let Some(job) = self.ended(&id).await? else { return self.hangs(&id).await };
        let (there, said) = (self.samples().await?, number(&job["counters"], "opportunities"));
        let lines =
            self.org.count(ORG, "SELECT COUNT() FROM OpportunityLineItem WHERE SampleDataKey__c != NULL").await?;
        let given_up = number(&job, "deadChunks") > 0 || job["state"] == "failed";
        if !given_up && (there != said || lines != number(&job["counters"], "opportunityLineItems")) {
            return Ok(Verdict::Wrong(format!("the org has {there} with {lines} lines, the job says {job}")));
        }
        if there == SAMPLES && lines == SAMPLES && !given_up {
            Ok(Verdict::Done)
        } else {
            self.refused(&id, &job).await
        }
    }

    async fn delete_samples(&self) -> Result<Verdict> {
        let before = self.samples().await?;
        let id = self.start_job("/api/data/delete", &Value::Null).await?;
        let Some(job) = self.ended(&id).await? else { return self.hangs(&id).await };
        let (there, said) = (self.samples().await?, number(&job["counters"], "opportunities"));
        let given_up = number(&job, "deadChunks") > 0 || job["state"] == "failed";
        if !given_up && before - there != said {
            return Ok(Verdict::Wrong(format!("of {before} the org has {there} left, the job says {job}")));
        }
        if there == 0 && !given_up { Ok(Verdict::Done) } else { self.refused(&id, &job).await }
    }

    async fn samples(&self) -> Result<u64> {
        self.org.count(ORG, "SELECT COUNT() FROM Opportunity WHERE SampleDataKey__c != NULL").await
    }

    async fn call(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let (org, user) = self.org.org(ORG).await?;
        let url = format!("{}{path}", self.web.url()?);
        Ok(self.http.request(method, url).header("x-client-context", client_context(&org, &user)))
    }

    async fn start_job(&self, path: &str, body: &Value) -> Result<String> {
        let mut request = self.call(Method::POST, path).await?;
        if !body.is_null() {
            request = request.json(body);
        }
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(answer["jobId"].as_str().context("no jobId")?.to_owned())
    }

    async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.call(Method::GET, path).await?.send().await?.error_for_status()?.json().await?)
    }

    /// The job when it has ended. One that waits for a session is resumed, as its owner would.
    async fn ended(&self, id: &str) -> Result<Option<Value>> {
        let path = format!("/api/jobs/{id}");
        soon(async || {
            let job = self.get(&path).await?;
            match job["state"].as_str() {
                Some("completed" | "failed" | "cancelled") => Ok(Some(job)),
                Some("needsAuthorization") => {
                    self.call(Method::POST, &format!("{path}/resume")).await?.send().await?.error_for_status()?;
                    Ok(None)
                }
                Some(_) => Ok(None),
                None => bail!("the job has no state: {job}"),
            }
        })
        .await
    }

    async fn hangs(&self, id: &str) -> Result<Verdict> {
        Ok(Verdict::Hangs(short(&self.get(&format!("/api/jobs/{id}")).await?.to_string())))
    }

    /// Why not all went well, in the job's own words. A job that gives none is wrong.
    async fn refused(&self, id: &str, job: &Value) -> Result<Verdict> {
        let errors = self.get(&format!("/api/jobs/{id}/errors")).await?;
        let letters = self.get(&format!("/api/jobs/{id}/deadletters")).await?;
        let reasons = [
            job["reason"].as_str(),
            errors["errors"][0]["code"].as_str(),
            letters["deadLetters"][0]["reason"].as_str(),
        ];
        Ok(match reasons.into_iter().flatten().next() {
            Some(reason) => Verdict::Refused(short(reason)),
            None => Verdict::Wrong(format!("no reason is given: {job} {letters}")),
        })
    }
}
