//! Content that is not text: pictures, sound, blobs, and the text that comes as such.

use serde_json::Value;

use super::JsonObject;
use super::charset::{self, Reading};
use super::decoded::decodings;

/// Media types that are texts under another name than `text`.
const TEXTS: [&str; 12] = [
    "csv",
    "ecmascript",
    "html",
    "javascript",
    "json",
    "ndjson",
    "sh",
    "sql",
    "toml",
    "typescript",
    "xml",
    "yaml",
];

/// Whether an image, a sound or a blob stands anywhere in a message beside a call, or within one of its texts.
pub fn holds_media(value: &Value) -> bool {
    any_media(value, &|map| map.contains_key("blob") || is_block(map))
}

/// Whether an image, a sound or a blob stands anywhere in what a server wrote by a form of its own, where a member may
/// be called `blob` that is none.
pub(super) fn shows_media(value: &Value) -> bool {
    any_media(value, &is_block)
}

fn any_media(value: &Value, is_one: &dyn Fn(&JsonObject) -> bool) -> bool {
    match value {
        Value::String(text) => is_drawn(text),
        Value::Array(items) => items.iter().any(|item| any_media(item, is_one)),
        Value::Object(map) => {
            is_one(map) || map.iter().any(|(name, value)| is_drawn(name) || any_media(value, is_one))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_block(map: &JsonObject) -> bool {
    let text = |name: &str| map.get(name).and_then(Value::as_str);
    let is_shown = text("type").is_some_and(is_media) && map.contains_key("data");
    is_shown
        || text("blob").is_some() && ["uri", "mimeType"].into_iter().any(|beside| map.contains_key(beside))
}

/// Whether an address in a text is a picture, a sound or the like itself.
fn is_drawn(text: &str) -> bool {
    /// A media type and its parameters are no longer.
    const LONGEST: usize = 1024;
    const SCHEME: &[u8] = b"data:";
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).any(|colon| {
        let start = (colon + 1).saturating_sub(SCHEME.len());
        let rest = &bytes[colon + 1..];
        let comma = memchr::memchr(b',', &rest[..rest.len().min(LONGEST)]);
        bytes[start..=colon].eq_ignore_ascii_case(SCHEME)
            && comma.is_some_and(|comma| draws(&rest[..comma], &text[colon + comma + 2..]))
    })
}

/// By the media type before the comma, without the blanks that clients pass over, and by what is behind it.
fn draws(before: &[u8], data: &str) -> bool {
    let before = before.trim_ascii().iter().filter(|byte| !b"\t\r\n".contains(byte)).copied();
    let Ok(before) = String::from_utf8(before.collect()) else { return false };
    let (kind, parameters) = before.split_once(';').unwrap_or((&before, ""));
    if kind.contains(char::is_whitespace) || !kind.is_empty() && !kind.contains('/') {
        return false;
    }
    let is_base64 =
        parameters.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    let end = data.bytes().position(|byte| !is_digit(byte)).unwrap_or(data.len());
    let is_text = || reads(head(&data[..end])).any(|reading| reading != Reading::Binary);
    is_media(kind) || is_base64 && (has_top(kind, "application") || !is_text())
}

/// The base64 of a complete media block, the one string that holds no words. What is almost one is text.
pub fn encoded(block: &Value) -> Option<&str> {
    let texts = |pointers: [&str; 2]| pointers.map(|pointer| block.pointer(pointer).and_then(Value::as_str));
    let data = match block.get("type").and_then(Value::as_str)? {
        "image" | "audio" => match texts(["/data", "/mimeType"]) {
            [Some(data), Some(_)] => data,
            _ => return None,
        },
        "resource" => match texts(["/resource/blob", "/resource/uri"]) {
            [Some(blob), Some(_)] => blob,
            _ => return None,
        },
        _ => return None,
    };
    Some(data).filter(|data| is_base64(data))
}

/// As `encoded`, of the contents of a resource.
pub(super) fn encoded_contents(contents: &Value) -> Option<&str> {
    let blob = contents.get("blob")?.as_str()?;
    Some(blob).filter(|blob| contents.get("uri").is_some_and(Value::is_string) && is_base64(blob))
}

fn is_base64(data: &str) -> bool {
    !data.is_empty() && data.bytes().all(is_digit)
}

/// Of base64, of either alphabet, or what pads it.
fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// What texts there are in base64, wherever a picture, a sound or a blob stands: by their media types, or by their
/// bytes, whatever the type says. More than one of each where clients disagree.
pub struct Encoded {
    pub texts: Vec<String>,
    /// Whether some text is in no charset that is known here.
    pub unread: bool,
}

impl Encoded {
    pub fn of<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let readings: Vec<Reading> = values.into_iter().flat_map(written).collect();
        let unread = readings.contains(&Reading::Unread);
        Self { texts: readings.into_iter().filter_map(Reading::into_text).collect(), unread }
    }
}

fn written(value: &Value) -> Vec<Reading> {
    let mut readings = Vec::new();
    each_encoded(value, &mut |data, kind| readings.extend(read(data, kind)));
    readings
}

/// Goes over what may be base64, with its media type. All that `encoded` and `encoded_contents` name is among it:
/// what nobody reads as it stands is read in another way.
fn each_encoded<'a>(value: &'a Value, act: &mut dyn FnMut(&'a str, &'a str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_encoded(item, act)),
        Value::Object(map) => {
            let text = |name: &str| map.get(name).and_then(Value::as_str);
            let is_block = text("type").is_some_and(|kind| !matches!(kind, "text" | "resource_link"));
            if is_block || ["uri", "mimeType"].into_iter().any(|beside| map.contains_key(beside)) {
                let kind = text("mimeType").unwrap_or_default();
                ["data", "blob"].into_iter().filter_map(text).for_each(|data| act(data, kind));
            }
            map.values().for_each(|value| each_encoded(value, act));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn read(data: &str, kind: &str) -> Vec<Reading> {
    let charset = charset(kind);
    if is_text(kind) || charset.is_some() {
        return decodings(data).into_iter().flat_map(|bytes| charset::text(&bytes, charset)).collect();
    }
    // What is shown or played is not read to its end, unless it begins like a text.
    let is_read = !is_media(kind) || reads(head(data)).any(|reading| reading != Reading::Binary);
    if is_read { reads(data).collect() } else { Vec::new() }
}

fn reads(data: &str) -> impl Iterator<Item = Reading> {
    decodings(data).into_iter().flat_map(charset::sniffed)
}

/// So much of what is encoded that a picture or a sound is known by it.
fn head(data: &str) -> &str {
    const ENOUGH: usize = 4096;
    data.get(..ENOUGH).unwrap_or(data)
}

/// What is shown or played, if its bytes are what its type says.
fn is_media(kind: &str) -> bool {
    ["image", "audio", "video", "font"].into_iter().any(|media| has_top(kind, media))
}

fn has_top(kind: &str, top: &str) -> bool {
    kind.trim_start().split('/').next().unwrap_or_default().eq_ignore_ascii_case(top)
}

fn charset(kind: &str) -> Option<&str> {
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, charset)| charset.trim().trim_matches(['"', '\'']))
}

