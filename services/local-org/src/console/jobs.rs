//! The job that made a Quote, in the dashboard.
//!
//! `QuoteJobKey__c` is `<key>:<Opportunity>`, with `:staging` behind it while lines are missing. The key of the Quotes of a batch job
//! is the job's id, a UUID of version 7 in 32 hexadecimal digits. That of a single request, or of the changes of one transaction, is a
//! digest: the dashboard looks for a job of that key, made before the Quote. A request that was answered at once is no job.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

/// The first year that a job's id may be of, in ms since 1970: 2024. The form of version 7 is of that year.
const FIRST: u64 = 1_704_067_200_000;

/// How far a job's clock may be ahead.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the key of a Quote leads that was made then, as the org writes it: to the page of its job, or to where it is looked for.
/// `None` where no service made the key.
pub(super) fn page_of(key: &str, made: &str, dashboard: &Url) -> Option<String> {
    let (id, opportunity) = key.split_once(':')?;
    let number = u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32 && is_hexadecimal(id))?;
    if opportunity.is_empty() {
        return None;
    }
    let mut page = dashboard.join("jobs").ok()?;
    if is_job(number) {
        page.query_pairs_mut().append_pair("id", id);
    } else {
        page.query_pairs_mut().append_pair("quote", id).append_pair("made", made);
    }
    Some(page.to_string())
}

/// Whether a number is the id of a job.
fn is_job(number: u128) -> bool {
    // RFC 9562: 48 bits of ms, four of the version, and the two first of the last 64 for the variant.
    let has_form = (number >> 76) & 0xf == 7 && (number >> 62) & 0b11 == 0b10;
    let latest = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| (now + AHEAD).as_millis());
    has_form && (u128::from(FIRST)..=latest).contains(&(number >> 80))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Reads the address of a dashboard.
///
/// # Errors
/// When it is none.
pub(crate) fn dashboard_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let is_bare = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if is_bare { Ok(url) } else { Err("not http(s)://HOST or http(s)://HOST:PORT".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_of_a_job_leads_to_it_and_a_digest_to_where_it_is_looked_for() {
        let dashboard = dashboard_url("http://127.0.0.1:8084").expect("an address");
        let made = "2026-11-30T19:00:00.000+0000";
        let page = |key: &str| page_of(key, made, &dashboard);
        let id = "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b";
        let expected = Some(format!("http://127.0.0.1:8084/jobs?id={id}"));
        assert_eq!(page(&format!("{id}:006LO0000000001AAA")), expected);
        assert_eq!(page(&format!("{id}:006LO0000000001AAA:staging")), expected);
        for digest in [
            "5f0c1a527c1e4a539d0e2f6f1f0b8a11",
            "0193a5b0c1d24e3f8a4b5c6d7e8f9a0b",
            "0193a5b0c1d27e3f0a4b5c6d7e8f9a0b",
            "ff93a5b0c1d27e3f8a4b5c6d7e8f9a0b",
        ] {
            let sought = format!("http://127.0.0.1:8084/jobs?quote={digest}&made=2026-11-30T19%3A00%3A00.000%2B0000");
            assert_eq!(page(&format!("{digest}:006LO0000000001AAA:staging")), Some(sought));
        }
        for other in [
            "0193A5B0C1D27E3F8A4B5C6D7E8F9A0B:006",
            "+193a5b0c1d27e3f8a4b5c6d7e8f9a0b:006",
            "5f0c1a527c1e4a539d0e2f6f1f0b8a1:006",
            "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b",
            "0193a5b0c1d27e3f8a4b5c6d7e8f9a0b:",
            "j:006",
            "",
        ] {
            assert_eq!(page(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_is_of_a_host_alone() {
        assert_eq!(dashboard_url("https://jobs.example").expect("an address").as_str(), "https://jobs.example/");
        for bad in ["", "jobs.example", "javascript:alert(1)", "http://a@b", "http://b/x", "http://b?q", "http://b#x"] {
            assert!(dashboard_url(bad).is_err(), "{bad}");
        }
    }
}
