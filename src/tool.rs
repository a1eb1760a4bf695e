//! A tool of a server, the set of a server's tools, and where that set came from.
//!
//! The definition is kept as the server wrote it; its input schema is compiled once, on first use, if it keeps to
//! the bounds that `tool/schema.rs` sets to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::ids::ToolName;

mod address;
mod effort;
mod judge;
mod mirror;
mod offer;
mod schema;
mod shape;

pub use address::decoded;
pub use mirror::{Mirror, Repeated};
pub use offer::{BlockedOffer, OfferKind, OfferSet, Offered, Offers};
use schema::InputSchema;
pub use schema::Patience;

/// The length that MCP allows.
const MAX_NAME: usize = 128;

/// One tool, whole.
#[derive(Debug)]
pub struct Tool {
    name: ToolName,
    definition: Map<String, Value>,
    schema: OnceLock<Option<InputSchema>>,
    mirror: OnceLock<Option<Mirror>>,
    output: OnceLock<Option<InputSchema>>,
    fingerprint: OnceLock<[u8; 32]>,
    /// How many of its members were not of their type and are not there.
    mended: usize,
    /// Arguments that were too much work to check have been reported.
    reported: AtomicBool,
}

/// A tool that the registration check kept away, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedTool {
    pub name: ToolName,
    /// Stands for the name where the name itself may be what is harmful.
    pub shown: String,
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
#[derive(Debug, Default)]
pub struct ToolSet {
    pub tools: Vec<Arc<Tool>>,
    pub blocked: Vec<BlockedTool>,
    /// Tools that exist and that the deny list closes, as they may be shown.
    pub denied: Vec<String>,
}

impl Tool {
    /// A definition without a usable name is no tool: 1 to 128 characters, none of them white or invisible. It loses
    /// what no client could read.
    pub fn parse(definition: Value) -> Option<Self> {
        let Value::Object(mut definition) = definition else { return None };
        let name: ToolName = definition.get("name")?.as_str().filter(|name| is_name(name))?.into();
        let mended = shape::mend_tool(&mut definition);
        Some(Self {
            name,
            definition,
            mended,
            schema: OnceLock::new(),
            mirror: OnceLock::new(),
            output: OnceLock::new(),
            fingerprint: OnceLock::new(),
            reported: AtomicBool::new(false),
        })
    }

    /// Whether a tool may have that name.
    pub fn may_be_called(name: &str) -> bool {
        is_name(name)
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

    pub fn mended(&self) -> usize {
        self.mended
    }

    /// Why no client can be shown it.
    pub fn flaw(&self) -> Option<&'static str> {
        let schema = self.definition.get("inputSchema")?;
        shape::takes_nothing(schema)
            .then_some("its `inputSchema` is no schema of an object; its server must mend that")
    }

    /// What is wrong with the arguments, by JSON pointer; empty when nothing is, or when there is no usable schema.
    pub fn violations(&self, arguments: &Value, patience: &mut Patience) -> Vec<String> {
        let Some(schema) = self.definition.get("inputSchema").filter(|schema| schema.is_object()) else {
            return Vec::new();
        };
        let Some(compiled) = self.schema.get_or_init(|| self.compile("input", schema)) else {
            return Vec::new();
        };
        let found = match compiled.violations(schema, arguments, patience) {
            // Models write `null` for what they leave out.
            Ok(found) if !found.is_empty() => match without_optional_nulls(schema, arguments) {
                Some(spared) => compiled.violations(schema, &spared, patience),
                None => Ok(found),
            },
            other => other,
        };
        found.unwrap_or_else(|schema::TooMuch| {
            if !self.reported.swap(true, Ordering::Relaxed) {
                tracing::warn!(tool = %self.name, "arguments take too long to check and were let through");
            }
            Vec::new()
        })
    }

    /// Whether the server runs it as a task only, which is an extension that is not spoken here.
    pub fn needs_task(&self) -> bool {
        let execution = self.definition.get("execution");
        execution.and_then(|execution| execution.get("taskSupport")).is_some_and(|kind| kind == "required")
    }

    /// What of the arguments is repeated in HTTP headers; `None` where the definition's wish for that is malformed.
    pub fn mirror(&self) -> Option<&Mirror> {
        let read = || Mirror::read(self.definition.get("inputSchema").unwrap_or(&Value::Null)).ok();
        self.mirror.get_or_init(read).as_ref()
    }

    /// Of the whole definition.
    pub fn fingerprint(&self) -> &[u8; 32] {
        self.fingerprint.get_or_init(|| fingerprint(&self.definition))
    }

    /// Whether it is marked as a tool that changes nothing.
    pub fn only_reads(&self) -> bool {
        let annotations = self.definition.get("annotations");
        annotations.and_then(|annotations| annotations.get("readOnlyHint")) == Some(&Value::Bool(true))
    }

