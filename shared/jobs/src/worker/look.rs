//! Asks whether the org of a task answers, before the task runs.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use super::Shared;
use crate::kind::{JobKind, Looked, TaskContext};
use crate::silence::look_limit;

impl Shared {
    /// Tries the org of a task that did not answer, for all its tasks.
    pub(super) async fn look(&self, kind: &dyn JobKind, cx: &TaskContext, rests: u32) -> Looked {
        let limit = look_limit(rests);
        let Some(look) = kind.look(cx, limit) else { return Looked::Unknown };
        // The kind keeps to the limit; what it needs beside, such as a session, must not hold up either.
        let look = tokio::time::timeout(limit * 2, AssertUnwindSafe(look).catch_unwind());
        match cx.cancelled.run_until_cancelled(look).await {
            Some(Ok(Ok(looked))) => looked,
            Some(Ok(Err(_panic))) => {
                tracing::error!("a look at an org panicked");
                Looked::Unknown
            }
            // What becomes of a task that was stopped is not decided here.
            Some(Err(_)) | None => Looked::Unknown,
        }
    }
}
