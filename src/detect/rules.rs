//! The rules that are a pattern behind literals: one Aho-Corasick over all literals finds where a rule
//! may apply, and its pattern runs in a window around that place only, if what else it needs is there.
//! Patterns are compiled when first needed.

#[cfg(test)]
mod ids;

use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, Input};
use regex::bytes::{Captures, Regex, RegexBuilder};

use super::ends::{self, Ends};
use super::glances::{self, Glance};
use super::literals::{Hit, Literals};
use super::quota::Quota;
use super::{Finding, Kind, Kinds, Place, code, offence, poison, prompt, secrets};

/// A pattern of a rule, and what finding it means.
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// In lower case; one of them is in every text that the pattern matches.
    pub(super) gates: &'static [&'static str],
    /// One of these is in every text that the pattern matches as well; nothing, where there are none.
    pub(super) needs: &'static [&'static str],
    /// Case does not count unless the pattern says so. Its first group, if any, is the span.
    pub(super) pattern: &'static str,
    pub(super) score: f32,
    pub(super) reason: &'static str,
}

/// Rules of one kind, for the places where they make sense.
pub(super) struct Table {
    pub(super) kind: Kind,
    pub(super) places: &'static [Place],
    /// How far around a literal its pattern is tried.
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) rules: &'static [Rule],
    /// Looks at what a pattern found once more (the text, the whole match, the span) and says the span to report.
    pub(super) check: Option<Check>,
    pub(super) search: Search,
}

/// How the matches of a pattern are found.
#[derive(Clone, Copy)]
pub(super) enum Search {
    Pattern,
    /// The pattern begins with one of the rule's literals, which begins a word or no word at all: it is tried there
    /// alone, where what it needs follows. From everywhere at once, one that counts has more states than can be kept.
    Heads,
    /// Whatever finds the same in less time: the next match from a place on.
    Own(fn(&Rule, &[u8], usize) -> Option<Range<usize>>),
    /// The same, with the span that the match reports.
    OwnSpan(fn(&[u8], usize) -> Option<Spanned>),
}

/// A match, and what it reports of it.
pub(super) type Spanned = (Range<usize>, Range<usize>);

/// How often a pattern that is dear is tried in one window in vain, so near to each other that no list or log has
/// it. A text with more of what is nearly a match is made to be slow, or to hide one: it counts as a match.
const MAX_TRIES: usize = 4000;
const NEAR: usize = 64;

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether so many tries within so many bytes are too many.
pub(super) fn is_flood(tries: usize, bytes: usize) -> bool {
    tries > MAX_TRIES && bytes < tries * NEAR
}

pub(super) type Check = fn(&Rule, &str, Range<usize>, Range<usize>) -> Option<Range<usize>>;

pub(super) const EVERYWHERE: &[Place] = &[Place::Argument, Place::Result, Place::Definition];

const TABLES: &[&[Table]] = &[secrets::TABLES, code::TABLES, prompt::TABLES, poison::TABLES, offence::TABLES];

/// Rules, one a line: name, label, score, literals, what else is needed, pattern, reason.
macro_rules! rules {
    ($($id:literal $label:literal $score:literal [$($gate:literal)*] $(& [$($need:literal)*])?
        $pattern:literal $reason:literal)*) => {
        &[$($crate::detect::rules::Rule {
            id: $id, label: $label, gates: &[$($gate),*], needs: &[$($($need),*)?],
            pattern: $pattern, score: $score, reason: $reason,
        }),*]
    };
}
pub(super) use rules;

/// Memory for the states of one pattern.
const MAX_CACHE: usize = 512 * 1024;
/// So much of a literal is looked for; a small automaton is a fast one.
const LITERAL: usize = 6;
/// And so much of one that a rule needs beside it.
const NEED: usize = 12;
/// Rules whose literals begin with the letters of everyday words: as much of theirs is looked for.
const WHOLE: &[&str] = &[
    "code.sql-procedure",
    "code.stealing-script",
    "poison.files",
    "prompt.system-mark",
    "prompt.user-password",
    "prompt.weak-urgent",
    "secret.account-key",
    "secret.authorization",
    "secret.github",
    "secret.password",
    "secret.private-key",
    "secret.token",
];
/// Marks the owner of a literal that is needed.
const NEEDED: u16 = 1 << 15;

