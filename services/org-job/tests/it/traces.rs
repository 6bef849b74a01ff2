//! One trace from Salesforce's request over web, queue and workers to each call of the org, as a collector sees it.

use crate::support::{ALL, ORG, Stack, digits};
use anyhow::{Context, Result, bail, ensure};
use redis::AsyncCommands as _;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use test_support::traces::{self, CALLER, COLLECTOR_KEY as KEY, TRACE, Trace, assert_harmless, traceparent};
use test_support::{CollectedSpan, Collector, Fault, FaultAction, Manner, Receiver, Reply, Service, free_port};

const LIMIT: Duration = Duration::from_secs(60);
/// Heroku ends what is left after 30 s.
const STOP: Duration = Duration::from_secs(29);

/// Settings of a process that sends its spans to `url`, soon.
fn traced(url: &str, instance: &str) -> Vec<(&'static str, &'static str)> {
    let leaked = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    traces::traced(url, instance).into_iter().map(|(name, value)| (name, leaked(value))).collect()
}

impl Stack {
    /// Without workers, with a web process that traces.
    async fn tracing(opportunities: u32, url: &str) -> Result<Self> {
        let mut stack = Self::start_allowing("127.0.0.1:*", opportunities, 2, 0).await?;
        stack.replace_web(&traced(url, "web.1")).await?;
        Ok(stack)
    }

    async fn add_traced_worker(&mut self, name: &'static str, url: &str) -> Result<()> {
        let own = std::mem::take(&mut self.worker_settings);
        self.worker_settings = [own.clone(), traced(url, name)].concat();
        self.add_worker(name).await?;
        self.worker_settings = own;
        Ok(())
    }

    /// Starts a job within the caller's trace, and gives its id.
    async fn post_within(&self, headers: &[(&str, &str)], mut body: Value) -> Result<String> {
        let mut request = self.call(Method::POST, "/api/executebatch").await?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        body["soqlWhereClause"] = ALL.into();
        let accepted: Value = request.json(&body).send().await?.error_for_status()?.json().await?;
        Ok(accepted["jobId"].as_str().context("no jobId")?.to_owned())
    }

    /// What a job keeps of its trace.
    async fn kept(&self, id: &str) -> Result<Option<String>> {
        let mut redis = self.redis_connection().await?;
        Ok(redis.hget(format!("{{org-job}}:job:{}", digits(id)), "trace").await?)
    }

    async fn redis_connection(&self) -> Result<redis::aio::MultiplexedConnection> {
        Ok(redis::Client::open(self.redis.url())?.get_multiplexed_async_connection().await?)
    }
}

/// The spans of a job's trace.
struct Story {
    server: CollectedSpan,
    send: CollectedSpan,
    tasks: Vec<CollectedSpan>,
    calls: Vec<CollectedSpan>,
}

impl Story {
    /// Puts the spans of a trace together, once its job has ended: with its request (unless only workers trace), and with each
    /// parent that one names.
    fn read(spans: &[CollectedSpan], id: &str) -> Result<Self> {
        let of_job = |span: &&CollectedSpan| span.kind == "producer" && span.attribute("messaging.message.id") == id;
        let send = spans.iter().find(of_job).context("the job is not sent")?.clone();
        let all = || spans.iter().filter(|span| span.trace == send.trace);
        let of = |kind: &str| all().filter(|span| span.kind == kind).cloned().collect::<Vec<_>>();
        let servers = of("server");
        let [server] = servers.as_slice() else { bail!("{} requests", servers.len()) };
        let story = Self { server: server.clone(), send: send.clone(), tasks: of("consumer"), calls: of("client") };
        ensure!(
            story.tasks.iter().any(|task| task.attribute("job.outcome") == "acked" && task.name == "finish org-job")
        );
        ensure!(all().count() == 2 + story.tasks.len() + story.calls.len(), "spans of another kind");
        story.check_parents()?;
        Ok(story)
    }

    fn check_parents(&self) -> Result<()> {
        ensure!(self.send.parent == self.server.id, "{:?}", self.send);
        for task in &self.tasks {
            ensure!(task.parent == self.send.id, "{task:?}");
        }
        for call in &self.calls {
            let is_of_task = self.tasks.iter().any(|task| task.id == call.parent && task.instance == call.instance);
            let is_of_request = call.parent == self.server.id && call.instance == self.server.instance;
            ensure!(is_of_task || is_of_request, "{call:?} has no parent");
        }
        Ok(())
    }

