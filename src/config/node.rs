//! A cursor over JSON that reads typed fields and remembers what was wrong, unread or written twice.
//!
//! Problems are collected, never returned: a reader goes on with a default and the caller looks at `Notes` at the
//! end. `join` is the one place that spells a path, so a gateway key cannot get into one.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::spelling::{almost, ends_access, opens};
use super::{Problem, secretref};
use crate::secret::{GatewayKey, KeyDigest, mask_argument};

/// Objects whose keys are gateway keys.
const KEYED_BY_SECRETS: [&str; 2] = ["apikeys", "gateways"];

/// No limit is longer, so that no sum of a time and a limit overflows.
const LONGEST_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// Times the longest limit it is still a `Duration`.
const LARGEST_SHARE: f64 = 10.0;

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// What the readers of one document have found.
#[derive(Debug, Default)]
pub(super) struct Notes {
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<String>>,
}

/// One object of the document and the keys of it that were asked for.
#[derive(Debug)]
pub(super) struct Node<'a> {
    map: &'a Map<String, Value>,
    path: String,
    /// The keys that were read.
    seen: RefCell<Vec<String>>,
    /// Those that may stand here and say nothing: to misspell one is harmless.
    idle: RefCell<Vec<String>>,
    notes: &'a Notes,
}

impl Notes {
    pub(super) fn problem(&self, path: &str, expected: impl Into<String>) {
        let path = if path.is_empty() { "$" } else { path };
        let (path, expected) = (path.to_owned(), expected.into());
        self.problems.borrow_mut().push(Problem { path, whose: None, expected });
    }

    /// Says whose entry it is in what is wrong with it, which `read` finds out.
    pub(super) fn of<T>(&self, whose: Option<&str>, read: impl FnOnce() -> T) -> T {
        let known = self.problems.borrow().len();
        let value = read();
        for problem in self.problems.borrow_mut().iter_mut().skip(known) {
            problem.whose = whose.map(str::to_owned);
        }
        value
    }

    /// As `of`, also in what is only warned of: for names that are no values of the file.
    pub(super) fn of_holder(&self, holder: Option<&str>, read: impl FnOnce()) {
        let known = self.warnings.borrow().len();
        self.of(holder, read);
        for warning in self.warnings.borrow_mut().iter_mut().skip(known) {
            warning.extend(holder.map(|holder| format!(" ({holder})")));
        }
    }

    pub(super) fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The problems and the warnings, each once: some sections are read from more than one side.
    pub(super) fn into_parts(self) -> (Vec<Problem>, Vec<String>) {
        (unique(self.problems.into_inner()), unique(self.warnings.into_inner()))
    }
}

impl<'a> Node<'a> {
    pub(super) fn open(value: &'a Value, path: String, notes: &'a Notes) -> Option<Self> {
        let Value::Object(map) = value else {
            notes.problem(&path, "expected an object");
            return None;
        };
        Some(Self { map, path, seen: RefCell::default(), idle: RefCell::default(), notes })
    }

    pub(super) fn here(&self) -> &str {
        &self.path
    }

