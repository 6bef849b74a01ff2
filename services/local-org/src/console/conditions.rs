//! The costs and faults in force.

use super::text::{counted, grouped, shortened};
use crate::costs::Costs;
use crate::faults::{Action, Listed, OddAnswer, OddBody, RecordError, Rule};
use crate::host::{Host, OrgHost};

/// What calls of one org have to reckon with.
#[derive(Debug)]
pub(super) struct Conditions {
    /// What is not free and unlimited: what, and how much.
    pub(super) costs: Vec<(&'static str, String)>,
    pub(super) faults: Vec<Fault>,
    /// Faults of the Pub/Sub API, in words.
    pub(super) pubsub_faults: Vec<String>,
}

/// A fault rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) requests: String,
    pub(super) action: String,
    pub(super) hits: String,
}

impl Conditions {
    pub(super) fn of(host: &Host, org: &OrgHost) -> Self {
        let name = org.store.name();
        let faults = host.faults.in_force();
        let meant = |fault: &&Listed| fault.rule.org.as_deref().is_none_or(|org| org == name);
        Self {
            costs: costs(host.costs.get()),
            faults: faults.iter().filter(meant).map(Fault::of).collect(),
            pubsub_faults: org.pubsub.faults_in_force(),
        }
    }

    pub(super) fn are_none(&self) -> bool {
        self.costs.is_empty() && self.faults.is_empty() && self.pubsub_faults.is_empty()
    }
}

fn costs(costs: Costs) -> Vec<(&'static str, String)> {
    let Costs { call_ms, row_us, max_concurrent, daily_limit, bulk_delay_ms } = costs;
    let time = |amount: u64, unit: &str| (amount > 0).then(|| format!("{} {unit}", grouped(amount)));
    [
        ("Each call", time(call_ms, "ms")),
        ("Each row", time(row_us, "µs")),
        ("Calls at the same time", max_concurrent.map(|limit| format!("{} at most", grouped(limit)))),
        ("Calls a day", daily_limit.map(|limit| format!("{} at most", grouped(limit)))),
        ("Bulk API jobs wait", time(bulk_delay_ms, "ms")),
    ]
    .into_iter()
    .filter_map(|(what, amount)| Some((what, amount?)))
    .collect()
}

impl Fault {
    fn of(listed: &Listed) -> Self {
        let Listed { hits, rule, .. } = listed;
        let used = rule.times.map_or_else(
            || counted(*hits, "time"),
            |times| format!("{} of {}", grouped(*hits), counted(times, "time")),
        );
        Self { requests: requests(rule), action: action(&rule.action), hits: used }
    }
}

fn requests(rule: &Rule) -> String {
    let method = rule.method.as_deref().unwrap_or("Any request");
    let path = rule.path_contains.as_deref().map(|text| format!("with “{text}” in its path"));
    let body = rule.body_contains.as_deref().map(|text| format!("with “{text}” in its body"));
    let skip = (rule.skip > 0).then(|| format!("after the first {}", grouped(rule.skip)));
    let parts = [Some(method.to_owned()), path, body, skip];
    shortened(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn action(action: &Action) -> String {
    match action {
        Action::Status { status, error_code, .. } => format!("answers {status} {error_code}"),
        Action::Answer(answer) => odd(answer),
        Action::DropDuring => "closes the connection in the middle of the answer".to_owned(),
        Action::Trickle { ms } => format!("sends the answer over {} ms", grouped(*ms)),
        Action::DropBefore => "closes the connection before the work".to_owned(),
        Action::DropAfter => "closes the connection after the work".to_owned(),
        Action::DelayBefore { ms } => format!("waits {} ms before the work", grouped(*ms)),
        Action::DelayAfter { ms } => format!("waits {} ms after the work", grouped(*ms)),
        Action::RecordError(RecordError { object, error_code, .. }) => {
            format!("fails records of {object} with {error_code}")
        }
    }
}

fn odd(answer: &OddAnswer) -> String {
    let status = answer.status.map(|status| format!("{status} with "));
    let body = match &answer.body {
        OddBody::Own => "its own body".to_owned(),
        OddBody::Empty => "no body".to_owned(),
        OddBody::Html => "a page".to_owned(),
        OddBody::Truncated => "half a body".to_owned(),
        OddBody::Json { value } => shortened(&value.to_string()),
    };
    let when = if answer.executed { "after the work" } else { "instead of the work" };
    format!("answers {}{body} {when}", status.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_costs_is_told() {
        assert_eq!(costs(Costs::default()), []);
        let limited = Costs { call_ms: 1_500, max_concurrent: Some(10), ..Costs::default() };
        let expected = [("Each call", "1,500 ms".to_owned()), ("Calls at the same time", "10 at most".to_owned())];
        assert_eq!(costs(limited), expected);
    }

    #[test]
    fn rules_are_put_in_words() {
        let fault = |rule| Fault::of(&Listed { id: 1, hits: 1, rule: serde_json::from_value(rule).expect("a rule") });
        let given = fault(json!({"action": {"kind": "dropAfter"}}));
        assert_eq!((given.requests.as_str(), given.hits.as_str()), ("Any request", "1 time"));
        let given =
            fault(json!({"action": {"kind": "answer", "executed": true, "status": 200, "body": {"kind": "html"}}}));
        assert_eq!(given.action, "answers 200 with a page after the work");
        let given = fault(json!({"action": {"kind": "answer", "body": {"kind": "json", "value": {"id": null}}}}));
        assert_eq!(given.action, r#"answers {"id":null} instead of the work"#);
        let given = fault(json!({"method": "POST", "pathContains": "/graph", "skip": 2, "times": 3,
            "action": {"kind": "status", "status": 503, "errorCode": "SERVER_UNAVAILABLE"}}));
        assert_eq!(given.requests, "POST with “/graph” in its path after the first 2");
        assert_eq!((given.action.as_str(), given.hits.as_str()), ("answers 503 SERVER_UNAVAILABLE", "1 of 3 times"));
    }
}
