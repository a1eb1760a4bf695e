//! Which URIs are one address, however each of them is spelt, and which a template stands for.
//!
//! Servers read a URI as their libraries do: some compare what is written, most parse it, many decode it. What is kept
//! away is kept away in each of these readings.

use reqwest::Url;

/// Times that a URI is decoded: one that is still encoded then is read by nobody.
const ROUNDS: usize = 3;

/// All that a URI, or a template, is read as: as it is written, as parsers write it, and decoded.
pub(super) struct Address(Vec<String>);

impl Address {
    pub(super) fn of(uri: &str) -> Self {
        let mut readings = vec![uri.to_owned()];
        for _ in 0..ROUNDS {
            let parsed = parsed(&readings[readings.len() - 1]);
            let read = decoded(&parsed);
            let is_known = readings.contains(&read);
            readings.extend([parsed, read]);
            if is_known {
                break;
            }
        }
        readings.dedup();
        Self(readings)
    }

    /// Whether it is another's in one of its readings. A query that is only added changes nothing: what does not know it
    /// leaves it out.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.iter().any(|reading| other.0.iter().any(|other| is_same(reading, other)))
    }

    /// Whether a template could stand for it in one of its readings which is not let pass.
    pub(super) fn could_be_of(&self, template: &Self, is_let_pass: &dyn Fn(&str) -> bool) -> bool {
        self.0.iter().any(|reading| {
            let path = reading.split_once('?').map_or(reading.as_str(), |(path, _)| path);
            let covers = |template: &String| could_fit(template, reading) || could_fit(template, path);
            template.0.iter().any(covers) && !is_let_pass(reading)
        })
    }
}

fn is_same(reading: &str, other: &str) -> bool {
    let more = reading.strip_prefix(other).and_then(|more| more.bytes().next());
    reading == other || more == Some(if other.contains('?') { b'&' } else { b'?' })
}

/// Without blanks around it, a fragment and dots for segments, its scheme and host in small letters.
fn parsed(uri: &str) -> String {
    let text = match Url::parse(uri) {
        Ok(mut url) => {
            url.set_fragment(None);
            url.into()
        }
        Err(_) => {
            let uri = uri.trim_matches(|c: char| c <= ' ');
            uri.split_once('#').map_or(uri, |(uri, _)| uri).to_owned()
        }
    };
    let host = text.find("://").map_or(0, |scheme| scheme + 3);
    let end = text[host..].find(['/', '?']).map_or(text.len(), |end| host + end);
    if host == 0 { text } else { text[..end].to_ascii_lowercase() + &text[end..] }
}

/// With its percent signs read.
pub fn decoded(uri: &str) -> String {
    let bytes = uri.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Whether a URI template stands for a URI: each expression for some text, the simple ones for one without a slash.
pub(super) fn fits(template: &str, uri: &str) -> bool {
    matches(template, uri, &|expression, text| {
        let simple = expression.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        !simple || !text.is_empty() && !text.contains('/')
    })
}

/// Whether one could, to a server that takes any text for an expression.
fn could_fit(template: &str, uri: &str) -> bool {
    matches(template, uri, &|_, _| true)
}

fn matches(template: &str, uri: &str, stands_for: &dyn Fn(&str, &str) -> bool) -> bool {
    let mut pieces = template.split('{');
    let Some(mut rest) = pieces.next().and_then(|first| uri.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        let Some((expression, literal)) = piece.split_once('}') else { return false };
        let at = match (literal.is_empty(), pieces.peek()) {
            (true, None) => Some(rest.len()),
            (true, Some(_)) => rest.find('/').or(Some(rest.len())),
            (false, None) => rest.strip_suffix(literal).map(str::len),
            (false, Some(_)) => rest.find(literal),
        };
        let Some(at) = at else { return false };
        if !stands_for(expression, &rest[..at]) {
            return false;
        }
        rest = &rest[at + literal.len()..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_stand_for_their_uris() {
        for (template, uri, expected) in [
            ("test://template/{id}/data", "test://template/7/data", true),
            ("test://template/{id}/data", "test://template/7/8/data", false),
            ("test://template/{id}/data", "test://template//data", false),
            ("test://template/{id}/data", "test://template/7/date", false),
            ("file:///{+path}", "file:///a/b/c.txt", true),
            ("a://{x}", "a://1", true),
            ("a://{x}", "b://1", false),
            ("a://{x}/{y}", "a://1/2", true),
            ("a://{x}-{y}.txt", "a://1-2.txt", true),
            ("a://search{?q}", "a://search?q=1", true),
            ("a://plain", "a://plain", true),
            ("a://plain", "a://plainer", false),
            ("a://{open", "a://x", false),
        ] {
            assert_eq!(fits(template, uri), expected, "{template} for {uri}");
        }
    }

    #[test]
    fn one_address_has_many_spellings() {
        let same = |uri: &str, other: &str| Address::of(uri).is(&Address::of(other));
        for uri in [
            "lab://poison/a",
            "LAB://poison/a",
            "lab://Poison/a",
            "lab://poison/%61",
            "lab://p%6Fison/a",
            "lab://poison/%2561",
            "lab://poison/./a",
            "lab://poison/b/../a",
            "lab://poison/b%3F/../a",
            "lab://poison/%2e/a",
            "lab://poison/b/%2E%2e%2Fa",
            "lab://poison/a#",
            "lab://poison/a#b",
            "lab://poison/a?",
            "lab://poison/a?x=1",
            " lab://poison/a",
            "lab://poi\tson/a",
        ] {
            assert!(same(uri, "lab://poison/a"), "{uri}");
        }
        for uri in
            ["lab://poison/ab", "lab://poison/A", "lab://poison/b/a", "lab://poison", "lab://poison/?a"]
        {
            assert!(!same(uri, "lab://poison/a"), "{uri}");
        }
        assert!(same("http://h.example:80/a", "HTTP://H.example/a") && same("Poison#", "Poison"));
        assert!(same("m://x?a=1&b=2", "m://x?a=1") && !same("m://x?a=12", "m://x?a=1"));
        assert!(!same("m://x", "m://x?a=1") && !same("poison", "Poison"));
        assert!(same("m://h/caf%C3%A9 1", "m://h/café%201"));
    }

    #[test]
    fn what_is_read_as_of_a_template_is_of_it() {
        let of = |uri: &str, template: &str, open: &str| {
            Address::of(uri).could_be_of(&Address::of(template), &|reading| fits(open, reading))
        };
        for uri in
            ["bad://1", "BAD://1", "bad://1?x", "bad://1/2", "bad://", "bad://{x}", "bad://{y}", "%62ad://1"]
        {
            assert!(of(uri, "bad://{x}", "ok://{x}"), "{uri}");
        }
        assert!(of("bad://1/data?y", "BAD://{x}/data", "ok://{x}"));
        for uri in ["lab://h/open/../poison/1", "lab://h/open/..%2Fpoison/1", "lab://h/open/%2e%2e/poison/1"]
        {
            assert!(of(uri, "lab://h/poison/{x}", "lab://h/open/{+x}"), "{uri}");
        }
        assert!(!of("lab://open/1", "lab://poison/{x}", "lab://open/{+x}"));
        assert!(!of("lab://open/1", "{+all}", "lab://open/{x}"), "another template stands for it");
    }

    #[test]
    fn the_longest_uri_has_an_end() {
        let long = format!("lab://h/{}", "%25".repeat(1 << 18));
        assert!(Address::of(&long).is(&Address::of(&long)));
    }
}