fn is_text(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (top, sub) = essence.split_once('/').unwrap_or((&essence, ""));
    let sub = sub.rsplit('+').next().unwrap_or_default();
    top == "text" || TEXTS.contains(&sub.strip_prefix("x-").unwrap_or(sub))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_picture_is_one_wherever_it_stands() {
        let png = "data:image/png;base64,iVBORw0KGgo=";
        for (value, expected) in [
            (json!({"uri": png}), true),
            (json!([format!("![x](DATA:{})", &png[5..])]), true),
            (json!("<img src='data:image/svg+xml,%3Csvg/%3E'>"), true),
            (json!("data:application/octet-stream;base64,AAAA"), true),
            (json!({"a": [{"type": "image", "data": "AAAA", "mimeType": "image/png"}]}), true),
            (json!({"a": {"uri": "a:b", "blob": "AAAA"}}), true),
            (json!({"path": "a.rs", "type": "blob", "blob": "3f2a9c"}), false),
            (json!("the data: image, text, more"), false),
            (json!("data:text/plain;base64,YQ=="), false),
            (json!("data: application/json, a"), false),
            (json!("<img src=\"data:;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA\">"), true),
            (json!("data:text/plain;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA"), true),
            (json!("data: image/png;base64,AAAA"), true),
            (json!("data:ima\nge/png;base64,AAAA"), true),
            (json!(format!("data:image/png;x={};base64,AAAA", "y".repeat(300))), true),
            (json!({png: 1}), true),
            (json!({"type": "Video", "mimeType": "video/mp4", "data": "AAAA"}), true),
            (json!("data:;base64,YSBub3Rl"), false),
            (json!("meta-data: see a/b, c; the rest"), false),
            (json!({"type": "font size", "data": 1}), false),
        ] {
            assert_eq!(shows_media(&value), expected, "{value}");
        }
    }

    #[test]
    fn text_in_base64_is_text() {
        let blob = "YSBub3Rl";
        let resource = |kind: &str| json!({"type": "resource", "resource": {"uri": "a:b", "blob": blob, "mimeType": kind}});
        for block in [
            resource("text/plain; charset=utf-8"),
            resource("Text/HTML"),
            resource("application/ld+json"),
            resource("application/x-yaml"),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": blob}}),
            json!({"type": "image", "data": blob, "mimeType": "image/svg+xml"}),
            json!({"uri": "a:b", "blob": blob, "mimeType": "text/x-vendor"}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": "YSBub3Rl____", "mimeType": "text/plain"}}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": "YSBu\nb3Rl\n", "mimeType": "text/plain"}}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": "YS.Bu!b3\u{c}Rl"}}),
            resource(""),
            resource("application/octet-stream"),
            resource("application/x-tex"),
            resource("plain"),
            resource("image/png"),
            json!({"type": "image", "data": blob, "mimeType": "image/png"}),
            json!({"type": "audio", "data": format!("{blob}{}", "IGFuZCBtb3Jl".repeat(1000)), "mimeType": "audio/wav"}),
        ] {
            let is_it =
                |reading: &Reading| matches!(reading, Reading::Text(text) if text.starts_with("a note"));
            assert!(written(&block).iter().any(is_it), "{block}");
        }
        for block in [
            json!({"type": "image", "data": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA", "mimeType": "image/png"}),
            json!({"type": "audio", "data": "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=", "mimeType": "audio/wav"}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA"}}),
            json!({"type": "text", "text": blob}),
        ] {
            assert!(written(&block).iter().all(|reading| *reading == Reading::Binary), "{block}");
        }
    }

    #[test]
    fn what_is_left_out_as_it_stands_is_read_decoded() {
        let (note, other) = ("YSBub3Rl", "AAAA");
        let members = |value: &Value| value.as_object().cloned().expect("an object");
        let mut asked = 0;
        for base in [
            json!({"type": "image", "mimeType": "image/png", "data": note}),
            json!({"type": "audio", "mimeType": "text/plain", "data": note}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": note}}),
            json!({"uri": "a:b", "blob": note, "mimeType": "text/plain"}),
        ] {
            for more in [
                json!({}),
                json!({"blob": other}),
                json!({"blob": null}),
                json!({"blob": 1}),
                json!({"data": other}),
                json!({"data": {"a": 1}}),
                json!({"type": "resource"}),
                json!({"type": "image"}),
                json!({"type": 1}),
                json!({"resource": {"uri": "a:b", "blob": other}}),
                json!({"resource": note}),
                json!({"uri": 1, "mimeType": ["text/plain"]}),
            ] {
                let block = Value::Object(members(&more).into_iter().chain(members(&base)).collect());
                for left_out in [encoded(&block), encoded_contents(&block)].into_iter().flatten() {
                    let mut read = Vec::new();
                    each_encoded(&block, &mut |data, _| read.push(data.as_ptr()));
                    assert!(read.contains(&left_out.as_ptr()), "{block}");
                    asked += 1;
                }
            }
        }
        assert!(asked > 30, "{asked}");
    }
}
