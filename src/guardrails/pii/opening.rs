//! Private data on its way back into what a client gets: from the vault, and through the services that took it out.
//!
//! Not into addresses. Whoever follows one tells its writer all that stands in it, and the writer may be the server
//! that was not to know.

use std::ops::Range;

use super::super::provider::{GuardrailProvider, ProviderFault};
use super::{Vault, address, imitations, swap};

/// Calls whose placeholders one text may hold: each is a request to the service.
const MAX_KEYS: usize = 8;

/// Pieces of one text that a service is asked about: addresses with private data in them lie between them.
const MAX_PIECES: usize = 16;

/// Whether what stands under this name is an address, by the protocol or by what such names are used for.
pub(in crate::guardrails) fn is_address(name: &str) -> bool {
    let ends_with = |end: &str| {
        let start = name.len().checked_sub(end.len());
        start.and_then(|start| name.get(start..)).is_some_and(|last| last.eq_ignore_ascii_case(end))
    };
    ["url", "uri", "href", "src", "urls", "uris", "uriTemplate", "srcset"].into_iter().any(ends_with)
}

/// A text with what the vault itself has; nothing where there is nothing to put back.
pub(in crate::guardrails) fn restored(vault: &Vault, text: &str) -> Option<String> {
    let kept = kept(vault, text);
    if kept.is_empty() {
        return vault.restore(text);
    }
    let opened = pieces(text, &kept).map(|piece| vault.restore(piece).unwrap_or_else(|| piece.to_owned()));
    Some(joined(text, &kept, opened.collect()))
}

/// The same with what services have. What merely looks like a service's placeholder stays as it is.
pub(in crate::guardrails) async fn bring_back(
    provider: &dyn GuardrailProvider,
    vault: &Vault,
    text: &str,
) -> Result<Option<String>, ProviderFault> {
    let kept = kept(vault, text);
    if kept.len() >= MAX_PIECES {
        return Err(ProviderFault::unavailable("a text has too many addresses with private data in them"));
    }
    let mut opened = Vec::with_capacity(kept.len() + 1);
    for piece in pieces(text, &kept) {
        opened.push(open(provider, vault, piece).await?);
    }
    Ok(Some(joined(text, &kept, opened)))
}

async fn open(provider: &dyn GuardrailProvider, vault: &Vault, text: &str) -> Result<String, ProviderFault> {
    let keys = vault.keys(text);
    if keys.is_empty() {
        return Ok(vault.restore(text).unwrap_or_else(|| text.to_owned()));
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
