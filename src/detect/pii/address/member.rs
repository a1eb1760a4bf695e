//! Addresses by the key that they stand behind: what no pattern knows is one where it is said to be.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::STREET_ADDRESS;
use crate::detect::Finding;

const SAID: f32 = 0.7;

/// Words of a key, without what separates them.
const KEYS: [&str; 15] = [
    "address",
    "streetaddress",
    "homeaddress",
    "mailingaddress",
    "postaladdress",
    "shippingaddress",
    "billingaddress",
    "deliveryaddress",
    "addressline",
    "addressline1",
    "addr",
    "adresse",
    "anschrift",
    "direccion",
    "indirizzo",
];

const LONGEST: usize = 160;
const SHORTEST: usize = 8;

/// What the value of a JSON member is by the member's name.
pub(in super::super) fn member(name: &str, value: &str) -> Option<Finding> {
    let key: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let last = name.rsplit(['_', '-', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let named = key == "street" || KEYS.contains(&key.as_str()) || KEYS.contains(&last.as_str());
    (named && is_address(value)).then(|| STREET_ADDRESS.at(0..value.len(), SAID))
}

/// Whether it has a number and words, and is no address of another kind.
fn is_address(value: &str) -> bool {
    let has = |it: fn(char) -> bool| value.chars().any(it);
    let words = value
        .split_whitespace()
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1)
        .count();
    let other =
        value.contains(['@', '{', '<', '=', '\\', '$']) || value.contains("://") || value.contains("0x");
    (SHORTEST..=LONGEST).contains(&value.len()) && has(|c| c.is_ascii_digit()) && words > 1 && !other
}

/// `Address: …` to the end of its line, or of its quotation marks.
pub(super) fn scan(text: &str, seen: &mut Vec<Finding>) {
    static GATE: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(KEYS).ok()
    };
    let Some(gate) = GATE.get_or_init(build) else { return };
    let mut done = 0;
    for key in gate.find_iter(text).filter(|key| text.is_char_boundary(key.end())) {
        let rest = &text[key.end()..];
        let value = rest.trim_start_matches(['"', '\'', ' ', '*', '\t']);
        let Some(value) = value.strip_prefix([':', '=']) else { continue };
        let value = value.trim_start_matches(['"', '\'', ' ', '*', '\t']);
        let start = text.len() - value.len();
        let ends = |c: char| matches!(c, '\n' | '\r' | '"' | '|' | ';' | '\t' | '&');
        let Some(end) = value
            .char_indices()
            .take(LONGEST + 1)
            .find(|(_, c)| ends(*c))
            .map(|(at, _)| at)
            .or_else(|| (value.len() <= LONGEST).then_some(value.len()))
        else {
            continue;
        };
        let value = value[..end].trim_end_matches([' ', ',', '.', '\'', '*']);
        // A street begins with its number or a capital.
        let begins = value.chars().next().is_some_and(|c| c.is_ascii_digit() || c.is_uppercase());
        if start >= done && begins && is_address(value) {
            seen.push(STREET_ADDRESS.at(start..start + value.len(), SAID));
            done = start + value.len();
        }
    }
}
