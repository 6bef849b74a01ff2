use super::*;

const OLD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=";

fn token() -> SecretString {
    SecretString::from("00D!secret")
}

#[test]
fn opens_for_the_same_job_and_org_only() {
    let key = SealKey::parse(OLD).unwrap();
    let (job, other) = (JobId::generate(), JobId::generate());
    let sealed = key.seal(&job, "org", &token()).unwrap();
    assert_eq!(key.open(&job, "org", &sealed).unwrap().expose_secret(), "00D!secret");
    assert!(key.open(&other, "org", &sealed).is_err());
    assert!(key.open(&job, "another", &sealed).is_err());
}

#[test]
fn refuses_anything_altered() {
    let key = SealKey::parse(OLD).unwrap();
    let job = JobId::generate();
    let sealed = key.seal(&job, "org", &token()).unwrap();
    for position in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[position] ^= 1;
        assert!(key.open(&job, "org", &altered).is_err(), "byte {position}");
        assert!(key.open(&job, "org", &sealed[..position]).is_err(), "cut at {position}");
    }
}

#[test]
fn never_seals_to_the_same_bytes_and_hides_the_token() {
    let key = SealKey::parse(OLD).unwrap();
    let job = JobId::generate();
    let (one, two) = (key.seal(&job, "org", &token()).unwrap(), key.seal(&job, "org", &token()).unwrap());
    assert_ne!(one, two);
    assert!(!one.windows(6).any(|window| window == b"secret"));
}

#[test]
fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
    let old = SealKey::parse(OLD).unwrap();
    let both = SealKey::parse(&format!("{NEW}, {OLD}")).unwrap();
    let new = SealKey::parse(NEW).unwrap();
    let job = JobId::generate();
    let by_old = old.seal(&job, "org", &token()).unwrap();
    let by_both = both.seal(&job, "org", &token()).unwrap();
    assert!(both.open(&job, "org", &by_old).is_ok());
    assert!(new.open(&job, "org", &by_both).is_ok());
    assert!(old.open(&job, "org", &by_both).is_err());
}

#[test]
fn refuses_what_is_not_a_key() {
    for (text, position) in [("", 1), ("abc", 1), (&OLD[1..], 1), (&format!("{OLD},"), 2), (&format!("{NEW},zz"), 2)] {
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
    assert!(key.open(&job, "cookie", &sealed).is_err());
    let session = key.seal(&job, "org", &token()).unwrap();
    assert!(key.open_for(&format!("{job}|org"), &session).is_err());
    let rotated = SealKey::parse(&format!("{NEW},{OLD}")).unwrap();
    assert!(rotated.open_for("cookie", &sealed).is_ok());
}
