//! Where a change came from, as `changeOrigin` says it (Change Data Capture Developer Guide, "Change Event Header
//! Fields").

use std::fmt;

/// The API and the client that made a change; the default is a change that no API made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// A change by the REST API of a version such as `62.0`, from the client that a `Sforce-Call-Options` header names.
    pub fn rest(version: &dyn fmt::Display, call_options: Option<&str>) -> Self {
        Self::of("rest", version, call_options)
    }

    /// A change by the Bulk API.
    pub fn bulk(version: &dyn fmt::Display, call_options: Option<&str>) -> Self {
        Self::of("bulkapi", version, call_options)
    }

    /// A change by a user in the user interface.
    pub fn user_interface(version: &dyn fmt::Display) -> Self {
        Self::of("soap", version, Some("client=SfdcInternalAPI/"))
    }

    /// `com/salesforce/api/rest/62.0;client=name`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(api: &str, version: &dyn fmt::Display, call_options: Option<&str>) -> Self {
        let client = call_options.into_iter().flat_map(|options| options.split(',')).find_map(|option| {
            let (name, value) = option.split_once('=')?;
            name.trim().eq_ignore_ascii_case("client").then(|| value.trim())
        });
        let client = client.filter(|client| !client.is_empty());
        Self(match client {
            Some(client) => format!("com/salesforce/api/{api}/{version};client={client}"),
            None => format!("com/salesforce/api/{api}/{version}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn names_the_api_and_the_client() {
        let of = |options: Option<&str>| Origin::rest(&"62.0", options).as_str().to_owned();
        assert_eq!(of(Some("client=quotes/1.0")), "com/salesforce/api/rest/62.0;client=quotes/1.0");
        assert_eq!(of(Some("defaultNamespace=x, client=quotes")), "com/salesforce/api/rest/62.0;client=quotes");
        for none in [None, Some(""), Some("client="), Some("quotes")] {
            assert_eq!(of(none), "com/salesforce/api/rest/62.0");
        }
        assert_eq!(Origin::default().as_str(), "");
    }
}