struct Compiled {
    table: &'static Table,
    rule: &'static Rule,
    pattern: OnceLock<Option<Regex>>,
    heads: OnceLock<Option<(AhoCorasick, AhoCorasick)>>,
    ends: Option<&'static Ends>,
    found_ends: OnceLock<Option<ends::Found>>,
    glance: Option<Glance>,
}

impl Compiled {
    fn pattern(&self) -> Option<&Regex> {
        let write = || match self.table.search {
            Search::Pattern | Search::Own(_) | Search::OwnSpan(_) if self.ends.is_none() => {
                compile(self.rule.pattern)
            }
            _ => compile(&format!(r"\A(?:{})", self.rule.pattern)),
        };
        self.pattern.get_or_init(write).as_ref()
    }

    /// The literals that the pattern begins with, and those that follow them.
    fn heads(&self) -> Option<&(AhoCorasick, AhoCorasick)> {
        let any = |of: &[&str]| AhoCorasick::builder().ascii_case_insensitive(true).build(of).ok();
        self.heads.get_or_init(|| Some((any(self.rule.gates)?, any(self.rule.needs)?))).as_ref()
    }
}

/// A pattern as all rules are written. Case does not count, and a dot is any byte.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(pattern);
    builder
        .case_insensitive(true)
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .dfa_size_limit(MAX_CACHE)
        .build()
        .ok()
}

/// The first group of a match, if the pattern has one. It is read in what was matched: the longer a text, the slower are
/// groups.
fn first_group(pattern: &Regex, bytes: &[u8], whole: &Range<usize>) -> Option<Range<usize>> {
    if pattern.captures_len() == 1 {
        return None;
    }
    let short = &bytes[..bytes.len().min(whole.end + 1)];
    let same = |groups: &Captures<'_>| groups.get(0).is_some_and(|found| found.range() == *whole);
    let groups = pattern.captures_at(short, whole.start).filter(same);
    groups.or_else(|| pattern.captures_at(bytes, whole.start))?.get(1).map(|group| group.range())
}

/// What is looked at for each literal of a rule: little, side by side.
struct Gate {
    kind: Kind,
    before: u32,
    after: u32,
    glance: Option<Glance>,
}

/// Where a rule is being tried.
#[derive(Clone, Copy, Default)]
struct Window {
    start: usize,
    end: usize,
    quota: Quota,
    /// Whether what the rule needs is there, and from where on it was last seen.
    has: bool,
    seen: Option<usize>,
}

impl Window {
    /// A literal that the rule needs.
    fn see(&mut self, hit: Hit) {
        self.seen = Some(hit.start);
        self.has |= hit.end <= self.end;
    }

    fn look(&mut self) {
        self.has |= self.seen.is_some_and(|seen| seen >= self.start);
    }
}

/// All rules, compiled as they are needed.
fn compiled() -> &'static [Compiled] {
    static COMPILED: OnceLock<Vec<Compiled>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let tables = TABLES.iter().copied().flatten();
        let all = tables.flat_map(|table| table.rules.iter().map(move |rule| (table, rule)));
        let compiled = |(table, rule): (&'static Table, &'static Rule)| Compiled {
            table,
            rule,
            pattern: OnceLock::new(),
            heads: OnceLock::new(),
            ends: ends::of(rule.id),
            found_ends: OnceLock::new(),
            glance: glances::of(rule.id),
        };
        all.map(compiled).collect()
    })
}

/// The gates of all rules, in the same order.
fn gates() -> &'static [Gate] {
    static GATES: OnceLock<Vec<Gate>> = OnceLock::new();
    let small = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let gate = |compiled: &Compiled| {
        let Table { kind, before, after, .. } = *compiled.table;
        Gate { kind, before: small(before), after: small(LITERAL + after), glance: compiled.glance }
    };
    GATES.get_or_init(|| compiled().iter().map(gate).collect())
}

/// All rules, or half of them: what one finds depends on no other.
#[derive(Clone, Copy)]
pub(super) enum Share {
    Whole,
    Even,
    Odd,
}

impl Share {
    fn holds(self, rule: u16) -> bool {
        match self {
            Self::Whole => true,
            Self::Even => rule.is_multiple_of(2),
            Self::Odd => !rule.is_multiple_of(2),
        }
    }
}

