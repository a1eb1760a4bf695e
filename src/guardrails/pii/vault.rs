//! Placeholders and what they stand for, for one caller and server; overwritten when they are forgotten.
//!
//! Each vault has a random mark of its own, which ends all of its placeholders: nobody can write one who was not
//! given one.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use zeroize::Zeroizing;

use super::super::provider::PiiKey;
use super::written::{self, Placeholder};
use crate::ids::random;
use crate::lock::Lock;

/// Values in one vault; more, and the oldest are forgotten: a placeholder that is then still on its way stays one.
const MAX_VALUES: usize = 16_384;
const MAX_BYTES: usize = 4 << 20;

/// Private values of one batch: so many that none of them can be forgotten before its answer is there.
pub(super) const MAX_PER_BATCH: usize = MAX_VALUES / 4;
pub(super) const MAX_BYTES_PER_BATCH: usize = MAX_BYTES / 4;

/// Keys that one text is searched for.
const MAX_KEYS: usize = 64;

/// A placeholder is no longer than this.
const LONGEST: usize = 96;

const MARK: usize = 6;

struct Held {
    value: Arc<Value>,
    last_use: u64,
}

/// A private value, overwritten when nobody needs it any more.
struct Value {
    text: Zeroizing<String>,
    /// Of a service's own placeholder: what the service opens it with.
    key: Option<PiiKey>,
}

impl Value {
    fn identity(&self) -> (&str, Option<&str>) {
        (self.text.as_str(), self.key.as_ref().map(|key| key.0.expose()))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

pub(in crate::guardrails) struct Vault {
    /// The end of each placeholder: `_k3x9ab>`.
    mark: String,
    inner: Lock<Inner>,
}

#[derive(Default)]
struct Inner {
    placeholders: HashMap<Arc<Value>, String>,
    values: HashMap<String, Held>,
    /// Each use of a placeholder, oldest first; only the last one of each counts.
    uses: VecDeque<(String, u64)>,
    so_far: u64,
    bytes: usize,
    /// Never used twice, whatever is forgotten.
    next: u64,
}

impl Vault {
    pub(in crate::guardrails) fn new() -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        // A letter first: a mark of digits could be a service's.
        let mut letters = random::<MARK>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
        letters[0] = char::from(ALPHABET[usize::from(letters[0] as u8 % 24)]);
        Self { mark: format!("_{}>", String::from_iter(letters)), inner: Lock::default() }
    }

    /// What stands for a value from now on; the same for the same value.
    pub(super) fn placeholder(&self, label: &str, value: &str) -> String {
        self.hold(label, value, None)
    }

    /// What stands for a service's placeholder, which this key opens.
    pub(super) fn adopt(&self, label: &str, placeholder: &str, key: &PiiKey) -> String {
        self.hold(label, placeholder, Some(key.clone()))
    }

    fn hold(&self, label: &str, value: &str, key: Option<PiiKey>) -> String {
        let mut inner = self.inner.lock();
        let value = Arc::new(Value { text: Zeroizing::new(value.to_owned()), key });
        if let Some(known) = inner.placeholders.get(&value).cloned() {
            inner.used(&known);
            return known;
        }
        let placeholder = format!("<{label}_{}{}", inner.next, self.mark);
        inner.next += 1;
        inner.bytes += value.text.len();
        inner.placeholders.insert(Arc::clone(&value), placeholder.clone());
        inner.values.insert(placeholder.clone(), Held { value, last_use: 0 });
        inner.used(&placeholder);
        inner.forget_some();
        placeholder
    }

    /// Where a text holds what could be one of these placeholders.
    pub(super) fn imitations(&self, text: &str) -> Vec<Range<usize>> {
        self.placeholders(text).into_iter().map(|placeholder| placeholder.span).collect()
    }

    /// What could be one of these placeholders, in whatever notation.
    pub(super) fn placeholders(&self, text: &str) -> Vec<Placeholder> {
        written::placeholders(text, self.mark.trim_matches(['_', '>']))
    }

    /// What a placeholder stands for, unless a service has to be asked.
    pub(super) fn words(&self, placeholder: &Placeholder) -> Option<Zeroizing<String>> {
        let mut inner = self.inner.lock();
        let held = inner.values.get(&placeholder.name).filter(|held| held.value.key.is_none())?;
        let words = held.value.text.clone();
        inner.used(&placeholder.name);
        Some(words)
    }

    /// The text with the originals; `None` where there is nothing to put back.
    pub(in crate::guardrails) fn restore(&self, text: &str) -> Option<String> {
        self.put(text, &|value| value.key.is_none())
    }

    /// Goes over the private values that have placeholders.
    pub(super) fn each(&self, act: &mut dyn FnMut(&str, &str)) {
        let inner = self.inner.lock();
        let all = inner.values.iter().map(|(placeholder, held)| (placeholder, &held.value));
        let own = all.filter(|(_, value)| value.key.is_none() && !value.text.contains(&self.mark));
        own.for_each(|(placeholder, value)| act(&value.text, placeholder));
    }

    /// The text with a service's own placeholders again, as far as this key opens them.
    pub(super) fn give_back(&self, text: &str, key: &PiiKey) -> Option<String> {
        self.put(text, &|value| value.key.as_ref().is_some_and(|own| own.0.expose() == key.0.expose()))
    }

    /// The text with the placeholders of services as these wrote them.
    pub(in crate::guardrails) fn as_written(&self, text: &mut String) {
        if let Some(written) = self.put(text, &|value| value.key.is_some()) {
            *text = written;
        }
    }

    /// What opens the placeholders of services in a text; not all where there are more than anybody opens.
    pub(in crate::guardrails) fn keys(&self, text: &str) -> Vec<PiiKey> {
        let inner = self.inner.lock();
        let mut keys: Vec<PiiKey> = Vec::new();
        for span in self.candidates(text) {
            let Some(key) = inner.values.get(&text[span]).and_then(|held| held.value.key.as_ref()) else {
                continue;
            };
            if !keys.iter().any(|known| known.0.expose() == key.0.expose()) {
                keys.push(key.clone());
            }
            if keys.len() == MAX_KEYS {
                break;
            }
        }
        keys
    }

    fn put(&self, text: &str, is_meant: &dyn Fn(&Value) -> bool) -> Option<String> {
        let mut candidates = self.candidates(text).peekable();
        candidates.peek()?;
        let inner = self.inner.lock();
        let mut restored = String::with_capacity(text.len());
        let mut done = 0;
        for span in candidates {
            let value = inner.values.get(&text[span.clone()]).map(|held| &held.value);
            let Some(value) = value.filter(|value| is_meant(value)) else { continue };
            restored.push_str(&text[done..span.start]);
            restored.push_str(&value.text);
            done = span.end;
        }
        restored.push_str(&text[done..]);
        Some(restored)
    }

    /// From a `<` to the mark after it, without another bracket between them.
    fn candidates<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let ends = memmem::find_iter(text.as_bytes(), self.mark.as_bytes());
        ends.filter_map(|at| {
            let end = at + self.mark.len();
            let floor = at.saturating_sub(LONGEST);
            let start = floor + memchr::memrchr(b'<', &text.as_bytes()[floor..at])?;
            let inside = &text.as_bytes()[start + 1..at];
            inside
                .iter()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
                .then_some(start..end)
        })
    }
}

