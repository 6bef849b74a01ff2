//! Two operators at a time, each with a dashboard process of their own, or one of them at a terminal: one of two acts is done, the
//! other operator is told what happened, nothing is done twice, and both stand in the log.

use crate::support::{LIMIT, ORG, SECRET, Stack, dashboard_of, log_in, page_of};
use anyhow::{Result, ensure};
use reqwest::StatusCode;
use shared::jobs::JobState;
use std::time::Duration;
use test_support::{Browser, Page, Service, binary, eventually};

const ROUNDS: usize = 4;

/// ada's browser, and grace's at another process.
struct Two {
    stack: Stack,
    ada: Browser,
    grace: Browser,
    _other: Service,
}

impl Two {
    async fn start() -> Result<Self> {
        let stack = Stack::start().await?;
        let other = dashboard_of(&stack.redis, "grace")?.start().await?;
        let ada = stack.logged_in().await?;
        let grace = log_in(Browser::new(other.url()?)?, "grace").await?;
        Ok(Self { stack, ada, grace, _other: other })
    }

    /// Both send the same form, whose pages they opened before; the winner, and what the other one was shown.
    async fn press(&self, path: &str, fields: &[(&str, &str)]) -> Result<(&'static str, Page)> {
        let (ada, grace) = (self.ada.token("/").await?, self.grace.token("/").await?);
        let form = |token| {
            let mut fields = fields.to_vec();
            fields.push(("csrf_token", token));
            fields
        };
        let (ada, grace) = (form(ada.as_str()), form(grace.as_str()));
        let one = self.ada.send(self.ada.request(reqwest::Method::POST, path).form(&ada));
        let two = self.grace.send(self.grace.request(reqwest::Method::POST, path).form(&grace));
        let (one, two) = tokio::try_join!(one, two)?;
        match (one.status, two.status) {
            (StatusCode::SEE_OTHER, StatusCode::CONFLICT) => Ok(("operator.ada", two)),
            (StatusCode::CONFLICT, StatusCode::SEE_OTHER) => Ok(("operator.grace", one)),
            (one_status, two_status) => {
                anyhow::bail!("{one_status} and {two_status}: {} {}", one.text, two.text)
            }
        }
    }

    /// The log on the overview has both: who did it, or wanted to and did not.
    async fn log(&self, words: [&str; 2]) -> Result<()> {
        for browser in [&self.ada, &self.grace] {
            eventually(LIMIT, "the overview tells both", async || {
                let card = browser.open("/").await?.card("queue-org-job")?;
                ensure!(words.iter().all(|words| card.text.contains(words)), "{words:?}: {}", card.text);
                Ok(())
            })
            .await?;
        }
        Ok(())
    }
}

fn other(winner: &str) -> &'static str {
    if winner == "operator.ada" { "operator.grace" } else { "operator.ada" }
}

