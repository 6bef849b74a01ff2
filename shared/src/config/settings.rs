//! The layers, merged by the `config` crate into one flat table.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use config::{Config, Environment};

use super::error::ConfigError;
use super::misspelt::{Misspelt, alike};

/// The variable that names the optional TOML file.
const CONFIG_FILE: &str = "CONFIG_FILE";

/// All settings of the process, merged. Read them through [`Settings::reader`].
///
/// There is no `Debug`: the table holds secrets.
pub struct Settings {
    /// Keys in lower case: the `config` crate spells the environment so, and the file follows.
    table: Config,
    /// The names in it, as variables are spelled.
    given: BTreeSet<String>,
    /// Names that readers have asked for.
    asked: RefCell<BTreeSet<String>>,
}

impl Settings {
    /// Merges the file that `CONFIG_FILE` names, if any, and the environment of the process. As they hold secrets, it turns
    /// core dumps of the process off first.
    ///
    /// Variables that are not valid Unicode are left out, as if they were not set.
    ///
    /// # Errors
    /// [`ConfigError::File`] and [`ConfigError::FileSyntax`] for a file that cannot be used, [`ConfigError::CoreDumps`] when
    /// the system refuses.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process_env() -> Result<Self, ConfigError> {
        super::core_dumps::turn_off().map_err(ConfigError::CoreDumps)?;
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::from_map(std::env::vars_os().filter_map(unicode))
    }

    /// The same with `variables` in place of the environment: what tests pass, since setting a variable of a running
    /// process is not safe.
    ///
    /// # Errors
    /// As [`Settings::from_process_env`].
    pub fn from_map<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, ConfigError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        let variables: HashMap<String, String> = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(name, _)| is_setting_name(name))
            .collect();
        let mut given: BTreeSet<String> = variables.keys().cloned().collect();
        let mut layers = Config::builder();
        if let Some(path) = variables.get(CONFIG_FILE).filter(|path| !path.trim().is_empty()) {
            let table = read_file(PathBuf::from(path))?;
            given.extend(table.keys().map(|name| name.to_ascii_uppercase()));
            layers = layers.add_source(Config::try_from(&table).map_err(ConfigError::merge)?);
        }
        let environment = Environment::default().ignore_empty(true).source(Some(variables));
        let table = layers.add_source(environment).build().map_err(ConfigError::merge)?;
        Ok(Self { table, given, asked: RefCell::new(BTreeSet::from([CONFIG_FILE.to_owned()])) })
    }

    /// Names that are set, that no reader has asked for, and that look like one that was asked for: probably misspelt.
    /// To be called when all settings have been read. Names that look like none of this process's may be anybody's.
    pub fn misspelt(&self) -> Vec<Misspelt> {
        let asked = self.asked.borrow();
        let unread = self.given.iter().filter(|name| !asked.contains(*name));
        unread
            .filter_map(|name| Some(Misspelt { name: name.clone(), meant: alike(name, asked.iter())?.to_owned() }))
            .collect()
    }

    /// A name that is set and looks like `name`, which is not.
    pub(super) fn lookalike(&self, name: &str) -> Option<&str> {
        let asked = self.asked.borrow();
        alike(name, self.given.iter().filter(|given| *given != name && !asked.contains(*given)))
    }

    /// The value of `name` from the strongest layer that has one; `None` when no layer has.
    pub(super) fn get(&self, name: &str) -> Option<config::Value> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.table.get(&name.to_ascii_lowercase()).ok()
    }
}

/// Heroku's names are upper case with digits and underscores. Anything else (`_`, `http_proxy`, exported shell functions)
/// is no setting, and could read as a path expression of the `config` crate.
fn is_setting_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reads the TOML file as one layer. Its keys are the variables' names, in either case.
///
/// The `config` crate could read the file itself, but its parse errors quote the broken line, which may hold a secret.
fn read_file(path: PathBuf) -> Result<toml::Table, ConfigError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => return Err(ConfigError::File { path, source }),
    };
    match toml::from_str::<toml::Table>(&text) {
        Ok(table) => Ok(table.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            Err(ConfigError::FileSyntax { path, line: before.matches('\n').count() + 1 })
        }
    }
}
