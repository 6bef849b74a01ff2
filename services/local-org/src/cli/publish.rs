//! `local-org publish`: publishes an app to a local org that runs already, as `heroku salesforce:publish` publishes one to
//! a real org.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::external_services;

/// What to publish, and where.
#[derive(Debug, Args)]
pub struct Publish {
    /// The app's API specification: OpenAPI 3.0 in YAML (.yaml, .yml) or JSON (.json)
    spec_file: PathBuf,
    /// Name by which Apex, Flow and Agentforce know the app; also of the permission set that its callers need
    #[arg(long, short)]
    client_name: String,
    /// Where the app is
    #[arg(long)]
    url: String,
    /// Org to publish to
    #[arg(long, env = "LOCAL_ORG_ORG", default_value = "my-org")]
    org: String,
    /// The running local org
    #[arg(long, env = "LOCAL_ORG_URL", default_value = "http://127.0.0.1:8090")]
    local_org: String,
    /// The local org's URL as the app reaches it, where that is another one
    #[arg(long)]
    instance_url: Option<String>,
}

impl Publish {
    /// Publishes and says on standard output what.
    ///
    /// # Errors
    /// When the file cannot be read, the local org does not answer, or it refuses the specification: one line for each
    /// reason.
    pub async fn run(self) -> anyhow::Result<()> {
        let file = self.spec_file.display();
        let extension = self.spec_file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        anyhow::ensure!(matches!(extension, "yaml" | "yml" | "json"), "{file} is neither .yaml, .yml nor .json");
        let spec = std::fs::read_to_string(&self.spec_file).with_context(|| format!("cannot read {file}"))?;
        let local_org = self.local_org.trim_end_matches('/');
        let wanted = json!({"org": self.org, "clientName": self.client_name, "url": self.url, "spec": spec,
            "instanceUrl": self.instance_url});
        let request = external_services::http_client()?.post(format!("{local_org}/local/publish")).json(&wanted);
        let answer = request.send().await.with_context(|| format!("no local org answers at {local_org}"))?;
        let status = answer.status();
        let body: Value = answer.json().await.with_context(|| format!("{local_org} is no local org ({status})"))?;
        anyhow::ensure!(status.is_success(), "{file} is not published: {}", reasons(&body));
        let mut stdout = std::io::stdout().lock();
        write!(stdout, "{}", summary(&body)).context("cannot write to standard output")
    }
}

/// The messages of an error answer; several stand on lines of their own.
fn reasons(body: &Value) -> String {
    let messages: Vec<_> =
        body.as_array().into_iter().flatten().filter_map(|error| error["message"].as_str()).collect();
    match messages.as_slice() {
        [] => body.to_string(),
        [message] => (*message).to_owned(),
        messages => messages.iter().fold(String::new(), |text, message| format!("{text}\n  {message}")),
    }
}

fn summary(app: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut summary = format!("{} is published to {}\n", text(&app["clientName"]), text(&app["org"]));
    for operation in app["operations"].as_array().into_iter().flatten() {
        let (id, method, path) = (&operation["operationId"], &operation["method"], &operation["path"]);
        let _ = write!(summary, "  {}  {} {}", text(id), text(method), text(path));
        if operation["asynchronous"] == true {
            summary.push_str("  asynchronous");
        }
        if let Some(set) = operation["permissionSet"].as_str() {
            let _ = write!(summary, "  with {set}");
        }
        summary.push('\n');
    }
    for warning in app["warnings"].as_array().into_iter().flatten() {
        let _ = writeln!(summary, "warning: {}", text(warning));
    }
    summary
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{reasons, summary};

    #[test]
    fn one_reason_is_one_line() {
        assert_eq!(reasons(&json!([{"message": "a"}])), "a");
        assert_eq!(reasons(&json!([{"message": "a"}, {"message": "b"}])), "\n  a\n  b");
        assert_eq!(reasons(&json!({"x": 1})), "{\"x\":1}");
    }

    #[test]
    fn tells_operations_and_warnings() {
        let app = json!({"clientName": "A", "org": "my-org", "warnings": ["w"], "operations": [
            {"operationId": "a", "method": "POST", "path": "/a", "asynchronous": true, "permissionSet": "P"},
            {"operationId": "b", "method": "GET", "path": "/b", "asynchronous": false, "permissionSet": null}]});
        let expected = "A is published to my-org\n  a  POST /a  asynchronous  with P\n  b  GET /b\nwarning: w\n";
        assert_eq!(summary(&app), expected);
    }
}
