//! Jobs that run: local-org counts the calls that the model says. Times are not asserted; docs/scale.md has those that were
//! measured.

use std::collections::BTreeMap;
use std::time::Duration;

use plan::Product;
use plan::model::calls::Calls;
use plan::model::{Answer, Org, Question, Way, constants};
use reqwest::Method;
use serde_json::{Value, json};
use test_support::{
    LocalOrg, LocalOrgOptions, Service, ServiceSpec, TestRedis, client_context, eventually, free_port, http_client,
};

const ORG: &str = "my-org";
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const LONG: Duration = Duration::from_secs(300);

struct Stack {
    org: LocalOrg,
    web: Service,
    context: String,
    _worker: Service,
    _redis: TestRedis,
}

impl Stack {
    async fn start(question: &Question) -> Self {
        let redis = TestRedis::start().await.unwrap();
        let org = LocalOrg::start_with(LocalOrgOptions::default()).await.unwrap();
        let common = |name: &str| {
            ServiceSpec::new(name)
                .unwrap()
                .env("REDIS_URL", redis.url())
                .env("JOB_SECRET_KEY", SECRET)
                .env("ALLOWED_ORG_HOSTS", org.host().unwrap())
                .env("LOG_LEVEL", "warn,web::server=info,shared::work=info")
        };
        let web = common("org-job-web").env("PORT", free_port().unwrap()).env("BIND_ADDRESS", "127.0.0.1");
        let web = web.ready("listening on http://").start().await.unwrap();
        let product = question.product;
        let worker = common("org-job-worker")
            .env("CHUNK_SIZE", product.chunk_size)
            .env("BULK_THRESHOLD", product.bulk_threshold)
            .env("BULK_CHUNK_SIZE", product.bulk_chunk_size);
        let worker = worker.ready("worker ready").start().await.unwrap();
        let (about, user) = org.org(ORG).await.unwrap();
        let context = client_context(&about, &user);
        Self { org, web, context, _worker: worker, _redis: redis }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let request = http_client().unwrap().request(method, format!("{}{path}", self.web.url().unwrap()));
        let request = request.header("x-client-context", &self.context);
        let request = body.map_or_else(|| request.try_clone().unwrap(), |body| request.try_clone().unwrap().json(body));
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    /// Runs a job to its end: calls by operation.
    async fn run(&self, quotes: u64) -> BTreeMap<String, u64> {
        self.org.reset_counters(ORG).await.unwrap();
        let body = json!({ "soqlWhereClause": "Name LIKE 'Sample Opportunity%'" });
        let job = self.call(Method::POST, "/api/executebatch", Some(&body)).await;
        let path = format!("/api/jobs/{}", job["jobId"].as_str().unwrap());
        let ended = eventually(LONG, "the job to end", async || {
            let job = self.call(Method::GET, &path, None).await;
            anyhow::ensure!(job["state"] == "completed", "{job}");
            Ok(job)
        });
        let ended = ended.await.unwrap();
        assert_eq!(ended["succeeded"], quotes, "{ended}");
        self.org.counters(ORG).await.unwrap().calls.by_operation
    }
}

fn question(opportunities: u64, lines: u64, change: impl FnOnce(&mut Product)) -> Question {
    let mut product = Product::defaults().unwrap();
    change(&mut product);
    let org = Org { daily_limit: 100_000, record_us: 0, bulk_row_us: constants::BULK_ROW_US };
    Question { opportunities, lines, call_ms: 0, workers: 1, org, product }
}

/// What was counted, as the model groups it: reads, writes, and waiting for loads. Progress and descriptions are apart, as
/// they depend on the time and on what was asked within the hour.
fn grouped(counted: &BTreeMap<String, u64>) -> (u64, u64, u64) {
    let of = |names: &[&str]| names.iter().filter_map(|name| counted.get(*name)).sum();
    let beside = of(&["describe", "create"]);
    let (reads, waits) = (of(&["query", "queryMore"]), of(&["ingestInfo"]));
    let all: u64 = counted.values().sum();
    (reads, all - reads - waits - beside, waits)
}

async fn is_right(question: Question) {
    let answer = Answer::to(&question);
    let calls: Calls = match answer.way {
        Way::Graphs => answer.graphs.calls,
        Way::Bulk => answer.bulk.calls,
    };
    let stack = Stack::start(&question).await;
    let (count, lines) = (u32::try_from(question.opportunities).unwrap(), u32::try_from(question.lines).unwrap());
    if count > 0 {
        stack.org.seed(ORG, count, lines).await.unwrap();
    }
    let quotes = if lines == 0 { 0 } else { question.opportunities };
    let counted = stack.run(quotes).await;
    let (reads, writes, waits) = grouped(&counted);
    // A Quote in stages is looked for before it is begun: the model counts that as a part of writing it.
    let in_stages = answer.way == Way::Graphs && question.lines >= 500;
    let looks = if in_stages { question.opportunities } else { 0 };
    let of_model = (calls.plan + calls.read + calls.end + looks, calls.write - looks);
    assert_eq!((reads, writes), of_model, "{question:?}: {counted:?}");
    assert_eq!(waits > 0, calls.wait > 0, "{question:?}: {counted:?}");
}

macro_rules! jobs {
    ($($name:ident: $question:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            is_right($question).await;
        })*
    };
}

jobs! {
    no_opportunity: question(0, 2, |_| {});
    one_less_than_a_chunk: question(214, 2, |_| {});
    just_a_chunk: question(215, 2, |_| {});
    one_more_than_a_chunk: question(216, 2, |_| {});
    a_chunk_and_a_page: question(215 + 1_935, 2, |_| {});
    one_more_than_a_chunk_and_a_page: question(215 + 1_935 + 1, 1, |_| {});
    without_lines: question(450, 0, |_| {});
    lines_that_make_more_pages: question(450, 9, |_| {});
    quotes_in_stages: question(3, 999, |_| {});
    small_chunks: question(101, 2, |product| product.chunk_size = 10);
    in_bulk: question(450, 2, |product| (product.bulk_threshold, product.bulk_chunk_size) = (300, 200));
    in_bulk_from_the_first_page: question(400, 2, |product| (product.bulk_threshold, product.bulk_chunk_size) = (1, 200));
    in_bulk_in_slices: question(60, 900, |product| product.bulk_threshold = 1);
}
