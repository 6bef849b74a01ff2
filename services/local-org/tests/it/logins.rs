//! The logins of connected apps, in the requests that clients send.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Reply, TestOrg, builder, read};

/// Signed once with the key of the certificate, which nobody has any longer: they are good until 2100.
const ASSERTIONS: &str = include_str!("fixtures/jwt-assertions.json");
/// X.509 of version 1, as `openssl x509 -req -signkey` makes it.
const CERTIFICATE: &str = include_str!("fixtures/jwt-app.crt");

const CALLBACK: &str = "http://localhost:1717/OauthRedirect";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn token(org: &TestOrg, form: &[(&str, &str)]) -> Reply {
    let request = org.http.post(format!("{}/services/oauth2/token", org.base)).form(form);
    read(request.send().await.expect("an answer")).await.expect("a body")
}

async fn add_app(org: &TestOrg, app: Value) {
    let reply = org.control(Method::POST, "/local/connected-apps", app).await;
    assert_eq!(reply.status, 204, "{}", reply.text);
}

/// What the Salesforce CLI sends its user's browser to.
fn authorize(org: &TestOrg, changes: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let mut query = vec![
        ("prompt", "login"),
        ("scope", "refresh_token api web"),
        ("response_type", "code"),
        ("client_id", "PlatformCLI"),
        ("redirect_uri", CALLBACK),
        ("state", "a b&c"),
        ("code_challenge", CHALLENGE),
    ];
    for (name, value) in changes {
        query.retain(|(known, _)| known != name);
        query.push((name, value));
    }
    browser().get(format!("{}/services/oauth2/authorize", org.base)).query(&query)
}

fn browser() -> reqwest::Client {
    builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

async fn page(request: reqwest::RequestBuilder) -> Reply {
    read(request.send().await.expect("an answer")).await.expect("a body")
}

fn ticket(page: &Reply) -> String {
    let (_, rest) = page.text.split_once("name=\"ticket\" value=\"").expect("a ticket");
    rest.split('"').next().expect("its end").to_owned()
}

async fn choose(org: &TestOrg, ticket: &str, user: &str, answer: &str) -> Reply {
    let form = [("ticket", ticket), ("user", user), ("answer", answer)];
    let request = browser().post(format!("{}/services/oauth2/authorize", org.base)).header("Origin", &org.base);
    page(request.form(&form)).await
}

/// The parameters of the URL that the browser is sent to.
fn sent_back(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 302, "{}", reply.text);
    let location = url::Url::parse(reply.header("location").expect("a place")).expect("a URL");
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    location.query_pairs().into_owned().collect()
}

async fn code(org: &TestOrg, user: &str) -> String {
    let asked = page(authorize(org, &[])).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let back = sent_back(&choose(org, &ticket(&asked), user, "allow").await);
    assert_eq!(back[1], ("state".to_owned(), "a b&c".to_owned()));
    back[0].1.clone()
}

