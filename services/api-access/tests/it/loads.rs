//! Loads and resets as people see them on the page, and as the org has them afterwards.

use crate::support::{ORG, SEEDED, Stack, accepted};
use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;
use test_support::{Browser, Fault, FaultAction, eventually};

#[tokio::test]
async fn a_load_appears_in_the_org_and_a_reset_takes_exactly_it_away() -> Result<()> {
    let stack = Stack::start(2).await?;
    // One whose key another tool wrote, and one that only looks like a sample.
    stack.org.create(ORG, "Account", &json!({ "Name": "Birch & Sons Foods 1", "LoadKey__c": "imported:1" })).await?;
    stack.org.create(ORG, "Account", &json!({ "Name": "Alder Logistics 24" })).await?;
    let browser = stack.load(1_000).await?;
    let card = stack.shows(&browser, ">Loaded<").await?;
    assert!(card.contains("1,000 of 1,000 loaded") && card.contains("max=\"1000\" value=\"1000\""), "{card}");
    assert_eq!(stack.loaded().await?, 1_000);
    let page = browser.open("/accounts?connection=my-org&q=Stone+%26+Co+Logistics+7").await?;
    assert!(page.text.contains("Harbour, Stone &#38; Co Logistics 7") && page.text.contains("Malmö"), "{}", page.text);
    // Five chunks, each one bulk job, and nothing sent row by row.
    assert_eq!((stack.calls("ingestCreate").await?, stack.calls("ingestUpload").await?), (5, 5));

    stack.press(&browser, "reset").await?;
    let card = stack.shows(&browser, "Start load").await?;
    assert!(card.contains("The last load was reset: 1,000 accounts deleted."), "{card}");
    assert_eq!((stack.loaded().await?, stack.accounts().await?), (0, SEEDED + 2));
    for name in ["Birch & Sons Foods 1", "Alder Logistics 24"] {
        assert_eq!(stack.org.count(ORG, &format!("SELECT COUNT() FROM Account WHERE Name = '{name}'")).await?, 1);
    }
    let logs = stack.logs();
    for user in stack.org.orgs().await?.into_iter().flat_map(|org| org.users) {
        assert!(!logs.contains(&user.access_token), "a token is in a log");
    }
    assert!(stack.redis.dump().await?.keys_with("local-addon-token").is_empty());
    Ok(())
}

#[tokio::test]
async fn three_posts_at_once_and_a_later_one_load_once() -> Result<()> {
    let stack = Stack::start(2).await?;
    let browsers = [stack.browser().await?, stack.browser().await?, stack.browser().await?];
    let mut requests = Vec::new();
    for browser in &browsers {
        let token = browser.token("/bulk-demo").await?;
        let fields = [("connection", ORG), ("count", "600"), ("csrf_token", token.as_str())];
        requests.push(browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)));
    }
    for page in try_join_all(requests).await? {
        accepted(&page)?;
    }
    let later = stack.load(5_000).await?;
    stack.assert_loaded(&later, 600).await?;
    assert_eq!(stack.calls("ingestCreate").await?, 3, "one bulk job a chunk");
    Ok(())
}

#[tokio::test]
async fn nobody_loads_without_a_login_or_with_a_forged_form() -> Result<()> {
    let stack = Stack::start(1).await?;
    let stranger = Browser::new(stack.web.url()?)?;
    let fields = [("connection", ORG), ("count", "10")];
    let page = stranger.submit("/login", "/bulk-demo", &fields).await?;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/login"));
    let browser = stack.browser().await?;
    let page = browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let fields = [("connection", ORG), ("count", "10"), ("csrf_token", "guessed")];
    let page = browser.send(browser.request(Method::POST, "/bulk-demo").form(&fields)).await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    // A load that is allowed ends, and with it whatever had slipped in before.
    let allowed = stack.load(5).await?;
    stack.assert_loaded(&allowed, 5).await
}

#[tokio::test]
async fn the_bar_moves_while_a_load_runs() -> Result<()> {
    let stack = Stack::start(1).await?;
    stack.fault(Fault::new(FaultAction::DelayBefore { ms: 400 }).path("/batches").always()).await?;
    let browser = stack.load(2_000).await?;
    let mut seen = std::collections::BTreeSet::new();
    eventually(Duration::from_secs(90), "the load ends", async || {
        let card = browser.open("/bulk-demo").await?.card("load-my-org")?;
        let value = card.between("max=\"2000\" value=\"", "\"").first().map(|value| value.parse::<u64>());
        seen.insert(value.context("a bar")??);
        if card.text.contains(">Loaded<") { Ok(()) } else { bail!("{}", card.text) }
    })
    .await?;
    assert!(seen.len() >= 4 && seen.contains(&2_000), "{seen:?}");
    assert_eq!(stack.loaded().await?, 2_000);
    Ok(())
}

#[tokio::test]
async fn duplicates_are_failures_with_reasons_and_a_reset_leaves_their_originals() -> Result<()> {
    let stack = Stack::start(2).await?;
    for number in [7_u32, 24, 300] {
        let name = match number {
            7 => "Harbour, Stone & Co Logistics 7",
            24 => "Alder Energy 24",
            _ => "Meadow Instruments 300",
        };
        stack.org.create(ORG, "Account", &json!({ "Name": name })).await?;
    }
    stack.refuse_duplicates().await?;
    let browser = stack.load(400).await?;
    let card = stack.shows(&browser, "Loaded, with failures").await?;
    assert!(card.contains("397 of 400 loaded · 3 failed"), "{card}");
    for text in ["api-access-load:000007", "api-access-load:000300", "DUPLICATES_DETECTED", "Use one of these records?"]
    {
        assert!(card.contains(text), "{text}: {card}");
    }
    let page = browser.open("/bulk-demo/failures?connection=my-org").await?;
    let mut failed = page.between("<code>api-access-load:", "</code>");
    failed.sort_unstable();
    assert_eq!(failed, ["000007", "000024", "000300"]);
    stack.press(&browser, "reset").await?;
    stack.shows(&browser, "397 accounts deleted").await?;
    assert_eq!(stack.accounts().await?, SEEDED + 3);
    // With the rule gone and the originals there, the next load makes all of them.
    stack.org.set_settings(ORG, &json!({})).await?;
    let browser = stack.load(400).await?;
    stack.shows(&browser, "400 of 400 loaded").await?;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_load_stops_and_says_what_it_has_written() -> Result<()> {
    let stack = Stack::start(1).await?;
    let slow = test_support::Costs { row_us: 5_000, ..test_support::Costs::default() };
    stack.org.set_costs(&slow).await?;
    let browser = stack.load(10_000).await?;
    eventually(Duration::from_secs(60), "some are written", async || {
        if stack.loaded().await? > 0 { Ok(()) } else { bail!("none yet") }
    })
    .await?;
    stack.press(&browser, "cancel").await?;
    let card = stack.shows(&browser, ">Cancelled<").await?;
    let written = stack.loaded().await?;
    assert!(written > 0 && written < 10_000, "{written}");
    let shown = card.split(" of 10,000 loaded").next().and_then(|text| text.rsplit('>').next()).unwrap_or_default();
    assert_eq!(shown.replace(',', ""), written.to_string(), "{card}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stack.loaded().await?, written, "nothing is written after the end");
    stack.org.set_costs(&test_support::Costs::default()).await?;
    stack.press(&browser, "reset").await?;
    stack.shows(&browser, "Start load").await?;
    assert_eq!(stack.accounts().await?, SEEDED);
    Ok(())
}
