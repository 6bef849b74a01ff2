//! How failures end a task. What needs Redis and an org is tested with the services' processes.

use super::errors::{of_quotes, of_salesforce};
use crate::jobs::TaskError;
use crate::quotes::GenerateError;
use crate::salesforce::{ApiError, Error, ErrorKind, Operation};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(60);

fn host() -> String {
    "acme.my.salesforce.com".to_owned()
}

fn refused(status: u16, code: &str, retry_after: Option<Duration>) -> Error {
    let error = ApiError { error_code: code.to_owned(), message: "no".to_owned(), fields: Vec::new() };
    Error::Api { operation: Operation::Query, status, errors: vec![error], retry_after }
}

#[test]
fn an_expired_session_holds_the_job_and_a_limit_pauses_the_org() {
    let expired = of_salesforce(&refused(401, "INVALID_SESSION_ID", None), PAUSE);
    assert!(matches!(expired, TaskError::NeedsAuthorization { .. }), "{expired:?}");
    let wait = |retry_after| match of_salesforce(&refused(403, "REQUEST_LIMIT_EXCEEDED", retry_after), PAUSE) {
        TaskError::PauseOrg { wait, .. } => wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(None), PAUSE);
    assert_eq!(wait(Some(Duration::from_secs(5))), Duration::from_secs(5));
}

#[test]
fn an_org_that_does_not_answer_rests() {
    for operation in [Operation::Query, Operation::Graph] {
        let error = of_salesforce(&Error::Silent { operation, host: host() }, PAUSE);
        assert!(matches!(&error, TaskError::Silent { reason } if reason.contains("does not answer")), "{error:?}");
    }
    let error = of_salesforce(&Error::Silent { operation: Operation::Query, host: host() }, PAUSE);
    assert!(error.to_string().contains("acme.my.salesforce.com"), "{error}");
    // The org answers others.
    let error = of_salesforce(&Error::TimedOut { operation: Operation::Graph, host: host() }, PAUSE);
    assert!(matches!(error, TaskError::Retry { .. }), "{error:?}");
}

#[test]
fn passing_faults_are_tried_again_and_wrong_data_is_not() {
    for (status, code) in [(503, "SERVER_UNAVAILABLE"), (400, "UNABLE_TO_LOCK_ROW"), (500, "UNKNOWN_EXCEPTION")] {
        let error = of_salesforce(&refused(status, code, Some(Duration::from_secs(3))), PAUSE);
        assert!(matches!(error, TaskError::Retry { after: Some(_), .. }), "{code}: {error:?}");
    }
    for (status, code) in [(400, "INVALID_FIELD"), (404, "NOT_FOUND"), (403, "INSUFFICIENT_ACCESS")] {
        let error = of_salesforce(&refused(status, code, None), PAUSE);
        assert!(matches!(&error, TaskError::Fail { reason } if reason.contains(code)), "{code}: {error:?}");
    }
}

#[test]
fn the_reason_of_a_refused_authorization_reaches_the_job() {
    let source = std::io::Error::other("disconnected");
    let error = of_salesforce(&Error::Session { kind: ErrorKind::SessionExpired, source: Box::new(source) }, PAUSE);
    assert!(
        matches!(&error, TaskError::NeedsAuthorization { reason } if reason.ends_with(": disconnected")),
        "{error:?}"
    );
    let error = of_quotes(&GenerateError::Salesforce(refused(401, "INVALID_SESSION_ID", None)), PAUSE);
    assert!(matches!(error, TaskError::NeedsAuthorization { .. }), "{error:?}");
    let error = of_quotes(&GenerateError::Cancelled, PAUSE);
    assert!(matches!(error, TaskError::Retry { after: None, .. }), "{error:?}");
}

#[test]
fn why_an_id_could_not_be_kept_reaches_the_job() {
    let error = of_salesforce(&Error::Note("Redis is full".into()), PAUSE);
    assert!(matches!(&error, TaskError::Retry { reason, .. } if reason.ends_with(": Redis is full")), "{error:?}");
}
