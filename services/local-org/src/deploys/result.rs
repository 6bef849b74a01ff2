//! What a deploy answers: JSON whose members stand in the order of the Metadata API's WSDL, from which the SOAP face makes
//! XML.

use chrono::Utc;
use serde_json::{Value, json};

use super::requests::{Deploy, Message, Progress};

/// Now, as the Metadata API writes it.
pub(super) fn now() -> String {
    Utc::now().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

impl Deploy {
    /// `DeployResult`.
    pub(crate) fn shown(&self, with_details: bool) -> Value {
        let progress = self.progress().clone();
        let failures = progress.messages.iter().filter(|message| !message.success).count();
        let done = progress.messages.len() - failures;
        let is_success = matches!(progress.status.name(), "Succeeded" | "SucceededPartial");
        let mut result = json!({
            "checkOnly": self.options.check_only,
            "completedDate": progress.completed,
            "createdBy": self.by.user_id,
            "createdByName": self.by.user_name,
            "createdDate": self.by.at,
            "details": null,
            "done": progress.status.is_done(),
            "errorMessage": progress.error,
            "errorStatusCode": progress.error.as_ref().map(|_| "UNKNOWN_EXCEPTION"),
            "id": self.id,
            "ignoreWarnings": self.options.ignore_warnings,
            "lastModifiedDate": progress.completed.as_ref().or(progress.started.as_ref()).unwrap_or(&self.by.at),
            "numberComponentErrors": failures,
            "numberComponentsDeployed": done,
            "numberComponentsTotal": progress.total,
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "rollbackOnError": self.options.rollback_on_error,
            "runTestsEnabled": false,
            "startDate": progress.started,
            "status": progress.status.name(),
            "success": is_success,
        });
        if with_details {
            result["details"] = details(&progress, &self.by.at);
        }
        if let Some(members) = result.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        result
    }

    /// What the REST API answers about options.
    pub(crate) fn shown_options(&self) -> Value {
        json!({
            "allowMissingFiles": false, "autoUpdatePackage": false, "checkOnly": self.options.check_only,
            "ignoreWarnings": self.options.ignore_warnings, "performRetrieve": false, "purgeOnDelete": false,
            "rollbackOnError": self.options.rollback_on_error, "runTests": [], "singlePackage": true,
            "testLevel": "NoTestRun",
        })
    }
}

fn details(progress: &Progress, at: &str) -> Value {
    let (good, bad): (Vec<&Message>, Vec<&Message>) = progress.messages.iter().partition(|message| message.success);
    let shown = |messages: Vec<&Message>| messages.into_iter().map(|message| component(message, at)).collect::<Value>();
    json!({
        "componentFailures": shown(bad),
        "componentSuccesses": shown(good),
        "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
    })
}

/// `DeployMessage`.
fn component(message: &Message, at: &str) -> Value {
    let mut shown = json!({
        "changed": message.changed,
        "componentType": message.type_name,
        "created": message.created,
        "createdDate": at,
        "deleted": message.deleted,
        "fileName": message.file_name,
        "fullName": message.name,
        "id": message.id,
        "problem": message.problem,
        "problemType": message.problem.as_ref().map(|_| if message.success { "Warning" } else { "Error" }),
        "success": message.success,
    });
    if let Some(members) = shown.as_object_mut() {
        members.retain(|_, value| !value.is_null() && value != "");
    }
    shown
}
