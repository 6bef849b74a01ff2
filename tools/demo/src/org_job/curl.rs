//! How to go on by hand.

use serde_json::json;

use crate::shell::quoted;
use crate::stack::ORG;

/// Makes the header out of what local-org tells of the org and its administrator.
const CONTEXT: &str = r#".[]|select(.name==$org)|{requestId:"by-hand",accessToken:.users[0].accessToken,apiVersion,namespace:"",orgId:.id,orgDomainUrl:.instanceUrl,userContext:{userId:.users[0].id,username:.users[0].username}}"#;

/// Commands, ready to paste, that post another job, see a worker die, and look at all jobs.
pub(crate) fn text(web_url: &str, org_url: &str, where_clause: &str) -> String {
    let body = json!({ "soqlWhereClause": where_clause }).to_string();
    format!(
        "Everything stays up until Ctrl-C, and jobs that you start are shown here while they run. Another job, and the list of\n\
         jobs, with the header that AppLink would send (it needs jq). To see a worker die, kill -9 one right after the first\n\
         curl; --opportunities 50000 gives more time.\n\n\
         CONTEXT=$(curl -s {org_url}/local/orgs | jq -c --arg org {ORG} {filter} | base64 | tr -d '\\n')\n\
         curl -s {web_url}/api/executebatch -H \"x-client-context: $CONTEXT\" -H 'content-type: application/json' -d {body} | jq .\n\
         curl -s {web_url}/api/jobs -H \"x-client-context: $CONTEXT\" | jq .\n",
        filter = quoted(CONTEXT),
        body = quoted(&body),
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_the_commands_as_meant() {
        let clause = r#"Name LIKE 'Sample "$HOME" \'x%'"#;
        let commands = text("http://127.0.0.1:1", "http://127.0.0.1:2", clause);
        let (_, script) = commands.split_once("\n\n").unwrap();
        // A curl that prints each argument on a line, and a jq that lets all pass but the orgs, which become a context.
        let stand_ins = "curl() { printf '%s\\n' \"$@\"; }\njq() { [ \"$1\" = -c ] && printf context || cat; }\n";
        let output = Command::new("sh").args(["-c", &format!("{stand_ins}{script}")]).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let body = json!({ "soqlWhereClause": clause }).to_string();
        assert!(printed.contains(&format!("\n-d\n{body}\n")), "{printed}");
        assert_eq!(printed.matches("x-client-context: Y29udGV4dA==\n").count(), 2, "{printed}");
        assert!(printed.contains("http://127.0.0.1:1/api/jobs\n"), "{printed}");
    }
}
