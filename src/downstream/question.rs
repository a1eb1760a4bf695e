//! What a server asks a client: which questions go no further, and what each of them says of who asks. A person decides
//! by that, so nothing in a question may hide it.

use serde_json::{Value, json};

use crate::call::{JsonObject, change_named};
use crate::rpc::protocol::{ELICIT, SAMPLE};

/// Where the message of a server says which one it is.
const META_SERVER: &str = "enkrypt_server_name";

/// What of a form is read by whoever fills it in, and by nobody else.
const SHOWN: [&str; 3] = ["message", "title", "description"];

/// Why no client is asked this, in words for the server.
pub(super) fn refusal(method: &str, params: &JsonObject) -> Option<&'static str> {
    if method != ELICIT {
        return None;
    }
    let given = |name: &str| params.get(name).filter(|value| !value.is_null());
    if given("message").is_some_and(|message| !message.is_string()) {
        return Some("the message of an elicitation is a string");
    }
    let leads = given("url").is_some() || given("mode").is_some_and(|mode| mode == "url");
    let is_page = given("url").and_then(Value::as_str).is_some_and(is_page);
    (leads && !is_page).then_some("a person is led to addresses of http and https only")
}

fn is_page(url: &str) -> bool {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme));
    ["https://", "http://"].into_iter().any(begins)
}

/// Says which server asks, and asks for nothing that other servers have said.
pub(super) fn sign(server: &str, method: &str, params: &mut JsonObject) {
    if method == ELICIT {
        let show = &mut |name: &str, text: &mut String| {
            if SHOWN.contains(&name) {
                *text = plain(text);
            }
        };
        params.iter_mut().for_each(|(name, value)| change_named(name, value, show));
        let said = params.get("message").and_then(Value::as_str).unwrap_or_default();
        let message = format!("[{server}] {said}");
        params.insert("message".to_owned(), message.trim_end().into());
    }
    if method == SAMPLE {
        // A client knows one server: to it the context of all that stand behind the gateway is ours.
        params.shift_remove("includeContext");
    }
    let meta = params.entry("_meta").or_insert(Value::Null);
    if !meta.is_object() {
        *meta = json!({});
    }
    if let Some(meta) = meta.as_object_mut() {
        // The client's own answer is not a progress report.
        meta.shift_remove("progressToken");
        meta.insert(META_SERVER.to_owned(), server.into());
    }
}

/// Without what steers a terminal, turns text round or moves what stands before it out of sight.
fn plain(text: &str) -> String {
    let text =
        text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let steers = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let is_blank = |line: &str| line.chars().all(|c| c.is_whitespace() || is_unseen(c));
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.replace(steers, "");
        // One line between two paragraphs, and none before the first.
        if !is_blank(&line) || lines.last().is_some_and(|last| !is_blank(last)) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> JsonObject {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn every_question_says_who_asks() {
        for (method, params, signed) in [
            (ELICIT, json!({"message": "Who?"}), json!({"message": "[s] Who?"})),
            (ELICIT, json!({"title": "[bank] Who?"}), json!({"title": "[bank] Who?", "message": "[s]"})),
            (ELICIT, json!({"message": "a\n\nb\tc\n"}), json!({"message": "[s] a\n\nb\tc"})),
            (
                ELICIT,
                json!({"message": "\u{1b}[2K\r[bank] Who?", "_meta": "bank"}),
                json!({"message": "[s] [2K\n[bank] Who?"}),
            ),
            (
                ELICIT,
                json!({"message": " \n\u{200b}\n\r\n\u{2028}Who\n \n\n\n\u{202e}is it?", "_meta": []}),
                json!({"message": "[s] Who\n \nis it?"}),
            ),
            (
                ELICIT,
                json!({"message": "x", "requestedSchema": {"properties": {"a": {"title": "a\u{1b}b", "enum": ["\u{7}"]}}}}),
                json!({"message": "[s] x", "requestedSchema": {"properties": {"a": {"title": "ab", "enum": ["\u{7}"]}}}}),
            ),
            (
                SAMPLE,
                json!({"messages": [], "includeContext": "allServers", "_meta": {"a": 1, "progressToken": 2}}),
                json!({"messages": [], "_meta": {"a": 1}}),
            ),
        ] {
            let mut params = object(&params);
            sign("s", method, &mut params);
            let mut expected = signed;
            if expected["_meta"].is_null() {
                expected["_meta"] = json!({});
            }
            expected["_meta"][META_SERVER] = json!("s");
            assert_eq!(Value::Object(params), expected);
        }
    }

    #[test]
    fn nobody_is_led_anywhere_but_to_a_page() {
        for (params, passes) in [
            (json!({"message": "x"}), true),
            (json!({"message": null, "url": null}), true),
            (json!({"mode": "url", "message": "x", "url": "https://a.example/"}), true),
            (json!({"mode": "url", "message": "x", "url": "HTTP://a.example/"}), true),
            (json!({"mode": "url", "message": "x", "url": "javascript:alert(1)"}), false),
            (json!({"mode": "url", "message": "x", "url": " https://a.example/"}), false),
            (json!({"mode": "url", "message": "x", "url": "file:///a"}), false),
            (json!({"mode": "url", "message": "x"}), false),
            (json!({"message": "x", "url": "vbscript:x"}), false),
            (json!({"message": {"text": "x"}}), false),
        ] {
            assert_eq!(refusal(ELICIT, &object(&params)).is_none(), passes, "{params}");
        }
    }
}
