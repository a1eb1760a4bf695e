//! `topics` and `policies` of the provider `local`: rules, each with what must hold for it to hit.
//!
//! Patterns and expressions are compiled here: one that cannot be used is a problem of the file.

use regex::Regex;
use serde_json::Value;

use super::super::plugins::{pointers, words};
use crate::condition::{Condition, pattern};
use crate::config::Rule;
use crate::config::node::Node;

/// Rules of one list; each is held against every text.
const MAX_RULES: usize = 200;

/// Patterns of one rule.
const MAX_PATTERNS: usize = 32;

pub(super) fn read(config: &Node<'_>, key: &str) -> Vec<Rule> {
    let items = config.items(key).unwrap_or_default();
    if items.len() > MAX_RULES {
        config.problem(key, format!("expected at most {MAX_RULES} rules"));
        return Vec::new();
    }
    let read = |(path, value): (String, &Value)| rule(&Node::open(value, path, config.notes())?);
    items.into_iter().filter_map(read).collect()
}

fn rule(node: &Node<'_>) -> Option<Rule> {
    let name = node.filled("name").map(str::to_owned);
    if name.is_none() && node.get("name").is_none() {
        node.problem("name", "expected a non-empty string: answers name the rule by it");
    }
    let given = |key| node.get(key).is_some();
    let searches = given("keywords") || given("regex");
    if !searches && !given("when") {
        node.notes().problem(node.here(), "expected at least one of `keywords`, `regex` and `when`");
    }
    let keywords = words(node, "keywords");
    if node.get("keywords").is_some_and(|list| list == &Value::Array(Vec::new())) {
        node.problem("keywords", "expected a list of words and phrases");
    }
    let patterns = patterns(node);
    let paths = pointers(node, "paths");
    if !paths.is_empty() && !searches {
        node.problem("paths", "expected `keywords` or `regex` beside it: `when` names its fields itself");
    }
    let when = node.filled("when").map(Condition::parse).transpose();
    let when = when.unwrap_or_else(|misread| {
        node.problem("when", misread.to_string());
        None
    });
    node.ignore(&["description"]);
    node.refuse_misspelt();
    Some(Rule { name: name?, keywords, patterns, paths, when })
}

/// One pattern, or a list of them.
fn patterns(node: &Node<'_>) -> Vec<Regex> {
    let one = node.get("regex").and_then(Value::as_str).map(|text| (node.path("regex"), text));
    let written: Vec<_> = match one {
        Some(one) => vec![one],
        None => node.texts("regex"),
    };
    if written.len() > MAX_PATTERNS {
        node.problem("regex", format!("expected at most {MAX_PATTERNS} patterns"));
        return Vec::new();
    }
    if node.get("regex").is_some_and(|list| list == &Value::Array(Vec::new())) {
        node.problem("regex", "expected a pattern, or a list of them");
    }
    let compile = |(path, text): (String, &str)| {
        let compiled = pattern(text);
        compiled.map_err(|expected| node.notes().problem(&path, expected)).ok()
    };
    written.into_iter().filter_map(compile).collect()
}