    fn spans(&self) -> impl Iterator<Item = &CollectedSpan> {
        [&self.server, &self.send].into_iter().chain(&self.tasks).chain(&self.calls)
    }

    fn tasks(&self) -> BTreeSet<&str> {
        self.tasks.iter().map(|task| task.attribute("job.task")).collect()
    }
}

async fn story(collector: &Collector, id: &str) -> Result<Story> {
    collector.has(LIMIT, "the whole trace is collected", |spans| Story::read(spans, id)).await
}

#[tokio::test]
async fn one_trace_leads_from_the_request_over_two_workers_to_each_call_of_the_org() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(60, collector.url()).await?;
    let receiver = Receiver::in_front_of(&stack.org).await?;
    stack.front = Some(receiver.url(""));
    receiver.reply([Reply::Status(503)]);
    // One chunk at a time, and long enough that nobody does all of them.
    stack.concurrency = 1;
    stack.progress_events = false;
    stack.fault(Fault::new(FaultAction::DelayBefore { ms: 1_500 }).path("/composite/graph").always()).await?;
    stack.add_traced_worker("worker.1", collector.url()).await?;
    stack.add_traced_worker("worker.2", collector.url()).await?;
    let before = stack.org.counters(ORG).await?.calls.total;
    let headers = [("traceparent", &*traceparent("01")), ("tracestate", "vendor=of-the-caller")];
    let id = stack.post_within(&headers, json!({ "callbackUrl": receiver.url("/callback/1") })).await?;
    stack.reaches(&id, "completed").await?;
    let calls = stack.org.counters(ORG).await?.calls.total - before;
    let story = story(&collector, &id).await?;

    // The request, and what it left in Redis.
    let Story { server, send, .. } = &story;
    assert_eq!((server.trace.as_str(), server.parent.as_str()), (TRACE, CALLER));
    assert_eq!((server.service.as_str(), server.name.as_str()), ("org-job-web", "POST /api/executebatch"));
    assert_eq!(
        (server.attribute("http.request.method"), server.attribute("http.response.status_code")),
        ("POST", "202")
    );
    assert_eq!(server.attribute("url.path"), "/api/executebatch");
    assert_eq!((send.name.as_str(), send.attribute("messaging.destination.name")), ("send org-job", "org-job"));
    let kept = stack.kept(&id).await?.context("the job keeps its trace")?;
    assert_eq!(kept, format!("00-{TRACE}-{}-01 vendor=of-the-caller", send.id));

    // Each task once, and its last step twice, as the callback was refused at first.
    let names: BTreeSet<_> = story.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["chunk org-job", "finish org-job", "plan org-job"]));
    assert_eq!(story.tasks(), BTreeSet::from(["0", "1", "2", "F", "P"]));
    let attempts = |outcome: &str| {
        let of_finish = story.tasks.iter().filter(|task| task.attribute("job.task") == "F");
        let found: Vec<_> = of_finish.filter(|task| task.attribute("job.outcome") == outcome).collect();
        found.iter().map(|task| (task.attribute("job.attempt").to_owned(), task.failed)).collect::<Vec<_>>()
    };
    assert_eq!(attempts("retried"), [("1".to_owned(), true)]);
    assert_eq!(attempts("acked"), [("2".to_owned(), false)]);
    let workers: BTreeSet<_> = story.tasks.iter().map(|task| task.instance.as_str()).collect();
    assert_eq!(workers, BTreeSet::from(["worker.1", "worker.2"]), "both take part");

    // Each call of the org, and none twice.
    let of_org: Vec<_> = story.calls.iter().filter(|call| !call.attribute("salesforce.operation").is_empty()).collect();
    assert_eq!(u64::try_from(of_org.len())?, calls, "{of_org:#?}");
    let graphs: Vec<_> = of_org.iter().filter(|call| call.attribute("salesforce.operation") == "graph").collect();
    assert_eq!(graphs.len(), 3);
    for graph in graphs {
        assert_eq!(graph.name, "POST /services/data/{version}/composite/graph");
        assert_eq!(
            (graph.attribute("http.response.status_code"), graph.attribute("server.address")),
            ("200", "127.0.0.1")
        );
        assert_eq!(graph.service, "org-job-worker");
    }
    let callbacks: Vec<_> = story.calls.iter().filter(|call| call.name == "POST /{callback}").collect();
    let statuses: Vec<_> = callbacks.iter().map(|call| call.attribute("http.response.status_code")).collect();
    assert_eq!(statuses.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"200", &"503"]));
    for (received, status) in receiver.received().iter().zip(["503", "200"]) {
        let call =
            callbacks.iter().find(|call| call.attribute("http.response.status_code") == status).context("a call")?;
        assert_eq!(received.header("traceparent"), Some(&*format!("00-{TRACE}-{}-01", call.id)));
        assert_eq!(received.header("tracestate"), None);
    }

    // Ids are found from the lines, and neither spans nor lines hold a secret.
    let (_, user) = stack.org.org(ORG).await?;
    let token = user.access_token.split_once('!').context("a token has a !")?.1;
    Trace::read(&collector.spans()?, TRACE, CALLER)?;
    assert_harmless(&collector.spans()?, &[token, &user.username]);
    assert!(collector.heads().iter().all(|head| head.contains(&format!("x-collector-key: {KEY}"))));
    let logs = stack.logs();
    assert!(!logs.contains(KEY) && !logs.contains(token), "a secret stands in the log");
    for service in stack.workers.iter().chain([&stack.web]) {
        assert!(service.log().text().contains(&format!("trace_id={TRACE}")), "{}", service.log().tail(20));
    }
    assert!(story.spans().all(|span| span.trace == TRACE));
    Ok(())
}

