//! Each command does what it says, and refuses what the protocol does not allow.

use crate::support::{Bed, ORG};
use anyhow::Result;
use shared::jobs::{JobState, OPERATOR};
use test_support::{TestRedis, binary};

const USER: &str = "005000000000001AAA";

#[tokio::test]
async fn jobs_are_listed_and_shown() -> Result<()> {
    let bed = Bed::new().await?;
    let buried = bed.buried(OPERATOR, "it said \u{1b}[31mno").await?;
    let open = bed.create(USER).await?;
    let list = bed.text(&["list"])?;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(lines[0].starts_with("JOB") && lines[1].starts_with(&open.hyphenated()), "{list}");
    assert!(lines[2].contains("org-job") && lines[2].contains("completed"), "{list}");
    let found = bed.json(&["list", "--which", "queued", "--pattern", "org-job"])?;
    assert_eq!((found[0]["pattern"].as_str(), found[0]["jobs"].as_array().map(Vec::len)), (Some("org-job"), Some(1)));
    assert_eq!(bed.json(&["list", "--org", "other"])?[0]["jobs"].as_array().map(Vec::len), Some(0));

    let shown = bed.text(&["show", &buried.hyphenated()])?;
    assert!(shown.contains("completed") && shown.contains("3 of 3"), "{shown}");
    assert_eq!(bed.json(&["show", &buried.to_string()])?["deadChunks"], 1);
    let dead = bed.text(&["dead", &buried.hyphenated()])?;
    assert!(dead.contains("it said \\u{1b}[31mno") && !dead.contains('\u{1b}'), "{dead:?}");
    assert!(bed.text(&["dead"])?.contains(&buried.hyphenated()));
    assert!(bed.text(&["errors", &buried.hyphenated()])?.contains("0 of 0 errors"));
    let overview = bed.json(&["overview", "--pattern", "org-job"])?;
    assert_eq!((&overview[0]["overview"]["openJobs"], &overview[0]["overview"]["deadLetters"]), (&1.into(), &1.into()));
    assert!(bed.text(&["overview"])?.contains("1 open jobs (1 queued)"));
    let missing = bed.refusal(&["show", "0190a0b0c0d07000800000000000000a"])?;
    assert!(missing.contains("there is no job"), "{missing}");
    Ok(())
}

#[tokio::test]
async fn acts_are_recorded_with_the_name() -> Result<()> {
    let bed = Bed::new().await?;
    let id = bed.create(USER).await?;
    let said = bed.text(&["cancel", &id.hyphenated(), "--as", "grace"])?;
    assert!(said.starts_with("cancelled: job"), "{said}");
    let shown = bed.json(&["show", &id.hyphenated()])?;
    assert_eq!(shown["history"][0]["actor"], "operator.grace");
    let late = bed.refusal(&["cancel", &id.hyphenated()])?;
    assert!(late.contains("the job is cancelled already (operator.grace cancelled it"), "{late}");
    bed.jobs.tasks().finish(&bed.claim().await?.lease).await?;

    let buried = bed.buried(OPERATOR, "no").await?;
    let missing = bed.refusal(&["retry", &buried.hyphenated(), "--letter", "4"])?;
    assert!(missing.contains("no such dead letter"), "{missing}");
    bed.text(&["retry", &buried.hyphenated(), "--letter", "0"])?;
    let view = bed.jobs.get(ORG, &buried).await?;
    let view = view.as_ref().map(|view| (view.state, view.history[0].actor.as_str()));
    assert_eq!(view, Some((JobState::Queued, "operator.ada")));
    Ok(())
}

#[tokio::test]
async fn what_needs_a_session_or_the_key_is_refused() -> Result<()> {
    let bed = Bed::new().await?;
    let theirs = bed.buried(USER, "no").await?;
    let refused = bed.refusal(&["retry", &theirs.hyphenated()])?;
    assert!(refused.contains(USER) && refused.contains("from Salesforce"), "{refused}");
    let free = bed.buried(OPERATOR, "no").await?;
    let output = bed.command(&["retry", &free.hyphenated()])?.output()?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("JOB_SECRET_KEY is not set"), "{output:?}");
    assert!(!output.status.success());
    let held = bed.refusal(&["resume", &free.hyphenated()])?;
    assert!(held.contains("does not wait for an authorization"), "{held}");
    // Looking needs no key.
    assert!(bed.command(&["list"])?.output()?.status.success());
    Ok(())
}

