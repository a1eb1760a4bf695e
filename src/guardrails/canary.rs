//! The secrets of the gateway's own configuration, looked for in all that is judged, whoever judges.
//!
//! They are found as they are and in the notations that text travels in. Nothing here goes to a service: what holds
//! one is blocked or cut before anybody is asked.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, Input, Match, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::provider::{Hit, Place, ProviderFault};
use crate::config::{Detector, ServerList, Settings};
use crate::detect;
use crate::ids::{ConfigId, ServerName};
use crate::secret::replaced;

/// The rule that is hit.
pub(super) const RULE: &str = "secret.own";
const REASON: &str = "A secret of the gateway's configuration is in the text.";
const LABEL: &str = "SECRET";
const MASK: &str = "[SECRET]";

/// A longer value is looked for in pieces.
const MAX_PIECE: usize = 256;
const SHORTEST: usize = 8;

/// Places of one text, and of more nobody cuts out each.
const MAX_HITS: usize = 1_000;

/// Whose secret it is: a server's, or nobody's but the gateway's.
type Owner = Option<(ConfigId, ServerName)>;

/// A server, by its list and its name.
pub(super) type Of<'a> = (&'a ConfigId, &'a ServerName);

/// All secrets that one caller's requests could meet.
pub(super) struct Canaries {
    /// `None` where there is no secret, and only there. It is not wiped: the settings hold the same values for as long.
    automaton: Option<AhoCorasick>,
    /// By pattern, whose secret it is: several servers may have the same.
    owners: Vec<Vec<Owner>>,
    /// Some are digits and nothing else.
    may_be_numbers: bool,
    /// Tells sets of the same settings apart.
    pub(super) id: u64,
}

impl Canaries {
    /// Those of the settings, and of a list that the settings do not know. A fault means that nobody knows what would
    /// be let pass.
    pub(super) fn of(settings: &Settings, more: Option<&ServerList>, id: u64) -> Result<Self, ProviderFault> {
        let mut patterns: BTreeMap<Vec<u8>, Vec<Owner>> = BTreeMap::new();
        let mut may_be_numbers = false;
        let mut add = |value: &str, owner: &Owner| {
            may_be_numbers |= is_number(value);
            for form in forms(value) {
                let owners = patterns.entry(form).or_default();
                if !owners.contains(owner) {
                    owners.push(owner.clone());
                }
            }
        };
        settings.secrets.iter().for_each(|secret| add(secret.expose(), &None));
        let lists = settings.server_lists();
        for list in lists.iter().map(AsRef::as_ref).chain(more) {
            for server in &list.servers {
                let owner = Some((list.id.clone(), server.name.clone()));
                server.secrets.iter().for_each(|secret| add(secret.expose(), &owner));
            }
        }
        let (patterns, owners): (Vec<Zeroizing<Vec<u8>>>, Vec<_>) =
            patterns.into_iter().map(|(pattern, owners)| (Zeroizing::new(pattern), owners)).unzip();
        Ok(Self { automaton: automaton(&patterns)?, owners, may_be_numbers, id })
    }

    /// Whether a number may be one, however it is spelt.
    pub(super) fn may_be_numbers(&self) -> bool {
        self.may_be_numbers
    }

    /// Whether a secret of this server is in a text.
    pub(super) fn holds(&self, text: &str, of: Of<'_>) -> bool {
        !self.places(text, 1, |owners| is_of(owners, of)).is_empty()
    }

    /// A text without the secrets of this server, for whoever is not this server.
    pub(super) fn hide(&self, text: &mut String, of: Of<'_>) {
        let places = self.places(text, usize::MAX, |owners| is_of(owners, of));
        if !places.is_empty() {
            *text = without(text, &places, MASK);
        }
    }

    /// The same under a mark, for who puts back what it stands for.
    pub(super) fn take_out(&self, text: &mut String, of: Of<'_>, mark: &str) -> Vec<String> {
        let places = self.places(text, usize::MAX, |owners| is_of(owners, of));
        let taken = places.iter().map(|place| text[place.clone()].to_owned()).collect();
        if !places.is_empty() {
            *text = without(text, &places, mark);
        }
        taken
    }

