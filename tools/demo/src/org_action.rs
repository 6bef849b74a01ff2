//! Pattern 2: Salesforce calls Heroku. A user without special rights asks for Quotes, at once and with a callback.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use test_support::{Invocation, InvocationState, Invoke, Invoked, LocalOrg, Publication, eventually, workspace_root};

use crate::console::Console;
use crate::environment::Environment;
use crate::scene::Scene;
use crate::shell::quoted;
use crate::shown::{Shown, seconds};
use crate::stack::{ORG, Stack};

const CLIENT: &str = "GenerateQuote";
/// A Standard User, who sees `DiscountOverride__c` only in sessions with the permission set of the call.
const USER: &str = "sales.user@my-org.local";
const SPECIFICATION: &str = "services/org-action/web/api-docs.yaml";
/// Longest wait for the callback.
const CALLBACK_LIMIT: Duration = Duration::from_secs(60);

/// Opportunities that the demo needs: a plain one, and one whose lines have an override.
const OPPORTUNITIES: u32 = 2;

/// What came out.
struct Outcome {
    quote: Invoked,
    asynchronous: Invocation,
    denied: Invoked,
    elevated: Invoked,
    /// From the synchronous call to the callback.
    time: Duration,
    /// TotalPrice of the synchronous Quote and of the one with the override, as text.
    prices: (String, String),
    /// Quotes that are in local-org now and were not before.
    quotes: u64,
}

/// How the pattern is shown.
pub(crate) const SCENE: Scene = Scene {
    environment,
    seed: |_| Some(OPPORTUNITIES),
    play: |_, console, stack| Box::pin(play(console, stack)),
    watch: |console, stack| Box::pin(stack.watch(console)),
};

fn environment(local_org: &LocalOrg, _password: &str) -> Result<Environment> {
    let all = vec![("ENABLE_DISCOUNT_OVERRIDES", "true".to_owned())];
    Ok(Environment { all, web: Vec::new(), hosts: local_org.host()? })
}

/// Publishes the service, calls it in four ways and counts.
async fn play(console: &Console, stack: &Stack) -> Result<Shown> {
    let org = stack.local_org();
    let url = stack.web_url()?;
    let spec = std::fs::read_to_string(workspace_root()?.join(SPECIFICATION)).context(SPECIFICATION)?;
    let publication = Publication { org: ORG.to_owned(), client_name: CLIENT.to_owned(), url: url.clone(), spec };
    org.publish(&publication).await?;
    console.say(&format!("\n{CLIENT} is published to {ORG}. {USER} calls it:"));
    let (plain, discounted) = opportunities(org).await?;
    let outcome = calls(console, org, &plain, &discounted).await?;
    Ok(Shown {
        text: outcome.text(),
        summary: outcome.summary(),
        problems: outcome.problems(),
        afterwards: afterwards(&org.url()?, &url, &plain),
    })
}

async fn calls(console: &Console, org: &LocalOrg, plain: &str, discounted: &str) -> Result<Outcome> {
    let before = org.count(ORG, "SELECT COUNT() FROM Quote").await?;
    let started = Instant::now();
    let quote = org.invoke(ORG, &call("generateQuote", plain)).await?;
    say(console, "generateQuote", quote.status, &quote.body);
    let pending = org.invoke(ORG, &call("generateQuoteAsync", plain)).await?;
    say(console, "generateQuoteAsync", pending.status, &pending.body);
    let asynchronous = callback(org, &pending.invocation_id).await?;
    let time = started.elapsed();
    let last = asynchronous.deliveries.last();
    say(
        console,
        "its callback",
        last.and_then(|delivery| delivery.status).unwrap_or_default(),
        asynchronous.callback.as_ref().unwrap_or(&Value::Null),
    );
    let denied = org.invoke(ORG, &call("generateQuote", discounted).permission_set("")).await?;
    say(console, "without permission set", denied.status, &denied.body);
    let elevated = org.invoke(ORG, &call("generateQuote", discounted)).await?;
    say(console, "with it, 50 % override", elevated.status, &elevated.body);
    let prices = (price(org, &quote.body).await?, price(org, &elevated.body).await?);
    let quotes = org.count(ORG, "SELECT COUNT() FROM Quote").await? - before;
    Ok(Outcome { quote, asynchronous, denied, elevated, time, prices, quotes })
}