#[tokio::test]
async fn two_cancel_a_job() -> Result<()> {
    let two = Two::start().await?;
    for _ in 0..ROUNDS {
        let id = two.stack.free(&["ok"]).await?;
        let act = format!("{}/act", page_of(&id));
        let (winner, told) = two.press(&act, &[("act", "cancel"), ("letter", "")]).await?;
        assert!(told.text.contains(&format!("({winner} cancelled it at ")), "{}", told.text);
        assert_eq!(two.stack.view(&id).await?.history.len(), 1);
        let page = two.ada.open(&page_of(&id)).await?;
        assert!(page.text.contains(&format!("{winner} cancelled it")), "{}", page.text);
        let wish = format!("{} wanted to cancel job {} of {ORG}; nothing was done", other(winner), id.hyphenated());
        two.log([&wish, "is cancelled already"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_replay_the_dead_letters_of_a_job() -> Result<()> {
    let two = Two::start().await?;
    let _worker = two.stack.work();
    for letter in ["", "1"].repeat(ROUNDS / 2) {
        let id = two.stack.free(&["dead", "dead"]).await?;
        two.stack.reaches(&id, JobState::Completed).await?;
        let act = format!("{}/act", page_of(&id));
        let (winner, told) = two.press(&act, &[("act", "retry"), ("letter", letter)]).await?;
        assert!(told.text.contains(&format!("({winner} put dead letters back at ")), "{}", told.text);
        two.stack.reaches(&id, JobState::Completed).await?;
        let view = two.stack.view(&id).await?;
        let replayed = if letter.is_empty() { 2 } else { 1 };
        assert_eq!((view.run, view.history.len(), view.succeeded), (2, 1, 10 * replayed), "{view:?}");
        let wish = format!("{} wanted to retry job {} of {ORG}", other(winner), id.hyphenated());
        two.log([&wish, "nothing was done"]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_pause_an_org_and_let_it_go_on() -> Result<()> {
    let two = Two::start().await?;
    for _ in 0..ROUNDS {
        let pause = [("queue", "org-job"), ("org", ORG), ("act", "pause"), ("minutes", "5"), ("reason", "upgrade")];
        let (winner, told) = two.press("/orgs/act", &pause).await?;
        assert!(told.text.contains(&format!("paused by {winner}: upgrade")), "{}", told.text);
        two.log([&format!("{} wanted to pause {ORG}", other(winner)), &format!("{winner} paused {ORG}")]).await?;
        // The page that asks knows of the pause now, so that whoever means to can give another one in its place.
        let ask = format!("/orgs/ask?queue=org-job&org={ORG}&act=pause");
        let asked = two.grace.open(&ask).await?;
        assert!(asked.text.contains("anew?") && asked.text.contains(&format!("paused by {winner}")), "{}", asked.text);
        let seen = asked.between("name=\"instead_of\" value=\"", "\"").first().map(ToString::to_string);
        let instead = [pause.as_slice(), &[("instead_of", seen.as_deref().unwrap_or_default())]].concat();
        two.press("/orgs/act", &instead).await?;
        let resume = [("queue", "org-job"), ("org", ORG), ("act", "resume")];
        let (winner, told) = two.press("/orgs/act", &resume).await?;
        assert!(told.text.contains(&format!("{winner} resumed it at ")), "{}", told.text);
        two.log([&format!("{} wanted to resume {ORG}", other(winner)), &format!("{winner} resumed {ORG}")]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn one_at_a_terminal_and_one_at_a_page_cancel_a_job() -> Result<()> {
    let stack = Stack::start().await?;
    let browser = stack.logged_in().await?;
    for _ in 0..ROUNDS {
        let id = stack.free(&["ok"]).await?;
        let token = browser.token("/").await?;
        let mut terminal = std::process::Command::new(binary("jobs")?);
        terminal.args(["cancel", &id.hyphenated(), "--as", "grace"]).env_clear();
        terminal.env("REDIS_URL", stack.redis.url()).env("JOB_SECRET_KEY", SECRET);
        let terminal = tokio::task::spawn_blocking(move || terminal.output());
        // About as long as the program takes to start.
        tokio::time::sleep(Duration::from_millis(15)).await;
        let form = [("act", "cancel"), ("letter", ""), ("csrf_token", token.as_str())];
        let act = format!("{}/act", page_of(&id));
        let page = browser.send(browser.request(reqwest::Method::POST, &act).form(&form)).await?;
        let said = terminal.await??;
        let (out, error) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
        let winner = if page.status == StatusCode::SEE_OTHER {
            assert!(error.contains("(operator.ada cancelled it at "), "{error}");
            "operator.ada"
        } else {
            assert!(page.text.contains("(operator.grace cancelled it at "), "{}", page.text);
            assert!(out.starts_with("cancelled: job"), "{out}");
            "operator.grace"
        };
        assert_ne!(said.status.success(), page.status == StatusCode::SEE_OTHER, "one of them: {out} {error}");
        let history = stack.view(&id).await?.history;
        assert_eq!(history.iter().map(|act| act.actor.as_str()).collect::<Vec<_>>(), [winner]);
    }
    Ok(())
}
