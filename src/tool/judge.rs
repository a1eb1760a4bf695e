//! Judges a server's input schema before it is compiled: small enough, and simple enough to compile in linear time.
//!
//! Compiling is linear in a schema's size while its references stay inside it, but for three things, which have
//! bounds of their own: a pattern may compile to a thousand times its length, a chain of references is held on the
//! stack when it is dropped, and `unevaluated…` is compiled anew along every way through the references.

use std::collections::HashSet;

use serde_json::Value;

/// The whole schema as text, about.
const MAX_BYTES: usize = 256 * 1024;
const MAX_NESTING: usize = 64;
const MAX_PATTERNS: usize = 64;
const MAX_PATTERN_BYTES: usize = 16 * 1024;
/// Different targets of `$ref`; no chain is longer.
const MAX_TARGETS: usize = 512;
/// Nodes on all ways through the references of a schema with `unevaluated…`.
const MAX_UNROLLED: usize = 20_000;

/// Why a schema is not compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason(pub(super) &'static str);

#[derive(Default)]
struct Census<'a> {
    bytes: usize,
    patterns: usize,
    pattern_bytes: usize,
    targets: HashSet<&'a str>,
    unevaluated: bool,
}

pub(super) fn judge(schema: &Value) -> Result<(), Reason> {
    let mut census = Census::default();
    census.count(schema, 0)?;
    if census.unevaluated {
        unroll(schema, schema, &mut Vec::new(), &mut 0)?;
    }
    Ok(())
}

impl<'a> Census<'a> {
    fn count(&mut self, value: &'a Value, nesting: usize) -> Result<(), Reason> {
        if nesting > MAX_NESTING {
            return Err(Reason("it is nested too deeply"));
        }
        self.bytes += 2;
        match value {
            Value::String(text) => self.bytes += text.len(),
            Value::Array(items) => {
                for item in items {
                    self.count(item, nesting + 1)?;
                }
            }
            Value::Object(map) => {
                for (key, value) in map {
                    self.bytes += key.len() + 2;
                    self.keyword(key, value, nesting)?;
                    self.count(value, nesting + 1)?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.bytes += 4,
        }
        if self.bytes > MAX_BYTES { Err(Reason("it is too long")) } else { Ok(()) }
    }

    /// A property may have the name of a keyword, but its value is a schema then, never a text.
    fn keyword(&mut self, key: &str, value: &'a Value, nesting: usize) -> Result<(), Reason> {
        match (key, value) {
            ("$ref", Value::String(target)) => {
                if target != "#" && !target.starts_with("#/") {
                    return Err(Reason("it refers to something by other means than a JSON pointer"));
                }
                self.targets.insert(target);
            }
            ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                return Err(Reason("it has a dynamic reference"));
            }
            ("$id" | "$schema", Value::String(_)) if nesting > 0 => {
                return Err(Reason("it holds another schema document"));
            }
            // In draft 4 an `id` anywhere changes what a pointer is relative to.
            ("$schema", Value::String(draft)) if draft.contains("draft-04") => {
                return Err(Reason("it is written in an old draft of JSON Schema"));
            }
            ("pattern", Value::String(pattern)) => self.pattern(pattern),
            ("patternProperties", Value::Object(map)) => map.keys().for_each(|key| self.pattern(key)),
            ("unevaluatedProperties" | "unevaluatedItems", _) => self.unevaluated = true,
            _ => {}
        }
        if self.patterns > MAX_PATTERNS || self.pattern_bytes > MAX_PATTERN_BYTES {
            return Err(Reason("it has too many patterns"));
        }
        if self.targets.len() > MAX_TARGETS {
            return Err(Reason("it has too many references"));
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &str) {
        self.patterns += 1;
        self.pattern_bytes += pattern.len();
    }
}

/// Goes all ways through the references, each up to where it would go round; ends at the bound at the latest.
fn unroll<'a>(
    root: &'a Value,
    value: &'a Value,
    way: &mut Vec<&'a str>,
    nodes: &mut usize,
) -> Result<(), Reason> {
    *nodes += 1;
    if *nodes > MAX_UNROLLED || way.len() > MAX_NESTING {
        return Err(Reason("`unevaluated…` reaches too far in it"));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| unroll(root, item, way, nodes)),
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str)
                && !way.contains(&target)
                && let Some(found) = resolve(root, target)
            {
                way.push(target);
                unroll(root, found, way, nodes)?;
                way.pop();
            }
            map.values().try_for_each(|value| unroll(root, value, way, nodes))
        }
        _ => Ok(()),
    }
}

