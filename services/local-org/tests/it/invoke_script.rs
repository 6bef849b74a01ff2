//! `bin/invoke.sh` against the program, and against a real org as far as the Salesforce CLI has a part in it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::app::TestApp;
use crate::program::Program;
use crate::support::client;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bin/invoke.sh");
const SALESFORCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../salesforce");
const SET: &str = "GenerateQuotePermissions";
const SALES: &str = "sales.user@my-org.local";

struct Setting {
    _program: Program,
    url: String,
    app: TestApp,
}

/// What a run of the script left.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("a text");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Setting {
    async fn start() -> Self {
        let mut program = Program::start(&["--salesforce-dir", SALESFORCE]);
        let (url, _) = program.url();
        Self { _program: program, url, app: TestApp::start().await }
    }

    /// The script in a process group of its own, as a shell starts it.
    fn script(&self, arguments: &[&str]) -> Command {
        let mut command = if cfg!(target_os = "linux") {
            // What runs in the background ignores Ctrl-C, as may the run of these tests; bash cannot undo that.
            let mut command = Command::new("env");
            command.arg("--default-signal=INT").arg(SCRIPT);
            command
        } else {
            Command::new(SCRIPT)
        };
        command.args(arguments).env("LOCAL_ORG_URL", &self.url).env_remove("INVOKE_USER").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Run {
        self.script(arguments).output().await.expect("it runs").into()
    }

    fn operation(&self) -> String {
        format!("{}/api/generatequote", self.app.url)
    }

    async fn json(&self, path: &str) -> Value {
        client().get(format!("{}{path}", self.url)).send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn activations(&self) -> u64 {
        let counts = self.json("/local/orgs/my-org/counts").await;
        counts["SessionPermSetActivation"].as_u64().expect("a count")
    }

    /// Starts a call that the app keeps waiting, and gives it once the app was asked.
    async fn waiting_call(&self) -> Child {
        self.app.answers(200, json!({}), Duration::from_secs(100));
        let before = self.app.asked().len();
        let child = self.script(&["my-org", &self.operation(), "{}", SET]).spawn().expect("it starts");
        for _ in 0..1_500 {
            if self.app.asked().len() > before {
                return child;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the app was not asked: {:?}", child.wait_with_output().await);
    }

    /// Gives the everyday user a permission set.
    async fn assign(&self, set: &str) {
        let id = async |soql: String| {
            let query = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
            let found = self.json(&format!("/local/orgs/my-org/query?q={query}")).await;
            found["records"][0]["Id"].as_str().expect("an id").to_owned()
        };
        let body = json!({
            "PermissionSetId": id(format!("SELECT Id FROM PermissionSet WHERE Name = '{set}'")).await,
            "AssigneeId": id(format!("SELECT Id FROM User WHERE Username = '{SALES}'")).await,
        });
        let url = format!("{}/local/orgs/my-org/records/PermissionSetAssignment", self.url);
        assert_eq!(client().post(url).json(&body).send().await.expect("an answer").status(), 201);
    }
}

#[tokio::test]
async fn calls_in_the_name_of_the_administrator() {
    let setting = Setting::start().await;
    setting.app.answers(200, json!({"quoteId": "0Q0"}), Duration::ZERO);
    let run = setting.run(&["my-org", &setting.operation(), r#"{"opportunityId": "it's \"1\""}"#]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), "HTTP 200\n"), "{run:?}");
    assert_eq!(run.stdout, "{\n  \"quoteId\": \"0Q0\"\n}\n");
    let asked = setting.app.last();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/api/generatequote"));
    assert_eq!(asked.headers["content-type"], "application/json");
    assert_eq!(asked.json(), json!({"opportunityId": "it's \"1\""}));
    let orgs = setting.json("/local/orgs").await;
    let (org, context) = (&orgs[0], asked.context());
    let request_id = context["requestId"].as_str().expect("an id");
    assert!(request_id.starts_with(org["id"].as_str().expect("an id")), "{request_id}");
    assert_eq!(asked.headers["x-request-id"], request_id);
    assert_eq!(
        context,
        json!({"requestId": request_id, "accessToken": asked.token(), "apiVersion": "62.0", "namespace": "",
            "orgId": org["id"], "orgDomainUrl": setting.url,
            "userContext": {"userId": org["users"][0]["id"], "username": "admin@my-org.local"}})
    );
    assert_ne!(asked.token(), org["users"][0]["accessToken"].as_str().expect("a token"), "a session of its own");
    assert!(!run.stdout.contains(&asked.token()) && !run.stderr.contains(&asked.token()));
}

#[tokio::test]
async fn calls_any_operation_by_its_method_and_that_of_herokus_sample_without_a_url() {
    let setting = Setting::start().await;
    setting.app.answers(200, json!({}), Duration::ZERO);
    let job = format!("{}/api/jobs/1", setting.app.url);
    let body = json!({"opportunityId": "006"});
    for (arguments, method, target, sent) in [
        (&["my-org", "GET", &job][..], "GET", "/api/jobs/1", None),
        (&["my-org", "GET", &job, SET], "GET", "/api/jobs/1", None),
        (&["my-org", "POST", &job], "POST", "/api/jobs/1", None),
        (&["my-org", "PATCH", &job, &body.to_string(), SET], "PATCH", "/api/jobs/1", Some(&body)),
        (&["my-org", &body.to_string()], "POST", "/api/generatequote", Some(&body)),
        (&["my-org", &body.to_string(), SET], "POST", "/api/generatequote", Some(&body)),
    ] {
        let run = setting.script(arguments).env("INVOKE_URL", setting.operation()).output().await;
        let run = Run::from(run.expect("it runs"));
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        let asked = setting.app.last();
        assert_eq!((asked.method.as_str(), asked.target.as_str()), (method, target), "{arguments:?}");
        assert_eq!(asked.headers.contains_key("content-type"), sent.is_some(), "{arguments:?}");
        if let Some(sent) = sent {
            assert_eq!(asked.json(), *sent);
        }
    }
    assert_eq!(setting.activations().await, 0);
}

#[tokio::test]
async fn fails_when_the_service_refuses_and_shows_what_it_said() {
    let setting = Setting::start().await;
    for (status, body, stdout) in [
        (422, json!({"error": "no"}), "{\n  \"error\": \"no\"\n}\n"),
        (503, json!("not JSON"), "not JSON"),
        (404, Value::Null, ""),
    ] {
        setting.app.answers(status, body, Duration::ZERO);
        let run = setting.run(&["my-org", &setting.operation(), "{}", SET]).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), stdout), "{run:?}");
        assert_eq!(run.stderr, format!("HTTP {status}\n"));
        assert_eq!(setting.activations().await, 0);
    }
    setting.app.stop().await;
    let run = setting.run(&["my-org", &setting.operation(), "{}", SET]).await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("no answer from http://"), "{run:?}");
    assert_eq!(setting.activations().await, 0);
}

#[tokio::test]
async fn the_permission_set_is_active_during_the_call_and_not_after_an_interrupt() {
    let setting = Setting::start().await;
    // Ctrl-C reaches all processes of the group, a signal of `kill` only the script.
    for (signal, group, code) in
        [(Signal::SIGINT, true, 130), (Signal::SIGTERM, false, 143), (Signal::SIGINT, false, 130)]
    {
        let child = setting.waiting_call().await;
        assert_eq!(setting.activations().await, 1);
        assert_not_in_the_list_of_processes(&setting.app.last().token());
        let id = Pid::from_raw(i32::try_from(child.id().expect("it runs")).expect("an id"));
        if group {
            killpg(id, signal).expect("the signal is sent");
        } else {
            nix::sys::signal::kill(id, signal).expect("the signal is sent");
        }
        let run: Run = child.wait_with_output().await.expect("it ends").into();
        assert_eq!((run.code, run.stdout.as_str()), (Some(code), ""), "{run:?}");
        assert_eq!(setting.activations().await, 0, "{run:?}");
        assert!(killpg(id, None).is_err(), "nothing of it runs on");
    }
}

fn assert_not_in_the_list_of_processes(token: &str) {
    // Elsewhere than on Linux there is none to read.
    for process in std::fs::read_dir("/proc").into_iter().flatten() {
        let path = process.expect("an entry").path();
        for file in ["cmdline", "environ"] {
            let Ok(text) = std::fs::read(path.join(file)) else { continue };
            assert!(!String::from_utf8_lossy(&text).contains(token), "{}", path.join(file).display());
        }
    }
}

#[tokio::test]
async fn an_everyday_user_needs_the_right_to_activate() {
    let setting = Setting::start().await;
    let operation = setting.operation();
    let call = async || {
        let output = setting.script(&["my-org", &operation, "{}", SET]).env("INVOKE_USER", SALES).output().await;
        Run::from(output.expect("it runs"))
    };
    let run = call().await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"), "{run:?}");
    assert!(run.stderr.contains("sales.user@my-org.local needs it, and the right to manage"), "{run:?}");
    assert_eq!(setting.app.asked().len(), 0);
    setting.assign("GenerateQuoteDeveloper").await;
    let run = call().await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(setting.app.last().context()["userContext"]["username"], SALES);
    assert_eq!(setting.activations().await, 0);
}

#[tokio::test]
async fn says_what_is_wrong_with_its_arguments() {
    let setting = Setting::start().await;
    let operation = setting.operation();
    for (arguments, text) in [
        (&["my-org"][..], "usage: bin/invoke.sh ORG METHOD URL [JSON] [SESSION_PERMISSION_SET]"),
        (&["my-org", &operation], "usage: bin/invoke.sh"),
        (&["my-org", "GET"], "usage: bin/invoke.sh"),
        (&["my-org", "{}", SET, "more"], "usage: bin/invoke.sh"),
        (&["my-org", &operation, "{}", "{}"], "usage: bin/invoke.sh"),
        (&["my-org", "GET", "127.0.0.1:8080/x"], "URL is not an http or https URL"),
        (&["my-org", "PUT", &operation, "{"], "JSON is not JSON"),
        (&["my-org", "{"], "JSON is not JSON"),
        (&["my-org", "127.0.0.1:8080/x", "{}"][..], "URL is not an http or https URL"),
        (&["my-org", &operation, "{"][..], "JSON is not JSON"),
        (&["my-org", &operation, ""][..], "JSON is not JSON"),
        (&["my-org", &operation, "{}", "No'Set"][..], "SESSION_PERMISSION_SET is not an API name"),
        (&["my-org", &operation, "{}", "NoSet"][..], "my-org has no permission set NoSet"),
    ] {
        let run = setting.run(arguments).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
        assert!(run.stderr.contains(text), "{run:?}");
    }
    let unknown = setting.script(&["my-org", &operation, "{}"]).env("INVOKE_USER", "nobody").output().await;
    assert!(Run::from(unknown.expect("it runs")).stderr.contains("my-org has no active user nobody"));
    let down = setting.script(&["my-org", &operation, "{}"]).env("LOCAL_ORG_URL", "http://127.0.0.1:9").output().await;
    assert!(Run::from(down.expect("it runs")).stderr.contains("no local org answers at LOCAL_ORG_URL"));
    assert_eq!(setting.app.asked().len(), 0);
    let help = setting.run(&["--help"]).await;
    assert!(help.code == Some(0) && help.stdout.contains("INVOKE_USER"), "{help:?}");
}

/// The Salesforce CLI with one org, "dev", whose session is one of the local org. It redacts the token as current versions
/// do; `always` does so whatever the variable says.
async fn fake_cli(setting: &Setting, folder: &Path, always: bool) {
    let body = json!({"user": "admin@my-org.local"});
    let opened = client().post(format!("{}/local/orgs/my-org/sessions", setting.url)).json(&body).send().await;
    let session: Value = opened.expect("an answer").json().await.expect("JSON");
    let id = setting.json("/local/orgs").await[0]["id"].clone();
    let shown = |token: &Value| {
        json!({"status": 0, "result": {"id": id, "accessToken": token, "instanceUrl": format!("{}/", setting.url),
            "apiVersion": "61.0", "username": "admin@my-org.local", "connectedStatus": "Connected"}, "warnings": []})
    };
    let (open, redacted) = (shown(&session["accessToken"]), shown(&json!("[REDACTED]")));
    let condition = if always { "false" } else { r#"[ "${SF_TEMP_SHOW_SECRETS:-}" = true ]"# };
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'org display --json --target-org dev' ] || {{\n\
         echo '{{\"status\":1,\"message\":\"No authorization information found for nope.\"}}'; exit 1; }}\n\
         if {condition}; then cat <<'X'\n{open}\nX\nelse cat <<'X'\n{redacted}\nX\nfi\n"
    );
    let path = folder.join("sf");
    std::fs::write(&path, script).expect("it is written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the search path is handed on")]
async fn asks_the_salesforce_cli_for_other_orgs() {
    let setting = Setting::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a PATH"));
    let operation = setting.operation();
    let call = async |org: &str| {
        let output = setting.script(&[org, &operation, "{}", SET]).env("PATH", &path).output().await;
        Run::from(output.expect("it runs"))
    };
    fake_cli(&setting, folder.path(), false).await;
    let run = call("dev").await;
    assert_eq!(run.code, Some(0), "{run:?}");
    let context = setting.app.last().context();
    assert_eq!((&context["apiVersion"], &context["orgDomainUrl"]), (&json!("61.0"), &json!(setting.url)));
    assert_eq!(context["userContext"]["username"], "admin@my-org.local");
    assert_eq!(setting.activations().await, 0);
    let run = call("nope").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("no session of nope: No authorization information found for nope."), "{run:?}");

    fake_cli(&setting, folder.path(), true).await;
    let run = call("dev").await;
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("does not show the access token of dev"), "{run:?}");
    assert_eq!(setting.app.asked().len(), 1);
}
