//! `composite`: up to 25 subrequests, one after another, that may refer to earlier results.

use serde::{Deserialize, Serialize};

use super::answer::{self, Answer};
use super::call::Call;
use super::references::Results;
use super::resource::Resource;
use super::subrequest::{self, Element, Subrequest};
use super::work::Context;
use crate::error::ApiError;

/// Most subrequests (REST API Developer Guide, "Composite").
const MAX_SUBREQUESTS: usize = 25;
/// Most subrequests that are queries or collections.
const MAX_QUERIES: usize = 5;

const ROLLED_BACK: &str = "The transaction was rolled back since another operation in the same transaction failed.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    all_or_none: bool,
    composite_request: Vec<Subrequest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    composite_response: Vec<Element>,
}

/// Runs all subrequests: each in its own transaction, or, with `allOrNone`, all in one.
pub(crate) fn run(cx: &Context<'_>, mut call: Call) -> Result<Answer, ApiError> {
    call.object_body()?;
    let mut request: Request = answer::read_owned(call.body.take().unwrap_or_default())?;
    check(&request, &call)?;
    let answers = match request.all_or_none {
        true => all_or_none(cx, &call, &mut request),
        false => independently(cx, &call, &mut request)?,
    };
    let elements = request.composite_request.into_iter().zip(answers);
    let elements = elements.map(|(subrequest, answer)| Element::new(subrequest, answer));
    Answer::written_ok(&Response { composite_response: elements.collect() })
}

fn check(request: &Request, call: &Call) -> Result<(), ApiError> {
    let subrequests = &request.composite_request;
    if subrequests.len() > MAX_SUBREQUESTS {
        return Err(answer::limit_exceeded(format!("A composite request has at most {MAX_SUBREQUESTS} subrequests.")));
    }
    subrequest::check(subrequests, call.version)?;
    if subrequests.iter().filter(|subrequest| is_query(subrequest)).count() > MAX_QUERIES {
        let message = format!("At most {MAX_QUERIES} subrequests of a composite request are queries or collections.");
        return Err(answer::limit_exceeded(message));
    }
    Ok(())
}

fn is_query(subrequest: &Subrequest) -> bool {
    let resource = Call::parse(&subrequest.method, &subrequest.url).map(|call| call.resource);
    matches!(
        resource,
        Ok(Resource::Query { .. }
            | Resource::QueryMore { .. }
            | Resource::Collection
            | Resource::CollectionOf { .. }
            | Resource::CollectionByExternalId { .. })
    )
}

fn independently(cx: &Context<'_>, call: &Call, request: &mut Request) -> Result<Vec<Answer>, ApiError> {
    let mut results = Results::new();
    cx.transactions(|series| {
        let run = |subrequest: &mut Subrequest| {
            let done = series.transaction(|records| subrequest.run(cx, records, call.version, &mut results));
            done.unwrap_or_else(Answer::from)
        };
        request.composite_request.iter_mut().map(run).collect()
    })
}

fn all_or_none(cx: &Context<'_>, call: &Call, request: &mut Request) -> Vec<Answer> {
    let mut results = Results::new();
    let mut answers = Vec::with_capacity(request.composite_request.len());
    let done = cx.transaction(|records| {
        for subrequest in &mut request.composite_request {
            let answer = subrequest.run(cx, records, call.version, &mut results).unwrap_or_else(Answer::from);
            let failed = !answer.is_success();
            answers.push(answer);
            if failed {
                return Err(answer::halted(ROLLED_BACK));
            }
        }
        Ok(())
    });
    settle(done, &mut answers, request.composite_request.len(), ROLLED_BACK);
    answers
}

/// Makes every answer but that of the failure say that it was undone or not tried, if the transaction failed.
pub(crate) fn settle(done: Result<(), ApiError>, answers: &mut Vec<Answer>, count: usize, message: &str) {
    let Err(error) = done else { return };
    if answers.iter().all(Answer::is_success) {
        // No subrequest but the commit failed: the last one tells of it.
        answers.pop();
        answers.push(error.into());
    }
    let halted = || Answer::from(answer::halted(message));
    answers.iter_mut().filter(|answer| answer.is_success()).for_each(|answer| *answer = halted());
    answers.resize_with(count, halted);
}
