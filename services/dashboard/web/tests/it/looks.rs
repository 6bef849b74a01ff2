//! What the pages show.

use crate::support::{HOSTILE, ORG, PASSWORD, RECORD, SECRET, Stack, page_of};
use anyhow::{Result, ensure};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use shared::contracts::eventing::{Changed, QuoteChanges};
use shared::contracts::org_action::GenerateQuote;
use shared::jobs::NewJob;
use shared::quotes::key::JobKey;
use shared::salesforce::SalesforceId;
use std::time::Duration;
use test_support::{Browser, Page, ServiceSpec, eventually, http_client};

const LIMIT: Duration = Duration::from_secs(60);

/// The page, once it shows this text.
async fn shows(browser: &Browser, path: &str, text: &str) -> Result<Page> {
    eventually(LIMIT, &format!("{path} shows {text}"), async || {
        let page = browser.open(path).await?;
        ensure!(page.text.contains(text), "{}", page.text);
        Ok(page)
    })
    .await
}

#[tokio::test]
async fn a_job_runs_and_its_page_moves() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let empty = browser.open("/").await?;
    for queue in ["api-access", "eventing", "org-action", "org-job"] {
        assert!(empty.card(&format!("queue-{queue}"))?.text.contains("No records in the last hour"), "{queue}");
    }
    let id = stack.free(&["wait", "wait", "wait"]).await?;
    let page = browser.open(&page_of(&id)).await?;
    assert!(page.card("job")?.text.contains("Waiting"), "{}", page.text);
    // What is shown may be a second old.
    let card = shows(&browser, "/", "Waiting for the longest").await?.card("queue-org-job")?;
    assert!(card.text.contains("Waiting for the longest") && card.text.contains(ORG), "{}", card.text);

    let mut stream = http_client()?
        .get(format!("{}/live", stack.web.url()?))
        .header("cookie", browser.cookie().unwrap_or_default())
        .send()
        .await?;
    assert_eq!(stream.headers()[CONTENT_TYPE], "text/event-stream");
    let worker = stack.work();
    shows(&browser, &page_of(&id), "0 of 30 records").await?;
    worker.let_go(1);
    let page = shows(&browser, &page_of(&id), "10 of 30 records").await?;
    assert!(page.text.contains("max=\"30\" value=\"10\""), "{}", page.text);
    let told = tokio::time::timeout(LIMIT, stream.chunk()).await??;
    assert!(String::from_utf8_lossy(&told.unwrap_or_default()).starts_with("data: "));
    worker.let_go(2);
    let page = shows(&browser, &page_of(&id), "Completed").await?;
    assert!(page.text.contains("30 of 30 records") && page.text.contains("worker.1"), "{}", page.text);
    let card = shows(&browser, "/", "30 records in the last hour").await?.card("queue-org-job")?;
    assert!(card.text.contains("<rect class=\"good\""), "{}", card.text);
    let rows = browser.open("/jobs?which=completed").await?;
    assert!(rows.text.contains(&id.hyphenated()) && rows.text.contains("30 of 30"), "{}", rows.text);
    assert!(browser.open("/jobs?which=failed").await?.text.contains("No such jobs"));
    assert_eq!(browser.get("/jobs?which=runing").await?.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.get("/jobs?queue=other").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn text_of_others_is_shown_as_text_and_leads_to_the_record() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let id = stack.free(&["bad", "dead", "again"]).await?;
    let _worker = stack.work();
    let page = shows(&browser, &page_of(&id), "tried 1 time").await?;
    let page_text = shows(&browser, &page_of(&id), "1 record failed").await?.text;
    assert!(page_text.contains("is tried again in"), "{page_text}");
    let escaped = "&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;";
    for path in [page_of(&id), format!("{}/errors", page_of(&id)), "/jobs".to_owned()] {
        let page = browser.open(&path).await?;
        assert!(page.text.contains(escaped), "{path}: {}", page.text);
        assert!(!page.text.contains("<script>"), "{path}: {}", page.text);
    }
    let link = format!("<a href=\"https://acme.my.salesforce.com/{RECORD}\"");
    assert!(page_text.contains(&link), "{page_text}");
    let file = browser.open(&format!("{}/errors.csv", page_of(&id))).await?;
    assert_eq!(file.text, format!("\"recordId\",\"code\",\"message\"\n\"{RECORD}\",\"'=CODE\",\"{HOSTILE}\"\n"));
    assert!(file.headers[CONTENT_DISPOSITION].to_str()?.starts_with("attachment; filename=\"errors-"));
    for secret in [SECRET, PASSWORD] {
        assert!(!page.text.contains(secret) && !stack.web.log().text().contains(secret));
    }
    Ok(())
}

