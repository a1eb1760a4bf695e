//! Placeholders that a server writes in another notation than it got them in.

use serde_json::{Value, json};

use super::roads::{redacting, script};
use super::{ADDRESS, echo, local, message};
use crate::direct::{Script, call, start};
use crate::support::Gateway;

/// As a server writes it that escapes brackets in JSON.
fn brackets(json: &Value) -> String {
    json.to_string().replace('<', "\\u003c").replace('>', "\\u003e")
}

#[tokio::test]
async fn the_client_gets_its_own_words_however_they_are_escaped() {
    let server = Script::new(&script(&[]));
    let mut raw = start(&redacting(&server)).await;
    call(&mut raw, "s__x", json!({"to": ADDRESS})).await;
    let asked = server.asked("tools/call");
    let placeholder = asked.last().expect("a call")["arguments"]["to"].as_str().expect("a text").to_owned();
    let written = |open: &str, close: &str| placeholder.replace('<', open).replace('>', close);
    let quoted = |words: &str| json!({"say": format!("he said \"{words}\" and left")});
    let nested = |json: &Value| json!({"x": json.to_string()});
    let address = format!("https://e.example/?q={}", written("%3C", "%3E"));
    let hidden = format!("go=https%3A%2F%2Fe.example%2F%3Fq%3D{}", written("%3C", "%3E"));
    for (text, expected) in [
        (brackets(&json!({"a": placeholder})), json!({"a": ADDRESS}).to_string()),
        (
            json!({"x": brackets(&json!({"a": placeholder}))}).to_string(),
            nested(&json!({"a": ADDRESS})).to_string(),
        ),
        (nested(&quoted(&placeholder)).to_string(), nested(&quoted(ADDRESS)).to_string()),
        (nested(&nested(&quoted(&placeholder))).to_string(), nested(&nested(&quoted(ADDRESS))).to_string()),
        (format!("<p>{}</p>", written("&lt;", "&gt;")), format!("<p>{ADDRESS}</p>")),
        (written("&#60;", "&#62;"), ADDRESS.to_owned()),
        (format!("to={}&n=1", written("%3C", "%3E")), "to=ann.lee%40example.com&n=1".to_owned()),
        (placeholder.replace('_', "\\_"), ADDRESS.to_owned()),
        (placeholder.to_lowercase(), ADDRESS.to_owned()),
        (address.clone(), address),
        (hidden.clone(), hidden),
    ] {
        let result = json!({"content": [{"type": "text", "text": text}]});
        server.rewrite(&script(&[json!({"method": "tools/call", "result": result})]));
        let answer = call(&mut raw, "s__x", json!({})).await;
        assert_eq!(answer["result"]["content"][0]["text"], expected, "{text}");
    }
}

#[tokio::test]
async fn an_imitation_opens_nothing_however_it_is_escaped() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let log = folder.path().join("calls");
    let gateway = Gateway::start(&super::redacting(local(), "lab", &log, "server")).await;
    let reply = gateway.batch("lab", json!([echo(ADDRESS)])).await;
    let placeholder = message(&reply.results()[0]);
    for imitation in [
        brackets(&json!({"a": placeholder})),
        placeholder.replace('<', "&lt;").replace('>', "&gt;"),
        placeholder.replace('_', "\\_"),
        placeholder.to_lowercase(),
    ] {
        let reply = gateway.batch("lab", json!([echo(&imitation)])).await;
        let result = &reply.results()[0];
        assert_eq!(result["response"], imitation);
        assert!(message(result).contains("<LITERAL_"), "{result}");
    }
}
