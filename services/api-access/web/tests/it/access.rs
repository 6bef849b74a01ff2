//! Nobody sees or changes anything without having logged in, and no other site can make them.

use crate::support::{PASSWORD, Stack};
use anyhow::{Context, Result};
use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, HOST, RETRY_AFTER, SET_COOKIE, STRICT_TRANSPORT_SECURITY};
use reqwest::{Method, StatusCode};
use test_support::Browser;

const PAGES: [&str; 7] = [
    "/",
    "/accounts?connection=my-org",
    "/bulk-demo",
    "/bulk-demo/failures?connection=my-org",
    "/bulk-demo/cancel?connection=my-org",
    "/bulk-demo/reset?connection=my-org",
    "/x",
];
const FORMS: [&str; 5] = ["/bulk-demo", "/bulk-demo/cancel", "/bulk-demo/resume", "/bulk-demo/reset", "/logout"];

#[tokio::test]
async fn every_page_leads_to_the_login_and_back() -> Result<()> {
    let stack = Stack::start().await?;
    let stranger = stack.browser()?;
    for path in PAGES {
        let page = stranger.get(path).await?;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        assert!(page.location().starts_with("/login"), "{path}: {}", page.location());
    }
    for path in FORMS {
        // The token of a stranger's own session does not help.
        let page = stranger.submit("/login", path, &[("connection", "my-org"), ("count", "10")]).await?;
        assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"), "{path}");
    }
    assert_eq!(stack.org.counters("my-org").await?.calls.total, 0);
    assert!(stack.redis.dump().await?.keys_with("loadAccounts").is_empty());

    let wanted = "/accounts?connection=my-org&q=acme";
    let to_login = stranger.get(wanted).await?;
    let form = stranger.open(to_login.location()).await?;
    let next = form.between("name=\"next\" value=\"", "\"")[0].replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(next, wanted);
    let fields = [("username", "admin"), ("password", PASSWORD), ("next", next.as_str())];
    let page = stranger.submit("/login", "/login", &fields).await?;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, wanted));
    assert!(stranger.open(wanted).await?.text.contains("Acme France"));
    assert_eq!(stranger.get("/nowhere").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_refused_login_keeps_the_name_and_nothing_else() -> Result<()> {
    let stack = Stack::start().await?;
    let page = stack.browser()?.log_in("a \"name\"<b>", "the-wrong-password").await?;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let name = page.between("name=\"username\" type=\"text\" value=\"", "\"");
    assert_eq!(name, ["a &#34;name&#34;&#60;b&#62;"], "{}", page.text);
    assert!(!page.text.contains("the-wrong-password"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn a_session_is_sealed_and_ends_with_the_logout() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.browser()?;
    let page = browser.log_in("admin", PASSWORD).await?;
    let cookie = page.headers.get(SET_COOKIE).context("a cookie")?.to_str()?;
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("admin"), "{cookie}");
    let page = browser.open("/").await?;
    let policy = page.headers.get(CONTENT_SECURITY_POLICY).context("a policy")?.to_str()?;
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");

    let forged = browser.cookie().context("a cookie")?.replace('=', "=A");
    let page = browser.send(stack.browser()?.request(Method::GET, "/").header(COOKIE, forged)).await?;
    assert_eq!(page.status, StatusCode::SEE_OTHER);

    let browser = stack.logged_in().await?;
    let page = browser.submit("/bulk-demo", "/logout", &[]).await?;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(browser.get("/").await?.status, StatusCode::SEE_OTHER);
    let logs = stack.web.log().text();
    assert!(logs.contains("logged in") && !logs.contains(PASSWORD), "the log tells of logins, not of passwords");
    Ok(())
}

#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let others = stack.logged_in().await?.token("/bulk-demo").await?;
    for token in [None, Some(""), Some("x"), Some(others.as_str())] {
        for path in FORMS {
            let mut fields = vec![("connection", "my-org"), ("count", "10")];
            fields.extend(token.map(|token| ("csrf_token", token)));
            let page = browser.send(browser.request(Method::POST, path).form(&fields)).await?;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {token:?}");
        }
    }
    // A session that came with the cookie of somebody who tricks another into logging in as them.
    let fields = [("username", "admin"), ("password", PASSWORD)];
    let page = stack.browser()?.send(stack.browser()?.request(Method::POST, "/login").form(&fields)).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(browser.open("/bulk-demo").await?.card("load-my-org")?.text.contains("Nothing loaded"));
    assert!(stack.redis.dump().await?.keys_with("loadAccounts").is_empty());
    Ok(())
}

#[tokio::test]
async fn guessing_is_slowed_down() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.browser()?;
    for (name, password) in [("admin", "wrong"), ("root", PASSWORD), ("", ""), ("admin", "correct horse "), ("a", "b")]
    {
        let page = browser.log_in(name, password).await?;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{name} {password}");
        assert!(page.text.contains("wrong"), "{}", page.text);
    }
    // Not even the right one is looked at now, and a header of one's own making does not help.
    let fields = [("username", "admin"), ("password", PASSWORD), ("csrf_token", &browser.token("/login").await?)];
    for address in ["192.0.2.1", "192.0.2.2"] {
        let request = browser.request(Method::POST, "/login").header("X-Forwarded-For", address).form(&fields);
        let page = browser.send(request).await?;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = page.headers.get(RETRY_AFTER).context("a wait")?.to_str()?.parse()?;
        assert!((1..=300).contains(&wait), "{wait}");
    }
    Ok(())
}

