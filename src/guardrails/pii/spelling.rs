//! Other spellings of what is taken out of arguments: each is taken out as well, under a placeholder of its own.

use std::cmp::Reverse;

use serde_json::Value;

use super::super::copies::Copies;
use super::super::embedded;
use super::super::provider::{Entity, ProviderFault};
use super::{IN_A_NAME, IN_A_NUMBER, IN_A_TEXT, Numeral, Unhidden, joined};
use crate::call::keys;

/// The texts of a value, and which of them stay as they are.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub(super) texts: &'a [&'a str],
    pub(super) spared: &'a [bool],
}

impl<'a> Texts<'a> {
    fn exposed(self) -> impl Iterator<Item = (usize, &'a str)> {
        let is_spared = move |at: &usize| self.spared.get(*at) == Some(&true);
        self.texts.iter().copied().enumerate().filter(move |(at, _)| !is_spared(at))
    }

    /// The numbers of documents in them that are not written in their digits alone.
    pub(super) fn spelt(self) -> Vec<Numeral> {
        let mut spelt = Vec::new();
        for (_, text) in self.exposed() {
            embedded::each_number(text, &mut |number| {
                if number.is_spelt {
                    spelt.push((String::new(), number.digits.to_owned()));
                }
            });
        }
        spelt
    }

    /// Adds the places of copies to those of what was found; refused where one stands that no placeholder can.
    pub(super) fn add_copies(
        self,
        value: &Value,
        numbers: [&[Numeral]; 2],
        found: &mut [Vec<Entity>],
    ) -> Result<(), Unhidden> {
        let values = self.exposed().flat_map(|(at, text)| {
            let entities = found.get(at).into_iter().flatten();
            entities.filter_map(move |entity| Some((text.get(entity.span.clone())?, entity.label)))
        });
        let Some(copies) = Copies::of(values) else { return Ok(()) };
        if keys(value).into_iter().any(|key| copies.are_in(key)) {
            return Err(Unhidden::Fixed(IN_A_NAME));
        }
        for (numbers, why) in numbers.into_iter().zip([IN_A_NUMBER, IN_A_TEXT]) {
            if numbers.iter().any(|(_, digits)| copies.are(digits)) {
                return Err(Unhidden::Fixed(why));
            }
        }
        for (at, text) in self.exposed() {
            let Ok(places) = copies.places(text) else {
                return Err(ProviderFault::unavailable(
                    "a text has more copies of private data than are taken out",
                )
                .into());
            };
            if let Some(found) = found.get_mut(at) {
                found.extend(places.into_iter().map(|(span, label)| Entity { label, span }));
                // What was found is a copy of itself.
                found.sort_by_key(|entity| (entity.span.start, Reverse(entity.span.end)));
                *found = joined(std::mem::take(found));
            }
        }
        Ok(())
    }
}