    /// Where secrets stand in the texts. Those of `but` may: it has them already.
    pub(super) fn find(&self, texts: &[&str], but: Option<Of<'_>>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (text, words) in texts.iter().enumerate() {
            let most = MAX_HITS + 1 - hits.len();
            let places = self.places(words, most, |owners| !but.is_some_and(|but| is_of(owners, but)));
            for span in places {
                if hits.len() == MAX_HITS {
                    hits.push(hit(None));
                    return hits;
                }
                hits.push(hit(Some(Place { text, span: Some(span), label: LABEL })));
            }
        }
        hits
    }

    /// Where secrets of these owners stand, in order and apart, as the text is and as it can be read.
    fn places(&self, text: &str, most: usize, is_wanted: impl Fn(&[Owner]) -> bool) -> Vec<Range<usize>> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let is_wanted = |found: &Match| is_wanted(&self.owners[found.pattern().as_usize()]);
        let mut places = detect::places(text, |reading| {
            // One may begin within another.
            let mut from = 0;
            let next = || {
                let found = automaton.find(Input::new(reading).range(from..))?;
                from = found.start() + 1;
                Some(found)
            };
            std::iter::from_fn(next).filter(is_wanted).take(most).map(|found| found.range()).collect()
        });
        places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        places.dedup_by(|next, place| {
            let meets = next.start < place.end;
            if meets {
                place.end = place.end.max(next.end);
            }
            meets
        });
        places.truncate(most);
        places
    }
}

fn automaton(patterns: &[impl AsRef<[u8]>]) -> Result<Option<AhoCorasick>, ProviderFault> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns);
    automaton
        .map(Some)
        .map_err(|_| ProviderFault::unavailable("the configuration's secrets are too large to look for"))
}

fn is_of(owners: &[Owner], (list, name): Of<'_>) -> bool {
    owners.iter().flatten().any(|owner| (list, name) == (&owner.0, &owner.1))
}

/// A text with a mask at each of these places, which are in order and apart.
fn without(text: &str, places: &[Range<usize>], mask: &str) -> String {
    replaced(text, places.iter().map(|place| (place.clone(), mask)))
}

fn hit(place: Option<Place>) -> Hit {
    Hit { place, reason: Some(REASON.to_owned()), ..Hit::new(Detector::Secrets, RULE) }
}

