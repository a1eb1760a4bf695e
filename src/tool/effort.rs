//! How much work it would be to hold arguments against a schema, found out before it is done.
//!
//! A small schema can ask for 2^40 steps, and one that repeats itself asks for more the deeper the arguments are.
//! So the way of the validator is walked first, without judging anything: all branches, no short cuts, and each
//! step counted. The walk ends where its budget ends, which bounds it whatever the schema is.

use serde_json::{Map, Value};

use super::judge::resolve;

/// Schemas on the validator's stack, each of which takes a few frames there.
const MAX_DEPTH: usize = 256;
/// `unevaluated…` looks at what is beside it once more for each level of branches.
const UNEVALUATED: usize = 16;
/// Steps for a byte that a pattern looks at: one that fills its size limit follows many states at once.
const PATTERN: usize = 32;
/// Steps to find what a reference names.
const REFERENCE: usize = 4;
/// Small lists are compared pair by pair.
const UNIQUE: usize = 8;

/// There is more to do than the budget allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

/// The steps that it takes, if they are within the budget.
pub(super) fn measure(schema: &Value, arguments: &Value, budget: usize) -> Result<usize, TooMuch> {
    let mut effort = Effort { root: schema, left: budget };
    effort.visit(schema, arguments, At { depth: 0, weight: 1 })?;
    Ok(budget - effort.left)
}

struct Effort<'a> {
    root: &'a Value,
    left: usize,
}

#[derive(Clone, Copy)]
struct At {
    depth: usize,
    /// What one step here counts.
    weight: usize,
}

