//! Who may see the pages, and what may change anything.

use crate::support::{ORG, PASSWORD, Stack, page_of};
use anyhow::{Context, Result};
use reqwest::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use reqwest::{Method, StatusCode};
use shared::jobs::JobState;
use shared::jobs::operator::Actor;
use std::time::Duration;

#[tokio::test]
async fn without_a_login_there_is_nothing() -> Result<()> {
    let stack = Stack::start().await?;
    let id = stack.free(&["ok"]).await?;
    let page = page_of(&id);
    let paths =
        ["/", "/jobs", "/workers", "/live", "/orgs/ask?queue=org-job&org=a&act=pause", page.as_str(), "/nowhere"];
    let more = [format!("{page}/errors"), format!("{page}/errors.csv"), format!("{page}/ask?act=cancel")];
    for path in paths.iter().map(|path| (*path).to_owned()).chain(more) {
        let answer = stack.browser()?.get(&path).await?;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/login"), "{path}: {}", answer.location());
        assert!(!answer.text.contains(ORG), "{path}: {}", answer.text);
    }
    let page = stack.browser()?.log_in("ada", "wrong-password").await?;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let browser = stack.browser()?;
    let page = browser.log_in("ada", PASSWORD).await?;
    let cookie = page.headers.get(SET_COOKIE).context("a cookie")?.to_str()?;
    assert!(cookie.starts_with("dashboard_session=") && cookie.contains("HttpOnly"), "{cookie}");
    let page = browser.open("/").await?;
    let policy = page.headers.get(CONTENT_SECURITY_POLICY).context("a policy")?.to_str()?;
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let cookie = browser.cookie().context("a cookie")?;
    browser.submit("/", "/logout", &[]).await?;
    let copy = stack.browser()?;
    let page = copy.send(copy.request(Method::GET, "/").header("cookie", cookie)).await?;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "a copy of the cookie ends with the logout");
    Ok(())
}

/// `/metrics` is asked for without a login; this process has no METRICS_TOKEN.
#[tokio::test]
async fn figures_that_ask_for_no_token_name_no_org() -> Result<()> {
    let stack = Stack::start().await?;
    stack.free(&["ok"]).await?;
    stack.jobs.operator().pause_org(ORG, Duration::from_secs(60), "", None, &Actor::named("ada")).await?;
    let page = stack.browser()?.get("/metrics").await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("jobs_orgs_paused{queue=\"org-job\"} 1"), "{}", page.text);
    assert!(!page.text.contains(ORG), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing() -> Result<()> {
    let stack = Stack::start().await?;
    let id = stack.free(&["ok"]).await?;
    let browser = stack.logged_in().await?;
    let others = stack.logged_in().await?.token("/").await?;
    for token in [None, Some(""), Some(others.as_str())] {
        let job = (format!("{}/act", page_of(&id)), vec![("act", "cancel")]);
        let org =
            ("/orgs/act".to_owned(), vec![("queue", "org-job"), ("org", ORG), ("act", "pause"), ("minutes", "5")]);
        for (path, mut fields) in [job, org] {
            fields.extend(token.map(|token| ("csrf_token", token)));
            let page = browser.send(browser.request(Method::POST, &path).form(&fields)).await?;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {token:?}");
        }
    }
    // A link does nothing either.
    let page = browser.get(&format!("{}/act?act=cancel", page_of(&id))).await?;
    assert_ne!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let view = stack.view(&id).await?;
    assert_eq!((view.state, view.paused_until), (JobState::Queued, None));
    Ok(())
}
