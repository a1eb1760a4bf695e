//! A tool's result in the reply: texts and structured content in the JSON, media in content blocks of their own.
//!
//! Nothing is lost, and nothing large is there twice: base64 that stands in a block is not repeated in the text.

use serde_json::{Value, json};

use crate::call::{JsonObject, ToolOutput, encoded};
use crate::config::ResultDetail;

/// What stands in structured content for the base64 of a block.
const IN_BLOCK: &str = "(base64, in a content block of this call)";

pub(super) fn insert(
    entry: &mut JsonObject,
    output: ToolOutput,
    (index, detail): (usize, ResultDetail),
    blocks: &mut Vec<Value>,
) {
    let parts = output.into_parts();
    let mut others = Vec::new();
    let first = blocks.len();
    for block in parts.others {
        match media(block, index) {
            Ok(block) => blocks.push(block),
            Err(block) => others.push(block),
        }
    }
    let structured = parts.structured.map(|mut structured| {
        let encoded: Vec<&str> = blocks[first..].iter().filter_map(encoded).collect();
        point_to_blocks(&mut structured, &encoded);
        structured
    });
    let repeats = |structured: &Value| detail == ResultDetail::Compact && repeats(structured, &parts.text);
    let structured = structured.filter(|structured| !repeats(structured));
    entry.insert("response".to_owned(), Value::String(parts.text));
    for (name, value) in
        [("structured_content", structured), ("_meta", parts.meta), ("rpc_error", parts.rpc_error)]
    {
        if let Some(value) = value {
            entry.insert(name.to_owned(), value);
        }
    }
    if !others.is_empty() {
        entry.insert("other_content".to_owned(), Value::Array(others));
    }
}

/// A block that a client can show, marked with its call. Any other stays JSON: one block that a client's
/// library cannot decode would lose it the whole reply.
fn media(mut block: Value, index: usize) -> Result<Value, Value> {
    let has = |block: &Value, pointer: &str| block.pointer(pointer).is_some_and(Value::is_string);
    let complete = match block.get("type").and_then(Value::as_str) {
        Some("resource_link") => has(&block, "/uri") && has(&block, "/name"),
        Some("resource") if has(&block, "/resource/text") => has(&block, "/resource/uri"),
        _ => encoded(&block).is_some(),
    };
    let Some(object) = block.as_object_mut().filter(|_| complete) else { return Err(block) };
    let meta = object.entry("_meta").or_insert_with(|| json!({}));
    if !meta.is_object() {
        *meta = json!({});
    }
    meta["enkrypt_call_index"] = index.into();
    Ok(block)
}

fn point_to_blocks(value: &mut Value, encoded: &[&str]) {
    match value {
        Value::String(text) if encoded.contains(&text.as_str()) => IN_BLOCK.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| point_to_blocks(item, encoded)),
        Value::Object(map) => map.values_mut().for_each(|value| point_to_blocks(value, encoded)),
        _ => {}
    }
}

/// Whether structured content is the text once more: as JSON, or as the one member of an object.
fn repeats(structured: &Value, text: &str) -> bool {
    let only = structured.as_object().filter(|map| map.len() == 1).and_then(|map| map.values().next());
    only.and_then(Value::as_str) == Some(text)
        || serde_json::from_str::<Value>(text).is_ok_and(|parsed| parsed == *structured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Method;

    fn entry(result: Value, detail: ResultDetail) -> (Value, Vec<Value>) {
        let (mut entry, mut blocks) = (JsonObject::new(), Vec::new());
        let output = ToolOutput::parse(Method::Tool, result).expect("a result");
        insert(&mut entry, output, (0, detail), &mut blocks);
        (Value::Object(entry), blocks)
    }

    #[test]
    fn base64_stands_in_its_block_only() {
        let image = json!({"type": "image", "data": "AAAA", "mimeType": "image/png"});
        let result = json!({"content": [image], "structuredContent": {"content": [image], "n": 1}});
        let (entry, blocks) = entry(result, ResultDetail::Full);
        assert_eq!(blocks[0]["data"], "AAAA");
        assert_eq!(entry["structured_content"]["content"][0]["data"], IN_BLOCK);
        assert_eq!(entry["structured_content"]["n"], 1);
    }

    #[test]
    fn compact_leaves_out_what_the_text_says_already() {
        for (text, structured, kept) in [
            ("{\"sum\": 3}", json!({"sum": 3}), false),
            ("the file", json!({"content": "the file"}), false),
            ("three", json!({"sum": 3}), true),
        ] {
            let result =
                json!({"content": [{"type": "text", "text": text}], "structuredContent": structured});
            assert!(entry(result.clone(), ResultDetail::Full).0.get("structured_content").is_some());
            assert_eq!(
                entry(result, ResultDetail::Compact).0.get("structured_content").is_some(),
                kept,
                "{text}"
            );
        }
    }
}
