//! What a server's tools are called beside those of others: legal for every client, and the same every time.
//!
//! A name never depends on what other servers are known to have, so that learning of one server's tools can never
//! give a name that a client remembers to another tool.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use crate::ids::{self, ServerName, ToolName};

/// What every client allows, in letters, digits, `-` and `_`.
const MAX_NAME: usize = 64;

/// What is left of a name has room for a tool.
const MAX_PREFIX: usize = 40;

const SEPARATOR: &str = "__";

/// The names of one server's tools.
pub(super) struct Naming {
    join: String,
    /// Names that are taken already.
    reserved: fn(&str) -> bool,
}

/// A tool under its direct name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) direct: String,
    pub(super) tool: ToolName,
}

/// What begins the names of each server's tools, in order. None is the beginning of another up to the separator.
pub fn prefixes<'a>(servers: impl Iterator<Item = &'a ServerName>) -> Vec<String> {
    let servers: Vec<&ServerName> = servers.collect();
    let mut taken: HashSet<String> = servers
        .iter()
        .map(|name| name.as_str())
        .filter(|name| prefix(name) == *name)
        .map(str::to_owned)
        .collect();
    servers
        .into_iter()
        .map(|name| {
            let prefix = prefix(name.as_str());
            if prefix == name.as_str() || taken.insert(prefix.clone()) {
                return prefix;
            }
            hashed("", &prefix, name.as_str(), MAX_PREFIX)
        })
        .collect()
}

/// Without the separator in it or half of it at its end, so that it ends where the separator begins.
fn prefix(server: &str) -> String {
    let mut prefix = legal(server);
    while prefix.contains(SEPARATOR) {
        prefix = prefix.replace(SEPARATOR, "_");
    }
    prefix.truncate(prefix.trim_end_matches('_').len());
    match prefix.len() {
        0 => "server".to_owned(),
        1..=MAX_PREFIX => prefix,
        _ => hashed("", &prefix, server, MAX_PREFIX),
    }
}

impl Naming {
    pub(super) fn prefixed(prefix: &str) -> Self {
        Self { join: format!("{prefix}{SEPARATOR}"), reserved: |_| false }
    }

    /// For the tools of an only server.
    pub(super) fn plain(reserved: fn(&str) -> bool) -> Self {
        Self { join: String::new(), reserved }
    }

    /// What is left of a direct name without the server's prefix.
    pub(super) fn rest<'n>(&self, direct: &'n str) -> Option<&'n str> {
        direct.strip_prefix(&self.join)
    }

    /// A name that needs no change is kept; the second value counts the tools that had to give way to another.
    pub(super) fn assign(&self, tools: &[ToolName]) -> (Vec<Named>, usize) {
        let join = self.join.as_str();
        let wished: Vec<String> =
            tools.iter().map(|tool| format!("{join}{}", legal(tool.as_str()))).collect();
        let mut claims: HashMap<&str, usize> = HashMap::new();
        for wish in &wished {
            *claims.entry(wish).or_default() += 1;
        }
        let mut contested = 0;
        let direct = |(tool, wish): (&ToolName, &String)| {
            let as_it_is = wish.ends_with(tool.as_str()) && wish.len() <= MAX_NAME;
            let free = !(self.reserved)(wish) && (as_it_is || claims.get(wish.as_str()) == Some(&1));
            contested += usize::from(!free);
            if free && wish.len() <= MAX_NAME {
                return wish.clone();
            }
            hashed(join, &wish[join.len()..], tool.as_str(), MAX_NAME)
        };
        let names: Vec<String> = tools.iter().zip(&wished).map(direct).collect();
        // A hash can be forged by a server, which then loses the tool that has the forged name.
        let mut seen = HashSet::new();
        let assigned: Vec<Named> = tools
            .iter()
            .zip(names)
            .filter(|(_, direct)| seen.insert(direct.clone()))
            .map(|(tool, direct)| Named { direct, tool: tool.clone() })
            .collect();
        let lost = tools.len() - assigned.len();
        (assigned, contested + lost)
    }

    /// The tool of that direct name.
    pub(super) fn find(&self, direct: &str, tools: &[ToolName]) -> Option<ToolName> {
        self.rest(direct)?;
        let (assigned, _) = self.assign(tools);
        assigned.into_iter().find(|named| named.direct == direct).map(|named| named.tool)
    }
}

/// Whether a text could be a direct name.
pub(super) fn is_legal(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.chars().all(is_legal_char)
}

fn legal(text: &str) -> String {
    text.chars().map(|c| if is_legal_char(c) { c } else { '_' }).collect()
}