#[tokio::test]
async fn a_web_login_gives_a_token_that_can_be_refreshed_and_revoked() {
    let org = TestOrg::start().await;
    let code = code(&org, "sales.user@my-org.local").await;
    let form = |code, verifier| {
        vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", "PlatformCLI"),
            ("client_secret", ""),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ]
    };
    let login = token(&org, &form(&code, VERIFIER)).await;
    assert_eq!(login.status, 200, "{}", login.text);
    assert_eq!(login.body["scope"], "refresh_token api web");
    let again = token(&org, &form(&code, VERIFIER)).await;
    assert_eq!(again.body, json!({"error": "invalid_grant", "error_description": "expired authorization code"}));
    let text = |reply: &Reply, name: &str| reply.body[name].as_str().expect("a text").to_owned();
    let (first, refresh) = (text(&login, "access_token"), text(&login, "refresh_token"));

    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", "PlatformCLI")];
    let refreshed = token(&org, &form).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    assert_eq!(refreshed.body.get("refresh_token"), None);
    let second = text(&refreshed, "access_token");
    assert_ne!(first, second, "a session of its own");
    let limits = |token: String| {
        let request = org.http.get(format!("{}/services/data/v62.0/limits", org.base)).bearer_auth(token);
        async { page(request).await.status }
    };
    assert_eq!((limits(first.clone()).await, limits(second.clone()).await), (200, 200));
    let info = org.http.get(format!("{}/services/oauth2/userinfo", org.base)).bearer_auth(&second);
    assert_eq!(page(info).await.body["preferred_username"], "sales.user@my-org.local");

    let introspected = |token: String| {
        let form = [("token", token), ("client_id", "PlatformCLI".to_owned())];
        let request = org.http.post(format!("{}/services/oauth2/introspect", org.base)).form(&form);
        async { page(request).await.body }
    };
    let shown = introspected(second.clone()).await;
    assert_eq!((&shown["active"], &shown["client_id"]), (&json!(true), &json!("PlatformCLI")));
    assert_eq!(shown["username"], "sales.user@my-org.local");

    let revoke = org.http.post(format!("{}/services/oauth2/revoke", org.base)).form(&[("token", &refresh)]);
    assert_eq!(page(revoke).await.status, 200);
    assert_eq!((limits(first).await, limits(second.clone()).await), (401, 401), "the sessions end with their grant");
    assert_eq!(introspected(second).await, json!({"active": false}));
    let dead = token(&org, &form).await;
    assert_eq!(dead.body, json!({"error": "invalid_grant", "error_description": "expired access/refresh token"}));
    assert_eq!(org.get("/limits").await.status, 200, "other sessions go on");
}

