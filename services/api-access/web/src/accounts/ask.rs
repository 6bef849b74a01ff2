//! One page of an org's Accounts, in one API call.

use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::salesforce::{Client, CompositeRequest, Error, QueryPage, Reference, SalesforceId, Subresponse, soql};

/// An Account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Account {
    /// Id, 18 characters.
    pub(crate) id: SalesforceId,
    /// What people call it.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// City of the billing address.
    #[serde(default)]
    pub(crate) billing_city: Option<String>,
}

/// Where a page lies. Pages go by Id, which is the order in which Salesforce can be asked for the rest of a list without
/// leaving anything out: names sort by the rules of a language, but are compared by others. A query's own cursor would
/// last two days and end with its session; `OFFSET` ends at 2,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// At the start.
    First,
    /// After this Account.
    After(SalesforceId),
    /// Before this one.
    Before(SalesforceId),
}

/// What an org has.
#[derive(Debug)]
pub(crate) struct OrgPage {
    /// The org's Id.
    pub(crate) org_id: SalesforceId,
    /// Its name; `None` when the user may not see it.
    pub(crate) org_name: Option<String>,
    /// Accounts in all.
    pub(crate) total: u64,
    /// Accounts with the text that was searched for.
    pub(crate) matching: u64,
    /// The page.
    pub(crate) accounts: Vec<Account>,
    /// There are some before the page.
    pub(crate) has_previous: bool,
    /// There are some after it.
    pub(crate) has_next: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organization {
    name: Option<String>,
}

/// Asks for the org's name, the counts and a page of `rows` Accounts whose names contain `search`.
pub(super) async fn page(
    client: &Client,
    org_id: SalesforceId,
    search: &str,
    position: Position,
    rows: usize,
) -> Result<OrgPage, Error> {
    let condition = (!search.is_empty()).then(|| format!("Name LIKE '%{}%'", soql::like_escape(search)));
    let mut request = CompositeRequest::new(false);
    let organization = request.query("SELECT Name FROM Organization LIMIT 1");
    let total = request.query("SELECT COUNT() FROM Account");
    let matching =
        condition.as_ref().map(|condition| request.query(&format!("SELECT COUNT() FROM Account WHERE {condition}")));
    let list = request.query(&list_query(condition.as_deref(), position, rows));
    let parts = client.composite(&request).await?;
    let count =
        |reference: Reference| Ok::<_, Error>(part(&parts, reference)?.json::<QueryPage<IgnoredAny>>()?.total_size);
    let total = count(total)?;
    let mut accounts = part(&parts, list)?.json::<QueryPage<Account>>()?.records;
    let more = accounts.len() > rows;
    accounts.truncate(rows);
    if matches!(position, Position::Before(_)) {
        accounts.reverse();
    }
    let (has_previous, has_next) = match position {
        Position::First => (false, more),
        Position::After(_) => (true, more),
        Position::Before(_) => (more, true),
    };
    Ok(OrgPage {
        org_id,
        org_name: organization_name(part(&parts, organization)?),
        total,
        matching: matching.map_or(Ok(total), count)?,
        accounts,
        has_previous,
        has_next,
    })
}

/// One row more than the page has tells whether there is another page.
fn list_query(condition: Option<&str>, position: Position, rows: usize) -> String {
    let bound = match position {
        Position::First => None,
        Position::After(id) => Some(format!("Id > {}", soql::quote(id.as_str()))),
        Position::Before(id) => Some(format!("Id < {}", soql::quote(id.as_str()))),
    };
    let order = if matches!(position, Position::Before(_)) { "DESC" } else { "ASC" };
    let conditions: Vec<_> = condition.map(str::to_owned).into_iter().chain(bound).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    format!("SELECT Id, Name, BillingCity FROM Account{filter} ORDER BY Id {order} LIMIT {}", rows + 1)
}

/// The name is worth showing, but not worth failing for.
fn organization_name(part: &Subresponse) -> Option<String> {
    match part.json::<QueryPage<Organization>>() {
        Ok(page) => page.records.into_iter().next()?.name,
        Err(error) => {
            tracing::debug!(error = %error, "the org's name cannot be read");
            None
        }
    }
}

/// The client has checked that there are as many parts as were asked for.
fn part(parts: &[Subresponse], reference: Reference) -> Result<&Subresponse, Error> {
    let missing = || Error::InvalidRequest { reason: format!("it has no part {reference}") };
    parts.get(reference.index()).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_one_row_more_in_either_direction() {
        let id: SalesforceId = "001000000000001AAA".parse().unwrap();
        let query = list_query(None, Position::First, 10);
        assert_eq!(query, "SELECT Id, Name, BillingCity FROM Account ORDER BY Id ASC LIMIT 11");
        let query = list_query(Some("Name LIKE '%x%'"), Position::After(id), 50);
        assert!(
            query.contains(" WHERE Name LIKE '%x%' AND Id > '001000000000001AAA' ORDER BY Id ASC LIMIT 51"),
            "{query}"
        );
        let query = list_query(None, Position::Before(id), 50);
        assert!(query.contains(" WHERE Id < '001000000000001AAA' ORDER BY Id DESC LIMIT 51"), "{query}");
    }
}
