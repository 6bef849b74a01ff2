//! An org to test against.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use local_org::costs::Costs;
use local_org::{Config, Listeners};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::event_project;

/// Where the data API of the version that most tests use begins.
pub(crate) const API: &str = "/services/data/v62.0";

/// Custom fields of `Account` in the orgs of tests, by name.
const ACCOUNT_FIELDS: [(&str, &str); 3] = [
    ("Key__c", "<type>Text</type><length>80</length><externalId>true</externalId><unique>true</unique>"),
    ("Code__c", "<type>Text</type><length>80</length><externalId>true</externalId>"),
    (
        "Rating__c",
        "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>
         <value><fullName>Excellent</fullName><default>false</default><label>Excellent</label></value>
         </valueSetDefinition></valueSet>",
    ),
];

/// Further fields, with a name of an object each, for the tests of permissions: nobody sees the first but through a
/// permission set, and everybody has to see the second.
const PROTECTED: [(&str, &str, &str); 2] = [
    ("Account", "Secret__c", "<type>Text</type><length>80</length><externalId>true</externalId>"),
    ("Quote", "Origin__c", "<type>Text</type><length>80</length><required>true</required>"),
];

/// Permission sets: name, whether it requires activation, and permissions.
const PERMISSION_SETS: [(&str, bool, &str); 7] = [
    (
        "AccountFields",
        false,
        "<fieldPermissions><editable>true</editable><field>Account.Key__c</field><readable>true</readable></fieldPermissions>
         <fieldPermissions><editable>true</editable><field>Account.Code__c</field><readable>true</readable></fieldPermissions>
         <fieldPermissions><editable>true</editable><field>Account.Rating__c</field><readable>true</readable></fieldPermissions>",
    ),
    (
        "SessionManager",
        false,
        "<userPermissions><enabled>true</enabled><name>ManageSessionPermissionSets</name></userPermissions>",
    ),
    (
        "SecretReader",
        true,
        "<fieldPermissions><editable>false</editable><field>Account.Secret__c</field><readable>true</readable></fieldPermissions>
         <fieldPermissions><editable>false</editable><field>Account.BillingAddress</field><readable>true</readable></fieldPermissions>",
    ),
    (
        "SecretWriter",
        true,
        "<fieldPermissions><editable>true</editable><field>Account.Secret__c</field><readable>true</readable></fieldPermissions>",
    ),
    (
        "ThingManager",
        false,
        "<customPermissions><enabled>true</enabled><name>ManageThings</name></customPermissions>
         <customPermissions><enabled>false</enabled><name>SellThings</name></customPermissions>",
    ),
    (
        "ThingSeller",
        true,
        "<customPermissions><enabled>true</enabled><name>SellThings</name></customPermissions>",
    ),
    (
        "ProductManager",
        true,
        "<objectPermissions><allowCreate>true</allowCreate><allowEdit>true</allowEdit><object>Product2</object></objectPermissions>",
    ),
];

/// A running process' worth of orgs; calls are those of `my-org`'s administrator.
pub(crate) struct TestOrg {
    pub(crate) base: String,
    /// Address of the Pub/Sub API.
    pub(crate) pubsub: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
    _project: TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// An answer that was read.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null where the body is empty or not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl TestOrg {
    pub(crate) async fn start() -> Self {
        Self::start_with(Costs::default()).await
    }

