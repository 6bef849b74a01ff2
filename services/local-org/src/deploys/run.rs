//! A deploy.

use std::sync::Arc;

use super::archive::{self, Files};
use super::components::{self, Component, Problem};
use super::kept::{Inventory, Stamp, note_key};
use super::package::Package;
use super::requests::{Deploy, Message, Options, Status};
use super::{Deploys, State, is_understood, live, result};
use crate::error::ApiError;
use crate::metadata::{CustomPermission, Kind, PermissionSet};
use crate::schema::Schema;
use crate::seed;
use crate::store::Org;

/// Said of components that are kept and given back, and no more than that.
const KEPT: &str = "Kept and given back by this local org, which does nothing else with it";

/// The code with which a transaction ends that was only to be tried. Nobody outside sees it.
const TRIED: &str = "TRIED";

/// Manifests of what is to be deleted.
const DESTRUCTIVE: [&str; 3] = ["destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml"];

/// A deploy that somebody is to run. However that ends, with a panic or before it began, the deploy has ended with it.
#[derive(Debug)]
pub(crate) struct Unended(Arc<Deploy>);

impl Unended {
    pub(crate) fn new(deploy: &Arc<Deploy>) -> Self {
        Self(Arc::clone(deploy))
    }
}

impl Drop for Unended {
    fn drop(&mut self) {
        if self.0.progress().status.is_done() {
            return;
        }
        self.0.progress().error = Some("The deployment was broken off by an internal error".to_owned());
        end(&self.0, Status::Failed);
    }
}

/// What a deploy would put in force.
struct Plan {
    schema: Schema,
    state: State,
    /// What becomes records.
    permission_sets: Vec<PermissionSet>,
    custom_permissions: Vec<CustomPermission>,
    messages: Vec<Message>,
    /// Permission sets and custom permissions to delete: object and name.
    deleted: Vec<(&'static str, String)>,
    /// Keys of notes to forget.
    forgotten: Vec<String>,
}

impl Deploys {
    /// Takes a deploy up. Whoever calls runs it, off the async threads.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) fn ask(
        &self,
        archive: Vec<u8>,
        options: Options,
        user_id: &str,
        user_name: &str,
    ) -> Result<Arc<Deploy>, ApiError> {
        let by = Stamp { user_id: user_id.to_owned(), user_name: user_name.to_owned(), at: result::now() };
        let asked = self.requests.deploy(archive, options, by);
        asked.ok_or_else(|| ApiError::new(400, "LIMIT_EXCEEDED", "Too many deployments are pending already"))
    }

    /// Runs a deploy that was taken up; blocks.
    pub(crate) fn run(&self, org: &Org, asked: &Unended) {
        let deploy = &*asked.0;
        let _turn = self.turn.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(archive) = deploy.take_archive() else { return };
        if deploy.is_canceled() {
            return end(deploy, Status::Canceled);
        }
        {
            let mut progress = deploy.progress();
            (progress.status, progress.started) = (Status::InProgress, Some(result::now()));
        }
        match opened(&archive) {
            Ok((files, package)) => self.carry_out(org, deploy, &files, &package),
            Err(problem) => {
                deploy.progress().error = Some(problem);
                end(deploy, Status::Failed);
            }
        }
    }

    fn carry_out(&self, org: &Org, deploy: &Deploy, files: &Files, package: &Package) {
        let state = self.state().clone();
        let mut plan = Plan {
            schema: (*org.schema()).clone(),
            permission_sets: Vec::new(),
            custom_permissions: Vec::new(),
            state,
            messages: Vec::new(),
            deleted: Vec::new(),
            forgotten: Vec::new(),
        };
        plan.destroy(files);
        plan.add_all(files, package, deploy);
        let failures = plan.messages.iter().filter(|message| !message.success).count();
        let wanted = failures == 0 || !deploy.options.rollback_on_error;
        let total = plan.messages.len();
        // A failure of the org itself is one of the whole deploy.
        let done = if wanted { self.put_in_force(org, deploy, &plan) } else { Ok(()) };
        let mut progress = deploy.progress();
        (progress.total, progress.messages) = (total, plan.messages);
        let status = match done {
            Err(error) => {
                progress.error = Some(error.message);
                Status::Failed
            }
            Ok(()) if failures == 0 => Status::Succeeded,
            Ok(()) if wanted && failures < total => Status::SucceededPartial,
            Ok(()) => Status::Failed,
        };
        drop(progress);
        end(deploy, status);
    }

