//! Private data on its way out and back: placeholders in the arguments, the originals again in the results.
//!
//! The map between them is in memory only. A text that merely looks like a placeholder is given one of its own, so
//! that it comes back as it was and opens nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::provider::{Entity, GuardrailProvider, Hidden, PiiKey, Private, ProviderFault};
use super::{embedded, figure};
use crate::call::{change, each_named, each_number, keys, values};
use crate::config::{Enforcement, PiiScope, Policy, Server};
use crate::ids::{CallerId, ServerName};
use crate::recent::{Life, Recent};
use crate::scope::Scope;
use crate::secret::replaced;

mod address;
mod opening;
#[cfg(test)]
mod property;
mod spelling;
pub(super) mod uri;
mod vault;
mod written;

pub(super) use address::is_address;
pub(super) use opening::{bring_back, restored};
use spelling::Texts;
pub(super) use vault::Vault;

/// Callers and servers whose private data is remembered at the same time.
const MAX_VAULTS: usize = 1_024;

/// A vault that nobody has used for this long is emptied.
const VAULT_IDLE: Duration = Duration::from_secs(3_600);

/// What stands for a text that looks like a placeholder.
const LITERAL: &str = "LITERAL";

/// The vaults of the process; `None` as the server is the caller's own, for all servers.
pub(super) struct Vaults(Recent<(CallerId, Option<ServerName>), Arc<Vault>>);

/// How much private data one batch may still have.
pub(super) struct Allowance {
    values: AtomicUsize,
    bytes: AtomicUsize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            values: AtomicUsize::new(vault::MAX_PER_BATCH),
            bytes: AtomicUsize::new(vault::MAX_BYTES_PER_BATCH),
        }
    }
}

impl Allowance {
    fn take(&self, entities: &[Entity]) -> Result<(), ProviderFault> {
        let bytes = entities.iter().map(|entity| entity.span.len()).sum();
        let take = |left: &AtomicUsize, wanted: usize| {
            let taken =
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(wanted));
            taken.is_ok()
        };
        if take(&self.values, entities.len()) && take(&self.bytes, bytes) {
            return Ok(());
        }
        Err(ProviderFault::unavailable(
            "there is too much private data in one batch: split it into smaller ones",
        ))
    }
}

impl Default for Vaults {
    fn default() -> Self {
        Self(Recent::new(MAX_VAULTS, Life::SinceUsed(VAULT_IDLE)))
    }
}

impl Vaults {
    /// Where the placeholders of a caller and server are kept, if the server's policy redacts.
    pub(super) fn of(&self, scope: &Scope, server: &Server) -> Option<Arc<Vault>> {
        let policy = &server.input;
        let observes = policy.enforcement == Enforcement::Observe;
        if !policy.enabled || !policy.pii_redaction || observes {
            return None;
        }
        let shared = policy.pii_scope == PiiScope::Caller;
        let key = (scope.caller.id.clone(), (!shared).then(|| server.name.clone()));
        Some(self.0.get_or_insert(key, || Arc::new(Vault::new())).0)
    }
}

/// Who says what is private, and under which policy.
#[derive(Clone, Copy)]
pub(super) struct Finder<'a> {
    pub(super) provider: &'a dyn GuardrailProvider,
    pub(super) policy: &'a Policy,
}

/// Where what is private goes, and how much of it may.
#[derive(Clone, Copy)]
pub(super) struct Hideout<'a> {
    pub(super) vault: &'a Vault,
    pub(super) allowance: &'a Allowance,
}

/// What is to be hidden of a part of a call.
pub(super) struct Exposed<'a> {
    pub(super) value: &'a mut Value,
    /// Which of its string values stay as they are.
    pub(super) spared: &'a [bool],
    /// Its numbers, each behind the name that it stands under, but for those that are spared.
    pub(super) numbers: Vec<Numeral>,
}

/// A number and its name.
pub(super) type Numeral = (String, String);