/// The pieces of a value, as it is and as it reads, and within base64 and hexadecimal digits whatever else these hold.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for text in detect::plain(value).iter().map(String::as_str).chain([value]) {
        forms.extend(pieces(text).map(<[u8]>::to_vec));
    }
    // A number that is written as one has no zeros before it.
    if is_number(value) {
        forms.extend(pieces(value.trim_start_matches('0')).map(<[u8]>::to_vec));
    }
    for piece in pieces(value) {
        forms.extend([hex(piece, b"0123456789ABCDEF"), hex(piece, b"0123456789abcdef")]);
        for before in 0..3 {
            let mut shifted = Zeroizing::new(vec![0; before]);
            shifted.extend_from_slice(piece);
            // Characters that hold bits of this value and of nothing else.
            let (start, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let encoded = Zeroizing::new(engine.encode(&*shifted));
                forms.push(encoded.as_bytes()[start..end].to_vec());
            }
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
}

fn pieces(value: &str) -> impl Iterator<Item = &[u8]> {
    value.as_bytes().chunks(MAX_PIECE).filter(|piece| piece.len() >= SHORTEST)
}

fn hex(value: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    value.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn canaries(values: &[&str]) -> Canaries {
        let patterns: Vec<_> = values.iter().flat_map(|value| forms(value)).collect();
        let owners = vec![vec![None]; patterns.len()];
        Canaries {
            automaton: automaton(&patterns).expect("an automaton"),
            owners,
            may_be_numbers: false,
            id: 0,
        }
    }

    #[test]
    fn a_value_is_found_in_every_notation() {
        let value = "p\"ss/w+rd é 42!";
        let canaries = canaries(&[value]);
        let mut texts = vec![format!("it is {value}."), serde_json::json!({"a": value}).to_string()];
        texts.push("https://x.example/?p=p%22ss%2Fw%2Brd%20%C3%A9%2042%21&q=1".to_owned());
        texts.push(
            hex(format!("x{value}").as_bytes(), b"0123456789abcdef").iter().map(|c| char::from(*c)).collect(),
        );
        for before in ["", "a", "ab", "abc"] {
            texts.push(STANDARD_NO_PAD.encode(format!("{before}{value} and more")));
            texts.push(URL_SAFE_NO_PAD.encode(format!("{before}{value}")));
        }
        let digits = hex(value.as_bytes(), b"0123456789abcdef");
        texts.push(
            digits.chunks(2).fold(String::new(), |text, byte| text + "%" + &String::from_utf8_lossy(byte)),
        );
        texts.push("p=p%22ss/w%2brd%2520é%2520%34%32!".to_owned());
        let long = STANDARD.encode(format!("{} {value} {}", "a".repeat(70), "b".repeat(70)));
        for width in [19, 64, 76] {
            let lines: Vec<String> = long
                .as_bytes()
                .chunks(width)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            texts.extend(["\n", "\r\n", "\\n", "\n    "].map(|end| format!("it is: {} .", lines.join(end))));
        }
        for text in &texts {
            assert_eq!(canaries.find(&["", text], None).len(), 1, "{text}");
            let mut hidden = format!("é%41{text}");
            canaries.hide(&mut hidden, (&ConfigId::from("c"), &ServerName::from("s")));
            assert!(canaries.find(&[&hidden], None).len() == 1, "it is of nobody");
        }
        assert!(canaries.find(&["p\"ss/w+rd é 42?", "cCJzcy93"], None).is_empty());
    }

    #[test]
    fn a_value_is_found_as_pages_and_their_data_write_it() {
        let value = "k<9/p&v'r\">Q";
        let canaries = canaries(&[value]);
        for text in [
            r#"k<9\/p&v'r\">Q"#,
            r#"k\u003c9/p\u0026v'r\"\u003eQ"#,
            r#"k\u003C9\/p\u0026v\u0027r\"\u003EQ"#,
            r"k\u003C9/p\u0026v\u0027r\u0022\u003EQ",
            "k&lt;9/p&amp;v'r\"&gt;Q",
            "k&lt;9/p&amp;v&#39;r&quot;&gt;Q",
            "k&lt;9/p&amp;v&#x27;r&quot;&gt;Q",
        ] {
            assert_eq!(canaries.find(&[text], None).len(), 1, "{text}");
        }
    }

    #[test]
    fn several_places_are_hidden_at_once() {
        let of = (&ConfigId::from("c"), &ServerName::from("s"));
        let mut canaries = canaries(&["kX9%41plover/27", "plover/27+wren", "QUJDREVGR0hJ"]);
        canaries.owners.fill(vec![Some((of.0.clone(), of.1.clone()))]);
        for (text, hidden) in [
            ("nothing é", "nothing é"),
            ("kX9%41plover/27", "[SECRET]"),
            ("é kX9%41plover/27, kX9%41plover/27é plover/27+wren.", "é [SECRET], [SECRET]é [SECRET]."),
            // As it is, the first one; with the percent sign read, the second, which begins within it.
            ("a kX9%41plover/27%2Bwren b kX9%41plover/27", "a [SECRET] b [SECRET]"),
            ("QUJD\nREVGR0hJ and QUJDREVGR0hJ", "[SECRET] and [SECRET]"),
        ] {
            let mut words = text.to_owned();
            canaries.hide(&mut words, of);
            assert_eq!(words, hidden, "{text}");
        }
    }
}
