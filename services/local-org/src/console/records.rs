//! What records an org has, and the newest Quotes.

use serde_json::Value;
use url::Url;

use super::jobs;
use super::text::{Extent, amount, counted, grouped};
use crate::error::ApiError;
use crate::host::OrgHost;
use crate::schema::Schema;
use crate::store::{Tx, is_setup};
use crate::version::Version;

/// Quotes on a page.
const SHOWN: usize = 25;

/// The field that tells whose work a Quote is, where the org has it.
const JOB_KEY: &str = "QuoteJobKey__c";

/// The records of one org.
#[derive(Debug)]
pub(super) struct Records {
    /// Objects that have records, without those of the org's set-up.
    pub(super) counts: Vec<Count>,
    /// Names of the objects that have none, in a row.
    pub(super) without: String,
    /// The objects of the org's set-up that have records, each with the number of its records, in a row.
    pub(super) setup: String,
    pub(super) quotes: Quotes,
}

/// How many records an object has.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) object: String,
    pub(super) count: String,
}

/// The newest Quotes.
#[derive(Debug)]
pub(super) struct Quotes {
    /// `3,000 Quotes`.
    pub(super) counted: String,
    pub(super) extent: Extent,
    pub(super) rows: Vec<Quote>,
}

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) total: String,
    pub(super) opportunity: String,
    pub(super) job_key: Option<String>,
    /// Where the job that made it is shown or looked for, where it may be of one.
    pub(super) job: Option<String>,
}

/// The number of an object's records that are not in the recycle bin.
pub(super) fn count(tx: &mut Tx<'_>, object: &str) -> Result<usize, ApiError> {
    let version = Version::DEFAULT.to_string();
    Ok(tx.query(&format!("SELECT COUNT() FROM {object}"), false, &version)?.total_size)
}

impl Records {
    /// Of `org`; jobs are shown by the dashboard, if there is one.
    pub(super) fn of(org: &OrgHost, dashboard: Option<&Url>) -> Result<Self, ApiError> {
        org.store.transaction(&org.store.admin(), |tx| Self::read(tx, &org.store.schema(), dashboard))
    }

    fn read(tx: &mut Tx<'_>, schema: &Schema, dashboard: Option<&Url>) -> Result<Self, ApiError> {
        let (mut counts, mut without, mut setup, mut quotes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for object in schema.objects().filter(|object| !object.is_event()) {
            let count = count(tx, &object.name)?;
            if object.name == "Quote" {
                quotes = count;
            }
            match count {
                0 if is_setup(object) => {}
                0 => without.push(object.name.as_str()),
                count if is_setup(object) => setup.push(format!("{} {}", object.name, grouped(count as u64))),
                count => counts.push(Count { object: object.name.clone(), count: grouped(count as u64) }),
            }
        }
        Ok(Self {
            counts,
            without: without.join(", "),
            setup: setup.join(", "),
            quotes: Quotes::read(tx, schema, quotes, dashboard)?,
        })
    }
}

impl Quotes {
    fn read(tx: &mut Tx<'_>, schema: &Schema, total: usize, dashboard: Option<&Url>) -> Result<Self, ApiError> {
        let has_key = schema.object("Quote").is_some_and(|object| object.field(JOB_KEY).is_some());
        let key = if has_key { ", QuoteJobKey__c" } else { "" };
        // Ids grow, and are an index.
        let soql = format!(
            "SELECT Id, Name, GrandTotal, CreatedDate, Opportunity.Name{key} FROM Quote ORDER BY Id DESC LIMIT {SHOWN}"
        );
        let found = tx.query(&soql, false, &Version::DEFAULT.to_string())?;
        let rows: Vec<_> = found.records.iter().map(|record| Quote::of(record, dashboard)).collect();
        Ok(Self { counted: counted(total as u64, "Quote"), extent: Extent::newest(rows.len(), total), rows })
    }
}

impl Quote {
    fn of(record: &Value, dashboard: Option<&Url>) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let job_key = record.get(JOB_KEY).and_then(Value::as_str).map(str::to_owned);
        let made = text(record.get("CreatedDate"));
        let job = job_key.as_deref().zip(dashboard).and_then(|(key, dashboard)| jobs::page_of(key, &made, dashboard));
        Self {
            id: text(record.get("Id")),
            name: text(record.get("Name")),
            total: record.get("GrandTotal").and_then(Value::as_number).map(amount).unwrap_or_default(),
            opportunity: text(record.get("Opportunity").and_then(|opportunity| opportunity.get("Name"))),
            job_key,
            job,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quote_may_lack_opportunity_and_key() {
        let quote = Quote::of(&json!({"Id": "0Q0", "Name": "Q", "GrandTotal": 1180.0, "Opportunity": null}), None);
        assert_eq!((quote.total.as_str(), quote.opportunity.as_str(), quote.job_key), ("1,180.00", "", None));
        let quote = Quote::of(&json!({"Opportunity": {"Name": "Deal"}, "QuoteJobKey__c": "j:006"}), None);
        assert_eq!((quote.opportunity.as_str(), quote.job_key.as_deref()), ("Deal", Some("j:006")));
    }
}
