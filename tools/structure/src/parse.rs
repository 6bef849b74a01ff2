//! Reads the modules of a crate: their files, what they define, import and name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Attribute, Item, ItemMod, Macro, UseTree};

/// A path as it is written, such as `super::host::Host`.
pub(crate) type Names = Vec<String>;

#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) parent: Option<usize>,
    pub(crate) file: usize,
    pub(crate) children: BTreeMap<String, usize>,
    /// What it defines itself.
    pub(crate) items: BTreeSet<String>,
    /// Names that its `use` lines bring in, with the paths they stand for.
    pub(crate) bindings: BTreeMap<String, Names>,
    /// Paths of `use …::*`.
    pub(crate) globs: Vec<Names>,
    /// Paths named in its code or in a private `use`.
    pub(crate) mentions: BTreeSet<Names>,
}

/// All modules of a crate, the root first.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) modules: Vec<Module>,
}

pub(crate) fn read(root: &Path) -> anyhow::Result<Tree> {
    let base = root.parent().context("the root file has no folder")?.to_owned();
    let mut tree = Tree::default();
    read_file(&mut tree, &base, root, &base, None)?;
    Ok(tree)
}

/// `folder` is where the files of its child modules are.
fn read_file(tree: &mut Tree, base: &Path, file: &Path, folder: &Path, parent: Option<usize>) -> anyhow::Result<usize> {
    let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
    let syntax = syn::parse_file(&text).with_context(|| format!("{} is not Rust", file.display()))?;
    tree.files.push(file.strip_prefix(base).unwrap_or(file).to_owned());
    let number = tree.files.len() - 1;
    read_module(tree, base, number, folder, parent, &syntax.items)
}

fn read_module(
    tree: &mut Tree,
    base: &Path,
    file: usize,
    folder: &Path,
    parent: Option<usize>,
    items: &[Item],
) -> anyhow::Result<usize> {
    let this = tree.modules.len();
    tree.modules.push(Module { parent, file, ..Module::default() });
    for item in items {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {}
            Item::Mod(module) => {
                let child = read_child(tree, base, file, folder, this, module)?;
                tree.modules[this].children.insert(module.ident.to_string(), child);
            }
            other => read_item(&mut tree.modules[this], other),
        }
    }
    Ok(this)
}

fn read_child(
    tree: &mut Tree,
    base: &Path,
    file: usize,
    folder: &Path,
    parent: usize,
    module: &ItemMod,
) -> anyhow::Result<usize> {
    let name = module.ident.to_string();
    let inner = folder.join(&name);
    if let Some((_, items)) = &module.content {
        return read_module(tree, base, file, &inner, Some(parent), items);
    }
    let named = named_file(&module.attrs);
    let usual = [folder.join(format!("{name}.rs")), inner.join("mod.rs")];
    for file in named.map(|name| folder.join(name)).into_iter().chain(usual) {
        if file.is_file() {
            return read_file(tree, base, &file, &inner, Some(parent));
        }
    }
    bail!("module {name} has no file in {}", folder.display())
}

/// The file of `#[path = "…"]`.
fn named_file(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    match &attribute.meta.require_name_value().ok()?.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) => Some(name.value()),
        _ => None,
    }
}

fn read_item(module: &mut Module, item: &Item) {
    let (name, attributes) = match item {
        Item::Use(import) => {
            if !is_for_tests(&import.attrs) {
                let is_private = matches!(import.vis, syn::Visibility::Inherited);
                read_use(module, &import.tree, &mut Vec::new(), is_private);
            }
            return;
        }
        Item::Struct(item) => (Some(&item.ident), &item.attrs),
        Item::Enum(item) => (Some(&item.ident), &item.attrs),
        Item::Union(item) => (Some(&item.ident), &item.attrs),
        Item::Trait(item) => (Some(&item.ident), &item.attrs),
        Item::Type(item) => (Some(&item.ident), &item.attrs),
        Item::Const(item) => (Some(&item.ident), &item.attrs),
        Item::Static(item) => (Some(&item.ident), &item.attrs),
        Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
        Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
        Item::Impl(item) => (None, &item.attrs),
        _ => return,
    };
    if is_for_tests(attributes) {
        return;
    }
    module.items.extend(name.map(ToString::to_string));
    Mentions(module).visit_item(item);
}

fn read_use(module: &mut Module, tree: &UseTree, prefix: &mut Names, is_private: bool) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            read_use(module, &path.tree, prefix, is_private);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| read_use(module, tree, prefix, is_private)),
        UseTree::Glob(_) => module.globs.push(prefix.clone()),
        UseTree::Name(name) if name.ident == "self" => {
            let last = prefix.last().cloned().unwrap_or_default();
            bind(module, last, prefix.clone(), is_private);
        }
        UseTree::Name(name) => bind(module, name.ident.to_string(), with(prefix, &name.ident), is_private),
        UseTree::Rename(rename) => {
            bind(module, rename.rename.to_string(), with(prefix, &rename.ident), is_private);
        }
    }
}

fn with(prefix: &Names, name: &syn::Ident) -> Names {
    prefix.iter().cloned().chain([name.to_string()]).collect()
}

/// A re-export is no import of its own: who uses the name imports what it stands for.
fn bind(module: &mut Module, name: String, path: Names, is_private: bool) {
    if is_private {
        module.mentions.insert(path.clone());
    }
    module.bindings.insert(name, path);
}

pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// Collects the paths of a piece of code.
struct Mentions<'a>(&'a mut Module);

impl<'ast> Visit<'ast> for Mentions<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.0.mentions.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        read_use(self.0, &import.tree, &mut Vec::new(), true);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        mentions_in(self.0, call.tokens.clone());
    }
}

/// Names joined by `::` among the tokens of a macro call.
fn mentions_in(module: &mut Module, tokens: TokenStream) {
    let mut names = Names::new();
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if colons != 2 {
                    module.mentions.insert(std::mem::take(&mut names));
                }
                names.push(name.to_string());
                colons = 0;
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                module.mentions.insert(std::mem::take(&mut names));
                mentions_in(module, group.stream());
            }
            _ => {
                module.mentions.insert(std::mem::take(&mut names));
            }
        }
    }
    module.mentions.insert(names);
}
