//! What operators do: asked about first, then done, recorded with who it was, refused where the protocol says so.

use crate::support::{LIMIT, ORG, Stack, page_of};
use anyhow::{Result, ensure};
use reqwest::StatusCode;
use shared::jobs::{JobId, JobState};
use test_support::{Browser, Page, eventually};

/// Asks, reads the form of the page that asks, and sends it as a browser without a script does.
async fn confirm(browser: &Browser, id: &JobId, question: &str, act: &str, letter: &str) -> Result<Page> {
    let ask = format!("{}/ask?act={act}&letter={letter}", page_of(id));
    let page = browser.open(&ask).await?;
    assert!(page.text.contains(question), "{}", page.text);
    browser.submit(&ask, &format!("{}/act", page_of(id)), &[("act", act), ("letter", letter)]).await
}

#[tokio::test]
async fn a_job_is_cancelled_after_a_question() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let id = stack.create("005000000000001AAA", &["ok"]).await?;
    assert!(browser.open(&page_of(&id)).await?.link("Cancel…").is_some());
    let answer = confirm(&browser, &id, "Cancel the job?", "cancel", "").await?;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, page_of(&id).as_str()));
    let page = browser.open(&page_of(&id)).await?;
    assert!(page.text.contains("operator.ada cancelled it") && page.link("Cancel…").is_none(), "{}", page.text);
    assert!(stack.web.log().contains("an operator cancelled a job"));
    let again = confirm(&browser, &id, "Cancel the job?", "cancel", "").await?;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("The job is cancelled already (operator.ada cancelled it at"), "{}", again.text);
    for (path, status) in [
        (format!("{}/ask?act=delete", page_of(&id)), StatusCode::BAD_REQUEST),
        (format!("{}/ask?act=retry&letter=x", page_of(&id)), StatusCode::BAD_REQUEST),
        ("/jobs/org-job/0190a0b0c0d07000800000000000000a".to_owned(), StatusCode::NOT_FOUND),
        ("/jobs/other/0190a0b0c0d07000800000000000000a".to_owned(), StatusCode::NOT_FOUND),
        ("/jobs/org-job/x".to_owned(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(browser.get(&path).await?.status, status, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn dead_letters_are_replayed_one_and_all() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let id = stack.free(&["dead", "dead", "dead", "ok"]).await?;
    let _worker = stack.work();
    stack.reaches(&id, JobState::Completed).await?;
    let page = browser.open(&page_of(&id)).await?;
    assert!(page.card("letters")?.text.contains("given up"), "{}", page.text);
    let overview = browser.open("/").await?.card("queue-org-job")?;
    assert!(
        overview.text.contains("<dt>dead letters</dt><dd><a href=\"/jobs?queue=org-job&#38;which=dead\">3</a>"),
        "{}",
        overview.text
    );
    let answer = confirm(&browser, &id, "Replay one dead letter?", "retry", "1").await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    eventually(LIMIT, "the letter has run", async || {
        let view = stack.view(&id).await?;
        ensure!(view.state == JobState::Completed && view.dead_chunks == 2, "{view:?}");
        Ok(())
    })
    .await?;
    let gone = confirm(&browser, &id, "Replay one dead letter?", "retry", "1").await?;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    let answer = confirm(&browser, &id, "Replay all dead letters?", "retry", "").await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    eventually(LIMIT, "all have run", async || {
        let view = stack.view(&id).await?;
        ensure!(view.state == JobState::Completed && view.succeeded == 40, "{view:?}");
        Ok(())
    })
    .await?;
    let page = browser.open(&page_of(&id)).await?;
    assert_eq!(page.text.matches("operator.ada put dead letters back").count(), 2, "{}", page.text);
    Ok(())
}

#[tokio::test]
async fn a_users_job_is_not_replayed_here_and_the_page_says_why() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let id = stack.create("005000000000001AAA", &["dead"]).await?;
    let _worker = stack.work();
    stack.reaches(&id, JobState::Completed).await?;
    let page = browser.open(&page_of(&id)).await?;
    assert!(page.text.contains("runs in the name of 005000000000001AAA"), "{}", page.text);
    assert!(page.link("Replay…").is_none() && !page.text.contains("Replay all"), "{}", page.text);
    let ask = format!("{}/ask?act=retry", page_of(&id));
    assert_eq!(browser.get(&ask).await?.status, StatusCode::CONFLICT);
    let act = format!("{}/act", page_of(&id));
    let forced = browser.submit(&page_of(&id), &act, &[("act", "retry"), ("letter", "")]).await?;
    assert_eq!(forced.status, StatusCode::CONFLICT);
    assert_eq!(stack.view(&id).await?.run, 1);
    Ok(())
}

#[tokio::test]
async fn an_org_is_paused_with_a_reason_and_goes_on() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    let id = stack.free(&["ok"]).await?;
    let ask = format!("/orgs/ask?queue=org-job&org={ORG}&act=pause");
    assert!(browser.open(&ask).await?.text.contains(&format!("Pause {ORG}?")));
    let fields = |minutes| {
        [("queue", "org-job"), ("org", ORG), ("act", "pause"), ("minutes", minutes), ("reason", "<i>upgrade</i>")]
    };
    for minutes in ["", "0", "-5", "10081", "1e3"] {
        let page = browser.submit(&ask, "/orgs/act", &fields(minutes)).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{minutes}");
        assert!(page.text.contains("Minutes: expected a whole number from 1 to 10080"), "{}", page.text);
    }
    let page = browser.submit(&ask, "/orgs/act", &fields("30")).await?;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/#queue-org-job"));
    let card = browser.open("/").await?.card("queue-org-job")?;
    assert!(card.text.contains("paused by operator.ada: &#60;i&#62;upgrade"), "{}", card.text);
    assert!(card.text.contains("Resume…"), "{}", card.text);
    let _worker = stack.work();
    let page = browser.open(&page_of(&id)).await?;
    assert!(page.text.contains("paused by operator.ada") && page.text.contains("more)"), "{}", page.text);
    assert_eq!(stack.view(&id).await?.state, JobState::Queued);

    let ask = format!("/orgs/ask?queue=org-job&org={ORG}&act=resume");
    let resume = [("queue", "org-job"), ("org", ORG), ("act", "resume")];
    assert_eq!(browser.submit(&ask, "/orgs/act", &resume).await?.status, StatusCode::SEE_OTHER);
    stack.reaches(&id, JobState::Completed).await?;
    let again = browser.submit(&ask, "/orgs/act", &resume).await?;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is not paused any more");
    let card = browser.open("/").await?.card("queue-org-job")?;
    assert!(card.text.contains(&format!("operator.ada resumed {ORG}")), "{}", card.text);
    Ok(())
}