/// "Enable Refresh Token Rotation" of a connected app or external client app.
#[tokio::test]
async fn an_app_that_rotates_its_refresh_tokens_gets_another_one_with_each_use() {
    let org = TestOrg::start().await;
    let text = |reply: &Reply, name: &str| reply.body[name].as_str().unwrap_or_default().to_owned();
    for client in ["rotates", "rests"] {
        let app = json!({"name": client, "clientId": client, "clientSecret": "s", "callbackUrls": [CALLBACK],
            "rotatesRefreshTokens": client == "rotates"});
        add_app(&org, app).await;
    }
    let apps = org.control(Method::GET, "/local/connected-apps", Value::Null).await.body;
    let rotating = apps.as_array().expect("apps").iter().filter(|app| app["rotatesRefreshTokens"] == true);
    assert_eq!(rotating.map(|app| app["clientId"].as_str()).collect::<Vec<_>>(), [Some("rotates")]);
    let begun = async |client: &str| {
        let wanted = json!({"user": "sales.user@my-org.local", "clientId": client});
        let reply = org.control(Method::POST, "/local/orgs/my-org/refresh-tokens", wanted).await;
        text(&reply, "refreshToken")
    };
    let refresh = async |client: &str, token: &str| {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client), ("client_secret", "s")];
        self::token(&org, &form).await
    };
    let limits = async |token: String| {
        let request = org.http.get(format!("{}/services/data/v62.0/limits", org.base)).bearer_auth(token);
        page(request).await.status
    };
    let expired = json!({"error": "invalid_grant", "error_description": "expired access/refresh token"});

    let first = begun("rotates").await;
    let one = refresh("rotates", &first).await;
    let (second, of_one) = (text(&one, "refresh_token"), text(&one, "access_token"));
    assert!(one.status == 200 && second != first && second.starts_with("5Aep"), "{}", one.text);
    let two = refresh("rotates", &second).await;
    let (third, of_two) = (text(&two, "refresh_token"), text(&two, "access_token"));
    assert_ne!(third, second);
    assert_eq!((limits(of_one.clone()).await, limits(of_two.clone()).await), (200, 200), "earlier sessions go on");

    // The wrong secret uses nothing up; a token that was used before ends all of the login.
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", &third), ("client_id", "rotates"), ("client_secret", "x")];
    assert_eq!(token(&org, &form).await.body["error"], "invalid_client");
    let again = refresh("rotates", &second).await;
    assert_eq!((again.status, &again.body), (400, &expired));
    assert_eq!((limits(of_one).await, limits(of_two).await), (401, 401), "the sessions end with it");
    assert_eq!(refresh("rotates", &third).await.body, expired, "so does the token that was good");
    assert_eq!(org.get("/limits").await.status, 200, "other sessions go on");

    // Off without the setting.
    let lasting = begun("rests").await;
    for _ in 0..2 {
        let reply = refresh("rests", &lasting).await;
        assert_eq!((reply.status, reply.body.get("refresh_token")), (200, None), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_code_is_for_who_asked_for_it() {
    let org = TestOrg::start().await;
    add_app(&org, json!({"name": "Other", "clientId": "other", "callbackUrls": [CALLBACK]})).await;
    for (changed, value, error) in [
        ("code_verifier", "another", "invalid_grant"),
        ("redirect_uri", "http://localhost:1717/other", "redirect_uri_mismatch"),
        ("client_id", "other", "invalid_grant"),
        ("client_id", "unknown", "invalid_client_id"),
    ] {
        let code = code(&org, "admin@my-org.local").await;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("client_id", "PlatformCLI"),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        form.retain(|(name, _)| *name != changed);
        form.push((changed, value));
        let reply = token(&org, &form).await;
        assert_eq!((reply.status, &reply.body["error"]), (400, &json!(error)), "{changed}");
    }
}

#[tokio::test]
async fn nobody_is_sent_where_the_app_did_not_say() {
    let org = TestOrg::start().await;
    for (changes, error) in [
        ([("client_id", "unknown")], "invalid_client_id"),
        ([("redirect_uri", "https://evil.example/")], "redirect_uri_mismatch"),
        ([("redirect_uri", "http://localhost:1717/OauthRedirect?x=1")], "redirect_uri_mismatch"),
    ] {
        let reply = page(authorize(&org, &changes)).await;
        assert_eq!(reply.status, 400, "{changes:?}");
        assert!(reply.text.contains(error) && reply.header("location").is_none(), "{}", reply.text);
    }
    let unsupported = sent_back(&page(authorize(&org, &[("response_type", "token")])).await);
    assert_eq!(unsupported[0].1, "unsupported_response_type");
    let plain = sent_back(&page(authorize(&org, &[("code_challenge_method", "plain")])).await);
    assert_eq!(plain[0].1, "invalid_request");
}

#[tokio::test]
async fn a_user_can_say_no_and_a_page_works_once() {
    let org = TestOrg::start().await;
    let asked = page(authorize(&org, &[("login_hint", "sales.user@my-org.local")])).await;
    assert!(asked.text.contains("Salesforce CLI wants to log in"), "{}", asked.text);
    assert!(asked.text.contains("value=\"sales.user@my-org.local\" checked"), "{}", asked.text);
    let policy = asked.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' http://localhost:1717;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    let ticket = ticket(&asked);
    let denied = sent_back(&choose(&org, &ticket, "admin@my-org.local", "deny").await);
    assert_eq!(denied[0], ("error".to_owned(), "access_denied".to_owned()));
    let again = choose(&org, &ticket, "admin@my-org.local", "allow").await;
    assert_eq!(again.status, 400, "{}", again.text);
    assert_eq!(choose(&org, "guessed", "admin@my-org.local", "allow").await.status, 400);
    let url = format!("{}/services/oauth2/authorize", org.base);
    let foreign = browser().post(url).header("Origin", "http://evil.example").form(&[("ticket", ticket)]);
    assert_eq!(page(foreign).await.status, 403);
}

#[tokio::test]
async fn an_assertion_is_believed_by_its_signature() {
    let org = TestOrg::start().await;
    let assertions: Value = serde_json::from_str(ASSERTIONS).expect("JSON");
    let login = |assertion: String| {
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()), ("assertion", assertion)];
        let request = org.http.post(format!("{}/services/oauth2/token", org.base)).form(&form);
        async { page(request).await }
    };
    let named = |name: &str| assertions[name].as_str().expect("a token").to_owned();
    let early = login(named("GOOD")).await;
    assert_eq!(early.body["error"], "invalid_client_id", "{}", early.text);
    let app = json!({"name": "JWT", "clientId": "jwt-app", "clientSecret": "secret", "certificate": CERTIFICATE});
    add_app(&org, app).await;

    let good = login(named("GOOD")).await;
    // The secret is for other flows: an assertion proves the app.
    assert_eq!(good.status, 200, "{}", good.text);
    assert!(good.body["id"].as_str().expect("a URL").contains("/id/00D"));
    assert_eq!(good.body.get("refresh_token"), None);
    let tampered = {
        let good = named("GOOD");
        let (signed, signature) = good.rsplit_once('.').expect("parts");
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        format!("{signed}.{flipped}{}", &signature[1..])
    };
    for (assertion, error, description) in [
        (named("EXPIRED"), "invalid_grant", "expired assertion"),
        (named("ELSEWHERE"), "invalid_grant", "audience is invalid"),
        (named("NOBODY"), "invalid_grant", "user hasn't approved this consumer"),
        (named("UNKNOWN_APP"), "invalid_client_id", "client identifier invalid"),
        (named("OTHER_ALGORITHM"), "invalid_grant", "invalid assertion"),
        (tampered, "invalid_grant", "invalid assertion"),
        ("none".to_owned(), "invalid_grant", "invalid assertion"),
    ] {
        let reply = login(assertion).await;
        let expected = json!({"error": error, "error_description": description});
        assert_eq!((reply.status, reply.body), (400, expected));
    }
}

