//! Which settings the sources of crates read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Lit, Meta};

use super::setting::{Settings, is_name, plain};

/// A table row of a doc comment: name and default.
type Row = (String, String);

/// What one file says.
#[derive(Default)]
struct File {
    /// It names `Reader` or `Settings` of the configuration.
    reads_settings: bool,
    /// Constants of text.
    constants: BTreeMap<String, String>,
    /// Arguments of calls: what is handed over, and a default that stands beside it.
    arguments: Vec<(Argument, Option<String>)>,
    rows: Vec<Row>,
}

enum Argument {
    Text(String),
    Constant(String),
}

/// Adds what the crates read whose sources are in `folders`: a constant of one may be read by another.
pub(super) fn read_crates(top: &Path, folders: &[PathBuf], settings: &mut Settings) -> anyhow::Result<()> {
    let mut paths = Vec::new();
    for folder in folders {
        list(folder, &mut paths)?;
    }
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let syntax = syn::parse_file(&text).with_context(|| format!("{} is not Rust", path.display()))?;
        let mut file = File::default();
        file.visit_file(&syntax);
        files.push((path.strip_prefix(top).unwrap_or(&path).display().to_string(), file));
    }
    let constants: BTreeMap<String, BTreeSet<String>> =
        files.iter().flat_map(|(_, file)| &file.constants).fold(BTreeMap::new(), |mut all, (name, text)| {
            all.entry(name.clone()).or_default().insert(text.clone());
            all
        });
    for (path, file) in files.iter().filter(|(_, file)| file.reads_settings) {
        for (argument, default) in &file.arguments {
            let names: Vec<&String> = match argument {
                Argument::Text(text) => vec![text],
                // A constant of the file itself comes before one that only has the same name.
                Argument::Constant(name) => match file.constants.get(name) {
                    Some(text) => vec![text],
                    None => constants.get(name).into_iter().flatten().collect(),
                },
            };
            for name in names.into_iter().filter(|name| is_name(name)) {
                let setting = settings.entry(name.clone()).or_default();
                setting.file.clone_from(path);
                setting.defaults.extend(default.clone());
            }
        }
    }
    let texts: BTreeSet<&String> = constants.values().flatten().collect();
    for (path, file) in &files {
        for (name, default) in &file.rows {
            let is_end = |end: &str| texts.iter().any(|text| text.as_str() == end);
            let of_constants = || {
                texts
                    .iter()
                    .any(|start| name.strip_prefix(start.as_str()).is_some_and(|end| end.is_empty() || is_end(end)))
            };
            if !settings.contains_key(name) && !of_constants() {
                continue;
            }
            let setting = settings.entry(name.clone()).or_default();
            setting.file.clone_from(path);
            // Several words tell the default to people.
            setting.defaults.extend(Some(default.clone()).filter(|default| is_word(default)));
        }
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

/// The sources of a folder, without those of tests.
fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "tests" {
            list(&path, paths)?;
        } else if name.ends_with(".rs") && name != "tests.rs" {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(())
}

impl<'ast> Visit<'ast> for File {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !crate::parse::is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        self.reads_settings |= ident == "Reader" || ident == "Settings";
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let Some(text) = text_of(&item.expr) {
            self.constants.insert(item.ident.to_string(), text);
        }
        visit::visit_item_const(self, item);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.arguments.extend(call.args.iter().filter_map(argument).map(|argument| (argument, None)));
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let default = match call.method.to_string().as_str() {
            "required" | "required_value" => Some("required".to_owned()),
            "optional" | "bounded" | "seconds" => call.args.iter().nth(1).and_then(default_of),
            _ => None,
        };
        self.arguments.extend(call.args.first().and_then(argument).map(|argument| (argument, default)));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let Meta::NameValue(meta) = &attribute.meta else { return };
        if meta.path.is_ident("doc")
            && let Some(line) = text_of(&meta.value)
        {
            self.rows.extend(rows(&line));
        }
    }
}

fn argument(expression: &Expr) -> Option<Argument> {
    match expression {
        Expr::Path(path) => path.path.segments.last().map(|name| Argument::Constant(name.ident.to_string())),
        _ => text_of(expression).map(Argument::Text),
    }
}

fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// `10_000`, `true`, `"x".to_owned()` and `Duration::from_secs(20)`.
fn default_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => Some(number.base10_digits().to_owned()),
            Lit::Bool(value) => Some(value.value.to_string()),
            _ => None,
        },
        Expr::MethodCall(call) if call.method == "to_owned" => text_of(&call.receiver),
        Expr::Call(call) if call.args.len() == 1 => call.args.first().and_then(default_of),
        _ => None,
    }
}

/// The names of a line such as `| `A`, `B` | 1 | meaning |`, each with the default.
fn rows(line: &str) -> Vec<Row> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
    if !line.trim_start().starts_with('|') || cells.len() < 3 {
        return Vec::new();
    }
    let names = cells[0].split(',').map(plain).filter(|name| is_name(name));
    names.map(|name| (name, plain(cells[1]))).collect()
}