impl Effort<'_> {
    fn spend(&mut self, steps: usize, at: At) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(steps.saturating_mul(at.weight)).ok_or(TooMuch)?;
        Ok(())
    }

    fn visit(&mut self, schema: &Value, instance: &Value, at: At) -> Result<(), TooMuch> {
        let Value::Object(schema) = schema else { return self.spend(1, at) };
        self.spend(1 + schema.len(), at)?;
        if at.depth == MAX_DEPTH {
            return Err(TooMuch);
        }
        let again = schema.contains_key("unevaluatedProperties") || schema.contains_key("unevaluatedItems");
        let weight = if again { at.weight.saturating_mul(UNEVALUATED) } else { at.weight };
        let at = At { depth: at.depth + 1, weight };
        for (keyword, value) in schema {
            self.in_place(keyword, value, instance, at)?;
            match instance {
                Value::Object(map) => self.on_object(schema, (keyword, value), map, at)?,
                Value::Array(items) => self.on_array(keyword, value, items, at)?,
                Value::String(text) => self.on_text(keyword, text, at)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// What looks at the same instance once more.
    fn in_place(&mut self, keyword: &str, value: &Value, instance: &Value, at: At) -> Result<(), TooMuch> {
        match (keyword, value) {
            ("$ref", Value::String(target)) => {
                self.spend(REFERENCE + target.len() / 8, at)?;
                match resolve(self.root, target) {
                    Some(schema) => self.visit(schema, instance, at),
                    None => Ok(()),
                }
            }
            ("not" | "if" | "then" | "else", schema) => self.visit(schema, instance, at),
            ("allOf" | "anyOf" | "oneOf", Value::Array(branches)) => {
                branches.iter().try_for_each(|schema| self.visit(schema, instance, at))
            }
            ("dependentSchemas" | "dependencies" | "dependentRequired", Value::Object(map)) => {
                map.values().try_for_each(|schema| match schema {
                    Value::Array(names) => self.spend(names.len(), at),
                    schema => self.visit(schema, instance, at),
                })
            }
            ("enum" | "const", value) => self.read(value, 1, at),
            _ => Ok(()),
        }
    }

    fn on_object(
        &mut self,
        schema: &Map<String, Value>,
        (keyword, value): (&str, &Value),
        map: &Map<String, Value>,
        at: At,
    ) -> Result<(), TooMuch> {
        match (keyword, value) {
            ("properties", Value::Object(properties)) => {
                self.spend(properties.len() + map.len(), at)?;
                let mut known = map.iter().filter_map(|(name, value)| Some((properties.get(name)?, value)));
                known.try_for_each(|(schema, value)| self.visit(schema, value, at))
            }
            ("patternProperties", Value::Object(patterns)) => {
                for (name, value) in map {
                    self.spend(patterns.len().saturating_mul(name.len() * PATTERN), at)?;
                    patterns.values().try_for_each(|schema| self.visit(schema, value, at))?;
                }
                Ok(())
            }
            ("additionalProperties" | "unevaluatedProperties", additional) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                let patterns = schema.get("patternProperties").and_then(Value::as_object).map_or(0, Map::len);
                for (name, value) in map {
                    self.spend(1 + patterns.saturating_mul(name.len() * PATTERN), at)?;
                    if properties.is_none_or(|properties| !properties.contains_key(name)) {
                        self.visit(additional, value, at)?;
                    }
                }
                Ok(())
            }
            ("propertyNames", schema) => {
                map.keys().try_for_each(|name| self.visit(schema, &Value::from(name.as_str()), at))
            }
            ("required", Value::Array(names)) => self.spend(names.len(), at),
            _ => Ok(()),
        }
    }

    fn on_array(&mut self, keyword: &str, value: &Value, items: &[Value], at: At) -> Result<(), TooMuch> {
        match (keyword, value) {
            ("items" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter().zip(items).try_for_each(|(schema, item)| self.visit(schema, item, at))
            }
            ("items" | "additionalItems" | "contains" | "unevaluatedItems", schema) => {
                items.iter().try_for_each(|item| self.visit(schema, item, at))
            }
            ("uniqueItems", _) => items.iter().try_for_each(|item| self.read(item, UNIQUE, at)),
            _ => Ok(()),
        }
    }

    fn on_text(&mut self, keyword: &str, text: &str, at: At) -> Result<(), TooMuch> {
        match keyword {
            "pattern" => self.spend(text.len().saturating_mul(PATTERN), at),
            "format" | "contentMediaType" | "contentEncoding" => self.spend(text.len(), at),
            "minLength" | "maxLength" => self.spend(text.len() / 32, at),
            _ => Ok(()),
        }
    }

    /// Looks at the whole of a value.
    fn read(&mut self, value: &Value, steps: usize, at: At) -> Result<(), TooMuch> {
        self.spend(steps, at)?;
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.read(item, steps, at)),
            Value::Object(map) => map.values().try_for_each(|value| self.read(value, steps, at)),
            Value::String(text) => self.spend(text.len() / 32, at),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BUDGET: usize = 10_000;

    #[test]
    fn ordinary_calls_cost_little() {
        let schema = json!({
            "type": "object",
            "properties": {"a": {"type": "string", "pattern": "^[a-z]+$"}, "b": {"items": {"type": "integer"}}},
            "required": ["a"],
            "additionalProperties": false,
        });
        let steps = measure(&schema, &json!({"a": "word", "b": [1, 2, 3]}), BUDGET).expect("a measure");
        assert!(steps < 1_200, "{steps}");
    }

    #[test]
    fn a_tree_costs_what_it_is_long() {
        let schema = json!({"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        let deep = (0..60).fold(json!({}), |inner, _| json!({"left": inner, "right": {}}));
        assert!(measure(&schema, &deep, BUDGET).is_ok());
    }

    #[test]
    fn what_doubles_or_never_ends_is_too_much() {
        let nested = (0..60).fold(json!([]), |inner, _| json!([inner]));
        let once = json!({"items": {"$ref": "#"}});
        for (schema, arguments) in [
            (json!({"allOf": [{"$ref": "#"}]}), json!({})),
            (json!({"allOf": [once, once]}), nested),
            (json!({"items": {"anyOf": vec![json!({"type": "string"}); 100]}}), json!(vec![0; 100])),
            (json!({"items": {"enum": vec![1; 1_000]}}), json!(vec![0; 100])),
            (json!({"items": {"pattern": "a"}}), json!(vec!["x".repeat(100); 10])),
            (json!({"patternProperties": {"a": {}, "b": {}}}), json!({"x".repeat(300): 1})),
        ] {
            assert_eq!(measure(&schema, &arguments, BUDGET), Err(TooMuch), "{schema}");
        }
    }
}
