//! A tool of a server, the set of a server's tools, and where that set came from.
//!
//! The definition is kept as the server wrote it; its input schema is compiled once, on first use.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::ids::ToolName;

/// One tool, whole.
#[derive(Debug)]
pub struct Tool {
    name: ToolName,
    definition: Map<String, Value>,
    validator: OnceLock<Option<Validator>>,
}

/// A tool that the registration check kept away, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedTool {
    pub name: ToolName,
    pub reasons: Vec<String>,
}

/// Where a `ToolSet` was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolSource {
    Config,
    Cache,
    Discovery,
}

/// The tools of one server that a caller may know of.
#[derive(Debug)]
pub struct ToolSet {
    pub tools: Vec<Arc<Tool>>,
    pub blocked: Vec<BlockedTool>,
    /// Tools that exist and that the deny list closes.
    pub denied: Vec<ToolName>,
}

impl Tool {
    /// A definition without a usable name is no tool.
    pub fn parse(definition: Value) -> Option<Self> {
        let Value::Object(definition) = definition else { return None };
        let name = definition.get("name")?.as_str().filter(|name| !name.is_empty())?;
        Some(Self { name: name.into(), definition, validator: OnceLock::new() })
    }

    /// A tool of which only a name and a description are known.
    pub fn described(name: &ToolName, description: &str) -> Option<Self> {
        Self::parse(serde_json::json!({"name": name.as_str(), "description": description}))
    }

    pub fn name(&self) -> &ToolName {
        &self.name
    }

    pub fn definition(&self) -> &Map<String, Value> {
        &self.definition
    }

    /// What is wrong with the arguments, by JSON pointer; empty when nothing is, or when there is no usable schema.
    pub fn violations(&self, arguments: &Value) -> Vec<String> {
        let Some(validator) = self.validator.get_or_init(|| self.compile()) else { return Vec::new() };
        validator.iter_errors(arguments).take(MAX_VIOLATIONS).map(|error| describe(&error)).collect()
    }

    fn compile(&self) -> Option<Validator> {
        let schema = self.definition.get("inputSchema").filter(|schema| schema.is_object())?;
        let built = jsonschema::options()
            // The schema is the server's: its patterns must not be able to backtrack.
            .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(1 << 20))
            .build(schema);
        if built.is_err() {
            tracing::warn!(tool = %self.name, "the input schema does not compile and is not enforced");
        }
        built.ok()
    }
}

/// More than these help nobody to mend a call.
const MAX_VIOLATIONS: usize = 5;

/// Names the place and the rule; the value itself may be a secret.
fn describe(error: &jsonschema::ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    let place = if path.is_empty() { "arguments".to_owned() } else { format!("`{path}`") };
    format!("{place}: {}", error.masked_with("the value"))
}

impl ToolSet {
    pub fn find(&self, name: &ToolName) -> Option<&Arc<Tool>> {
        self.tools.iter().find(|tool| tool.name() == name)
    }

    pub fn blocked(&self, name: &ToolName) -> Option<&BlockedTool> {
        self.blocked.iter().find(|tool| tool.name == *name)
    }
}

impl ToolSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Cache => "cache",
            Self::Discovery => "discovery",
        }
    }
}
