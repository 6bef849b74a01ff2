//! As much of a browser as tests of pages need: it keeps the cookie, and fills in a form's token.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::http_client;

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Its body, HTML as a rule.
    pub text: String,
}

impl Page {
    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default()
    }

    /// Text between two others, once for each time it is there. HTML escapes are left as they are.
    pub fn between<'a>(&'a self, before: &'a str, after: &'a str) -> Vec<&'a str> {
        self.text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
    }

    /// The `<section>` of the page with this id.
    ///
    /// # Errors
    /// When there is none.
    pub fn card(&self, id: &str) -> Result<Self> {
        let start = self.text.find(&format!("id=\"{id}\"")).with_context(|| format!("no card {id}: {}", self.text))?;
        let rest = self.text.get(start..).unwrap_or_default();
        let end = rest.find("</section>").context("an open section")?;
        let text = rest.get(..end).unwrap_or_default().to_owned();
        Ok(Self { status: self.status, headers: self.headers.clone(), text })
    }

    /// Names in the first column, escaped.
    pub fn rows(&self) -> Vec<&str> {
        self.between("<tr><th scope=\"row\">", "</th>")
    }

    /// Where the link with this text leads.
    pub fn link(&self, text: &str) -> Option<String> {
        let end = self.text.find(&format!(">{text}</a>"))?;
        let tag = self.text.get(..end)?.rsplit("<a ").next()?;
        Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
    }
}

/// One browser with a cookie of its own. Redirects are not followed.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: Mutex<Option<String>>,
}

impl Browser {
    /// A browser for the pages at `base`, such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(base: impl Into<String>) -> Result<Self> {
        Ok(Self { http: http_client()?, base: base.into(), cookie: Mutex::new(None) })
    }

    /// A request with the cookie, for [`Browser::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// The cookie as it would be sent.
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request and keeps the cookie that the answer sets.
    ///
    /// # Errors
    /// As all calls here: when no whole answer comes.
    pub async fn send(&self, request: RequestBuilder) -> Result<Page> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(set) = headers.get(SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().unwrap_or_default().to_owned();
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = Some(pair);
        }
        Ok(Page { status, headers, text: answer.text().await? })
    }

    /// The page at `path`, whatever its status.
    ///
    /// # Errors
    /// See [`Browser::send`].
    pub async fn get(&self, path: &str) -> Result<Page> {
        self.send(self.request(Method::GET, path)).await
    }

    /// A page that must be there.
    ///
    /// # Errors
    /// Also for any status but 200.
    pub async fn open(&self, path: &str) -> Result<Page> {
        let page = self.get(path).await?;
        if page.status != StatusCode::OK {
            bail!("{path} answered {}: {}", page.status, page.text);
        }
        Ok(page)
    }

    /// The token of this session's forms, from the page at `path`.
    ///
    /// # Errors
    /// Also when the page has no form.
    pub async fn token(&self, path: &str) -> Result<String> {
        let page = self.open(path).await?;
        let token = page.between("name=\"csrf_token\" value=\"", "\"").first().map(ToString::to_string);
        token.with_context(|| format!("{path} has no form"))
    }

    /// Sends a form with the session's token, which the page at `page` has.
    ///
    /// # Errors
    /// See [`Browser::token`].
    pub async fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let token = self.token(page).await?;
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &token));
        self.send(self.request(Method::POST, path).form(&fields)).await
    }

    /// Logs in.
    ///
    /// # Errors
    /// See [`Browser::token`]; a refused login is none.
    pub async fn log_in(&self, username: &str, password: &str) -> Result<Page> {
        self.submit("/login", "/login", &[("username", username), ("password", password), ("next", "/")]).await
    }
}
