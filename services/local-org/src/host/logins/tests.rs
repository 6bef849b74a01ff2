use super::grants::{Rotation, verifies};
use super::{APPLINK, APPLINK_CALLBACK, AppDraft, Asked, Assertion, ConnectedApp, Grant, Grants, Logins};

fn asked() -> Asked {
    Asked {
        client_id: "PlatformCLI".to_owned(),
        redirect_uri: "http://localhost:1717/OauthRedirect".to_owned(),
        scope: "refresh_token api".to_owned(),
        state: None,
        challenge: None,
    }
}

fn grant(scope: &str) -> Grant {
    Grant {
        org: "my-org".to_owned(),
        user_id: "005".to_owned(),
        client_id: "PlatformCLI".to_owned(),
        scope: scope.to_owned(),
    }
}

fn draft(rest: &str) -> Result<ConnectedApp, String> {
    let draft: AppDraft = serde_json::from_str(&format!(r#"{{"name": "App", "clientId": "key"{rest}}}"#)).unwrap();
    ConnectedApp::try_from(draft).map_err(|error| error.to_string())
}

#[test]
fn a_code_and_a_consent_are_good_once_and_a_refresh_token_until_it_is_revoked() {
    let grants = Grants::default();
    let ticket = grants.ask(asked());
    assert_eq!(grants.answered(&ticket), Some(asked()));
    assert_eq!(grants.answered(&ticket), None);
    let code = grants.code(asked(), grant("api"));
    assert_eq!(grants.redeem("aPrx"), None);
    assert_eq!(grants.redeem(&code), Some((asked(), grant("api"))));
    assert_eq!(grants.redeem(&code), None);
    let token = grants.refresh_token(grant("refresh_token"));
    grants.issued("00D!access", grant("refresh_token"));
    grants.issued("00D!other", grant("api"));
    assert_eq!(grants.refreshed(&token), grants.refreshed(&token));
    assert_eq!(grants.revoke(&token), Some(vec!["00D!access".to_owned()]));
    assert_eq!((grants.refreshed(&token), grants.revoke(&token)), (None, None));
    assert_eq!(grants.of_access_token("00D!access"), None);
    assert!(grants.of_access_token("00D!other").is_some());
    assert!(!format!("{grants:?}").contains("5Aep"));
}

#[test]
fn a_refresh_token_that_rotates_is_good_once_and_ends_its_login_when_it_comes_again() {
    let (grants, lasting) = (Grants::default(), grant("refresh_token"));
    let (first, other) = (grants.refresh_token(lasting.clone()), grants.refresh_token(grant("api refresh_token")));
    let next = |token: &str| match grants.rotate(token, "PlatformCLI") {
        Rotation::Replaced(of, next) if of == lasting => next,
        other => panic!("{other:?}"),
    };
    assert_eq!(grants.rotate(&first, "another app"), Rotation::Unknown);
    let second = next(&first);
    let third = next(&second);
    assert!(grants.refreshed(&third).is_some() && grants.refreshed(&second).is_none());
    assert_eq!(grants.rotate("5Aep861guessed", "PlatformCLI"), Rotation::Unknown);
    assert_eq!(grants.rotate(&first, "another app"), Rotation::Unknown, "of which it is no login");
    grants.issued("00D!access", lasting.clone());
    grants.issued("00D!other", grant("api"));
    assert_eq!(grants.rotate(&first, "PlatformCLI"), Rotation::Reused(vec!["00D!access".to_owned()]));
    for dead in [&first, &second, &third] {
        assert_eq!((grants.rotate(dead, "PlatformCLI"), grants.refreshed(dead)), (Rotation::Unknown, None));
    }
    assert!(grants.refreshed(&other).is_some(), "another login goes on");
}

#[test]
fn of_two_that_use_a_token_at_once_one_is_the_second() {
    for _ in 0..50 {
        let grants = Grants::default();
        let token = grants.refresh_token(grant("refresh_token"));
        let answers: Vec<_> = std::thread::scope(|scope| {
            let uses = [(); 2].map(|()| scope.spawn(|| grants.rotate(&token, "PlatformCLI")));
            uses.map(|one| one.join().unwrap()).into()
        });
        let reused = answers.iter().filter(|answer| matches!(answer, Rotation::Reused(_))).count();
        let next = answers.iter().find_map(|answer| match answer {
            Rotation::Replaced(_, next) => Some(next),
            _ => None,
        });
        assert_eq!((reused, grants.refreshed(next.unwrap())), (1, None), "{answers:?}");
    }
}

#[test]
fn the_verifier_of_rfc_7636_fits_its_challenge_alone() {
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    assert!(verifies(Some(challenge), Some(verifier)));
    assert!(!verifies(Some(challenge), Some("another")));
    assert!(!verifies(Some(challenge), None));
    assert!(verifies(None, None));
}

#[test]
fn an_app_says_what_is_wrong_with_it() {
    assert!(draft("").is_ok());
    assert!(draft(r#", "callbackUrls": ["http://localhost:1717/x", "myapp://done"]"#).is_ok());
    for (rest, problem) in [
        (r#", "clientSecret": """#, "clientSecret must not be empty"),
        (r#", "callbackUrls": ["/relative"]"#, "callbackUrls must be absolute URLs without a fragment"),
        (r#", "callbackUrls": ["javascript:alert(1)"]"#, "callbackUrls must be absolute URLs without a fragment"),
        (r#", "callbackUrls": ["http://a/#b"]"#, "callbackUrls must be absolute URLs without a fragment"),
    ] {
        assert_eq!(draft(rest).unwrap_err(), problem);
    }
    let problem = draft(r#", "certificate": "none""#).unwrap_err();
    assert!(problem.starts_with("certificate must be"), "{problem}");
}

#[test]
fn an_app_replaces_the_one_of_its_key() {
    let logins = Logins::default();
    assert!(logins.app("PlatformCLI").is_some());
    assert!(logins.add(draft("").unwrap()));
    assert!(logins.app("key").unwrap().takes_secret("any"));
    assert!(logins.add(draft(r#", "clientSecret": "right""#).unwrap()));
    let app = logins.app("key").unwrap();
    assert!(app.takes_secret("right") && !app.takes_secret("wrong"));
    assert_eq!(logins.apps().len(), 3);
    assert!(!format!("{logins:?}").contains("right"));
}

#[test]
fn what_is_no_jwt_is_none() {
    for text in ["", "a.b.c", "..", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
        assert!(Assertion::parse(text).is_none(), "{text}");
    }
}

#[test]
fn users_come_back_to_applink_on_the_server_that_they_left() {
    let logins = Logins::default();
    let applink = logins.app(APPLINK).unwrap();
    let (here, path) = ("http://localhost:8090", APPLINK_CALLBACK);
    assert!(applink.returns_to(&format!("{here}{path}"), here));
    for elsewhere in [
        format!("http://evil.example{path}"),
        format!("{here}{path}/x"),
        format!("{here}.evil.example{path}"),
        format!("{here}@evil.example{path}"),
        here.to_owned(),
    ] {
        assert!(!applink.returns_to(&elsewhere, here), "{elsewhere}");
    }
    assert!(!logins.app("PlatformCLI").unwrap().returns_to(&format!("{here}{path}"), here));
}
