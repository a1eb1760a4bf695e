//! Private data on its way out and back: placeholders in the arguments, the originals again in the results.
//!
//! The map between them is in memory only. A text that merely looks like a placeholder is given one of its own, so
//! that it comes back as it was and opens nothing.

use std::sync::Arc;
use std::time::Duration;

use super::provider::{Entity, GuardrailProvider, PiiKey, ProviderFault};
use crate::config::{PiiScope, Server};
use crate::ids::{CallerId, ServerName};
use crate::scope::Scope;

#[cfg(test)]
mod property;
mod vault;

pub(super) use vault::Vault;

/// Callers and servers whose private data is remembered at the same time.
const MAX_VAULTS: u64 = 1_024;

/// A vault that nobody has used for this long is emptied.
const VAULT_IDLE: Duration = Duration::from_secs(3_600);

/// What stands for a text that looks like a placeholder.
const LITERAL: &str = "LITERAL";

/// The vaults of the process; `None` as the server is the caller's own, for all servers.
pub(super) struct Vaults(moka::sync::Cache<(CallerId, Option<ServerName>), Arc<Vault>>);

/// What brings back the private data of one call.
#[derive(Clone, Default)]
pub(super) struct Opening {
    pub(super) vault: Option<Arc<Vault>>,
    pub(super) remote: Option<(Arc<dyn GuardrailProvider>, PiiKey)>,
}

impl Default for Vaults {
    fn default() -> Self {
        Self(moka::sync::Cache::builder().max_capacity(MAX_VAULTS).time_to_idle(VAULT_IDLE).build())
    }
}

impl Vaults {
    /// Where the placeholders of a caller and server are kept, if the server's policy redacts.
    pub(super) fn of(&self, scope: &Scope, server: &Server) -> Option<Arc<Vault>> {
        let policy = &server.input;
        if !policy.enabled || !policy.pii_redaction {
            return None;
        }
        let shared = policy.pii_scope == PiiScope::Caller;
        let key = (scope.caller.id.clone(), (!shared).then(|| server.name.clone()));
        Some(self.0.get_with(key, || Arc::new(Vault::new())))
    }
}

/// Puts placeholders into texts, at the spans that a provider found and wherever a placeholder is imitated.
pub(super) fn hide(
    vault: &Vault,
    texts: &[&str],
    entities: Vec<Vec<Entity>>,
) -> Result<Vec<Option<String>>, ProviderFault> {
    if entities.len() != texts.len() {
        return Err(ProviderFault::unavailable("it found private data in another number of texts"));
    }
    if entities.iter().map(Vec::len).sum::<usize>() > vault::MAX_PER_CALL {
        return Err(too_much());
    }
    texts.iter().zip(entities).map(|(text, entities)| hide_in(vault, text, entities)).collect()
}

fn too_much() -> ProviderFault {
    ProviderFault::unavailable("there is too much private data in one call")
}

/// As `hide`, before a service looks at the texts whose placeholders have this form.
pub(super) fn escape(vault: &Vault, texts: &[&str]) -> Result<Vec<Option<String>>, ProviderFault> {
    hide(vault, texts, texts.iter().map(|text| imitations(text)).collect())
}

fn hide_in(vault: &Vault, text: &str, entities: Vec<Entity>) -> Result<Option<String>, ProviderFault> {
    let imitations = vault.imitations(text);
    let imitations = imitations.into_iter().map(|span| Entity { label: LITERAL, span });
    let mut all: Vec<Entity> = entities.into_iter().chain(imitations).collect();
    if all.is_empty() {
        return Ok(None);
    }
    if all.len() > vault::MAX_PER_CALL {
        return Err(too_much());
    }
    all.sort_by_key(|entity| (entity.span.start, std::cmp::Reverse(entity.span.end)));
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    for Entity { label, span } in joined(all) {
        let (Some(before), Some(value)) = (text.get(done..span.start), text.get(span.clone())) else {
            return Err(ProviderFault::unavailable("it found private data outside the text"));
        };
        hidden.push_str(before);
        hidden.push_str(&vault.placeholder(label, value));
        done = span.end;
    }
    hidden.push_str(text.get(done..).unwrap_or_default());
    Ok(Some(hidden))
}

