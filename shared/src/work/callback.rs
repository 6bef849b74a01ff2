//! The last step of a job that was asked to call back: posts its result.

use super::fail;
use super::orgs::{OrgWork, Orgs};
use crate::applink::callback::{Callback, CallbackError, Delivery, deliver, is_of_org};
use crate::jobs::{TaskContext, TaskError};
use crate::salesforce::told;
use serde::Serialize;

/// Flag of a job's run: its result may have been posted.
const CALLED_BACK: &str = "callback";

/// Status of a receiver that does not know the token.
const UNAUTHORIZED: u16 = 401;

/// Why a job that another user let go on does not call back: its maker chose where to.
const OTHER_USER: &str = "the result was not posted: the job went on in the name of another user than the one who made it \
                          and gave the callback URL";

/// Posts `body` to `url` with the token of the org's session, if it is a URL of that very org. A session of a user other
/// than the job's maker posts nothing, since it was the maker who chose the URL; an authorized user posts for everybody.
///
/// To be the last thing of [`JobKind::finish`](crate::jobs::JobKind::finish): when it is taken, ending the job is one call of
/// Redis away, and only a crash between the two posts it again. `Idempotency-Key` is the same then: job and run.
///
/// A worker that has lost its lease does not post. An authorized user's session is renewed once when the receiver does
/// not accept it.
///
/// # Errors
/// [`TaskError::Retry`] when the receiver may take it later (no answer, 429, 5xx); [`TaskError::Fail`] when the URL is
/// not allowed, or of another org, or the session another user's.
pub async fn post(
    cx: &TaskContext,
    orgs: &Orgs,
    org: &OrgWork,
    url: &str,
    body: &impl Serialize,
) -> Result<Delivery, TaskError> {
    let url = orgs.hosts().check(url).map_err(|error| fail(&error))?;
    if org.is_callers() && org.session().user_id.as_str() != cx.user {
        return Err(TaskError::Fail { reason: OTHER_USER.to_owned() });
    }
    if !is_of_org(&url, org.session()) {
        return Err(fail(&CallbackError::ForeignHost));
    }
    let flag = format!("{CALLED_BACK}{}", cx.run);
    let repeated = cx.flag(&flag).await?;
    cx.set_flag(&flag).await?;
    let key = format!("{}-{}", cx.job_id.hyphenated(), cx.run);
    let timeout = orgs.callback_timeout();
    let callback = Callback { url, body, key: &key, request_id: &cx.request_id, timeout };
    let mut delivery = deliver(orgs.http(), org.session(), &callback).await;
    if matches!(delivery, Ok(Delivery::Refused(UNAUTHORIZED)))
        && let Ok(renewed) = org.source().refresh(org.session()).await
    {
        delivery = deliver(orgs.http(), &renewed, &callback).await;
    }
    let delivery = delivery.map_err(|error| match error {
        CallbackError::ForeignHost => fail(&error),
        error => TaskError::Retry { reason: told(&error), after: error.retry_after() },
    })?;
    match delivery {
        Delivery::Taken => tracing::info!(repeated, "the callback was taken"),
        Delivery::Refused(status) => tracing::warn!(status, repeated, "the callback was refused"),
    }
    Ok(delivery)
}
