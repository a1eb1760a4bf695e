//! Private data in the URI that a server is asked for. A placeholder helps where the server knows it; where it does
//! not, nothing is found by it, and the call is stopped.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::provider::{Hidden, Private};
use super::{Finder, Unhidden, Vault};
use crate::tool::decoded;

const IN_A_URI: &str = "it stands in a URI: ask for it by the URI that the server gave";

/// A URI that is asked for.
pub(in crate::guardrails) struct Sought<'a> {
    pub(in crate::guardrails) uri: &'a mut String,
    /// The server is to know it again.
    pub(in crate::guardrails) lasting: bool,
}

/// Puts what the server knows it by in the place of private data.
pub(in crate::guardrails) async fn hide(
    finder: Finder<'_>,
    vault: &Vault,
    Sought { uri, lasting }: Sought<'_>,
) -> Result<(), Unhidden> {
    let hidden = known(vault, uri);
    if hidden.is_some() && lasting {
        return Err(Unhidden::Fixed(IN_A_URI));
    }
    let written = hidden.as_deref().unwrap_or(uri);
    let texts: Vec<String> = readings(written);
    let value = Value::from(texts.clone());
    let shown: Vec<&str> = texts.iter().map(String::as_str).collect();
    let names = vec![""; texts.len()];
    let private = Private { policy: finder.policy, value: &value, texts: shown, names };
    let is_clean = match finder.provider.hide(&private).await? {
        Hidden::Spans(spans) => spans.iter().all(Vec::is_empty),
        Hidden::Texts { texts: others, .. } => others == texts,
    };
    if !is_clean {
        return Err(Unhidden::Fixed(IN_A_URI));
    }
    if let Some(hidden) = hidden {
        *uri = hidden;
    }
    Ok(())
}

/// As it is written, and as whoever decodes it reads it.
fn readings(uri: &str) -> Vec<String> {
    let mut readings = vec![uri.to_owned()];
    for reading in [decoded(uri), decoded(&uri.replace('+', " "))] {
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// The URI with placeholders for the values that the vault has, each written as the value was.
fn known(vault: &Vault, uri: &str) -> Option<String> {
    let mut found: Vec<(String, String)> = Vec::new();
    vault.each(&mut |value, placeholder| {
        for (reserved, form) in
            [("", value.to_owned()), ("", encoded(value, "")), (RESERVED, encoded(value, RESERVED))]
        {
            if uri.contains(form.as_str()) && !found.iter().any(|(known, _)| *known == form) {
                let is_plain = form == value;
                let placeholder =
                    if is_plain { placeholder.to_owned() } else { encoded(placeholder, reserved) };
                found.push((form, placeholder));
            }
        }
    });
    // The longest first: one value may be part of another.
    found.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    let mut hidden = uri.to_owned();
    for (form, placeholder) in found {
        hidden = replaced(&hidden, &form, &placeholder);
    }
    (hidden != uri).then_some(hidden)
}

/// Only as a whole: `Ann` is not in `Annapolis`.
fn replaced(uri: &str, form: &str, placeholder: &str) -> String {
    let mut replaced = String::with_capacity(uri.len());
    let mut done = 0;
    for (at, _) in uri.match_indices(form) {
        let (before, after) = (&uri[..at], &uri[at + form.len()..]);
        let is_escape = before.len() >= 3 && before.as_bytes()[before.len() - 3] == b'%';
        let joins_before = before.chars().next_back().is_some_and(char::is_alphanumeric) && !is_escape;
        if joins_before || after.chars().next().is_some_and(char::is_alphanumeric) {
            continue;
        }
        replaced.push_str(&uri[done..at]);
        replaced.push_str(placeholder);
        done = at + form.len();
    }
    replaced.push_str(&uri[done..]);
    replaced
}

/// What some encoders leave as it is.
const RESERVED: &str = ";/?:@&=+$,#!'()*";

pub(super) fn encoded(text: &str, but: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || but.contains(c) {
            encoded.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_value_becomes_its_placeholder_however_it_is_written() {
        let vault = Vault::new();
        let mail = vault.placeholder("EMAIL_ADDRESS", "ann.lee@example.com");
        let name = vault.placeholder("PERSON", "Ann");
        vault.placeholder("LITERAL", &mail);
        for (uri, hidden) in [
            ("m://doc?u=ann.lee@example.com&v=1", Some(format!("m://doc?u={mail}&v=1"))),
            ("m://doc%2Fann.lee%40example.com", Some(format!("m://doc%2F{}", encoded(&mail, "")))),
            ("m://Ann/Annapolis", Some(format!("m://{name}/Annapolis"))),
            ("m://doc/1", None),
            (&format!("m://{mail}"), None),
        ] {
            assert_eq!(known(&vault, uri), hidden, "{uri}");
        }
        assert_eq!(readings("m://a%40b+c"), ["m://a%40b+c", "m://a@b+c", "m://a@b c"]);
    }
}