    pub(super) fn notes(&self) -> &'a Notes {
        self.notes
    }

    pub(super) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    pub(super) fn problem(&self, key: &str, expected: impl Into<String>) {
        self.notes.problem(&self.path(key), expected);
    }

    /// Of what stands beside the file.
    pub(super) fn problem_outside(&self, name: &str, expected: &str) {
        self.notes.problem(name, format!("{expected} in the environment"));
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.note(&[key]);
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Keys that may stand here and say nothing to this version.
    pub(super) fn ignore(&self, keys: &[&str]) {
        self.idle.borrow_mut().extend(keys.iter().map(|key| (*key).to_owned()));
    }

    fn note(&self, keys: &[&str]) {
        self.seen.borrow_mut().extend(keys.iter().map(|key| (*key).to_owned()));
    }

    /// Which of a key's spellings the file uses; the first one when it uses none. Two that disagree are a problem.
    pub(super) fn spelling(&self, keys: &[&'static str]) -> &'static str {
        self.note(keys);
        let mut used = keys.iter().filter(|key| self.get(key).is_some());
        let chosen = used.next().unwrap_or(&keys[0]);
        for other in used.filter(|other| self.get(other) != self.get(chosen)) {
            let chosen = self.path(chosen);
            self.problem(
                other,
                format!("says something else than `{chosen}`, which means the same: keep one of them"),
            );
        }
        chosen
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.read(key, "a string", Value::as_str)
    }

    /// A string that says something: the empty one is a problem.
    pub(super) fn filled(&self, key: &str) -> Option<&'a str> {
        self.read(key, "a non-empty string", |value| value.as_str().filter(|text| !text.trim().is_empty()))
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.read(key, "`true` or `false`", Value::as_bool)
    }

    pub(super) fn whole(&self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let expected = match *range.end() {
            u64::MAX => format!("a whole number from {} on", range.start()),
            end => format!("a whole number from {} to {end}", range.start()),
        };
        self.read(key, &expected, |value| value.as_u64().filter(|number| range.contains(number)))
    }

    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.read(key, "a number", Value::as_f64)
    }

    /// A part of a limit, or a few times a limit.
    pub(super) fn share(&self, key: &str) -> Option<f64> {
        let allowed = |number: &f64| *number > 0.0 && *number <= LARGEST_SHARE;
        self.read(key, "a number above 0 and not above 10", |value| value.as_f64().filter(allowed))
    }

    /// A span of time in units of so many seconds; fractions are welcome.
    pub(super) fn span(&self, key: &str, unit: f64) -> Option<Duration> {
        let read = |value: &Value| {
            let seconds = value.as_f64().filter(|number| *number > 0.0)? * unit;
            Some(seconds).filter(|seconds| *seconds <= LONGEST_SECONDS).map(Duration::from_secs_f64)
        };
        let unit = if unit >= 3_600.0 {
            "hours"
        } else if unit >= 60.0 {
            "minutes"
        } else {
            "seconds"
        };
        self.read(key, &format!("a number of {unit} above 0 and not above ten years"), read)
    }

    /// Seconds of which there may be none.
    pub(super) fn span_or_zero(&self, key: &str) -> Option<Duration> {
        self.read(key, "a number of seconds, 0 or above and not above ten years", |value| {
            value
                .as_f64()
                .filter(|number| (0.0..=LONGEST_SECONDS).contains(number))
                .map(Duration::from_secs_f64)
        })
    }

    /// A string for a message, whatever becomes of its key.
    pub(super) fn raw(&self, key: &str) -> Option<&'a str> {
        self.map.get(key).and_then(Value::as_str)
    }

    /// One word of a closed list, in any case.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let expected = format!("one of {}", names(choices.iter().map(|(name, _)| *name)));
        self.read(key, &expected, |value| {
            let word = value.as_str()?;
            choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, choice)| *choice)
        })
    }

    pub(super) fn child(&self, key: &str) -> Option<Node<'a>> {
        Node::open(self.get(key)?, self.path(key), self.notes)
    }

    /// An object that may be missing, which is the same as empty.
    pub(super) fn section(&self, key: &str) -> Node<'a> {
        let empty = || Node {
            map: &EMPTY,
            path: self.path(key),
            seen: RefCell::default(),
            idle: RefCell::default(),
            notes: self.notes,
        };
        self.child(key).unwrap_or_else(empty)
    }

    /// The members of this object, when its keys are names and not fields.
    pub(super) fn members(&self) -> Vec<(&'a str, &'a Value)> {
        let members = self.map.iter().filter(|(key, _)| !is_comment(key));
        members.map(|(key, value)| (key.as_str(), value)).collect()
    }

    /// The members of a child whose values are objects.
    pub(super) fn nodes(&self, key: &str) -> Vec<(&'a str, Node<'a>)> {
        let Some(child) = self.child(key) else { return Vec::new() };
        let open = |(name, value)| Some((name, Node::open(value, child.path(name), self.notes)?));
        child.members().into_iter().filter_map(open).collect()
    }

    /// The entries of a list, each with its path.
    pub(super) fn items(&self, key: &str) -> Option<Vec<(String, &'a Value)>> {
        let list = self.read(key, "a list", Value::as_array)?;
        let path = self.path(key);
        Some(list.iter().enumerate().map(|(index, value)| (format!("{path}[{index}]"), value)).collect())
    }

    pub(super) fn texts(&self, key: &str) -> Vec<(String, &'a str)> {
        let text = |(path, value): (String, &'a Value)| {
            let text = value.as_str();
            if text.is_none() {
                self.notes.problem(&path, "expected a string");
            }
            Some((path, text?))
        };
        self.items(key).unwrap_or_default().into_iter().filter_map(text).collect()
    }

    /// Ends the reading: what nobody asked for is named.
    pub(super) fn warn_unread(&self) {
        for key in self.unread() {
            if self.path.is_empty() && key == "$schema" {
                continue;
            }
            let path = self.path(&mask_argument(key, None));
            self.notes.warn(format!("`{path}` is not a known key and is ignored"));
        }
    }

    /// As `warn_unread`, where an ignored key could switch off what protects: one that is almost a known key is a
    /// problem.
    pub(super) fn refuse_misspelt(&self) {
        self.find_misspelt();
        self.warn_unread();
    }

    /// One that is almost a known key is a problem.
    pub(super) fn find_misspelt(&self) {
        let seen = self.seen.borrow().clone();
        for key in self.unread() {
            let meant = seen.iter().find(|known| !self.map.contains_key(*known) && almost(known, key));
            if let Some(meant) = meant {
                self.problem(key, format!("expected `{meant}`, of which this seems to be a misspelling"));
                self.note(&[key]);
            }
        }
    }

    /// As `refuse_misspelt`, of what may be closed to somebody: a key that means to close it, and that nobody
    /// heeds, is a problem.
    pub(super) fn refuse_unheeded(&self) {
        self.find_misspelt();
        let closed = "expected `\"disabled\": true`, which closes this: nothing ends by itself";
        self.refuse_unread(ends_access, closed);
        self.warn_unread();
    }

    /// Keys that nobody asked for and that are meant to take something away. One whose value takes nothing away is
    /// none.
    pub(super) fn refuse_unread(&self, is_meant: impl Fn(&str) -> bool, expected: &str) {
        for key in self.unread() {
            let takes = match &self.map[key] {
                Value::Null => false,
                Value::Bool(flag) => *flag != opens(key),
                Value::Array(list) => !list.is_empty(),
                Value::Object(map) => !map.is_empty(),
                Value::Number(_) | Value::String(_) => true,
            };
            if takes && is_meant(key) {
                self.problem(key, expected);
                self.note(&[key]);
            }
        }
    }

    /// The keys that nobody asked for.
    fn unread(&self) -> Vec<&'a str> {
        let (seen, idle) = (self.seen.borrow(), self.idle.borrow());
        let known = |key: &str| seen.iter().chain(idle.iter()).any(|known| known == key);
        self.map.keys().map(String::as_str).filter(|key| !is_comment(key) && !known(key)).collect()
    }

    /// Keys that protect where they belong, which is `in_there`, and nothing here.
    pub(super) fn refuse_misplaced(&self, keys: &[&str], in_there: &str) {
        for key in keys.iter().filter(|key| self.map.contains_key(**key)) {
            self.problem(key, format!("expected it in `{}`", self.path(in_there)));
            self.note(&[key]);
        }
    }

    fn read<T>(&self, key: &str, expected: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let found = read(self.get(key)?);
        if found.is_none() {
            self.problem(key, format!("expected {expected}"));
        }
        found
    }
}

