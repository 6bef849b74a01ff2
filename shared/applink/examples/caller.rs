//! Who calls, by the header in `X_CLIENT_CONTEXT`, and a query in the caller's name. `ALLOWED_ORG_HOSTS` names a host beside
//! Salesforce's, such as that of a local org.

use applink::ClientContext;
use salesforce::{AllowedHosts, Client, ClientSettings, FixedSession, HttpSettings, http_client};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "an example")]
async fn main() -> Result<(), Box<dyn Error>> {
    let header = std::env::var("X_CLIENT_CONTEXT").map_err(|error| format!("X_CLIENT_CONTEXT: {error}"))?;
    let extra = std::env::var("ALLOWED_ORG_HOSTS").unwrap_or_default();
    let hosts = AllowedHosts::with_extra(&[extra])?;

    // Wrong fields are named, a host that is not allowed too, and no error shows the token.
    let context = ClientContext::parse(&header, &hosts)?;
    let http = http_client(&HttpSettings::default())?;
    let client = Client::new(http, Arc::new(FixedSession(context.session.clone())), ClientSettings::default());

    let accounts = client.count("SELECT COUNT() FROM Account").await?;
    println!("{} of {} sees {accounts} Accounts", context.username, context.org_id());
    Ok(())
}
