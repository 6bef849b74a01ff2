use super::settings::Access;
use shared::config::Settings;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn read(variables: &[(&str, &str)], address: IpAddr) -> Result<Access, String> {
    let settings = Settings::from_map(variables.iter().copied()).unwrap();
    let mut reader = settings.reader();
    let access = Access::read(&mut reader, address);
    reader.finish().map(|()| access).map_err(|error| error.to_string())
}

const ANYWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

#[test]
fn a_password_is_needed_unless_none_is_asked_for_on_loopback() {
    let error = read(&[], ANYWHERE).unwrap_err();
    assert!(error.starts_with("APP_PASSWORD: is not set"), "{error}");
    let error = read(&[("AUTH", "none")], ANYWHERE).unwrap_err();
    assert!(error.starts_with("AUTH: none is for one machine only"), "{error}");
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        assert!(matches!(read(&[("AUTH", "none")], address), Ok(Access::Open)));
        assert!(read(&[], address).is_err());
    }
}

#[test]
fn a_short_password_or_another_way_is_refused_without_showing_it() {
    let error = read(&[("APP_PASSWORD", "1234567")], ANYWHERE).unwrap_err();
    assert!(error.starts_with("APP_PASSWORD: ") && !error.contains("1234567"), "{error}");
    assert!(read(&[("AUTH", "open")], ANYWHERE).unwrap_err().starts_with("AUTH: expected password or none"));
}

#[test]
fn the_password_of_the_compose_file_is_for_one_machine() {
    let published = ("APP_PASSWORD", "local-only-password");
    let error = read(&[published], ANYWHERE).unwrap_err();
    assert!(error.starts_with("APP_PASSWORD: is the one of docker-compose.yml"), "{error}");
    assert!(read(&[published, ("ALLOW_PUBLISHED_SECRETS", "true")], ANYWHERE).is_ok());
}

#[test]
fn the_username_has_a_default() {
    let Ok(Access::Password(credential)) = read(&[("APP_PASSWORD", "correct horse")], ANYWHERE) else { panic!() };
    assert!(credential.matches("admin", "correct horse"));
    let variables = [("APP_PASSWORD", "correct horse"), ("APP_USERNAME", "ada")];
    let Ok(Access::Password(credential)) = read(&variables, ANYWHERE) else { panic!() };
    assert!(credential.matches("ada", "correct horse"));
}
