//! The connections whose orgs are shown.

use std::fmt;

/// The developer name of an AppLink authorization: 3 to 30 letters and digits, with single underscores or hyphens
/// between them, beginning with a letter.
///
/// AppLink itself makes names with underscores only; local-org's orgs have hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Connection(String);

impl Connection {
    fn parse(text: &str) -> Option<Self> {
        let separator = |byte: u8| byte == b'_' || byte == b'-';
        let bytes = text.as_bytes();
        let good = (3..=30).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || separator(*byte))
            && bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && !bytes.windows(2).any(|pair| pair.iter().all(|byte| separator(*byte)));
        good.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Reads a list of names; the error is what the setting lacks.
pub(crate) fn parse_connections(names: &[String]) -> Result<Vec<Connection>, String> {
    if names.is_empty() {
        return Err("is not set, for example my_org,my_other_org: names of AppLink authorizations".to_owned());
    }
    let mut connections = Vec::with_capacity(names.len());
    for name in names {
        let connection = Connection::parse(name).ok_or_else(|| {
            format!(
                "`{name}` is not a developer name: 3 to 30 letters, digits and single underscores, from a letter on"
            )
        })?;
        if connections.contains(&connection) {
            return Err(format!("`{name}` stands twice"));
        }
        connections.push(connection);
    }
    Ok(connections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(names: &[&str]) -> Result<Vec<String>, String> {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        parse_connections(&names).map(|names| names.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn names_of_applink_and_of_local_org_are_taken() {
        let names = ["my-org", "my-org-sales-a", "Sales_EU2", "abc", &"a".repeat(30)];
        assert_eq!(parse(&names).unwrap(), names);
    }

    #[test]
    fn other_names_are_refused_and_named() {
        for name in ["ab", &"a".repeat(31), "1org", "_org", "org_", "my__org", "my_-org", "my org", "örg", "a/b", "a'b"]
        {
            let problem = parse(&["good", name]).unwrap_err();
            assert!(problem.contains(&format!("`{name}`")), "{problem}");
        }
    }

    #[test]
    fn none_and_the_same_twice_are_refused() {
        assert!(parse(&[]).unwrap_err().starts_with("is not set"));
        assert_eq!(parse(&["one", "two", "one"]).unwrap_err(), "`one` stands twice");
    }
}
