//! Finds the file that defines what a path names.

use std::collections::BTreeSet;

use crate::parse::Tree;

/// Re-exports of re-exports are followed this far; more is a circle of `use` lines.
const DEPTH: u8 = 32;

#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    /// The file that defines it.
    Item(usize),
}

/// Pairs of files: who imports, and what.
pub(crate) fn edges(tree: &Tree) -> BTreeSet<(usize, usize)> {
    let mut edges = BTreeSet::new();
    for (number, module) in tree.modules.iter().enumerate() {
        for names in &module.mentions {
            // Naming a module alone imports nothing of it; the paths that go on from there do.
            if let Some(Target::Item(file)) = resolve(tree, number, names, DEPTH)
                && file != module.file
            {
                edges.insert((module.file, file));
            }
        }
    }
    edges
}

/// Pairs of a file and another crate that it names: in a `use` line, re-exports included, or in a path.
pub(crate) fn crates(tree: &Tree) -> BTreeSet<(usize, String)> {
    let mut crates = BTreeSet::new();
    for (number, module) in tree.modules.iter().enumerate() {
        for names in module.mentions.iter().chain(module.bindings.values()).chain(&module.globs) {
            let Some(first) = names.first().filter(|_| resolve(tree, number, names, DEPTH).is_none()) else { continue };
            // What an own `use` line brought in is named by that line already.
            let is_bound = module.bindings.get(first).is_some_and(|path| path.len() > 1);
            if !["crate", "self", "super", "Self"].contains(&first.as_str()) && !is_bound {
                crates.insert((module.file, first.clone()));
            }
        }
    }
    crates
}

fn resolve(tree: &Tree, from: usize, names: &[String], depth: u8) -> Option<Target> {
    let (first, rest) = names.split_first()?;
    let depth = depth.checked_sub(1)?;
    match first.as_str() {
        "crate" => look_up(tree, 0, rest, depth),
        "self" => look_up(tree, from, rest, depth),
        "super" => {
            let parent = tree.modules[from].parent?;
            // `super::super::x`: the next `super` counts from the parent.
            match rest.first().map(String::as_str) {
                Some("super") => resolve(tree, parent, rest, depth),
                _ => look_up(tree, parent, rest, depth),
            }
        }
        _ => look_up(tree, from, names, depth),
    }
}

fn look_up(tree: &Tree, module: usize, names: &[String], depth: u8) -> Option<Target> {
    let Some((first, rest)) = names.split_first() else { return Some(Target::Module(module)) };
    let depth = depth.checked_sub(1)?;
    let here = &tree.modules[module];
    if let Some(&child) = here.children.get(first) {
        return look_up(tree, child, rest, depth);
    }
    if here.items.contains(first) {
        return Some(Target::Item(here.file));
    }
    if let Some(path) = here.bindings.get(first) {
        // `use serde::Serialize` names itself once more: not ours.
        if path.first() == Some(first) && path.len() > 1 && !here.children.contains_key(first) {
            return None;
        }
        return go_on(tree, resolve(tree, module, path, depth)?, rest, depth);
    }
    here.globs.iter().find_map(|path| match resolve(tree, module, path, depth)? {
        Target::Module(other) if other != module => look_up(tree, other, names, depth),
        _ => None,
    })
}

fn go_on(tree: &Tree, target: Target, rest: &[String], depth: u8) -> Option<Target> {
    match target {
        Target::Module(module) => look_up(tree, module, rest, depth),
        item @ Target::Item(_) => Some(item),
    }
}
