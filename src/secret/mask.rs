//! Masks what looks like a secret in arguments, URLs and the output of servers.
//!
//! It errs on the side of masking: a masked harmless value costs a glance at the configuration file, a printed
//! token costs the token. So whatever the detectors find is masked, and beyond that what stands under a secret's name
//! and what only looks drawn.

use std::borrow::Cow;
use std::ops::Range;

use crate::detect::{self, FLAGGED, Kind, Kinds, Place};

const MASK: &str = "****";

/// The shortest known value worth searching for; below it a mask would hit ordinary words.
const SHORTEST_KNOWN: usize = 6;

/// A shorter text is no token, and below it no detector is asked.
const SHORTEST_TOKEN: usize = 16;

/// Replaces the secrets of one server in text that comes from it, such as its standard error.
#[derive(Clone, Debug, Default)]
pub struct Masker {
    known: Vec<super::SecretValue>,
}

impl Masker {
    pub fn new(known: impl IntoIterator<Item = super::SecretValue>) -> Self {
        let mut known: Vec<_> =
            known.into_iter().filter(|value| value.expose().len() >= SHORTEST_KNOWN).collect();
        // A value that contains another is replaced first, so that no tail of it stays behind.
        known.sort_by_key(|value| std::cmp::Reverse(value.expose().len()));
        Self { known }
    }

    pub fn mask(&self, text: &str) -> String {
        mask_words(&without_found(&self.hide(text)))
    }

    /// A text without the values that are known, whatever else is in it.
    pub fn hide(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for value in &self.known {
            if masked.contains(value.expose()) {
                masked = masked.replace(value.expose(), MASK);
            }
        }
        masked
    }
}

/// One command-line argument as it may be shown; `previous` is the argument before it.
pub fn mask_argument(argument: &str, previous: Option<&str>) -> String {
    if previous.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && is_under(flag, argument)) {
        return MASK.to_owned();
    }
    if super::attached(argument).is_some() {
        return format!("-p{MASK}");
    }
    let argument = &*without(argument, super::named_in(argument, previous));
    let argument = &*without_found(argument);
    if let Some((name, value)) = argument.split_once('=')
        && !name.contains("://")
    {
        if is_under(name, value) || is_drawn(value) {
            return format!("{name}={MASK}");
        }
        return if value.contains("://") {
            format!("{name}={}", mask_address(value))
        } else {
            argument.to_owned()
        };
    }
    if argument.contains("://") {
        return mask_address(argument);
    }
    // `Authorization: Bearer x` and the like, as bridges to remote servers take them.
    if let Some((name, value)) = argument.split_once(':')
        && is_under(name, value.trim())
        && !value.trim().is_empty()
    {
        return format!("{name}: {MASK}");
    }
    if argument.split(|c: char| c.is_whitespace() || c == '#').any(is_drawn) {
        MASK.to_owned()
    } else {
        argument.to_owned()
    }
}

/// A URL without its user information, its query values, its fragment and what looks like a token.
pub fn mask_url(url: &str) -> String {
    mask_address(&without_found(url))
}

fn mask_address(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return MASK.to_owned() };
    let rest = rest.split('#').next().unwrap_or_default();
    let (address, query) = rest.split_once('?').map_or((rest, None), |(left, right)| (left, Some(right)));
    let (authority, path) =
        address.split_once('/').map_or((address, None), |(left, right)| (left, Some(right)));
    let host =
        authority.rsplit_once('@').map_or_else(|| authority.to_owned(), |(_, host)| format!("{MASK}@{host}"));
    let mut shown = format!("{scheme}://{host}");
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        shown.push('/');
        shown.push_str(if is_drawn(segment) { MASK } else { segment });
    }
    if let Some(query) = query {
        let names =
            query.split('&').map(|pair| format!("{}={MASK}", pair.split('=').next().unwrap_or_default()));
        shown.push('?');
        shown.push_str(&names.collect::<Vec<_>>().join("&"));
    }
    shown
}

/// Where the detectors see a secret: the one opinion on what is masked and what is looked for in texts.
pub fn found_in(text: &str) -> Vec<Range<usize>> {
    // Most texts are told from a token at a glance, and the detectors take a while to get ready.
    if !may_hold_one(text) {
        return Vec::new();
    }
    let found = detect::inspect(text, Place::Result, Kinds::NONE.with(Kind::Secret));
    let mut spans: Vec<_> =
        found.into_iter().filter(|one| one.score >= FLAGGED).map(|one| one.span).collect();
    spans.dedup_by(|next, span| {
        let touches = next.start <= span.end;
        if touches {
            span.end = span.end.max(next.end);
        }
        touches
    });
    spans
}

fn without_found(text: &str) -> Cow<'_, str> {
    without(text, found_in(text))
}

fn without(text: &str, spans: Vec<Range<usize>>) -> Cow<'_, str> {
    if spans.is_empty() {
        return text.into();
    }
    replaced(text, spans.into_iter().map(|span| (span, MASK))).into()
}

