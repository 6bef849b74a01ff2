use super::{ApiError, Cleaner, Error, ErrorKind, from_answer};
use crate::Operation;

const HOST: &str = "acme.my.salesforce.com";

fn answer(status: u16, body: &str) -> Error {
    from_answer(Operation::Create, HOST, status, body.as_bytes(), None, &Cleaner::default())
}

#[test]
fn bodies_of_all_shapes_are_read() {
    let error = answer(
        400,
        r#"[{"message":"Required fields are missing: [Name]","errorCode":"REQUIRED_FIELD_MISSING","fields":["Name"]},
            {"message":null,"errorCode":"STRING_TOO_LONG","fields":null,"extendedErrorDetails":[{}]}]"#,
    );
    let Error::Api { errors, status: 400, .. } = &error else { panic!("{error:?}") };
    assert_eq!(errors[0].fields, ["Name"]);
    assert_eq!((errors[1].message.as_str(), errors[1].fields.len()), ("", 0));
    let text = "Salesforce refused create (status 400): REQUIRED_FIELD_MISSING: Required fields are missing: [Name] \
                (Name); STRING_TOO_LONG: ";
    assert_eq!(error.to_string(), text);

    let one = ApiError { error_code: "X".to_owned(), message: "m".to_owned(), fields: Vec::new() };
    for body in [
        r#"[{"errorCode":"X","message":"m"}]"#,
        r#"{"errorCode":"X","message":"m"}"#,
        r#"{"error":"X","error_description":"m"}"#,
        r#"[{"statusCode":"X","message":"m","fields":[]}]"#,
    ] {
        assert_eq!(answer(400, body).api_errors(), std::slice::from_ref(&one), "{body}");
    }
    for body in ["", "<html>", "[]", "{}", "null", "Bad_OAuth_Token", r#"{"message":"m"}"#] {
        assert!(matches!(answer(502, body), Error::Status { status: 502, .. }), "{body}");
    }
}

#[test]
fn kinds_follow_code_then_status() {
    for (status, code, kind) in [
        (401, "INVALID_SESSION_ID", ErrorKind::SessionExpired),
        (403, "REQUEST_LIMIT_EXCEEDED", ErrorKind::LimitExceeded),
        (403, "INSUFFICIENT_ACCESS", ErrorKind::Forbidden),
        (403, "API_DISABLED_FOR_ORG", ErrorKind::Forbidden),
        (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ErrorKind::Forbidden),
        (400, "UNABLE_TO_LOCK_ROW", ErrorKind::RowLocked),
        (400, "QUERY_TIMEOUT", ErrorKind::Transient),
        (503, "SERVER_UNAVAILABLE", ErrorKind::Transient),
        (500, "UNKNOWN_EXCEPTION", ErrorKind::Transient),
        (400, "UNKNOWN_EXCEPTION", ErrorKind::Transient),
        (400, "REQUEST_RUNNING_TOO_LONG", ErrorKind::Transient),
        (403, "API_CURRENTLY_DISABLED", ErrorKind::Transient),
        (400, "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE", ErrorKind::Transient),
        (423, "LOCKED", ErrorKind::Transient),
        (425, "TOO_EARLY", ErrorKind::Transient),
        (404, "NOT_FOUND", ErrorKind::NotFound),
        (404, "ENTITY_IS_DELETED", ErrorKind::NotFound),
        (404, "INVALID_CROSS_REFERENCE_KEY", ErrorKind::NotFound),
        (400, "INVALID_CROSS_REFERENCE_KEY", ErrorKind::Invalid),
        (400, "DUPLICATE_VALUE", ErrorKind::Invalid),
        (400, "MALFORMED_QUERY", ErrorKind::Invalid),
    ] {
        assert_eq!(answer(status, &format!(r#"[{{"errorCode":"{code}"}}]"#)).kind(), kind, "{code}");
    }
    for (status, kind) in [
        // Whoever gave these, it was not the API.
        (302, ErrorKind::Malformed),
        (400, ErrorKind::Malformed),
        (403, ErrorKind::Malformed),
        (404, ErrorKind::Malformed),
        (410, ErrorKind::Malformed),
        (401, ErrorKind::SessionExpired),
        (408, ErrorKind::Transient),
        (420, ErrorKind::Transient),
        (423, ErrorKind::Transient),
        (425, ErrorKind::Transient),
        (429, ErrorKind::LimitExceeded),
        (503, ErrorKind::Transient),
    ] {
        assert_eq!(answer(status, "").kind(), kind, "{status}");
    }
}

#[test]
fn of_several_errors_the_one_that_decides_counts() {
    for (codes, kind) in [
        (["UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE"], ErrorKind::Invalid),
        (["DUPLICATE_VALUE", "REQUEST_LIMIT_EXCEEDED"], ErrorKind::LimitExceeded),
        (["UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW"], ErrorKind::RowLocked),
        (["UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"], ErrorKind::Transient),
    ] {
        let body = format!(r#"[{{"errorCode":"{}"}},{{"errorCode":"{}"}}]"#, codes[0], codes[1]);
        assert_eq!(answer(400, &body).kind(), kind, "{codes:?}");
    }
}

#[test]
fn what_may_have_committed() {
    const LOCKED: &str = r#"[{"errorCode":"UNABLE_TO_LOCK_ROW"}]"#;
    const BUSY: &str = r#"[{"errorCode":"SERVER_UNAVAILABLE"}]"#;
    for (status, body, committed) in [
        (400, LOCKED, false),
        (403, r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, false),
        (503, BUSY, true),
        (500, BUSY, true),
        (502, "", true),
        (503, "", true),
        (504, "<html>", true),
        (420, "", true),
        (302, "", true),
        (401, "", false),
        (429, "", false),
    ] {
        let write = from_answer(Operation::Graph, HOST, status, body.as_bytes(), None, &Cleaner::default());
        assert_eq!(write.may_have_committed(), committed, "{status} {body}");
        let read = from_answer(Operation::Query, HOST, status, body.as_bytes(), None, &Cleaner::default());
        assert!(!read.may_have_committed(), "{status} {body}");
    }
    assert!(Error::malformed(Operation::Graph, "x").may_have_committed());
    assert!(!Error::malformed(Operation::Query, "x").may_have_committed());
    assert!(!Error::SessionExpired.may_have_committed());
}

#[test]
fn several_records_for_an_external_id() {
    let error = from_answer(
        Operation::Upsert,
        HOST,
        300,
        br#"["/services/data/v62.0/sobjects/A/001"]"#,
        None,
        &Cleaner::default(),
    );
    assert_eq!(error.api_errors()[0].error_code, "MULTIPLE_CHOICES");
    assert_eq!((error.kind(), error.may_have_committed()), (ErrorKind::Invalid, false));
}
