//! The last step of a job that was asked to call back: posts its result.

use super::fail;
use super::orgs::{OrgWork, Orgs};
use crate::applink::callback::{Callback, Delivery, deliver};
use crate::jobs::{TaskContext, TaskError};
use serde::Serialize;

/// Flag of a job's run: its result may have been posted.
const CALLED_BACK: &str = "callback";

/// Status of a receiver that does not know the token.
const UNAUTHORIZED: u16 = 401;

/// Posts `body` to `url`, if that is an allowed host, with the token of the org's session. To be the last thing of
/// [`JobKind::finish`](crate::jobs::JobKind::finish): when it is taken, ending the job is one call of Redis away, and
/// only a crash between the two posts it again. `Idempotency-Key` is the same then: job and run.
///
/// A worker that has lost its lease does not post. An authorized user's session is renewed once when the receiver does
/// not accept it.
///
/// # Errors
/// [`TaskError::Retry`] when the receiver may take it later (no answer, 429, 5xx); [`TaskError::Fail`] when the host is
/// not allowed.
pub async fn post(
    cx: &TaskContext,
    orgs: &Orgs,
    org: &OrgWork,
    url: &str,
    body: &impl Serialize,
) -> Result<Delivery, TaskError> {
    let url = orgs.hosts().check(url).map_err(|error| fail(&error))?;
    let flag = format!("{CALLED_BACK}{}", cx.run);
    let repeated = cx.flag(&flag).await?;
    cx.set_flag(&flag).await?;
    let key = format!("{}-{}", cx.job_id, cx.run);
    let timeout = orgs.callback_timeout();
    let callback = Callback { url, body, key: &key, request_id: &cx.request_id, timeout };
    let mut delivery = deliver(orgs.http(), org.session(), &callback).await;
    if matches!(delivery, Ok(Delivery::Refused(UNAUTHORIZED)))
        && let Ok(renewed) = org.source().refresh(org.session()).await
    {
        delivery = deliver(orgs.http(), &renewed, &callback).await;
    }
    let delivery =
        delivery.map_err(|error| TaskError::Retry { reason: error.to_string(), after: error.retry_after() })?;
    match delivery {
        Delivery::Taken => tracing::info!(repeated, "the callback was taken"),
        Delivery::Refused(status) => tracing::warn!(status, repeated, "the callback was refused"),
    }
    Ok(delivery)
}
