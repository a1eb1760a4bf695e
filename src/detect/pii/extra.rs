//! What is looked for only where somebody asks for it: names of people and postal addresses.

use super::super::{Extra, Finding, Kinds, fold};
use super::{address, person};

/// Adds what was asked for.
pub(in super::super) fn scan(text: &str, kinds: Kinds, found: &mut Vec<Finding>) {
    let (mut addresses, mut people) = (Vec::new(), Vec::new());
    if kinds.has_extra(Extra::Addresses) {
        address::scan(text, &mut addresses);
    }
    if kinds.has_extra(Extra::Names) {
        person::scan(text, &mut people);
    }
    // Streets are named after people.
    let mut streets = addresses.iter().peekable();
    people.retain(|person| {
        while streets.next_if(|street| street.span.end <= person.span.start).is_some() {}
        streets.peek().is_none_or(|street| street.span.start >= person.span.end)
    });
    found.append(&mut people);
    found.append(&mut addresses);
}

/// Adds what the value of a JSON member is by the member's name.
pub(in super::super) fn member(name: &str, value: &str, kinds: Kinds, found: &mut Vec<Finding>) {
    if kinds.has_extra(Extra::Names) {
        let folded = fold::fold(value).map(|(folded, _)| folded);
        let person = person::member(name, folded.as_deref().unwrap_or(value));
        found.extend(person.map(|person| Finding { span: 0..value.len(), ..person }));
    }
    if kinds.has_extra(Extra::Addresses) {
        found.extend(address::member(name, value));
    }
}
