//! What a call's headers demand of the record as it is now.

use chrono::{DateTime, SubsecRound, Utc};

use crate::error::ApiError;
use crate::http::validators::Validators;

/// What a call demands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<DateTime<Utc>>,
    if_unmodified_since: Option<DateTime<Utc>>,
}

impl Conditions {
    /// Those of the headers that `value` gives by name. A date that is none demands nothing.
    pub(crate) fn of<'v>(value: impl Fn(&str) -> Option<&'v str>) -> Self {
        let date = |name: &str| {
            let date = DateTime::parse_from_rfc2822(value(name)?).ok()?;
            Some(date.with_timezone(&Utc))
        };
        Self {
            if_match: value("If-Match").map(str::to_owned),
            if_none_match: value("If-None-Match").map(str::to_owned),
            if_modified_since: date("If-Modified-Since"),
            if_unmodified_since: date("If-Unmodified-Since"),
        }
    }

    /// Whether something that was last changed then is known to the caller already.
    pub(crate) fn knows(&self, changed: DateTime<Utc>) -> bool {
        self.if_modified_since.is_some_and(|since| changed.trunc_subsecs(0) <= since)
    }

    /// Refuses a call whose conditions the record does not meet.
    pub(crate) fn check(&self, validators: &Validators) -> Result<(), ApiError> {
        let etag = validators.etag.as_deref();
        let other = |wanted: &str| etag.is_some_and(|etag| !lists(wanted, etag));
        let is_other = self.if_match.as_deref().is_some_and(other);
        let is_changed = self.if_unmodified_since.is_some_and(|since| validators.last_modified > since);
        if is_other || is_changed {
            let message = "The record was changed: a precondition of the request headers is not met";
            return Err(ApiError::new(412, "PRECONDITION_FAILED", message));
        }
        Ok(())
    }

    /// Whether the caller has this version of the record already.
    pub(crate) fn has(&self, validators: &Validators) -> bool {
        match (&self.if_none_match, &validators.etag) {
            // It counts for more than a date.
            (Some(known), Some(etag)) => lists(known, etag),
            _ => self.knows(validators.last_modified),
        }
    }
}

/// Whether a list of tags has this one. What a proxy adds for compression does not count.
fn lists(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').trim_end_matches("--gzip").to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
}

#[cfg(test)]
mod tests {
    use super::{Conditions, lists};
    use crate::http::validators::Validators;

    #[test]
    fn tags_are_compared_without_what_was_added_to_them() {
        for tags in ["\"abc\"", "W/\"abc\"", "\"abc--gzip\"", "\"x\", \"abc\"", "*", "abc"] {
            assert!(lists(tags, "\"abc\""), "{tags}");
        }
        assert!(!lists("\"ab\"", "\"abc\""));
    }

    #[test]
    fn dates_count_to_the_second() {
        let record = serde_json::json!({"Id": "x", "SystemModstamp": "2015-03-23T10:00:00.900+0000"});
        let found = Validators::of("Contact", &record).unwrap();
        let at = |date: &'static str| {
            Conditions::of(move |name| (name == "If-Modified-Since" || name == "If-Unmodified-Since").then_some(date))
        };
        let same = at("Mon, 23 Mar 2015 10:00:00 GMT");
        assert!(same.has(&found) && same.check(&found).is_ok());
        let before = at("Mon, 23 Mar 2015 09:59:59 GMT");
        assert!(!before.has(&found));
        assert_eq!(before.check(&found).unwrap_err().status, 412);
        assert_eq!(at("yesterday"), Conditions::default());
    }
}
