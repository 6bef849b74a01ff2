//! The resources of a version, and `limits`.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::work::Context;

/// Resources that the index names.
const RESOURCES: [&str; 10] = [
    "composite",
    "jobs",
    "limits",
    "parameterizedSearch",
    "query",
    "queryAll",
    "recent",
    "search",
    "sobjects",
    "tooling",
];

/// Calls a day that an org without a daily limit says it has: those of a full sandbox (Salesforce Developer Limits and
/// Allocations Quick Reference).
pub(crate) const UNLIMITED: u64 = 5_000_000;

/// Limits that are listed, with what they are, and that a local org does not use up.
const UNUSED: [(&str, u64); 25] = [
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentSyncReportRuns", 20),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyAsyncApexTests", 500),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyDurableGenericStreamingApiEvents", 10_000),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyStandardVolumePlatformEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyWorkflowEmails", 390),
    ("DataStorageMB", 1_073),
    ("DurableStreamingApiConcurrentClients", 20),
    ("FileStorageMB", 1_073),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlyDashboardRefreshes", 200),
    ("HourlyDashboardResults", 5_000),
    ("HourlyDashboardStatuses", 999_999_999),
    ("HourlyODataCallout", 1_000),
    ("HourlyPublishedPlatformEvents", 50_000),
    ("HourlySyncReportRuns", 500),
    ("HourlyTimeBasedWorkflow", 50),
    ("MassEmail", 10),
    ("SingleEmail", 15),
    ("StreamingApiConcurrentClients", 20),
];

/// `/services/data/vXX.X`
pub(crate) fn resources(cx: &Context<'_>, call: &Call) -> Answer {
    let path = call.version.path();
    let mut resources: Map<String, Value> =
        RESOURCES.iter().map(|name| ((*name).to_owned(), json!(format!("{path}/{name}")))).collect();
    let identity = format!("{}/id/{}/{}", cx.base_url, cx.org.store.id(), cx.actor.user_id);
    resources.insert("identity".to_owned(), json!(identity));
    Answer::ok(Value::Object(resources))
}

/// `limits`
pub(crate) fn usage(cx: &Context<'_>) -> Answer {
    let limit = |max: u64, used: u64| json!({"Max": max, "Remaining": max.saturating_sub(used)});
    let mut limits: Map<String, Value> =
        UNUSED.iter().map(|(name, max)| ((*name).to_owned(), limit(*max, 0))).collect();
    limits.insert("DailyBulkApiBatches".to_owned(), limit(15_000, cx.org.jobs.batches()));
    limits.insert("DailyBulkV2QueryJobs".to_owned(), limit(10_000, cx.org.jobs.queries()));
    limits.insert("DailyApiRequests".to_owned(), limit(cx.daily_limit, cx.org.counters.usage()));
    Answer::ok(Value::Object(limits))
}
