//! Web pages in the developer's browser: what they cannot do.

use pubsub_proto::TopicRequest;
use pubsub_proto::pub_sub_client::PubSubClient;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tonic::transport::Endpoint;
use tonic::{Code, Request};

use crate::program::Program;
use crate::support::{API, Reply, TestOrg, builder, client, read};

const ADDON: &str = "/addons/01234567-89ab-4cde-8f01-23456789abcd/authorizations/my-org";
const TOKEN_FORM: [(&str, &str); 3] =
    [("grant_type", "client_credentials"), ("client_id", "my-org"), ("client_secret", "any")];

async fn answer(request: RequestBuilder) -> Reply {
    read(request.send().await.expect("an answer")).await.expect("a body")
}

impl TestOrg {
    /// A request with a token, and the add-on's id of the app.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let token = if path.starts_with("/addons") { "local-addon-token" } else { self.token.as_str() };
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        request.header("X-App-UUID", "00000000-0000-4000-8000-000000000001")
    }

    /// One request to each thing that is served.
    fn faces(&self) -> Vec<RequestBuilder> {
        let get = |path: &str| self.request(Method::GET, path);
        let post = |path: &str| self.request(Method::POST, path).json(&json!({}));
        vec![
            get("/"),
            get("/console"),
            get("/console/orgs/my-org"),
            get("/console/assets/console.js"),
            get("/local/health"),
            get("/local/orgs"),
            get("/local/endpoints"),
            get("/local/orgs/my-org/query?q=SELECT+Id+FROM+Account"),
            post("/local/orgs/my-org/sessions/expire"),
            get(ADDON),
            self.request(Method::POST, "/services/oauth2/token").form(&TOKEN_FORM),
            self.request(Method::POST, "/services/oauth2/revoke").form(&[("token", &self.token)]),
            get("/services/oauth2/userinfo"),
            get("/id/00DLO00000000012AA/005LO0000000001YAA"),
            get("/services/data"),
            get(&format!("{API}/limits")),
            post(&format!("{API}/sobjects/Account")),
            get(&format!("{API}/jobs/ingest")),
            self.request(Method::PUT, &format!("{API}/jobs/ingest/750LO0000000001AAA/batches")).body("Name\n"),
            post("/services/async-callbacks/1"),
            get("/nothing"),
        ]
    }
}

#[tokio::test]
async fn a_name_that_was_led_here_gets_nothing() {
    let org = TestOrg::start().await;
    for face in org.faces() {
        let (client, mut request) = face.build_split();
        let path = request.as_ref().expect("a request").url().path().to_owned();
        // As the page of a site does whose name leads to this machine: for the browser it is of the same origin.
        let headers = request.as_mut().expect("a request").headers_mut();
        headers.insert("Host", "evil.example:8090".parse().expect("a value"));
        headers.insert("Origin", "http://evil.example:8090".parse().expect("a value"));
        headers.insert("Sec-Fetch-Site", "same-origin".parse().expect("a value"));
        let reply = client.execute(request.expect("a request")).await.expect("an answer");
        let reply = read(reply).await.expect("a body");
        assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"), "{path}");
        assert!(reply.text.contains("--allowed-host") && !reply.text.contains("00D"), "{}", reply.text);
    }
    assert_eq!(org.get("/limits").await.status, 200, "the session goes on");
    // By name, without saying anything else.
    let address: std::net::SocketAddr = org.base.trim_start_matches("http://").parse().expect("an address");
    let led = builder().resolve("evil.example", address).build().expect("a client");
    let url = format!("http://evil.example:{}/local/orgs", address.port());
    assert_eq!(led.get(url).send().await.expect("an answer").status(), 403);
}

#[tokio::test]
async fn a_page_of_another_site_gets_nothing() {
    let org = TestOrg::start().await;
    for (name, value) in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:3000"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        for face in org.faces() {
            let reply = answer(face.header(name, value)).await;
            assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"), "{name}: {value}");
            assert!(reply.headers.keys().all(|header| !header.as_str().starts_with("access-control")), "{reply:?}");
        }
    }
    assert_eq!(org.get("/limits").await.status, 200, "the session goes on");
    let preflight = org.http.request(Method::OPTIONS, format!("{}/local/orgs", org.base));
    let preflight = preflight.header("Origin", "http://evil.example").header("Access-Control-Request-Method", "PUT");
    assert_eq!(answer(preflight).await.status, 403);
}

