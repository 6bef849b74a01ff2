//! Small crates, written to a folder and read.

use std::fs;
use std::path::Path;

use structure::Imports;

/// Reads a crate of these files.
fn read(files: &[(&str, &str)]) -> Imports {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    Imports::of_crate(&folder.path().join("lib.rs")).expect("a crate")
}

fn edges(files: &[(&str, &str)]) -> Vec<String> {
    read(files).edges().map(|(from, to)| format!("{} -> {}", from.display(), to.display())).collect()
}

#[test]
fn an_import_leads_to_the_file_that_defines_the_name() {
    let files = [
        ("lib.rs", "mod shape;\nmod draw;\n"),
        ("shape/mod.rs", "mod circle;\npub use circle::Circle;\n"),
        ("shape/circle.rs", "pub struct Circle;\n"),
        ("draw.rs", "use crate::shape::Circle;\npub fn draw(_: &Circle) {}\n"),
    ];
    assert_eq!(edges(&files), ["draw.rs -> shape/circle.rs"]);
}

#[test]
fn so_does_a_path_through_an_imported_module_a_rename_or_a_glob() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\n"),
        ("a.rs", "pub struct A;\npub const ONE: u8 = 1;\n"),
        ("b.rs", "use super::a;\npub fn b() -> u8 { a::ONE }\n"),
        ("c.rs", "use super::a::A as Other;\npub fn c(_: Other) {}\n"),
        ("d.rs", "use crate::a::*;\npub fn d(_: A) {}\n"),
    ];
    assert_eq!(edges(&files), ["b.rs -> a.rs", "c.rs -> a.rs", "d.rs -> a.rs"]);
}

#[test]
fn names_in_macro_calls_count_and_other_crates_do_not() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        ("a.rs", "pub fn one() -> u8 { 1 }\n"),
        (
            "b.rs",
            "use std::fmt::Write as _;\nuse serde_json::json;\npub fn b() { println!(\"{}\", crate::a::one()) }\n",
        ),
    ];
    assert_eq!(edges(&files), ["b.rs -> a.rs"]);
}

#[test]
fn code_for_tests_does_not_count() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\n"),
        (
            "a.rs",
            "pub struct A;\n#[cfg(test)]\nmod tests { use crate::b::B; fn b(_: B) {} }\n#[cfg(test)]\nuse crate::b::B;\n",
        ),
        ("b.rs", "use super::a::A;\npub struct B(A);\n"),
    ];
    assert_eq!(edges(&files), ["b.rs -> a.rs"]);
}

#[test]
fn circles_of_files_and_of_modules_are_found() {
    let imports = read(&[
        ("lib.rs", "mod x;\nmod y;\nmod z;\n"),
        ("x/mod.rs", "pub mod one;\npub mod two;\n"),
        ("x/one.rs", "pub struct One;\nuse crate::y::Y;\nfn y(_: Y) {}\n"),
        ("x/two.rs", "pub struct Two;\n"),
        ("y.rs", "pub struct Y;\nuse crate::x::two::Two;\nfn two(_: Two) {}\n"),
        ("z.rs", "mod inner { use super::super::y::Y; fn y(_: Y) {} }\n"),
    ]);
    assert!(imports.circles().is_empty(), "no file comes back to itself");
    assert_eq!(imports.module_circles(), [["x", "y"]]);
    let back = read(&[
        ("lib.rs", "mod x;\nmod y;\n"),
        ("x.rs", "pub struct X;\nuse crate::y::Y;\nfn y(_: Y) {}\n"),
        ("y.rs", "pub struct Y;\nuse crate::x::X;\nfn x(_: X) {}\n"),
    ]);
    assert_eq!(back.circles(), [[Path::new("x.rs"), Path::new("y.rs")]]);
}

#[test]
fn a_module_without_a_file_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("lib.rs"), "mod missing;\n").expect("a file");
    let error = Imports::of_crate(&folder.path().join("lib.rs")).expect_err("there is no missing.rs");
    assert!(error.to_string().contains("missing"), "{error}");
}
