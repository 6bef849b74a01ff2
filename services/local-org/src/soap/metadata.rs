//! The Metadata API (Metadata API Developer Guide): deploying, retrieving and listing. Components are not created and
//! read one by one.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use serde_json::{Value, json};

use super::answer::envelope;
use super::api::Api;
use super::envelope::{Element, Request};
use super::fault::Fault;
use crate::deploys::{Options, Package, Unended, describe};
use crate::host::{Host, OrgHost, Session};
use crate::http::gateway::counted;
use crate::xml::Xml;

/// Base64 with or without its padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Answers a call.
pub(super) async fn answer(
    request: &HttpRequest,
    host: &web::Data<Host>,
    call: Request,
) -> Result<HttpResponse, Fault> {
    let (org, session) = call.session_id.as_deref().and_then(|token| host.session(token)).ok_or_else(Fault::session)?;
    let org = Arc::clone(org);
    let operation = OPERATIONS.iter().find(|operation| **operation == call.operation);
    let Some(operation) = operation.copied() else {
        return Err(Fault::unsupported(&call.operation, "use deploy with a zip file, or retrieve"));
    };
    let working = Arc::clone(&org);
    let execute = |_| async move {
        let done = web::block(move || carry_out(&working, &session, operation, &call.arguments)).await;
        let done = done.unwrap_or_else(|error| Err(Fault::unexpected(&error)));
        done.map_or_else(
            |fault| fault.into_response(Api::Metadata),
            |result| {
                let mut xml = Xml::default();
                let name = format!("{operation}Response");
                xml.open(&name).json("result", &result).close(&name);
                let namespaces = format!("xmlns=\"{}\"", Api::Metadata.namespace());
                let body = envelope(&namespaces, &xml.into_string());
                HttpResponse::Ok().content_type("text/xml; charset=utf-8").body(body)
            },
        )
    };
    // Fault rules look at a body's text; an archive is none.
    Ok(counted(host, request, &org, operation, b"", execute).await)
}

/// The calls that are taken.
const OPERATIONS: [&str; 8] = [
    "cancelDeploy",
    "checkDeployStatus",
    "checkRetrieveStatus",
    "checkStatus",
    "deploy",
    "describeMetadata",
    "listMetadata",
    "retrieve",
];

/// Does what a call wants; blocks.
fn carry_out(org: &Arc<OrgHost>, session: &Session, operation: &str, arguments: &Element) -> Result<Value, Fault> {
    if !org.store.access(&session.actor())?.administers() {
        // Unverified: what exactly an org says.
        let message = "You do not have the proper permissions to use the Metadata API: Modify Metadata Through Metadata \
                       API Functions or Modify All Data";
        return Err(Fault::new("INSUFFICIENT_ACCESS", message));
    }
    let flag = |element: &Element, name: &str, otherwise: bool| {
        element.value(name).map_or(otherwise, |text| text.eq_ignore_ascii_case("true"))
    };
    match operation {
        "deploy" => {
            let archive = LENIENT
                .decode(without_breaks(arguments.value("ZipFile").or(arguments.value("zipFile")).unwrap_or_default()))
                .map_err(|error| Fault::new("INVALID_TYPE", format!("ZipFile is no Base64: {error}")))?;
            let given = arguments.child("DeployOptions").or(arguments.child("deployOptions")).cloned();
            let given = given.unwrap_or_default();
            let options = Options {
                check_only: flag(&given, "checkOnly", false),
                rollback_on_error: flag(&given, "rollbackOnError", true),
                ignore_warnings: flag(&given, "ignoreWarnings", false),
            };
            let deploy = org.deploys.ask(archive, options, &session.user.id, &session.user.name)?;
            let (running, asked) = (Arc::clone(org), Unended::new(&deploy));
            // It goes on when the answer is sent, as in an org.
            std::thread::Builder::new()
                .name("deploy".to_owned())
                .spawn(move || running.deploys.run(&running.store, &asked))
                .map_err(|error| Fault::unexpected(&error))?;
            Ok(json!({"done": false, "id": deploy.id, "state": "Queued"}))
        }
        "checkDeployStatus" => {
            let id = id_of(arguments)?;
            let deploy = org.deploys.requests.find_deploy(id).ok_or_else(|| no_such_request(id))?;
            Ok(deploy.shown(flag(arguments, "includeDetails", false)))
        }
        "cancelDeploy" => {
            let id = arguments.value("String").map_or_else(|| id_of(arguments), Ok)?;
            let deploy = org.deploys.requests.find_deploy(id).ok_or_else(|| no_such_request(id))?;
            deploy.cancel();
            Ok(json!({"done": true, "id": deploy.id}))
        }
        "retrieve" => {
            // jsforce, and so the Salesforce CLI, calls it `request`, which the WSDL does not.
            let given = arguments.child("retrieveRequest").or(arguments.child("request")).cloned().unwrap_or_default();
            let wanted = package_of(&given);
            let retrieve = org.deploys.retrieve(&wanted, flag(&given, "singlePackage", false));
            Ok(json!({"done": false, "id": retrieve.id, "state": "Queued"}))
        }
        "checkRetrieveStatus" => {
            let id = id_of(arguments)?;
            let retrieve = org.deploys.requests.find_retrieve(id).ok_or_else(|| no_such_request(id))?;
            Ok(retrieve.shown(flag(arguments, "includeZip", true)))
        }
        // Of older versions by the guide; CumulusCI asks so in those of today, too.
        "checkStatus" => {
            id_of(arguments)?;
            let asked = arguments.all("asyncProcessId").map(|id| id.text.trim());
            asked.map(|id| org.deploys.requests.state(id).ok_or_else(|| no_such_request(id))).collect()
        }
        "listMetadata" => {
            let queries = arguments.all("queries").chain(arguments.all("ListMetadataQuery"));
            Ok(queries.filter_map(|query| query.value("type")).flat_map(|name| org.deploys.list(name)).collect())
        }
        _ => Ok(describe()),
    }
}

/// The manifest in a retrieve, and what it names besides.
fn package_of(given: &Element) -> Package {
    let unpackaged = given.child("unpackaged").cloned().unwrap_or_default();
    let mut package = Package::default();
    for types in unpackaged.all("types") {
        package.add(types.value("name").unwrap_or_default(), types.all("members").map(|member| member.text.clone()));
    }
    let version = unpackaged.value("version").or(given.value("apiVersion"));
    version.unwrap_or("62.0").clone_into(&mut package.version);
    package
}

fn id_of(arguments: &Element) -> Result<&str, Fault> {
    let id = arguments.value("asyncProcessId").or(arguments.value("id"));
    id.ok_or_else(|| Fault::new("INVALID_ID_FIELD", "asyncProcessId is missing"))
}

fn no_such_request(id: &str) -> Fault {
    Fault::new("INVALID_CROSS_REFERENCE_KEY", format!("invalid cross reference id: {id}"))
}

fn without_breaks(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}