#[tokio::test]
async fn a_task_that_is_taken_over_from_a_killed_worker_stays_in_its_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(60, collector.url()).await?;
    stack.add_traced_worker("worker.1", collector.url()).await?;
    let held =
        stack.fault(Fault::new(FaultAction::DelayAfter { ms: 60_000 }).path("/composite/graph").times(1)).await?;
    let id = stack.post_within(&[("traceparent", &traceparent("01"))], json!({})).await?;
    stack.hit(held).await?;
    stack.workers[0].kill().await?;
    stack.add_traced_worker("successor", collector.url()).await?;
    stack.assert_quoted(&id, 60, 120).await?;
    let taken_over = collector.has(LIMIT, "the task taken over is collected", |spans| {
        let of_successor =
            |span: &&CollectedSpan| span.instance == "successor" && span.attribute("job.delivery") == "2";
        let task = spans.iter().filter(|span| span.kind == "consumer").find(of_successor).context("no such task")?;
        ensure!(
            spans.iter().any(|call| call.kind == "client" && call.parent == task.id),
            "its calls are not there yet"
        );
        Ok(task.clone())
    });
    let taken_over = taken_over.await?;
    assert_eq!((taken_over.trace.as_str(), taken_over.attribute("job.attempt")), (TRACE, "1"), "{taken_over:?}");
    let sent = collector.spans()?.into_iter().find(|span| span.kind == "producer").context("no producer")?;
    assert_eq!((sent.trace.as_str(), taken_over.parent), (TRACE, sent.id));
    Ok(())
}

