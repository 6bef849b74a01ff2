use super::*;

const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "101112131415161718191a1b1c1d1e1f000102030405060708090a0b0c0d0e0f";

fn job(id: &JobId) -> SealedFor<'_> {
    SealedFor { service: "{s}:", job: id, org: "org", kind: "kind", user: "user", params: "{}" }
}

fn proofs<'a>(key: &'a SealKey, job: &'a JobId) -> Proofs<'a> {
    Proofs { key, service: "{s}:", job }
}

#[test]
fn a_proof_is_of_one_job_as_it_was_made() {
    let key = SealKey::parse(OLD).unwrap();
    let (id, other) = (JobId::generate(), JobId::generate());
    let proof = job(&id).prove(&key).unwrap();
    assert_eq!(proof.len(), PROOF_CHARS);
    assert_eq!(job(&id).check(&key, Some(&proof)), Ok(()));
    for changed in [
        job(&other),
        SealedFor { service: "{t}:", ..job(&id) },
        SealedFor { org: "another", ..job(&id) },
        SealedFor { kind: "another", ..job(&id) },
        SealedFor { user: "", ..job(&id) },
        SealedFor { params: "{ }", ..job(&id) },
        SealedFor { org: "orgk", kind: "ind", ..job(&id) },
    ] {
        assert_eq!(changed.check(&key, Some(&proof)), Err(Unproven::Job));
    }
    for missing in [None, Some(""), Some(&proof[1..]), Some("no base64!")] {
        assert_eq!(job(&id).check(&key, missing), Err(Unproven::Job));
    }
}

#[test]
fn a_proof_is_of_one_part_in_one_place() {
    let key = SealKey::parse(OLD).unwrap();
    let (id, other) = (JobId::generate(), JobId::generate());
    let part = Part::Chunk { number: 1, records: 2, payload: "006" };
    let proof = proofs(&key, &id).make(part).unwrap();
    assert_eq!(proofs(&key, &id).check(part, Some(&proof)), Ok(()));
    assert_eq!(proofs(&key, &other).check(part, Some(&proof)), Err(Unproven::Chunk));
    for (other, refusal) in [
        (Part::Chunk { number: 2, records: 2, payload: "006" }, Unproven::Chunk),
        (Part::Chunk { number: 1, records: 3, payload: "006" }, Unproven::Chunk),
        (Part::Chunk { number: 1, records: 2, payload: "007" }, Unproven::Chunk),
        (Part::Cursor("006"), Unproven::Cursor),
        (Part::Note { name: "1", value: "006" }, Unproven::Note),
    ] {
        assert_eq!(proofs(&key, &id).check(other, Some(&proof)), Err(refusal));
        assert_eq!(proofs(&key, &id).check(other, None), Err(refusal));
    }
}

/// A session, a cookie and a proof are made with the same keys; none of them stands for another one.
#[test]
fn what_was_sealed_for_something_else_proves_nothing() {
    use base64::Engine as _;
    let key = SealKey::parse(OLD).unwrap();
    let id = JobId::generate();
    let text = |sealed: Vec<u8>| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed);
    let session = text(key.seal(&job(&id), &String::new().into()).unwrap());
    let cookie = text(key.seal_for("proof of job|", &String::new().into()).unwrap());
    for sealed in [session, cookie] {
        assert_eq!(job(&id).check(&key, Some(&sealed)), Err(Unproven::Job));
    }
    let proof = job(&id).prove(&key).unwrap();
    let proof = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(proof).unwrap();
    assert!(key.open(&job(&id), &proof).is_err());
}

#[test]
fn a_new_key_in_front_keeps_what_the_old_one_has_proven() {
    let (old, both) = (SealKey::parse(OLD).unwrap(), SealKey::parse(&format!("{NEW},{OLD}")).unwrap());
    let id = JobId::generate();
    let proof = job(&id).prove(&old).unwrap();
    assert_eq!(job(&id).check(&both, Some(&proof)), Ok(()));
    let new = SealKey::parse(NEW).unwrap();
    assert_eq!(job(&id).check(&new, Some(&proof)), Err(Unproven::Job));
    assert_eq!(job(&id).check(&new, Some(&job(&id).prove(&both).unwrap())), Ok(()), "the first one seals");
}

#[test]
fn a_text_and_its_proof_come_apart_again() {
    let key = SealKey::parse(OLD).unwrap();
    let id = JobId::generate();
    let proofs = proofs(&key, &id);
    for value in ["", "1", "a b\nc ", "ü"] {
        let text = proofs.note("name", value).unwrap();
        assert_eq!(proofs.read_note("name", &text).unwrap(), value);
        assert!(matches!(proofs.read_note("other", &text), Err(JobsError::Unproven(Unproven::Note))));
        assert!(matches!(proofs.read_note("name", value), Err(JobsError::Unproven(Unproven::Note))));
    }
    assert_eq!(without_proof("25 records of a chunk"), ("25 records of a chunk", None));
}
