use std::time::Instant;

use super::{Failure, Kind, Link, Links, Refused, State};

fn live() -> State {
    State::Live { org: "my-org".to_owned(), user_id: "005".to_owned() }
}

fn asking(ticket: &str) -> State {
    State::Asking { ticket: ticket.to_owned(), redirect_uri: String::new(), since: Instant::now() }
}

fn link(kind: Kind, name: &str, state: State) -> Link {
    Link::new(kind, name, "app", "who@example.com", state)
}

#[test]
fn a_name_is_one_of_the_rule() {
    let links = Links::default();
    for name in ["", "ab", "1ab", "_ab", "abc_", "a__b", "my-org", "a b", "äbc", &"a".repeat(31)] {
        let added = links.add(link(Kind::Connection, name, live()));
        assert_eq!(added.err(), Some(Refused::Name), "{name}");
    }
    for name in ["abc", "my_org", "A1_b2", &"a".repeat(30)] {
        assert!(links.add(link(Kind::Connection, name, live())).is_ok(), "{name}");
    }
}

#[test]
fn what_works_is_not_replaced_and_what_does_not_is() {
    let links = Links::default();
    assert!(links.add(link(Kind::Connection, "my_org", asking("1"))).is_ok());
    assert!(links.add(link(Kind::Connection, "my_org", asking("2"))).is_ok());
    assert!(links.asking("1").is_none());
    assert!(links.settle("2", live()).is_some());
    assert_eq!(links.add(link(Kind::Connection, "my_org", asking("3"))).err(), Some(Refused::Exists));
    // The other kind has names of its own.
    assert!(links.add(link(Kind::Authorization, "my_org", live())).is_ok());
    let mut other = link(Kind::Authorization, "other", live());
    other.alias = Some("my_org".to_owned());
    assert_eq!(links.add(other).err(), Some(Refused::Exists));
    assert_eq!((links.all(Kind::Connection).len(), links.all(Kind::Authorization).len()), (1, 1));
}

#[test]
fn a_ticket_settles_once() {
    let links = Links::default();
    let added = links.add(link(Kind::Authorization, "admin", asking("secret"))).unwrap();
    assert!(links.settle("another", live()).is_none());
    let failed = State::Failed(Failure::authentication("no"));
    assert!(links.settle("secret", failed.clone()).is_some_and(|link| link.state == failed));
    assert!(links.settle("secret", live()).is_none());
    for key in ["admin", "applink:admin", &added.id.to_string()] {
        assert!(links.find(Kind::Authorization, key).is_some_and(|link| link.state == failed));
    }
    assert!(links.remove(Kind::Connection, "admin").is_none());
    assert!(links.remove(Kind::Authorization, "admin").is_some());
    assert!(links.find(Kind::Authorization, "admin").is_none());
    assert!(!format!("{links:?}").contains("secret"));
}

#[test]
fn nobody_waits_for_ever() {
    let links = Links::default();
    let long_ago = Instant::now().checked_sub(super::PATIENCE * 2);
    let Some(since) = long_ago else { return };
    let state = State::Asking { ticket: "old".to_owned(), redirect_uri: String::new(), since };
    assert!(links.add(link(Kind::Connection, "my_org", state)).is_ok());
    assert!(matches!(links.find(Kind::Connection, "my_org").unwrap().state, State::Failed(_)));
    assert!(links.asking("old").is_none());
}
