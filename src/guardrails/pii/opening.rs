//! Private data on its way back into what a client gets: from the vault, and through the services that took it out.
//!
//! Not into addresses. Whoever follows one tells its writer all that stands in it, and the writer may be the server
//! that was not to know.

use std::ops::Range;

use zeroize::Zeroizing;

use super::super::embedded::{self, Unescaped};
use super::super::provider::{GuardrailProvider, ProviderFault};
use super::written::{self, Placeholder};
use super::{Vault, address, imitations, swap};
use crate::detect;

/// Calls whose placeholders one text may hold: each is a request to the service.
const MAX_KEYS: usize = 8;

/// Documents within strings of documents that placeholders are looked for in.
const MAX_DEPTH: usize = 8;

/// Pieces of one text that a service is asked about: addresses with private data in them lie between them.
const MAX_PIECES: usize = 16;

/// A text with what the vault itself has; nothing where there is nothing to put back.
pub(in crate::guardrails) fn restored(vault: &Vault, text: &str) -> Option<String> {
    let mut changes = changes(vault, text, 0);
    changes.sort_by_key(|change| change.place.start);
    let (mut restored, mut done) = (String::with_capacity(text.len()), 0);
    for Change { place, words, .. } in changes {
        let Some(before) = text.get(done..place.start) else { continue };
        restored.push_str(before);
        restored.push_str(&words);
        done = place.end;
    }
    restored.push_str(text.get(done..)?);
    (done > 0).then_some(restored)
}

/// What takes the place of a placeholder.
struct Change {
    place: Range<usize>,
    words: Zeroizing<String>,
    /// As they were taken out.
    bare: bool,
}

/// What is put back into a text, each in the notation that it stands in: in a string of a JSON document as a string of
/// JSON, elsewhere as its placeholder is written.
fn changes(vault: &Vault, text: &str, depth: usize) -> Vec<Change> {
    let found = vault.placeholders(text);
    if found.is_empty() || depth == MAX_DEPTH {
        return Vec::new();
    }
    let documents = embedded::documents(text);
    let (inside, outside): (Vec<_>, Vec<_>) = found.iter().partition(|placeholder| {
        let next = documents.partition_point(|document| document.end <= placeholder.span.start);
        documents.get(next).is_some_and(|document| document.start <= placeholder.span.start)
    });
    let mut changes: Vec<Change> = outside.iter().filter_map(|one| change(vault, one)).collect();
    for document in documents.into_iter().filter(|_| !inside.is_empty()) {
        for string in embedded::strings(&text[document.clone()]) {
            let string = document.start + string.start..document.start + string.end;
            let first = inside.partition_point(|placeholder| placeholder.span.start < string.start);
            if inside.get(first).is_some_and(|placeholder| placeholder.span.start < string.end) {
                within(vault, text, string, (depth, &mut changes));
            }
        }
    }
    let mut kept = address::within(text, found.iter().map(|one| one.span.clone()).collect());
    if outside.iter().any(|placeholder| placeholder.is_escaped()) {
        // An address may be escaped as well.
        kept.extend(detect::places(text, |reading| address::within(reading, vault.imitations(reading))));
        kept.sort_by_key(|place| place.start);
    }
    let mut reached = 0;
    for place in &mut kept {
        reached = reached.max(place.end);
        place.end = reached;
    }
    changes.retain(|change| {
        let next = kept.partition_point(|place| place.end <= change.place.start);
        kept.get(next).is_none_or(|place| change.place.end <= place.start)
    });
    changes
}

fn change(vault: &Vault, placeholder: &Placeholder) -> Option<Change> {
    let words = Zeroizing::new(placeholder.write(&vault.words(placeholder)?)?);
    Some(Change { place: placeholder.span.clone(), words, bare: !placeholder.is_escaped() })
}