    pub(crate) async fn start_with(costs: Costs) -> Self {
        let project = project();
        let config = Config { salesforce_dir: Some(project.path().to_owned()), costs, ..Config::default() };
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().expect("an address"));
        let listeners = Listeners { pubsub: Some(listen()), ..Listeners::from(listen()) };
        let base = url(&listeners.http);
        let pubsub = listeners.pubsub.as_ref().map(url).expect("the port of the Pub/Sub API");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            local_org::run(config, listeners, stopped).await.expect("the local org runs");
        });
        let http = client();
        let mut org = Self { base, pubsub, token: String::new(), http, _project: project, _stop: stop };
        org.token = org.current_token("my-org").await;
        org
    }

    /// The token that the control API gives for an org's administrator.
    pub(crate) async fn current_token(&self, org: &str) -> String {
        let orgs = self.control(Method::GET, "/local/orgs", Value::Null).await.body;
        let orgs = orgs.as_array().expect("orgs");
        let org = orgs.iter().find(|listed| listed["name"] == org).expect("the org");
        org["users"][0]["accessToken"].as_str().expect("a token").to_owned()
    }

    /// The same org for another session: of this user, with these permission sets activated.
    pub(crate) async fn session(&self, user: &str, permission_sets: &[&str]) -> Caller<'_> {
        let body = json!({"user": user, "permissionSets": permission_sets});
        let reply = self.control(Method::POST, "/local/orgs/my-org/sessions", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert_eq!(reply.body["username"], user);
        Caller { org: self, token: reply.body["accessToken"].as_str().expect("a token").to_owned() }
    }

    /// A call of the data API, whose path is given from the version on.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        self.try_call(method, path, body).await.expect("an answer")
    }

    /// A call that may remain without an answer.
    pub(crate) async fn try_call(&self, method: Method, path: &str, body: Value) -> reqwest::Result<Reply> {
        let path = if path.starts_with("/services/") { path.to_owned() } else { format!("{API}{path}") };
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        read(request.send().await?).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, Value::Null).await
    }

    /// A query of the data API.
    pub(crate) async fn query(&self, soql: &str) -> Reply {
        let query = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
        self.get(&format!("/query?q={query}")).await
    }

    /// Creates a record and gives its id.
    pub(crate) async fn create(&self, object: &str, fields: Value) -> String {
        let reply = self.post(&format!("/sobjects/{object}"), fields).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["id"].as_str().expect("an id").to_owned()
    }

    /// Creates an Account with just a name.
    pub(crate) async fn account(&self, name: &str) -> String {
        self.create("Account", json!({"Name": name})).await
    }

    /// Accounts with that name.
    pub(crate) async fn accounts_named(&self, name: &str) -> u64 {
        self.query(&format!("SELECT COUNT() FROM Account WHERE Name = '{name}'")).await.body["totalSize"]
            .as_u64()
            .expect("a size")
    }

    /// A call of the control API or another that needs no session.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Reply {
        let is_post = method == Method::POST;
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !body.is_null() {
            request = request.json(&body);
        } else if is_post {
            request = request.header("Content-Type", "application/json");
        }
        read(request.send().await.expect("an answer")).await.expect("a body")
    }

    /// Makes Opportunities in `my-org`.
    pub(crate) async fn seed(&self, opportunities: u32, lines: u32) {
        let body = json!({"opportunities": opportunities, "lines": lines});
        assert_eq!(self.control(Method::POST, "/local/orgs/my-org/seed", body).await.status, 204);
    }

    /// Sets a fault rule and gives its number.
    pub(crate) async fn fault(&self, rule: Value) -> u64 {
        let reply = self.control(Method::POST, "/local/faults", rule).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.body["id"].as_u64().expect("a number")
    }

    /// The counters of `my-org`.
    pub(crate) async fn counters(&self) -> Value {
        self.control(Method::GET, "/local/orgs/my-org/counters", Value::Null).await.body
    }
}

/// One of several sessions of a [`TestOrg`].
pub(crate) struct Caller<'a> {
    org: &'a TestOrg,
    pub(crate) token: String,
}

impl Caller<'_> {
    /// A call of the data API, whose path is given from the version on.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self.org.http.request(method, format!("{}{API}{path}", self.org.base)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        read(request.send().await.expect("an answer")).await.expect("a body")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body).await
    }

    /// A query of the data API.
    pub(crate) async fn query(&self, soql: &str) -> Reply {
        let query = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect::<String>();
        self.get(&format!("/query?q={query}")).await
    }
}

impl Reply {
    /// The code of the first error.
    pub(crate) fn code(&self) -> &str {
        self.body[0]["errorCode"].as_str().unwrap_or(&self.text)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a text"))
    }
}

/// A client that trusts no one: it speaks plain HTTP.
pub(crate) fn client() -> reqwest::Client {
    builder().build().expect("a client")
}

/// A client in the making.
#[expect(clippy::disallowed_methods, reason = "the one client of these tests, with what each of them adds")]
pub(crate) fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // The local org in the same process may have been faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().no_proxy()
}

pub(crate) async fn read(response: Response) -> reqwest::Result<Reply> {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await?;
    if status == StatusCode::NO_CONTENT {
        assert!(text.is_empty());
    }
    Ok(Reply { status: status.as_u16(), headers, body: serde_json::from_str(&text).unwrap_or_default(), text })
}

/// Asks until the answer is yes.
pub(crate) async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came to be");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn project() -> TempDir {
    let project = tempfile::tempdir().expect("a folder");
    write(project.path(), "sfdx-project.json", r#"{"packageDirectories": [{"path": "force-app", "default": true}]}"#);
    let fields = ACCOUNT_FIELDS.map(|(name, definition)| ("Account", name, definition)).into_iter().chain(PROTECTED);
    for (object, name, definition) in fields {
        let label = name.trim_end_matches("__c");
        let xml = format!(
            r#"<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
            <fullName>{name}</fullName><label>{label}</label>{definition}</CustomField>"#
        );
        write(project.path(), &format!("force-app/main/default/objects/{object}/fields/{name}.field-meta.xml"), &xml);
    }
    for name in ["ManageThings", "SellThings"] {
        let xml = format!(
            r#"<CustomPermission xmlns="http://soap.sforce.com/2006/04/metadata"><isLicensed>false</isLicensed>
            <label>{name}</label></CustomPermission>"#
        );
        let path = format!("force-app/main/default/customPermissions/{name}.customPermission-meta.xml");
        write(project.path(), &path, &xml);
    }
    for (name, activation, permissions) in PERMISSION_SETS {
        let xml = format!(
            r#"<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata"><label>{name}</label>
            <hasActivationRequired>{activation}</hasActivationRequired>{permissions}</PermissionSet>"#
        );
        let path = format!("force-app/main/default/permissionsets/{name}.permissionset-meta.xml");
        write(project.path(), &path, &xml);
    }
    for (path, xml) in event_project::FILES {
        write(project.path(), &format!("force-app/main/default/{path}"), xml);
    }
    project
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    std::fs::write(path, text).expect("the file is written");
}