    fn put_in_force(&self, org: &Org, deploy: &Deploy, plan: &Plan) -> Result<(), ApiError> {
        let notes: Vec<(String, String)> = plan.notes(deploy);
        let done = org.evolve(plan.schema.clone(), |tx| {
            for (object, name) in &plan.deleted {
                seed::delete_setup(tx, object, name)?;
            }
            seed::write_custom_permissions(tx, &plan.custom_permissions)?;
            seed::write_permission_sets(tx, &plan.permission_sets)?;
            for key in &plan.forgotten {
                tx.note(key, None)?;
            }
            for (key, text) in &notes {
                tx.note(key, Some(text))?;
            }
            if deploy.options.check_only {
                return Err(ApiError::new(400, TRIED, "tried"));
            }
            Ok(())
        });
        match done {
            Err(error) if error.code == TRIED => return Ok(()),
            done => done?,
        }
        *self.state() = plan.state.clone();
        let deployed = &plan.state.deployed;
        self.live.send_modify(|current| *current = live(org, current, deployed));
        Ok(())
    }
}

/// The archive's files, without the folder around them that some clients make, and the manifest.
fn opened(archive: &[u8]) -> Result<(Files, Package), String> {
    let files = archive::read(archive).map_err(|error| error.to_string())?;
    let manifest = files.keys().filter(|path| *path == "package.xml" || path.ends_with("/package.xml"));
    let manifest = manifest.min_by_key(|path| path.matches('/').count()).ok_or("No package.xml found")?;
    let folder = manifest.strip_suffix("package.xml").unwrap_or_default().to_owned();
    let files: Files = files
        .into_iter()
        .filter_map(|(path, contents)| Some((path.strip_prefix(folder.as_str())?.to_owned(), contents)))
        .collect();
    let package = files.get("package.xml").map(|text| Package::parse(text));
    let package = package.unwrap_or_else(|| Err("No package.xml found".to_owned()));
    let package = package.map_err(|problem| format!("package.xml: {problem}"))?;
    Ok((files, package))
}

fn end(deploy: &Deploy, status: Status) {
    let mut progress = deploy.progress();
    progress.status = status;
    progress.completed = Some(result::now());
}

impl Plan {
    /// Adds the components of the archive, those first that others name.
    fn add_all(&mut self, files: &Files, package: &Package, deploy: &Deploy) {
        let (mut found, problems) = components::named(files, package);
        self.messages.extend(problems.into_iter().map(failed));
        found.sort_by_key(|component| Kind::of_type(component.type_name));
        for component in found {
            let message = self.add(component, &deploy.by);
            self.messages.push(message);
        }
    }

    fn add(&mut self, component: Component, by: &Stamp) -> Message {
        let (type_name, name) = (component.type_name, component.name.clone());
        let known = self.state.inventory.get(type_name, &name).map(|kept| kept.component.files == component.files);
        let mut message = Message {
            type_name: type_name.to_owned(),
            name,
            file_name: component.file_name.clone(),
            id: String::new(),
            created: known.is_none(),
            changed: known != Some(true),
            deleted: false,
            problem: None,
            success: true,
        };
        if let Some(source) = component.source() {
            let added = self.state.deployed.add(&source, &mut self.schema);
            match added {
                Ok(true) => self.note_record(source.kind, &source.name),
                Ok(false) => message.problem = Some(KEPT.to_owned()),
                Err(error) => {
                    let text = error.to_string();
                    let path = format!("{}: ", source.path.display());
                    message.problem = Some(text.strip_prefix(&path).unwrap_or(&text).to_owned());
                    (message.success, message.created, message.changed) = (false, false, false);
                    return message;
                }
            }
        } else if !is_understood(type_name) {
            message.problem = Some(KEPT.to_owned());
        }
        message.id = self.state.inventory.put(component, by).id.clone();
        message
    }

    /// Notes what of the state becomes a record.
    fn note_record(&mut self, kind: Kind, name: &str) {
        let deployed = &self.state.deployed;
        match kind {
            Kind::PermissionSet => {
                self.permission_sets.extend(deployed.permission_sets.iter().find(|set| set.name == name).cloned());
            }
            Kind::CustomPermission => {
                let found = deployed.custom_permissions.iter().find(|permission| permission.name == name);
                self.custom_permissions.extend(found.cloned());
            }
            _ => {}
        }
    }