#[tokio::test]
async fn a_worker_is_seen_while_it_lives_and_is_gone_when_it_is_killed() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    assert!(browser.open("/workers").await?.card("workers-org-job")?.text.contains("No worker tells of itself"));
    let spec = ServiceSpec::new("org-job-worker")?
        .env("REDIS_URL", stack.redis.url())
        .env("JOB_SECRET_KEY", SECRET)
        .env("WORKER_NAME", "worker.<b>7</b>")
        .env("LEASE_SECONDS", 2)
        .ready("worker ready");
    let mut worker = spec.start().await?;
    let page = shows(&browser, "/workers", "worker.&#60;b&#62;7&#60;/b&#62;").await?;
    let card = page.card("workers-org-job")?;
    assert!(card.text.contains("0 of 4") && card.text.contains(" MiB"), "{}", card.text);
    assert!(card.text.contains("No worker would be busy now"), "{}", card.text);
    assert!(card.text.contains(&format!("process {}", worker.pid())), "{}", card.text);
    worker.kill().await?;
    // The dashboard's own lease is 20 s, the worker's record has the worker's 2.
    shows(&browser, "/workers", "The last sign of any was").await?;
    let card = browser.open("/workers").await?.card("workers-org-job")?;
    assert!(!card.text.contains("worker.&#60;b"), "{}", card.text);
    Ok(())
}

/// The key of a Quote is the id of a batch job, or a digest of what asked for it.
#[tokio::test]
async fn a_quote_leads_to_the_job_that_made_it() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let (org, opportunity): (SalesforceId, SalesforceId) = ("00D000000000001EAA".parse()?, RECORD.parse()?);
    let asked = JobKey::of_request(&org, &"005000000000001AAA".parse()?, &opportunity, "request-1");
    let params = GenerateQuote {
        opportunity_id: opportunity,
        callback_url: "https://acme.my.salesforce.com/callback".parse()?,
        quote_key: asked.clone(),
    };
    let at_org_action =
        stack.jobs.beside("{org-action}:")?.create(NewJob::of(&params, ORG, "005000000000001AAA")?).await?;
    let eventing = stack.jobs.beside("{eventing}:")?;
    let mut changes = Vec::new();
    for transaction in ["transaction-1", "transaction-2"] {
        let changed = Changed::Records(vec![opportunity]);
        let params = QuoteChanges { transaction_key: transaction.to_owned(), changed, user: None, org_id: Some(org) };
        changes.push(eventing.create(NewJob::of(&params, "my-org", "change-events")?).await?.id);
    }
    let batch = stack.free(&["ok"]).await?;
    let soon = "2100-01-01T00:00:00.000+0000";
    let sought = async |key: &str, made: &str| {
        browser.get(&format!("/jobs?quote={key}&made={}", made.replace('+', "%2B"))).await
    };
    for (key, made, page) in [
        (asked.complete(&opportunity), soon, format!("/jobs/org-action/{}", at_org_action.id.hyphenated())),
        (asked.staging(&opportunity), "", format!("/jobs/org-action/{}", at_org_action.id.hyphenated())),
        (
            JobKey::of_transaction(&org, "transaction-1").to_string(),
            soon,
            format!("/jobs/eventing/{}", changes[0].hyphenated()),
        ),
        (
            JobKey::of_transaction(&org, "transaction-2").to_string(),
            soon,
            format!("/jobs/eventing/{}", changes[1].hyphenated()),
        ),
        (batch.to_string(), soon, page_of(&batch)),
    ] {
        let found = sought(&key, made).await?;
        assert_eq!((found.status, found.location()), (StatusCode::SEE_OTHER, page.as_str()), "{key}: {}", found.text);
    }
    // One of another org; one that was there before any job; one that was asked for at once.
    let other: SalesforceId = "00D000000000009EAA".parse()?;
    for (key, made) in [
        (JobKey::of_transaction(&other, "transaction-1"), soon),
        (JobKey::of_transaction(&org, "transaction-1"), "2020-01-01T00:00:00.000+0000"),
        (JobKey::of_request(&org, &"005000000000001AAA".parse()?, &opportunity, "request-2"), soon),
    ] {
        let none = sought(&key.to_string(), made).await?;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text);
        assert!(none.text.contains("asked for at once"), "{}", none.text);
    }
    for (key, made, wrong) in [("x", soon, "Quote: "), (&*asked.to_string(), "yesterday", "Made: expected a time")] {
        let page = sought(key, made).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text.contains(wrong), "{}", page.text);
    }
    Ok(())
}
