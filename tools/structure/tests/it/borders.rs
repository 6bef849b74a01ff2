//! Borders of small crates that are written to a folder.

use std::fs;
use std::path::Path;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// What crosses the borders of `table` in a crate whose room `state` has this text.
fn crossings(table: &str, state: &str) -> anyhow::Result<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[
            ("borders.toml", table),
            ("org/src/lib.rs", "mod state;\nmod http;\nmod console;\npub use self::http::serve;\n"),
            ("org/src/http/mod.rs", "mod answer;\npub use answer::Answer;\npub fn serve() {}\n"),
            (
                "org/src/http/answer.rs",
                "use actix_web::HttpResponse;\nuse crate::state::Org;\npub struct Answer(Org);\n",
            ),
            ("org/src/console.rs", "pub struct Page;\n"),
            ("org/src/state.rs", state),
        ],
    );
    let borders = structure::borders(&folder.path().join("borders.toml"))?;
    let mut found = Vec::new();
    for border in borders.border {
        found.extend(border.crossings(folder.path())?);
    }
    for layers in borders.layered {
        found.extend(layers.crossings(folder.path())?);
    }
    Ok(found)
}

const TABLE: &str =
    "[[border]]\ncrate = \"org\"\nreason = \"r\"\nhidden = [\"http\", \"console\"]\ncrates = [\"actix_web\"]\n";

#[test]
fn a_face_may_import_state_and_name_its_crates() {
    let kept = crossings(TABLE, "use std::fmt::Debug;\npub struct Org;\n").expect("a crate");
    assert_eq!(kept, [""; 0]);
}

#[test]
fn state_may_do_neither() {
    let state = "use crate::http::Answer;\nuse super::console;\npub struct Org;\nfn page(_: Answer) -> console::Page { console::Page }\n";
    let crossed = crossings(TABLE, state).expect("a crate");
    assert_eq!(crossed, ["org: state.rs imports http/answer.rs (r)", "org: state.rs imports console.rs (r)"]);
    for state in [
        "use actix_web::web;\npub struct Org;\nfn data(_: web::Bytes) {}\n",
        "pub use actix_web::web;\npub struct Org;\n",
        "use actix_web::*;\npub struct Org;\n",
        "pub struct Org;\nfn data(_: actix_web::web::Bytes) {}\n",
    ] {
        assert_eq!(
            crossings(TABLE, state).expect("a crate"),
            ["org: state.rs names the crate actix_web (r)"],
            "{state}"
        );
    }
}

#[test]
fn a_border_of_named_rooms_holds_only_those() {
    let table = TABLE.replace("hidden = [\"http\", ", "rooms = [\"http\"]\nhidden = [");
    let state = "use crate::console::Page;\nuse actix_web::web;\npub struct Org(Page);\n";
    assert_eq!(crossings(&table, state).expect("a crate"), ["org: http/answer.rs names the crate actix_web (r)"]);
}

#[test]
fn a_room_that_is_gone_is_an_error() {
    let error = crossings(&TABLE.replace("console", "pages"), "pub struct Org;\n").expect_err("no such room");
    assert!(error.to_string().contains("pages"), "{error}");
}

#[test]
fn an_import_that_leads_upwards_a_room_without_a_layer_and_one_that_is_gone_are_told() {
    let layers = |layers: &str| format!("border = []\n[[layered]]\ncrate = \"org\"\nlayers = {layers}\n");
    let state = "pub struct Org;\n";
    let right = layers("[[\"console\"], [\"http\"], [\"state\"]]");
    assert_eq!(crossings(&right, state).expect("a crate"), [""; 0]);
    let upside_down = layers("[[\"state\"], [\"http\", \"console\"]]");
    assert_eq!(
        crossings(&upside_down, state).expect("a crate"),
        ["org: http/answer.rs imports state.rs, which lies above it"]
    );
    let others = layers("[[\"pages\", \"http\"], [\"state\"]]");
    assert_eq!(
        crossings(&others, state).expect("a crate"),
        ["org: console is in no layer", "org: there is no room pages"]
    );
}
