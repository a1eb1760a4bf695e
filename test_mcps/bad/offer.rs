//! A prompt or a resource.

use serde_json::{Value, json};

use super::attack::Poison;
use super::mark::{mark, name_mark};

pub(crate) struct Offer {
    pub(crate) definition: Value,
    pub(crate) poison: Poison,
    /// Of the prompt, as a victim gets it.
    pub(crate) arguments: Value,
    pub(crate) result: Value,
}

impl Offer {
    pub(crate) fn new(poison: Poison, definition: Value, result: Value) -> Self {
        Self { definition, poison, arguments: json!({}), result }
    }

    pub(crate) fn called_with(mut self, arguments: Value) -> Self {
        self.arguments = arguments;
        self
    }

    fn name(&self) -> &str {
        self.definition["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn marked(mut self, attack: &str) -> Self {
        let name = name_mark(attack, self.name());
        self.definition = mark(&self.definition, &name);
        self.arguments = mark(&self.arguments, &name);
        self.result = mark(&self.result, &name);
        self
    }

    pub(crate) fn row(&self, attack: &str) -> Value {
        let mark = name_mark(attack, self.name());
        json!({
            "definition": self.definition,
            "poison": self.poison.as_str(),
            "arguments": self.arguments,
            "mark": mark,
        })
    }
}
