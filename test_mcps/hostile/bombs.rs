//! Input schemas that are small to send and large to compile or to check, beside two that are sound.

use serde_json::{Map, Value, json};

pub(crate) fn tools() -> Value {
    let tree = json!({"type": "object", "properties": {
        "n": {"type": "integer"}, "left": {"$ref": "#"}, "right": {"$ref": "#"},
    }});
    let branches: Vec<Value> = (0..100).map(|n| json!({"const": n + 1})).collect();
    let mut unevaluated = doubling("anyOf", "object", 40);
    unevaluated["unevaluatedProperties"] = json!(false);
    let once = json!({"items": {"$ref": "#/definitions/list"}});
    let deep = json!({"properties": {"a": {"$ref": "#/definitions/list"}}, "definitions": {"list": {"allOf": [once, once]}}});
    json!([
        tool("ok", &json!({"type": "object"})),
        tool("recursive_tree", &tree),
        tool("many", &json!({"type": "object", "properties": {"a": {"items": {"anyOf": branches}}}})),
        tool("bomb_allof", &doubling("allOf", "object", 40)),
        tool("bomb_anyof", &doubling("anyOf", "string", 40)),
        tool("bomb_unevaluated", &unevaluated),
        tool("bomb_deep", &deep),
        tool("bomb_self", &json!({"allOf": [{"$ref": "#"}]})),
        tool("bomb_chain", &chain(40_000)),
        tool("bomb_short_chain", &chain(500)),
        tool("bomb_patterns", &patterns(3_000, "(\\w{5}|\\pL){5}x")),
        tool("bomb_some_patterns", &patterns(60, "^(\\pL{30}|.){20}x")),
    ])
}

/// Each definition has two references to the next.
fn doubling(keyword: &str, last: &str, count: usize) -> Value {
    let mut definitions = Map::new();
    for n in 0..count {
        let next = json!({"$ref": format!("#/definitions/d{}", n + 1)});
        definitions.insert(format!("d{n}"), json!({keyword: [next, next]}));
    }
    definitions.insert(format!("d{count}"), json!({"type": last}));
    json!({"$ref": "#/definitions/d0", "definitions": definitions})
}

fn chain(count: usize) -> Value {
    let mut definitions = Map::new();
    for n in 0..count {
        let next = json!({"$ref": format!("#/definitions/d{}", n + 1)});
        definitions.insert(format!("d{n}"), json!({"allOf": [next]}));
    }
    definitions.insert(format!("d{count}"), json!({"type": "object"}));
    json!({"$ref": "#/definitions/d0", "definitions": definitions})
}

fn patterns(count: usize, pattern: &str) -> Value {
    let properties: Map<String, Value> = (0..count)
        .map(|n| (format!("p{n}"), json!({"type": "string", "pattern": format!("{pattern}{n}")})))
        .collect();
    json!({"type": "object", "properties": properties})
}

fn tool(name: &str, schema: &Value) -> Value {
    json!({"name": name, "description": "Answers ok.", "inputSchema": schema})
}
