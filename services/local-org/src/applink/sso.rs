//! What Heroku tells an add-on of the user who comes from there (Heroku Dev Center, "Add-on Single Sign-on"): the Platform
//! API makes it, the CLI sends it with each call of the add-on's API.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde_json::{Value, json};

use crate::config::Addon;
use crate::host::HerokuApp;

/// The one user of Heroku here. Nobody logs in: the API takes any key.
pub(crate) const EMAIL: &str = "heroku@local-org.local";
/// Their id.
pub(crate) const USER_ID: &str = "00000000-0000-4000-8000-0000000000ff";

/// What the Platform API answers.
pub(crate) fn made(addon: &Addon, app: &HerokuApp, base_url: &str, timestamp: i64) -> Value {
    let timestamp = timestamp.to_string();
    let token = proof(addon, &timestamp);
    json!({
        "action": format!("{base_url}/sso/login"),
        "method": "post",
        "params": {
            "app": app.name,
            "context_app": app.name,
            "email": EMAIL,
            "id": addon.id,
            "nav-data": "",
            "resource_id": addon.id,
            "resource_token": token,
            "timestamp": timestamp,
            "token": token,
            "user_id": USER_ID,
            "user_scoped_resource_token": token,
        },
    })
}

/// The user's email, if that is what [`made`] made, in Base64.
pub(super) fn email(addon: &Addon, given: &str) -> Option<&'static str> {
    let sso: Value = serde_json::from_slice(&STANDARD.decode(given.trim()).ok()?).ok()?;
    let text = |name: &str| sso["params"][name].as_str();
    let given = text("resource_token")?;
    // Of equal length whatever is given, so that the comparison tells nothing.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"comparison");
    let tag = hmac::sign(&key, given.as_bytes());
    hmac::verify(&key, proof(addon, text("timestamp")?).as_bytes(), tag.as_ref()).ok().map(|()| EMAIL)
}

/// Shows that this process made it, at that time.
fn proof(addon: &Addon, timestamp: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, addon.token.as_bytes());
    let tag = hmac::sign(&key, format!("{}:{timestamp}", addon.id).as_bytes());
    STANDARD.encode(tag.as_ref())
}
