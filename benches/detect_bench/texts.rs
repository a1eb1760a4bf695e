//! Ordinary texts as tools take and give them, made from a seed: prose, records, lines of a log, code.
//! Nothing in them is private, and nothing is an attack.

use std::fmt::Write as _;

/// Makes a text from a seed and a size in bytes.
pub(crate) type Make = fn(u64, usize) -> String;

/// The kinds of clean text, by name.
pub(crate) const CLEAN: &[(&str, Make)] =
    &[("prose", prose), ("records", records), ("log", log), ("code", code)];

const NOUNS: &[&str] = &[
    "table", "harbour", "report", "window", "engine", "garden", "meeting", "library", "recipe", "bridge",
    "customer", "station", "project", "kitchen", "sensor", "railway", "museum", "author", "contract",
    "battery", "release", "account", "teacher", "market", "forest", "parcel", "session", "keyboard",
    "option", "village",
];
const ADJECTIVES: &[&str] = &[
    "small", "second", "northern", "early", "cheap", "quiet", "common", "recent", "private", "wooden",
    "open", "local", "central", "careful", "current", "plain", "minor", "official", "useful", "large",
];
const VERBS: &[&str] = &[
    "describes",
    "contains",
    "follows",
    "replaces",
    "supports",
    "needs",
    "shows",
    "delivers",
    "covers",
    "connects",
    "records",
    "improves",
    "compares",
    "prevents",
    "offers",
    "explains",
    "reaches",
    "ignores",
    "selects",
    "updates",
];
const PLACES: &[&str] =
    &["near the river", "on Monday", "in the old town", "after the update", "for most visitors", "by train"];
const LEVELS: &[&str] = &["INFO", "DEBUG", "WARN", "INFO", "INFO"];
const MODULES: &[&str] = &["http.server", "scheduler", "storage.index", "worker-7", "cache", "orders.sync"];

/// Xorshift: the same texts everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn sentence(&mut self) -> String {
        let (one, two, three) = (self.of(NOUNS), self.of(NOUNS), self.of(NOUNS));
        let (adjective, other) = (self.of(ADJECTIVES), self.of(ADJECTIVES));
        let (verb, place, count) = (self.of(VERBS), self.of(PLACES), self.below(60));
        match self.below(7) {
            0 => format!("The {adjective} {one} {verb} a {two} {place}."),
            1 => format!(
                "Whoever visits the {one} will find the {other} {two}, and often the {three} as well."
            ),
            2 => format!(
                "It {verb} {count} of the {one}s, but not the {adjective} {two}; that is what the {three} is for."
            ),
            3 => format!("Can you tell me whether the {one} {verb} the {two} {place}?"),
            4 => format!("Before the {one} opened, people thought that a {other} {two} was enough."),
            5 => format!(
                "\"We don't know yet,\" said the {one}'s owner, who {verb} the {adjective} {two} {place}."
            ),
            _ => format!("There are {count} {one}s here (see the {two}), each with its own {other} {three}."),
        }
    }
}

fn grown(size: usize, mut more: impl FnMut(&mut String)) -> String {
    let mut text = String::with_capacity(size + 256);
    while text.len() < size {
        more(&mut text);
    }
    let end = (0..=size).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text.truncate(end);
    text
}

pub(crate) fn prose(seed: u64, size: usize) -> String {
    let mut dice = Dice::new(seed);
    grown(size, |text| {
        text.push_str(&dice.sentence());
        text.push_str(if dice.below(6) == 0 { "\n\n" } else { " " });
    })
}

fn records(seed: u64, size: usize) -> String {
    let mut dice = Dice::new(seed);
    grown(size, |text| {
        let (name, kind, words) = (dice.of(NOUNS), dice.of(ADJECTIVES), dice.sentence().replace('"', "'"));
        let (number, hash) = (dice.below(99_999), dice.below(usize::MAX >> 1));
        let (day, hour, share) = (dice.below(28) + 1, dice.below(24), dice.below(10_000));
        let _ = writeln!(
            text,
            "  {{\"id\": {number}, \"name\": \"{kind} {name}\", \"state\": \"{}\", \"created_at\": \
             \"2024-05-{day:02}T{hour:02}:15:00Z\", \"digest\": \"{hash:016x}\", \"score\": 0.{share:04}, \
             \"tags\": [\"{name}\", \"{kind}\"], \"url\": \"https://www.example.com/{name}/{number}\", \
             \"description\": \"{words}\", \"parent\": null}},",
            if number % 3 == 0 { "open" } else { "closed" },
        );
    })
}

fn log(seed: u64, size: usize) -> String {
    let mut dice = Dice::new(seed);
    grown(size, |text| {
        let (minute, second, micro) = (dice.below(60), dice.below(60), dice.below(1_000_000));
        let (level, module, noun, verb) = (dice.of(LEVELS), dice.of(MODULES), dice.of(NOUNS), dice.of(VERBS));
        let (count, bytes, took) = (dice.below(500), dice.below(90_000), dice.below(900));
        let _ = writeln!(
            text,
            "2024-03-01T10:{minute:02}:{second:02}.{micro:06}Z {level:<5} [{module}] {verb} {noun} \
             count={count} bytes={bytes} took={took}ms status=200 path=/srv/data/{noun}/part-{count:05}.bin"
        );
    })
}

fn code(seed: u64, size: usize) -> String {
    let mut dice = Dice::new(seed);
    grown(size, |text| {
        let (one, two, three) = (dice.of(NOUNS), dice.of(NOUNS), dice.of(ADJECTIVES));
        let (count, words) = (dice.below(40), dice.sentence());
        let piece = match dice.below(4) {
            0 => format!(
                "def find_{one}(self, {two}, limit={count}):\n    # {words}\n    if {two} is None or limit < 1:\n        \
                 return []\n    return [item for item in self.{one}s if item.{three} == {two}][:limit]\n\n\n"
            ),
            1 => format!(
                "pub fn {one}(&self, {two}: &str) -> Option<usize> {{\n    let index = self.{one}.get({two})?;\n    \
                 // {words}\n    Some(index.saturating_sub({count}))\n}}\n\n"
            ),
            2 => format!(
                "export const {one}Options = {{ {two}: true, {three}: {count}, name: '{one}-{two}' }};\n\
                 if (state.{one} && !state.{two}) {{ update(`${{state.{one}}}`); }}\n"
            ),
            _ => format!(
                "    {one} = {{'{two}': {count}, '{three}': None}}  # {words}\n    assert {one} != {two}\n"
            ),
        };
        text.push_str(&piece);
    })
}