/// The literals of some rules for one place, or of those for code alone, which more readings are judged for. They are
/// constants, so that it is there; a test holds it.
fn literals(place: Place, kinds: Kinds, share: Share) -> Option<&'static Literals> {
    const CODE: Kinds = Kinds::NONE.with(Kind::CodeInjection);
    static LITERALS: [[[OnceLock<Option<Literals>>; 2]; 3]; 3] =
        [const { [const { [const { OnceLock::new() }; 2] }; 3] }; 3];
    let alone = kinds == CODE;
    let build = || {
        let sought = |table: &Table| table.places.contains(&place) && (!alone || CODE.contains(table.kind));
        let rules = (0_u16..).zip(compiled());
        let rules = rules.filter(|(index, compiled)| share.holds(*index) && sought(compiled.table));
        Literals::new(rules.flat_map(|(index, compiled)| {
            let (gates, needs) = (compiled.rule.gates.iter(), compiled.rule.needs.iter());
            let most = if WHOLE.contains(&compiled.rule.id) { NEED } else { LITERAL };
            let gates = gates.map(move |gate| (index, &gate.as_bytes()[..gate.len().min(most)]));
            gates.chain(needs.map(move |need| (index | NEEDED, &need.as_bytes()[..need.len().min(NEED)])))
        }))
    };
    LITERALS[place as usize][share as usize][usize::from(alone)].get_or_init(build).as_ref()
}

/// Adds what the rules find in a text.
pub(super) fn scan(text: &str, place: Place, kinds: Kinds, share: Share, found: &mut Vec<Finding>) {
    let Some(literals) = literals(place, kinds, share) else { return };
    let (compiled_rules, gates) = (compiled(), gates());
    let mut windows: Vec<Window> = vec![Window::default(); compiled_rules.len()];
    let mut touched: Vec<u16> = Vec::new();
    literals.each(text.as_bytes(), |hit| {
        let owner = hit.owner & !NEEDED;
        let gate = &gates[usize::from(owner)];
        if !kinds.contains(gate.kind) {
            return;
        }
        let window = &mut windows[usize::from(owner)];
        if hit.owner & NEEDED != 0 {
            return window.see(hit);
        }
        if gate.glance.is_some_and(|may_match| !may_match(text.as_bytes(), hit)) {
            return;
        }
        let start = hit.start.saturating_sub(gate.before as usize);
        let end = (hit.end + gate.after as usize).min(text.len());
        if window.end == 0 {
            touched.push(owner);
            *window = Window { start, end, ..*window };
        } else if start <= window.end {
            window.end = end;
        } else {
            let quota = compiled_rules[usize::from(owner)].run(text, place, *window, found);
            *window = Window { start, end, quota, has: false, seen: window.seen };
        }
        window.look();
    });
    for owner in touched {
        compiled_rules[usize::from(owner)].run(text, place, windows[usize::from(owner)], found);
    }
}

impl Compiled {
    /// Tries the pattern in a window, and says what is left of the rule's quota.
    fn run(&self, text: &str, place: Place, window: Window, found: &mut Vec<Finding>) -> Quota {
        let mut quota = window.quota;
        if !window.has && !self.rule.needs.is_empty() {
            return quota;
        }
        let bytes = &text.as_bytes()[..window.end];
        let mut at = window.start;
        while !quota.is_full(self.table.kind) && at <= bytes.len() {
            let Some((whole, mut span)) = self.next(bytes, at) else { break };
            at = whole.end.max(whole.start + 1);
            if let Some(check) = self.table.check {
                match check(self.rule, text, whole, span) {
                    Some(checked) => span = checked,
                    None => continue,
                }
            }
            quota.keep(text, place, self.finding(span), found);
        }
        quota
    }

    /// The next match, and the span that it reports.
    fn next(&self, bytes: &[u8], at: usize) -> Option<Spanned> {
        match self.table.search {
            Search::Own(next) => next(self.rule, bytes, at).map(|whole| (whole.clone(), whole)),
            Search::OwnSpan(next) => next(bytes, at),
            Search::Heads => self.at_a_head(bytes, at).map(|whole| (whole.clone(), whole)),
            Search::Pattern if self.ends.is_some() => self.between_ends(bytes, at),
            Search::Pattern => {
                let pattern = self.pattern()?;
                let whole = pattern.find_at(bytes, at)?.range();
                Some((whole.clone(), first_group(pattern, bytes, &whole).unwrap_or(whole)))
            }
        }
    }

