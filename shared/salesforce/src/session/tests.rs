use secrecy::{ExposeSecret, SecretString};

use super::Session;
use crate::test_server::session;

#[test]
fn a_session_survives_as_a_secret() {
    let before = session("https://acme.my.salesforce.com", "00D!token");
    let after = Session::from_secret(&before.to_secret().unwrap()).unwrap();
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(after.access_token.expose_secret(), "00D!token");
    let error = Session::from_secret(&SecretString::from("{\"accessToken\":\"hidden\"}")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hidden"));
}
