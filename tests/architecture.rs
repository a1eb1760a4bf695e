//! The shape of `src/`: who may use whom, how long a file may be, and that each file says what it is.

use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules by row, lowest first. A module uses rows below its own only.
const LAYERS: [&[&str]; 14] = [
    &["detect", "dice", "digest", "fault", "ids", "json", "lines", "lock"],
    &["call", "classifier", "condition", "recent", "rpc", "secret", "tool"],
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

/// The part of a file that is no test. A test module in a file of its own is judged like any other file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text)
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
        for (line, used) in uses(depth(&path), without_tests(&text)) {
            let lower = row(&used).is_some_and(|used| Some(used) < row(&own));
            if used != own && !lower && own != "main" && own != "lib" {
                wrong.push(format!("src/{}:{line}: `{own}` uses `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How many times `super` leads from a file's module to the crate.
fn depth(path: &Path) -> usize {
    path.iter().count()
}

/// The top-level modules that a text names, each with its line: by `crate::`, or by as many `super::` as lead there.
fn uses(depth: usize, text: &str) -> Vec<(usize, String)> {
    let code: String = text.split_inclusive('\n').map(without_comment).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = code[at..].find(is_word).map(|next| at + next) {
        let (roots, rest) = to_the_root(&code[start..]);
        at = code.len() - rest.len();
        if roots >= depth {
            let line = code[..start].matches('\n').count() + 1;
            found.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
        // Past the word, or what is left of a path that leads elsewhere.
        at += rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    }
    found
}

/// How far the head of a path leads up, and the rest of it: `crate::` leads up all the way.
fn to_the_root(path: &str) -> (usize, &str) {
    if let Some(rest) = path.strip_prefix("crate::") {
        return (usize::MAX, rest);
    }
    let mut rest = path.strip_prefix("self::").unwrap_or(path);
    let mut up = 0;
    while let Some(above) = rest.strip_prefix("super::") {
        (up, rest) = (up + 1, above);
    }
    (up, rest)
}

/// The names that a path goes on with: one, or those of a list in braces.
fn first_names(rest: &str) -> Vec<String> {
    let Some(list) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut nested = 0_usize;
    let mut names = vec![String::new()];
    for c in list.chars() {
        match c {
            '}' if nested == 0 => break,
            '{' => nested += 1,
            '}' => nested -= 1,
            ',' if nested == 0 => names.push(String::new()),
            _ => {}
        }
        names.last_mut().expect("there is one").push(c);
    }
    let names = names.iter().map(|name| word(name.trim_start_matches(',').trim_start()));
    names.filter(|name| !name.is_empty()).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| is_word(*c)).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A line of the same number, without the comment that it is.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "\n" } else { line }
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
    let names = |depth: usize, text: &str| -> Vec<String> {
        uses(depth, text).into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(names(1, "use crate::{config, gateway::Gateway};"), ["config", "gateway"]);
    assert_eq!(names(1, "    let x = crate::cache::Cache::default();"), ["cache"]);
    assert_eq!(names(1, "use crate::{a::{B, C}, d, e::{self, f::{G}}};"), ["a", "d", "e"]);
    assert_eq!(names(1, "use crate::{\n    a,\n    b,\n};\nuse crate::c;"), ["a", "b", "c"]);
    assert_eq!(uses(1, "\n// crate::a\nuse crate::b;"), [(3, "b".to_owned())]);
    assert!(names(1, "//! see crate::app").is_empty());
    assert!(names(1, "pub(crate) fn a_crate::b() {}").is_empty());
    // From `guardrails/pii.rs`, one `super` is `guardrails`, and two are the crate.
    assert_eq!(names(2, "use super::super::{gateway, cli};"), ["gateway", "cli"]);
    assert_eq!(names(2, "fn x() { super::super::gateway::y() }"), ["gateway"]);
    assert_eq!(names(1, "use super::gateway;"), ["gateway"]);
    assert!(names(2, "use super::judge; use self::super::judge;").is_empty());
    assert!(names(3, "use super::super::judge;").is_empty());
}

#[test]
fn only_a_file_s_own_tests_are_left_out() {
    let text =
        "//! a\n\n#[cfg(test)]\nmod property;\n\nfn b() {}\n\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
    assert!(without_tests(text).ends_with("fn b() {}\n\n"));
}