    fn between_ends(&self, bytes: &[u8], at: usize) -> Option<Spanned> {
        let (ends, pattern) = (self.found_ends()?, self.pattern()?);
        ends.each(bytes, at).find_map(|start| {
            let near = &bytes[start..];
            let found = pattern.find(near)?;
            let span = first_group(pattern, near, &found.range()).unwrap_or(found.range());
            Some((start..start + found.end(), start + span.start..start + span.end))
        })
    }

    fn found_ends(&self) -> Option<&ends::Found> {
        self.found_ends.get_or_init(|| self.ends?.compile()).as_ref()
    }

    fn at_a_head(&self, bytes: &[u8], at: usize) -> Option<Range<usize>> {
        let ((heads, needs), pattern) = (self.heads()?, self.pattern()?);
        let ends = self.found_ends();
        let mut rest = ends.map(ends::Found::rest);
        let (mut from, mut need, mut tries) = (at, at, 0);
        loop {
            let head = match ends {
                Some(ends) => ends.word(bytes, from)?,
                None => heads.find(Input::new(bytes).range(from..))?.start(),
            };
            from = head + 1;
            let start = match head.checked_sub(1).map(|before| bytes[before]) {
                _ if !is_word(bytes[head]) => head,
                Some(b'_') if head > at => head - 1,
                Some(byte) if is_word(byte) => continue,
                _ => head,
            };
            let end = bytes.len().min(head + self.table.before + self.table.after);
            if !self.rule.needs.is_empty() {
                if need <= head {
                    need = needs.find(Input::new(bytes).range(head..))?.start();
                }
                if need >= end {
                    continue;
                }
            }
            tries += 1;
            if is_flood(tries, head - at) {
                return Some(start..from);
            }
            if rest.as_mut().is_some_and(|rest| rest.follows(bytes, head).is_err()) {
                continue;
            }
            if let Some(found) = pattern.find(&bytes[start..end]) {
                return Some(start..start + found.end());
            }
        }
    }