/// The Ids of the plain Opportunity and of the one whose lines get an override of 50 %.
async fn opportunities(org: &LocalOrg) -> Result<(String, String)> {
    let found = org.query(ORG, "SELECT Id FROM Opportunity ORDER BY Id LIMIT 2").await?;
    let ids: Vec<&str> = found.records.iter().filter_map(|record| record["Id"].as_str()).collect();
    let [plain, discounted] = ids[..] else { bail!("local-org has {} Opportunities, not two", ids.len()) };
    let lines = format!("SELECT Id FROM OpportunityLineItem WHERE OpportunityId = '{discounted}'");
    for line in org.query(ORG, &lines).await?.records {
        let id = line["Id"].as_str().context("a line without an Id")?;
        org.update(ORG, "OpportunityLineItem", id, &json!({ "DiscountOverride__c": 50 })).await?;
    }
    Ok((plain.to_owned(), discounted.to_owned()))
}

fn call(operation: &str, opportunity: &str) -> Invoke {
    Invoke::new(CLIENT, operation).user(USER).body(json!({ "opportunityId": opportunity }))
}

fn say(console: &Console, what: &str, status: u16, body: &Value) {
    console.say(&format!("  {what:<24} {status} {}", brief(body)));
}

/// An answer on one line: of an error, its code and the sentence that tells what is wrong.
fn brief(body: &Value) -> String {
    let Some(error) = body.get("error") else { return body.to_string() };
    let message = error["message"].as_str().unwrap_or_default();
    let sentence = message.lines().last().unwrap_or_default().split_inclusive(". ").next().unwrap_or_default();
    format!("{} {}", error["code"].as_str().unwrap_or_default(), sentence.trim_end())
}

/// The call when its callback has come.
async fn callback(org: &LocalOrg, invocation: &str) -> Result<Invocation> {
    eventually(CALLBACK_LIMIT, "the callback has come", async || {
        let invocation = org.invocation(ORG, invocation).await?;
        ensure!(invocation.state != InvocationState::Pending, "it is pending");
        Ok(invocation)
    })
    .await
}

/// TotalPrice of the Quote that an answer names; `none` when it names none.
async fn price(org: &LocalOrg, answer: &Value) -> Result<String> {
    let Some(quote) = answer["quoteId"].as_str() else { return Ok("none".to_owned()) };
    let found = org.query(ORG, &format!("SELECT TotalPrice FROM Quote WHERE Id = '{quote}'")).await?;
    Ok(found.records.first().map_or("none".to_owned(), |record| record["TotalPrice"].to_string()))
}

impl Outcome {
    fn async_quote(&self) -> Option<&str> {
        self.asynchronous.callback.as_ref()?.get("quoteId")?.as_str()
    }

    fn summary(&self) -> Value {
        json!({
            "quoteId": self.quote.body["quoteId"],
            "asyncQuoteId": self.async_quote(),
            "callbacks": self.asynchronous.delivery_count,
            "totalPrice": self.prices.0.parse::<f64>().ok(),
            "seconds": seconds(self.time),
        })
    }

    fn text(&self) -> String {
        let rows = [
            ("Quotes", self.quotes.to_string()),
            ("callbacks", self.asynchronous.delivery_count.to_string()),
            ("price by rule", self.prices.0.clone()),
            ("with the override", self.prices.1.clone()),
            ("time", format!("{:.2} s for both calls and the callback", self.time.as_secs_f64())),
        ];
        let rows: Vec<String> = rows.iter().map(|(name, value)| format!("  {name:<17} {value}")).collect();
        format!("\nCounted in local-org:\n{}\n", rows.join("\n"))
    }

