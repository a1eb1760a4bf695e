//! The local detectors: a text goes in, findings come out.
//! Nothing here reads a file, a setting or a clock, and the same text gives the same findings everywhere, however many
//! threads read a long one.
//! Work and memory grow with the length of the text and no faster; what is decoded on the way is bounded too.

mod abreast;
mod around;
mod code;
mod concealed;
mod decode;
mod ends;
mod explained;
mod fold;
mod glances;
mod kinds;
mod literals;
mod mended;
mod model;
mod name;
mod offence;
mod pii;
mod poison;
#[cfg(test)]
mod probe;
mod prompt;
mod quota;
mod readings;
mod rules;
mod runs;
mod secrets;
mod server;
mod sponge;
mod text;
mod words;
mod wrapped;

use std::ops::Range;

pub use kinds::{Extra, Kind, Kinds};
pub use name::words as words_of_name;
use readings::Reading;
pub use secrets::{Torn as TornKey, is_placeholder, is_plain_password, names_a_secret};
pub use server::{Entry as ServerEntry, judge as inspect_server};
#[cfg(fuzzing)]
pub use text::origins;
use text::{Layer, View};

/// Where a text was found: one leaf of a call's arguments, of a result, or of a tool's or server's definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Argument,
    Result,
    Definition,
}

/// From this score on a finding counts at the default level.
pub const FLAGGED: f32 = 0.5;

/// One thing found. It never holds the text itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    /// The entity's type for PII and secrets (`EMAIL_ADDRESS`), a class such as `shell` otherwise.
    pub label: &'static str,
    /// Bytes of the text as it was given, on character boundaries.
    pub span: Range<usize>,
    pub score: f32,
    /// A stable name, such as `secret.aws-access-key`.
    pub rule: &'static str,
    /// A sentence a person can read.
    pub reason: &'static str,
}

impl Finding {
    /// Whether it is no more than a task for whoever reads the text: wrong in data, and what a question is.
    pub fn is_a_task(&self) -> bool {
        [model::TASK_RULE, prompt::REQUEST_RULE].contains(&self.rule)
    }
}

/// A longer text is looked at by several detectors at once.
const LONG: usize = 64 << 10;

/// What looks at a reading of a text without waiting for anything else.
#[derive(Clone, Copy)]
enum Detector {
    Rules(rules::Share),
    Private,
    Ids,
    /// Private data that is looked for where somebody asks for it.
    Extras,
    Secrets,
    /// Values that break out.
    Code,
    Models,
}

/// What the chosen detectors see in a text, in the order of the text.
pub fn inspect(text: &str, place: Place, kinds: Kinds) -> Vec<Finding> {
    let mut found = Vec::new();
    if kinds.is_empty() || text.is_empty() {
        return found;
    }
    let view = View::of(text);
    let (readings, unread) = readings::of(&view, place, kinds);
    let is_long = text.len() > LONG;
    let detectors = if is_long && readings.len() == 1 { Detector::APART } else { Detector::ALL };
    let looks = readings.iter().flat_map(|reading| detectors.iter().map(move |detector| (reading, detector)));
    let look = |(reading, detector): &(&Reading<'_, '_>, &Detector)| detector.look(reading, place);
    let mut seen = if is_long {
        abreast::each(&looks.collect::<Vec<_>>(), look)
    } else {
        looks.map(|one| look(&one)).collect()
    }
    .into_iter();
    for reading in &readings {
        let judged = together(reading, place, detectors.iter().zip(seen.by_ref())).into_iter();
        let of_text = |one: Finding| Finding { span: view.origin(reading.layer, one.span.clone()), ..one };
        found.extend(judged.map(of_text));
    }
    if unread {
        readings::report(text, kinds, &mut found);
    }
    if kinds.contains(Kind::PromptInjection) || kinds.contains(Kind::ToolPoisoning) {
        prompt::hidden(text, place, kinds, &mut found);
    }
    if kinds.contains(Kind::CodeInjection) && place == Place::Argument {
        code::inside(text, &mut found);
    }
    if kinds.contains(Kind::ServerConfig) && place == Place::Definition {
        server::scan(text, &mut found);
    }
    if kinds.contains(Kind::Sponge) {
        sponge::scan(text, &mut found);
    }
    in_order(found)
}

