//! Pauses of orgs: asked about on a page of its own, then begun and ended by a form.

use super::act::actor;
use super::look::queue;
use super::refusal::Trouble;
use crate::pages::{Asked, ConfirmPage, OVERVIEW, SITE, moment};
use crate::state::State;
use ::web::login::Session;
use ::web::pages::{html, see_other};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpResponse, get, post};
use chrono::DateTime;
use serde::Deserialize;
use std::time::Duration;

/// Longest pause, in minutes.
const MOST_MINUTES: u64 = 7 * 24 * 60;

/// Which org, and what to do.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct What {
    queue: String,
    org: String,
    act: String,
    minutes: String,
    reason: String,
    /// The pause whose place a new one takes, by the ms of its end; empty when there was none.
    instead_of: String,
}

/// Asks before an org is paused or goes on.
#[get("/orgs/ask")]
pub(super) async fn ask_first(state: Data<State>, session: Session, what: Query<What>) -> HttpResponse {
    let frame = SITE.frame(&session, OVERVIEW);
    let asked = async {
        let queue = queue(&state, &what.queue)?;
        let (org, name) = (&what.org, &queue.name);
        let stopped = queue.operator.stopped(org).await?.filter(|_| what.act == "pause");
        let (title, consequence, yes, no) = match (what.act.as_str(), &stopped) {
            ("pause", None) => (
                format!("Pause {org}?"),
                format!("No job of {name} starts anything more in this org for so long; what runs goes on to its end."),
                "Pause it",
                "Leave it",
            ),
            ("pause", Some(stopped)) => (
                format!("Pause {org} anew?"),
                format!(
                    "It rests until {} UTC: {}. From now on it rests for so long as you say here instead.",
                    moment(&stopped.until),
                    stopped.reason
                ),
                "Pause it anew",
                "Leave it",
            ),
            ("resume", _) => (
                format!("Let {org} go on?"),
                format!("The jobs of {name} in this org go on at once, whoever began the pause."),
                "Let it go on",
                "Leave it",
            ),
            _ => return Err(Trouble::Input("Expected pause or resume.".to_owned())),
        };
        let mut fields = vec![("queue", name.clone()), ("org", org.clone()), ("act", what.act.clone())];
        fields.extend(stopped.map(|stopped| ("instead_of", stopped.until.timestamp_millis().to_string())));
        let pause = what.act == "pause";
        Ok(Asked { title, consequence, action: "/orgs/act".to_owned(), fields, pause, yes, no, back: "/".to_owned() })
    };
    match asked.await {
        Ok(asked) => html(StatusCode::OK, &ConfirmPage { frame, asked }),
        Err(trouble) => trouble.into_page(&frame),
    }
}

/// Does it.
#[post("/orgs/act")]
pub(super) async fn go(state: Data<State>, session: Session, what: Form<What>) -> HttpResponse {
    let done = async {
        let queue = queue(&state, &what.queue)?;
        let actor = actor(&session);
        let done = match what.act.as_str() {
            "pause" => {
                let minutes = what.minutes.trim().parse().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
                let expected = || format!("Minutes: expected a whole number from 1 to {MOST_MINUTES}.");
                let minutes = minutes.ok_or_else(|| Trouble::Input(expected()))?;
                let length = Duration::from_secs(minutes * 60);
                let instead_of = match what.instead_of.as_str() {
                    "" => None,
                    ms => {
                        let until = ms.parse().ok().and_then(DateTime::from_timestamp_millis);
                        Some(
                            until
                                .ok_or_else(|| Trouble::Input("The pause that is replaced: expected ms.".to_owned()))?,
                        )
                    }
                };
                queue.operator.pause_org(&what.org, length, &what.reason, instead_of, &actor).await
            }
            "resume" => queue.operator.resume_org(&what.org, &actor).await,
            _ => return Err(Trouble::Input("Expected pause or resume.".to_owned())),
        };
        // Also when it was refused: then the org is not as it was shown.
        queue.look_again();
        done?;
        Ok(format!("/#queue-{}", queue.name))
    };
    match done.await {
        Ok(there) => see_other(&there),
        Err(trouble) => trouble.into_page(&SITE.frame(&session, OVERVIEW)),
    }
}
