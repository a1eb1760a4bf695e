//! The servers that attack: what `bad_mcp` says of itself.

use std::process::Command;

use serde_json::Value;

use super::server_binary;

/// Each attack: its tools, where the poison is, the calls that a victim makes.
pub(crate) fn attacks() -> Vec<Value> {
    let out = Command::new(server_binary("bad_mcp")).arg("--table").output().expect("it starts");
    serde_json::from_slice(&out.stdout).expect("a table")
}
