use tonic::metadata::MetadataMap;

use super::*;

fn status(code: Code, error_code: &str) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("error-code", error_code.parse().unwrap());
    metadata.insert("rpc-id", "5b1c".parse().unwrap());
    Status::with_metadata(code, "Refused. rpcId: 5b1c", metadata)
}

#[test]
fn sorts_what_the_service_says() {
    let prefix = "sfdc.platform.eventbus.grpc.";
    for (code, error_code, fault) in [
        (Code::Unauthenticated, "service.auth.error", Fault::Unauthenticated),
        (Code::Unauthenticated, "service.auth.refresh.invalid", Fault::Unauthenticated),
        (Code::InvalidArgument, "subscription.fetch.replayid.corrupted", Fault::ReplayIdLost),
        (Code::InvalidArgument, "subscription.fetch.replayid.validation.failed", Fault::ReplayIdLost),
        (Code::InvalidArgument, "subscription.fetch.requestedevents.invalid", Fault::Fatal),
        (Code::NotFound, "topic.not.found", Fault::Fatal),
        (Code::PermissionDenied, "topic.permission", Fault::Fatal),
        (Code::Unavailable, "service.unavailable", Fault::Unavailable),
        (Code::Internal, "service.unavailable", Fault::Unavailable),
        (Code::Unavailable, "", Fault::Transient),
        (Code::Internal, "", Fault::Transient),
        (Code::Unknown, "", Fault::Transient),
        (Code::Cancelled, "", Fault::Transient),
        (Code::ResourceExhausted, "subscription.limit.exceeded", Fault::Busy),
        (Code::AlreadyExists, "managed.subscription.already.active", Fault::Busy),
        (Code::Unimplemented, "", Fault::Fatal),
    ] {
        let refusal =
            Refusal::new(Call::Subscribe, &status(code, &format!("{prefix}{error_code}")), &Cleaner::default());
        assert_eq!(refusal.fault(), fault, "{code:?} {error_code}");
    }
}

#[test]
fn tells_what_the_service_told() {
    let refusal = Refusal::new(Call::GetTopic, &status(Code::NotFound, "topic.not.found"), &Cleaner::default());
    assert_eq!(refusal.to_string(), "get_topic failed with NotFound (topic.not.found): Refused. rpcId: 5b1c");
    assert_eq!(refusal.rpc_id.as_deref(), Some("5b1c"));
    assert_eq!(refusal.kind(), ErrorKind::NotFound);
    assert!(!refusal.not_sent);
    let long = Refusal::new(Call::Publish, &Status::internal("x\n".repeat(1_000)), &Cleaner::default());
    assert_eq!(long.message, "x".repeat(300));
    assert_eq!(long.error_code, None);
}

#[test]
fn does_not_repeat_the_token() {
    let token = "00D000000000001!AQ.repeatedSecretOfTheSession";
    let cleaner = Cleaner::default().and(token);
    let secret = token.split_once('!').unwrap().1;
    // The last one is cut in its middle when it is shortened first.
    let cut = format!("{}{secret}", "x".repeat(290));
    for told in [token.to_owned(), token.replace('!', "%21"), secret.to_owned(), secret.replace('r', "\nr"), cut] {
        let mut metadata = MetadataMap::new();
        metadata.insert("error-code", token.parse().unwrap());
        metadata.insert("rpc-id", secret.parse().unwrap());
        let status = Status::with_metadata(Code::Internal, told, metadata);
        let refusal = Refusal::new(Call::Publish, &status, &cleaner);
        let shown = format!("{refusal} {refusal:?}");
        assert!(shown.contains("[acce") && !shown.contains("AQ.rep"), "{shown}");
    }
}
