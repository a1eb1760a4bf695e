//! A JSON schema whose patterns cannot backtrack and whose references are never fetched.
//!
//! A crate of its own for the binary's size: `jsonschema` is generic, and is compiled once more into each crate that
//! calls it and is not optimised for size itself.

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// What one compiled pattern may take.
const PATTERN_SIZE: usize = 1 << 18;

#[derive(Debug)]
pub struct Schema(Validator);

/// Something that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub struct Misfit {
    /// A JSON pointer.
    pub place: String,
    /// What it breaks. The value is not in it: it may be a secret.
    pub rule: String,
}

impl Schema {
    /// Nothing where it is no schema.
    pub fn compile(schema: &Value) -> Option<Self> {
        let patterns = PatternOptions::regex().size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE);
        jsonschema::options().with_pattern_options(patterns).build(schema).ok().map(Self)
    }

    pub fn fits(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// The first of what does not fit.
    pub fn misfits(&self, value: &Value, most: usize) -> Vec<Misfit> {
        self.0.iter_errors(value).take(most).map(|error| Misfit::of(&error)).collect()
    }
}

impl Misfit {
    fn of(error: &ValidationError<'_>) -> Self {
        Self { place: error.instance_path().to_string(), rule: error.masked_with("the value").to_string() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_said_without_the_value() {
        let schema =
            json!({"properties": {"pin": {"type": "string", "pattern": "^[0-9]{4}$"}}, "required": ["a"]});
        let schema = Schema::compile(&schema).expect("a schema");
        assert!(schema.fits(&json!({"a": 1, "pin": "1234"})));
        let misfits = schema.misfits(&json!({"pin": "hunter2"}), 5);
        assert_eq!(misfits.len(), 2, "{misfits:?}");
        assert!(misfits.iter().any(|misfit| misfit.place == "/pin"), "{misfits:?}");
        assert!(!format!("{misfits:?}").contains("hunter2"), "{misfits:?}");
        assert_eq!(schema.misfits(&json!({"pin": "hunter2"}), 1).len(), 1);
    }

    #[test]
    fn nothing_is_fetched_and_nothing_backtracks() {
        for schema in [
            json!({"$ref": "http://127.0.0.1:9/schema.json"}),
            json!({"$ref": "file:///etc/hostname"}),
            json!({"pattern": "^(?=a)a$"}),
            json!({"pattern": "(a)\\1"}),
            json!({"pattern": "(([a-z]{1,999}){1,999}){1,999}"}),
            json!({"type": "nothing"}),
        ] {
            assert!(Schema::compile(&schema).is_none(), "{schema}");
        }
    }
}
