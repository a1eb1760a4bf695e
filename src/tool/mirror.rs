//! Arguments that a server wants repeated in HTTP headers: `x-mcp-header` in a tool's input schema.
//!
//! It may stand on properties of plain types only, reached from the root through `properties` alone.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

const KEY: &str = "x-mcp-header";

/// What no server takes as a header is not sent as one.
const MAX_VALUE: usize = 8 * 1024;
const MAX_HEADERS: usize = 64;

/// The paths of the arguments, each with the name of its header.
#[derive(Debug, Default)]
pub struct Mirror(Vec<(Vec<String>, String)>);

/// The values of a request's headers, by the lower-case last part of their names; `None`: one that cannot be read.
pub type Repeated = HashMap<String, Option<String>>;

/// An annotation where none may be, or one that is not a header's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misplaced;

impl Mirror {
    pub(super) fn read(schema: &Value) -> Result<Self, Misplaced> {
        let mut mirror = Self::default();
        if let Value::Object(schema) = schema {
            mirror.walk(schema, Some(&mut Vec::new()))?;
        }
        let names: HashSet<String> = mirror.0.iter().map(|(_, name)| name.to_ascii_lowercase()).collect();
        let fits = names.len() == mirror.0.len() && names.len() <= MAX_HEADERS;
        if fits { Ok(mirror) } else { Err(Misplaced) }
    }

    /// The last parts of the headers' names, and their values; an absent argument has none.
    pub fn headers(&self, arguments: &Value) -> Vec<(String, String)> {
        self.values(|key| arguments.get(key))
    }

    fn values<'a>(&self, argument: impl Fn(&str) -> Option<&'a Value>) -> Vec<(String, String)> {
        let header = |(path, name): &(Vec<String>, String)| {
            let (first, rest) = path.split_first()?;
            let value = rest.iter().try_fold(argument(first)?, |value, key| value.get(key))?;
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => return None,
            };
            (text.len() <= MAX_VALUE).then(|| (name.clone(), text))
        };
        self.0.iter().filter_map(header).collect()
    }

    /// Whether the headers say what the arguments say.
    pub fn is_repeated(&self, arguments: &Map<String, Value>, headers: &Repeated) -> bool {
        let said = self.values(|key| arguments.get(key));
        let wanted = |name: &str| said.iter().find(|(wanted, _)| *wanted == name).map(|(_, value)| value);
        self.0.iter().all(|(_, name)| match headers.get(&name.to_ascii_lowercase()) {
            Some(given) => given.is_some() && given.as_ref() == wanted(name),
            None => wanted(name).is_none(),
        })
    }

    /// `path` is `None` where no property of the arguments is meant.
    fn walk(
        &mut self,
        schema: &Map<String, Value>,
        mut path: Option<&mut Vec<String>>,
    ) -> Result<(), Misplaced> {
        for (key, value) in schema {
            match (key.as_str(), value) {
                (KEY, name) => {
                    let path = path.as_deref().filter(|path| !path.is_empty()).ok_or(Misplaced)?;
                    let name = name.as_str().filter(|name| is_token(name)).ok_or(Misplaced)?;
                    let kind = schema.get("type").and_then(Value::as_str);
                    if !matches!(kind, Some("string" | "integer" | "boolean")) {
                        return Err(Misplaced);
                    }
                    self.0.push((path.clone(), name.to_owned()));
                }
                // Data, and no schema.
                ("default" | "const" | "enum" | "examples", _) => {}
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        let Value::Object(property) = property else { continue };
                        if let Some(path) = path.as_deref_mut() {
                            path.push(name.clone());
                        }
                        self.walk(property, path.as_deref_mut())?;
                        if let Some(path) = path.as_deref_mut() {
                            path.pop();
                        }
                    }
                }
                (
                    "$defs" | "definitions" | "dependentSchemas" | "patternProperties",
                    Value::Object(schemas),
                ) => {
                    schemas.values().try_for_each(|schema| self.walk_elsewhere(schema))?;
                }
                (_, value) => self.walk_elsewhere(value)?,
            }
        }
        Ok(())
    }

    fn walk_elsewhere(&mut self, value: &Value) -> Result<(), Misplaced> {
        match value {
            Value::Object(schema) => self.walk(schema, None),
            Value::Array(items) => items.iter().try_for_each(|item| self.walk_elsewhere(item)),
            _ => Ok(()),
        }
    }
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotated_arguments_are_repeated() {
        let mirror = Mirror::read(&json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "deep": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N"}}},
            "x-mcp-header": {"type": "string", "default": {"x-mcp-header": 1}},
            "absent": {"type": "boolean", "x-mcp-header": "Absent"},
        }}));
        let arguments = json!({"region": "é", "deep": {"n": 7}, "absent": null, "x-mcp-header": "x"});
        let headers = mirror.expect("annotations").headers(&arguments);
        assert_eq!(headers, [("Region".to_owned(), "é".to_owned()), ("N".to_owned(), "7".to_owned())]);
    }

    #[test]
    fn headers_are_held_against_the_arguments() {
        let schema = json!({"properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
        let mirror = Mirror::read(&schema).expect("annotations");
        let header = |value: Option<&str>| Repeated::from([("region".to_owned(), value.map(str::to_owned))]);
        let (some, none) = (json!({"region": "eu"}), json!({}));
        let object = |value: &'_ Value| value.as_object().cloned().expect("an object");
        assert!(mirror.is_repeated(&object(&some), &header(Some("eu"))));
        assert!(mirror.is_repeated(&object(&none), &Repeated::new()));
        for (arguments, headers) in [
            (&some, Repeated::new()),
            (&some, header(Some("us"))),
            (&some, header(None)),
            (&none, header(Some("eu"))),
        ] {
            assert!(!mirror.is_repeated(&object(arguments), &headers), "{arguments} {headers:?}");
        }
    }

    #[test]
    fn misplaced_annotations_are_found() {
        let property = |property: Value| json!({"properties": {"a": property}});
        for schema in [
            json!({"x-mcp-header": "A"}),
            property(json!({"type": "string", "x-mcp-header": ""})),
            property(json!({"type": "string", "x-mcp-header": "A b"})),
            property(json!({"type": "string", "x-mcp-header": 1})),
            property(json!({"type": "number", "x-mcp-header": "A"})),
            property(json!({"type": "array", "items": {"type": "string", "x-mcp-header": "A"}})),
            json!({"$defs": {"a": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"properties": {
                "a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"},
            }}),
        ] {
            assert_eq!(Mirror::read(&schema).err(), Some(Misplaced), "{schema}");
        }
    }
}
