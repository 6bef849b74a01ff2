//! A scripted server, and the client's side of it.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use test_support::scripted;
pub(crate) use test_support::scripted::{Reply, Seen, error, reply};

use super::{Client, ClientSettings, FixedSession, HttpSettings, RetryPolicy, Session, SessionSource, http_client};

pub(crate) const ORG: &str = "00D000000000001EAA";
pub(crate) const USER: &str = "005000000000001AAA";

pub(crate) struct TestServer(scripted::TestServer);

impl Deref for TestServer {
    type Target = scripted::TestServer;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl TestServer {
    /// Answers requests one after the other; those beyond the script get status 599.
    pub(crate) async fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(scripted::TestServer::script(replies).await)
    }

    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self(scripted::TestServer::start(answer).await)
    }

    pub(crate) fn session(&self, token: &str) -> Session {
        session(&self.url, token)
    }

    pub(crate) fn client(&self) -> Client {
        self.client_of(Arc::new(FixedSession(self.session("token"))))
    }

    pub(crate) fn client_of(&self, source: Arc<dyn SessionSource>) -> Client {
        Client::new(http_client(&HttpSettings::default()).unwrap(), source, settings())
    }
}

pub(crate) fn session(url: &str, token: &str) -> Session {
    Session {
        instance_url: url.parse().unwrap(),
        api_version: "62.0".to_owned(),
        access_token: SecretString::from(token),
        org_id: ORG.parse().unwrap(),
        user_id: USER.parse().unwrap(),
    }
}

/// Waits hardly at all between tries.
pub(crate) fn settings() -> ClientSettings {
    let retry = RetryPolicy { base_delay: Duration::from_millis(1), ..RetryPolicy::default() };
    ClientSettings { retry, ..ClientSettings::default() }
}
