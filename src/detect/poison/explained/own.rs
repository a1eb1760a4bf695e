//! What of the surroundings of advice takes a look of its own, and the words that it looks for.

use super::super::super::around::Around;
use super::super::super::around::How::{AtWord, First};
use super::super::super::around::Part::{After, Before, Lead, Onward, Sentence, Span};
use super::super::super::around::words;

/// What gets something and changes nothing.
const LOOKS: &[&str] =
    &["describe", "find", "get", "info", "list", "lookup", "resolve", "search", "show", "snapshot", "status"];
/// What a tool that only looks is not given.
const HANDS_OVER: &[&str] = &["give it", "include", "pass", "send", "with its", "with the", "with your"];
/// Arguments that say where something goes.
const GOALS: &[&str] = &[
    "account",
    "address",
    "bcc",
    "cc",
    "command",
    "destination",
    "email",
    "host",
    "iban",
    "path",
    "recipient",
    "redirect",
    "to",
    "uri",
    "url",
    "webhook",
];

const VERBS: &[&str] = &["call", "invoke", "run", "use"];
const SETS: &[&str] = &["add", "append", "set"];

/// Not `Before using send_mail, you must …`, where what is to be called does more than look.
pub(super) fn keeps_to_itself(around: &Around<'_>) -> bool {
    let orders = around.has(Span, First(1), &["after", "before", "prior", "when", "whenever"]);
    let named = around.words(Span).skip(1).take(2).any(|word| word.contains('_'));
    let mut called = around.words(Onward).skip_while(|word| !VERBS.contains(word));
    let looks = called.any(|word| word.contains('_') && word.split('_').any(|part| LOOKS.contains(&part)));
    !orders || !named || looks && !around.has(Sentence, AtWord, HANDS_OVER)
}

/// `Always set full_text to true.`: not where something goes.
pub(super) fn sets_no_goal(around: &Around<'_>) -> bool {
    let goal =
        |name: &str| name.split('_').any(|part| GOALS.contains(&part.strip_suffix('s').unwrap_or(part)));
    let Some(at) = around.words(Span).position(|word| SETS.contains(&word)) else { return false };
    // `the address must be set`
    if at > 0 && around.words(Span).nth(at - 1) == Some("be") {
        return !around.words(Lead).any(goal);
    }
    let mut behind = around.words(Span).skip(at + 1);
    behind.find(|word| !["a", "an", "its", "the"].contains(word)).is_some_and(|name| !goal(name))
}

/// `change the label assigned to a page`
pub(super) fn says_which(around: &Around<'_>) -> bool {
    around.words(Span).nth_back(1).is_some_and(|word| word.ends_with("ed"))
}

/// `Never delete a page without asking.`
pub(super) fn is_refused(around: &Around<'_>) -> bool {
    let clause = around.part(Lead).rsplit([':', '\u{2014}']).next().unwrap_or_default();
    words(clause).any(|word| word == "cannot" || denies(word))
}

/// `Never upload .env`, `titles, not keystrokes`
pub(super) fn is_denied(around: &Around<'_>) -> bool {
    around.words(Lead).next_back().is_some_and(|word| word == "without" || denies(word))
}

/// All of a text, or of a string of JSON.
pub(super) fn is_a_value(around: &Around<'_>) -> bool {
    let (before, after) = (around.part(Before), around.part(After));
    let opens = before.strip_suffix('"').is_some_and(|before| before.trim_end().ends_with(['[', ',', ':']));
    let closes = after.strip_prefix('"').is_some_and(|after| after.trim_start().starts_with([',', ']', '}']));
    before.is_empty() && after.is_empty() || opens && closes
}

fn denies(word: &str) -> bool {
    ["never", "no", "not"].contains(&word) || word.ends_with("n't")
}
