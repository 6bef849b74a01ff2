//! One trace from Salesforce's request to the answer, or over the queue to the callback, as a collector sees it.

use crate::support::{ORG, Stack, job_id, quote_id};
use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::traces::{CALLER, TRACE, Trace, assert_harmless, traced, traceparent};
use test_support::{Collector, Fault, FaultAction};

const LIMIT: Duration = Duration::from_secs(60);
const AT_ONCE: &str = "/api/generatequote";
const LATER: &str = "/api/generatequoteasync";

impl Stack {
    /// With a web process that traces, and no worker.
    async fn tracing(collector: &Collector) -> Result<Self> {
        let mut stack = Self::start(0).await?;
        let settings = traced(collector.url(), "web.1");
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stack.replace_web("127.0.0.1:*", &settings).await?;
        Ok(stack)
    }

    async fn add_traced_worker(&mut self, collector: &Collector, more: &[(&str, String)]) -> Result<()> {
        let settings = [&traced(collector.url(), "worker.1")[..], more].concat();
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.add_worker_with("worker.1", &settings).await
    }

    /// A call within the caller's trace.
    async fn call_within(&self, path: &str) -> Result<RequestBuilder> {
        let headers = [("traceparent", traceparent("01")), ("tracestate", "vendor=of-the-caller".to_owned())];
        let request = self.call(Method::POST, path).await?;
        Ok(headers.iter().fold(request, |request, (name, value)| request.header(*name, value)))
    }

    async fn post_within(&self, opportunity: &str) -> Result<String> {
        let body = json!({ "opportunityId": opportunity, "callbackUrl": self.receiver.url("/callback/1") });
        job_id(self.call_within(LATER).await?.json(&body).send().await?).await
    }

    /// What must stand in no span, and in no log.
    async fn secrets(&self) -> Result<[String; 3]> {
        let (_, user) = self.org.org(ORG).await?;
        let token = user.access_token.split_once('!').context("a token has a !")?.1;
        // The name of the Opportunity, too.
        Ok([token.to_owned(), user.username, "To be quoted".to_owned()])
    }
}

fn assert_safe(collector: &Collector, stack: &Stack, secrets: &[String]) -> Result<()> {
    let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
    assert_harmless(&collector.spans()?, &secrets);
    let logs = stack.logs();
    assert!(!logs.contains(secrets[0]), "a token stands in a log");
    assert!(logs.contains(&format!("trace_id={TRACE}")), "the lines do not name the trace");
    Ok(())
}

#[tokio::test]
async fn one_trace_leads_from_an_invocation_to_each_call_that_its_answer_takes() -> Result<()> {
    let collector = Collector::start().await?;
    let stack = Stack::tracing(&collector).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.org.reset_counters(ORG).await?;
    let request = stack.call_within(AT_ONCE).await?.json(&json!({ "opportunityId": opportunity }));
    let quote = quote_id(request.send().await?).await?;
    let calls = stack.org.counters(ORG).await?.calls.total;
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let trace = Trace::read(spans, TRACE, CALLER)?;
            ensure!(u64::try_from(trace.calls().len())? == calls, "{trace:?}");
            Ok(trace)
        })
        .await?;
    let server = trace.root();
    assert_eq!((server.service.as_str(), server.name.as_str()), ("org-action-web", "POST /api/generatequote"));
    assert_eq!((server.kind, server.attribute("http.response.status_code")), ("server", "200"));
    let operations: Vec<_> = trace.calls().iter().map(|call| call.attribute("salesforce.operation")).collect();
    assert_eq!(operations.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"query", &"graph"]));
    for call in trace.calls() {
        assert_eq!(
            (trace.parent(call)?.id.as_str(), call.state.as_str()),
            (server.id.as_str(), "vendor=of-the-caller")
        );
        assert_eq!(call.attribute("http.response.status_code"), "200", "{call:?}");
    }
    assert!(!format!("{:?}", collector.spans()?).contains(&quote), "the Quote's id is nobody's business");
    assert_safe(&collector, &stack, &stack.secrets().await?)
}

