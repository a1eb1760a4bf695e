//! Secrets that cannot print, and the masking of text that may hold some.
//!
//! `expose` is the only way out of a type here: clippy refuses `expose_secret`, so that a search for the one word finds
//! every place where a secret leaves.

use std::fmt;

use base64::Engine as _;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::ids::{push_hex, random};

mod mask;
mod named;

pub use mask::{Masker, found_in, mask_argument, mask_url, replaced};
pub use named::{attached, hints_at_one, is_authorization, is_pair, is_phrase, is_told, named_in, names_one};

/// The key with which a caller opens the gateway.
#[derive(Clone, Debug)]
pub struct GatewayKey(SecretString);

/// A key as the configuration stores it: in the clear, or as `sha256:<hex>`. Either way only its digest is kept. Of
/// other secrets it tells one from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

/// The key of a remote guardrail or authentication service.
#[derive(Clone, Debug)]
pub struct ApiKey(SecretString);

/// A value of a server's `env` or `headers`, or an argument that came from a reference.
#[derive(Clone, Debug)]
pub struct SecretValue(SecretString);

impl KeyDigest {
    fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

impl GatewayKey {
    /// 48 characters of the URL-safe alphabet, the first one a letter so that no command line takes it for an option.
    pub fn generate() -> Self {
        let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random::<36>());
        Self::from(format!("k{}", &body[1..]))
    }

    /// The last four characters, which tell keys apart and open nothing; none of a key too short to spare them.
    pub fn hint(&self) -> String {
        hint(self.expose())
    }

    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    #[expect(clippy::disallowed_methods, reason = "the one door out of this type")]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl KeyDigest {
    /// Reads `sha256:<64 hex digits>`; anything else is no digest.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("sha256:")?;
        if hex.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// The first eight hex digits: enough to find the entry, useless to an attacker.
    pub fn hint(&self) -> String {
        let mut text = String::from("sha256:");
        push_hex(&mut text, &self.0[..4]);
        text + "…"
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

impl ApiKey {
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    pub fn hint(&self) -> String {
        hint(self.expose())
    }

    #[expect(clippy::disallowed_methods, reason = "the one door out of this type")]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl SecretValue {
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    #[expect(clippy::disallowed_methods, reason = "the one door out of this type")]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

macro_rules! from_string {
    ($($name:ident),*) => {$(
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(SecretString::from(text))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(SecretString::from(text))
            }
        }
    )*};
}

from_string!(GatewayKey, ApiKey, SecretValue);

fn hint(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 12 {
        return "****".to_owned();
    }
    format!("****{}", secret.chars().skip(count - 4).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_debug_prints_nothing_of_a_secret() {
        let key = GatewayKey::from("correct-horse-battery-KEQ5");
        assert!(!format!("{key:?}").contains("horse"));
        assert_eq!(key.hint(), "****KEQ5");
        assert_eq!(GatewayKey::from("short").hint(), "****");
    }

    #[test]
    fn a_stored_digest_matches_its_key_only() {
        let key = GatewayKey::generate();
        let mut stored = String::from("sha256:");
        push_hex(&mut stored, &key.digest().0);
        let stored = KeyDigest::parse(&stored).expect("a digest");
        assert!(stored.matches(&key.digest()));
        assert!(!stored.matches(&GatewayKey::generate().digest()));
        assert_eq!(KeyDigest::parse("sha256:12"), None);
    }

    #[test]
    fn a_generated_key_starts_with_a_letter() {
        let key = GatewayKey::generate();
        assert_eq!(key.expose().len(), 48);
        assert!(key.expose().starts_with('k'));
    }
}
