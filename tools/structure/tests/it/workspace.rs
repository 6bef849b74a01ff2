//! The circles of this workspace are those that `known-circles.txt` lists, no more; one that is gone leaves the list. The
//! borders of `borders.toml` are kept.

use std::path::Path;

#[test]
fn no_file_joins_a_circle() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.join("../..");
    let known = std::fs::read_to_string(here.join("known-circles.txt")).expect("known-circles.txt");
    let known: String = known.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let found: String = structure::workspace_crates(&top)
        .expect("the workspace")
        .iter()
        .map(|root| structure::report(root).expect("a crate"))
        .collect::<String>()
        .replace(&format!("{}/", top.display()), "");
    assert!(
        known == found,
        "the circles differ from tools/structure/known-circles.txt, where a line that begins with # says why one stays\n\
         (cargo run --bin structure prints them, --imports ROOT how they close)\n{}",
        difference(&known, &found)
    );
}

/// Lines that only one of the texts has.
fn difference(known: &str, found: &str) -> String {
    let lines = |text: &str, other: &str, sign: char| -> String {
        text.lines()
            .filter(|line| !other.lines().any(|other| other == *line))
            .map(|line| format!("{sign} {line}\n"))
            .collect()
    };
    format!("{}{}", lines(known, found, '-'), lines(found, known, '+'))
}

#[test]
fn no_border_is_crossed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let borders = structure::borders(&here.join("borders.toml")).expect("borders.toml");
    assert!(!borders.border.is_empty(), "there is nothing to check");
    let crossings: Vec<String> = borders
        .border
        .iter()
        .flat_map(|border| border.crossings(&here.join("../..")).expect("a crate with these rooms"))
        .collect();
    assert!(crossings.is_empty(), "what tools/structure/borders.toml forbids:\n{}", crossings.join("\n"));
}

/// The picture in ARCHITECTURE.md has the rooms of the table, and the table those of the crate.
#[test]
fn no_room_imports_one_above_it_and_the_picture_names_all() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.join("../..");
    let borders = structure::borders(&here.join("borders.toml")).expect("borders.toml");
    assert!(!borders.layered.is_empty(), "there is nothing to check");
    let text = std::fs::read_to_string(top.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let section = text.split("\n## local-org\n").nth(1).expect("a section on local-org");
    let picture = section.split("```").nth(1).expect("a picture");
    let drawn: Vec<&str> = picture.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
    for layers in borders.layered {
        assert_eq!(layers.crossings(&top).expect("a crate"), [""; 0]);
        let missing: Vec<_> = layers.rooms().filter(|room| !drawn.contains(room)).collect();
        assert!(missing.is_empty(), "the picture leaves out {missing:?}");
    }
}
