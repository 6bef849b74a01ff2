//! Every Account of every org can be reached; an org in trouble keeps nobody else's from being shown.

use crate::support::{DEADLINE_MS, PASSWORD, Stack};
use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use test_support::{Browser, Fault, FaultAction, FaultBody};

/// What a faulty path of local-org is like, so that only one org's calls are hit.
fn fault(org: &str, action: FaultAction) -> Fault {
    Fault::new(action).org(org).path("/services/data/").always()
}

#[tokio::test]
async fn all_accounts_of_three_orgs_are_listed_page_by_page() -> Result<()> {
    let stack = Stack::start().await?;
    stack.fill("my-org", 3_000).await?;
    stack.fill("my-org-sales-a", 10).await?;
    stack.clear("empty-org").await?;
    let browser = stack.logged_in().await?;
    let page = browser.open("/").await?;
    let (id, _) = stack.org.org("my-org").await.map(|(org, user)| (org.id, user))?;
    let card = page.card("my-org")?;
    for text in ["3,000 accounts", "1–10 of 3,000", &id] {
        assert!(card.text.contains(text), "{text}: {}", card.text);
    }
    assert_eq!(card.rows().len(), 10);
    let card = page.card("my-org-sales-a")?;
    assert!(card.text.contains("1–10 of 10") && card.text.contains("That is all"), "{}", card.text);
    assert!(card.link("Next").is_none());
    let card = page.card("empty-org")?;
    assert!(card.text.contains("0 accounts") && card.text.contains("no accounts yet"), "{}", card.text);

    let (mut ids, mut pages, mut back) = (BTreeSet::new(), 0, None);
    let mut path = Some("/accounts?connection=my-org".to_owned());
    while let Some(next) = path {
        let page = browser.open(&next).await?;
        pages += 1;
        let found = page.between("<td class=\"id\"><code>", "</code>");
        assert!(found.iter().all(|id| ids.insert((*id).to_owned())), "an account twice on page {pages}");
        assert!(page.text.contains(" of 3,000<"), "{}", page.text);
        back = page.link("Previous");
        path = page.link("Next");
    }
    assert_eq!((ids.len(), pages), (3_000, 60));
    let expected = stack.org.query("my-org", "SELECT Id FROM Account").await?.records;
    assert!(expected.iter().all(|account| account["Id"].as_str().is_some_and(|id| ids.contains(id))));
    let mut steps = 0;
    while let Some(previous) = back {
        let page = browser.open(&previous).await?;
        assert_eq!(page.rows().len(), 50);
        steps += 1;
        back = page.link("Previous");
    }
    assert_eq!(steps, 59, "back to the first page");
    Ok(())
}

#[tokio::test]
async fn orgs_in_trouble_show_it_and_the_others_do_not_wait() -> Result<()> {
    let stack =
        Stack::start_with(DEADLINE_MS, &[("CONNECTION_NAMES", "my-org,my-org-sales-a,empty-org,no-such-org")]).await?;
    let browser = stack.logged_in().await?;
    browser.open("/").await?;
    stack.org.add_fault(&fault("my-org-sales-a", FaultAction::DelayBefore { ms: 20_000 })).await?;
    stack.org.add_fault(&fault("empty-org", FaultAction::DropBefore)).await?;
    let started = Instant::now();
    let page = browser.open("/").await?;
    let seconds = started.elapsed().as_secs_f32();
    println!("page with a slow org, one that is down and one unknown: {seconds:.3} s");
    // The slow org would take 20 s.
    assert!(started.elapsed() < Duration::from_secs(10), "{seconds}");
    assert!(page.card("my-org")?.text.contains("Acme"), "{}", page.text);
    let slow = page.card("my-org-sales-a")?;
    assert!(slow.text.contains("did not answer within 1.5 s"), "{}", slow.text);
    assert!(slow.link("Ask again").is_some_and(|link| link == "/accounts?connection=my-org-sales-a"), "{}", slow.text);
    let down = page.card("empty-org")?;
    let (plain, detail) = down.text.split_once("<details>").context("no detail")?;
    assert!(plain.contains("The org could not be reached"), "{}", down.text);
    assert!(!plain.to_lowercase().contains("composite") && detail.contains("(composite)"), "{}", down.text);
    let unknown = page.card("no-such-org")?;
    assert!(unknown.text.contains("AppLink has no authorization named “no-such-org”"), "{}", unknown.text);
    Ok(())
}

#[tokio::test]
async fn a_data_cloud_authorization_is_named_as_what_it_is() -> Result<()> {
    let stack = Stack::start().await?;
    let (org, user) = stack.org.org("empty-org").await?;
    // Of the same shape as any other, but for type and address (Heroku's SDK for Node.js, `org.ts`).
    for instance_url in ["https://abc.c360a.salesforce.com", "abc.c360a.salesforce.com"] {
        let value = json!({
            "id": "01234567-89ab-4cde-8f01-23456789abcd", "status": "authorized", "created_at": "2026-01-01T00:00:00.000000Z",
            "org": {
                "id": org.id, "developer_name": "empty-org", "instance_url": instance_url, "type": "DataCloudOrg", "api_version": "62.0",
                "user_auth": { "username": user.username, "user_id": user.id, "access_token": "eyJhbGciOiJSUzI1NiJ9.data.cloud" },
            },
        });
        let answer = FaultAction::instead(200, FaultBody::Json { value });
        stack.org.clear_faults().await?;
        stack.org.add_fault(&Fault::new(answer).path("/authorizations/empty-org").always()).await?;
        let web = stack.another_web().await?;
        let browser = Browser::new(web.url()?)?;
        browser.log_in("admin", PASSWORD).await?;
        let page = browser.open("/").await?;
        let card = page.card("empty-org")?;
        assert!(card.text.contains("“empty-org” is an authorization of a Data Cloud org"), "{}", card.text);
        assert!(card.text.contains("name one of a Salesforce org in CONNECTION_NAMES"), "{}", card.text);
        assert!(page.card("my-org")?.text.contains("Acme"), "{}", page.text);
        let loads = browser.open("/bulk-demo").await?;
        assert!(loads.text.contains("is an authorization of a Data Cloud org"), "{}", loads.text);
    }
    Ok(())
}

