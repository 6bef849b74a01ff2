//! The borders between the crates: the libraries stand alone, and a worker has no web server in it.

use std::collections::BTreeSet;
use std::path::Path;

use structure::Linked;

fn linked(package: &str, options: &[&str]) -> Linked {
    Linked::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), package, options).expect("cargo's answer")
}

fn names(of: &BTreeSet<String>) -> Vec<&str> {
    of.iter().map(String::as_str).collect()
}

/// Those of `others` that begin with one of these words: `actix` finds `actix-web` and `actix-rt`.
fn found<'a>(linked: &'a Linked, words: &[&str]) -> Vec<&'a str> {
    linked.others.iter().map(String::as_str).filter(|name| words.iter().any(|word| name.starts_with(word))).collect()
}

const NOTHING: [&str; 0] = [];

/// Our configuration, which is in `shared`, is out of reach of the three: they cannot read it without this test failing.
#[test]
fn the_libraries_know_nothing_of_ours() {
    assert_eq!(names(&linked("salesforce", &[]).ours), ["pubsub-proto"]);
    assert_eq!(names(&linked("salesforce", &["--no-default-features"]).ours), NOTHING);
    assert_eq!(names(&linked("applink", &[]).ours), ["salesforce"]);
    assert_eq!(names(&linked("jobs", &[]).ours), NOTHING);
}

#[test]
fn each_library_links_what_it_is_about() {
    assert_eq!(found(&linked("salesforce", &[]), &["actix", "redis", "config", "utoipa"]), NOTHING);
    assert_eq!(found(&linked("salesforce", &["--no-default-features"]), &["tonic", "apache-avro", "prost"]), NOTHING);
    assert_eq!(
        found(&linked("applink", &[]), &["actix", "redis", "config", "utoipa", "tonic", "apache-avro"]),
        NOTHING
    );
    assert_eq!(found(&linked("jobs", &[]), &["actix", "reqwest", "config", "utoipa", "tonic", "apache-avro"]), NOTHING);
}

#[test]
fn no_worker_has_a_web_server_in_it() {
    for pattern in ["api-access", "eventing", "org-action", "org-job"] {
        let worker = linked(&format!("{pattern}-worker"), &[]);
        assert_eq!(found(&worker, &["actix"]), NOTHING, "{pattern}-worker");
        assert!(worker.ours.contains("shared") && !worker.ours.contains("web"), "{pattern}-worker: {worker:?}");
        assert!(
            !found(&linked(&format!("{pattern}-web"), &[]), &["actix"]).is_empty(),
            "{pattern}-web serves by actix"
        );
    }
}

/// An app builds the processes of one pattern (RustConfig): gRPC and Avro are for eventing. All have protobuf's own crates, for
/// traces.
#[test]
fn only_eventing_links_the_pubsub_api() {
    let programs = ["api-access-web", "api-access-worker", "dashboard-web", "jobs-cli", "org-action-web"];
    for program in programs.into_iter().chain(["org-action-worker", "org-job-web", "org-job-worker"]) {
        assert_eq!(found(&linked(program, &[]), &["tonic", "apache-avro"]), NOTHING, "{program}");
    }
    assert_eq!(found(&linked("eventing-web", &[]), &["tonic", "apache-avro"]), ["apache-avro", "tonic", "tonic-prost"]);
}

/// The crates that tests and the local org stand on share no code with what they test.
#[test]
fn the_other_side_shares_nothing() {
    for package in ["test-support", "local-org"] {
        let ours = linked(package, &[]).ours;
        assert!(ours.iter().all(|name| name == "pubsub-proto"), "{package}: {ours:?}");
    }
}
