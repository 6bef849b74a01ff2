//! One trace from a change event to the calls of the org that come of it, as a collector sees it: the event comes over Pub/Sub, in
//! the name of whom AppLink knows, or by the webhook.

use crate::support::{ORG, PUBLISH, Stack};
use crate::whole::{TOKEN, all, edit, ended, web_with};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::traces::{CALLER, TRACE, Trace, assert_harmless, traced, traceparent};
use test_support::{Collector, Fault, FaultAction, http_client};

const LIMIT: Duration = Duration::from_secs(90);
const CHANGES: &str = "process /data/OpportunityChangeEvent";

/// The trace of the only job, once its last step is done by `worker`.
async fn trace_of_the_job(collector: &Collector, caller: &str, worker: &str) -> Result<Trace> {
    let read = |spans: &[test_support::CollectedSpan]| {
        let send = spans.iter().find(|span| span.kind == "producer").context("no job is sent")?;
        let trace = Trace::read(spans, &send.trace, caller)?;
        let ends = trace.named("finish eventing");
        let done = ends.iter().find(|end| end.attribute("job.outcome") == "acked").context("no end yet")?;
        ensure!(done.instance == worker, "{done:?}");
        Ok(trace)
    };
    collector.has(LIMIT, "the whole trace", read).await
}

async fn assert_safe(collector: &Collector, stack: &Stack) -> Result<()> {
    let (_, user) = stack.org.org(ORG).await?;
    let token = user.access_token.split_once('!').context("a token has a !")?.1;
    let addon = stack.org.applink_env()?;
    let of_addon = addon.iter().find(|(name, _)| *name == "HEROKU_APPLINK_TOKEN").context("a token")?;
    // What was changed: the value of a field, and a record.
    let record = stack.all().await?[0].to_string();
    assert_harmless(&collector.spans()?, &[token, &of_addon.1, &user.username, TOKEN, "secret step", &record]);
    assert!(!stack.logs().contains(token), "a token stands in a log");
    Ok(())
}

#[tokio::test]
async fn one_trace_leads_from_a_change_event_over_two_processes_to_each_call_of_the_org() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(3, 0).await?;
    stack.add_worker_with("worker.1", &traced(collector.url(), "worker.1")).await?;
    let web = web_with(&stack, "web.1", &traced(collector.url(), "web.1")).await?;
    edit(&stack, &all(&stack).await?, "secret step").await?;
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 3).await?;
    let trace = trace_of_the_job(&collector, "", "worker.1").await?;

    // What was received, in the process that subscribes, and the job that came of it.
    let root = trace.root();
    assert_eq!((root.service.as_str(), root.kind, root.name.as_str()), ("eventing-web", "consumer", CHANGES));
    assert_eq!(root.attribute("messaging.system"), "salesforce");
    assert!(root.attribute("messaging.batch.message_count").parse::<u32>()? >= 1, "{root:?}");
    assert_eq!(root.attribute("salesforce.org_id"), stack.org.org(ORG).await?.0.id);
    let send = trace.one("send eventing")?;
    assert_eq!((send.parent.as_str(), send.service.as_str()), (root.id.as_str(), "eventing-web"));
    assert_eq!(send.attribute("messaging.message.id"), jobs[0].id.hyphenated());
    for name in ["plan eventing", "chunk eventing", "finish eventing"] {
        let task = trace.one(name)?;
        assert_eq!((task.parent.as_str(), task.service.as_str()), (send.id.as_str(), "eventing-worker"), "{task:?}");
    }

    // AppLink is asked by the first task, and each call of the org is one of a task's.
    let asked = trace.named("GET /addons/{addon}/authorizations/{name}");
    assert!(!asked.is_empty(), "{trace:?}");
    for asked in asked {
        assert_eq!((asked.service.as_str(), asked.attribute("http.response.status_code")), ("eventing-worker", "200"));
    }
    let of_task = |operation: &str| -> Result<BTreeSet<&str>> {
        let calls = trace.calls().into_iter().filter(|call| call.attribute("salesforce.operation") == operation);
        calls.map(|call| Ok(trace.parent(call)?.name.as_str())).collect()
    };
    assert_eq!(of_task("graph")?, BTreeSet::from(["chunk eventing"]));
    assert_eq!(of_task("create")?, BTreeSet::from(["finish eventing"]), "the event that tells of the end");
    assert!(of_task("query")?.contains("plan eventing"), "{trace:?}");

    // A span for each batch that brought changes, and none for what these services did themselves.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let spans = collector.spans()?;
    let batches: Vec<_> = spans.iter().filter(|span| span.name == CHANGES).collect();
    let events = batches.iter().map(|batch| batch.attribute("messaging.batch.message_count").parse::<u32>());
    assert_eq!(events.sum::<Result<u32, _>>()?, 3, "{batches:?}");
    assert!(web.log().text().contains(&format!("trace_id={}", root.trace)), "{}", web.log().tail(20));
    assert_safe(&collector, &stack).await
}

