//! Numbers in documents: what they are is said by the names that they stand under, or by their digits, however these
//! are written.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::super::figure;
use super::{documents, loose};
use crate::detect;

/// Documents within strings of documents that numbers are looked for in.
const MAX_DEPTH: usize = 4;

/// What the reader calls a number that it gives in its digits.
const NUMBER: &str = "$serde_json::private::Number";

/// A whole number of a document.
pub(in crate::guardrails) struct Embedded<'a> {
    /// That it stands under, where it is that of a secret.
    pub(in crate::guardrails) name: Option<&'a str>,
    pub(in crate::guardrails) digits: &'a str,
    /// With a fraction or an exponent: the text that is looked at may not have these digits.
    pub(in crate::guardrails) is_spelt: bool,
}

/// Goes over the whole numbers of the documents of a text that could say something of a person.
pub(in crate::guardrails) fn each_number(text: &str, act: &mut dyn FnMut(Embedded<'_>)) {
    walk(text, 0, act);
}

/// Whether it has a number whose digits are meant.
pub(in crate::guardrails) fn has_number(text: &str, is_it: &dyn Fn(&str) -> bool) -> bool {
    let mut has = false;
    each_number(text, &mut |number| has |= is_it(number.digits));
    has
}

fn walk(text: &str, depth: usize, act: &mut dyn FnMut(Embedded<'_>)) {
    let mut is_read = false;
    for place in documents(text) {
        is_read |= place == (0..text.len());
        let mut reader = serde_json::Deserializer::from_str(&text[place.clone()]);
        let member = Member { name: None, is_number: false, depth, act };
        // No parser reads the deepest ones to their end; what readers may see in them is looked at instead.
        if member.deserialize(&mut reader).is_err() {
            through(&text[place], act);
        }
    }
    if !is_read {
        loose::each_number(text, act);
    }
}

/// The numbers of a document that is too deep to be parsed, however it is escaped.
fn through(text: &str, act: &mut dyn FnMut(Embedded<'_>)) {
    loose::each_number(text, act);
    detect::places(text, |reading| {
        loose::each_number(reading, act);
        Vec::new()
    });
}

/// The value of a member whose name says that it is secret, or any other value.
struct Member<'a> {
    name: Option<&'a str>,
    /// A text of digits, as the reader gives what is no small number.
    is_number: bool,
    depth: usize,
    act: &'a mut dyn FnMut(Embedded<'_>),
}

impl Member<'_> {
    fn note(self, number: &Number) {
        let written = number.as_str();
        let Some(whole) = figure::whole(written).filter(|whole| figure::is_long(whole)) else { return };
        let is_spelt = written.contains(['.', 'e', 'E']);
        (self.act)(Embedded { name: self.name, digits: figure::unsigned(&whole), is_spelt });
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.note(&number.into());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.note(&number.into());
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.is_number {
            if let Ok(number) = text.parse() {
                self.note(&number);
            }
        } else if self.depth < MAX_DEPTH {
            walk(text, self.depth + 1, self.act);
        } else {
            through(text, self.act);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { name, depth, act, .. } = self;
        let is_number = false;
        while items.next_element_seed(Member { name, is_number, depth, act: &mut *act })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { name: own, depth, act, .. } = self;
        while let Some(name) = members.next_key::<String>()? {
            let is_number = name == NUMBER;
            let named = Some(name.as_str()).filter(|name| detect::names_a_secret(name));
            let name = if is_number { own } else { named };
            members.next_value_seed(Member { name, is_number, depth, act: &mut *act })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_under_the_name_of_a_secret_are_found_wherever_a_document_is() {
        let mut found = Vec::new();
        let text = concat!(
            "a line\n",
            r#"{"password": 83920184, "n": 4, "list": [{"pass\u0077ord": [-12345678]}]}"#,
            "\n",
            r#"["{\"password\": 55512345.0, \"secret\": 123456789012345678901234}", 1]"#,
            "\n",
            r#"{"$serde_json::private::Number": [1], "password": 4.5, "api_key": 77777777}"#,
        );
        each_number(text, &mut |number| found.extend(number.name.map(|_| number.digits.to_owned())));
        // Of lines, what stands in several of them is looked for as well.
        let mut seen = std::collections::HashSet::new();
        found.retain(|digits| seen.insert(digits.clone()));
        assert_eq!(found, ["83920184", "12345678", "55512345", "123456789012345678901234", "77777777"]);
    }
}
