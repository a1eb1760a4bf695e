//! A rule is spoken of by its name in tables all over `src`, and a name that no rule has is an exception or a bound that
//! does nothing: each name that is written down is one of a rule.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// The sources of a folder and of all below it.
fn sources(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, texts);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            texts.push((entry.display().to_string(), fs::read_to_string(&entry).expect("text")));
        }
    }
}

/// What stands in quotation marks in a line and looks like `family.name`, with what stands before and behind.
fn names(line: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let is_name = |name: &str| {
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        name.split_once('.').is_some_and(|(family, name)| is_word(family) && is_word(name))
    };
    line.match_indices('"').filter_map(move |(at, _)| {
        let (name, rest) = line[at + 1..].split_once('"')?;
        is_name(name).then_some((&line[..at], name, rest))
    })
}

/// Whether a name is given here: in a row of `rules!` or `ids!`, after `id:` or `rule:`, or to a constant called `…RULE`.
fn is_given(before: &str, behind: &str) -> bool {
    let before = before.trim_start();
    let behind = behind.strip_prefix(' ').unwrap_or_default();
    let is_score = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let (first, second) = (before.is_empty(), before.starts_with('"') && before.ends_with("\" "));
    let row = first
        && behind.split_once("\" ").is_some_and(|(label, score)| label.starts_with('"') && is_score(score));
    let number = second && is_score(behind);
    row || number
        || before.ends_with("id: ")
        || before.contains("rule: ")
        || before.ends_with("RULE: &str = ")
}

#[test]
fn every_name_of_a_rule_is_one_that_a_rule_has() {
    let mut texts = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    let mut known: HashSet<&str> = HashSet::new();
    for (_, text) in &texts {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let names = code.lines().flat_map(names);
        known.extend(names.filter(|(before, _, behind)| is_given(before, behind)).map(|(_, name, _)| name));
    }
    let mut rules = super::compiled().iter().map(|compiled| compiled.rule.id);
    assert!(rules.all(|rule| known.contains(rule)), "the reader of the sources overlooks rules");
    let family = |name: &str| name.split_once('.').expect("a dot").0.to_owned();
    let families: HashSet<String> = known.iter().map(|name| family(name)).collect();
    assert!(
        ["code", "pii", "poison", "prompt", "secret", "server"].iter().all(|one| families.contains(*one))
    );
    let mut unknown = Vec::new();
    for (file, text) in &texts {
        for (line, (_, name, _)) in
            (1..).zip(text.lines()).flat_map(|(line, text)| names(text).map(move |name| (line, name)))
        {
            let begins = || name.ends_with('-') && known.iter().any(|rule| rule.starts_with(name));
            if families.contains(&family(name)) && !known.contains(name) && !begins() {
                unknown.push(format!("{file}:{line}: no rule is called `{name}`"));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}
