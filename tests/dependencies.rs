//! What the crates that we use ask for: a compiler no newer than ours says, and nothing of whoever builds upon us.

use std::process::Command;

use serde_json::Value;

/// Licences that ask for no more than their text.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

fn output(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

/// The crates that are built on this machine, with ourselves. None has to be fetched for it.
fn crates() -> Vec<Value> {
    let about = output("rustc", &["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let cargo = env!("CARGO");
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(cargo, &arguments)).expect("JSON");
    let built = metadata["resolve"]["nodes"].as_array().expect("nodes").iter().map(|node| &node["id"]);
    let built: std::collections::HashSet<_> = built.filter_map(Value::as_str).collect();
    let packages = metadata["packages"].as_array().expect("packages").iter();
    packages.filter(|package| package["id"].as_str().is_some_and(|id| built.contains(id))).cloned().collect()
}

fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().expect("a number")).collect();
    parts.resize(3, 0);
    parts
}

/// Whether an expression such as `(MIT OR GPL-3.0) AND ISC` leaves a permissive choice.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    any_of(&mut words)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>) -> bool {
    let mut holds = all_of(words);
    while words.next_if_eq(&"OR").is_some() {
        holds |= all_of(words);
    }
    holds
}

fn all_of(words: &mut Words<'_>) -> bool {
    let mut holds = one(words);
    while words.next_if_eq(&"AND").is_some() {
        holds &= one(words);
    }
    holds
}

fn one(words: &mut Words<'_>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let holds = any_of(words);
        return holds && words.next() == Some(")");
    }
    let known = words.next().is_some_and(|name| PERMISSIVE.contains(&name));
    // An exception only gives more.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    known
}

#[test]
fn no_crate_needs_a_newer_compiler_than_we_promise() {
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for package in crates() {
        let Some(wanted) = package["rust_version"].as_str() else { continue };
        assert!(version(wanted) <= ours, "{} {} needs Rust {wanted}", package["name"], package["version"]);
    }
}

#[test]
fn every_licence_is_permissive() {
    let crates = crates();
    assert!(crates.len() > 100, "{}", crates.len());
    for package in crates {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_permissive(licence), "{}: {licence}", package["name"]);
    }
}

#[test]
fn a_licence_is_read_as_it_is_meant() {
    for good in
        ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(MIT OR GPL-3.0) AND ISC", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_permissive(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Apache-2.0) AND GPL-3.0", "GPL-3.0 WITH MIT"] {
        assert!(!is_permissive(bad), "{bad}");
    }
}