#[tokio::test]
async fn an_org_is_paused_and_goes_on() -> Result<()> {
    let bed = Bed::new().await?;
    let id = bed.create(USER).await?;
    let which = bed.refusal(&["pause", ORG])?;
    assert!(which.contains("--pattern"), "four patterns are meant: {which}");
    bed.text(&["pause", ORG, "--pattern", "org-job", "--minutes", "5", "--reason", "upgrade"])?;
    let shown = bed.text(&["show", &id.hyphenated()])?;
    assert!(shown.contains("paused by operator.ada: upgrade") && shown.contains("rests until"), "{shown}");
    // The app's own pattern is what is meant on its dynos.
    let output = bed.command(&["resume", ORG])?.env("PATTERN", "org-job").output()?;
    assert!(output.status.success(), "{output:?}");
    assert!(bed.claim().await.is_ok());
    let again = bed.refusal(&["resume", ORG, "-p", "{org-job}:"])?;
    assert!(again.contains("is not paused"), "{again}");
    Ok(())
}

/// The answer was lost, so the same is typed again: it says that it is so already, and nothing is done a second time.
#[tokio::test]
async fn a_command_that_is_given_again_says_that_it_is_so_already() -> Result<()> {
    let bed = Bed::new().await?;
    let again = |arguments: &[&str], words: &str| -> Result<()> {
        bed.text(arguments)?;
        let said = bed.refusal(arguments)?;
        assert!(said.contains(words), "{arguments:?}: {said}");
        Ok(())
    };
    let history =
        |id: &str| -> Result<usize> { Ok(bed.json(&["show", id])?["history"].as_array().map_or(0, Vec::len)) };

    let cancelled = bed.create(USER).await?.hyphenated();
    again(&["cancel", &cancelled], "the job is cancelled already (operator.ada cancelled it at")?;
    assert_eq!(history(&cancelled)?, 1);
    bed.jobs.tasks().finish(&bed.claim().await?.lease).await?;

    let held = bed.create(OPERATOR).await?.hyphenated();
    bed.jobs.tasks().hold(&bed.claim().await?.lease, "the authorization is gone").await?;
    again(&["resume", &held], "the job was let go on already (operator.ada let it go on at")?;
    assert_eq!(history(&held)?, 1);
    bed.text(&["cancel", &held])?;
    bed.jobs.tasks().finish(&bed.claim().await?.lease).await?;

    for letter in [&[][..], &["--letter", "0"]] {
        let buried = bed.buried(OPERATOR, "no").await?.hyphenated();
        again(
            &[&["retry", buried.as_str()][..], letter].concat(),
            "the dead letters are put back already, and the job runs again",
        )?;
        let job = bed.json(&["show", &buried])?;
        assert_eq!((&job["run"], &job["deadChunks"]), (&2.into(), &0.into()), "{job}");
        assert_eq!(history(&buried)?, 1);
        bed.text(&["cancel", &buried])?;
        bed.jobs.tasks().finish(&bed.claim().await?.lease).await?;
    }

    let org = [ORG, "-p", "org-job"];
    again(&[&["pause"][..], &org, &["--reason", "upgrade"]].concat(), "is paused already until")?;
    again(&[&["resume"][..], &org].concat(), "it goes on already (operator.ada resumed it at")?;
    let acts = bed.jobs.operator().operations().await?.into_iter().filter(|act| act.refused.is_none());
    assert_eq!(acts.filter(|act| act.org == ORG && act.job.is_none()).count(), 2, "once each");
    Ok(())
}

#[tokio::test]
async fn a_wrong_setting_is_named() -> Result<()> {
    let bed = Bed::new().await?;
    for (arguments, name) in [(&["list", "--pattern", "a b"][..], "--pattern"), (&["list", "--as", "a b"], "--as")] {
        let output = bed.run(arguments)?;
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(name), "{output:?}");
    }
    let output = std::process::Command::new(binary("jobs")?).arg("list").env_clear().output()?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("REDIS_URL: is not set"), "{output:?}");
    let mut away = TestRedis::start().await?;
    let url = away.url();
    away.stop().await?;
    let output = std::process::Command::new(binary("jobs")?).arg("list").env_clear().env("REDIS_URL", &url).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("Failed to connect to REDIS_URL at 127.0.0.1"), "{said}");
    Ok(())
}