fn is_legal_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The beginning of a name, told from others by what it was made of. What it is found by stays before it, whole.
fn hashed(join: &str, name: &str, origin: &str, limit: usize) -> String {
    let digest = Sha256::digest(origin.as_bytes());
    let mut hash = String::with_capacity(8);
    ids::push_hex(&mut hash, &digest[..4]);
    let room = limit.saturating_sub(join.len() + hash.len() + 1);
    let kept: String = name.chars().take(room).collect();
    format!("{join}{}_{hash}", kept.trim_end_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn of(names: &[&str]) -> Vec<String> {
        let names: Vec<ServerName> = names.iter().map(|name| (*name).into()).collect();
        prefixes(names.iter())
    }

    fn assigned(naming: &Naming, tools: &[&str]) -> (Vec<String>, usize) {
        let tools: Vec<ToolName> = tools.iter().map(|tool| (*tool).into()).collect();
        let (assigned, contested) = naming.assign(&tools);
        for Named { direct, tool } in &assigned {
            assert!(is_legal(direct), "{direct}");
            assert_eq!(naming.find(direct, &tools).as_ref(), Some(tool));
        }
        (assigned.into_iter().map(|named| named.direct).collect(), contested)
    }

    #[test]
    fn prefixes_cannot_be_mistaken_for_each_other() {
        assert_eq!(of(&["git", "my server", "naïve"]), ["git", "my_server", "na_ve"]);
        let long = "x".repeat(90);
        let prefixes = of(&["a b", "a_b", "a", "a__b", "a_", "é", &long, "a.b"]);
        assert_eq!(prefixes[1..3], ["a_b", "a"], "a name that is legal is kept");
        let distinct: HashSet<&String> = prefixes.iter().collect();
        assert_eq!(distinct.len(), prefixes.len(), "{prefixes:?}");
        for prefix in &prefixes {
            assert!(prefix.len() <= MAX_PREFIX && !prefix.contains(SEPARATOR) && !prefix.ends_with('_'));
        }
    }

    #[test]
    fn every_name_that_is_listed_can_be_called() {
        const PIECES: [&str; 12] =
            ["_", "__", "-", ".", "::", "查", "询", "é", "a", "b2", "Z", "a_rather_long_piece_"];
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for _ in 0..300 {
            let mut text = |most: usize| -> String {
                let pieces = 1 + dice.below(most);
                (0..pieces).map(|_| PIECES[dice.below(PIECES.len())]).collect()
            };
            let servers: Vec<String> = (0..3).map(|_| text(4)).collect();
            let tools: HashSet<String> = (0..8).map(|_| text(6)).collect();
            let mut tools: Vec<&str> = tools.iter().map(String::as_str).collect();
            tools.sort_unstable();
            let servers: HashSet<&str> = servers.iter().map(String::as_str).collect();
            let prefixes = of(&Vec::from_iter(servers));
            let mut all = HashSet::new();
            let plain = Naming::plain(|name| name == "a");
            assert_eq!(assigned(&plain, &tools).0.len(), tools.len(), "{tools:?}");
            for prefix in &prefixes {
                let (names, _) = assigned(&Naming::prefixed(prefix), &tools);
                assert_eq!(names.len(), tools.len(), "{tools:?}");
                for name in names {
                    let leads = |prefix: &&String| Naming::prefixed(prefix).rest(&name).is_some();
                    assert_eq!(prefixes.iter().filter(leads).count(), 1, "{name} of {prefixes:?}");
                    assert!(all.insert(name));
                }
            }
        }
    }

    #[test]
    fn names_are_legal_and_stable() {
        let naming = Naming::prefixed("files");
        let long = "read_".repeat(20);
        let (names, contested) = assigned(&naming, &["read", "dir/list", &long]);
        assert_eq!(names[..2], ["files__read", "files__dir_list"]);
        assert_eq!((names[2].len(), contested), (MAX_NAME, 0));
        assert_eq!(assigned(&naming, &[&long]).0[0], names[2], "whatever stands beside it");
    }

    #[test]
    fn collisions_do_not_depend_on_the_order() {
        let naming = Naming::prefixed("s");
        let (names, contested) = assigned(&naming, &["a.b", "a/b", "a_b"]);
        assert_eq!((names[2].as_str(), contested), ("s__a_b", 2));
        let (turned, _) = assigned(&naming, &["a_b", "a/b", "a.b"]);
        assert_eq!(turned, [names[2].clone(), names[1].clone(), names[0].clone()]);
    }

    #[test]
    fn a_taken_name_is_not_given_twice() {
        let naming = Naming::plain(|name| name == "taken");
        let (names, contested) = assigned(&naming, &["taken", "free"]);
        assert!(names[0].starts_with("taken_") && names[1] == "free");
        assert_eq!(contested, 1);
        let forged = names[0].clone();
        let (names, contested) = assigned(&naming, &["taken", &forged]);
        assert_eq!((names.len(), contested), (1, 2));
    }
}
