//! Puts in front of a script what it uses of the shared code, and nothing else. Redis runs the whole text with each call, and
//! every function that the text defines costs about as much as a small command.

use std::collections::HashSet;

/// A definition at the top of the library: `local function name`, or `local name, name = …`.
#[derive(Debug)]
struct Definition<'a> {
    names: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// `body` behind those definitions of `library` that it uses, itself or through others, in their order. The library consists of
/// local definitions that begin at the start of a line, each after those that it uses.
pub(super) fn link(library: &str, body: &str) -> String {
    let mut used: HashSet<&str> = body.lines().flat_map(words).collect();
    let mut kept = Vec::new();
    for definition in definitions(library).into_iter().rev() {
        if definition.names.iter().any(|name| used.contains(name)) {
            used.extend(definition.lines.iter().copied().flat_map(words));
            kept.push(definition);
        }
    }
    let lines = kept.into_iter().rev().flat_map(|definition| definition.lines);
    lines.chain([body]).collect::<Vec<_>>().join("\n")
}

/// All definitions, without comments.
fn definitions(library: &str) -> Vec<Definition<'_>> {
    let mut definitions: Vec<Definition<'_>> = Vec::new();
    for line in library.lines().filter(|line| !line.is_empty() && !line.trim_start().starts_with("--")) {
        if let Some(defined) = line.strip_prefix("local ") {
            definitions.push(Definition { names: names(defined), lines: Vec::new() });
        }
        if let Some(definition) = definitions.last_mut() {
            definition.lines.push(line);
        }
    }
    definitions
}

/// What a line defines that begins with `local`.
fn names(defined: &str) -> Vec<&str> {
    match defined.strip_prefix("function ") {
        Some(function) => function.split('(').take(1).map(str::trim).collect(),
        None => defined.split('=').take(1).flat_map(|names| names.split(',')).map(str::trim).collect(),
    }
}

/// The words of a line but for those in text and comments. Scripts write text in single quotes, without escapes.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split('\'').step_by(2);
    let mut is_comment = false;
    let code = code.map_while(move |code| {
        let before = code.split_once("--").map(|(before, _)| before);
        let ended = std::mem::replace(&mut is_comment, before.is_some());
        (!ended).then_some(before.unwrap_or(code))
    });
    code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "-- A library.\nlocal P = ARGV[1]\nlocal function key(name) return P .. name end\n\n-- Not used.\n\
                           local A, B = P .. 'a', P .. 'b'\nlocal function other()\n  -- Says key.\n  return 1\nend\n";

    #[test]
    fn a_script_has_what_it_uses_and_no_more() {
        let linked = link(LIBRARY, "return key('other') -- not other, nor B");
        assert_eq!(
            linked,
            "local P = ARGV[1]\nlocal function key(name) return P .. name end\nreturn key('other') -- not other, nor B"
        );
        assert_eq!(link(LIBRARY, "return 1"), "return 1");
        assert_eq!(link(LIBRARY, "return other()"), "local function other()\n  return 1\nend\nreturn other()");
    }

    #[test]
    fn either_of_two_names_is_their_definition() {
        let linked = link(LIBRARY, "return B");
        assert_eq!(linked, "local P = ARGV[1]\nlocal A, B = P .. 'a', P .. 'b'\nreturn B");
    }

    #[test]
    fn nothing_of_the_library_belongs_to_no_definition() {
        for library in [include_str!("lib.lua"), include_str!("ends.lua"), include_str!("aside.lua"), LIBRARY] {
            let code = library.lines().filter(|line| !line.is_empty() && !line.trim_start().starts_with("--"));
            let defined = definitions(library);
            assert_eq!(defined.iter().map(|definition| definition.lines.len()).sum::<usize>(), code.count());
            // A name that is defined twice would hide a use of the first.
            let names: Vec<_> = defined.iter().flat_map(|definition| &definition.names).collect();
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
            assert!(names.iter().all(|name| words(name).eq([**name])), "{names:?}");
        }
    }

    #[test]
    fn text_is_told_from_code() {
        let found: Vec<_> = words("  call('HSET', key('job', j), 'a', 1) -- isn't b 'c' d").collect();
        assert_eq!(found, ["call", "key", "j", "1"]);
        assert_eq!(words("local x = 'one -- two' .. y").collect::<Vec<_>>(), ["local", "x", "y"]);
    }
}
