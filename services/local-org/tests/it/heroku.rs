//! What the plugin of the Heroku CLI for AppLink (2.0.3) sends, and reads of the answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Reply, TestOrg, builder, read};

pub(crate) const ADDON: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const ADMIN: &str = "admin@my-org.local";
const SALES: &str = "sales.user@my-org.local";
/// The key of a connected app of these tests, without the lines that name what it is.
const KEY: &str = include_str!("fixtures/applink-app-key.txt");
const CERTIFICATE: &str = include_str!("fixtures/applink-app.crt");

/// The plugin, when it knows the add-on.
pub(crate) struct Plugin {
    pub(crate) org: TestOrg,
    pub(crate) app_id: String,
    token: String,
    sso: String,
}

impl Plugin {
    /// Asks Heroku what it has to know, as each of its commands does first.
    pub(crate) async fn start() -> Self {
        let org = TestOrg::start().await;
        let [app, addons, attachments, vars] = ["", "/addons", "/addon-attachments", "/config-vars"]
            .map(|path| platform(&org, &format!("/apps/your-app{path}")));
        let (app, addons) = (ok(app).await, ok(addons).await);
        let (attachments, vars) = (ok(attachments).await, ok(vars).await);
        let addon = addons.as_array().expect("add-ons");
        let addon = addon.iter().find(|addon| addon["addon_service"]["name"] == "heroku-applink").expect("AppLink's");
        let attached = attachments.as_array().expect("attachments");
        let attachment =
            attached.iter().find(|attached| attached["addon"]["id"] == addon["id"]).expect("its attachment");
        let var = |name: &str| vars[format!("{}_{name}", attachment["name"].as_str().expect("a name"))].clone();
        assert_eq!(var("API_URL"), format!("{}/addons/{ADDON}", org.base));
        let id = addon["id"].as_str().expect("an id");
        let sso = ok(platform(&org, &format!("/apps/your-app/addons/{id}/sso"))).await;
        Self {
            app_id: app["id"].as_str().expect("an id").to_owned(),
            token: var("TOKEN").as_str().expect("a token").to_owned(),
            sso: STANDARD.encode(sso.to_string()),
            org,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.org.http.request(method, format!("{}/addons/{ADDON}{path}", self.org.base));
        let request = request.header("accept", "application/json").bearer_auth(&self.token);
        request.header("x-addon-sso", &self.sso).header("x-app-uuid", &self.app_id)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        answer(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        answer(self.request(Method::DELETE, path)).await
    }

    /// `salesforce:connect` and what the user does in the browser; gives the connection's id.
    pub(crate) async fn connect(&self, name: &str, user: &str) -> String {
        let asked = self.post("/connections/salesforce", json!({"connection_name": name})).await;
        assert_eq!((asked.status, &asked.body["status"]), (202, &json!("connecting")), "{}", asked.text);
        let id = asked.body["id"].as_str().expect("an id").to_owned();
        let page = self.log_in(&asked, user, "allow").await;
        assert_eq!(page.status, 200, "{}", page.text);
        id
    }

    /// The user at the page to which an answer leads, as a browser would send it: until the last page.
    async fn log_in(&self, asked: &Reply, user: &str, choice: &str) -> Reply {
        let uri = asked.body["redirect_uri"].as_str().expect("a URL");
        assert!(uri.starts_with(&format!("{}/services/oauth2/authorize?", self.org.base)), "{uri}");
        let browser = builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
        let page = answer(browser.get(uri)).await;
        assert!(page.status == 200 && page.text.contains("Heroku AppLink"), "{}", page.text);
        let (_, rest) = page.text.split_once("name=\"ticket\" value=\"").expect("a ticket");
        let ticket = rest.split('"').next().expect("its end");
        let form = [("ticket", ticket), ("user", user), ("answer", choice)];
        let answered = browser.post(format!("{}/services/oauth2/authorize", self.org.base)).form(&form);
        let answered = answer(answered.header("Origin", &self.org.base).header("Sec-Fetch-Site", "same-origin")).await;
        let back = answered.header("location").expect("a place").to_owned();
        answer(browser.get(back).header("Sec-Fetch-Site", "same-origin")).await
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Reply {
    read(request.send().await.expect("an answer")).await.expect("a body")
}

fn platform(org: &TestOrg, path: &str) -> RequestBuilder {
    let request = org.http.get(format!("{}{path}", org.base)).bearer_auth("any-key");
    request.header("accept", "application/vnd.heroku+json; version=3.sdk")
}

async fn ok(request: RequestBuilder) -> Value {
    let reply = answer(request).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body
}

#[tokio::test]
async fn an_org_is_connected_when_its_administrator_has_logged_in() {
    let plugin = Plugin::start().await;
    let id = plugin.connect("my_org", ADMIN).await;
    let connection = plugin.get(&format!("/connections/{id}")).await;
    assert_eq!(connection.body["status"], "connected", "{}", connection.text);
    let org = &connection.body["org"];
    assert_eq!((&org["connection_name"], &org["type"]), (&json!("my_org"), &json!("SalesforceOrg")));
    assert_eq!((&org["instance_url"], &org["username"]), (&json!(plugin.org.base), &json!(ADMIN)));
    assert_eq!(connection.body["created_by"], "heroku@local-org.local");
    assert_eq!(connection.body["created_via_app"], "your-app");
    assert_eq!((&connection.body["redirect_uri"], &connection.body["org"]["user_auth"]), (&Value::Null, &Value::Null));
    assert_eq!(plugin.get("/connections/my_org").await.body, connection.body);
    assert_eq!(plugin.get("/connections").await.body, json!([connection.body]));
    let again = plugin.post("/connections/salesforce", json!({"connection_name": "my_org"})).await;
    assert_eq!((again.status, &again.body["id"]), (409, &json!("conflict")));
    // `salesforce:disconnect`
    let gone = plugin.delete("/connections/my_org").await;
    assert_eq!((gone.status, &gone.body["status"]), (202, &json!("disconnecting")));
    let unknown = json!({"id": "record_not_found", "message": "record not found"});
    for reply in [plugin.delete("/connections/my_org").await, plugin.get(&format!("/connections/{id}")).await] {
        assert_eq!((reply.status, reply.body), (404, unknown.clone()));
    }
}

#[tokio::test]
async fn a_user_who_refuses_or_may_not_is_told_and_may_try_again() {
    let plugin = Plugin::start().await;
    let ask = || {
        plugin.post(
            "/connections/salesforce",
            json!({"connection_name": "my_org", "login_url": "https://test.salesforce.com"}),
        )
    };
    let status = |reply: Reply| (reply.body["status"].clone(), reply.body["error"]["id"].clone());
    let asked = ask().await;
    plugin.log_in(&asked, ADMIN, "deny").await;
    let expected = (json!("failed"), json!("authentication_failed"));
    assert_eq!(status(plugin.get("/connections/my_org").await), expected);
    let asked = ask().await;
    let page = plugin.log_in(&asked, SALES, "allow").await;
    assert!(page.text.contains("may not manage Heroku AppLink"), "{}", page.text);
    let expected = (json!("failed"), json!("org_connection_failed"));
    assert_eq!(status(plugin.get("/connections/my_org").await), expected);
    plugin.connect("my_org", ADMIN).await;
    assert_eq!(plugin.get("/connections/my_org").await.body["status"], "connected");
    // A way back that nobody is on, and one that was gone already.
    for state in ["", "unknown"] {
        let back = plugin.org.http.get(format!("{}/addons/callback?state={state}&code=x", plugin.org.base));
        assert_eq!(answer(back).await.status, 400);
    }
}

#[tokio::test]
async fn an_authorization_gives_apps_a_session_of_its_user() {
    let plugin = Plugin::start().await;
    let asked = plugin.post("/authorizations/salesforce", json!({"developer_name": "sales"})).await;
    assert_eq!((asked.status, &asked.body["status"]), (202, &json!("authorizing")), "{}", asked.text);
    let id = asked.body["id"].as_str().expect("an id");
    assert_eq!(plugin.get(&format!("/authorizations/{id}")).await.body["status"], "authorizing");
    plugin.log_in(&asked, SALES, "allow").await;
    let authorization = plugin.get(&format!("/authorizations/{id}")).await;
    assert_eq!(authorization.body["status"], "authorized");
    assert_eq!(authorization.body["org"]["username"], SALES);
    // The app itself, which sends nothing of the user at Heroku.
    let url = format!("{}/addons/{ADDON}/authorizations/sales", plugin.org.base);
    let asked = plugin.org.http.get(url).bearer_auth(&plugin.token).header("X-App-UUID", &plugin.app_id);
    let token = answer(asked).await.body["org"]["user_auth"]["access_token"].as_str().expect("a token").to_owned();
    let info = plugin.org.http.get(format!("{}/services/oauth2/userinfo", plugin.org.base)).bearer_auth(&token);
    assert_eq!(answer(info).await.body["preferred_username"], SALES);
    // Lists tell no tokens, and have those that are there from the start.
    let all = plugin.get("/authorizations").await;
    let names: Vec<_> =
        all.body.as_array().expect("a list").iter().map(|one| one["org"]["developer_name"].clone()).collect();
    assert!(names.contains(&json!("my-org")) && names.contains(&json!("sales")), "{names:?}");
    assert!(!all.text.contains("access_token") && !all.text.contains(&token), "{}", all.text);
    let gone = plugin.delete("/authorizations/sales").await;
    assert_eq!(gone.status, 200);
    assert_eq!(plugin.get("/authorizations/sales").await.status, 404);
}

fn jwt(name: Value, changes: &Value) -> Value {
    let key = format!("-----BEGIN PRIVATE {word}-----\n{KEY}-----END PRIVATE {word}-----\n", word = "KEY");
    let mut body = json!({"alias": "applink:ci", "client_id": "ci", "jwt_private_key": key,
        "login_url": "https://login.salesforce.com", "username": ADMIN});
    for members in [&name, changes] {
        for (member, value) in members.as_object().expect("members") {
            body[member] = value.clone();
        }
    }
    body
}

#[tokio::test]
async fn a_private_key_takes_the_place_of_a_user() {
    let plugin = Plugin::start().await;
    let app = json!({"name": "CI", "clientId": "ci", "certificate": CERTIFICATE});
    assert_eq!(plugin.org.control(Method::POST, "/local/connected-apps", app).await.status, 204);
    let connected =
        plugin.post("/connections/salesforce/jwt", jwt(json!({"connection_name": "my_org"}), &json!({}))).await;
    assert_eq!((connected.status, &connected.body["status"]), (202, &json!("connected")), "{}", connected.text);
    assert_eq!((&connected.body["connection_method"], &connected.body["addon_id"]), (&json!("JWT"), &json!(ADDON)));
    let name = json!({"developer_name": "ci_user"});
    let authorized = plugin.post("/authorizations/salesforce/jwt", jwt(name.clone(), &json!({}))).await;
    assert_eq!((authorized.status, &authorized.body["status"]), (202, &json!("authorized")), "{}", authorized.text);
    assert!(plugin.get("/authorizations/applink:ci").await.body["org"]["user_auth"]["access_token"].is_string());
    let again = plugin.post("/authorizations/salesforce/jwt", jwt(name, &json!({}))).await;
    assert_eq!((again.status, &again.body["message"]), (409, &json!("Authorization already exists")));
    // Logins that fail are told by the status.
    for (changes, why) in [
        (json!({"client_id": "unknown"}), "client identifier invalid"),
        (json!({"username": "nobody@my-org.local"}), "user hasn't approved this consumer"),
    ] {
        let name = json!({"developer_name": "other", "alias": "other"});
        let failed = plugin.post("/authorizations/salesforce/jwt", jwt(name, &changes)).await;
        assert_eq!((failed.status, &failed.body["status"]), (202, &json!("failed")), "{}", failed.text);
        assert_eq!(failed.body["error"]["id"], "authentication_failed");
        assert!(failed.body["error"]["message"].as_str().expect("a text").contains(why), "{}", failed.text);
    }
    // What is wrong is named, and no key is repeated.
    for (changes, member) in [
        (json!({"jwt_private_key": "none"}), "jwt_private_key"),
        (json!({"jwt_private_key": ""}), "jwt_private_key"),
        (json!({"client_id": null}), "the body"),
        (json!({"username": " "}), "username"),
        (json!({"developer_name": "no-name"}), "developer_name"),
        (json!({"login_url": "nowhere"}), "login_url"),
    ] {
        let refused = plugin
            .post("/authorizations/salesforce/jwt", jwt(json!({"developer_name": "third", "alias": "third"}), &changes))
            .await;
        assert_eq!((refused.status, &refused.body["id"]), (422, &json!("validation_failed")), "{}", refused.text);
        let message = refused.body["message"].as_str().expect("a text");
        assert!(message.starts_with(member) && !message.contains("PRIVATE"), "{member}: {message}");
    }
}

#[tokio::test]
async fn strangers_and_what_there_is_not_are_refused() {
    let plugin = Plugin::start().await;
    let url = format!("{}/addons/{ADDON}/connections", plugin.org.base);
    let known = || plugin.org.http.get(&url).bearer_auth(&plugin.token).header("x-app-uuid", &plugin.app_id);
    assert_eq!(answer(known()).await.status, 200);
    let forged = STANDARD
        .encode(json!({"params": {"email": "a@example.com", "timestamp": "1", "resource_token": "x"}}).to_string());
    for stranger in [
        plugin.org.http.get(&url).bearer_auth("wrong").header("x-app-uuid", &plugin.app_id),
        plugin.org.http.get(&url).bearer_auth(&plugin.token).header("x-app-uuid", "your-app"),
        known().header("x-addon-sso", "no base64"),
        known().header("x-addon-sso", forged),
    ] {
        let reply = answer(stranger).await;
        assert_eq!((reply.status, &reply.body["id"]), (401, &json!("unauthorized")));
    }
    let datacloud = plugin.post("/connections/datacloud", json!({"connection_name": "my_org"})).await;
    assert_eq!((datacloud.status, &datacloud.body["message"]), (422, &json!("a local org has no Data Cloud")));
    assert_eq!(plugin.post("/connections/other", json!({"connection_name": "my_org"})).await.status, 404);
    for body in [json!({}), json!({"connection_name": "a"}), json!([])] {
        assert_eq!(plugin.post("/connections/salesforce", body).await.status, 422);
    }
    // Heroku's own API.
    let without_key = answer(plugin.org.http.get(format!("{}/apps/your-app", plugin.org.base))).await;
    assert_eq!((without_key.status, &without_key.body["id"]), (401, &json!("unauthorized")));
    let unknown = answer(platform(&plugin.org, "/apps/other/config-vars")).await;
    assert_eq!((unknown.status, &unknown.body["message"]), (404, &json!("Couldn't find that app.")));
    assert_eq!(answer(platform(&plugin.org, "/apps/your-app/addons/other/sso")).await.status, 404);
    assert_eq!(ok(platform(&plugin.org, &format!("/apps/{}", plugin.app_id))).await["name"], "your-app");
    assert_eq!(ok(platform(&plugin.org, "/account")).await["email"], "heroku@local-org.local");
}