/// Adds what is put back into a string of a document.
fn within(vault: &Vault, text: &str, string: Range<usize>, (depth, all): (usize, &mut Vec<Change>)) {
    let read = Unescaped::of(&text[string.clone()]);
    for Change { place, words, bare } in changes(vault, &read.text, depth + 1) {
        let place = string.start + read.written(place.start)..string.start + read.written(place.end);
        // What was taken out of such a string has its escapes.
        let words = match text.as_bytes().get(place.start) {
            _ if bare && embedded::is_escaped(&words) => words,
            Some(b'\\') => Zeroizing::new(written::json(&words)),
            _ => Zeroizing::new(embedded::escaped(&words)),
        };
        all.push(Change { place, words, bare: false });
    }
}

/// The same with what services have. What merely looks like a service's placeholder stays as it is.
pub(in crate::guardrails) async fn bring_back(
    provider: &dyn GuardrailProvider,
    vault: &Vault,
    text: &str,
) -> Result<String, ProviderFault> {
    let own = restored(vault, text);
    let text = own.as_deref().unwrap_or(text);
    let kept = kept(vault, text);
    if kept.len() >= MAX_PIECES {
        return Err(ProviderFault::unavailable("a text has too many addresses with private data in them"));
    }
    let mut opened = Vec::with_capacity(kept.len() + 1);
    for piece in pieces(text, &kept) {
        opened.push(open(provider, vault, piece).await?);
    }
    let whole = joined(text, &kept, opened);
    if embedded::breaks(text, &whole) {
        return Err(ProviderFault::unavailable("what it has cannot stand in a JSON text as it is"));
    }
    Ok(whole)
}

async fn open(provider: &dyn GuardrailProvider, vault: &Vault, text: &str) -> Result<String, ProviderFault> {
    let keys = vault.keys(text);
    if keys.is_empty() {
        return Ok(text.to_owned());
    }
    if keys.len() > MAX_KEYS {
        return Err(ProviderFault::unavailable("a text has placeholders of too many calls"));
    }
    let imitated = imitations(text);
    let mut text = swap(vault, text, imitated)?.unwrap_or_else(|| text.to_owned());
    for key in keys {
        let asked = [vault.give_back(&text, &key).unwrap_or(text)];
        let mut answered = provider.restore(&key, &asked).await?;
        let one = answered.len() == 1;
        text = answered
            .pop()
            .filter(|_| one)
            .ok_or_else(|| ProviderFault::unavailable("it restored another number of texts"))?;
    }
    // What only looked like a service's placeholder.
    Ok(vault.restore(&text).unwrap_or(text))
}

/// The placeholders that stay.
fn kept(vault: &Vault, text: &str) -> Vec<Range<usize>> {
    address::within(text, vault.imitations(text))
}

/// What lies before, between and behind them.
fn pieces<'t>(text: &'t str, kept: &'t [Range<usize>]) -> impl Iterator<Item = &'t str> {
    let starts = std::iter::once(0).chain(kept.iter().map(|span| span.end));
    let ends = kept.iter().map(|span| span.start).chain([text.len()]);
    starts.zip(ends).map(|(start, end)| text.get(start..end).unwrap_or_default())
}