/// One that refuses connections, and one that never answers.
#[tokio::test]
async fn a_collector_that_is_away_neither_stops_work_nor_the_end_of_a_process() -> Result<()> {
    let hanging = Collector::start_as(Manner::Hangs).await?;
    for url in [format!("http://127.0.0.1:{}", free_port()?), hanging.url().to_owned()] {
        let small = [("OTEL_BSP_MAX_QUEUE_SIZE", "4"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4")];
        let mut stack = Stack::tracing(60, &url).await?;
        stack.replace_web(&[&small[..], &traced(&url, "web.1")].concat()).await?;
        stack.worker_settings = small.to_vec();
        stack.add_traced_worker("worker.1", &url).await?;
        let id = stack.post_within(&[("traceparent", &traceparent("01"))], json!({})).await?;
        stack.assert_quoted(&id, 60, 120).await?;
        let told = |service: &Service, text: &str| service.log().text().matches(text).count();
        for service in stack.workers.iter_mut().chain([&mut stack.web]) {
            let status = service.terminate(STOP).await?;
            assert!(status.success(), "{status}: {}", service.log().tail(20));
        }
        let worker = &stack.workers[0];
        for text in ["the collector does not take spans", "dropped a Span due to queue full"] {
            assert!(told(worker, text) <= 1, "{url}: {}", worker.log().tail(50));
        }
        let all =
            ["the collector does not take spans", "dropped a Span due to queue full", "did not take the last spans"];
        assert!(all.iter().any(|text| told(worker, text) == 1), "{url}: {}", worker.log().tail(50));
    }
    Ok(())
}

#[tokio::test]
async fn a_malformed_traceparent_begins_a_trace() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(3, collector.url()).await?;
    stack.add_traced_worker("worker.1", collector.url()).await?;
    let short = format!("00-{}-{CALLER}-01", TRACE.trim_start_matches('0'));
    for parent in
        ["geheim", "", &short, &traceparent("01").to_ascii_uppercase(), &format!("00-{}-{CALLER}-01", "0".repeat(32))]
    {
        let id = stack.post_within(&[("traceparent", parent), ("tracestate", "vendor=geheim")], json!({})).await?;
        stack.reaches(&id, "completed").await?;
        let story = story(&collector, &id).await?;
        assert_eq!(story.server.parent, "", "{parent}");
        assert_ne!(story.server.trace, TRACE, "{parent}");
        assert!(!stack.kept(&id).await?.context("a trace")?.contains("geheim"), "{parent}");
    }
    Ok(())
}

/// A job that a process of the version before has made, or one that does not trace; and one whose field somebody else wrote.
#[tokio::test]
async fn a_job_without_a_trace_runs_and_begins_some() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::start(30, 2, 0).await?;
    for written in [None, Some("junk"), Some("")] {
        let id = stack.post_within(&[("traceparent", &traceparent("01"))], json!({})).await?;
        assert_eq!(stack.kept(&id).await?, None, "a process that does not trace leaves nothing of it");
        if let Some(written) = written {
            let mut redis = stack.redis_connection().await?;
            let key = format!("{{org-job}}:job:{}", digits(&id));
            redis.hset::<_, _, _, ()>(key, "trace", written).await?;
        }
        stack.add_traced_worker("worker.1", collector.url()).await?;
        let job = stack.reaches(&id, "completed").await?;
        assert_eq!((&job["processed"], &job["failed"]), (&json!(30), &json!(0)), "{job}");
        let tasks = collector.has(LIMIT, "the last step is collected", |spans| {
            let of_job =
                |span: &&CollectedSpan| span.kind == "consumer" && span.attribute("messaging.message.id") == id;
            let tasks: Vec<_> = spans.iter().filter(of_job).cloned().collect();
            ensure!(tasks.iter().any(|task| task.attribute("job.task") == "F"), "{tasks:?}");
            Ok(tasks)
        });
        for task in tasks.await? {
            assert!(task.parent.is_empty() && task.trace != TRACE, "{written:?}: {task:?}");
        }
        stack.workers.clear();
    }
    Ok(())
}

#[tokio::test]
async fn what_the_caller_does_not_sample_is_not_sent_and_passed_on_so() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(3, collector.url()).await?;
    let receiver = Receiver::in_front_of(&stack.org).await?;
    stack.front = Some(receiver.url(""));
    stack.add_traced_worker("worker.1", collector.url()).await?;
    let callback = json!({ "callbackUrl": receiver.url("/callback/1") });
    let id = stack.post_within(&[("traceparent", &traceparent("00"))], callback).await?;
    stack.reaches(&id, "completed").await?;
    let received = receiver.wait_for(1, LIMIT).await?;
    let parent = received[0].header("traceparent").context("a traceparent")?.to_owned();
    assert!(parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-00"), "{parent}");
    // One that is sampled, after it.
    let sampled = stack.post_within(&[], json!({})).await?;
    stack.reaches(&sampled, "completed").await?;
    story(&collector, &sampled).await?;
    assert!(collector.spans()?.iter().all(|span| span.trace != TRACE), "nothing of it was sent");
    Ok(())
}

/// A web process and a worker that stop send what they have; nobody waits for the next round.
#[tokio::test]
async fn what_is_left_is_sent_at_the_end() -> Result<()> {
    let collector = Collector::start().await?;
    let mut stack = Stack::tracing(3, collector.url()).await?;
    let never = [("OTEL_BSP_SCHEDULE_DELAY", "600000")];
    stack.replace_web(&[&traced(collector.url(), "web.1")[..], &never].concat()).await?;
    let own = [&traced(collector.url(), "worker.1")[..], &never].concat();
    stack.worker_settings = own;
    stack.add_worker("worker.1").await?;
    let id = stack.post_within(&[("traceparent", &traceparent("01"))], json!({})).await?;
    stack.reaches(&id, "completed").await?;
    assert_eq!(collector.spans()?, []);
    for service in stack.workers.iter_mut().chain([&mut stack.web]) {
        assert!(service.terminate(STOP).await?.success());
    }
    let story = Story::read(&collector.spans()?, &id)?;
    assert_eq!((story.server.trace.as_str(), story.tasks()), (TRACE, BTreeSet::from(["0", "F", "P"])));
    Ok(())
}