/// Why private data was not taken out.
#[derive(Debug)]
pub(super) enum Unhidden {
    Fault(ProviderFault),
    /// It stands where no placeholder can.
    Fixed(&'static str),
}

impl From<ProviderFault> for Unhidden {
    fn from(fault: ProviderFault) -> Self {
        Self::Fault(fault)
    }
}

const IN_A_NAME: &str = "it stands in the name of a member: move it into a value";
const IN_A_TEXT: &str =
    "it stands in a number of a JSON text: write it as a string there, or let the tool off `pii`";
const IN_A_NUMBER: &str = "it stands in a number: write it as a string, or let the tool off `pii`";

/// The numbers of a value that could be private, but for those at places that are spared.
pub(super) fn numbers(value: &Value, pointer: &mut String, is_spared: &dyn Fn(&str) -> bool) -> Vec<Numeral> {
    let mut numbers = Vec::new();
    each_number(("", value), pointer, &mut |pointer, name, number| {
        let Some(written) = figure::whole(number.as_str()) else { return };
        if figure::is_long(&written) && !is_spared(pointer) {
            numbers.push((name.to_owned(), figure::unsigned(&written).to_owned()));
        }
    });
    numbers
}

/// Takes the private data out of a value, but for what is spared.
pub(super) async fn hide(
    finder: Finder<'_>,
    hideout: Hideout<'_>,
    Exposed { value, spared, numbers }: Exposed<'_>,
) -> Result<(), Unhidden> {
    if finder.provider.writes_placeholders() {
        // Before a service looks at the texts: its placeholders have this form.
        let escaped = each(value, |text| hideout.replace(text, imitations(text)))?;
        put(value, escaped, &[]);
    }
    let (mut names, mut texts) = (Vec::new(), Vec::new());
    each_named("", value, &mut |name, text| {
        names.push(name);
        texts.push(text);
    });
    let private = Private { policy: finder.policy, value, texts: texts.clone(), names };
    let hidden = match finder.provider.hide(&private).await? {
        Hidden::Spans(mut spans) if spans.len() == texts.len() => {
            if finder.count(Vec::new(), keys(value)).await?.any(|found| found > 0) {
                return Err(Unhidden::Fixed(IN_A_NAME));
            }
            if finder.is_private(&numbers).await? {
                return Err(Unhidden::Fixed(IN_A_NUMBER));
            }
            let read = Texts { texts: &texts, spared };
            let spelt = read.spelt();
            if finder.is_private(&spelt).await? {
                return Err(Unhidden::Fixed(IN_A_TEXT));
            }
            read.add_copies(value, [&numbers, &spelt], &mut spans)?;
            let hidden = texts.iter().zip(spans).map(|(text, spans)| hideout.replace(text, spans));
            hidden.collect::<Result<Vec<_>, _>>()?
        }
        Hidden::Texts { texts: hidden, key } if hidden.len() == texts.len() => {
            let hidden = hidden.into_iter().map(|text| hideout.adopt(text, key.as_ref()));
            hidden.collect::<Result<_, _>>()?
        }
        _ => return Err(ProviderFault::unavailable("it gave back another number of texts").into()),
    };
    let broken = |(at, (text, hidden)): (usize, (&&str, &Option<String>))| {
        let hidden = hidden.as_deref().filter(|_| spared.get(at) != Some(&true));
        // A placeholder may stand in it where no quotes are.
        hidden.is_some_and(|hidden| embedded::breaks(text, hidden))
    };
    if texts.iter().zip(&hidden).enumerate().any(broken) {
        return Err(Unhidden::Fixed(IN_A_TEXT));
    }
    put(value, hidden, spared);
    Ok(())
}

impl Finder<'_> {
    /// Whether one of the numbers is private: by its name, or as what its digits alone make a card.
    async fn is_private(self, numbers: &[Numeral]) -> Result<bool, ProviderFault> {
        let names = numbers.iter().map(|(name, _)| name.as_str()).collect();
        let digits: Vec<&str> = numbers.iter().map(|(_, digits)| digits.as_str()).collect();
        let alone = self.count(Vec::new(), digits.clone()).await?;
        let together = self.count(names, digits.clone()).await?;
        let private = |((alone, together), digits): ((usize, usize), &str)| {
            together > alone || alone > 0 && figure::is_card(digits)
        };
        Ok(alone.zip(together).zip(digits).any(private))
    }

    /// How much private data is in each text.
    async fn count(
        self,
        names: Vec<&str>,
        texts: Vec<&str>,
    ) -> Result<impl Iterator<Item = usize> + use<>, ProviderFault> {
        let private = Private { policy: self.policy, value: &Value::Null, texts, names };
        let spans = match self.provider.hide(&private).await? {
            Hidden::Spans(spans) => spans,
            Hidden::Texts { .. } => Vec::new(),
        };
        Ok(spans.into_iter().map(|spans| spans.len()))
    }
}