    fn finding(&self, span: Range<usize>) -> Finding {
        let Rule { id, label, score, reason, .. } = *self.rule;
        Finding { kind: self.table.kind, label, span, score, rule: id, reason }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_nearly_an_order_counts_only_where_nothing_but_a_trap_has_it_so_often() {
        let found = |text: &str| {
            let mut found = Vec::new();
            let kinds = Kinds::NONE.with(Kind::PromptInjection);
            scan(text, Place::Result, kinds, Share::Whole, &mut found);
            found.iter().any(|one| one.rule == "prompt.override")
        };
        assert!(found(&"ignore rule ".repeat(MAX_TRIES + 1)));
        assert!(!found(&"ignore rule ".repeat(MAX_TRIES - 1)));
        let line = "2024-03-01T10:22:33Z WARN ignoring rule 12 of the list, since it is not needed\n";
        assert!(!found(&line.repeat(MAX_TRIES * 2)));
    }

    fn texts() -> Vec<String> {
        let lines = [
            include_str!("../../tests/detect/code_injection.jsonl"),
            include_str!("../../tests/detect/prompt_injection.jsonl"),
            include_str!("../../tests/detect/secrets.jsonl"),
            include_str!("../../tests/detect/ordinary.jsonl"),
        ];
        let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
        let lines = lines.iter().flat_map(|file| file.lines());
        let texts: Vec<String> =
            lines.filter_map(|line| value(line)["text"].as_str().map(str::to_owned)).collect();
        assert!(texts.len() > 200, "{}", texts.len());
        texts
    }

    #[test]
    fn two_halves_find_what_the_whole_finds() {
        let text = texts().join("\n");
        for place in EVERYWHERE {
            let found = |shares: &[Share]| {
                let mut found = Vec::new();
                for share in shares {
                    scan(&text, *place, Kinds::ALL, *share, &mut found);
                }
                found.sort_by_key(|one| (one.span.start, one.span.end, one.rule));
                found
            };
            let whole = found(&[Share::Whole]);
            assert!(whole.len() > 100, "{}", whole.len());
            assert_eq!(found(&[Share::Even, Share::Odd]), whole);
        }
    }

    #[test]
    fn a_glance_lets_pass_whatever_its_pattern_matches() {
        let texts = texts();
        for compiled in compiled() {
            let Some(may_match) = compiled.glance else { continue };
            let pattern = compiled.pattern().expect("a pattern");
            let gates: Vec<_> =
                compiled.rule.gates.iter().map(|gate| &gate.as_bytes()[..gate.len().min(LITERAL)]).collect();
            let literals = Literals::new(gates.iter().map(|gate| (0, *gate))).expect("few states");
            for text in &texts {
                let mut hits = Vec::new();
                literals.each(text.as_bytes(), |hit| hits.push(hit));
                for found in pattern.find_iter(text.as_bytes()) {
                    let inside = |hit: &&Hit| hit.start >= found.start() && hit.end <= found.end();
                    let mut inside = hits.iter().filter(inside).peekable();
                    let passes =
                        inside.peek().is_none() || inside.any(|hit| may_match(text.as_bytes(), *hit));
                    assert!(passes, "{}: {text}", compiled.rule.id);
                }
            }
        }
    }

    /// Of what the patterns are made that are searched for by hand.
    const PIECES: &[&str] = &[
        "send ",
        "all ",
        "the ",
        "passwords ",
        "to ",
        "via ",
        "http://a.b",
        "x@y.z",
        "the url ",
        "word-",
        "show ",
        "what is ",
        "your ",
        "system prompt",
        "instructions ",
        "above",
        "e-mail ",
        "~/.ssh/id_rsa ",
        "pass it ",
        "pass the cookies ",
        "as ",
        "\"kty\"",
        "\"d\": \"abcdefghijklmnopqrstuvw\"",
        "kind: Secret",
        "\ndata:\n  a: YWJjZA==\n",
        "note to ",
        "ai agents",
        ": ",
        "must ",
        "if you are an ai ",
        "please ",
        "\n",
        ", ",
        "<svg ",
        "<a ",
        "href=javascript:",
        ">",
        "<base href",
        "before ",
        "using ",
        "always ",
        "call ",
        "first ",
        "curl ",
        "wget -d @",
        "~/.ssh/",
        "env ",
        "| ",
        "onload",
        "onfocus ",
        " onx",
        "=",
        "%3D",
        "'",
    ];

    #[test]
    fn between_its_ends_a_pattern_finds_what_it_finds_from_everywhere() {
        let own = ["code.xss-element", "code.xss-handler"];
        let mut dice = crate::dice::Dice(0x2545_f491_4f6c_dd1d);
        for compiled in compiled().iter().filter(|one| one.ends.is_some() || own.contains(&one.rule.id)) {
            let plain = compile(compiled.rule.pattern).expect("a pattern");
            let mut count = 0;
            for _ in 0..8000 {
                let text: String = (0..20).map(|_| PIECES[dice.below(PIECES.len())]).collect();
                let (bytes, mut at) = (text.as_bytes(), 0);
                while let Some(groups) = plain.captures_at(bytes, at) {
                    let whole = groups.get(0).expect("a match").range();
                    let span = groups.get(1).map_or(whole.clone(), |group| group.range());
                    assert_eq!(compiled.next(bytes, at), Some((whole.clone(), span)), "{text:?}");
                    at = whole.end;
                    count += 1;
                }
                assert_eq!(compiled.next(bytes, at), None, "{}: {text:?}", compiled.rule.id);
            }
            assert!(count > 5, "{}: {count}", compiled.rule.id);
        }
    }

    #[test]
    fn every_pattern_compiles_and_every_rule_has_a_name_of_its_own() {
        for place in EVERYWHERE {
            for share in [Share::Whole, Share::Even, Share::Odd] {
                assert!(literals(*place, Kinds::ALL, share).is_some());
                assert!(literals(*place, Kinds::NONE.with(Kind::CodeInjection), share).is_some());
            }
        }
        let mut names = HashSet::new();
        for compiled in compiled() {
            let rule = compiled.rule;
            assert!(compiled.pattern().is_some(), "{}: {}", rule.id, rule.pattern);
            assert!(names.insert(rule.id), "{} is there twice", rule.id);
            assert!(!rule.gates.is_empty(), "{} has no literal", rule.id);
            assert!(
                rule.gates.iter().all(|gate| !gate.is_empty() && *gate == gate.to_lowercase()),
                "{}",
                rule.id
            );
        }
    }
}
