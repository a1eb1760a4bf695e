//! What stands before a name and says that it is one: keys, salutations, the end of a letter, an introduction.

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::super::super::Finding;
use super::super::super::name::words;
use super::known::known;
use super::words::{Run, Shape};
use super::{PERSON, SAID, fits, length};

/// Keys of nothing but a person, as they end without what separates their words.
const KEYS: [&str; 31] = [
    "fullname",
    "firstname",
    "lastname",
    "surname",
    "givenname",
    "familyname",
    "middlename",
    "maidenname",
    "customername",
    "clientname",
    "patientname",
    "employeename",
    "contactname",
    "cardholder",
    "cardholdername",
    "accountholder",
    "beneficiary",
    "recipientname",
    "patient",
    "claimant",
    "attn",
    "passenger",
    "guestname",
    "applicant",
    "insuredname",
    "vorname",
    "nachname",
    "prenom",
    "apellido",
    "apellidos",
    "cognome",
];
/// Keys of people and of other things.
const LOOSE: [&str; 24] = [
    "name",
    "customer",
    "client",
    "author",
    "maintainer",
    "owner",
    "user",
    "contact",
    "sender",
    "recipient",
    "from",
    "to",
    "assignee",
    "manager",
    "reporter",
    "employee",
    "nombre",
    "nome",
    "nom",
    "cc",
    "signed",
    "witness",
    "admin",
    "doctor",
];
/// Before the name of whom a letter is to.
const SALUTATIONS: [&str; 15] = [
    "dear", "hi", "hello", "hey", "hallo", "liebe", "lieber", "bonjour", "cher", "chere", "hola", "querido",
    "querida", "ciao", "caro",
];
/// What people are called by what they do.
const ROLES: [&str; 16] = [
    "patient",
    "employee",
    "client",
    "customer",
    "claimant",
    "contact",
    "admin",
    "attorney",
    "detective",
    "officer",
    "captain",
    "senator",
    "president",
    "minister",
    "nurse",
    "user",
];
/// The last words of a letter.
const CLOSINGS: [&str; 21] = [
    "regards",
    "sincerely",
    "thanks",
    "best",
    "cheers",
    "yours",
    "truly",
    "faithfully",
    "wishes",
    "grussen",
    "grusse",
    "grusen",
    "gruse",
    "gruessen",
    "cordialement",
    "saludos",
    "saluti",
    "atenciosamente",
    "groeten",
    "hilsen",
    "halsningar",
];
const INTRODUCTIONS: [&str; 14] = [
    "my name is ",
    "my name's ",
    "name is ",
    "i am called ",
    "ich heisse ",
    "ich heise ",
    "mein name ist ",
    "je m'appelle ",
    "me llamo ",
    "mi nombre es ",
    "mi chiamo ",
    "meu nome e ",
    "ik heet ",
    "jag heter ",
];

/// How far back a key is read.
const REACH: usize = 48;

/// From which word of a run on a name is said to stand.
pub(super) struct Said {
    pub(super) from: usize,
    /// Whether it is one, known or not.
    pub(super) sure: bool,
}

pub(super) fn of(text: &str, run: &Run) -> Option<Said> {
    let first = &run.words[0];
    if SALUTATIONS.contains(&first.first.as_str()) && run.words.len() > 1 {
        return Some(Said { from: 1, sure: true });
    }
    if ROLES.contains(&first.first.as_str()) && run.words.len() > 1 {
        return Some(Said { from: 1, sure: false });
    }
    let start = (run.start().saturating_sub(REACH)..=run.start()).find(|at| text.is_char_boundary(*at))?;
    let before = &text[start..run.start()];
    if let Some(sure) = key(before) {
        return Some(Said { from: 0, sure });
    }
    let next = text[run.end()..].chars().next();
    let closed = signs(before) && next.is_none_or(|next| matches!(next, '\n' | '\r' | ','));
    (closed && run.words.len() <= 3).then_some(Said { from: 0, sure: true })
}

/// Whether a key stands here, and of a person only.
fn key(before: &str) -> Option<bool> {
    let before = before.trim_end_matches([' ', '\t', '"', '\'']);
    let before = before.strip_suffix([':', '=', '>'])?;
    let before = before.trim_end_matches([' ', '"', '\'', '*', '>']);
    let word = before.rsplit(|c: char| !c.is_ascii_alphabetic() && !matches!(c, '_' | '-' | ' ')).next()?;
    judged(word)
}

/// Whether a key is of a person only; nothing where it is of none.
fn judged(key: &str) -> Option<bool> {
    let words: Vec<String> = words(key).map(str::to_ascii_lowercase).collect();
    let last = words.last()?;
    let two = words.len().checked_sub(2).map(|at| format!("{}{last}", words[at]));
    let is = |list: &[&str]| {
        list.contains(&last.as_str()) || two.as_ref().is_some_and(|two| list.contains(&two.as_str()))
    };
    if is(&KEYS) { Some(true) } else { is(&LOOSE).then_some(false) }
}

/// Whether a letter ends here.
fn signs(before: &str) -> bool {
    let line = before.trim_end_matches([' ', '\t', '-']);
    let Some(line) = line.strip_suffix('\n') else { return false };
    let line = line.trim_end().trim_end_matches([',', '.', '!']);
    let word = line.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    CLOSINGS.contains(&word.to_lowercase().as_str())
}

/// Names behind a phrase that introduces them, in small letters too.
pub(super) fn introduced(text: &str, mut act: impl FnMut(Range<usize>)) {
    static PHRASES: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(INTRODUCTIONS).ok();
    let Some(phrases) = PHRASES.get_or_init(build) else { return };
    for phrase in phrases.find_iter(text) {
        let (start, rest) = (phrase.end(), &text[phrase.end()..]);
        if rest.chars().next().is_some_and(char::is_uppercase) {
            let run = Run::at(text, start);
            let length = length(&run, 0);
            if length > 0 {
                act(start..run.words[length - 1].span.end);
            }
            continue;
        }
        let word = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        if known().is_given(&word.to_lowercase()) {
            act(start..start + word.len());
        }
    }
}

/// What the value of a JSON member is by the member's name.
pub(in super::super) fn member(name: &str, value: &str) -> Option<Finding> {
    let sure = judged(name)?;
    let (run, span) = whole(value)?;
    let words = length(&run, 0);
    let named = words == run.words.len() && (sure || (words > 1 && fits(&run.words)));
    named.then(|| PERSON.at(span, SAID))
}

/// A value that is nothing but words with capitals.
fn whole(value: &str) -> Option<(Run, Range<usize>)> {
    let start = value.find(|c: char| !c.is_whitespace())?;
    let end = value.trim_end().len();
    if !value[start..].chars().next().is_some_and(char::is_uppercase) {
        return None;
    }
    let run = Run::at(value, start);
    let plain = run.words.iter().all(|word| word.shape != Shape::Other);
    (plain && run.end() == end).then_some((run, start..end))
}