impl Hideout<'_> {
    /// A service's text under placeholders of ours, which say by which key they open.
    fn adopt(self, text: String, key: Option<&PiiKey>) -> Result<Option<String>, ProviderFault> {
        let Some(key) = key else { return Ok(Some(text)) };
        let found = imitations(&text);
        self.allowance.take(&found)?;
        let adopt = |Entity { span, .. }| {
            let placeholder = &text[span.clone()];
            let label = placeholder.trim_matches(['<', '>']).trim_end_matches(|c: char| c.is_ascii_digit());
            (span, self.vault.adopt(label.trim_end_matches('_'), placeholder, key))
        };
        Ok(Some(replaced(&text, found.into_iter().map(adopt))))
    }

    /// Puts placeholders into a text, at the spans that a provider found and wherever a placeholder is imitated.
    fn replace(self, text: &str, entities: Vec<Entity>) -> Result<Option<String>, ProviderFault> {
        let imitations = self.vault.imitations(text);
        let imitations = imitations.into_iter().map(|span| Entity { label: LITERAL, span });
        let all: Vec<Entity> = entities.into_iter().chain(imitations).collect();
        self.allowance.take(&all)?;
        swap(self.vault, text, all)
    }
}

/// A value with its private data taken out and put back; nothing where it was refused.
#[cfg(fuzzing)]
pub fn hidden_and_restored(value: &Value) -> Option<Value> {
    let (mut value, vault) = hidden(value)?;
    change(&mut value, &mut |text| {
        if let Some(restored) = vault.restore(text) {
            *text = restored;
        }
    });
    Some(value)
}

/// What a server makes of a value that has its private data taken out, with that data put back.
#[cfg(fuzzing)]
pub fn restored_in(value: &Value, passed_on: impl Fn(&Value) -> String) -> Option<String> {
    let (value, vault) = hidden(value)?;
    let text = passed_on(&value);
    Some(restored(&vault, &text).unwrap_or(text))
}

#[cfg(fuzzing)]
fn hidden(value: &Value) -> Option<(Value, Vault)> {
    use futures_util::FutureExt as _;
    let local = super::local::Local::new(crate::config::LocalSettings::default());
    let (vault, policy, allowance) = (Vault::new(), Policy::default(), Allowance::default());
    let finder = Finder { provider: &local, policy: &policy };
    let mut value = value.clone();
    let exposed = Exposed { value: &mut value, spared: &[], numbers: Vec::new() };
    let hiding = hide(finder, Hideout { vault: &vault, allowance: &allowance }, exposed);
    hiding.now_or_never()?.ok()?;
    Some((value, vault))
}

fn each(
    value: &Value,
    act: impl Fn(&str) -> Result<Option<String>, ProviderFault>,
) -> Result<Vec<Option<String>>, ProviderFault> {
    let mut texts = Vec::new();
    values(value, &mut texts);
    texts.into_iter().map(act).collect()
}

/// Puts texts in the place of the string values, where there are any; what is spared stays.
fn put(value: &mut Value, texts: Vec<Option<String>>, spared: &[bool]) {
    let mut texts = texts.into_iter().enumerate();
    change(value, &mut |text| {
        if let Some((at, Some(changed))) = texts.next()
            && spared.get(at) != Some(&true)
        {
            *text = changed;
        }
    });
}

fn swap(vault: &Vault, text: &str, mut all: Vec<Entity>) -> Result<Option<String>, ProviderFault> {
    if all.is_empty() {
        return Ok(None);
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

    fn replaced(vault: &Vault, text: &str, entities: Vec<Entity>) -> String {
        let hideout = Hideout { vault, allowance: &Allowance::default() };
        hideout.replace(text, entities).expect("hidden").expect("changed")
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
        let hidden = replaced(&vault, text, spans);
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
        let hidden = replaced(&vault, &text, Vec::new());
        assert!(!hidden.contains(&real));
        assert_eq!(vault.restore(&hidden).expect("changed"), text);
    }

    #[test]
    fn overlapping_entities_leave_nothing_over() {
        let vault = Vault::new();
        let text = "id 4111-1111-1111-1111-22";
        let spans = vec![entity("CREDIT_CARD", 3..22), entity("PHONE_NUMBER", 13..25)];
        let hidden = replaced(&vault, text, spans);
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
