//! The pages: HTML from templates (`templates/`), which escape whatever they show.

mod home;
mod load;
mod login;

pub(crate) use home::{AccountsPage, HomePage, OrgCard};
pub(crate) use load::{ConfirmPage, FailuresPage, LoadCard, LoadsPage, failures_link};
pub(crate) use login::LoginPage;

use crate::access::Session;
use crate::assets;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

/// What pages may load and where their forms go: this app, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where a page belongs in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// The accounts.
    Accounts,
    /// The bulk loads.
    Loads,
    /// The login page, which has no navigation.
    Login,
    /// Anything else.
    Other,
}

/// What all pages have around their content.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    csrf: String,
    user: Option<String>,
    section: Section,
    style: String,
    script: String,
    icon: String,
}

impl Frame {
    pub(crate) fn new(session: &Session, section: Section) -> Self {
        Self {
            csrf: session.csrf().to_owned(),
            user: session.user().map(str::to_owned),
            section,
            style: assets::address("style.css"),
            script: assets::address("live.js"),
            icon: assets::address("icon.svg"),
        }
    }

    /// Whether there is a navigation.
    fn has_navigation(&self) -> bool {
        self.section != Section::Login
    }

    /// The value of `aria-current` of the link to the accounts.
    fn accounts_current(&self) -> &'static str {
        aria_current(self.section == Section::Accounts)
    }

    /// The value of `aria-current` of the link to the loads.
    fn loads_current(&self) -> &'static str {
        aria_current(self.section == Section::Loads)
    }
}

fn aria_current(here: bool) -> &'static str {
    if here { "page" } else { "false" }
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    message: &'a str,
}

/// The answer with a page.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(text) => HttpResponse::build(status)
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// The answer with a page that says what went wrong.
pub(crate) fn failure(frame: &Frame, status: StatusCode, title: &str, message: &str) -> HttpResponse {
    html(status, &FailurePage { frame, title, message })
}

/// A number as people write it: `3,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and what it counts: `1 account`, `3,000 accounts`.
fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let written: Vec<_> = [0, 7, 999, 1_000, 12_345, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(written, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(counted(1, "account"), "1 account");
        assert_eq!(counted(0, "account"), "0 accounts");
    }
}
