//! Passwords in the command lines of a few programs, found by hand: from everywhere at once the pattern has more
//! states than can be kept, and texts of nothing but such commands match it very often.

use std::ops::Range;

use super::super::rules::{Rule, Spanned, rules};
use super::super::runs::Class;
use super::super::words::Sought;

pub(super) const RULES: &[Rule] = rules! {
    "secret.psexec" "PASSWORD" 0.8 ["psexec" "viserver" "net use" "sqlcmd" "mysql" "sshpass" "mongo" "ldapsearch" "smbclient"]
        r"(?:psexec(?:\.exe)?|sqlcmd|mysql(?:dump)?|sshpass|mongo|ldapsearch)\b[^\n]{0,120}?\s-(?:p|w)\s?['\x22]?([A-Za-z0-9!@#$%^&*_.+-]{5,40})['\x22]?(?:\s|$)" "A password is in a command line."
};

static PROGRAMS: Sought = Sought::new(&["ldapsearch", "mongo", "mysql", "psexec", "sqlcmd", "sshpass"]);
/// What a program's name may end with.
const ENDINGS: [(&str, &[u8]); 2] = [("mysql", b"dump"), ("psexec", b".exe")];
/// So much of a line may stand between a program and the option.
const BETWEEN: usize = 120;
/// Signs of a password.
const SHORTEST: usize = 5;
const LONGEST: usize = 40;
static SIGNS: Class =
    Class::of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*_.+-");
static SPACES: Class = Class::of(b" \t\n\x0b\x0c\r");

/// The next match of the pattern above: all of it, and the password.
pub(super) fn next(bytes: &[u8], at: usize) -> Option<Spanned> {
    let mut from = at;
    let mut options = Options { bytes, next: at, line: at, first: None };
    loop {
        let (name, program) = PROGRAMS.find(bytes, from)?;
        from = name.start + 1;
        let Some(end) = ends(bytes, name.end, PROGRAMS.word(program)) else { continue };
        if let Some((password, end)) = options.first(end) {
            return Some((name.start..end, password));
        }
    }
}

/// Where the name of a program ends, if no word goes on there.
fn ends(bytes: &[u8], end: usize, program: &str) -> Option<usize> {
    let apart =
        |end: &usize| bytes.get(*end).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    let ending = ENDINGS.iter().find(|(name, _)| *name == program).map(|(_, ending)| *ending);
    let longer = ending.filter(|ending| {
        bytes.get(end..end + ending.len()).is_some_and(|next| next.eq_ignore_ascii_case(ending))
    });
    longer.map(|ending| end + ending.len()).filter(apart).or_else(|| Some(end).filter(apart))
}

/// The options with a password in a text, asked for from left to right: what was read is not read again.
struct Options<'a> {
    bytes: &'a [u8],
    /// No option begins before here but the first one, if that is known: where it begins, its password, and its end.
    next: usize,
    first: Option<(usize, Range<usize>, usize)>,
    /// No line ends between what was asked for last and here.
    line: usize,
}

impl Options<'_> {
    /// The first option that begins near enough behind a place, in its line or with the end of it.
    fn first(&mut self, from: usize) -> Option<(Range<usize>, usize)> {
        let last = from + BETWEEN;
        if self.line < from || self.bytes.get(self.line) != Some(&b'\n') {
            let start = self.line.max(from);
            let rest = self.bytes.get(start..).unwrap_or_default();
            let rest = &rest[..rest.len().min((last + 1).saturating_sub(start))];
            self.line = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        }
        let last = last.min(self.line);
        if self.first.as_ref().is_some_and(|(start, ..)| *start < from) {
            self.first = None;
        }
        self.next = self.next.max(from);
        while self.first.is_none() && self.next <= last {
            let near = self.bytes.get(self.next + 1..).unwrap_or_default();
            let near = &near[..near.len().min(last + 1 - self.next)];
            let Some(dash) = memchr::memchr(b'-', near) else {
                self.next = last + 1;
                break;
            };
            let start = self.next + dash;
            self.next = start + 1;
            self.first = option(self.bytes, start).map(|(password, end)| (start, password, end));
        }
        let found = self.first.as_ref().filter(|(start, ..)| *start <= last)?;
        Some((found.1.clone(), found.2))
    }
}

/// The password of an option that begins with a blank at `at`, and where it ends.
fn option(bytes: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let is_space = |at: usize| bytes.get(at).is_some_and(|byte| SPACES.has(*byte));
    let is_quote = |at: usize| bytes.get(at).is_some_and(|byte| matches!(byte, b'\'' | b'"'));
    if !is_space(at) || !bytes.get(at + 2).is_some_and(|byte| matches!(byte, b'p' | b'P' | b'w' | b'W')) {
        return None;
    }
    let start = at + 3 + usize::from(is_space(at + 3));
    let start = start + usize::from(is_quote(start));
    let rest = bytes.get(start..)?;
    let length = SIGNS.length(&rest[..rest.len().min(LONGEST + 1)]);
    let end = start + length + usize::from(is_quote(start + length));
    let ends = end == bytes.len() || is_space(end);
    let password = (SHORTEST..=LONGEST).contains(&length) && ends;
    password.then(|| (start..start + length, (end + 1).min(bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::super::super::rules::compile;
    use super::*;
    use crate::dice::Dice;

    #[test]
    fn passwords_are_found_as_the_pattern_has_them() {
        const PIECES: &[&str] = &[
            "mysql",
            "dump",
            "psexec",
            ".exe",
            "MONGO",
            "sshpass",
            "sqlcmd ",
            "ldapsearch",
            " ",
            " -p",
            " -W ",
            "-w",
            "'",
            "\"",
            "hunter2!x",
            "ab",
            "-p",
            "\n",
            "x_",
            "é",
            "a long word of some forty letters or more ",
            "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeee",
            "\t",
        ];
        let pattern = compile(RULES[0].pattern).expect("a pattern");
        let (mut dice, mut count) = (Dice(0x2545_f491_4f6c_dd1d), 0);
        for _ in 0..20_000 {
            let text: String = (0..16).map(|_| PIECES[dice.below(PIECES.len())]).collect();
            let (bytes, mut at) = (text.as_bytes(), 0);
            while let Some(groups) = pattern.captures_at(bytes, at) {
                let range = |group| groups.get(group).map(|found| found.range());
                let (whole, password) = range(0).zip(range(1)).expect("both");
                assert_eq!(next(bytes, at), Some((whole.clone(), password)), "{text:?} from {at}");
                at = whole.end;
                count += 1;
            }
            assert_eq!(next(bytes, at), None, "{text:?} from {at}");
        }
        assert!(count > 2_000, "{count}");
    }
}
