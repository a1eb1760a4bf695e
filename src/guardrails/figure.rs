//! The numbers of a document. A number is read as the text that it is, but tells less: without a name it is private as
//! a card's only, since ids are as long.

use serde_json::Number;

use super::document::Document;
use crate::call::{JsonObject, each_figure, each_number};

/// Numbers with fewer digits say nothing of a person.
const DIGITS: usize = 6;

/// Digits of a number that is a card by its check digit alone: of any other length that is chance, in lists of ids.
const CARD: std::ops::RangeInclusive<usize> = 15..=16;

/// And no number of a person is larger, or longer.
const LARGEST: f64 = 1e24;
const LONGEST: usize = 25;

/// A number, and the name that it stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure<'a> {
    pub name: &'a str,
    pub written: String,
}

impl Figure<'_> {
    /// Whether it could be a person's, by its name at least.
    pub(super) fn may_be_private(&self) -> bool {
        is_long(&self.written) && self.written.len() <= LONGEST && !self.written.contains(['.', 'e', 'E'])
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
pub(super) fn whole(number: &Number) -> Option<String> {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => Some(number.to_string()),
        Some(float) if float.fract() == 0.0 && float.abs() < LARGEST => Some(format!("{float:.0}")),
        Some(_) => None,
    }
}

/// The digits of a whole number, however it is written: what it is of a person does not hang on that.
pub(super) fn digits(number: &str) -> Option<String> {
    let written = whole(&number.parse().ok()?)?;
    Some(unsigned(&written).to_owned())
}

impl<'a> Document<'a> {
    pub fn figures(&self) -> Vec<Figure<'a>> {
        let mut figures = Vec::new();
        let mut note = |name: &'a str, number: &Number| {
            let written = whole(number).unwrap_or_else(|| number.to_string());
            figures.push(Figure { name, written });
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

    /// The same with the place of each.
    pub(super) fn figures_at(&self) -> Vec<(String, String)> {
        let mut figures = Vec::new();
        let mut note = |pointer: &str, _: &str, number: &Number| {
            let written = whole(number).unwrap_or_else(|| number.to_string());
            figures.push((pointer.to_owned(), written));
        };
        self.each_root(&mut |mut pointer, value| each_number(("", value), &mut pointer, &mut note));
        figures
    }
}
