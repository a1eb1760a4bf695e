//! `local_server_overrides`, and where references may stand in a server.
//!
//! The references of the local file are followed when it is loaded, not when a remote answer is read with it: that
//! happens on the way of a call, which must wait for no keyring.

use serde_json::{Map, Value};

use crate::config::environment::Environment;
use crate::config::node::{Node, is_comment, join};
use crate::config::secretref;
use crate::config::server::Overrides;

/// What of a server is read with its references followed.
const REFERRING: [(&str, &[&str]); 2] =
    [("config", &["args", "env", "headers"]), ("oauth_config", &["OAUTH_CLIENT_SECRET"])];

pub(super) fn read(root: &Node<'_>, env: &Environment) -> Overrides {
    const KEY: &str = "local_server_overrides";
    let members = root.nodes(KEY);
    let written = root.get(KEY).and_then(Value::as_object);
    let mut servers = written.filter(|map| map.len() == members.len()).cloned().unwrap_or_default();
    let mut found = Vec::new();
    for (name, server) in &mut servers {
        let Value::Object(server) = server else { continue };
        each_text(server, &join(&root.path(KEY), name), &mut |path, text| match secretref::follow_now(
            text, env, &mut found,
        ) {
            Ok(moved) => *text = moved,
            Err(problems) => {
                for problem in problems {
                    root.notes().problem(path, problem);
                }
            }
        });
    }
    Overrides { servers, found: Environment::from_pairs(found) }
}

/// Takes the references out of a server that the service wrote: it must not read this machine through them.
pub(super) fn refuse(server: &mut Map<String, Value>, path: &str, root: &Node<'_>) {
    each_text(server, path, &mut |path, text| {
        if secretref::refers(text) {
            root.notes().problem(
                path,
                "expected no reference: a remote configuration may not read this machine's environment, files or \
                 keyring; a literal `${` is written `$${`",
            );
            text.clear();
        }
    });
}

type Act<'a> = dyn FnMut(&str, &mut String) + 'a;

fn each_text(server: &mut Map<String, Value>, path: &str, act: &mut Act<'_>) {
    for (section, keys) in REFERRING {
        let Some(Value::Object(members)) = server.get_mut(section) else { continue };
        let path = join(path, section);
        for key in keys {
            if let Some(value) = members.get_mut(*key) {
                walk(value, &join(&path, key), act);
            }
        }
    }
}

fn walk(value: &mut Value, path: &str, act: &mut Act<'_>) {
    match value {
        Value::String(text) => act(path, text),
        Value::Array(items) => {
            items.iter_mut().enumerate().for_each(|(at, item)| walk(item, &format!("{path}[{at}]"), act));
        }
        Value::Object(members) => {
            for (key, member) in members.iter_mut().filter(|(key, _)| !is_comment(key)) {
                walk(member, &join(path, key), act);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
