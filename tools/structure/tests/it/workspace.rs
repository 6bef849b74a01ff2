//! The circles of this workspace are those that `known-circles.txt` lists, no more; one that is gone leaves the list.

use std::path::Path;

#[test]
fn no_file_joins_a_circle() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.join("../..");
    let known = std::fs::read_to_string(here.join("known-circles.txt")).expect("known-circles.txt");
    let found: String = structure::workspace_crates(&top)
        .expect("the workspace")
        .iter()
        .map(|root| structure::report(root).expect("a crate"))
        .collect::<String>()
        .replace(&format!("{}/", top.display()), "");
    assert!(
        known == found,
        "the circles differ from tools/structure/known-circles.txt; when there are fewer now, write them down with\n\
         cargo run --bin structure > tools/structure/known-circles.txt\n{}",
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
