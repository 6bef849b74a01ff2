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
        "the circles differ from tools/structure/known-circles.txt; when there are fewer now, take their lines out of it\n\
         (cargo run --bin structure prints them; lines that begin with # say why one stays)\n{}",
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
    assert!(!borders.is_empty(), "there is nothing to check");
    let crossings: Vec<String> = borders
        .iter()
        .flat_map(|border| border.crossings(&here.join("../..")).expect("a crate with these rooms"))
        .collect();
    assert!(crossings.is_empty(), "what tools/structure/borders.toml forbids:\n{}", crossings.join("\n"));
}
