//! The list of servers that a key opens, in the text of a configuration: what stands in it, and one more.

use jsonc_parser::ast::{self, Array, Object};
use serde_json::Value;

use crate::cli::Failure;
use crate::cli::clients::document::Document;
use crate::cli::clients::edit::{member, to_value};
use crate::cli::setup::Opening;
use crate::ids::ConfigId;

/// Which list of the file it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct List {
    id: String,
    /// It stands with its key, as in the first generation.
    with_key: bool,
}

impl List {
    pub(super) fn of(opening: &Opening) -> Self {
        Self { id: opening.servers.id.as_str().to_owned(), with_key: opening.is_first_generation }
    }

    pub(super) fn is(&self, id: &ConfigId) -> bool {
        self.id == id.as_str()
    }

    pub(super) fn servers(&self, text: &str) -> Result<Vec<Value>, Failure> {
        let document = parse(text)?;
        Ok(self.find(&document)?.elements.iter().map(to_value).collect())
    }

    pub(super) fn with(&self, text: &str, server: &Value) -> Result<String, Failure> {
        let document = parse(text)?;
        Ok(document.push(self.find(&document)?, server))
    }

    fn find<'o, 'a>(&self, document: &'o Document<'a>) -> Result<&'o Array<'a>, Failure> {
        let list =
            document.root.as_ref().and_then(|root| self.owner(root)).and_then(|owner| {
                match &member(owner, "mcp_config")?.value {
                    ast::Value::Array(list) => Some(list),
                    _ => None,
                }
            });
        list.ok_or_else(|| {
            Failure::new(format!("the list of servers `{}` is not in the file", crate::cli::named(&self.id)))
                .hint("the clients' files are as they were")
        })
    }

    fn owner<'o, 'a>(&self, root: &'o Object<'a>) -> Option<&'o Object<'a>> {
        if !self.with_key {
            return object(&member(object(&member(root, "mcp_configs")?.value)?, &self.id)?.value);
        }
        let gateways = object(&member(root, "gateways")?.value)?;
        let mut owners = gateways.properties.iter().filter_map(|gateway| object(&gateway.value));
        owners.find(|owner| member(owner, "id").is_some_and(|id| to_value(&id.value) == self.id.as_str()))
    }
}

fn object<'o, 'a>(value: &'o ast::Value<'a>) -> Option<&'o Object<'a>> {
    match value {
        ast::Value::Object(object) => Some(object),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Document<'_>, Failure> {
    Document::parse(text).map_err(|unfit| Failure::new(format!("the configuration {unfit}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_goes_to_the_end_of_its_own_list() {
        let [second, first] = [false, true].map(|with_key| List { id: "c".to_owned(), with_key });
        let server = json!({"server_name": "new", "config": {}});
        for (list, text) in [
            (
                &second,
                "{\n  \"mcp_configs\": {\n    \"b\": {\"mcp_config\": []},\n    \"c\": {\n      \"mcp_config\": [\n        {\"server_name\": \"a\"}\n      ]\n    }\n  }\n}\n",
            ),
            (&second, "\u{feff}{\"mcp_configs\": {\"c\": {\"mcp_config\": []}}}"),
            (&second, "{\r\n\t\"mcp_configs\": {\"c\": {\"mcp_config\": [ ]}}\r\n}"),
            (&second, "{\"mcp_configs\": {\"c\": {\"mcp_config\": [{\"server_name\": \"a\"}]}}}"),
            (&first, "{\"gateways\": {\"k\": {\"id\": \"b\"}, \"l\": {\"id\": \"c\", \"mcp_config\": []}}}"),
        ] {
            let before = list.servers(text).expect("a list");
            let longer = list.with(text, &server).expect("a longer one");
            let mut expected = before.clone();
            expected.push(server.clone());
            assert_eq!(list.servers(&longer).expect("a list"), expected, "{longer}");
            assert!(serde_json::from_str::<Value>(longer.trim_start_matches('\u{feff}')).is_ok(), "{longer}");
            let twice = list.with(&longer, &server).expect("a longer one");
            assert_eq!(list.servers(&twice).expect("a list").len(), before.len() + 2, "{twice}");
        }
        assert!(first.servers("{\"mcp_configs\": {\"c\": {\"mcp_config\": []}}}").is_err());
    }
}