#[tokio::test]
async fn behind_herokus_router_addresses_differ_and_http_becomes_https() -> Result<()> {
    let stack = Stack::start_with(20_000, &[("DYNO", "web.1")]).await?;
    let browser = stack.browser()?;
    let form = browser.send(browser.request(Method::GET, "/login").header("X-Forwarded-Proto", "https")).await?;
    let token = form.between("name=\"csrf_token\" value=\"", "\"")[0].to_owned();
    let guess = |password: &'static str, from: &'static str| {
        let fields = [("username", "admin"), ("password", password), ("csrf_token", token.as_str())];
        let request = browser.request(Method::POST, "/login").header("X-Forwarded-Proto", "https").form(&fields);
        browser.send(request.header("X-Forwarded-For", format!("192.0.2.77, {from}")))
    };
    for _ in 0..5 {
        assert_eq!(guess("wrong", "198.51.100.1").await?.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guess(PASSWORD, "198.51.100.1").await?.status, StatusCode::TOO_MANY_REQUESTS);
    let page = guess(PASSWORD, "198.51.100.2").await?;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let cookie = page.headers.get(SET_COOKIE).context("a cookie")?.to_str()?;
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(page.headers.contains_key(STRICT_TRANSPORT_SECURITY));

    let request = browser.request(Method::GET, "/accounts?q=a%20b").header("X-Forwarded-Proto", "http");
    let page = browser.send(request.header(HOST, "my-app.example")).await?;
    assert_eq!(page.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(page.location(), "https://my-app.example/accounts?q=a%20b");
    assert!(!page.headers.contains_key(SET_COOKIE), "nothing is given away over http");
    let fields = [("username", "admin"), ("password", PASSWORD), ("csrf_token", token.as_str())];
    let request = browser.request(Method::POST, "/login").header("X-Forwarded-Proto", "http").form(&fields);
    let page = browser.send(request).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("https_required"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn without_a_login_only_this_machine_is_served_and_forms_keep_their_token() -> Result<()> {
    let stack = Stack::start_with(20_000, &[("AUTH", "none")]).await?;
    let browser = stack.browser()?;
    assert!(browser.open("/").await?.text.contains("Acme"));
    assert_eq!(browser.get("/login").await?.location(), "/");
    let page = browser.send(browser.request(Method::GET, "/").header(HOST, "rebound.example")).await?;
    assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
    let fields = [("connection", "my-org"), ("count", "10")];
    let page = browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let page = browser.submit("/bulk-demo", "/bulk-demo", &fields).await?;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_cookie_of_another_app_or_password_is_a_strangers() -> Result<()> {
    let stack = Stack::start().await?;
    let cookie = stack.logged_in().await?.cookie().context("a cookie")?;
    for variables in [[("APP_PASSWORD", "another horse")], [("JOB_SECRET_KEY", "0123456789abcdef".repeat(4).as_str())]]
    {
        let other = Stack::start_with(20_000, &variables).await?;
        let browser: Browser = other.browser()?;
        let page = browser.send(browser.request(Method::GET, "/").header(COOKIE, &cookie)).await?;
        assert_eq!(page.status, StatusCode::SEE_OTHER);
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_cookie_ends_with_the_logout_in_every_process() -> Result<()> {
    let mut stack = Stack::start().await?;
    let other = stack.another_web().await?;
    let browser = stack.logged_in().await?;
    let copy = browser.cookie().context("a cookie")?;
    let open = async |url: String| -> Result<StatusCode> {
        Ok(test_support::http_client()?.get(url).header(COOKIE, &copy).send().await?.status())
    };
    let (here, there) = (format!("{}/bulk-demo", stack.web.url()?), format!("{}/bulk-demo", other.url()?));
    assert_eq!((open(here.clone()).await?, open(there.clone()).await?), (StatusCode::OK, StatusCode::OK));
    browser.submit("/bulk-demo", "/logout", &[]).await?;
    for url in [&here, &there] {
        assert_eq!(open(url.clone()).await?, StatusCode::SEE_OTHER, "{url}");
    }
    assert!(stack.redis.dump().await?.keys_with("logout:").len() == 1, "one note");

    // Without Redis the process that takes the logout knows of it.
    let browser = stack.logged_in().await?;
    let copy = browser.cookie().context("a cookie")?;
    let token = browser.token("/bulk-demo").await?;
    stack.redis.kill().await?;
    let page = browser.send(browser.request(Method::POST, "/logout").form(&[("csrf_token", token)])).await?;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"));
    let answer = test_support::http_client()?.get(stack.web.url()?).header(COOKIE, &copy).send().await?;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    Ok(())
}

#[tokio::test]
async fn a_login_that_trickles_in_is_not_waited_for() -> Result<()> {
    use std::io::{Read, Write};
    use std::time::{Duration, Instant};
    let stack = Stack::start_with(20_000, &[("REQUEST_BODY_SECONDS", "1")]).await?;
    let address = stack.web.url()?.trim_start_matches("http://").to_owned();
    let answer = tokio::task::spawn_blocking(move || -> Result<String> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        stream.write_all(b"POST /login HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let (mut answer, started) = (Vec::new(), Instant::now());
        let mut buffer = [0; 1024];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => return Ok(String::from_utf8(answer)?),
                Ok(length) => answer.extend(buffer.iter().take(length)),
                Err(_) if stream.write_all(b"1\r\na\r\n").is_err() => return Ok(String::from_utf8(answer)?),
                Err(_) => anyhow::ensure!(started.elapsed() < Duration::from_secs(60), "the connection is kept"),
            }
        }
    })
    .await??;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("request_timeout"), "{answer}");
    Ok(())
}