    /// Whether a structured result is what the definition promises, where it promises something.
    pub fn fits_output(&self, structured: &Value) -> bool {
        let Some(schema) = self.definition.get("outputSchema").filter(|schema| schema.is_object()) else {
            return true;
        };
        let Some(compiled) = self.output.get_or_init(|| self.compile("output", schema)) else { return true };
        compiled.violations(schema, structured, &mut Patience::default()).is_ok_and(|found| found.is_empty())
    }

    fn compile(&self, which: &'static str, schema: &Value) -> Option<InputSchema> {
        match InputSchema::compile(schema) {
            Ok(compiled) => Some(compiled),
            Err(reason) => {
                tracing::warn!(tool = %self.name, reason, "the {which} schema is not enforced");
                None
            }
        }
    }
}

pub(in crate::tool) fn fingerprint(definition: &Map<String, Value>) -> [u8; 32] {
    let mut text = Vec::new();
    crate::json::write_object(definition, &mut text);
    Sha256::digest(&text).into()
}

/// The arguments without the properties that are `null` and need not be there; `None` where there are none.
fn without_optional_nulls(schema: &Value, arguments: &Value) -> Option<Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    let arguments = arguments.as_object()?;
    let spared = |name: &str, value: &Value| value.is_null() && !is_required(name);
    if !arguments.iter().any(|(name, value)| spared(name, value)) {
        return None;
    }
    let kept = arguments.iter().filter(|(name, value)| !spared(name, value));
    Some(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

fn is_name(name: &str) -> bool {
    let (mut length, mut before) = (0, 'a');
    name.chars().all(|c| {
        length += 1;
        let decorates = is_selector(c) && !before.is_alphanumeric();
        before = c;
        length <= MAX_NAME && !c.is_control() && !c.is_whitespace() && (decorates || !is_invisible(c))
    }) && length > 0
}

/// Characters without a width and those that turn the direction of writing: two names could look the same.
fn is_invisible(c: char) -> bool {
    is_selector(c)
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// What chooses how the character before it is drawn, such as in colours.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(schema: &Value) -> Tool {
        Tool::parse(json!({"name": "t", "inputSchema": schema})).expect("a tool")
    }

    fn violations(tool: &Tool, arguments: &Value) -> Vec<String> {
        tool.violations(arguments, &mut Patience::default())
    }

    #[test]
    fn a_name_is_short_and_visible() {
        for name in ["a", "repo/list:all", "naïve.tool-1_2", "\u{2764}\u{fe0f}_like", &"x".repeat(MAX_NAME)]
        {
            assert!(Tool::parse(json!({"name": name})).is_some(), "{name}");
        }
        for name in ["", "a b", "a\nb", "a\u{1b}[31m", "a\u{200b}", "\u{202e}a", &"x".repeat(MAX_NAME + 1)] {
            assert!(Tool::parse(json!({"name": name})).is_none(), "{name:?}");
        }
        for unseen in "\u{34f}\u{115f}\u{17b4}\u{180e}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{e0100}".chars() {
            assert!(Tool::parse(json!({"name": format!("a{unseen}b")})).is_none(), "{unseen:?}");
        }
    }

    #[test]
    fn a_schema_that_repeats_itself_is_enforced() {
        let tree = tool(&json!({
            "type": "object",
            "properties": {"n": {"type": "integer"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}},
        }));
        assert!(violations(&tree, &json!({"n": 1, "left": {"n": 2, "right": {"n": 3}}})).is_empty());
        let violations = violations(&tree, &json!({"n": 1, "left": {"n": 2, "right": {"n": "x"}}}));
        assert!(violations[0].contains("/left/right/n"), "{violations:?}");
    }

    #[test]
    fn null_stands_for_what_need_not_be_there() {
        let schema =
            json!({"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]});
        let tool = tool(&schema);
        assert!(violations(&tool, &json!({"a": "x", "b": null})).is_empty());
        assert_eq!(violations(&tool, &json!({"a": null, "b": null})).len(), 1, "`a` must be there");
        assert_eq!(violations(&tool, &json!({"a": "x", "b": 1})).len(), 1);
    }

    #[test]
    fn a_tool_may_be_there_as_a_task_only() {
        let tool =
            |kind| Tool::parse(json!({"name": "t", "execution": {"taskSupport": kind}})).expect("a tool");
        assert!(tool("required").needs_task() && !tool("optional").needs_task());
    }

    #[test]
    fn arguments_that_are_many_are_still_refused() {
        let list = tool(&json!({"properties": {"a": {"items": {"type": "integer"}}}}));
        assert!(violations(&list, &json!({"a": vec![0; 100_000]})).is_empty());
        assert_eq!(violations(&list, &json!({"a": vec!["x"; 100_000]})).len(), 1);
    }

    #[test]
    fn a_batch_is_not_checked_for_ever() {
        let bomb = tool(
            &json!({"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}], "properties": {"a": {"$ref": "#"}}}),
        );
        let nested = json!({"a": (0..40).fold(json!([]), |inner, _| json!([inner]))});
        let mut patience = Patience::default();
        let started = std::time::Instant::now();
        for _ in 0..1_000 {
            assert!(bomb.violations(&nested, &mut patience).is_empty());
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    }
}
