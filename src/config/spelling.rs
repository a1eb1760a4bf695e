//! Whether a key that nobody knows is meant for one that is known: by its letters, by its words, however these are
//! joined, and by what a guardrail is called without saying so.

/// What policies are called in one word or another.
const POLICY: [&str; 5] = ["guardrail", "guardrails", "policy", "policies", "config"];

/// Words that say of tools what `denied` does.
const DENIED: [&str; 11] = [
    "ban",
    "banned",
    "block",
    "blocked",
    "deny",
    "disabled",
    "disallow",
    "disallowed",
    "exclude",
    "excluded",
    "forbidden",
];

/// Words that begin what is to close a key, or somebody's keys.
const CLOSES: [&str; 13] = [
    "active",
    "archived",
    "banned",
    "blocked",
    "closed",
    "deactivated",
    "deleted",
    "inactive",
    "locked",
    "removed",
    "revoke",
    "revoked",
    "suspended",
];

/// Words that say of tools that these are open.
const OPENED: [&str; 9] =
    ["allow", "allowed", "enable", "enabled", "filter", "include", "included", "only", "permitted"];

/// Lists that are one word.
const LISTS: [&str; 5] = ["allowlist", "blacklist", "blocklist", "denylist", "whitelist"];

/// What is in such a list.
const LISTED: [&str; 5] = ["list", "names", "patterns", "tool", "tools"];

/// Shorter names are almost anything.
const SHORTEST: usize = 4;

pub(super) fn almost(known: &str, key: &str) -> bool {
    if known.len() < SHORTEST {
        return false;
    }
    let (known, key) = (words(known), words(key));
    is_near(&known.join("_"), &key.join("_")) || names_the_same_policy(&known, &key) || denies(&known, &key)
}

/// Whether a key is meant to end somebody's access, or to say when it ends.
pub(super) fn ends_access(key: &str) -> bool {
    let words = words(key);
    let is_end = |word: &String| word == "until" || word.starts_with("expir");
    words.iter().any(is_end) || words.first().is_some_and(|word| CLOSES.contains(&word.as_str()))
}

/// Whether a switch of this name lets somebody in where it is true.
pub(super) fn opens(key: &str) -> bool {
    words(key).first().is_some_and(|word| word == "active" || OPENED.contains(&word.as_str()))
}

/// Whether a key is meant to say which tools are open: other programs have it under many names.
pub(super) fn chooses_tools(key: &str) -> bool {
    let words = words(key);
    let is_in = |list: &[&str], word: &String| list.contains(&word.as_str());
    let chooses = |word: &String| is_in(&DENIED, word) || is_in(&OPENED, word) || word == "denied";
    let of_a_list = |word: &String| is_in(&LISTED, word);
    words.iter().any(|word| is_in(&LISTS, word))
        || words.iter().all(|word| chooses(word) || of_a_list(word))
            && words.iter().any(chooses)
            && words.iter().any(of_a_list)
}

/// In small letters, without the `is` that some put before a switch.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in key.chars() {
        let hump = small && c.is_ascii_uppercase();
        if (hump || !c.is_ascii_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_ascii_alphanumeric()
        {
            word.push(c.to_ascii_lowercase());
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    if words.len() > 1 && words[0] == "is" {
        words.remove(0);
    }
    words
}

/// `input_guardrails` and `input_policy` are `input_guardrails_policy`.
fn names_the_same_policy(known: &[String], key: &[String]) -> bool {
    let rest = |words: &[String]| -> Vec<String> {
        let rest = words.iter().filter(|word| !POLICY.contains(&word.as_str()));
        rest.map(|word| word.trim_end_matches('s').to_owned()).collect()
    };
    let says_so =
        |words: &[String], count: usize| words.iter().any(|word| POLICY[..count].contains(&word.as_str()));
    let rest_of_known = rest(known);
    says_so(known, 2) && says_so(key, 4) && !rest_of_known.is_empty() && rest_of_known == rest(key)
}

fn denies(known: &[String], key: &[String]) -> bool {
    let is_tools = |word: &String| matches!(word.as_str(), "tool" | "tools");
    match (known, key) {
        ([denied, tools], [word, others]) => {
            denied == "denied" && tools == "tools" && is_tools(others) && DENIED.contains(&word.as_str())
        }
        _ => false,
    }
}

/// Whether at most two characters have to be changed, added or taken away.
fn is_near(known: &str, key: &str) -> bool {
    let (known, key): (Vec<char>, Vec<char>) = (known.chars().collect(), key.chars().collect());
    if known.len().abs_diff(key.len()) > 2 {
        return false;
    }
    let mut row: Vec<usize> = (0..=key.len()).collect();
    for (i, a) in known.iter().enumerate() {
        let mut left = i + 1;
        let mut corner = i;
        for (j, b) in key.iter().enumerate() {
            let here = (corner + usize::from(a != b)).min(left + 1).min(row[j + 1] + 1);
            row[j] = left;
            corner = row[j + 1];
            left = here;
        }
        row[key.len()] = left;
    }
    row[key.len()] <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_end_somebodys_access_is_known_by_its_words() {
        for (key, expected) in [
            ("expires_at", true),
            ("keyExpiry", true),
            ("valid-until", true),
            ("is_active", true),
            ("revokedAt", true),
            ("last_active_at", false),
            ("experience", false),
            ("team", false),
        ] {
            assert_eq!(ends_access(key), expected, "{key}");
        }
    }

    #[test]
    fn what_is_to_choose_among_tools_is_known_by_its_words() {
        for (key, expected) in [
            ("allowed_tools", true),
            ("enabledTools", true),
            ("disabledTools", true),
            ("tool-allow-list", true),
            ("toolWhitelist", true),
            ("includeTools", true),
            ("toolFilter", true),
            ("tools", false),
            ("alwaysAllow", false),
            ("tool_timeout", false),
            ("enabled", false),
            ("names", false),
        ] {
            assert_eq!(chooses_tools(key), expected, "{key}");
        }
    }

    #[test]
    fn a_key_is_known_by_its_letters_and_words() {
        for (known, key, expected) in [
            ("input_guardrails_policy", "input_gardrails_policy", true),
            ("input_guardrails_policy", "inputGuardrailsPolicy", true),
            ("input_guardrails_policy", "INPUT-GUARDRAILS-POLICY", true),
            ("input_guardrails_policy", "input_guardrails", true),
            ("input_guardrails_policy", "inputPolicy", true),
            ("input_guardrails_policy", "output_policy", false),
            ("tool_guardrails_policy", "tools_guardrail", true),
            ("input_guardrails_policy", "input", false),
            ("tool_guardrails_config", "tool_config", false),
            ("enabled", "is_enabled", true),
            ("enabled", "isEnabled", true),
            ("pii_redaction", "PIIRedaction", true),
            ("denied_tools", "deny_tools", true),
            ("denied_tools", "disallowedTools", true),
            ("denied_tools", "allowed_tools", false),
            ("block", "description", false),
            ("url", "uri", false),
        ] {
            assert_eq!(almost(known, key), expected, "{key}");
        }
    }
}
