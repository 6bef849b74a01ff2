//! An AppLink add-on with one authorization, which can be moved to another org.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::scripted::{TestServer, reply};
use crate::{Org, User};

/// The add-on; it ends when it is dropped. It knows the authorization under any name.
#[derive(Debug)]
pub struct MovingAddon {
    server: TestServer,
    answer: Arc<Mutex<String>>,
}

impl MovingAddon {
    /// One whose authorization is of this user of this org.
    pub async fn start(org: &Org, user: &User) -> Self {
        let answer = Arc::new(Mutex::new(body(org, user)));
        let told = Arc::clone(&answer);
        Self { server: TestServer::start(move |_| reply(200, told.lock().unwrap().clone())).await, answer }
    }

    /// The authorization is of this user of this org from now on.
    pub fn moves_to(&self, org: &Org, user: &User) {
        *self.answer.lock().unwrap() = body(org, user);
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.server.calls().len()
    }

    /// The variables with which a service finds it.
    pub fn env(&self) -> [(&'static str, String); 3] {
        [
            ("HEROKU_APPLINK_API_URL", format!("{}/addons/moving", self.server.url)),
            ("HEROKU_APPLINK_TOKEN", "moving-addon-token".to_owned()),
            ("HEROKU_APP_ID", "00000000-0000-4000-8000-000000000001".to_owned()),
        ]
    }
}

fn body(org: &Org, user: &User) -> String {
    json!({ "id": "authorization", "status": "authorized", "org": {
        "id": org.id, "developer_name": "moving", "instance_url": org.instance_url, "type": "SalesforceOrg",
        "api_version": org.api_version,
        "user_auth": { "username": user.username, "user_id": user.id, "access_token": user.access_token },
    } })
    .to_string()
}
