//! What has to be known before the first call: the variables of the examples, and who may call.

use std::fmt::Write as _;

use serde_json::Value;

use super::document::{entries, operations, text};
use super::prose::{escape, inline};
use super::request::{Caller, variables};

/// Sets `CLIENT_CONTEXT`, once its values are filled in. The fields are those that `applink::ClientContext` reads.
const CLIENT_CONTEXT: &str = r#"export CLIENT_CONTEXT="$(base64 <<'JSON' | tr -d '\n'
{
  "requestId": "any text",
  "accessToken": "the user's session in the org",
  "apiVersion": "62.0",
  "namespace": "",
  "orgId": "00D...",
  "orgDomainUrl": "https://my-domain.my.salesforce.com",
  "userContext": {"userId": "005...", "username": "user@example.com"}
}
JSON
)""#;

/// The section.
pub(super) fn render(page: &mut String, document: &Value) {
    let callers: Vec<_> = operations(document).map(|(_, _, operation)| Caller::of(document, operation)).collect();
    page.push_str(
        "<section id=\"calling\" aria-labelledby=\"calling-title\">\n<h2 id=\"calling-title\">Before the first call</h2>\n\
         <p>The examples are commands for a shell with <code>curl</code>. They use these variables:</p>\n<dl class=\"fields\">\n\
         <div><dt><code>APP_URL</code></dt><dd>The address of this app.</dd></div>\n",
    );
    if callers.contains(&Caller::Salesforce) {
        page.push_str(
            "<div><dt><code>CLIENT_CONTEXT</code></dt><dd>Who calls: the value of the header \
             <code>x-client-context</code>, JSON in base64 with a session of a user of the org. Salesforce sends it through \
             the service mesh of Heroku AppLink, which lets no other caller through; so these examples are for an app \
             without the mesh, such as one on your own machine. <code>bin/invoke.sh</code> fills it in by itself, from a \
             local org or the Salesforce CLI.</dd></div>\n",
        );
    }
    if callers.contains(&Caller::TokenHolder) {
        let schemes = &document["components"]["securitySchemes"];
        let told = entries(schemes).map(|(_, scheme)| text(&scheme["description"])).find(|told| !told.is_empty());
        let told = told.unwrap_or("The token that callers of this app share.");
        let _ = writeln!(page, "<div><dt><code>TOKEN</code></dt><dd>{}</dd></div>", inline(told));
    }
    let mut others: Vec<_> = operations(document).flat_map(|(_, path, _)| variables(path)).collect();
    others.sort();
    others.dedup();
    for (variable, name) in others {
        let _ = writeln!(
            page,
            "<div><dt><code>{}</code></dt><dd>What stands for <code>{{{}}}</code> in a path, such as the Id in an earlier \
             answer.</dd></div>",
            escape(&variable),
            escape(name),
        );
    }
    page.push_str("</dl>\n");
    let mut setting = "export APP_URL=http://127.0.0.1:8080".to_owned();
    if callers.contains(&Caller::TokenHolder) {
        setting.push_str("\nexport TOKEN='the token'");
    }
    if callers.contains(&Caller::Salesforce) {
        let _ = write!(setting, "\n{CLIENT_CONTEXT}");
    }
    example(page, "the variables", &setting);
    page.push_str("</section>\n");
}

/// A text to be copied. The script of the page puts a button to it.
pub(super) fn example(page: &mut String, of: &str, text: &str) {
    let _ =
        writeln!(page, "<pre class=\"example\" data-example=\"{}\"><code>{}</code></pre>", escape(of), escape(text));
}
