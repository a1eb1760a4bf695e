//! What joins the name of a secret and its value: a sign, an attribute, or a few words.

use super::super::runs::Class;
use super::super::words::Words;
use super::mentions::NAMED;

/// What stands between a name and the sign.
pub(super) static BLANKS: Class = Class::of(b" \t");

/// The length of the sign of an assignment that a text begins with.
pub(super) fn sign(text: &[u8]) -> Option<usize> {
    match text {
        [b'l', b'a', b'u', b't', b'e', b't', b' ', ..] => Some(7),
        [b':', b':', b':', b'=', ..] | [b'i' | b'e', b's', b't', b' ', ..] => Some(4),
        [b':', b':', b'=', ..] | [b'=' | b'!', b'=', b'=', ..] | [b'i' | b'e', b's', b' ', ..] => Some(3),
        [b'=' | b'!' | b':' | b'?', b'=', ..] | [b'=' | b'-', b'>', ..] | [b'|', b'|', ..] => Some(2),
        [b'=' | b':', ..] => Some(1),
        _ => None,
    }
}

/// The length of what stands before a value whose name is a value itself: `name="password" value=`.
pub(super) fn bridge(text: &[u8]) -> Option<usize> {
    static GAPS: Class = Class::of(b" \t\r\n,{");
    static MEMBERS: Words = Words::new(&["default", "value"]);
    const GAP: usize = 24;
    let gap = GAPS.length(&text[..text.len().min(GAP + 1)]);
    let quote = |at: usize| at + usize::from(matches!(text.get(at), Some(b'"' | b'\'')));
    let start = quote(gap);
    if gap == 0 || gap > GAP {
        return None;
    }
    let member = MEMBERS.begin(text.get(start..)?, |_| true)?;
    let end = quote(start + MEMBERS.word(member).len());
    let sign = end + BLANKS.length(&text[end..]);
    matches!(text.get(sign), Some(b'=' | b':')).then_some(sign + 1)
}

/// The length of `for the admin is ` and its like between a name and its value.
pub(super) fn phrase(text: &[u8]) -> Option<usize> {
    const OF: &[&str] =
        &["de", "del", "di", "for", "fuer", "fur", "of", "para", "per", "pour", "to", "von", "zu", "zum"];
    const IS: &[&str] = &["es", "est", "ist", "is", "lautet"];
    const LONGEST: usize = 64;
    const WORDS: usize = 5;
    let near = &text[..text.len().min(LONGEST)];
    let mut at = 0;
    for count in 0..=WORDS {
        let word = near.get(at + 1..).filter(|_| near[at] == b' ')?;
        let word = &word[..word.iter().position(|byte| *byte == b' ')?];
        let one_of = |any: &[&str]| any.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        if count == 0 && !one_of(OF)
            || word.is_empty()
            || !word.iter().all(|byte| NAMED.has(*byte) || *byte > 127)
        {
            return None;
        }
        at += 1 + word.len();
        if count > 0 && one_of(IS) {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::probe::Probe;
    use super::super::super::{Kind, Kinds, Place};

    const SECRETS: Probe = Probe(Place::Result, Kinds::NONE.with(Kind::Secret));

    #[test]
    fn a_password_is_told_in_a_few_words_or_in_an_element() {
        for text in [
            "Das Passwort lautet k3Jd9xQ2mV.",
            "Das Passwort für den Admin lautet k3Jd9xQ2mV",
            "the password for the admin is k3Jd9xQ2mV",
            "la contraseña de la base es k3Jd9xQ2mV",
            "<password>BZzdPaRXLujT</password>",
        ] {
            assert_eq!(SECRETS.rules(text), ["secret.password"], "{text}");
        }
        for text in [
            "the password for the admin is set in the vault",
            "the password for new users is required, see page 12",
            "Das Passwort für den Admin ist abgelaufen.",
            "The password to the account of the guest of the house of the lake is k3Jd9xQ2mV",
            "<password>Kennwort</password>",
            "<password>CurrentPassword</password>",
            "<passwordField>",
        ] {
            assert_eq!(SECRETS.found(text), [], "{text}");
        }
    }
}
