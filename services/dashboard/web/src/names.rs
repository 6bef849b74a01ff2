//! Whose jobs are shown, and where the records of their orgs are.

use shared::salesforce::AllowedHosts;
use std::collections::BTreeMap;
use url::Url;

/// A queue: the jobs of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueueName {
    /// The hash tag of the prefix: the pattern's name as a rule. Part of addresses.
    pub(crate) name: String,
    /// Start of its keys in Redis.
    pub(crate) prefix: String,
}

impl QueueName {
    /// Reads `org-job`, or a prefix with a hash tag such as `{org-job-eu}:`.
    fn parse(text: &str) -> Option<Self> {
        let (name, prefix) = match text.split_once('{') {
            Some((_, rest)) => (rest.split_once('}')?.0.to_owned(), text.to_owned()),
            None => (text.to_owned(), format!("{{{text}}}:")),
        };
        let narrow = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
        narrow.then_some(Self { name, prefix })
    }

    /// Reads a list; the error is what the setting lacks.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, String> {
        let mut queues: Vec<Self> = Vec::new();
        for text in texts {
            let queue = Self::parse(text).ok_or_else(|| {
                format!("`{text}` is neither a name such as org-job nor a prefix such as {{org-job}}:")
            })?;
            if queues.iter().any(|other| other.name == queue.name) {
                return Err(format!("`{}` stands twice", queue.name));
            }
            queues.push(queue);
        }
        Ok(queues)
    }
}

/// Where the records of orgs are found.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrgUrls(BTreeMap<String, Url>);

impl OrgUrls {
    /// Reads items such as `00D000000000001AAA=https://acme.my.salesforce.com`; the error is what the setting lacks.
    pub(crate) fn parse(items: &[String], hosts: &AllowedHosts) -> Result<Self, String> {
        let mut urls = BTreeMap::new();
        for item in items {
            let expected =
                || format!("`{item}` is not ORG=https://HOST with a host of Salesforce, or one of ALLOWED_ORG_HOSTS");
            let (org, text) = item.split_once('=').ok_or_else(expected)?;
            let url = hosts.check(text.trim()).ok().filter(is_bare).ok_or_else(expected)?;
            urls.insert(org.trim().to_owned(), url);
        }
        Ok(Self(urls))
    }

    /// The page of a record in its org, where that is known and the id is one.
    pub(crate) fn record(&self, org: &str, record: &str) -> Option<String> {
        let is_id = matches!(record.len(), 15 | 18) && record.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let url = self.0.get(org).filter(|_| is_id)?;
        Some(url.join(record).ok()?.to_string())
    }
}

/// An address of a host alone.
fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Result<Vec<(String, String)>, String> {
        let texts: Vec<_> = texts.iter().map(ToString::to_string).collect();
        Ok(QueueName::parse_all(&texts)?.into_iter().map(|queue| (queue.name, queue.prefix)).collect())
    }

    #[test]
    fn a_queue_is_a_name_or_a_prefix() {
        let pair = |name: &str, prefix: &str| (name.to_owned(), prefix.to_owned());
        assert_eq!(
            names(&["org-job", "eu:{org-job-eu}:"]).unwrap(),
            [pair("org-job", "{org-job}:"), pair("org-job-eu", "eu:{org-job-eu}:")]
        );
        for bad in ["{}:", "{a/b}:", "a b", "{open", "..", "ä"] {
            assert!(names(&[bad]).unwrap_err().contains(&format!("`{bad}`")), "{bad}");
        }
        assert_eq!(names(&["a", "x{a}"]).unwrap_err(), "`a` stands twice");
    }

    #[test]
    fn a_record_is_found_where_its_org_is_known() {
        let hosts = AllowedHosts::with_extra(&["127.0.0.1:8090".to_owned()]).unwrap();
        let parse = |item: &str| OrgUrls::parse(&[item.to_owned()], &hosts);
        let urls = parse("00D000000000001AAA=https://acme.my.salesforce.com").unwrap();
        let link = |org, record| urls.record(org, record);
        let found = Some("https://acme.my.salesforce.com/006000000000001AAA".to_owned());
        assert_eq!(link("00D000000000001AAA", "006000000000001AAA"), found);
        assert_eq!(link("00D000000000002AAA", "006000000000001AAA"), None);
        for record in ["", "javascript:alert(1)", "//evil.example/12", "../../etc/passwd12"] {
            assert_eq!(link("00D000000000001AAA", record), None, "{record}");
        }
        for bad in [
            "org",
            "org=",
            "org=https://acme.my.salesforce.com/a",
            "org=https://evil.example",
            "org=javascript:alert(1)",
        ] {
            assert!(parse(bad).unwrap_err().contains(&format!("`{bad}`")), "{bad}");
        }
        assert!(parse("my-org=http://127.0.0.1:8090").is_ok());
    }
}
