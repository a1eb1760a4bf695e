//! The numbers of a document. A number is read as the text that it is, but tells less: without a name it is private as
//! a card's only, since ids are as long.

use serde_json::Number;

use super::document::Document;
use crate::call::{JsonObject, each_figure, each_number};

/// Numbers with fewer digits say nothing of a person.
const DIGITS: usize = 6;

/// Digits of a number that is a card by its check digit alone: of any other length that is chance, in lists of ids.
const CARD: std::ops::RangeInclusive<usize> = 15..=16;

/// No secret that is remembered as a number is longer.
const LONGEST: usize = 256;

/// Zeros that a number is spelt out with; one with more is no number of anybody's.
const MAX_ZEROS: i64 = 24;

/// A number, and the name that it stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure<'a> {
    pub name: &'a str,
    /// In plain digits, whatever it is spelt with.
    pub written: String,
    /// As it was written, where that is another text.
    pub spelt: Option<String>,
}

impl<'a> Figure<'a> {
    fn of(name: &'a str, number: &Number) -> Self {
        let spelt = number.as_str();
        match plain(spelt) {
            Some(written) if written != spelt => Self { name, written, spelt: Some(spelt.to_owned()) },
            _ => Self { name, written: spelt.to_owned(), spelt: None },
        }
    }

    /// All that it reads as.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.written.as_str()).chain(self.spelt.as_deref())
    }

    /// Whether it could be a person's, by its name at least.
    pub(super) fn may_be_private(&self) -> bool {
        is_long(&self.written) && self.written.len() <= LONGEST && self.is_whole()
    }

    pub(super) fn is_whole(&self) -> bool {
        !self.written.contains(['.', 'e', 'E'])
    }

    pub(super) fn digits(&self) -> &str {
        unsigned(&self.written)
    }

    pub(super) fn may_be_a_card(&self) -> bool {
        is_card(&self.written)
    }
}

pub(super) fn is_long(written: &str) -> bool {
    written.bytes().filter(u8::is_ascii_digit).count() >= DIGITS
}

pub(super) fn is_card(written: &str) -> bool {
    CARD.contains(&unsigned(written).len())
}

/// What a number is of a person does not hang on its sign.
pub(super) fn unsigned(written: &str) -> &str {
    written.strip_prefix('-').unwrap_or(written)
}

/// A whole number in all its digits; a fraction is a measurement, and no number of a person.
pub(super) fn whole(number: &str) -> Option<String> {
    plain(number).filter(|plain| !plain.contains('.'))
}

/// A number without exponent and without zeros that say nothing, to the last digit; nothing where that is too long.
fn plain(number: &str) -> Option<String> {
    let is_respelt = number.contains(['e', 'E']) || number.contains('.') && number.ends_with('0');
    if !is_respelt {
        return Some(number.to_owned());
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.to_owned() + fraction;
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent.parse().ok()?)?;
    if digits.bytes().all(|digit| digit == b'0') {
        return Some("0".to_owned());
    }
    let zeros = |count: i64| Some("0".repeat(usize::try_from(count).ok().filter(|_| count <= MAX_ZEROS)?));
    let missing = point.checked_sub(i64::try_from(digits.len()).ok()?)?;
    let (whole, fraction) = if missing >= 0 {
        (digits + &zeros(missing)?, String::new())
    } else if point <= 0 {
        (String::new(), zeros(point.checked_neg()?)? + &digits)
    } else {
        let (whole, fraction) = digits.split_at_checked(usize::try_from(point).ok()?)?;
        (whole.to_owned(), fraction.to_owned())
    };
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

impl<'a> Document<'a> {
    pub fn figures(&self) -> Vec<Figure<'a>> {
        let mut figures = Vec::new();
        let mut note = |name: &'a str, number: &Number| {
            figures.push(Figure::of(name, number));
        };
        let mut members = |object: &'a JsonObject| {
            object.iter().for_each(|(name, value)| each_figure(name, value, &mut note));
        };
        match self {
            Self::Call(call) => {
                members(call.beside());
                each_figure("", call.arguments(), &mut note);
            }
            Self::Output(output) => {
                members(output.result());
                output.rpc_error().into_iter().for_each(|error| each_figure("", error, &mut note));
            }
            Self::Definition { object, .. } | Self::Message(object) | Self::Question(object) => {
                members(object);
            }
            Self::Server { .. } | Self::Words(_) => {}
        }
        figures
    }

    /// What they read as, each with its place.
    pub(super) fn figures_at(&self) -> Vec<(String, String)> {
        let mut figures = Vec::new();
        let mut note = |pointer: &str, _: &str, number: &Number| {
            let figure = Figure::of("", number);
            figures.extend(figure.texts().map(|text| (pointer.to_owned(), text.to_owned())));
        };
        self.each_root(&mut |mut pointer, value| each_number(("", value), &mut pointer, &mut note));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_spelt() {
        let long = "839201847364528190374652819037".repeat(4);
        for (number, expected) in [
            ("0", Some("0")),
            ("-0.0", Some("0")),
            ("445.0", Some("445")),
            ("-445.50e1", Some("-4455")),
            ("9182736455463728190e-1", Some("918273645546372819")),
            ("9.18273645546372819E+17", Some("918273645546372819")),
            ("83920184.25", Some("83920184.25")),
            ("8392018425e-2", Some("83920184.25")),
            ("0.00083920184e11", Some("83920184")),
            ("839e-5", Some("0.00839")),
            (
                "100000000000000000000000000000000000000000",
                Some("100000000000000000000000000000000000000000"),
            ),
            (&long, Some(&long)),
            ("1e24", Some("1000000000000000000000000")),
            ("1e400", None),
            ("1e-400", None),
            ("1e99999999999999999999", None),
            ("0e99999999999999999999", None),
        ] {
            assert_eq!(plain(number).as_deref(), expected, "{number}");
        }
        assert_eq!((whole("83920184.0"), whole("83920184.25")), (Some("83920184".to_owned()), None));
    }
}
