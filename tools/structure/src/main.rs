//! `structure ROOT…`: prints the circles of the crates whose root files (`src/lib.rs`) are given; of the whole workspace,
//! from its top folder, without arguments. `structure --imports ROOT…` prints every import, to see how a circle closes.

use std::path::PathBuf;

#[expect(clippy::print_stdout, reason = "the result is what the command is for")]
fn main() -> anyhow::Result<()> {
    let mut roots: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let imports = roots.first().is_some_and(|first| first.as_os_str() == "--imports");
    if imports {
        roots.remove(0);
    }
    if roots.is_empty() {
        roots = structure::workspace_crates(std::path::Path::new("."))?;
    }
    for root in roots {
        if imports {
            for (from, to) in structure::Imports::of_crate(&root)?.edges() {
                println!("{} -> {}", from.display(), to.display());
            }
            continue;
        }
        print!("{}", structure::report(&root)?);
    }
    Ok(())
}
