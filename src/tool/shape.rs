//! Definitions as a client's library reads them: one member of a wrong type makes it throw away a whole list.
//!
//! Such a member is taken out where the definition can do without it. What is well formed stays as it was written.

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// A member that need not be there, and what it has to be where it is.
type Member = (&'static str, fn(&Value) -> bool);

const DESCRIBED: [Member; 4] = [
    ("title", Value::is_string),
    ("description", Value::is_string),
    ("icons", Value::is_array),
    ("_meta", Value::is_object),
];

const TOOL: [Member; 3] =
    [("annotations", Value::is_object), ("execution", Value::is_object), ("outputSchema", Value::is_object)];

const HINTS: [Member; 5] = [
    ("title", Value::is_string),
    ("readOnlyHint", Value::is_boolean),
    ("destructiveHint", Value::is_boolean),
    ("idempotentHint", Value::is_boolean),
    ("openWorldHint", Value::is_boolean),
];

const ICON: [Member; 3] =
    [("mimeType", Value::is_string), ("sizes", is_list_of_texts), ("theme", Value::is_string)];

const PROMPT: [Member; 1] = [("arguments", Value::is_array)];

const ARGUMENT: [Member; 3] =
    [("title", Value::is_string), ("description", Value::is_string), ("required", Value::is_boolean)];

const RESOURCE: [Member; 3] =
    [("mimeType", Value::is_string), ("size", Value::is_number), ("annotations", Value::is_object)];

const AUDIENCE: [Member; 3] =
    [("audience", is_list_of_texts), ("priority", Value::is_number), ("lastModified", Value::is_string)];

/// Says how much had to be taken out.
pub(super) fn mend_tool(tool: &mut Object) -> usize {
    let mut dropped = mend(tool, &DESCRIBED) + mend(tool, &TOOL) + mend_icons(tool);
    dropped += part(tool, "annotations").map_or(0, |annotations| mend(annotations, &HINTS));
    let execution = part(tool, "execution");
    dropped += execution.map_or(0, |execution| mend(execution, &[("taskSupport", Value::is_string)]));
    match tool.get_mut("inputSchema") {
        Some(Value::Null) => drop(tool.shift_remove("inputSchema")),
        Some(Value::Object(schema)) => be_of_objects(schema),
        _ => {}
    }
    dropped
}

/// As `mend_tool`.
pub(super) fn mend_prompt(prompt: &mut Object) -> usize {
    let mut dropped = mend(prompt, &DESCRIBED) + mend(prompt, &PROMPT) + mend_icons(prompt);
    if let Some(Value::Array(arguments)) = prompt.get_mut("arguments") {
        dropped += mend_all(arguments, "name", &ARGUMENT);
    }
    dropped
}

/// As `mend_tool`, for a template too. It has to have a name, for which its key will do.
pub(super) fn mend_resource(resource: &mut Object, key: &str) -> usize {
    let mut dropped = mend(resource, &DESCRIBED) + mend(resource, &RESOURCE) + mend_icons(resource);
    dropped += part(resource, "annotations").map_or(0, |annotations| mend(annotations, &AUDIENCE));
    if !resource.get("name").is_some_and(Value::is_string) {
        resource.insert("name".to_owned(), key.into());
        dropped += 1;
    }
    dropped
}

/// Whether no arguments at all can be given to a tool with this input schema.
pub(super) fn takes_nothing(schema: &Value) -> bool {
    let Value::Object(schema) = schema else { return true };
    match schema.get("type") {
        None => false,
        Some(Value::Array(types)) => !types.iter().any(|kind| kind == "object"),
        Some(kind) => kind != "object",
    }
}

/// Arguments are an object whatever the schema says: of all types that it allows only that one counts.
fn be_of_objects(schema: &mut Object) {
    match schema.get_mut("type") {
        None => drop(schema.shift_insert(0, "type".to_owned(), json!("object"))),
        Some(types) if types.as_array().is_some_and(|types| types.iter().any(|kind| kind == "object")) => {
            *types = json!("object");
        }
        Some(_) => {}
    }
}

fn mend(object: &mut Object, members: &[Member]) -> usize {
    let mut dropped = 0;
    for (name, fits) in members {
        if object.get(*name).is_some_and(|value| !fits(value)) {
            object.shift_remove(*name);
            dropped += 1;
        }
    }
    dropped
}

fn mend_icons(object: &mut Object) -> usize {
    match object.get_mut("icons") {
        Some(Value::Array(icons)) => mend_all(icons, "src", &ICON),
        _ => 0,
    }
}

/// Objects with a key that is a text; others are no members of such a list.
fn mend_all(list: &mut Vec<Value>, key: &str, members: &[Member]) -> usize {
    let before = list.len();
    list.retain(|one| one.get(key).is_some_and(Value::is_string));
    let gone = before - list.len();
    gone + list.iter_mut().filter_map(Value::as_object_mut).map(|one| mend(one, members)).sum::<usize>()
}

fn part<'o>(object: &'o mut Object, name: &str) -> Option<&'o mut Object> {
    object.get_mut(name)?.as_object_mut()
}

fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(mut definition: Value) -> (Value, usize) {
        let dropped = mend_tool(definition.as_object_mut().expect("an object"));
        (definition, dropped)
    }

    #[test]
    fn what_is_well_formed_stays() {
        let whole = json!({
            "x-vendor": [1], "name": "t", "title": "T", "description": "", "_meta": {"a": 1},
            "inputSchema": {"$schema": "s", "type": "object", "properties": {"a": true}, "x": null},
            "outputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true, "x": 7},
            "icons": [{"src": "data:", "sizes": ["48x48"], "theme": "dark", "x": null}], "execution": {"taskSupport": "optional"},
        });
        let (mended, dropped) = tool(whole.clone());
        assert_eq!((mended.to_string(), dropped), (whole.to_string(), 0));
    }

    #[test]
    fn what_is_not_of_its_type_goes_alone() {
        for (name, wrong) in [
            ("title", json!(5)),
            ("description", json!(null)),
            ("annotations", json!("x")),
            ("icons", json!({"src": "a"})),
            ("execution", json!(7)),
            ("outputSchema", json!("x")),
            ("_meta", json!([])),
        ] {
            let mut definition = json!({"name": "t", "x": 1});
            definition[name] = wrong;
            assert_eq!(tool(definition), (json!({"name": "t", "x": 1}), 1), "{name}");
        }
        let parts = json!({
            "annotations": {"readOnlyHint": "yes", "title": "T"},
            "icons": [{"src": "a", "sizes": "48x48"}, {"sizes": []}, 7],
        });
        let kept = json!({"annotations": {"title": "T"}, "icons": [{"src": "a"}]});
        assert_eq!(tool(parts), (kept, 4));
    }

    #[test]
    fn an_input_schema_that_allows_objects_says_so() {
        for (schema, expected) in [
            (json!({}), json!({"type": "object"})),
            (json!({"properties": {}}), json!({"type": "object", "properties": {}})),
            (json!({"a": 1, "type": ["null", "object"]}), json!({"a": 1, "type": "object"})),
        ] {
            let (mended, _) = tool(json!({"inputSchema": schema}));
            assert_eq!(mended["inputSchema"].to_string(), expected.to_string());
            assert!(!takes_nothing(&mended["inputSchema"]));
        }
        assert_eq!(tool(json!({"inputSchema": null})).0, json!({}));
        for schema in
            [json!("x"), json!([]), json!(true), json!({"type": "string"}), json!({"type": ["null"]})]
        {
            assert!(takes_nothing(&schema), "{schema}");
        }
    }

    #[test]
    fn prompts_and_resources_are_mended_too() {
        let mut prompt = json!({"name": "p", "arguments": [{"name": "a", "required": 1}, {"x": 1}]});
        assert_eq!(mend_prompt(prompt.as_object_mut().expect("an object")), 2);
        assert_eq!(prompt, json!({"name": "p", "arguments": [{"name": "a"}]}));
        let mut resource =
            json!({"uri": "a:1", "name": 5, "size": "big", "annotations": {"priority": "high"}});
        assert_eq!(mend_resource(resource.as_object_mut().expect("an object"), "a:1"), 3);
        assert_eq!(resource, json!({"uri": "a:1", "name": "a:1", "annotations": {}}));
    }
}
