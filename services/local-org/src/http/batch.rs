//! `composite/batch`: up to 25 subrequests that have nothing to do with each other.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, invalid, limit_exceeded, read};
use super::call::{Call, ROOT};
use super::resource::Resource;
use super::single;
use super::work::Context;
use crate::error::ApiError;

/// Most subrequests (REST API Developer Guide, "Composite Batch").
const MAX_SUBREQUESTS: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    halt_on_error: bool,
    batch_requests: Vec<Subrequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subrequest {
    method: String,
    /// Path below `/services/data/`, or a whole one.
    url: String,
    #[serde(default)]
    rich_input: Option<Value>,
}

/// Runs all subrequests, each in its own transaction; with `haltOnError`, those before the first failure.
pub(crate) fn run(cx: &Context<'_>, call: &Call) -> Result<Answer, ApiError> {
    call.object_body()?;
    let request: Request = read(call.body.as_ref().unwrap_or_default())?;
    if request.batch_requests.len() > MAX_SUBREQUESTS {
        return Err(limit_exceeded(format!("A batch has at most {MAX_SUBREQUESTS} subrequests.")));
    }
    let mut has_errors = false;
    let mut results = Vec::with_capacity(request.batch_requests.len());
    for subrequest in &request.batch_requests {
        let answer = if has_errors && request.halt_on_error { halted() } else { run_one(cx, subrequest) };
        has_errors |= !answer.is_success();
        results.push(json!({"statusCode": answer.status, "result": answer.into_value()}));
    }
    Ok(Answer::ok(json!({"hasErrors": has_errors, "results": results})))
}

fn run_one(cx: &Context<'_>, subrequest: &Subrequest) -> Answer {
    let path = subrequest.url.strip_prefix(ROOT).unwrap_or(&subrequest.url);
    let answer = Call::parse(&subrequest.method, &format!("{ROOT}{}", path.trim_start_matches('/'))).and_then(|call| {
        if matches!(call.resource, Resource::Composite | Resource::Graph | Resource::Batch | Resource::Tree { .. }) {
            return Err(invalid("A composite resource is not allowed in a batch."));
        }
        let call = call.with_body(subrequest.rich_input.clone());
        cx.transaction(|records| single::run(cx, records, &call))
    });
    answer.unwrap_or_else(Answer::from)
}

fn halted() -> Answer {
    ApiError::new(412, "BATCH_PROCESSING_HALTED", "Batch processing halted per request").into()
}