/// What the rules see of code in a command that is run as it stands: nothing around it explains it.
pub fn inspect_command(command: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let kinds = Kinds::NONE.with(Kind::CodeInjection);
    rules::scan(command, Place::Argument, kinds, rules::Share::Whole, &mut found);
    in_order(found)
}

impl Detector {
    const ALL: &[Self] = &[
        Self::Rules(rules::Share::Whole),
        Self::Private,
        Self::Ids,
        Self::Extras,
        Self::Secrets,
        Self::Code,
        Self::Models,
    ];
    /// The same, for one reading that several threads look at: the rules are most of the work.
    const APART: &[Self] = &[
        Self::Rules(rules::Share::Even),
        Self::Rules(rules::Share::Odd),
        Self::Private,
        Self::Ids,
        Self::Models,
        Self::Extras,
        Self::Secrets,
        Self::Code,
    ];

    fn look(self, reading: &Reading<'_, '_>, place: Place) -> Vec<Finding> {
        let (text, kinds) = (reading.layer.text(), reading.kinds);
        let mut seen = Vec::new();
        match &reading.parts {
            None => self.scan(text, place, kinds, &mut seen),
            // What models think is of a whole text.
            Some(_) if matches!(self, Self::Models) => {}
            Some(parts) => {
                for part in parts {
                    let from = seen.len();
                    self.scan(&text[part.clone()], place, kinds, &mut seen);
                    for one in &mut seen[from..] {
                        one.span = one.span.start + part.start..one.span.end + part.start;
                    }
                }
            }
        }
        seen
    }

    fn scan(self, text: &str, place: Place, kinds: Kinds, seen: &mut Vec<Finding>) {
        match self {
            Self::Rules(share) => rules::scan(text, place, kinds, share, seen),
            Self::Private if kinds.contains(Kind::Pii) => seen.extend(pii::forms(text, place)),
            Self::Ids if kinds.contains(Kind::Pii) => seen.extend(pii::ids(text)),
            Self::Extras if kinds.contains(Kind::Pii) => pii::extra::scan(text, kinds, seen),
            Self::Secrets if kinds.contains(Kind::Secret) => secrets::scan(text, seen),
            Self::Code if kinds.contains(Kind::CodeInjection) && place == Place::Argument => {
                code::scan(text, seen);
            }
            Self::Models => model::scan(text, place, kinds, seen),
            Self::Private | Self::Ids | Self::Extras | Self::Secrets | Self::Code => {}
        }
    }
}

/// What all of them say of a reading of a text; the models come last, and are asked of what nothing has decided.
fn together<'d>(
    reading: &Reading<'_, '_>,
    place: Place,
    looked: impl Iterator<Item = (&'d Detector, Vec<Finding>)>,
) -> Vec<Finding> {
    let (text, kinds) = (reading.layer.text(), reading.kinds);
    let (mut seen, mut private, mut ids, mut thoughts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (detector, found) in looked {
        match detector {
            Detector::Private => private = found,
            Detector::Ids => ids = found,
            Detector::Models => thoughts = found,
            _ => seen.extend(found),
        }
    }
    seen.extend(pii::together(private, ids));
    if kinds.contains(Kind::PromptInjection) && place == Place::Result {
        prompt::judge_result(text, &mut seen);
    }
    prompt::combine(&mut seen, Kind::PromptInjection);
    prompt::combine(&mut seen, Kind::ToolPoisoning);
    let decided = |seen: &[Finding], kind| seen.iter().any(|one| one.kind == kind && one.score >= FLAGGED);
    let more: Vec<Finding> = thoughts.into_iter().filter(|one| !decided(&seen, one.kind)).collect();
    seen.extend(more);
    if place == Place::Argument {
        code::soften(text, &mut seen);
    }
    seen
}

/// Where something stands in a text, as it is and as it reads once it is folded and decoded: `find` is asked of each
/// reading, and every place is one of the text as given.
pub fn places(text: &str, mut find: impl FnMut(&str) -> Vec<Range<usize>>) -> Vec<Range<usize>> {
    let view = View::joined(text);
    let mut places = if view.is_folded() { find(text) } else { Vec::new() };
    for layer in view.layers() {
        places.extend(find(layer.text()).into_iter().map(|place| view.origin(layer, place)));
    }
    places
}

/// What a text may be in a reading of one that it is part of, where more than its own escapes are read at once.
pub fn plain(text: &str) -> Vec<String> {
    text::plain(text)
}

/// What the value of a JSON member is by the member's name: a value that no text assigns to anything. Of an array it is
/// the name that the array stands under.
pub fn inspect_member(name: &str, value: &str, kinds: Kinds) -> Vec<Finding> {
    let mut found = Vec::new();
    if kinds.contains(Kind::Secret) {
        found.extend(secrets::member(name, value));
    }
    if kinds.contains(Kind::Pii) {
        pii::member(name, value, &mut found);
        pii::extra::member(name, value, kinds, &mut found);
    }
    found
}

/// What was escaped is read once, as it was meant; an argument is looked at both ways.
fn layers<'a>(view: &'a View<'_>, place: Place) -> impl Iterator<Item = &'a Layer<'a>> {
    view.layers().iter().filter(move |layer| !layer.is_replaced() || place == Place::Argument)
}

