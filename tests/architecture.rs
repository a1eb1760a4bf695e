//! The shape of `src/`: who may use whom, how long a file may be, and that each file says what it is.

use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules by row, lowest first. A module uses rows below its own only.
const LAYERS: [&[&str]; 14] = [
    &["detect", "dice", "fault", "ids", "json", "lines", "recent"],
    &["call", "classifier", "condition", "rpc", "secret", "tool"],
    &["config"],
    &["client", "telemetry", "timeouts", "web"],
    &["scope"],
    &["cache"],
    &["auth", "guardrails"],
    &["downstream"],
    &["discovery"],
    &["execution"],
    &["gateway"],
    &["app"],
    &["cli"],
    &["main", "lib"],
];

const MAX_LINES: usize = 500;
const MAX_PUBLIC_ITEMS: usize = 15;

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                collect(&entry, files);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                files.push(entry);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |path: PathBuf| {
        (path.strip_prefix(&root).expect("below src").to_owned(), fs::read_to_string(&path).expect("text"))
    };
    files.into_iter().map(read).collect()
}

/// The part of a file that is no test.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

fn row(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

fn module_of(path: &Path) -> String {
    let first = path.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn every_module_has_a_row() {
    for (path, _) in sources() {
        assert!(row(&module_of(&path)).is_some(), "{}: add the module to LAYERS", path.display());
    }
}

#[test]
fn modules_use_lower_rows_only() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = module_of(&path);
        for (number, line) in without_tests(&text).lines().enumerate() {
            for used in uses(line) {
                let lower = row(&used).is_some_and(|used| Some(used) < row(&own));
                if used != own && !lower && own != "main" && own != "lib" {
                    wrong.push(format!("src/{}:{}: `{own}` uses `{used}`", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The top-level modules that a line names with `crate::`, nested braces of one `use crate::{…}` included.
fn uses(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        // `pub(in crate::…)` and the like name no use of another module.
        let rest = &line[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                found.push(name);
            }
        }
    }
    found
}

#[test]
fn every_file_opens_with_its_doc() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "src/{} does not open with `//!`", path.display());
    }
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in sources() {
        let lines = without_tests(&text).lines().count();
        assert!(lines <= MAX_LINES, "src/{} has {lines} lines; split it by what it owns", path.display());
    }
}

#[test]
fn no_file_offers_too_much() {
    for (path, text) in sources() {
        let items = without_tests(&text).lines().filter(|line| line.starts_with("pub ")).count();
        let map = path == Path::new("lib.rs");
        assert!(map || items <= MAX_PUBLIC_ITEMS, "src/{} has {items} public items", path.display());
    }
}

#[test]
fn only_print_writes_to_the_terminal() {
    for (path, text) in sources() {
        let prints = ["stdout()", "stderr()", "println!", "eprintln!"]
            .iter()
            .any(|word| without_tests(&text).contains(word));
        let allowed = ["cli/print.rs", "telemetry.rs", "gateway/stdio.rs"];
        let permitted =
            allowed.iter().any(|name| path == Path::new(name)) || path == Path::new("downstream/child.rs");
        assert!(!prints || permitted, "src/{} writes to the terminal; use cli/print.rs", path.display());
    }
}

#[test]
fn the_scanner_sees_what_it_looks_for() {
    assert_eq!(uses("use crate::{config, gateway::Gateway};"), ["config", "gateway"]);
    assert_eq!(uses("    let x = crate::cache::Cache::default();"), ["cache"]);
    assert!(uses("//! see crate::app").is_empty());
}
