//! One trace from the button that starts a load to each call of the org, as a collector sees it.

use crate::support::{ORG, Stack};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::Collector;
use test_support::traces::{Trace, assert_harmless, is_call, traced};

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn one_trace_leads_from_the_button_over_applink_and_the_queue_to_each_call_of_the_load() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(0).await?;
    stack.replace_web(&traced(collector.url(), "web.1")).await?;
    stack.add_worker_with("worker.1", &traced(collector.url(), "worker.1")).await?;
    stack.org.reset_counters(ORG).await?;
    let browser = stack.load(300).await?;
    stack.shows(&browser, ">Loaded<").await?;
    let calls = stack.org.counters(ORG).await?.calls.total;
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let send = spans.iter().find(|span| span.kind == "producer").context("no job is sent")?;
            let trace = Trace::read(spans, &send.trace, "")?;
            ensure!(trace.one("finish api-access")?.attribute("job.outcome") == "acked");
            let of_org = spans.iter().filter(|span| is_call(span)).count();
            ensure!(u64::try_from(of_org)? == calls, "{calls} calls, {of_org} seen: {trace:?}");
            Ok(trace)
        })
        .await?;
    let root = trace.root();
    assert_eq!((root.service.as_str(), root.name.as_str()), ("api-access-web", "POST /bulk-demo"));
    assert_eq!((root.kind, root.attribute("http.response.status_code")), ("server", "303"));
    let send = trace.one("send api-access")?;
    assert_eq!((send.parent.as_str(), send.attribute("job.kind")), (root.id.as_str(), "loadAccounts"));
    for task in trace.of_kind("consumer") {
        assert_eq!((task.parent.as_str(), task.service.as_str()), (send.id.as_str(), "api-access-worker"), "{task:?}");
        assert_eq!(task.attribute("messaging.message.id"), send.attribute("messaging.message.id"));
    }

    // Who asks AppLink: the first task of a process that knows no session yet. The web process knows one, from the page before.
    let asked = trace.named("GET /addons/{addon}/authorizations/{name}");
    let askers = asked.iter().map(|asked| Ok(trace.parent(asked)?.kind)).collect::<Result<BTreeSet<_>>>()?;
    assert_eq!(askers, BTreeSet::from(["consumer"]), "{trace:?}");

    // Each step of the bulk jobs, in the name of a chunk.
    let operations: BTreeSet<_> = trace.calls().iter().map(|call| call.attribute("salesforce.operation")).collect();
    for step in ["bulk_create", "bulk_upload", "bulk_close", "bulk_status", "bulk_results"] {
        assert!(operations.contains(step), "{step}: {operations:?}");
    }
    for call in trace.calls().iter().filter(|call| call.attribute("salesforce.operation").starts_with("bulk_")) {
        assert_eq!(trace.parent(call)?.name, "chunk api-access", "{call:?}");
    }
    let uploads = trace.named("PUT /services/data/{version}/jobs/ingest/{job}/batches");
    assert_eq!(uploads.len(), 2, "200 rows a chunk: {trace:?}");
    assert!(uploads.iter().all(|upload| upload.attribute("http.response.status_code") == "201"), "{uploads:?}");

    let spans = collector.spans()?;
    let addon = stack.org.applink_env()?;
    for (name, value) in &addon {
        if *name == "HEROKU_APPLINK_TOKEN" {
            assert_harmless(&spans, &[value]);
        }
    }
    let (_, user) = stack.org.org(ORG).await?;
    let token = user.access_token.split_once('!').context("a token has a !")?.1;
    // What is loaded: a name, and a key.
    assert_harmless(&spans, &[token, &user.username, "Harbour, Stone", "api-access-load", "csrf_token"]);
    assert!(!stack.logs().contains(token), "a token stands in a log");
    assert!(stack.web.log().text().contains(&format!("trace_id={}", root.trace)), "{}", stack.web.log().tail(20));
    Ok(())
}

/// Pages that show orgs make calls within requests; each is a trace of its own, of which none holds what is searched for.
#[tokio::test]
async fn a_page_of_accounts_is_a_trace_with_a_call_for_each_org() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(0).await?;
    stack.replace_web(&traced(collector.url(), "web.1")).await?;
    let browser = stack.browser().await?;
    browser.open("/accounts?connection=my-org&q=secretname").await?;
    let trace = collector
        .has(LIMIT, "the whole trace", |spans| {
            let page = spans.iter().find(|span| span.name == "GET /accounts").context("no page")?;
            let trace = Trace::read(spans, &page.trace, "")?;
            ensure!(trace.calls().len() == 1 && trace.of_kind("client").len() == 2, "{trace:?}");
            Ok(trace)
        })
        .await?;
    let call = trace.one("POST /services/data/{version}/composite")?;
    assert_eq!((trace.parent(call)?.kind, call.attribute("http.response.status_code")), ("server", "200"));
    trace.one("GET /addons/{addon}/authorizations/{name}")?;
    assert_harmless(&collector.spans()?, &["secretname", "correct horse"]);
    Ok(())
}
