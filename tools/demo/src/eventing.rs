//! Pattern 4: a user edits Opportunities, change events start a job, and a notification ends it.

mod jobs;

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use test_support::{LocalOrg, Notification, eventually, http_client};

use self::jobs::Job;
use crate::console::Console;
use crate::environment::{Environment, Variables};
use crate::scene::Scene;
use crate::shown::{Shown, seconds};
use crate::stack::{ORG, Stack};

/// Opportunities that the user edits.
const OPPORTUNITIES: u32 = 50;
/// Who edits them.
const USER: &str = "sales.user@my-org.local";
const CHANGES: &str = "/data/OpportunityChangeEvent";
/// Events that are shown one by one.
const SHOWN: usize = 3;
/// Longest wait for the subscriber.
const SUBSCRIBE_LIMIT: Duration = Duration::from_secs(30);
/// Longest wait for a job, and then for the notification, through the takeover of a dead worker's work.
const LIMIT: Duration = Duration::from_secs(120);
/// After the notification, for what should not come.
const GRACE: Duration = Duration::from_millis(500);

/// What came out.
struct Outcome {
    /// Change events in local-org.
    events: usize,
    /// Jobs in Redis.
    jobs: usize,
    /// Quotes in local-org.
    quotes: u64,
    notifications: Vec<Notification>,
    /// Id of the user who edited.
    user: String,
    /// From the edit until the job was created.
    to_job: Duration,
    /// From the edit until the user was notified.
    time: Duration,
}

/// How the pattern is shown.
pub(crate) const SCENE: Scene = Scene {
    environment,
    seed: |_| Some(OPPORTUNITIES),
    play: |_, console, stack| Box::pin(play(console, stack)),
    watch: |console, stack| Box::pin(stack.watch(console)),
};

fn environment(local_org: &LocalOrg, password: &str) -> Result<Environment> {
    let pubsub = local_org.pubsub_url()?;
    let hosts = format!("{},{}", local_org.host()?, pubsub.trim_start_matches("http://"));
    let mut all: Variables = local_org.applink_env()?.into();
    all.push(("EVENT_AUTHORIZATION", ORG.to_owned()));
    all.push(("PUBSUB_ENDPOINT", pubsub));
    Ok(Environment { all, web: vec![("WEBHOOK_TOKEN", password.to_owned())], hosts })
}

/// Waits for the subscriber, edits, follows what happens and counts.
async fn play(console: &Console, stack: &Stack) -> Result<Shown> {
    let org = stack.local_org();
    subscribed(org).await?;
    let started = Instant::now();
    let edited_at = SystemTime::now();
    let user = edit(org).await?;
    console.say(&format!("\n{USER} has edited {OPPORTUNITIES} Opportunities in one call. Change events:"));
    events(console, org).await?;
    let job = eventually(LIMIT, "a job was created", async || {
        jobs::of(stack.redis()).await?.into_iter().next().context("there is none")
    })
    .await?;
    let to_job = job.created_at.duration_since(edited_at).unwrap_or_default();
    console.say(&format!("\nJob {} was created {:.2} s after the edit", job.id, to_job.as_secs_f64()));
    let first = eventually(LIMIT, "the user is notified", async || {
        org.notifications(ORG).await?.into_iter().next().context("nobody is")
    })
    .await?;
    let time = started.elapsed();
    console.say(&format!("Notification for {USER}: {} — {}", first.title, first.body.trim()));
    tokio::time::sleep(GRACE).await;
    let outcome = Outcome {
        events: org.events(ORG, CHANGES, None).await?.events.len(),
        jobs: jobs::of(stack.redis()).await?.len(),
        quotes: org.count(ORG, "SELECT COUNT() FROM Quote").await?,
        notifications: org.notifications(ORG).await?,
        user,
        to_job,
        time,
    };
    Ok(Shown {
        text: outcome.text(),
        summary: outcome.summary(),
        problems: outcome.problems(),
        afterwards: afterwards(&org.url()?, &stack.web_url()?, stack.password(), &job),
    })
}

/// Waits until the web process has asked for events: earlier ones would not come.
async fn subscribed(org: &LocalOrg) -> Result<()> {
    eventually(SUBSCRIBE_LIMIT, "the web process has subscribed", async || {
        let streams = org.pubsub_streams(ORG).await?;
        let ready = streams.iter().any(|stream| stream.topic.as_deref() == Some(CHANGES) && stream.pending > 0);
        if ready { Ok(()) } else { bail!("{streams:?}") }
    })
    .await
}