impl Inner {
    fn used(&mut self, placeholder: &str) {
        let Some(held) = self.values.get_mut(placeholder) else { return };
        self.so_far += 1;
        held.last_use = self.so_far;
        self.uses.push_back((placeholder.to_owned(), self.so_far));
        if self.uses.len() > 2 * MAX_VALUES {
            let values = &self.values;
            self.uses.retain(|(placeholder, number)| is_last_use(values, placeholder, *number));
        }
    }

    /// Those that were used longest ago.
    fn forget_some(&mut self) {
        while self.values.len() > MAX_VALUES || self.bytes > MAX_BYTES && self.values.len() > 1 {
            let Some((placeholder, number)) = self.uses.pop_front() else { return };
            if is_last_use(&self.values, &placeholder, number)
                && let Some(Held { value, .. }) = self.values.remove(&placeholder)
            {
                self.bytes -= value.text.len();
                self.placeholders.remove(&value);
            }
        }
    }
}

fn is_last_use(values: &HashMap<String, Held>, placeholder: &str, number: u64) -> bool {
    values.get(placeholder).is_some_and(|held| held.last_use == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_vault_forgets_the_oldest_and_gives_no_placeholder_twice() {
        let vault = Vault::new();
        let first = vault.placeholder("X", "first");
        for number in 0..MAX_VALUES {
            vault.placeholder("X", &number.to_string());
        }
        assert_eq!(vault.restore(&first), Some(first.clone()), "it is forgotten");
        let again = vault.placeholder("X", "first");
        assert_ne!(again, first);
        assert_eq!(vault.restore(&again).as_deref(), Some("first"));
        assert_eq!(vault.inner.lock().values.len(), MAX_VALUES);
    }

    #[test]
    fn what_is_used_again_is_not_the_oldest() {
        let vault = Vault::new();
        let (used, unused) = (vault.placeholder("X", "used"), vault.placeholder("X", "unused"));
        for number in 0..3 * MAX_VALUES {
            vault.placeholder("X", &number.to_string());
            assert_eq!(vault.placeholder("X", "used"), used);
        }
        assert_eq!(vault.restore(&used).as_deref(), Some("used"));
        assert_eq!(vault.restore(&unused), Some(unused.clone()), "it is forgotten");
        assert!(vault.inner.lock().uses.len() <= 2 * MAX_VALUES + 1);
    }

    #[test]
    fn nothing_is_opened_by_another_vault() {
        let (one, other) = (Vault::new(), Vault::new());
        let placeholder = one.placeholder("X", "secret");
        assert_eq!(other.restore(&placeholder), None);
        assert_eq!(one.restore(&format!("<<{placeholder}")).as_deref(), Some("<<secret"));
    }
}
