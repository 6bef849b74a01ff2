//! local-org's control API (`/local/…`): test data, counters, costs, faults, and calls of published apps. It needs no
//! token and is never counted.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http_client;
use crate::poll::eventually;

mod events;
mod external_services;
mod pubsub;
mod types;

pub use events::{Notification, PublishedEvent, PublishedEvents};
pub use external_services::{App, AppOperation, Delivery, Invocation, InvocationState, Invoke, Invoked, Publication};
pub use pubsub::{Disconnect, ManagedSubscription, PubsubSettings, PubsubStream};
pub(crate) use types::Endpoints;
use types::OpenedSession;
pub use types::{
    Calls, Concurrent, Costs, Counters, Fault, FaultAction, FaultBody, FaultRule, Org, QueryAnswer, Rows, User,
};

/// A client of one local-org. Clones share connections.
#[derive(Debug, Clone)]
pub struct Control {
    http: reqwest::Client,
    base: String,
}

impl Control {
    /// For the local-org at `base`, such as `http://127.0.0.1:8090`.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(base: impl Into<String>) -> Result<Self> {
        Ok(Self { http: http_client()?, base: base.into() })
    }

    /// All orgs with their users and live access tokens.
    ///
    /// # Errors
    /// As all calls here: when local-org does not answer, or refuses.
    pub async fn orgs(&self) -> Result<Vec<Org>> {
        self.get("/local/orgs").await
    }

    /// The ports besides the one of the control API.
    pub(crate) async fn endpoints(&self) -> Result<Endpoints> {
        self.get("/local/endpoints").await
    }

    /// One org and its first user, the administrator.
    ///
    /// # Errors
    /// Also when there is none of that name.
    pub async fn org(&self, name: &str) -> Result<(Org, User)> {
        let org = self.orgs().await?.into_iter().find(|org| org.name == name);
        let org = org.with_context(|| format!("local-org has no org {name}"))?;
        let user = org.users.first().cloned().with_context(|| format!("{name} has no user"))?;
        Ok((org, user))
    }

    /// Adds sample Opportunities with that many line items each.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn seed(&self, org: &str, opportunities: u32, lines: u32) -> Result<()> {
        let body = json!({ "opportunities": opportunities, "lines": lines });
        self.send(Method::POST, &format!("/local/orgs/{org}/seed"), Some(&body)).await.map(drop)
    }

    /// API calls, rows and concurrency since the start or the last reset.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn counters(&self, org: &str) -> Result<Counters> {
        self.get(&format!("/local/orgs/{org}/counters")).await
    }

    /// Sets all counters to zero.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn reset_counters(&self, org: &str) -> Result<()> {
        self.delete(&format!("/local/orgs/{org}/counters")).await
    }

    /// Records by object, deleted ones left out.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn counts(&self, org: &str) -> Result<BTreeMap<String, u64>> {
        self.get(&format!("/local/orgs/{org}/counts")).await
    }

    /// The whole result of a SOQL query in one page.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn query(&self, org: &str, soql: &str) -> Result<QueryAnswer> {
        let request = self.request(Method::GET, &format!("/local/orgs/{org}/query")).query(&[("q", soql)]);
        json_body(check(request.send().await, soql).await?, soql).await
    }

    /// The `totalSize` of a query, for `SELECT COUNT() FROM …`.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn count(&self, org: &str, soql: &str) -> Result<u64> {
        Ok(self.query(org, soql).await?.total_size)
    }

    /// Creates a record under the rules of the real API, and answers its Id (18 characters).
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn create(&self, org: &str, object: &str, fields: &Value) -> Result<String> {
        let path = format!("/local/orgs/{org}/records/{object}");
        let created: Value = json_body(self.send(Method::POST, &path, Some(fields)).await?, &path).await?;
        Ok(created.get("id").and_then(Value::as_str).with_context(|| format!("no id in {created}"))?.to_owned())
    }

    /// Changes fields of a record.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn update(&self, org: &str, object: &str, id: &str, fields: &Value) -> Result<()> {
        let path = format!("/local/orgs/{org}/records/{object}/{id}");
        self.send(Method::PATCH, &path, Some(fields)).await.map(drop)
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn delete_record(&self, org: &str, object: &str, id: &str) -> Result<()> {
        self.delete(&format!("/local/orgs/{org}/records/{object}/{id}")).await
    }

    /// Restores a deleted record with what was deleted with it.
    ///
    /// # Errors
    /// Also when it is not in the recycle bin.
    pub async fn undelete(&self, org: &str, object: &str, id: &str) -> Result<()> {
        let path = format!("/local/orgs/{org}/records/{object}/{id}/undelete");
        self.send(Method::POST, &path, None::<&Value>).await.map(drop)
    }

    /// Opens a session of the user of that name, as AppLink does for a call to an app, with permission sets that require
    /// activation activated for it ("user mode plus"). The answer's token is that session's.
    ///
    /// # Errors
    /// Also when a permission set does not exist, requires no activation or is not assigned to the user.
    pub async fn open_session(&self, org: &str, username: &str, permission_sets: &[&str]) -> Result<User> {
        let path = format!("/local/orgs/{org}/sessions");
        let body = json!({ "user": username, "permissionSets": permission_sets });
        let opened: OpenedSession = json_body(self.send(Method::POST, &path, Some(&body)).await?, &path).await?;
        Ok(opened.into())
    }

    /// Makes every access token handed out so far invalid.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn expire_sessions(&self, org: &str) -> Result<()> {
        self.send(Method::POST, &format!("/local/orgs/{org}/sessions/expire"), None::<&Value>).await.map(drop)
    }

    /// Replaces what an administrator has set up in an org, such as `duplicateRules`; what is not given is reset.
    ///
    /// # Errors
    /// Also when local-org does not know a setting.
    pub async fn set_settings(&self, org: &str, settings: &Value) -> Result<()> {
        self.send(Method::PUT, &format!("/local/orgs/{org}/settings"), Some(settings)).await.map(drop)
    }

    /// What a call costs.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn costs(&self) -> Result<Costs> {
        self.get("/local/costs").await
    }

    /// Changes what a call costs, for all orgs and from now on.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn set_costs(&self, costs: &Costs) -> Result<()> {
        self.send(Method::PUT, "/local/costs", Some(costs)).await.map(drop)
    }

    /// Adds a fault and answers its id. The first live one that matches a request wins.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn add_fault(&self, fault: &Fault) -> Result<u64> {
        let path = "/local/faults";
        let added: Value = json_body(self.send(Method::POST, path, Some(fault)).await?, path).await?;
        added.get("id").and_then(Value::as_u64).with_context(|| format!("no id in {added}"))
    }

    /// All faults with how often each was hit.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn faults(&self) -> Result<Vec<FaultRule>> {
        self.get("/local/faults").await
    }

    /// How often a fault was hit; 0 for one that is gone.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn fault_hits(&self, id: u64) -> Result<u64> {
        Ok(self.faults().await?.iter().find(|fault| fault.id == id).map_or(0, |fault| fault.hits))
    }

    /// Waits, for 30 s at most, until a fault was hit.
    ///
    /// # Errors
    /// When it was not, and see [`Control::orgs`].
    pub async fn fault_is_hit(&self, id: u64) -> Result<()> {
        eventually(Duration::from_secs(30), "the fault is hit", async || {
            ensure!(self.fault_hits(id).await? > 0, "not yet");
            Ok(())
        })
        .await
    }

    /// Removes one fault.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn remove_fault(&self, id: u64) -> Result<()> {
        self.delete(&format!("/local/faults/{id}")).await
    }

    /// Removes all faults.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn clear_faults(&self) -> Result<()> {
        self.delete("/local/faults").await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    async fn send<T: Serialize + ?Sized>(&self, method: Method, path: &str, body: Option<&T>) -> Result<Response> {
        let call = format!("{method} {path}");
        // What changes something says that it is JSON, with or without a body.
        let is_post = method == Method::POST;
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        } else if is_post {
            request = request.header("Content-Type", "application/json");
        }
        check(request.send().await, &call).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        json_body(self.send(Method::GET, path, None::<&Value>).await?, path).await
    }

    /// Forgets what an org keeps for days: deleted records and ended bulk jobs.
    ///
    /// # Errors
    /// See [`Control::orgs`].
    pub async fn forget_kept(&self, org: &str) -> Result<()> {
        self.delete(&format!("/local/orgs/{org}/recycle-bin")).await?;
        self.delete(&format!("/local/orgs/{org}/bulk-jobs")).await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        self.send(Method::DELETE, path, None::<&Value>).await.map(drop)
    }
}

/// Turns a refusal into an error that shows the answer.
async fn check(response: reqwest::Result<Response>, call: &str) -> Result<Response> {
    let response = response.with_context(|| format!("local-org did not answer {call}"))?;
    let status = response.status();
    if !status.is_success() {
        bail!("local-org answered {status} to {call}: {}", response.text().await.unwrap_or_default());
    }
    Ok(response)
}

async fn json_body<T: DeserializeOwned>(response: Response, call: &str) -> Result<T> {
    response.json().await.with_context(|| format!("local-org's answer to {call} has another form than expected"))
}

#[cfg(test)]
mod tests;
