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
    match value {
        Value::String(text) => is_drawn(text),
        Value::Array(items) => items.iter().any(holds_media),
        Value::Object(map) => map.contains_key("blob") || is_block(map) || map.values().any(holds_media),
        _ => false,
    }
}

/// Whether an image, a sound or a blob stands anywhere in what a server wrote by a form of its own, where a member may
/// be called `blob` that is none.
pub(super) fn shows_media(value: &Value) -> bool {
    match value {
        Value::String(text) => is_drawn(text),
        Value::Array(items) => items.iter().any(shows_media),
        Value::Object(map) => is_block(map) || map.values().any(shows_media),
        _ => false,
    }
}

fn is_block(map: &JsonObject) -> bool {
    let kind = map.get("type").and_then(Value::as_str);
    let is_blob = map.get("blob").is_some_and(Value::is_string);
    matches!(kind, Some("image" | "audio")) && map.contains_key("data")
        || is_blob && ["uri", "mimeType"].into_iter().any(|beside| map.contains_key(beside))
}

/// Whether an address in a text is a picture, a sound or the like itself.
fn is_drawn(text: &str) -> bool {
    /// A media type and its parameters are no longer.
    const LONGEST: usize = 128;
    const SCHEME: &[u8] = b"data:";
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).any(|colon| {
        let start = (colon + 1).saturating_sub(SCHEME.len());
        let rest = &bytes[colon + 1..];
        let head = memchr::memchr(b',', &rest[..rest.len().min(LONGEST)]).map(|comma| &rest[..comma]);
        let head = head.and_then(|head| std::str::from_utf8(head).ok()).map(str::to_ascii_lowercase);
        bytes[start..=colon].eq_ignore_ascii_case(SCHEME)
            && head.is_some_and(|head| {
                let binary = is_media(&head) || head.starts_with("application/") && head.ends_with(";base64");
                binary && head.contains('/') && !head.contains(char::is_whitespace)
            })
    })
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
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    !data.is_empty() && data.bytes().all(base64)
}

/// How a block reads that is a text in base64: by its media type, or by its bytes, whatever its type says. More than
/// once where decoders disagree.
pub(super) fn written(block: &Value) -> Vec<Reading> {
    read(block).unwrap_or_default()
}

fn read(block: &Value) -> Option<Vec<Reading>> {
    let place = match block.get("type").and_then(Value::as_str) {
        Some("resource") => block.get("resource")?,
        _ => block,
    };
    let data = place.get("blob").or_else(|| place.get("data"))?.as_str()?;
    let kind = place.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let charset = charset(kind);
    if is_text(kind) || charset.is_some() {
        let texts = decodings(data).into_iter().map(|bytes| charset::text(&bytes, charset));
        return Some(texts.collect());
    }
    // What is shown or played is not read to its end, unless it begins like a text.
    let is_read = !is_media(kind) || reads(head(data)).any(|reading| reading != Reading::Binary);
    is_read.then(|| reads(data).collect())
}

fn reads(data: &str) -> impl Iterator<Item = Reading> {
    decodings(data).into_iter().map(charset::sniffed)
}

/// So much of what is encoded that a picture or a sound is known by it.
fn head(data: &str) -> &str {
    const ENOUGH: usize = 4096;
    data.get(..ENOUGH).unwrap_or(data)
}

/// What is shown or played, if its bytes are what its type says.
fn is_media(kind: &str) -> bool {
    let top = kind.trim_start().split('/').next().unwrap_or_default();
    ["image", "audio", "video", "font"].iter().any(|media| top.eq_ignore_ascii_case(media))
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
}
