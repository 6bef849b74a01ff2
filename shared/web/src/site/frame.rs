//! What all pages of a service have around their content.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::login::{Face, LoginForm, Session};
use crate::pages::{Files, aria_current, html};

/// A link of the navigation: its address and its text.
pub type Link = (&'static str, &'static str);

/// The pages of a service.
#[derive(Debug)]
pub struct Site {
    /// Its name, on every page.
    pub name: &'static str,
    /// The files that the pages load, among them `style.css` and `icon.svg`.
    pub files: Files,
    /// Names of the styles beside `style.css`.
    pub more_styles: &'static [&'static str],
    /// The navigation.
    pub links: &'static [Link],
}

impl Site {
    /// The frame of a page. `here` is the address of that link of the navigation under which it belongs; none has it empty.
    #[must_use]
    pub fn frame(&'static self, session: &Session, here: &'static str) -> Frame {
        let (csrf, user) = (session.csrf().to_owned(), session.user().map(str::to_owned));
        Frame { site: self, here, csrf, user, has_navigation: true }
    }

    /// That of a page for who has not logged in.
    fn outside(&'static self, session: &Session) -> Frame {
        Frame { has_navigation: false, ..self.frame(session, "") }
    }
}

/// What a page has around its content, for `base.html`.
#[derive(Debug, Clone)]
pub struct Frame {
    site: &'static Site,
    here: &'static str,
    /// Value of the field [`TOKEN_FIELD`](crate::login::TOKEN_FIELD) of a form.
    pub csrf: String,
    /// Who has logged in.
    pub user: Option<String>,
    /// Whether there is a navigation.
    pub has_navigation: bool,
}

impl Frame {
    /// Name of the service.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.site.name
    }

    /// Address of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.site.files.address(name)
    }

    /// Addresses of the styles.
    #[must_use]
    pub fn styles(&self) -> Vec<String> {
        std::iter::once(&"style.css").chain(self.site.more_styles).map(|name| self.file(name)).collect()
    }

    /// The links of the navigation: address, text, `aria-current`.
    #[must_use]
    pub fn links(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let link = |&(address, text): &Link| (address, text, aria_current(address == self.here));
        self.site.links.iter().map(link).collect()
    }

    /// The answer with a page that says what went wrong.
    #[must_use]
    pub fn failure(&self, status: StatusCode, title: &str, message: &str) -> HttpResponse {
        html(status, &FailurePage { frame: self, title, message })
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    frame: &'a Frame,
    title: &'a str,
    message: &'a str,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    form: LoginForm,
}

impl Face for &'static Site {
    fn login(&self, session: &Session, status: StatusCode, form: LoginForm) -> HttpResponse {
        html(status, &LoginPage { frame: self.outside(session), form })
    }

    fn failure(&self, session: &Session, status: StatusCode, title: &str, message: &str) -> HttpResponse {
        let frame = if session.user().is_some() { self.frame(session, "") } else { self.outside(session) };
        frame.failure(status, title, message)
    }
}
