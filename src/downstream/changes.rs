//! What a server of the newer revision can be asked to tell of: that one of its lists has become another.

use serde_json::{Value, json};

use crate::call::JsonObject;
use crate::client::Change;

/// A list of a server, as the messages about its changes call it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// The capability of a server that has such a list.
    capability: &'static str,
    /// Its key in a subscription.
    pub(super) key: &'static str,
    pub(super) change: Change,
}

static LISTS: [List; 3] = [
    List { capability: "tools", key: "toolsListChanged", change: Change::Tools },
    List { capability: "prompts", key: "promptsListChanged", change: Change::Prompts },
    List { capability: "resources", key: "resourcesListChanged", change: Change::Resources },
];

/// The lists whose changes a server says it tells of.
pub(super) fn told(capabilities: &Value) -> Vec<&'static List> {
    LISTS.iter().filter(|list| capabilities[list.capability]["listChanged"] == true).collect()
}

/// The params of the request to be told.
pub(super) fn params(lists: &[&List], meta: &JsonObject) -> JsonObject {
    let wanted: JsonObject = lists.iter().map(|list| (list.key.to_owned(), json!(true))).collect();
    JsonObject::from_iter([
        ("notifications".to_owned(), Value::Object(wanted)),
        ("_meta".to_owned(), Value::Object(meta.clone())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_server_tells_of_is_asked_for() {
        let capabilities =
            json!({"tools": {"listChanged": true}, "prompts": {}, "resources": {"listChanged": 1}});
        let lists = told(&capabilities);
        assert_eq!(lists, [&LISTS[0]]);
        let params = params(&lists, &JsonObject::new());
        assert_eq!(params["notifications"], json!({"toolsListChanged": true}));
        assert!(told(&json!(["tools"])).is_empty() && told(&Value::Null).is_empty());
    }
}
