//! As much of a browser as the tests need: it keeps the cookie, and fills in a form's token.

use anyhow::{Context, Result, bail};
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, StatusCode};
use std::sync::{Mutex, PoisonError};
use test_support::http_client;

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default()
    }

    /// Text between two others, once for each time it is there. HTML escapes are left as they are.
    pub(crate) fn between<'a>(&'a self, before: &'a str, after: &'a str) -> Vec<&'a str> {
        self.text.split(before).skip(1).filter_map(|rest| rest.split(after).next()).collect()
    }

    /// The part of the page that belongs to a connection.
    pub(crate) fn card(&self, id: &str) -> Result<Self> {
        let start = self.text.find(&format!("id=\"{id}\"")).with_context(|| format!("no card {id}: {}", self.text))?;
        let rest = self.text.get(start..).unwrap_or_default();
        let end = rest.find("</section>").context("an open section")?;
        let text = rest.get(..end).unwrap_or_default().to_owned();
        Ok(Self { status: self.status, headers: self.headers.clone(), text })
    }

    /// Names in the first column, escaped.
    pub(crate) fn rows(&self) -> Vec<&str> {
        self.between("<tr><th scope=\"row\">", "</th>")
    }

    /// Where the link with this text leads.
    pub(crate) fn link(&self, text: &str) -> Option<String> {
        let end = self.text.find(&format!(">{text}</a>"))?;
        let tag = self.text.get(..end)?.rsplit("<a ").next()?;
        Some(tag.split("href=\"").nth(1)?.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
    }
}

/// One browser. Redirects are not followed.
pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    cookie: Mutex<Option<String>>,
}

impl Browser {
    pub(crate) fn new(base: String) -> Result<Self> {
        Ok(Self { http: http_client()?, base, cookie: Mutex::new(None) })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// The cookie as it would be sent.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Page> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(set) = headers.get(SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().unwrap_or_default().to_owned();
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = Some(pair);
        }
        Ok(Page { status, headers, text: answer.text().await? })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Page> {
        self.send(self.request(Method::GET, path)).await
    }

    /// A page that must be there.
    pub(crate) async fn open(&self, path: &str) -> Result<Page> {
        let page = self.get(path).await?;
        if page.status != StatusCode::OK {
            bail!("{path} answered {}: {}", page.status, page.text);
        }
        Ok(page)
    }

    /// The token of this session's forms, from the page at `path`.
    pub(crate) async fn token(&self, path: &str) -> Result<String> {
        let page = self.open(path).await?;
        let token = page.between("name=\"csrf_token\" value=\"", "\"").first().map(ToString::to_string);
        token.with_context(|| format!("{path} has no form"))
    }

    /// Sends a form with the session's token, which the page at `page` has.
    pub(crate) async fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<Page> {
        let token = self.token(page).await?;
        let mut fields = fields.to_vec();
        fields.push(("csrf_token", &token));
        self.send(self.request(Method::POST, path).form(&fields)).await
    }

    /// Logs in.
    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Result<Page> {
        self.submit("/login", "/login", &[("username", username), ("password", password), ("next", "/")]).await
    }
}