/// The job that removes what is left of a big Quote if its process dies is made within the request; so it is seen there.
#[tokio::test]
async fn a_quote_that_is_built_in_stages_shows_its_safety_net_and_a_refusal_is_a_failed_call() -> Result<()> {
    let collector = Collector::start().await?;
    let stack = Stack::tracing(&collector).await?;
    let opportunity = stack.big_opportunity(600).await?;
    let refusal = FaultAction::status(503, "SERVER_UNAVAILABLE", "the text of an org");
    stack.fault(Fault::new(refusal).path("/query").times(1)).await?;
    let request = stack.call_within(AT_ONCE).await?.json(&json!({ "opportunityId": opportunity }));
    quote_id(request.send().await?).await?;
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let trace = Trace::read(spans, TRACE, CALLER)?;
            trace.one("send org-action")?;
            Ok(trace)
        })
        .await?;
    let net = trace.one("send org-action")?;
    assert_eq!((trace.parent(net)?.kind, net.attribute("job.kind")), ("server", "removeIncompleteQuote"));
    let graphs = trace.named("POST /services/data/{version}/composite/graph");
    assert!(graphs.len() >= 2, "in stages: {trace:?}");
    let queries = trace.named("GET /services/data/{version}/query");
    let mut failed = queries.iter().filter(|query| query.failed);
    let failed = failed.next().context("the refusal is seen")?;
    assert_eq!((failed.attribute("http.response.status_code"), failed.attribute("error.type")), ("503", "503"));
    let again = queries.iter().find(|query| query.attribute("http.request.resend_count") == "1");
    assert!(again.is_some_and(|again| !again.failed), "{trace:?}");
    assert!(!format!("{trace:?}").contains("the text of an org"));
    assert_safe(&collector, &stack, &stack.secrets().await?)
}

#[tokio::test]
async fn one_trace_leads_from_the_request_over_the_queue_to_the_callback() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(&collector).await?;
    stack.add_traced_worker(&collector, &[]).await?;
    let opportunity = stack.opportunity(2).await?;
    stack.org.reset_counters(ORG).await?;
    let id = stack.post_within(&opportunity).await?;
    stack.only_callback(&id).await?;
    let calls = stack.org.counters(ORG).await?.calls.total;
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let trace = Trace::read(spans, TRACE, CALLER)?;
            ensure!(trace.one("finish org-action")?.attribute("job.outcome") == "acked");
            ensure!(u64::try_from(trace.calls().len())? == calls, "{calls} calls: {trace:?}");
            Ok(trace)
        })
        .await?;
    let send = trace.one("send org-action")?;
    assert_eq!(trace.parent(send)?.name, "POST /api/generatequoteasync");
    assert_eq!((send.service.as_str(), send.attribute("messaging.message.id")), ("org-action-web", id.as_str()));
    for name in ["plan org-action", "chunk org-action", "finish org-action"] {
        let task = trace.one(name)?;
        assert_eq!((task.parent.as_str(), task.service.as_str()), (send.id.as_str(), "org-action-worker"), "{task:?}");
        assert_eq!(task.attribute("messaging.message.id"), id);
    }
    let graph = trace.one("POST /services/data/{version}/composite/graph")?;
    assert_eq!(trace.parent(graph)?.name, "chunk org-action");
    let callback = trace.one("POST /{callback}")?;
    assert_eq!(trace.parent(callback)?.name, "finish org-action");
    let received = &stack.receiver.received()[0];
    assert_eq!(received.header("traceparent"), Some(&*format!("00-{TRACE}-{}-01", callback.id)));
    assert_eq!(received.header("tracestate"), None);
    assert_safe(&collector, &stack, &stack.secrets().await?)
}

/// Whose session has ended: the call back is in the name of another user, whom AppLink is asked for within the same trace.
#[tokio::test]
async fn a_call_of_applink_stands_in_the_trace_of_the_job_that_makes_it() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(&collector).await?;
    let opportunity = stack.opportunity(1).await?;
    let id = stack.post_within(&opportunity).await?;
    let secrets = stack.secrets().await?;
    stack.org.expire_sessions(ORG).await?;
    // The add-on gives orgs the address at which it is asked.
    let (behind, front) = (stack.org.host()?, stack.receiver.host().to_owned());
    let addon = stack.org.applink_env()?.map(|(name, value)| (name, value.replace(&behind, &front)));
    let more = [addon.as_slice(), &[("CALLBACK_AUTHORIZATION", ORG.to_owned())]].concat();
    stack.add_traced_worker(&collector, &more).await?;
    assert_eq!(stack.only_callback(&id).await?["error"]["code"], "session_expired");
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let trace = Trace::read(spans, TRACE, CALLER)?;
            ensure!(trace.one("finish org-action")?.attribute("job.outcome") == "acked");
            Ok(trace)
        })
        .await?;
    let asked = trace.named("GET /addons/{addon}/authorizations/{name}");
    assert!(!asked.is_empty(), "{trace:?}");
    for asked in asked {
        assert_eq!((trace.parent(asked)?.kind, asked.service.as_str()), ("consumer", "org-action-worker"), "{asked:?}");
        assert_eq!(asked.attribute("http.response.status_code"), "200");
    }
    let ended = trace.calls().into_iter().find(|call| call.attribute("http.response.status_code") == "401");
    assert!(ended.is_some_and(|call| call.failed), "the org's refusal is seen: {trace:?}");
    let addon = stack.org.applink_env()?;
    let token = addon.iter().find(|(name, _)| *name == "HEROKU_APPLINK_TOKEN").context("a token")?.1.clone();
    assert_harmless(&collector.spans()?, &[&token]);
    assert_safe(&collector, &stack, &secrets)
}
