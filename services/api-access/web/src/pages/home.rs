//! The Accounts of all connections, and of one.

use super::{Frame, counted, grouped};
use crate::accounts::{Account, OrgAnswer, OrgPage, Trouble};
use askama::Template;
use url::form_urlencoded;

/// The Accounts of every connection.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) frame: Frame,
    pub(crate) search: String,
    pub(crate) deadline: String,
    pub(crate) orgs: Vec<OrgCard>,
}

/// The Accounts of one connection, page by page.
#[derive(Template)]
#[template(path = "accounts.html")]
pub(crate) struct AccountsPage {
    pub(crate) frame: Frame,
    pub(crate) search: String,
    pub(crate) org: OrgCard,
}

/// One org on a page.
pub(crate) struct OrgCard {
    connection: String,
    /// Name and id, the counts and the rows; or why there are none.
    content: Result<Content, Trouble>,
    /// The connection's own page, with the search.
    all: String,
}

struct Content {
    name: Option<String>,
    org_id: String,
    total: String,
    /// There are none at all.
    is_empty_org: bool,
    /// What the rows are of all there are.
    range: String,
    rows: Vec<Row>,
    first: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    /// What is said in place of rows.
    nothing: String,
}

struct Row {
    name: String,
    city: String,
    id: String,
}

impl OrgCard {
    /// The org's answer, for a page whose first row has the number `from` and which has at most `size` rows.
    pub(crate) fn new(answer: OrgAnswer, search: &str, from: u64, size: u64) -> Self {
        let connection = answer.connection.to_string();
        let all = link(&connection, search, &[]);
        let content = answer.result.map(|page| Content::new(&connection, page, search, from, size));
        Self { connection, content, all }
    }

    /// Id of the card's heading.
    fn heading(&self) -> String {
        format!("org-{}", self.connection)
    }
}

impl Content {
    fn new(connection: &str, page: OrgPage, search: &str, from: u64, size: u64) -> Self {
        let rows = u64::try_from(page.accounts.len()).unwrap_or(u64::MAX);
        let ends = page.accounts.first().zip(page.accounts.last());
        let to = |key: &str, account: &Account, from: u64| {
            link(connection, search, &[(key, account.id.as_str()), ("from", &from.to_string())])
        };
        let previous = ends.filter(|_| page.has_previous);
        let next = ends.filter(|_| page.has_next);
        Self {
            // A name that only repeats the connection's tells nothing.
            name: page.org_name.filter(|name| name != connection),
            org_id: page.org_id.to_string(),
            total: counted(page.total, "account"),
            is_empty_org: page.total == 0,
            range: range(from, rows, page.matching, search),
            first: page.has_previous.then(|| link(connection, search, &[])),
            previous: previous.map(|(first, _)| to("before", first, from.saturating_sub(size).max(1))),
            next: next.map(|(_, last)| to("after", last, from.saturating_add(rows))),
            nothing: match (page.total, search.is_empty()) {
                (0, _) => "This org has no accounts yet.".to_owned(),
                (_, false) => format!("No account of this org has “{search}” in its name."),
                (_, true) => "There are no accounts on this page any more.".to_owned(),
            },
            rows: page.accounts.into_iter().map(Row::new).collect(),
        }
    }
}

impl Row {
    fn new(account: Account) -> Self {
        Self {
            name: account.name.unwrap_or_default(),
            city: account.billing_city.unwrap_or_default(),
            id: account.id.to_string(),
        }
    }
}

/// `1–10 of 3,000`.
fn range(from: u64, rows: u64, matching: u64, search: &str) -> String {
    let what = if search.is_empty() { "" } else { " that match" };
    if rows == 0 {
        return format!("0 of {}{what}", grouped(matching));
    }
    let last = from.saturating_add(rows) - 1;
    // Accounts may have come or gone since the page before.
    format!("{}–{} of {}{what}", grouped(from), grouped(last), grouped(matching.max(last)))
}

/// The address of a connection's page.
fn link(connection: &str, search: &str, more: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("connection", connection);
    if !search.is_empty() {
        query.append_pair("q", search);
    }
    query.extend_pairs(more);
    format!("/accounts?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_say_where_a_page_lies() {
        assert_eq!(range(1, 10, 3_000, ""), "1–10 of 3,000");
        assert_eq!(range(2_951, 50, 3_000, "x"), "2,951–3,000 of 3,000 that match");
        assert_eq!(range(1, 0, 0, ""), "0 of 0");
        assert_eq!(range(51, 5, 54, ""), "51–55 of 55");
    }

    #[test]
    fn links_carry_any_text() {
        let link = link("my-org", "O'Neil & 100%", &[("after", "001")]);
        assert_eq!(link, "/accounts?connection=my-org&q=O%27Neil+%26+100%25&after=001");
    }
}
