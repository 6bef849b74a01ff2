//! How to go on by hand.

use serde_json::json;

use crate::shell::quoted;

/// Commands, ready to paste, that post another job and look at all jobs.
pub(crate) fn text(web_url: &str, context: &str, where_clause: &str) -> String {
    let body = json!({ "soqlWhereClause": where_clause }).to_string();
    format!(
        "Everything stays up until Ctrl-C. Another job, and the list of jobs, with the header that AppLink would send:\n\n\
         CONTEXT={context}\n\
         curl -s {web_url}/api/executebatch -H \"x-client-context: $CONTEXT\" -H 'content-type: application/json' -d {body}\n\
         curl -s {web_url}/api/jobs -H \"x-client-context: $CONTEXT\"\n",
        context = quoted(context),
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
        let commands = text("http://127.0.0.1:1", "eyJ+/=", clause);
        let (_, script) = commands.split_once("\n\n").unwrap();
        // A curl that prints each argument on a line.
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{script}");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let body = json!({ "soqlWhereClause": clause }).to_string();
        assert!(printed.contains(&format!("\n-d\n{body}\n")), "{printed}");
        assert_eq!(printed.matches("x-client-context: eyJ+/=\n").count(), 2, "{printed}");
        assert!(printed.contains("http://127.0.0.1:1/api/jobs\n"), "{printed}");
    }
}
