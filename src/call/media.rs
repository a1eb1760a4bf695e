//! Content that is not text: pictures, sound, blobs, and the text that comes as such.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::charset::{self, Reading};

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

/// Whether an image, a sound or a blob stands anywhere in a message beside a call.
pub fn holds_media(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(holds_media),
        Value::Object(map) => {
            let kind = map.get("type").and_then(Value::as_str);
            let is_media = matches!(kind, Some("image" | "audio")) && map.contains_key("data");
            is_media || map.contains_key("blob") || map.values().any(holds_media)
        }
        _ => false,
    }
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

/// How a block reads that is a text in base64: a blob whose media type is that of a text, or of nothing that is known
/// to be none and reads as one, and a picture that is drawn in words.
pub(super) fn written(block: &Value) -> Reading {
    read(block).unwrap_or(Reading::Binary)
}

fn read(block: &Value) -> Option<Reading> {
    let place = match block.get("type").and_then(Value::as_str) {
        Some("resource") => block.get("resource")?,
        _ => block,
    };
    let data = place.get("blob").or_else(|| place.get("data"))?.as_str()?;
    // Lines of base64 are base64 to who decodes it.
    let data: Cow<'_, str> =
        if data.contains(BLANKS) { data.replace(BLANKS, "").into() } else { data.into() };
    if !is_base64(&data) {
        return None;
    }
    let kind = place.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let charset = charset(kind);
    if is_text(kind) || charset.is_some() {
        return Some(match decode(&data) {
            Some(bytes) => charset::text(&bytes, charset),
            // Whoever reads it as it stands reads this.
            None => Reading::Text(data.into_owned()),
        });
    }
    if is_media(kind) { None } else { decode(&data).map(charset::sniffed) }
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// What is shown or played, and no text whatever its bytes are.
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

fn decode(data: &str) -> Option<Vec<u8>> {
    let alphabet = if data.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config).decode(data).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            resource(""),
            resource("application/octet-stream"),
            resource("application/x-tex"),
            resource("plain"),
        ] {
            let Reading::Text(text) = written(&block) else { panic!("{block}") };
            assert!(text.starts_with("a note"), "{block}");
        }
        for block in [
            resource("image/png"),
            json!({"type": "image", "data": blob, "mimeType": "image/png"}),
            json!({"type": "resource", "resource": {"uri": "a:b", "blob": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYA"}}),
            json!({"type": "text", "text": blob}),
        ] {
            assert_eq!(written(&block), Reading::Binary, "{block}");
        }
    }
}
