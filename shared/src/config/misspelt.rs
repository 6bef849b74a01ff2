//! Settings that nobody reads because their name is misspelt: `ORG_CONCURENCY`.

use std::fmt;

/// Edits (a letter more, fewer, another, or two swapped) that a misspelt name has at most, by its length.
const EDITS: [(usize, usize); 2] = [(8, 2), (4, 1)];

/// A name that is set and that nothing reads. Displays as a sentence; never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misspelt {
    /// As it is set.
    pub name: String,
    /// What the process reads.
    pub meant: String,
}

impl Misspelt {
    /// Warns in the log. For `main`, once logs are set up.
    pub fn warn(all: &[Self]) {
        for one in all {
            tracing::warn!("{one}");
        }
    }
}

impl fmt::Display for Misspelt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is set, but nothing reads it: {} is probably meant", self.name, self.meant)
    }
}

/// The one of `names` that `name` is most like, if it is like any of them.
pub(super) fn alike<'n>(name: &str, names: impl Iterator<Item = &'n String>) -> Option<&'n str> {
    let (_, most) = EDITS.into_iter().find(|(length, _)| name.len() >= *length)?;
    // What differs more in length than it may in letters needs no comparison, of which a start makes some thousand.
    let length = name.chars().count();
    let names = names.filter(|other| other.chars().count().abs_diff(length) <= most);
    let distances = names.map(|other| (strsim::osa_distance(name, other), other.as_str()));
    distances.filter(|(edits, _)| (1..=most).contains(edits)).min().map(|(_, other)| other)
}