#[tokio::test]
async fn an_expired_token_is_renewed_through_applink() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    assert!(browser.open("/").await?.card("my-org")?.text.contains("Acme"));
    stack.org.expire_sessions("my-org").await?;
    let page = browser.open("/").await?;
    assert!(page.card("my-org")?.text.contains("Acme"), "{}", page.text);
    assert_eq!(page.text.matches("class=\"alert\"").count(), 0);
    // An org that refuses every token shows that.
    stack.org.add_fault(&fault("my-org", FaultAction::status(401, "INVALID_SESSION_ID", "Session expired"))).await?;
    let page = browser.open("/").await?;
    assert!(page.card("my-org")?.text.contains("Authorize the connection again"), "{}", page.text);
    assert_eq!(page.text.matches("class=\"alert\"").count(), 1);
    let tokens = stack.org.orgs().await?.into_iter().flat_map(|org| org.users);
    let logs = stack.web.log().text();
    for user in tokens {
        let secret = user.access_token.split_once('!').context("a token has a !")?.1.to_owned();
        assert!(!page.text.contains(&secret) && !logs.contains(&secret));
    }
    Ok(())
}

#[tokio::test]
async fn a_call_that_fails_once_is_made_again() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    for action in [FaultAction::DropAfter, FaultAction::status(503, "SERVER_UNAVAILABLE", "busy")] {
        let id = stack.org.add_fault(&Fault::new(action).org("my-org").path("/composite")).await?;
        assert!(browser.open("/accounts?connection=my-org").await?.text.contains("Acme"));
        assert_eq!(stack.org.fault_hits(id).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn searching_finds_what_is_typed_and_nothing_else() -> Result<()> {
    let stack = Stack::start().await?;
    let names =
        ["O'Neil \"& Sons\"", "100% Ökostrom", "100 Percent", "a_b", "axb", "back\\slash", "東京電力", "Sam & Max"];
    for name in names {
        stack.org.create("my-org", "Account", &json!({ "Name": name })).await?;
    }
    let browser = stack.logged_in().await?;
    for (search, found) in [
        ("O'Neil", vec![names[0]]),
        ("\"& sons\"", vec![names[0]]),
        ("%", vec![names[1]]),
        ("_", vec![names[3]]),
        ("\\", vec![names[5]]),
        ("東京", vec![names[6]]),
        ("ökostrom", vec![names[1]]),
        ("' OR Name != '", vec![]),
        ("  sam &  ", vec![names[7]]),
    ] {
        let query = url(search);
        for path in [format!("/?q={query}"), format!("/accounts?connection=my-org&q={query}")] {
            let card = browser.open(&path).await?.card("my-org")?;
            let rows: Vec<_> = card.rows().into_iter().map(unescape).collect();
            assert_eq!(rows, found, "{search}");
            assert!(card.text.contains("that match"), "{}", card.text);
        }
    }
    let page = browser.get(&format!("/?q={}", "x".repeat(256))).await?;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("longer than 255 characters"), "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn what_an_account_is_called_stays_text() -> Result<()> {
    let stack = Stack::start().await?;
    let name = "<script>alert('x')</script><img src=x onerror=alert(1)>";
    let id = stack.org.create("my-org", "Account", &json!({ "Name": name, "BillingCity": "</td>\"" })).await?;
    let browser = stack.logged_in().await?;
    let search = "\"><script>alert(2)</script>";
    for path in [
        "/".to_owned(),
        "/accounts?connection=my-org".to_owned(),
        format!("/?q={}", url(search)),
        format!("/accounts?connection=my-org&q={}", url(search)),
    ] {
        let page = browser.open(&path).await?;
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{}", page.text);
    }
    let page = browser.open("/accounts?connection=my-org").await?;
    assert!(page.text.contains(&id) && page.rows().into_iter().map(unescape).any(|row| row == name));
    Ok(())
}

#[tokio::test]
async fn wrong_addresses_are_explained() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    for (path, status) in [
        ("/accounts?connection=no-such-org", StatusCode::NOT_FOUND),
        ("/accounts", StatusCode::NOT_FOUND),
        ("/accounts?connection=my-org&after=x", StatusCode::BAD_REQUEST),
        ("/accounts?connection=my-org&after=%27", StatusCode::BAD_REQUEST),
        ("/accounts?connection=my-org&after=001000000000001AAA&before=001000000000001AAA", StatusCode::BAD_REQUEST),
        ("/bulk-demo/failures?connection=no-such-org", StatusCode::NOT_FOUND),
    ] {
        let page = browser.get(path).await?;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text.contains("<h1"), "{path}: {}", page.text);
    }
    Ok(())
}

fn url(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Text of HTML as askama escapes it.
fn unescape(text: &str) -> String {
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
    text.replace("&#39;", "'").replace("&#38;", "&")
}