/// Edits all Opportunities in one call of the REST API, as the everyday user, whose id it gives. Each gets another text:
/// Salesforce merges the events of records that were changed alike.
async fn edit(org: &LocalOrg) -> Result<String> {
    let (info, _) = org.org(ORG).await?;
    let user = org.open_session(ORG, USER, &[]).await?;
    let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id").await?;
    let edited = |(number, record): (usize, &Value)| {
        let next_step = format!("Call customer {}", number + 1);
        json!({ "attributes": { "type": "Opportunity" }, "Id": record["Id"], "NextStep": next_step })
    };
    let records: Vec<Value> = found.records.iter().enumerate().map(edited).collect();
    let url = format!("{}/services/data/v{}/composite/sobjects", info.instance_url, info.api_version);
    let request = http_client()?.patch(url).bearer_auth(&user.access_token);
    let answer = request.json(&json!({ "allOrNone": true, "records": records })).send().await?;
    let status = answer.status();
    let answer: Value = answer.json().await.context("the edit was not answered with JSON")?;
    let saved = answer.as_array().is_some_and(|results| results.iter().all(|result| result["success"] == true));
    ensure!(status.is_success() && saved, "the edit was answered {status}: {answer}");
    Ok(user.id)
}

/// Shows the first change events and the number of the others.
async fn events(console: &Console, org: &LocalOrg) -> Result<()> {
    let events = org.events(ORG, CHANGES, None).await?.events;
    for event in events.iter().take(SHOWN) {
        let header = &event.payload["ChangeEventHeader"];
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let record = text(&header["recordIds"][0]);
        console.say(&format!("  {} {record} {}", text(&header["changeType"]), text(&event.payload["NextStep"])));
    }
    if let Some(more) = events.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        console.say(&format!("  and {more} more of the same transaction"));
    }
    Ok(())
}

impl Outcome {
    fn summary(&self) -> Value {
        json!({
            "events": self.events,
            "jobs": self.jobs,
            "quotes": self.quotes,
            "notifications": self.notifications.len(),
            "secondsToJob": seconds(self.to_job),
            "seconds": seconds(self.time),
        })
    }

    fn text(&self) -> String {
        let rows = [
            ("change events", self.events.to_string()),
            ("jobs", self.jobs.to_string()),
            ("Quotes", self.quotes.to_string()),
            ("notifications", self.notifications.len().to_string()),
            ("time", format!("{:.2} s to the job, {:.2} s in all", self.to_job.as_secs_f64(), self.time.as_secs_f64())),
        ];
        let rows: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:<17} {value}")).collect();
        format!("\nCounted in local-org and Redis:\n{}\n", rows.join("\n"))
    }

    /// Everything that is not as it should be, as sentences.
    fn problems(&self) -> Vec<String> {
        let edited = u64::from(OPPORTUNITIES);
        let mut problems = Vec::new();
        if u64::try_from(self.events).ok() != Some(edited) {
            problems.push(format!("local-org has {} change events, not {edited}", self.events));
        }
        if self.jobs != 1 {
            problems.push(format!("one transaction became {} jobs", self.jobs));
        }
        if self.quotes != edited {
            problems.push(format!("local-org has {} Quotes, not {edited}", self.quotes));
        }
        match &self.notifications[..] {
            [one] if one.recipient == self.user => {}
            [one] => problems.push(format!("{} was notified, not the user who edited", one.recipient)),
            many => problems.push(format!("there are {} notifications, not one", many.len())),
        }
        problems
    }
}

fn afterwards(org_url: &str, web_url: &str, token: &str, job: &Job) -> String {
    format!(
        "Everything stays up until Ctrl-C. To watch: {org_url}/console/orgs/{ORG} for events, Quotes and notifications,\n\
         and {web_url} for the service (any name, password {token}; {web_url}/docs). The job was\n\
         {}. Edit another Opportunity:\n\n\
         id=$(curl -s '{org_url}/local/orgs/{ORG}/query?q=SELECT+Id+FROM+Opportunity+LIMIT+1' | jq -r '.records[0].Id')\n\
         curl -s -X PATCH {org_url}/local/orgs/{ORG}/records/Opportunity/$id -H 'content-type: application/json' \
         -d '{{\"NextStep\":\"Call again\"}}'\n\
         sleep 5; curl -s {org_url}/local/orgs/{ORG}/notifications | jq .\n\
         curl -s {web_url}/info -H 'authorization: Bearer {token}' | jq .\n",
        job.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let notification = Notification {
            recipient: "005A".to_owned(),
            title: "Quotes: completed".to_owned(),
            body: "50 made".to_owned(),
            kind: "QuoteGenerationComplete".to_owned(),
        };
        Outcome {
            events: 50,
            jobs: 1,
            quotes: 50,
            notifications: vec![notification],
            user: "005A".to_owned(),
            to_job: Duration::from_micros(1_100_400),
            time: Duration::from_millis(1_500),
        }
    }

    #[test]
    fn the_summary_has_exactly_the_documented_members() {
        let expected = json!({
            "events": 50, "jobs": 1, "quotes": 50, "notifications": 1, "secondsToJob": 1.1, "seconds": 1.5,
        });
        assert_eq!(outcome().summary(), expected);
        assert_eq!(outcome().problems(), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut wrong = outcome();
        (wrong.events, wrong.jobs, wrong.quotes) = (49, 2, 100);
        wrong.user = "005B".to_owned();
        let problems = wrong.problems().join("\n");
        for part in ["49 change events", "2 jobs", "100 Quotes", "005A was notified"] {
            assert!(problems.contains(part), "{part} is missing in {problems}");
        }
        wrong.notifications.clear();
        assert!(wrong.problems().join("\n").contains("0 notifications"));
    }
}
