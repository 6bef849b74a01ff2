use super::{Returning, Scope, parse};

#[test]
fn reads_sosl() {
    let search = parse(
        "FIND {Ac\\}me AND Can*} IN NAME FIELDS RETURNING Account(Id, Name WHERE City = ') LIMIT' ORDER BY Name \
         LIMIT 3), Contact LIMIT 10",
    )
    .unwrap();
    assert_eq!(search.words, ["Ac}me", "Can*"]);
    assert_eq!((search.scope, search.limit), (Scope::Name, Some(10)));
    assert_eq!(search.returning.len(), 2);
    assert_eq!(search.returning[1], Returning { object: "Contact".to_owned(), ..Returning::default() });
    assert_eq!(search.returning[0].fields, ["Id", "Name"]);
    assert!(parse("find {Acme}").unwrap().returning.is_empty());
}

#[test]
fn refuses_what_is_none() {
    for text in [
        "",
        "FIND",
        "FIND Acme",
        "FIND {Acme",
        "FIND {A}",
        "FIND {}",
        "FIND {Acme} IN",
        "FIND {Acme} IN X FIELDS",
        "FIND {Acme} RETURNING",
        "FIND {Acme} RETURNING Account(Id",
        "FIND {Acme} RETURNING Account(Id,)",
        "FIND {Acme} LIMIT x",
        "FIND {Acme} nonsense",
        "FINDE {Acme}",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}