/// The sender of a webhook tells its trace; the job is a part of it.
#[tokio::test]
async fn a_job_that_a_webhook_asked_for_is_a_part_of_the_senders_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(1, 0).await?;
    stack.add_worker_with("worker.1", &traced(collector.url(), "worker.1")).await?;
    let web = web_with(&stack, "web.1", &traced(collector.url(), "web.1")).await?;
    let event = json!({
        "NextStep": "secret step",
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": all(&stack).await?, "changeType": "UPDATE",
            "transactionKey": "t-traced", "commitTimestamp": 1_700_000_000_000_u64, "changedFields": ["NextStep"],
        },
    });
    // Sent twice: the first one counts.
    for flags in ["01", "00"] {
        let request = http_client()?.post(format!("{}/api/testevent", web.url()?)).bearer_auth(TOKEN);
        let request = request.header("traceparent", traceparent(flags)).json(&event);
        request.send().await?.error_for_status()?;
    }
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 1).await?;
    let trace = trace_of_the_job(&collector, CALLER, "worker.1").await?;
    let send = trace.one("send eventing")?;
    assert_eq!((send.trace.as_str(), trace.parent(send)?.name.as_str()), (TRACE, "POST /api/testevent"));
    assert_eq!((trace.parent(send)?.kind, trace.parent(send)?.parent.as_str()), ("server", CALLER));
    assert_safe(&collector, &stack).await
}

/// Whether the event of a worker that was killed was published is looked up over Pub/Sub: calls, a stream and schemas, all in the
/// trace of the task that looks.
#[tokio::test]
async fn what_a_task_reads_over_pubsub_stands_in_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(2, 0).await?;
    stack.add_worker_with("worker.1", &traced(collector.url(), "worker.1")).await?;
    let _web = web_with(&stack, "web.1", &traced(collector.url(), "web.1")).await?;
    let held = stack.fault(Fault::new(FaultAction::DelayAfter { ms: 60_000 }).path(PUBLISH).times(1)).await?;
    edit(&stack, &all(&stack).await?, "secret step").await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_worker_with("successor", &traced(collector.url(), "successor")).await?;
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 2).await?;
    let trace = trace_of_the_job(&collector, "", "successor").await?;
    let port = stack.org.pubsub_url()?.rsplit_once(':').context("a port")?.1.trim_end_matches('/').to_owned();
    for (name, status) in [("GetTopic", "OK"), ("Subscribe", "CANCELLED"), ("GetSchema", "OK")] {
        let call = trace.one(&format!("eventbus.v1.PubSub/{name}"))?;
        assert_eq!((trace.parent(call)?.name.as_str(), call.instance.as_str()), ("finish eventing", "successor"));
        assert_eq!(call.attribute("rpc.response.status_code"), status, "{call:?}");
        assert_eq!((call.attribute("server.address"), call.attribute("server.port")), ("127.0.0.1", port.as_str()));
    }
    assert_safe(&collector, &stack).await
}

/// What somebody else wrote, or a process of the version before did not: the job is made all the same, and begins a trace.
#[tokio::test]
async fn a_transaction_whose_trace_cannot_be_read_becomes_a_job_that_begins_one() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(1, 0).await?;
    stack.add_worker_with("worker.1", &traced(collector.url(), "worker.1")).await?;
    let slow = [("EVENT_QUIET_MILLISECONDS", "10000".to_owned())];
    let web = web_with(&stack, "web.1", &[traced(collector.url(), "web.1").as_slice(), &slow].concat()).await?;
    let event = json!({
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": all(&stack).await?, "changeType": "UPDATE",
            "transactionKey": "t-junk", "commitTimestamp": 1_700_000_000_000_u64,
        },
    });
    let request = http_client()?.post(format!("{}/api/testevent", web.url()?)).bearer_auth(TOKEN);
    request.header("traceparent", traceparent("01")).json(&event).send().await?.error_for_status()?;
    let key = format!("{{eventing}}:changes:open:{ORG}:t-junk");
    let kept = stack.redis.command(&["HGET", &key, "trace"]).await?;
    ensure!(format!("{kept:?}").contains(TRACE), "the trace of the first record: {kept:?}");
    let long = "x".repeat(100_000);
    stack.redis.command(&["HSET", &key, "trace", &format!("00-junk\u{1}{long}")]).await?;
    let jobs = ended(&stack, 1).await?;
    stack.assert_quoted(&jobs[0].id, 1).await?;
    let trace = trace_of_the_job(&collector, "", "worker.1").await?;
    assert_eq!((trace.root().name.as_str(), trace.root().trace != TRACE), ("send eventing", true));
    Ok(())
}