/// Reads JSON text. A key that stands twice in one object is a problem: the rest of the world takes either one.
pub(super) fn read(text: &str, notes: &Notes) -> serde_json::Result<Value> {
    let value = serde_json::from_str(text)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Keys { path: String::new(), notes }.deserialize(&mut deserializer)?;
    Ok(value)
}

/// Names in backticks, for a sentence that lists what there is to choose from.
pub(super) fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

pub(super) fn join(path: &str, key: &str) -> String {
    if KEYED_BY_SECRETS.contains(&path) {
        return format!("{path}.{}", key_hint(key));
    }
    let plain =
        !key.is_empty() && !key.contains(['.', '[', ']', '"', ' ']) && !key.contains(char::is_control);
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", Value::from(key)),
    }
}

fn key_hint(key: &str) -> String {
    if secretref::is_reference(key) {
        return key.to_owned();
    }
    KeyDigest::parse(key).map_or_else(|| GatewayKey::from(key).hint(), |digest| digest.hint())
}

fn unique<T: Clone + Eq + Hash>(mut all: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}

pub(super) fn is_comment(key: &str) -> bool {
    key.starts_with("_doc") || key.starts_with("_comment")
}

/// Looks at the keys of a text and at nothing else.
struct Keys<'n> {
    path: String,
    notes: &'n Notes,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let item = |at| Keys { path: format!("{}[{at}]", self.path), notes: self.notes };
        let mut at = 0;
        while items.next_element_seed(item(at))?.is_some() {
            at += 1;
        }
        Ok(())
    }

    /// A number in all its digits comes as an object as well, with one key.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = join(&self.path, &key);
            if !is_comment(&key) && seen.contains(&key) {
                self.notes.problem(&path, "this key stands twice in its object: remove one of them");
            }
            members.next_value_seed(Keys { path, notes: self.notes })?;
            seen.insert(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(notes: Notes) -> Vec<String> {
        notes.into_parts().0.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_key_that_stands_twice_is_found_where_it_stands() {
        let notes = Notes::default();
        let text = r#"{"a": [{"b": 1, "b": 2}], "_doc": 1, "_doc": 2, "apikeys": {"kkkkkkkkkkkkKEQ5": 1, "kkkkkkkkkkkkKEQ5": 2}}"#;
        read(text, &notes).expect("JSON");
        assert_eq!(problems(notes), ["a[0].b", "apikeys.****KEQ5"]);
    }

    #[test]
    fn wrong_types_are_problems_and_null_is_absent() {
        let value = json!({"port": "6379", "on": 1, "none": null, "span": 0, "word": "x", "list": ["a", 1], "empty": " "});
        let notes = Notes::default();
        let node = Node::open(&value, String::new(), &notes).expect("an object");
        assert_eq!(node.whole("port", 1..=65_535), None);
        assert_eq!(node.flag("on"), None);
        assert_eq!(node.text("none"), None);
        assert_eq!(node.span("span", 1.0), None);
        assert_eq!(node.choice("word", &[("full", 1), ("compact", 2)]), None);
        assert_eq!(node.texts("list").len(), 1);
        assert_eq!(node.filled("empty"), None);
        node.warn_unread();
        let (problems, warnings) = notes.into_parts();
        let paths: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["port", "on", "span", "word", "list[1]", "empty"]);
        assert_eq!(problems[3].expected, "expected one of `full`, `compact`");
        assert!(warnings.is_empty());
    }

    #[test]
    fn keys_that_nobody_asked_for_are_named_once() {
        let value =
            json!({"$schema": "x", "_comment": 1, "typo": 1, "a.b": 1, "k3y1k3y2k3y3k3y4k3y5k3y6k3y7": 1});
        let notes = Notes::default();
        Node::open(&value, String::new(), &notes).expect("an object").warn_unread();
        let warnings = notes.into_parts().1.join("\n");
        assert_eq!(
            warnings,
            "`typo` is not a known key and is ignored\n`[\"a.b\"]` is not a known key and is ignored\n\
             `****` is not a known key and is ignored"
        );
    }

    #[test]
    fn a_gateway_key_is_never_in_a_path() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        assert_eq!(join("gateways", "correct-horse-KEQ5"), "gateways.****KEQ5");
        assert_eq!(join("apikeys", &digest), "apikeys.sha256:abababab…");
        assert_eq!(join("apikeys", "${env:KEY}"), "apikeys.${env:KEY}");
        assert_eq!(join("apikeys", ""), "apikeys.****");
    }
}
