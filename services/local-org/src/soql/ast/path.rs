//! Names as a query has them, and where they stand.

use std::fmt;

/// Names joined by dots, for example `Account.Owner.Name`; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The names before the last: relationships, or the object's alias.
    pub parents: Vec<Name>,
    /// The last name.
    pub name: Name,
}

impl Path {
    /// Where it begins.
    pub fn at(&self) -> Place {
        self.parents.first().unwrap_or(&self.name).at
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for parent in &self.parents {
            write!(f, "{}.", parent.text)?;
        }
        f.write_str(&self.name.text)
    }
}

/// A name as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub at: Place,
}

/// Where something begins in the query's text, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place(pub usize);