    /// Removes what the archive wants to be deleted.
    fn destroy(&mut self, files: &Files) {
        for manifest in DESTRUCTIVE {
            let Some(text) = files.get(manifest) else { continue };
            match Package::parse(text) {
                Ok(package) => {
                    for (type_name, name) in package.members() {
                        let message = self.remove(type_name, name, manifest);
                        self.messages.push(message);
                    }
                }
                Err(text) => {
                    let file_name = manifest.to_owned();
                    self.messages.push(failed(Problem {
                        type_name: String::new(),
                        name: String::new(),
                        file_name,
                        text,
                    }));
                }
            }
        }
    }

    fn remove(&mut self, type_name: &str, name: &str, manifest: &str) -> Message {
        let was_there = self.state.inventory.get(type_name, name).map(|kept| kept.id.clone());
        let mut message = Message {
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            file_name: manifest.to_owned(),
            id: was_there.clone().unwrap_or_default(),
            created: false,
            changed: was_there.is_some(),
            deleted: was_there.is_some(),
            problem: None,
            success: true,
        };
        if was_there.is_none() {
            // An org warns, and goes on.
            message.problem = Some(format!("No {type_name} named: {name} found"));
            return message;
        }
        self.forget(type_name, name);
        let deployed = &mut self.state.deployed;
        match type_name {
            "CustomObject" => self.schema.remove(name),
            "CustomField" => {
                if let Some((object, field)) = name.split_once('.')
                    && let Some(object) = self.schema.object_mut(object)
                {
                    object.fields.retain(|known| !known.name.eq_ignore_ascii_case(field));
                }
            }
            "Flow" => deployed.flows.retain(|flow| flow.name != name),
            "CustomNotificationType" => deployed.notification_types.retain(|known| known.name != name),
            "PermissionSet" => {
                deployed.permission_sets.retain(|set| set.name != name);
                self.deleted.push(("PermissionSet", name.to_owned()));
            }
            "CustomPermission" => {
                deployed.custom_permissions.retain(|known| known.name != name);
                self.deleted.push(("CustomPermission", name.to_owned()));
            }
            _ => {}
        }
        message
    }

    fn forget(&mut self, type_name: &str, name: &str) {
        let before: Vec<_> = self.state.inventory.all().map(|kept| kept.component.clone()).collect();
        self.state.inventory.remove(type_name, name);
        let gone =
            before.iter().filter(|component| self.state.inventory.get(component.type_name, &component.name).is_none());
        self.forgotten.extend(gone.map(|component| note_key(component.type_name, &component.name)));
    }

    /// Keys and texts of the notes on what is new.
    fn notes(&self, deploy: &Deploy) -> Vec<(String, String)> {
        let inventory: &Inventory = &self.state.inventory;
        let fresh = self.messages.iter().filter(|message| message.success && !message.deleted);
        fresh
            .filter_map(|message| inventory.get(&message.type_name, &message.name))
            .filter(|kept| kept.modified == deploy.by)
            .map(super::kept::Kept::note)
            .collect()
    }
}

fn failed(problem: Problem) -> Message {
    Message {
        type_name: problem.type_name,
        name: problem.name,
        file_name: problem.file_name,
        id: String::new(),
        created: false,
        changed: false,
        deleted: false,
        problem: Some(problem.text),
        success: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::requests::Requests;
    use super::*;

    fn asked() -> Arc<Deploy> {
        Requests::default().deploy(Vec::new(), Options::default(), Stamp::default()).unwrap()
    }

    #[test]
    fn a_deploy_whose_run_panics_or_never_begins_has_failed() {
        let never_begun = asked();
        drop(Unended::new(&never_begun));
        let panicked = asked();
        let running = Unended::new(&panicked);
        let run = std::thread::spawn(move || {
            let mut progress = running.0.progress();
            progress.status = Status::InProgress;
            panic!("as a run may, with whatever it holds");
        });
        assert!(run.join().is_err());
        for deploy in [never_begun, panicked] {
            let progress = deploy.progress();
            assert_eq!(progress.status, Status::Failed);
            assert!(progress.completed.is_some() && progress.error.as_ref().unwrap().contains("internal error"));
        }
    }

    #[test]
    fn a_deploy_that_has_ended_stays_as_it_is() {
        let deploy = asked();
        let running = Unended::new(&deploy);
        deploy.progress().status = Status::Succeeded;
        drop(running);
        let progress = deploy.progress();
        assert_eq!((progress.status, progress.error.as_ref()), (Status::Succeeded, None));
    }
}