fn joined(text: &str, kept: &[Range<usize>], pieces: Vec<String>) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut kept = kept.iter();
    for piece in pieces {
        whole.push_str(&piece);
        whole.push_str(kept.next().and_then(|span| text.get(span.clone())).unwrap_or_default());
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Words that would break out of whatever they are put into as they are.
    const WORDS: &str = "Ann \"<b>\" O'Lee\n&\\";

    fn back(text: &str, vault: &Vault) -> String {
        restored(vault, text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn words_are_restored_in_documents_as_deep_as_they_stand_and_break_none() {
        let vault = Vault::new();
        let placeholder = vault.placeholder("PERSON", WORDS);
        let go = |text: &str| text.replace('<', "\\u003c").replace('>', "\\u003e");
        let said = |words: &str| json!({"say": format!("he said \"{words}\""), words: [1]}).to_string();
        for depth in 0..4 {
            let wrapped =
                |words: &str| (0..depth).fold(said(words), |text, _| json!({"x": [text]}).to_string());
            for text in [wrapped(&placeholder), go(&wrapped(&placeholder))] {
                let back = back(&text, &vault);
                let read: Value = serde_json::from_str(&back).expect("it is JSON");
                // Members of a document within are written in their order.
                let wanted: Value = serde_json::from_str(&wrapped(WORDS)).expect("it is JSON");
                assert_eq!(read, wanted, "{text}: {back}");
            }
        }
        for text in [format!("\"{placeholder}\""), go(&format!(" \"of {placeholder}\"\n"))] {
            let read: Value = serde_json::from_str(&back(&text, &vault)).expect("it is JSON");
            assert!(read.as_str().is_some_and(|read| read.ends_with(WORDS)), "{read}");
        }
        let lines = format!("a {placeholder}\n{}\n[\"{placeholder}\"]", go(&said(&placeholder)));
        let back = back(&lines, &vault);
        let read: Vec<&str> = back.lines().collect();
        assert_eq!(read.len(), 4, "as they are, in one line, in another: {back}");
        assert!(serde_json::from_str::<Value>(read[2]).is_ok(), "{back}");
        assert_eq!(read[3], json!([WORDS]).to_string());
    }

    #[test]
    fn what_was_taken_out_of_a_document_comes_back_byte_for_byte() {
        let vault = Vault::new();
        let placeholder = vault.placeholder("EMAIL_ADDRESS", "ann\\u0040example.com");
        let text = |words: &str| format!("{{\"a\": \"{words}\"}}");
        assert_eq!(back(&text(&placeholder), &vault), text("ann\\u0040example.com"));
    }

    #[test]
    fn no_notation_brings_anything_back_into_an_address() {
        let vault = Vault::new();
        let plain = vault.placeholder("EMAIL_ADDRESS", "ann@example.com");
        let json = plain.replace('<', "\\u003c").replace('>', "\\u003e");
        let html = plain.replace('<', "&lt;").replace('>', "&gt;");
        let url = plain.replace('<', "%3C").replace('>', "%3E");
        for text in [
            format!("https://e.example/?q={url}"),
            format!("<a href=\"https://e.example/?q={html}\">x</a>"),
            format!("&lt;img src=&quot;https://e.example/?a=&#32;b{html}&quot;&gt;"),
            format!("![x\\u005d(x?q={json})"),
            json!({"a": format!("![x](https://e.example/?q={json})")}).to_string(),
            format!("{{\"a\": \"![x\\u005d(x?q={plain})\"}}"),
            format!("{{\"a\": \"\\u003cimg src='x?q={json}'\\u003e\"}}"),
            format!("\\\\\\\\e.example\\\\{json}"),
            format!("\\\\{plain}\\x"),
            format!("\\\\{json}\\x"),
            format!("m://{json}.e.example"),
            format!("https:{json}/x"),
            format!("href={json}/x"),
            format!("@import 'x?{plain}'"),
            format!("@import \"x?{plain}\""),
            format!("{{\"hrefs\": {{\"a\": 1}}, \"src\": {{\"large\": [\"x?{json}\"]}}}}"),
        ] {
            assert_eq!(back(&text, &vault), text);
        }
        for (text, words) in [
            (format!("mail:{json}"), "mail:ann@example.com"),
            (format!("Mail: {html}."), "Mail: ann@example.com."),
            (format!("mail={url}&x=1"), "mail=ann%40example.com&x=1"),
            (format!("it said: {{\"a\":\"{json}\"}}"), r#"it said: {"a":"ann@example.com"}"#),
            (
                json!({"a": format!("he said \"{plain}\"")}).to_string(),
                r#"{"a":"he said \"ann@example.com\""}"#,
            ),
        ] {
            assert_eq!(back(&text, &vault), words);
        }
    }
}
