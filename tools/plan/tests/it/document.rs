//! docs/scale.md shows what `bin/plan` prints.

use std::process::Command;

use test_support::{code_blocks, workspace_root};

/// The lines of a command and its output, `$ bin/plan …` and what follows.
fn shown() -> Vec<(Vec<String>, String)> {
    let page = std::fs::read_to_string(workspace_root().unwrap().join("docs/scale.md")).unwrap();
    let blocks = code_blocks(&page, "console");
    let blocks = blocks.iter().map(|block| {
        let (command, output) = block.split_once('\n').expect("a command and its output");
        let command = command.strip_prefix("$ bin/plan ").expect("a command of bin/plan");
        (command.split_whitespace().map(str::to_owned).collect(), output.trim_end().to_owned())
    });
    blocks.collect()
}

fn plan(arguments: &[String]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_plan")).args(arguments).output().unwrap()
}

#[test]
fn the_outputs_are_those_that_the_page_shows() {
    let shown = shown();
    assert!(shown.len() >= 2, "docs/scale.md shows no outputs");
    for (arguments, output) in shown {
        let answer = plan(&arguments);
        let printed = String::from_utf8(answer.stdout).unwrap();
        assert!(answer.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
        assert_eq!(printed.trim_end(), output, "bin/plan {}", arguments.join(" "));
    }
}

#[test]
fn a_wrong_value_is_refused_with_its_option() {
    for (option, value) in [
        ("--opportunities", "-1"),
        ("--opportunities", "1000000001"),
        ("--lines", "many"),
        ("--call-ms", "600001"),
        ("--org-concurrency", "0"),
        ("--workers", "0"),
        ("--worker-concurrency", "257"),
        ("--chunk-size", "216"),
        ("--bulk-chunk-size", "0"),
        ("--bulk-threshold", "1e3"),
        ("--edition", "free"),
        ("--daily-limit", "0"),
        ("--record-us", "1000001"),
        ("--bulk-row-us", ""),
    ] {
        let other =
            if option == "--opportunities" { vec![] } else { vec!["--opportunities".to_owned(), "1".to_owned()] };
        let answer = plan(&[other, vec![format!("{option}={value}")]].concat());
        let error = String::from_utf8(answer.stderr).unwrap();
        assert_eq!(answer.status.code(), Some(2), "{option} {value}: {error}");
        assert!(error.contains(option), "{option} {value}: {error}");
    }
    let error = String::from_utf8(plan(&[]).stderr).unwrap();
    assert!(error.contains("--opportunities"), "{error}");
}

#[test]
fn json_has_the_same_figures() {
    let arguments: Vec<String> =
        ["--opportunities", "5000", "--call-ms", "100", "--workers", "4", "--json"].map(str::to_owned).to_vec();
    let answer = plan(&arguments);
    assert!(answer.status.success());
    let json: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(json["way"], "graphs");
    assert_eq!(json["graphs"]["calls"]["plan"], 4, "{json}");
    assert_eq!(json["usefulWorkers"], 3, "{json}");
}