#[tokio::test]
async fn a_refresh_token_can_be_had_from_the_control_api_and_answers_are_signed() {
    let org = TestOrg::start().await;
    add_app(&org, json!({"name": "Sync", "clientId": "sync", "clientSecret": "right"})).await;
    let body = json!({"user": "admin@my-org.local", "clientId": "sync"});
    let given = org.control(Method::POST, "/local/orgs/my-org/refresh-tokens", body).await;
    assert_eq!(given.status, 201, "{}", given.text);
    let refresh = given.body["refreshToken"].as_str().expect("a token");
    let form = |secret| {
        [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "sync"), ("client_secret", secret)]
    };
    let wrong = token(&org, &form("wrong")).await;
    assert_eq!(wrong.body, json!({"error": "invalid_client", "error_description": "invalid client credentials"}));
    let reply = token(&org, &form("right")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let text = |name: &str| reply.body[name].as_str().expect("a text").to_owned();
    // As django-salesforce checks it.
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"right");
    let signature =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text("signature")).expect("Base64");
    let signed = format!("{}{}", text("id"), text("issued_at"));
    assert!(ring::hmac::verify(&key, signed.as_bytes(), &signature).is_ok());

    let basic = org.http.post(format!("{}/services/oauth2/token", org.base)).basic_auth("sync", Some("right"));
    let basic = page(basic.form(&[("grant_type", "refresh_token"), ("refresh_token", refresh)])).await;
    assert_eq!(basic.status, 200, "{}", basic.text);
    for (body, problem) in [
        (json!({"user": "nobody", "clientId": "sync"}), "user:"),
        (json!({"user": "admin@my-org.local", "clientId": "unknown"}), "clientId:"),
    ] {
        let reply = org.control(Method::POST, "/local/orgs/my-org/refresh-tokens", body).await;
        assert!(reply.status == 400 && reply.text.contains(problem), "{}", reply.text);
    }
    let listed = org.control(Method::GET, "/local/connected-apps", Value::Null).await;
    assert!(listed.text.contains("PlatformCLI") && !listed.text.contains("right"), "{}", listed.text);
}

#[tokio::test]
async fn a_token_opens_the_pages_of_its_org_once() {
    let org = TestOrg::start().await;
    let pass = org.get("/services/oauth2/singleaccess").await;
    let uri = pass.body["frontdoor_uri"].as_str().expect("a URL");
    assert!(uri.starts_with(&format!("{}/secur/frontdoor.jsp?otp=", org.base)), "{uri}");
    let places = |reply: Reply| reply.header("location").map(str::to_owned);
    assert_eq!(places(page(browser().get(uri)).await).as_deref(), Some("/console/orgs/my-org"));
    assert_eq!(places(page(browser().get(uri)).await).as_deref(), Some("/console"));
    let by_session = format!("{}/secur/frontdoor.jsp?sid={}", org.base, org.token);
    assert_eq!(places(page(browser().get(by_session)).await).as_deref(), Some("/console/orgs/my-org"));
    let nobody = page(browser().get(format!("{}/services/oauth2/singleaccess", org.base))).await;
    assert_eq!((nobody.status, nobody.text.as_str()), (403, "Bad_OAuth_Token"));
}
