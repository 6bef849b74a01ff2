//! `structure ROOT…`: prints the circles of the crates whose root files (`src/lib.rs`) are given; of the whole workspace,
//! from its top folder, without arguments.

use std::path::PathBuf;

#[expect(clippy::print_stdout, reason = "the result is what the command is for")]
fn main() -> anyhow::Result<()> {
    let mut roots: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    if roots.is_empty() {
        roots = structure::workspace_crates(std::path::Path::new("."))?;
    }
    for root in roots {
        print!("{}", structure::report(&root)?);
    }
    Ok(())
}
