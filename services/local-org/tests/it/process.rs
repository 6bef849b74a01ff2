//! The program itself.

use std::io::{BufRead, Read};
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::deploys;
use crate::program::Program;
use crate::support::{client, read, until};

async fn counts(url: &str) -> Value {
    let response = client().get(format!("{url}/local/orgs/my-org/counts")).send().await.expect("an answer");
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn says_when_it_is_ready_and_stops_when_told() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut program = Program::start(&["--opportunities", "20", "--lines", "3"]);
        let (url, mut stdout) = program.url();
        let counts = counts(&url).await;
        assert_eq!((&counts["Opportunity"], &counts["OpportunityLineItem"]), (&20.into(), &60.into()));
        program.signal(signal);
        assert!(program.0.wait().expect("it ends").success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("the rest");
        let (api, address) = rest.trim_end().split_once(" at ").expect("the line of the Pub/Sub API");
        assert_eq!((api, rest.lines().count()), ("Pub/Sub API", 1), "{rest}");
        assert!(address.starts_with("http://127.0.0.1:") && address != url, "{rest}");
    }
}

#[tokio::test]
async fn the_newest_version_is_a_setting() {
    let mut program = Program::start(&["--newest-api-version", "70"]);
    let (url, _stdout) = program.url();
    let answer = client().get(format!("{url}/services/data")).send().await.expect("an answer");
    let versions: Value = answer.json().await.expect("JSON");
    let newest = versions.as_array().expect("versions").last().expect("one");
    assert_eq!((&newest["version"], &newest["label"]), (&"70.0".into(), &"Summer '27".into()));
    let answer = client().get(format!("{url}/local/orgs")).send().await.expect("an answer");
    let orgs: Value = answer.json().await.expect("JSON");
    let token = orgs[0]["users"][0]["accessToken"].as_str().expect("a token");
    for (version, status) in [("v70.0", 200), ("v71.0", 404)] {
        let request = client().get(format!("{url}/services/data/{version}/limits")).bearer_auth(token);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{version}");
    }
    for wrong in ["61", "100", "latest"] {
        let output = Command::new(env!("CARGO_BIN_EXE_local-org")).args(["--newest-api-version", wrong]).output();
        let output = output.expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains("--newest-api-version"), "{wrong}: {text}");
    }
}

#[tokio::test]
async fn says_where_https_is_on_a_line_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("certificate.pem");
    let path = certificate.to_str().expect("a path");
    let mut program = Program::start(&["--tls-port", "0", "--tls-cert-out", path]);
    let (url, mut stdout) = program.url();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    assert!(line.starts_with("local-org listening on https://127.0.0.1:"), "{line}");
    assert_eq!(counts(&url).await["Organization"], 1);
    let pem = std::fs::read_to_string(certificate).expect("the certificate");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE KEY"), "{pem}");
    program.signal(Signal::SIGTERM);
    assert!(program.0.wait().expect("it ends").success());
}

#[tokio::test]
async fn keeps_its_data_in_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orgs");
    let path = path.to_str().expect("a path");
    for _ in 0..2 {
        let mut program = Program::start(&["--db", path, "--opportunities", "20"]);
        let (url, _stdout) = program.url();
        assert_eq!(counts(&url).await["Opportunity"], 20, "made once");
        program.signal(Signal::SIGTERM);
        assert!(program.0.wait().expect("it ends").success());
    }
}

#[tokio::test]
async fn sessions_end_with_the_process_and_permissions_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orgs");
    let path = path.to_str().expect("a path");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut program = Program::start(&[
            "--db",
            path,
            "--salesforce-dir",
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../salesforce"),
        ]);
        let (url, _stdout) = program.url();
        let orgs: Value =
            client().get(format!("{url}/local/orgs")).send().await.expect("an answer").json().await.expect("JSON");
        let token = orgs[0]["users"][0]["accessToken"].as_str().expect("a token");
        let query = client().get(format!("{url}/services/data/v62.0/query?q=SELECT+QuoteJobKey__c+FROM+Quote"));
        assert_eq!(query.bearer_auth(token).send().await.expect("an answer").status(), 200);
        let counts = counts(&url).await;
        assert_eq!(counts["AuthSession"], 2, "one of each user");
        seen.push((
            counts["User"].clone(),
            counts["PermissionSetAssignment"].clone(),
            counts["FieldPermissions"].clone(),
        ));
        program.signal(Signal::SIGTERM);
        assert!(program.0.wait().expect("it ends").success());
    }
    assert_eq!(seen.first(), seen.last());
}

