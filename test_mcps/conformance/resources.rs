//! The resources and the one template.

use serde_json::{Value, json};

use crate::content::PNG;
use crate::request::{Answer, Era, Request, refusal};

pub(crate) const WATCHED: &str = "test://watched-resource";

pub(crate) fn list() -> Value {
    json!([
        {
            "uri": "test://static-text", "name": "static-text", "mimeType": "text/plain",
            "description": "A text that never changes.",
        },
        {
            "uri": "test://static-binary", "name": "static-binary", "mimeType": "image/png",
            "description": "An image that never changes.",
        },
        {
            "uri": WATCHED, "name": "watched-resource", "mimeType": "text/plain",
            "description": "A text that can be subscribed to.",
        },
    ])
}

pub(crate) fn templates() -> Value {
    json!([{
        "uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json",
        "description": "Data for any id.",
    }])
}

pub(crate) fn read(request: &Request) -> Answer {
    let uri = request.params["uri"].as_str().unwrap_or_default();
    let mut contents = match uri {
        "test://static-text" => {
            json!({"mimeType": "text/plain", "text": "This is the content of the static text resource."})
        }
        "test://static-binary" => json!({"mimeType": "image/png", "blob": PNG}),
        WATCHED => json!({"mimeType": "text/plain", "text": "This is the content of the watched resource."}),
        _ => from_template(uri).ok_or_else(|| not_found(request, uri))?,
    };
    contents["uri"] = json!(uri);
    Ok(json!({"contents": [contents]}))
}

fn from_template(uri: &str) -> Option<Value> {
    let id = uri.strip_prefix("test://template/")?.strip_suffix("/data")?;
    let data = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
    Some(json!({"mimeType": "application/json", "text": data.to_string()}))
}

fn not_found(request: &Request, uri: &str) -> Value {
    let code = if request.era == Era::Modern { -32602 } else { -32002 };
    let mut error = refusal(code, "Resource not found");
    error["data"] = json!({"uri": uri});
    error
}
