//! JSON as it comes from outside (`json/read.rs`), and values written as text, with long strings at the speed of memory.
//!
//! The text is what `serde_json` writes. It looks at a string byte by byte for what must be escaped, though, and a
//! result of many megabytes is escaped three times on its way through the gateway.

use std::io::Write as _;

use serde_json::{Map, Value};

mod read;

pub use read::{read, reason, without_mark};

/// A text shorter than this cannot hold enough values to matter.
pub const LARGE: usize = 256 * 1024;

/// More than any honest message has; in memory they take about a hundred bytes each.
pub const MAX_VALUES: usize = 500_000;

/// Looked at in one go; the compiler makes vector instructions of it.
const STRIDE: usize = 32;

pub fn write(value: &Value, out: &mut Vec<u8>) {
    put::<false>(value, out);
}

pub fn write_object(map: &Map<String, Value>, out: &mut Vec<u8>) {
    put_object::<false>(map, out);
}

/// Writes the object's JSON as one JSON string: escaped twice on the way, and never there as a text of its own.
pub fn write_nested(map: &Map<String, Value>, out: &mut Vec<u8>) {
    out.push(b'"');
    put_object::<true>(map, out);
    out.push(b'"');
}

/// Leads a JSON pointer one member or item further down.
pub fn step(pointer: &mut String, name: &str) {
    pointer.push('/');
    if name.contains(['~', '/']) {
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(name);
    }
}

/// The pointer to a member of the outermost object.
pub fn pointer(name: &str) -> String {
    let mut pointer = String::with_capacity(name.len() + 1);
    step(&mut pointer, name);
    pointer
}

/// As text for services that compare texts: members sorted by name, a blank after each comma and colon.
pub fn sorted(value: &Value) -> String {
    let mut out = Vec::new();
    put_sorted(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn put_sorted(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                put_sorted(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push(b'{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                put_string::<false>(key, out);
                out.extend_from_slice(b": ");
                put_sorted(value, out);
            }
            out.push(b'}');
        }
        plain => put::<false>(plain, out),
    }
}

fn put<const NESTED: bool>(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        // Writing to memory does not fail.
        Value::Number(number) => drop(write!(out, "{number}")),
        Value::String(text) => put_string::<NESTED>(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                put::<NESTED>(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => put_object::<NESTED>(map, out),
    }
}

fn put_object<const NESTED: bool>(map: &Map<String, Value>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        put_string::<NESTED>(key, out);
        out.push(b':');
        put::<NESTED>(value, out);
    }
    out.push(b'}');
}

fn put_string<const NESTED: bool>(text: &str, out: &mut Vec<u8>) {
    // With room for some escapes and for what follows: a long text is not copied for the sake of a few bytes.
    out.reserve(text.len() + text.len() / 16 + 4);
    put_quote::<NESTED>(out);
    for piece in text.as_bytes().chunks(STRIDE) {
        if piece.iter().fold(false, |any, byte| any | needs_escape(*byte)) {
            for byte in piece {
                put_byte::<NESTED>(*byte, out);
            }
        } else {
            out.extend_from_slice(piece);
        }
    }
    put_quote::<NESTED>(out);
}

fn needs_escape(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

fn put_byte<const NESTED: bool>(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => {
            put_backslash::<NESTED>(out);
            return put_quote::<NESTED>(out);
        }
        b'\\' => {
            put_backslash::<NESTED>(out);
            return put_backslash::<NESTED>(out);
        }
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0x00..0x20 => {
            put_backslash::<NESTED>(out);
            return drop(write!(out, "u{byte:04x}"));
        }
        _ => return out.push(byte),
    };
    put_backslash::<NESTED>(out);
    out.push(short);
}

fn put_quote<const NESTED: bool>(out: &mut Vec<u8>) {
    out.extend_from_slice(if NESTED { b"\\\"" } else { b"\"" });
}

fn put_backslash<const NESTED: bool>(out: &mut Vec<u8>) {
    out.extend_from_slice(if NESTED { b"\\\\" } else { b"\\" });
}

/// About how many values a JSON text holds: a few bytes of text can be a hundred in memory.
pub fn values(text: &[u8]) -> usize {
    let mut count = 1;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = after_string(text, at + 1),
            b',' | b'[' | b'{' => {
                count += 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    count
}

fn after_string(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn same(value: &Value) {
        let mut written = Vec::new();
        write(value, &mut written);
        assert_eq!(String::from_utf8(written).expect("text"), value.to_string());
    }

    #[test]
    fn every_kind_of_value_is_written_as_serde_json_writes_it() {
        same(&json!({"a": [null, true, false, 0, -1, 1.5, 1e300, u64::MAX, {}], "é\"\\\n": {"": []}}));
    }

    #[test]
    fn a_nested_object_is_the_text_of_the_object() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        let value = json!({"a\"": [all, {"b\\": "\u{1f600}\n"}, 1.5, null]});
        let mut written = Vec::new();
        write_nested(value.as_object().expect("an object"), &mut written);
        assert_eq!(String::from_utf8(written).expect("text"), Value::String(value.to_string()).to_string());
    }

    #[test]
    fn values_in_strings_do_not_count() {
        for (text, count) in [
            ("7", 1),
            ("[0,0,0]", 4),
            (r#"{"a":1,"b":[{}]}"#, 5),
            (r#""[,{\"[,{""#, 1),
            (r#"["a\\",1]"#, 3),
            ("\"open", 1),
        ] {
            assert_eq!(values(text.as_bytes()), count, "{text}");
        }
    }

    #[test]
    fn every_character_is_escaped_at_every_place_of_a_stride() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        for shift in 0..STRIDE {
            same(&Value::String("x".repeat(shift) + &all));
        }
        same(&Value::String("𝄞".repeat(100)));
    }
}