#[tokio::test]
async fn what_a_page_can_send_without_asking_changes_nothing() {
    let org = TestOrg::start().await;
    let app = json!({"org": "my-org", "clientName": "A", "url": "http://127.0.0.1:1", "spec": "openapi: 3.0.0"});
    for (path, body) in [
        ("/local/orgs/my-org/sessions/expire", Value::Null),
        ("/local/orgs/my-org/records/Account", json!({"Name": "Planted"})),
        ("/local/orgs/my-org/seed", json!({"opportunities": 1})),
        ("/local/publish", app),
        ("/local/orgs/my-org/invoke", json!({"clientName": "A", "operationId": "a"})),
        ("/local/faults", json!({"action": {"type": "dropBefore"}})),
        // Another spelling of the path is the same path.
        ("/%6cocal/orgs/my-org/sessions/expire", Value::Null),
    ] {
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")] {
            let mut request = org.http.post(format!("{}{path}", org.base)).body(body.to_string());
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            let reply = answer(request).await;
            assert_eq!((reply.status, reply.code()), (415, "UNSUPPORTED_MEDIA_TYPE"), "{path} {kind:?}");
        }
    }
    assert_eq!(org.get("/limits").await.status, 200, "the session goes on");
    assert_eq!(org.accounts_named("Planted").await, 0);
    assert_eq!(org.control(Method::GET, "/local/apps", Value::Null).await.body, json!([]));
    let spelled = org.http.post(format!("{}/local/orgs/my-org/seed", org.base));
    let spelled = spelled.header("Content-Type", "Application/JSON; charset=utf-8").body("{\"opportunities\": 1}");
    assert_eq!(answer(spelled).await.status, 204);
}

#[tokio::test]
async fn the_console_can_be_visited_and_loads_its_own_files() {
    let org = TestOrg::start().await;
    let get = |path: &str| org.http.get(format!("{}{path}", org.base));
    let visit = |path: &str, site: &str| {
        let request = get(path).header("Sec-Fetch-Site", site).header("Sec-Fetch-Mode", "navigate");
        request.header("Sec-Fetch-Dest", "document")
    };
    for site in ["cross-site", "same-site", "none", "same-origin"] {
        for path in ["/", "/console", "/console/orgs/my-org"] {
            assert_eq!(answer(visit(path, site)).await.status, 200, "{path} from {site}");
        }
    }
    assert_eq!(answer(visit("/local/orgs", "cross-site")).await.status, 403, "a link leads to pages only");
    assert_eq!(answer(visit("/local/orgs", "none")).await.status, 200, "an address that somebody entered");
    let framed = get("/console").header("Sec-Fetch-Site", "cross-site").header("Sec-Fetch-Mode", "navigate");
    assert_eq!(answer(framed.header("Sec-Fetch-Dest", "iframe")).await.status, 403);
    let own = get("/console/assets/console.js").header("Sec-Fetch-Site", "same-origin").header("Origin", &org.base);
    assert_eq!(answer(own).await.status, 200);
}

#[tokio::test]
async fn the_pubsub_api_answers_to_own_names_only() {
    let org = TestOrg::start().await;
    let topic = || {
        let mut request = Request::new(TopicRequest { topic_name: "/event/Done__e".to_owned() });
        for (name, value) in [("accesstoken", org.token.as_str()), ("instanceurl", "x"), ("tenantid", "x")] {
            request.metadata_mut().insert(name, value.parse().expect("a value"));
        }
        request
    };
    let endpoint = Endpoint::from_shared(org.pubsub.clone()).expect("a URL");
    let led = endpoint.clone().origin("http://evil.example:7443".parse().expect("a URL"));
    let refused = PubSubClient::new(led.connect().await.expect("a connection")).get_topic(topic()).await;
    assert_eq!(refused.expect_err("a refusal").code(), Code::PermissionDenied);
    let mut own = PubSubClient::new(endpoint.connect().await.expect("a connection"));
    assert!(own.get_topic(topic()).await.is_ok());
    let mut from_page = topic();
    from_page.metadata_mut().insert("origin", "http://evil.example".parse().expect("a value"));
    assert_eq!(own.get_topic(from_page).await.expect_err("a refusal").code(), Code::PermissionDenied);
}

#[tokio::test]
async fn further_names_are_a_setting() {
    let mut program = Program::start(&["--allowed-host", "local-org", "--allowed-host", "Org.Example,10.1.2.3"]);
    let (url, _stdout) = program.url();
    for (host, status) in
        [("local-org:8090", 200), ("org.example", 200), ("10.1.2.3:1", 200), ("other", 403), ("localhost", 200)]
    {
        let reply = client().get(format!("{url}/local/orgs")).header("Host", host).send().await.expect("an answer");
        assert_eq!(reply.status(), status, "{host}");
        if status == 200 {
            let orgs: Value = reply.json().await.expect("JSON");
            assert_eq!(orgs[0]["instanceUrl"], format!("http://{host}"));
        }
    }
}
