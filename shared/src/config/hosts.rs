//! The setting behind [`AllowedHosts`].

use super::Reader;
use crate::salesforce::AllowedHosts;

/// Salesforce's domains and those of `ALLOWED_ORG_HOSTS`: a comma list of `host`, `host:port` or `host:*`, empty by
/// default. Meant for local-org and proxies; http is allowed to these hosts only.
pub fn read(reader: &mut Reader<'_>) -> AllowedHosts {
    let extra = reader.list("ALLOWED_ORG_HOSTS");
    AllowedHosts::with_extra(&extra).unwrap_or_else(|error| {
        reader.problem("ALLOWED_ORG_HOSTS", error.to_string());
        AllowedHosts::salesforce()
    })
}
