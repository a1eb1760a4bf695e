//! Keys and passwords: tokens that a vendor's prefix gives away, private keys, addresses with a password
//! in them, and values that are assigned to something called a password, a token or a key.

mod assigned;
mod keys;
mod value;
mod vendors;

use super::rules::{EVERYWHERE, Rule, Table};
use super::{Finding, Kind};

pub(super) const TABLES: &[Table] = &[
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before: 24,
        after: 400,
        rules: vendors::TOKENS,
        check: Some(is_token),
    },
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before: 80,
        after: 512,
        rules: vendors::NAMED,
        check: Some(is_named),
    },
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before: 16,
        after: 4096,
        rules: keys::BLOCKS,
        check: None,
    },
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before: 200,
        after: 300,
        rules: keys::ADDRESSES,
        check: Some(is_login),
    },
    Table {
        kind: Kind::Secret,
        places: EVERYWHERE,
        before: 48,
        after: 260,
        rules: assigned::RULES,
        check: Some(assigned::is_assigned),
    },
];

use std::ops::Range;

/// A vendor's token is random: not a placeholder, and not one character over and over.
fn is_token(_: &Rule, text: &str, _: Range<usize>, span: Range<usize>) -> bool {
    text.get(span).is_some_and(|token| !value::is_placeholder(token) && value::entropy(token) >= 2.3)
}

/// What follows a vendor's name must look random by itself.
fn is_named(_: &Rule, text: &str, _: Range<usize>, span: Range<usize>) -> bool {
    text.get(span).is_some_and(|token| !value::is_placeholder(token) && value::is_random(token))
}

fn is_login(_: &Rule, text: &str, _: Range<usize>, span: Range<usize>) -> bool {
    text.get(span).is_some_and(|password| password.len() >= 3 && !value::is_placeholder(password))
}

/// What no literal gives away: tokens by their shape alone.
pub(super) fn scan(_text: &str, _found: &mut Vec<Finding>) {}

#[cfg(test)]
mod tests {
    use super::super::{FLAGGED, Kinds, Place, inspect};
    use super::*;

    fn found(text: &str) -> bool {
        let kinds = Kinds::NONE.with(Kind::Secret);
        inspect(text, Place::Result, kinds).iter().any(|one| one.score >= FLAGGED)
    }

    #[test]
    fn tokens_keys_and_passwords_are_found() {
        for text in [
            "aws: AKIAQZ7WLN3XKD5TJ2RM",
            "token ghp_k3JdL9xQ2mVbT7sRz8YwPn4HcF6gUa1EoXi0",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7",
            "postgres://svc:kV9x2pQ7@db.internal:5432/app",
            "DB_PASSWORD='t7Rk!m2Qz'",
            "client_secret: \"9fJ2kLmQ8xTz4vBn7wRp3sHd\"",
            "Authorization: Bearer 8f3kd92ksl0Ckd83jslQpz71Mx",
        ] {
            assert!(found(text), "{text}");
        }
    }

    #[test]
    fn hashes_ids_and_talk_of_passwords_are_none() {
        for text in [
            "\"integrity\": \"sha512-RbJ5/jmFcNNCcDV5o9eTnBLJ/HszWV0P73bc+Ff4nS/rJj+YaS6IGyiOL0VoBYX+l1Wrl3k63h==\"",
            "session id 550e8400-e29b-41d4-a716-446655440000",
            "password = get_password(user)",
            "api_key = os.environ[\"API_KEY\"]",
            "Enter your password: ",
            "token_count = 1200; max_tokens: 4096",
            "password: <your-password>",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}