/// A text with something else at each of these places, which are in order and apart.
pub fn replaced(text: &str, places: impl IntoIterator<Item = (Range<usize>, impl AsRef<str>)>) -> String {
    let (mut replaced, mut at) = (String::with_capacity(text.len()), 0);
    for (place, by) in places {
        replaced.push_str(&text[at..place.start]);
        replaced.push_str(by.as_ref());
        at = place.end;
    }
    replaced.push_str(&text[at..]);
    replaced
}

fn mask_words(text: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')');
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(ends) {
        let word = piece.trim_end_matches(ends);
        if word.contains("://") || word.contains('=') {
            masked.push_str(&mask_argument(word, None));
        } else {
            masked.push_str(if is_drawn(word) { MASK } else { word });
        }
        masked.push_str(&piece[word.len()..]);
    }
    masked
}

/// Whether a value is hidden for the name that it stands under: whatever it is under that of a secret, and what does
/// not say what it is under one that only has such a word in it (`--auth-header`, but `-Dpassword.encoder=bcrypt`). Of a
/// user and a password it is the second half at most, which was looked at before.
fn is_under(name: &str, value: &str) -> bool {
    let is_any = super::names_one(name) || super::is_authorization(name) || super::hints_at_one(name, value);
    !super::is_pair(name, value) && (is_any || mentions_a_secret(name) && !super::named::is_plain(value))
}

/// Whether a name, or a word of it, is that of a secret.
fn mentions_a_secret(name: &str) -> bool {
    detect::names_a_secret(name)
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(detect::names_a_secret)
}

/// A word long enough for a token with a digit in it, letters that go on as no word does, or a value that is assigned
/// to what is called a secret.
fn may_hold_one(text: &str) -> bool {
    const LONGEST_WORD: usize = 30;
    let is_token = |word: &str| {
        word.len() >= SHORTEST_TOKEN && word.bytes().any(|byte| byte.is_ascii_digit())
            || word.len() >= LONGEST_WORD && !word.contains(['/', '-', '.'])
    };
    text.len() >= SHORTEST_TOKEN
        && (text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')).any(is_token)
            || text.contains(['=', ':', ' ']) && mentions_a_secret(text)
            || text.contains("://") && text.contains('@'))
}

/// A long run that mixes letters and digits the way words, paths and versions do not.
fn is_drawn(word: &str) -> bool {
    const LONG: usize = 24;
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'=' | b':');
    let is_mixed = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        digits >= 3 && text.bytes().filter(u8::is_ascii_alphabetic).count() >= 6
    };
    word.len() >= SHORTEST_TOKEN
        && word.bytes().all(part)
        && !is_uuid(word)
        && (word.len() >= LONG && is_mixed(word)
            || word
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|run| run.len() >= SHORTEST_TOKEN && is_mixed(run)))
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_look_like_secrets_are_masked() {
        let cases = [
            ("--token=abc", None, "--token=****"),
            ("abc", Some("--api-key"), "****"),
            ("sk-1234567890abcdef", None, "****"),
            ("Authorization: Bearer abc", None, "Authorization: ****"),
            ("svc:hunter2", Some("-u"), "svc:****"),
            ("svc:hunter2", Some("--auth"), "svc:****"),
            ("--auth=svc:hunter2", None, "--auth=svc:****"),
            ("swordfish", Some("--auth"), "****"),
            ("swordfish", Some("--pw"), "****"),
            ("kX9ploverWren27Zq8", Some("--session"), "****"),
            ("-pkX9ploverWren27Zq8", None, "-p****"),
            ("sv=2020&sig=swordfish", None, "sv=2020&sig=****"),
            ("-Ddb.password=bcrypt", None, "-Ddb.password=****"),
            ("--auth-header=hunter2", None, "--auth-header=****"),
            ("https://u:p@host/x?key=1", None, "https://****@host/x?key=****"),
            ("--url=https://host/?t=1", None, "--url=https://host/?t=****"),
        ];
        for (argument, previous, shown) in cases {
            assert_eq!(mask_argument(argument, previous), shown, "{argument}");
        }
    }

    #[test]
    fn ordinary_arguments_stay_readable() {
        for argument in [
            "-y",
            "@modelcontextprotocol/server-filesystem",
            "/home/someone/projects/website-2024",
            "--port=8080",
            "run",
            "--auth=x:y",
            "-Dpassword.encoder=bcrypt",
        ] {
            assert_eq!(mask_argument(argument, None), argument);
        }
        for (flag, pair) in [("--auth", "x:y"), ("-u", "1000:1000"), ("-u", "app:group")] {
            assert_eq!(mask_argument(pair, Some(flag)), pair);
        }
    }

    #[test]
    fn known_values_vanish_from_any_text() {
        let masker = Masker::new(["hunter2-hunter2".into(), "hunter2".into()]);
        assert_eq!(masker.mask("login hunter2-hunter2, then hunter2!"), "login ****, then ****!");
    }
}
