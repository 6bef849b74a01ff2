use super::*;

const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=";

/// A secret of 32 characters, as a generator may make it.
const GENERATED: &str = "Zq8-generated_secret.of+32chars!";
/// HKDF-SHA-256 of it without salt for `jobs seal key, version 1`, by another program (Python's hmac).
const DERIVED: &str = "f3a5ddb814ca24c0b3c757b66d069412010e8bf4a2d74530bfc295aa6e0533ce";

fn token() -> SecretString {
    SecretString::from("00D!secret")
}

fn of(job: &JobId) -> SealedFor<'_> {
    SealedFor { service: "{s}:", job, org: "org", kind: "kind", user: "user", params: "{}" }
}

#[test]
fn opens_for_the_very_job_only() {
    let key = SealKey::parse(OLD).unwrap();
    let (job, other) = (JobId::generate(), JobId::generate());
    let sealed = key.seal(&of(&job), &token()).unwrap();
    assert_eq!(key.open(&of(&job), &sealed).unwrap().expose_secret(), "00D!secret");
    for changed in [
        of(&other),
        SealedFor { service: "{t}:", ..of(&job) },
        SealedFor { org: "another", ..of(&job) },
        SealedFor { kind: "another", ..of(&job) },
        SealedFor { user: "", ..of(&job) },
        SealedFor { params: "{ }", ..of(&job) },
        // What is taken from one part and added to the next is another job.
        SealedFor { org: "orgk", kind: "ind", ..of(&job) },
    ] {
        assert!(key.open(&changed, &sealed).is_err());
    }
}

/// Sealed for job and org alone, as versions before did: the job then asks for authorization.
#[test]
fn a_session_of_an_earlier_version_does_not_open() {
    let key = SealKey::parse(OLD).unwrap();
    let job = JobId::generate();
    let sealed = key.encrypt(&token(), format!("{job}|org").as_bytes()).unwrap();
    assert!(key.open(&of(&job), &sealed).is_err());
}

#[test]
fn refuses_anything_altered() {
    let key = SealKey::parse(OLD).unwrap();
    let job = JobId::generate();
    let sealed = key.seal(&of(&job), &token()).unwrap();
    for position in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[position] ^= 1;
        assert!(key.open(&of(&job), &altered).is_err(), "byte {position}");
        assert!(key.open(&of(&job), &sealed[..position]).is_err(), "cut at {position}");
    }
}

#[test]
fn never_seals_to_the_same_bytes_and_hides_the_token() {
    let key = SealKey::parse(OLD).unwrap();
    let job = JobId::generate();
    let (one, two) = (key.seal(&of(&job), &token()).unwrap(), key.seal(&of(&job), &token()).unwrap());
    assert_ne!(one, two);
    assert!(!one.windows(6).any(|window| window == b"secret"));
}

#[test]
fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
    let old = SealKey::parse(OLD).unwrap();
    let both = SealKey::parse(&format!("{NEW}, {OLD}")).unwrap();
    let new = SealKey::parse(NEW).unwrap();
    let job = JobId::generate();
    let by_old = old.seal(&of(&job), &token()).unwrap();
    let by_both = both.seal(&of(&job), &token()).unwrap();
    assert!(both.open(&of(&job), &by_old).is_ok());
    assert!(new.open(&of(&job), &by_both).is_ok());
    assert!(old.open(&of(&job), &by_both).is_err());
}

#[test]
fn refuses_what_is_not_a_key() {
    let short = &GENERATED[1..];
    for (text, position) in [("", 1), ("abc", 1), (short, 1), (&format!("{OLD},"), 2), (&format!("{NEW},zz"), 2)] {
        assert_eq!(SealKey::parse(text).unwrap_err(), InvalidSealKey { position }, "{text}");
    }
}

#[test]
fn debug_hides_the_keys() {
    let key = SealKey::parse(OLD).unwrap();
    assert_eq!(format!("{key:?}"), "SealKey([REDACTED; 1])");
}

#[test]
fn a_purpose_opens_neither_another_nor_a_job() {
    let key = SealKey::parse(OLD).unwrap();
    let sealed = key.seal_for("cookie", &token()).unwrap();
    assert_eq!(key.open_for("cookie", &sealed).unwrap().expose_secret(), "00D!secret");
    assert!(key.open_for("link", &sealed).is_err());
    let job = JobId::generate();
    assert!(key.open(&of(&job), &sealed).is_err());
    let session = key.seal(&of(&job), &token()).unwrap();
    let data = String::from_utf8_lossy(&of(&job).associated_data()).into_owned();
    for purpose in [data.as_str(), &data["job|".len()..], ""] {
        assert!(key.open_for(purpose, &session).is_err());
    }
    let rotated = SealKey::parse(&format!("{NEW},{OLD}")).unwrap();
    assert!(rotated.open_for("cookie", &sealed).is_ok());
}

/// The derivation is for ever: another one would leave all that is in Redis unreadable.
#[test]
fn any_secret_of_32_characters_is_a_key_and_always_the_same() {
    let sealed = SealKey::parse(GENERATED).unwrap().seal_for("cookie", &token()).unwrap();
    let derived = SealKey::parse(DERIVED).unwrap();
    assert_eq!(derived.open_for("cookie", &sealed).unwrap().expose_secret(), "00D!secret");
    // Longer ones, those of 64 characters that are not hexadecimal, and letters of more than a byte.
    for secret in [&"g1".repeat(32), &"pass phrase ".repeat(20), &"\u{fc}".repeat(32), &OLD[1..]] {
        let sealed = SealKey::parse(secret).unwrap().seal_for("cookie", &token()).unwrap();
        assert!(SealKey::parse(secret).unwrap().open_for("cookie", &sealed).is_ok(), "{secret}");
        assert!(derived.open_for("cookie", &sealed).is_err(), "{secret}");
    }
}

/// 64 hexadecimal digits and base64 of 32 bytes are the bytes themselves, in each way of writing them.
#[test]
fn a_key_in_hexadecimal_or_base64_is_its_bytes() {
    let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let sealed = SealKey { keys: vec![SecretBox::new(Box::new(std::array::from_fn(|byte| byte as u8)))] };
    let sealed = sealed.seal_for("cookie", &token()).unwrap();
    for key in [OLD, &OLD.to_uppercase(), base64, base64.trim_end_matches('=')] {
        assert!(SealKey::parse(key).unwrap().open_for("cookie", &sealed).is_ok(), "{key}");
    }
}