/// What a local reference names. Generators write characters such as `<` in percent notation.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if !pointer.contains('%') {
        return root.pointer(pointer);
    }
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    root.pointer(std::str::from_utf8(&bytes).ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    /// `count` definitions, each of which has two references to the next.
    fn doubling(keyword: &str, count: usize) -> Value {
        let mut definitions = Map::new();
        for n in 0..count {
            let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
            definitions.insert(format!("d{n}"), json!({keyword: [next, next]}));
        }
        definitions.insert(format!("d{count}"), json!({"type": "object"}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    }

    #[test]
    fn ordinary_schemas_pass() {
        for schema in [
            json!({"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://x.example/y"}),
            json!({"type": "object", "properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}, "$id": {}}}),
            json!({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}, "properties": {"b": {"$ref": "#"}}}),
            json!({"unevaluatedProperties": false, "allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}),
            doubling("allOf", 40),
        ] {
            assert_eq!(judge(&schema), Ok(()), "{schema}");
        }
    }

    #[test]
    fn each_bound_holds() {
        let patterns: Vec<Value> = (0..100).map(|n| json!({"pattern": format!("a{n}")})).collect();
        let keys: Map<String, Value> = (0..100).map(|n| (format!("a{n}"), json!({}))).collect();
        let mut spread = doubling("anyOf", 40);
        spread["unevaluatedProperties"] = json!(false);
        let deep = (0..100).fold(json!({}), |inner, _| json!({"not": inner}));
        for (part, schema) in [
            ("too long", json!({"description": "x".repeat(MAX_BYTES)})),
            ("too long", json!({"enum": vec![0; MAX_BYTES]})),
            ("nested too deeply", deep),
            ("patterns", json!({"anyOf": patterns})),
            ("patterns", json!({"patternProperties": keys})),
            ("patterns", json!({"pattern": "x".repeat(MAX_PATTERN_BYTES + 1)})),
            ("too many references", doubling("allOf", 1000)),
            ("reaches too far", spread),
            ("JSON pointer", json!({"$ref": "#anchor"})),
            ("JSON pointer", json!({"items": {"$ref": "http://json-schema.org/draft-07/schema#"}})),
            ("dynamic", json!({"items": {"$dynamicRef": "#node"}})),
            ("another schema", json!({"items": {"$id": "https://x.example/z"}})),
        ] {
            let reason = judge(&schema).expect_err(part);
            assert!(reason.0.contains(part), "{part}: {reason:?}");
        }
    }

    #[test]
    fn a_reference_is_resolved_as_it_is_written() {
        let root = json!({"$defs": {"A<B>": 1, "é": 2, "a/b": 3, "50%": 4}});
        for (reference, found) in [
            ("#/$defs/A%3CB%3E", Some(1)),
            ("#/$defs/A<B>", Some(1)),
            ("#/$defs/%C3%A9", Some(2)),
            ("#/$defs/a~1b", Some(3)),
            ("#/$defs/50%25", Some(4)),
            ("#/$defs/%FF", None),
        ] {
            assert_eq!(resolve(&root, reference).and_then(Value::as_i64), found, "{reference}");
        }
        assert_eq!(resolve(&root, "#"), Some(&root));
    }
}
