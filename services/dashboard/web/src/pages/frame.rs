//! What all pages have around their content.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use web::login::{Face, LoginForm, Session};
use web::pages::{Files, STYLE, aria_current, html};

/// The files that the pages load.
pub(crate) static FILES: Files = Files::new(&[
    ("style.css", "text/css; charset=utf-8", STYLE),
    ("dashboard.css", "text/css; charset=utf-8", include_str!("../../static/dashboard.css")),
    ("live.js", "text/javascript; charset=utf-8", include_str!("../../static/live.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
]);

/// Where a page belongs in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// All queues at a glance.
    Overview,
    /// The jobs.
    Jobs,
    /// The workers.
    Workers,
    /// The login page, which has no navigation.
    Login,
    /// Anything else.
    Other,
}

/// What all pages have around their content.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(super) csrf: String,
    pub(super) user: Option<String>,
    section: Section,
    pub(super) style: String,
    pub(super) more_style: String,
    pub(super) script: String,
    pub(super) icon: String,
}

impl Frame {
    pub(crate) fn new(session: &Session, section: Section) -> Self {
        Self {
            csrf: session.csrf().to_owned(),
            user: session.user().map(str::to_owned),
            section,
            style: FILES.address("style.css"),
            more_style: FILES.address("dashboard.css"),
            script: FILES.address("live.js"),
            icon: FILES.address("icon.svg"),
        }
    }

    /// Whether there is a navigation.
    pub(super) fn has_navigation(&self) -> bool {
        self.section != Section::Login
    }

    /// The links of the navigation: address, text, `aria-current`.
    pub(super) fn links(&self) -> [(&'static str, &'static str, &'static str); 3] {
        let link = |address, text, section| (address, text, aria_current(self.section == section));
        [
            link("/", "Overview", Section::Overview),
            link("/jobs", "Jobs", Section::Jobs),
            link("/workers", "Workers", Section::Workers),
        ]
    }
}

/// A page that says what went wrong.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    message: &'a str,
}

/// The login form.
#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    form: LoginForm,
}

/// How the login looks here.
pub(crate) struct Pages;

impl Face for Pages {
    fn login(&self, session: &Session, status: StatusCode, form: LoginForm) -> HttpResponse {
        html(status, &LoginPage { frame: Frame::new(session, Section::Login), form })
    }

    fn failure(&self, session: &Session, status: StatusCode, title: &str, message: &str) -> HttpResponse {
        let section = if session.user().is_some() { Section::Other } else { Section::Login };
        failure(&Frame::new(session, section), status, title, message)
    }
}

/// The answer with a page that says what went wrong.
pub(crate) fn failure(frame: &Frame, status: StatusCode, title: &str, message: &str) -> HttpResponse {
    html(status, &FailurePage { frame, title, message })
}
