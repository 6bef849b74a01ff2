//! Code that a page shows, compared with the files that are compiled and run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The blocks of code in `language` of a page, each without its fences.
pub fn code_blocks(page: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut open): (Vec<String>, Option<(bool, String)>) = (Vec::new(), None);
    for line in page.lines() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(named)) => open = Some((named.split(',').next() == Some(language), String::new())),
            (None, None) => {}
            (Some((wanted, block)), Some(_)) => {
                if *wanted {
                    blocks.push(std::mem::take(block));
                }
                open = None;
            }
            (Some((_, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    blocks
}

/// A page and the files whose code it shows.
#[derive(Debug, Default)]
pub struct Quoted {
    sources: Vec<(PathBuf, String)>,
    renamed: Vec<(String, String)>,
}

impl Quoted {
    /// Code may come from this file, too.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn from(mut self, file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        self.sources.push((file.to_owned(), text));
        Ok(self)
    }

    /// The page writes `shown` where the files have `compiled`: a path that is another one in a reader's copy.
    #[must_use]
    pub fn renamed(mut self, compiled: &str, shown: &str) -> Self {
        self.renamed.push((compiled.to_owned(), shown.to_owned()));
        self
    }

    /// Every Rust block of `page` stands in one of the files, line by line, whatever its indentation. Gives how many there are.
    ///
    /// # Errors
    /// With the first block that does not, or when there is none.
    pub fn check(&self, page: &str) -> Result<usize> {
        let blocks = code_blocks(page, "rust");
        ensure!(!blocks.is_empty(), "the page shows no Rust code");
        let sources: Vec<Vec<String>> = self.sources.iter().map(|(_, text)| lines(&self.rename(text))).collect();
        for block in &blocks {
            let block_lines = lines(block);
            let found = sources.iter().any(|source| source.windows(block_lines.len()).any(|part| part == block_lines));
            let files: Vec<_> = self.sources.iter().map(|(file, _)| file.display().to_string()).collect();
            ensure!(found, "in none of {}:\n{block}", files.join(", "));
        }
        Ok(blocks.len())
    }

    fn rename(&self, text: &str) -> String {
        self.renamed.iter().fold(text.to_owned(), |text, (compiled, shown)| text.replace(compiled, shown))
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "Text\n```rust\nlet a = 1;\n```\n```sh\nls\n```\n  ```rust,ignore\n  let b = 2;\n  ```\n";

    #[test]
    fn blocks_are_told_by_their_language() {
        assert_eq!(code_blocks(PAGE, "rust"), ["let a = 1;\n", "  let b = 2;\n"]);
        assert_eq!(code_blocks(PAGE, "sh"), ["ls\n"]);
    }

    #[test]
    fn code_that_no_file_has_is_found() {
        let file = |text: &str| Quoted { sources: vec![("x.rs".into(), text.to_owned())], ..Quoted::default() };
        assert_eq!(file("fn f() {\n    let a = 1;\n    let b = 2;\n}\n").check(PAGE).unwrap(), 2);
        let error = file("let a = 1;\nlet b = 3;\n").check(PAGE).unwrap_err().to_string();
        assert!(error.contains("let b = 2;") && error.contains("x.rs"), "{error}");
        assert!(file("").check("no code").is_err());
    }

    #[test]
    fn a_path_may_be_another_one_in_the_readers_copy() {
        let quoted = Quoted { sources: vec![("x.rs".into(), "use crate::a::A;".to_owned())], ..Quoted::default() };
        let page = "```rust\nuse shared::a::A;\n```\n";
        assert!(quoted.check(page).is_err());
        assert_eq!(quoted.renamed("crate::a", "shared::a").check(page).unwrap(), 1);
    }
}
