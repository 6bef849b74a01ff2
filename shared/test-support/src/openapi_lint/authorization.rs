//! `x-sfdc.heroku.authorization`: the app that calls an operation, and the permission set of the session.

use super::findings::Findings;
use super::operation::Operation;

/// Every authorization names an app: a connected app, or an external client app in newer orgs. All name the same, because
/// `heroku salesforce:publish` takes one flag each for the whole document.
pub(super) fn check(operations: &[Operation<'_>], findings: &mut Findings<'_>) {
    const NAMES: [&str; 3] = ["connectedApp", "externalClientApp", "permissionSet"];
    let mut first: Option<(&Operation<'_>, [Option<&str>; 3])> = None;
    for operation in operations {
        let authorization = &operation.value["x-sfdc"]["heroku"]["authorization"];
        if authorization.is_null() {
            continue;
        }
        let names = NAMES.map(|key| authorization[key].as_str().filter(|name| !name.is_empty()));
        let [connected_app, external_client_app, _] = names;
        match (connected_app, external_client_app) {
            (None, None) => {
                findings.add(&operation.place, "x-sfdc.heroku.authorization needs connectedApp or externalClientApp");
            }
            (Some(_), Some(_)) => {
                let message = "x-sfdc.heroku.authorization has connectedApp and externalClientApp, write one";
                findings.add(&operation.place, message);
            }
            _ => {}
        }
        match first {
            None => first = Some((operation, names)),
            Some((other, others)) if others != names => {
                findings
                    .add(&operation.place, format!("x-sfdc.heroku.authorization differs from that of {}", other.place));
            }
            Some(_) => {}
        }
    }
}
