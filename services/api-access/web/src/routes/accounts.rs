//! `GET /` and `GET /accounts`: the Accounts of all connections, and of one.

use super::refusal::Refusal;
use crate::accounts::{MAX_SEARCH, Position};
use crate::pages::{ACCOUNTS, AccountsPage, HomePage, OrgCard, SITE, html};
use crate::state::State;
use ::web::login::Session;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use serde::Deserialize;

/// Accounts of each org on the page of all.
const OVERVIEW_ROWS: usize = 10;

/// Accounts on a page of one org.
const PAGE_ROWS: usize = 50;

/// What to look for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

/// Which page of which org.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    connection: String,
    q: String,
    /// Id of the Account before the page.
    after: String,
    /// Id of the Account after the page.
    before: String,
    /// Number of the page's first Account, for display only.
    from: String,
}

/// Shows the first Accounts of every connection.
#[get("/")]
pub(crate) async fn index(state: Data<State>, session: Session, query: Query<Search>) -> HttpResponse {
    let frame = SITE.frame(&session, ACCOUNTS);
    let search = match search(&query.q) {
        Ok(search) => search,
        Err(refusal) => return refusal.into_page(&frame),
    };
    let answers = state.directory.overview(&state.connections, search, OVERVIEW_ROWS).await;
    let size = u64::try_from(OVERVIEW_ROWS).unwrap_or(u64::MAX);
    let orgs = answers.into_iter().map(|answer| OrgCard::new(answer, search, 1, size)).collect();
    let deadline = format!("{} s", state.deadline.as_secs_f32());
    html(StatusCode::OK, &HomePage { frame, search: search.to_owned(), deadline, orgs })
}

/// Shows a page of one connection's Accounts.
#[get("/accounts")]
pub(crate) async fn accounts(state: Data<State>, session: Session, query: Query<Page>) -> HttpResponse {
    let frame = SITE.frame(&session, ACCOUNTS);
    match page(&state, &query).await {
        Ok(org) => html(StatusCode::OK, &AccountsPage { frame, search: query.q.trim().to_owned(), org }),
        Err(refusal) => refusal.into_page(&frame),
    }
}

async fn page(state: &State, query: &Page) -> Result<OrgCard, Refusal> {
    let connection = state.connection(&query.connection).ok_or(Refusal::UnknownConnection)?;
    let search = search(&query.q)?;
    let id = |name: &str, text: &str| {
        text.parse().map_err(|error| Refusal::Input(format!("The page's {name} cannot be used: {error}.")))
    };
    let position = match (query.after.as_str(), query.before.as_str()) {
        ("", "") => Position::First,
        (after, "") => Position::After(id("after", after)?),
        ("", before) => Position::Before(id("before", before)?),
        _ => return Err(Refusal::Input("A page is either after an account or before one.".to_owned())),
    };
    let from = if position == Position::First { 1 } else { query.from.parse().unwrap_or(1) };
    let answer = state.directory.page(connection, search, position, PAGE_ROWS).await;
    Ok(OrgCard::new(answer, search, from, u64::try_from(PAGE_ROWS).unwrap_or(u64::MAX)))
}

fn search(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    if text.chars().count() > MAX_SEARCH {
        return Err(Refusal::Input(format!("The text to search for is longer than {MAX_SEARCH} characters.")));
    }
    Ok(text)
}
