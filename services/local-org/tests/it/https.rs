//! The port with TLS.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use local_org::{Config, Listeners};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{self, read, until};

/// A name that the process answers to besides its own, as in a network of containers.
const ALLOWED: &str = "local-org.example";

/// The administrator's org behind both ports.
struct TlsOrg {
    http: String,
    https: String,
    /// Trusts the certificate that was written, and nothing else.
    client: reqwest::Client,
    token: String,
    _folder: TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl TlsOrg {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = folder.path().join("certificate.pem");
        let allowed_hosts = vec![ALLOWED.to_owned()];
        let config = Config { certificate: Some(certificate.clone()), allowed_hosts, ..Config::default() };
        let listener = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let listeners = Listeners { https: Some(listener()), ..Listeners::from(listener()) };
        let http = format!("http://{}", listeners.http.local_addr().expect("an address"));
        let address = listeners.https.as_ref().expect("a listener").local_addr().expect("an address");
        let port = address.port();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            local_org::run(config, listeners, stopped).await.expect("the local org runs");
        });
        let plain = support::client();
        until(|| async { plain.get(format!("{http}/local/health")).send().await.is_ok() }).await;
        let client = trusting(&certificate).resolve(ALLOWED, address).build().expect("a client");
        let https = format!("https://localhost:{port}");
        let orgs = client.get(format!("{https}/local/orgs")).send().await.expect("an answer");
        let orgs: Value = orgs.json().await.expect("JSON");
        assert_eq!(orgs[0]["instanceUrl"], json!(https));
        let token = orgs[0]["users"][0]["accessToken"].as_str().expect("a token").to_owned();
        Self { http, https, client, token, _folder: folder, _stop: stop }
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.https)).bearer_auth(&self.token)
    }
}

fn trusting(certificate: &PathBuf) -> reqwest::ClientBuilder {
    let pem = std::fs::read(certificate).expect("the certificate");
    let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    support::builder().tls_certs_only([certificate])
}

