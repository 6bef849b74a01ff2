//! Starting and resetting loads, as far as the web process goes: the jobs wait for a worker.

use crate::support::Stack;
use anyhow::Result;
use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use test_support::Page;

const START: [(&str, &str); 2] = [("connection", "my-org"), ("count", "1000")];
const OF: [(&str, &str); 1] = [("connection", "my-org")];

fn is_back_at(page: &Page, connection: &str) {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(page.location(), format!("/bulk-demo#load-{connection}"));
}

#[tokio::test]
async fn three_at_once_and_one_later_are_one_load() -> Result<()> {
    let stack = Stack::start().await?;
    let browsers = [stack.logged_in().await?, stack.logged_in().await?, stack.logged_in().await?];
    let mut requests = Vec::new();
    for browser in &browsers {
        let token = browser.token("/bulk-demo").await?;
        let fields = [("connection", "my-org"), ("count", "1000"), ("csrf_token", token.as_str())];
        requests.push(browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)));
    }
    for page in try_join_all(requests).await? {
        is_back_at(&page, "my-org");
    }
    is_back_at(&browsers[0].submit("/bulk-demo", "/bulk-demo", &START).await?, "my-org");
    assert_eq!(stack.redis.dump().await?.keys_with("\"count\":1000").len(), 1);
    let page = browsers[1].open("/bulk-demo").await?;
    let card = page.card("load-my-org")?;
    for text in ["No worker runs", "0 of 1,000 loaded", "data-live", "max=\"1000\" value=\"0\"", ">Cancel…<"] {
        assert!(card.text.contains(text), "{text}: {}", card.text);
    }
    assert!(card.text.contains("none was heard of yet") && card.text.contains("ps:scale worker=1"), "{}", card.text);
    assert!(!card.text.contains("Start load"));
    assert!(page.card("load-my-org-sales-a")?.text.contains("Start load"), "another connection is free");
    is_back_at(
        &browsers[2].submit("/bulk-demo", "/bulk-demo", &[("connection", "empty-org"), ("count", "1")]).await?,
        "empty-org",
    );
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_the_state_of_a_load_is_refused() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let page = browser.submit("/bulk-demo", "/bulk-demo/reset", &OF).await?;
    assert_eq!(page.status, StatusCode::CONFLICT, "there is nothing to reset");
    is_back_at(&browser.submit("/bulk-demo", "/bulk-demo", &START).await?, "my-org");
    let page = browser.submit("/bulk-demo", "/bulk-demo/reset", &OF).await?;
    assert_eq!(page.status, StatusCode::CONFLICT, "it has not ended");
    is_back_at(&browser.submit("/bulk-demo", "/bulk-demo/cancel", &OF).await?, "my-org");
    let card = browser.open("/bulk-demo").await?.card("load-my-org")?;
    assert!(card.text.contains("Finishing") && !card.text.contains(">Cancel…<"), "{}", card.text);
    let page = browser.submit("/bulk-demo", "/bulk-demo/cancel", &[("connection", "empty-org")]).await?;
    assert_eq!(page.status, StatusCode::CONFLICT, "there is nothing to cancel");
    let page = browser.submit("/bulk-demo", "/bulk-demo/resume", &[("connection", "empty-org")]).await?;
    assert_eq!(page.status, StatusCode::CONFLICT, "there is nothing to go on with");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_undone_is_asked_about_first() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    for path in ["/bulk-demo/reset?connection=my-org", "/bulk-demo/cancel?connection=my-org"] {
        assert_eq!(browser.get(path).await?.status, StatusCode::CONFLICT, "there is no load: {path}");
    }
    is_back_at(&browser.submit("/bulk-demo", "/bulk-demo", &START).await?, "my-org");
    let page = browser.get("/bulk-demo/reset?connection=my-org").await?;
    assert_eq!(page.status, StatusCode::CONFLICT, "the load has not ended");
    let page = browser.open("/bulk-demo/cancel?connection=my-org").await?;
    assert!(page.text.contains("Stop the load of my-org?"), "{}", page.text);
    assert!(
        browser.open("/bulk-demo").await?.card("load-my-org")?.text.contains(">Cancel…<"),
        "asking cancels nothing"
    );
    is_back_at(&browser.submit("/bulk-demo/cancel?connection=my-org", "/bulk-demo/cancel", &OF).await?, "my-org");
    for connection in ["", "no-such-org"] {
        for what in ["reset", "cancel"] {
            let page = browser.get(&format!("/bulk-demo/{what}?connection={connection}")).await?;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{what} {connection}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_without_an_authorization_offers_no_load() -> Result<()> {
    let stack = Stack::start_with(20_000, &[("CONNECTION_NAMES", "my-org,retired-org")]).await?;
    let browser = stack.logged_in().await?;
    let page = browser.open("/bulk-demo").await?;
    let card = page.card("load-retired-org")?;
    assert!(card.text.contains("no authorization named “retired-org”"), "{}", card.text);
    assert!(!card.text.contains("Start load") && !card.text.contains("No sample accounts"), "{}", card.text);
    assert!(page.card("load-my-org")?.text.contains("Start load"));
    let fields = [("connection", "retired-org"), ("count", "10")];
    let page = browser.submit("/bulk-demo", "/bulk-demo", &fields).await?;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("retired-org"), "{}", page.text);
    assert!(stack.redis.dump().await?.keys_with("loadAccounts").is_empty());
    Ok(())
}

#[tokio::test]
async fn wrong_counts_and_connections_are_refused() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    for count in ["0", "-5", "1e3", "abc", "", "100001", "1.5", "99999999999999999999"] {
        let page = browser.submit("/bulk-demo", "/bulk-demo", &[("connection", "my-org"), ("count", count)]).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{count}");
        assert!(page.text.contains("from 1 to 100,000"), "{}", page.text);
    }
    for connection in ["", "no-such-org", "my-org/../x", "' OR"] {
        let page = browser.submit("/bulk-demo", "/bulk-demo", &[("connection", connection), ("count", "1")]).await?;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{connection}");
    }
    assert!(stack.redis.dump().await?.keys_with("loadAccounts").is_empty());
    let page = browser.get("/bulk-demo/failures?connection=my-org").await?;
    assert_eq!(page.status, StatusCode::CONFLICT);
    Ok(())
}

#[tokio::test]
async fn nothing_is_started_while_redis_is_down() -> Result<()> {
    let mut stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let token = browser.token("/bulk-demo").await?;
    stack.redis.kill().await?;
    let fields = [("connection", "my-org"), ("count", "10"), ("csrf_token", token.as_str())];
    let page = browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)).await?;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text.contains("nothing was started"), "{}", page.text);
    Ok(())
}