#[tokio::test]
async fn what_was_deployed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("orgs");
    let path = path.to_str().expect("a path");
    let mut made = None;
    for run in 0..3 {
        let mut program = Program::start(&["--db", path]);
        let (url, _stdout) = program.url();
        let orgs: Value =
            client().get(format!("{url}/local/orgs")).send().await.expect("an answer").json().await.expect("JSON");
        let token = orgs[0]["users"][0]["accessToken"].as_str().expect("a token");
        let api = format!("{url}/services/data/v62.0");
        let ask = async |request: reqwest::RequestBuilder| {
            read(request.bearer_auth(token).send().await.expect("an answer")).await.expect("a body")
        };
        if run == 0 {
            let deploy = client()
                .post(format!("{api}/metadata/deployRequest"))
                .header("Content-Type", "multipart/form-data; boundary=B")
                .body(deploys::multipart(&deploys::machines()));
            let asked = ask(deploy).await;
            let id = asked.body["id"].as_str().expect("an id").to_owned();
            until(|| async {
                let state = ask(client().get(format!("{api}/metadata/deployRequest/{id}"))).await;
                state.body["deployResult"]["status"] == "Succeeded"
            })
            .await;
        }
        let machine = json!({ "Name": format!("Machine {run}") });
        let answer = ask(client().post(format!("{api}/sobjects/Machine__c")).json(&machine)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let id = answer.body["id"].as_str().expect("an id").to_owned();
        let prefix = made.get_or_insert_with(|| id[..3].to_owned());
        assert_eq!(id[..3], **prefix, "its ids begin as before");
        let query = format!("{api}/query?q=SELECT+COUNT()+FROM+Machine__c");
        assert_eq!(ask(client().get(query)).await.body["totalSize"], run + 1);
        let describe = ask(client().get(format!("{api}/sobjects/Service__c/describe"))).await;
        assert_eq!(describe.status, 200, "{}", describe.text);
        let events = client().get(format!("{url}/local/orgs/my-org/events?topic=/data/Machine__ChangeEvent"));
        let events: Value = events.send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(events["events"].as_array().map(Vec::len), Some(run + 1), "{events}");
        // Also without a farewell.
        if run == 1 {
            program.0.kill().expect("it is killed");
            program.0.wait().expect("it ends");
        } else {
            program.signal(Signal::SIGTERM);
            assert!(program.0.wait().expect("it ends").success());
        }
    }
}

/// Runs the program to its end: whether it succeeded, and what it said on standard output and standard error.
fn run(arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-org"));
    // Variables of the server do not get in the way of a subcommand.
    let output = command.args(arguments).env("LOCAL_ORG_PORT", "1").output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn publishes_from_the_command_line() {
    let mut program = Program::start(&[]);
    let (url, _stdout) = program.url();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let good = "openapi: 3.0.3\ninfo: {title: t}\npaths:\n  /a:\n    get:\n      operationId: getA\n      responses: {'200': {description: ok}}\n";
    std::fs::write(path("api.yaml"), good).expect("the file is written");
    std::fs::write(path("bad.yml"), good.replace("operationId: getA", "requestBody: {content: {a/b: {}}}"))
        .expect("the file is written");
    std::fs::write(path("api.txt"), good).expect("the file is written");
    let rest = ["--client-name", "TestApp", "--url", "http://127.0.0.1:9", "--local-org", &url];
    let publish = |file: &str| run(&[&["publish", &path(file)][..], &rest].concat());

    let (done, stdout, stderr) = publish("api.yaml");
    assert!(done, "{stderr}");
    assert_eq!(stdout, "TestApp is published to my-org\n  getA  GET /a\n");
    let apps: Value =
        client().get(format!("{url}/local/apps")).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!((&apps[0]["clientName"], &apps[0]["org"]), (&"TestApp".into(), &"my-org".into()));

    let (done, stdout, stderr) = publish("bad.yml");
    assert!(!done && stdout.is_empty());
    let lines: Vec<_> = stderr.lines().collect();
    assert!(lines.first().is_some_and(|line| line.ends_with("bad.yml is not published: ")), "{stderr}");
    for text in
        ["GET /a: a GET must not have a request body", "GET /a: the request body is a/b", "GET /a: has no operationId"]
    {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}: {stderr}");
    }
    assert!(publish("api.txt").2.contains("is neither .yaml, .yml nor .json"));
    assert!(publish("nothing.yaml").2.contains("cannot read"));
    drop(program);
    assert!(publish("api.yaml").2.contains(&format!("no local org answers at {url}")));
}

#[test]
fn names_a_wrong_option_in_one_line() {
    for (arguments, text) in [
        (["--port", "0", "--pubsub-port", "x"].as_slice(), "--pubsub-port"),
        (["--nonsense", "1"].as_slice(), "--nonsense"),
        (["--port", "0", "--salesforce-dir", "/nonexistent"].as_slice(), "--salesforce-dir"),
        (["--tls-port", "70000"].as_slice(), "--tls-port"),
        (["--allowed-host", "local-org:8090"].as_slice(), "--allowed-host"),
        (["--port", "0", "--tls-cert-out", "/nonexistent/certificate.pem"].as_slice(), "--tls-cert-out"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_local-org")).args(arguments).output().expect("it runs");
        assert!(!output.status.success());
        assert!(output.stdout.is_empty());
        let message = String::from_utf8(output.stderr).expect("a text");
        assert_eq!(message.trim_end().lines().count(), 1, "{message}");
        assert!(message.contains(text), "{message}");
    }
}