#[tokio::test]
async fn urls_have_the_scheme_of_the_call() {
    let org = TlsOrg::start().await;
    let index = read(org.get("/services/data/v62.0").send().await.expect("an answer")).await.expect("a body");
    let identity = index.body["identity"].as_str().expect("a URL");
    assert!(identity.starts_with(&format!("{}/id/", org.https)), "{identity}");
    let identity = org.client.get(identity).bearer_auth(&org.token).send().await.expect("an answer");
    assert_eq!(read(identity).await.expect("a body").body["username"], "admin@my-org.local");
    let form = [("grant_type", "client_credentials"), ("client_id", "my-org"), ("client_secret", "any")];
    for (client, base) in [(&org.client, &org.https), (&support::client(), &org.http)] {
        let token = client.post(format!("{base}/services/oauth2/token")).form(&form).send().await.expect("an answer");
        assert_eq!(read(token).await.expect("a body").body["instance_url"], json!(base));
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_here_too() {
    let org = TlsOrg::start().await;
    assert_eq!(org.get("/local/orgs").send().await.expect("an answer").status(), 200);
    for (name, value) in
        [("Host", "evil.example"), ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]
    {
        let reply = org.get("/local/orgs").header(name, value).send().await.expect("an answer");
        assert_eq!(reply.status(), 403, "{name}");
    }
    let own = org.get("/local/orgs").header("Origin", &org.https).send().await.expect("an answer");
    assert_eq!(own.status(), 200);
}

#[tokio::test]
async fn both_ports_lead_to_the_same_org() {
    let org = TlsOrg::start().await;
    let create = org.client.post(format!("{}/services/data/v62.0/sobjects/Account", org.https)).bearer_auth(&org.token);
    let made = create.json(&json!({"Name": "Over TLS"})).send().await.expect("an answer");
    let made = read(made).await.expect("a body");
    assert_eq!(made.status, 201, "{}", made.text);
    let path =
        format!("{}/services/data/v62.0/sobjects/Account/{}", org.http, made.body["id"].as_str().expect("an id"));
    let found = support::client().get(path).bearer_auth(&org.token).send().await.expect("an answer");
    assert_eq!(read(found).await.expect("a body").body["Name"], "Over TLS");
}

#[tokio::test]
async fn who_does_not_trust_the_certificate_gets_nothing() {
    let org = TlsOrg::start().await;
    let other = TlsOrg::start().await;
    let error = other.client.get(format!("{}/local/health", org.https)).send().await.expect_err("no answer");
    assert!(format!("{error:?}").contains("InvalidCertificate"), "{error:?}");
}

#[tokio::test]
async fn the_certificate_is_for_addresses_of_this_machine() {
    let org = TlsOrg::start().await;
    let address = org.https.replace("localhost", "127.0.0.1");
    let health = org.client.get(format!("{address}/local/health")).send().await.expect("an answer");
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn the_certificate_is_for_names_that_are_allowed_besides() {
    let org = TlsOrg::start().await;
    let base = org.https.replace("localhost", ALLOWED);
    let orgs = org.client.get(format!("{base}/local/orgs")).send().await.expect("an answer");
    let orgs: Value = orgs.json().await.expect("JSON");
    assert_eq!(orgs[0]["instanceUrl"], json!(base));
}

#[tokio::test]
async fn faults_drop_connections_with_tls_too() {
    let org = TlsOrg::start().await;
    let rule = json!({"pathContains": "/limits", "times": 1, "action": {"kind": "dropBefore"}});
    let set = org.client.post(format!("{}/local/faults", org.https)).json(&rule).send().await.expect("an answer");
    assert_eq!(set.status(), 201);
    org.get("/services/data/v62.0/limits").send().await.expect_err("the connection is dropped");
    assert_eq!(org.get("/services/data/v62.0/limits").send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_written_stops_the_start() {
    let path = Path::new("/nonexistent/certificate.pem");
    let config = Config { certificate: Some(path.to_owned()), ..Config::default() };
    let listener = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listeners = Listeners { https: Some(listener()), ..Listeners::from(listener()) };
    let error = local_org::run(config, listeners, std::future::pending()).await.expect_err("no start");
    assert_eq!(error.to_string(), "cannot write the certificate to /nonexistent/certificate.pem");
}

/// As AppLink's plugin publishes: to port 443, which nobody listens on, by way of the proxy of the environment.
#[tokio::test]
async fn the_plain_port_is_a_proxy_for_the_port_with_tls_and_for_nothing_else() {
    let org = TlsOrg::start().await;
    let certificate = org._folder.path().join("certificate.pem");
    let proxied = |proxy: &str| {
        let proxy = reqwest::Proxy::all(proxy).expect("a proxy");
        trusting(&certificate).proxy(proxy).build().expect("a client")
    };
    let client = proxied(&org.http);
    let reply = client.get("https://localhost/local/orgs").send().await.expect("an answer");
    let orgs: Value = reply.json().await.expect("JSON");
    assert_eq!(orgs[0]["instanceUrl"], "https://localhost");
    // More than one piece each way, on a connection that goes on.
    let big = "x".repeat(300_000);
    let query = format!("https://localhost/services/data/v62.0/query?q={}", "a".repeat(20));
    let posted = client.post("https://localhost/services/data/v62.0/composite").bearer_auth(&org.token).body(big);
    assert_eq!(posted.send().await.expect("an answer").status(), 400);
    assert_eq!(client.get(query).bearer_auth(&org.token).send().await.expect("an answer").status(), 400);
    // As the agents of Node.js ask: without the port in the header.
    let address = org.http.strip_prefix("http://").expect("an address");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a request");
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200");
    // Other ports and other names are refused, and there is no way through a port without TLS beside it.
    for elsewhere in ["https://localhost:1/", "https://example.com/", "https://localhost.example.com/"] {
        let error = client.get(elsewhere).send().await.expect_err("no connection");
        assert!(error.is_connect(), "{error:?}");
    }
    let plain = support::TestOrg::start().await;
    let error = proxied(&plain.base).get("https://localhost/").send().await.expect_err("no connection");
    assert!(error.is_connect(), "{error:?}");
}
