use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{OrgType, parse};
use crate::AppLinkError;
use salesforce::{AllowedHosts, ErrorKind};

fn body() -> Value {
    json!({
        "id": "7f9c", "status": "authorized",
        "org": {"id": "00DSG00000DGEIr2AP", "developer_name": "productionOrg",
                "instance_url": "https://acme.my.salesforce.com", "type": "SalesforceOrg", "api_version": "v57.0",
                "user_auth": {"username": "admin@example.com", "user_id": "005000000000001",
                              "access_token": "00DSG00000DGEIr2AP!secret"}},
        "created_at": "2025-03-06T18:20:42.226577Z", "created_by": "a@example.com", "last_modified_at": null,
        "redirect_uri": null, "connection_method": "JWT"
    })
}

fn with(pointer: &str, value: Value) -> Result<super::Authorization, AppLinkError> {
    let mut body = body();
    *body.pointer_mut(pointer).unwrap() = value;
    parse("prod", body.to_string().as_bytes(), &AllowedHosts::salesforce())
}

#[test]
fn an_authorization_brings_a_session() {
    let authorization = with("/redirect_uri", Value::Null).unwrap();
    assert_eq!(authorization.developer_name, "productionOrg");
    assert_eq!(authorization.org_type, OrgType::Salesforce);
    assert_eq!(authorization.session.api_version, "57.0");
    assert_eq!(authorization.session.access_token.expose_secret(), "00DSG00000DGEIr2AP!secret");
    assert_eq!(authorization.created_at.unwrap().timestamp(), 1_741_285_242);
    assert!(!format!("{authorization:?}").contains("secret"));
    assert_eq!(
        with("/created_at", "2021-01-01T00:00:00Z".into()).unwrap().created_at.unwrap().timestamp(),
        1_609_459_200
    );
    for name in ["DataCloudOrg", "DatacloudOrg"] {
        let authorization = with("/org/type", name.into()).unwrap();
        assert_eq!(authorization.org_type, OrgType::DataCloud);
        let error = authorization.of_salesforce("asked").unwrap_err();
        assert!(matches!(&error, AppLinkError::DataCloud { name } if name == "asked"), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert!(with("/org/type", "NewOrg".into()).unwrap().of_salesforce("asked").is_ok());
    assert_eq!(with("/org/type", "NewOrg".into()).unwrap().org_type, OrgType::Other("NewOrg".to_owned()));
}

#[test]
fn a_data_cloud_orgs_address_may_lack_its_scheme() {
    let mut body = body();
    body["org"]["type"] = "DataCloudOrg".into();
    for address in ["abc.c360a.salesforce.com", "https://abc.c360a.salesforce.com"] {
        body["org"]["instance_url"] = address.into();
        let authorization = parse("prod", body.to_string().as_bytes(), &AllowedHosts::salesforce()).unwrap();
        assert_eq!(authorization.session.instance_url.as_str(), "https://abc.c360a.salesforce.com/");
    }
    body["org"]["instance_url"] = "evil.example".into();
    assert!(parse("prod", body.to_string().as_bytes(), &AllowedHosts::salesforce()).is_err());
}

#[test]
fn authorizations_without_access_are_refused() {
    for (pointer, value, status) in [
        ("/status", json!("disconnected"), "disconnected"),
        ("/status", json!("authorizing"), "authorizing"),
        ("/status", Value::Null, "of unknown status"),
        ("/org/user_auth/access_token", json!(""), "without a token"),
        ("/org/user_auth/access_token", Value::Null, "without a token"),
        ("/org/user_auth", Value::Null, "without a token"),
    ] {
        let error = with(pointer, value).unwrap_err();
        assert!(matches!(&error, AppLinkError::NotAuthorized { status: s, .. } if s == status), "{pointer}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::SessionExpired);
    }
    let bare = parse("prod", br#"{"id":"x","status":"failed","org":null}"#, &AllowedHosts::salesforce()).unwrap_err();
    assert!(matches!(bare, AppLinkError::NotAuthorized { .. }));
}

#[test]
fn answers_that_cannot_be_right_are_malformed_and_show_no_token() {
    for (pointer, value) in [
        ("/org", Value::Null),
        ("/org/id", json!("x")),
        ("/org/id", json!("00D000000000001EAA")),
        ("/org/instance_url", json!("https://evil.example")),
        ("/org/instance_url", Value::Null),
        ("/org/api_version", json!("latest")),
        ("/org/user_auth/user_id", json!("")),
        ("/org/user_auth/access_token", json!("00DSG00000DGEIr2AP!secret value")),
        ("/org/user_auth/access_token", json!({"secret": 1})),
    ] {
        let error = with(pointer, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{pointer}: {error:?}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    assert!(parse("prod", b"<html>", &AllowedHosts::salesforce()).is_err());
}