    /// Everything that is not as it should be, as sentences.
    fn problems(&self) -> Vec<String> {
        let quote = self.quote.body["quoteId"].as_str();
        let checks = [
            (self.quote.status == 200 && quote.is_some(), "generateQuote gave no Quote"),
            (self.async_quote().is_some(), "generateQuoteAsync gave no Quote"),
            (self.async_quote() != quote, "two calls gave the same Quote"),
            (self.asynchronous.delivery_count == 1, "the callback did not come exactly once"),
            (self.denied.status == 422, "the call without the permission set was not refused"),
            (self.elevated.status == 200, "the call with the permission set was refused"),
            (self.quotes == 3, "local-org has another number of new Quotes than three"),
            (self.prices.0 != self.prices.1, "the override changed no price"),
        ];
        checks.iter().filter(|(good, _)| !good).map(|(_, problem)| (*problem).to_owned()).collect()
    }
}

fn afterwards(org_url: &str, web_url: &str, opportunity: &str) -> String {
    let body = json!({
        "clientName": CLIENT, "operationId": "generateQuoteAsync", "user": USER,
        "body": { "opportunityId": opportunity },
    });
    let plain = json!({ "opportunityId": opportunity }).to_string();
    format!(
        "Everything stays up until Ctrl-C: {web_url}/docs and {org_url}/console/orgs/{ORG}.\n\
         Call it as Salesforce does, with a callback; look at all calls; and call it by the script that works against a\n\
         real org, too:\n\n\
         curl -s {org_url}/local/orgs/{ORG}/invoke -H 'content-type: application/json' -d {} | jq .\n\
         curl -s {org_url}/local/orgs/{ORG}/invocations | jq .\n\
         LOCAL_ORG_URL={org_url} bin/invoke.sh {ORG} {web_url}/api/generatequote {} GenerateQuotePermissions\n",
        quoted(&body.to_string()),
        quoted(&plain),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoked(status: u16, body: Value) -> Invoked {
        let answer = json!({ "status": status, "body": body, "requestId": "r", "invocationId": "i" });
        serde_json::from_value(answer).unwrap()
    }

    fn outcome() -> Outcome {
        let asynchronous = json!({
            "id": "i", "clientName": CLIENT, "operationId": "generateQuoteAsync", "user": USER, "requestId": "r",
            "state": "completed", "callback": { "jobId": "j", "quoteId": "0Q0B" }, "deliveryCount": 1, "deliveries": [],
        });
        Outcome {
            quote: invoked(200, json!({ "quoteId": "0Q0A" })),
            asynchronous: serde_json::from_value(asynchronous).unwrap(),
            denied: invoked(422, json!({ "error": { "code": "INVALID_FIELD" } })),
            elevated: invoked(200, json!({ "quoteId": "0Q0C" })),
            time: Duration::from_micros(250_400),
            prices: ("180.0".to_owned(), "100.0".to_owned()),
            quotes: 3,
        }
    }

    #[test]
    fn the_summary_has_exactly_the_documented_members() {
        let expected = json!({
            "quoteId": "0Q0A", "asyncQuoteId": "0Q0B", "callbacks": 1, "totalPrice": 180.0, "seconds": 0.25,
        });
        assert_eq!(outcome().summary(), expected);
        assert_eq!(outcome().problems(), Vec::<String>::new());
    }

    #[test]
    fn an_error_is_told_by_its_last_line() {
        let message =
            "\nSELECT Id, X__c FROM\n           ^\nERROR at Row:1:Column:12\nNo such column 'X__c'. If you use …";
        let body = json!({ "error": { "code": "INVALID_FIELD", "message": message } });
        assert_eq!(brief(&body), "INVALID_FIELD No such column 'X__c'.");
        assert_eq!(brief(&json!({ "quoteId": "0Q0" })), r#"{"quoteId":"0Q0"}"#);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut wrong = outcome();
        wrong.asynchronous.delivery_count = 2;
        wrong.denied.status = 200;
        wrong.prices.1 = "180.0".to_owned();
        let problems = wrong.problems().join("\n");
        for part in ["exactly once", "was not refused", "no price"] {
            assert!(problems.contains(part), "{part} is missing in {problems}");
        }
    }
}