/// Overlapping entities become one: half of one left over would tell the rest.
fn joined(sorted: Vec<Entity>) -> Vec<Entity> {
    let mut joined: Vec<Entity> = Vec::with_capacity(sorted.len());
    for entity in sorted {
        match joined.last_mut() {
            Some(last) if entity.span.start < last.span.end => {
                last.span.end = last.span.end.max(entity.span.end);
            }
            _ => joined.push(entity),
        }
    }
    joined
}

/// Spans of `<EMAIL_ADDRESS_0>` and the like: what a service writes, and what could be taken for it.
pub(super) fn imitations(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(start) = memchr::memchr(b'<', &bytes[from..]).map(|at| from + at) {
        let name = bytes[start + 1..].iter().take(64).take_while(|b| is_name(**b)).count();
        let end = start + 1 + name;
        from = start + 1;
        let inner = &bytes[start + 1..end];
        let number = inner.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let named = inner.len() > number + 1 && inner[inner.len() - number - 1] == b'_';
        if number > 0 && named && bytes.get(end) == Some(&b'>') {
            found.push(Entity { label: LITERAL, span: start..end + 1 });
            from = end + 1;
        }
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(label: &'static str, span: std::ops::Range<usize>) -> Entity {
        Entity { label, span }
    }

    #[test]
    fn what_is_hidden_comes_back() {
        let vault = Vault::new();
        let text = "write to ann@example.com, ann@example.com or bob@example.com";
        let spans = vec![
            entity("EMAIL_ADDRESS", 9..24),
            entity("EMAIL_ADDRESS", 26..41),
            entity("EMAIL_ADDRESS", 45..60),
        ];
        let hidden = hide(&vault, &[text], vec![spans]).expect("hidden").remove(0).expect("changed");
        assert!(!hidden.contains("example.com"), "{hidden}");
        let first = hidden.split([' ', ',']).nth(2).expect("a placeholder");
        assert_eq!(hidden.matches(first).count(), 2, "the same value, the same placeholder: {hidden}");
        assert_eq!(vault.restore(&hidden).expect("changed"), text);
    }

    #[test]
    fn an_imitation_opens_nothing_and_comes_back_as_it_was() {
        let vault = Vault::new();
        let real = vault.placeholder("EMAIL_ADDRESS", "ann@example.com");
        let text = format!("say {real} twice: {real}");
        let hidden = hide(&vault, &[&text], vec![Vec::new()]).expect("hidden").remove(0).expect("changed");
        assert!(!hidden.contains(&real));
        assert_eq!(vault.restore(&hidden).expect("changed"), text);
    }

    #[test]
    fn overlapping_entities_leave_nothing_over() {
        let vault = Vault::new();
        let text = "id 4111-1111-1111-1111-22";
        let spans = vec![entity("CREDIT_CARD", 3..22), entity("PHONE_NUMBER", 13..25)];
        let hidden = hide(&vault, &[text], vec![spans]).expect("hidden").remove(0).expect("changed");
        assert!(hidden.starts_with("id <CREDIT_CARD_") && hidden.ends_with('>'), "{hidden}");
        assert_eq!(vault.restore(&hidden).expect("changed"), text);
    }

    #[test]
    fn a_services_placeholders_are_known_by_their_form() {
        let spans: Vec<_> = imitations("<<A_1> <EMAIL_ADDRESS_0> <b> <X> <1> <_1> <A_> < A_1>")
            .into_iter()
            .map(|entity| entity.span)
            .collect();
        assert_eq!(spans, [1..6, 7..24]);
    }
}
