//! Versions of the API.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};

/// A version of the API, shown as `62.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Version(u8);

const OLDEST: u8 = 50;
/// Winter '27. Clients of today ask for it without being told.
pub(crate) const NEWEST_BY_DEFAULT: u8 = 68;

/// The newest version of all orgs of this process.
static NEWEST: AtomicU8 = AtomicU8::new(NEWEST_BY_DEFAULT);

/// Sets the newest version, from now on and for all orgs of this process.
pub(crate) fn set_newest(number: u8) {
    NEWEST.store(number, Ordering::Relaxed);
}

fn newest() -> u8 {
    NEWEST.load(Ordering::Relaxed)
}

impl Version {
    /// The version that the control API and the add-on API name and use.
    pub(crate) const DEFAULT: Self = Self(62);

    /// The version of a path segment such as `v62.0`, if the org has it.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        let number = segment.strip_prefix('v')?.strip_suffix(".0")?;
        let number = number.parse().ok().filter(|_| number.len() == 2)?;
        (OLDEST..=newest()).contains(&number).then_some(Self(number))
    }

    /// Whether this is that version or a later one.
    pub(crate) fn is_at_least(self, number: u8) -> bool {
        self.0 >= number
    }

    /// The path of this version's resources, without a slash at the end.
    pub(crate) fn path(self) -> String {
        format!("/services/data/v{self}")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.0", self.0)
    }
}

/// The answer of `GET /services/data`: all versions, the oldest first. Salesforce makes three a year; 50.0 is
/// Winter '21.
pub(crate) fn list() -> Value {
    let version = |number: u8| {
        let season = match (number - OLDEST) % 3 {
            0 => "Winter",
            1 => "Spring",
            _ => "Summer",
        };
        // A Winter release is named after the year that follows it.
        let year = 21 + (number - OLDEST) / 3;
        let version = Version(number);
        json!({"label": format!("{season} '{year}"), "url": version.path(), "version": version.to_string()})
    };
    (OLDEST..=newest()).map(version).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Version, list};

    #[test]
    fn parses_only_versions_that_exist() {
        for segment in ["v50.0", "v62.0", "v68.0"] {
            assert_eq!(Version::parse(segment).map(|version| format!("v{version}")).as_deref(), Some(segment));
        }
        for segment in ["v49.0", "v69.0", "v62.1", "v62", "62.0", "v062.0", "v+62.0", "viAmABadVersion", ""] {
            assert_eq!(Version::parse(segment), None, "{segment}");
        }
    }

    #[test]
    fn lists_versions_with_their_release_names() {
        let list = list();
        assert_eq!(list[0], json!({"label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0"}));
        assert_eq!(list[12]["label"], "Winter '25");
        assert_eq!(list[13]["label"], "Spring '25");
        assert_eq!((&list[18]["label"], &list[18]["version"]), (&json!("Winter '27"), &json!("68.0")));
        assert_eq!(list.as_array().map(Vec::len), Some(19));
    }
}
