//! What is done to jobs: asked about on a page of its own, then done by a form.

use super::look::known;
use super::refusal::Trouble;
use crate::pages::{Asked, ConfirmPage, JOBS, SITE, job_address};
use crate::state::State;
use ::web::login::Session;
use ::web::pages::{counted, html, see_other};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use shared::jobs::operator::{Actor, Letters, Refusal};
use shared::jobs::{JobView, Task};

/// What to do.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct What {
    act: String,
    /// Of which dead letter: a number of a chunk, `plan`, or empty for all.
    letter: String,
}

/// Something that can be done to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Cancel,
    Resume,
    Retry(Letters),
}

impl What {
    fn read(&self) -> Result<Act, Trouble> {
        match (self.act.as_str(), self.letter.as_str()) {
            ("cancel", _) => Ok(Act::Cancel),
            ("resume", _) => Ok(Act::Resume),
            ("retry", "") => Ok(Act::Retry(Letters::All)),
            ("retry", "plan") => Ok(Act::Retry(Letters::Of(Task::Plan))),
            ("retry", number) => {
                let number =
                    number.parse().map_err(|_| Trouble::Input("The number of a chunk is missing.".to_owned()))?;
                Ok(Act::Retry(Letters::Of(Task::Chunk(number))))
            }
            _ => Err(Trouble::Input("Expected cancel, resume or retry.".to_owned())),
        }
    }
}

/// Asks before something is done to a job.
#[get("/jobs/{queue}/{id}/ask")]
pub(super) async fn ask_first(
    state: Data<State>,
    session: Session,
    path: Path<(String, String)>,
    what: Query<What>,
) -> HttpResponse {
    let frame = SITE.frame(&session, JOBS);
    let asked = async {
        let act = what.read()?;
        let (queue, job) = known(&state, &path).await?;
        if act != Act::Cancel
            && let Some(reason) = queue.operator.why_not_go_on(&job).await?
        {
            return Err(Trouble::Refused(Refusal::NotNow(reason)));
        }
        Ok::<_, Trouble>(question(act, &what, &job, &job_address(&queue.name, &job.id)))
    };
    match asked.await {
        Ok(asked) => html(StatusCode::OK, &ConfirmPage { frame, asked }),
        Err(trouble) => trouble.into_page(&frame),
    }
}

fn question(act: Act, what: &What, job: &JobView, here: &str) -> Asked {
    let (title, consequence, yes, no) = match act {
        Act::Cancel => (
            "Cancel the job?",
            format!(
                "What has not started is dropped, and cannot be brought back; what runs is told to stop. {} so far.",
                counted(job.processed, "record")
            ),
            "Cancel the job",
            "Let it go on",
        ),
        Act::Resume => (
            "Let the job go on?",
            "Its worker asks for an authorization again.".to_owned(),
            "Let it go on",
            "Let it wait",
        ),
        Act::Retry(Letters::All) => (
            "Replay all dead letters?",
            format!("{} run again, as the job's next run.", counted(job.dead_chunks, "chunk")),
            "Replay them",
            "Leave them",
        ),
        Act::Retry(Letters::Of(_)) => (
            "Replay one dead letter?",
            "It runs again, as the job's next run; the other dead letters stay what they are.".to_owned(),
            "Replay it",
            "Leave it",
        ),
    };
    Asked {
        title: title.to_owned(),
        consequence: format!("{} of {}. {consequence}", job.kind, job.org),
        action: format!("{here}/act"),
        fields: vec![("act", what.act.clone()), ("letter", what.letter.clone())],
        pause: false,
        yes,
        no,
        back: here.to_owned(),
    }
}

/// Does it.
#[post("/jobs/{queue}/{id}/act")]
pub(super) async fn go(
    state: Data<State>,
    session: Session,
    path: Path<(String, String)>,
    what: Form<What>,
) -> HttpResponse {
    let done = async {
        let act = what.read()?;
        let (queue, job) = known(&state, &path).await?;
        let actor = actor(&session);
        let done = match act {
            Act::Cancel => queue.operator.cancel(&job.id, &actor).await,
            Act::Resume => queue.operator.resume(&job.id, &actor).await,
            Act::Retry(letters) => queue.operator.retry(&job.id, letters, &actor).await,
        };
        // Also when it was refused: then the job is not as it was shown.
        queue.look_again();
        done?;
        Ok::<_, Trouble>(job_address(&queue.name, &job.id))
    };
    match done.await {
        Ok(here) => see_other(&here),
        Err(trouble) => trouble.into_page(&SITE.frame(&session, JOBS)),
    }
}

/// Who acts: whoever has logged in.
pub(super) fn actor(session: &Session) -> Actor {
    Actor::named(session.user().unwrap_or_default())
}
