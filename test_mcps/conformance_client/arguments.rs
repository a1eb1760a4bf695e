//! What each tool is called with.

use serde_json::{Map, Value, json};

use crate::user::something;

/// As the suite wishes, else a value for everything the tool requires.
pub(crate) fn for_tool(tool: &Value, tools: &[Value], wishes: &Value) -> Value {
    let ready =
        wishes["toolCalls"].as_array().into_iter().flatten().find(|call| call["name"] == tool["name"]);
    if let Some(call) = ready {
        return call["arguments"].clone();
    }
    if tool["name"] == "json_schema_echo" {
        return json!({"schema": schema_as_received(tools)});
    }
    let schema = &tool["inputSchema"];
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let value = |name: &str| (name.to_owned(), something(&schema["properties"][name]));
    Value::Object(required.map(value).collect::<Map<_, _>>())
}

/// The scenario wants to see what came through of the schema of its other tool.
fn schema_as_received(tools: &[Value]) -> &Value {
    let focal = tools.iter().find(|tool| tool["name"] == "json_schema_2020_12_tool");
    focal.map_or(&Value::Null, |tool| &tool["inputSchema"])
}
