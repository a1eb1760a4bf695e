//! Names and ids that cannot be mixed up, and the making of fresh ones.
//!
//! All are cheap to clone. None is a secret: gateway keys live in `secret`.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // Lets a map keyed by the id be asked with a plain string.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A configured server, as `server_name` writes it.
    ServerName
);
id!(
    /// A tool of one server, as that server names it.
    ToolName
);
id!(ProjectId);
id!(UserId);
id!(
    /// An entry of `mcp_configs`.
    ConfigId
);
id!(
    /// Who shares caches and sessions: `{user}_{project}_{config}`, or the uuid of a v1 gateway.
    CallerId
);

impl CallerId {
    /// Where the names themselves have underscores, their lengths tell whose each one is.
    pub fn of(user: &str, project: &str, config: &str) -> Self {
        let id = format!("{user}_{project}_{config}");
        if id.matches('_').count() == 2 {
            return Self(id.into());
        }
        Self(format!("{id}-{}.{}", user.len(), project.len()).into())
    }
}
id!(
    /// One request of a client; it is also the `correlation_id` of its errors.
    RequestId
);

impl RequestId {
    pub fn fresh() -> Self {
        let mut text = String::with_capacity(16);
        push_hex(&mut text, &random::<8>());
        Self::from(text)
    }
}

/// A version 4 UUID.
pub fn fresh_uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, &[*byte]);
    }
    text
}

pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 0x0f)]));
    }
}

/// Bytes from the system's generator. A system that has none cannot keep a secret either, so this aborts.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_callers_are_one() {
        assert_eq!(CallerId::of("u", "p", "c").as_str(), "u_p_c");
        assert_ne!(CallerId::of("a_b", "c", "d"), CallerId::of("a", "b_c", "d"));
        assert_ne!(CallerId::of("a", "b", "c_d"), CallerId::of("a", "b_c", "d"));
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let uuid = fresh_uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert_ne!(uuid, fresh_uuid());
    }
}