/// The features of each window of a text, as the models see them: what they are trained on.
pub fn windows(text: &str, place: Place) -> Vec<Vec<u16>> {
    let view = View::of(text);
    layers(&view, place).flat_map(|layer| model::windows(layer.text())).collect()
}

/// Sorted. Findings of one rule that overlap, with none of another rule between them, are one: all that they span, and
/// as sure as the surest.
fn in_order(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by(|a, b| {
        let by_place = a.span.start.cmp(&b.span.start).then(b.span.end.cmp(&a.span.end));
        by_place.then(a.rule.cmp(b.rule)).then(b.score.total_cmp(&a.score))
    });
    found.dedup_by(|a, b| {
        let same = a.rule == b.rule && a.span.start < b.span.end;
        if same {
            b.span.end = b.span.end.max(a.span.end);
            b.score = b.score.max(a.score);
        }
        same
    });
    found
}

#[cfg(test)]
mod tests {
    use super::probe::Probe;
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let kinds = Kinds::NONE.with(Kind::Secret);
        assert!(kinds.contains(Kind::Secret) && !kinds.contains(Kind::Pii) && Kinds::NONE.is_empty());
        assert!(Kinds::ALL.contains(Kind::Sponge));
    }

    #[test]
    fn spans_are_of_the_text_as_given() {
        let text = "né à Łódź: ａnna@example-mail.org, merci";
        let found = inspect(text, Place::Result, Kinds::NONE.with(Kind::Pii));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(&text[found[0].span.clone()], "ａnna@example-mail.org");
    }

    #[test]
    fn what_is_turned_round_is_one_finding_and_all_of_it() {
        let token = format!("AKIA{}", "QYLPMN5HNXWJ4KQ7");
        for (said, kind) in [(token.as_str(), Kind::Secret), ("anna@example-mail.org", Kind::Pii)] {
            let turned: String = said.chars().rev().collect();
            let text = format!("it is \u{202e}{turned}\u{202c} and more");
            let found = Probe(Place::Result, Kinds::NONE.with(kind)).entities(&text);
            let spans: Vec<_> = found.iter().map(|(_, piece)| *piece).collect();
            assert_eq!(spans, [format!("\u{202e}{turned}")], "{found:?}");
        }
    }

    #[test]
    fn two_readings_of_one_address_leave_nothing_of_it_out() {
        // As it is, the address begins with `a%20` and ends before `%2e`.
        let text = "to a%20bob@mail.example%2ecom, please";
        let found = Probe(Place::Argument, Kinds::NONE.with(Kind::Pii)).entities(text);
        assert_eq!(found, [("EMAIL_ADDRESS", "a%20bob@mail.example%2ecom")]);
    }

    #[test]
    fn a_shell_command_after_a_word_is_found() {
        assert!(Probe(Place::Argument, Kinds::NONE.with(Kind::CodeInjection)).flags("hello; ls -la; whoami"));
    }

    #[test]
    fn ordinary_traffic_is_left_alone() {
        for text in [
            "{\"path\": \"/home/anna/notes.md\", \"limit\": 20}",
            "The build took 12.5 s on 2024-03-01T10:22:33Z; commit 3f786850e387550fdab836ed7e6dc881de23001b.",
            "How do I select all rows from a table in SQL?",
            "See 550e8400-e29b-41d4-a716-446655440000, version 1.24.0.",
        ] {
            assert_eq!(Probe(Place::Result, Kinds::ALL).found(text), [], "{text}");
        }
    }
}
