//! The servers that attack: what `bad_mcp` says of itself.

use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

use super::server_binary;

#[derive(Clone, Deserialize)]
pub(crate) struct Attack {
    #[serde(rename = "attack")]
    pub(crate) name: String,
    /// One that does not has no tools in the end.
    pub(crate) starts: bool,
    /// One that does not has orders in its greeting.
    pub(crate) greets: bool,
    pub(crate) tools: Vec<BadTool>,
    pub(crate) prompts: Vec<BadOffer>,
    pub(crate) resources: Vec<BadOffer>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct BadTool {
    pub(crate) name: String,
    pub(crate) definition: Value,
    pub(crate) poison: Poison,
    /// How a call ends whose poison is its end.
    pub(crate) code: String,
    pub(crate) calls: Vec<BadCall>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct BadCall {
    pub(crate) arguments: Value,
    /// Stands in what is poisoned.
    pub(crate) mark: String,
}

#[derive(Clone, Deserialize)]
pub(crate) struct BadOffer {
    pub(crate) definition: Value,
    pub(crate) poison: Poison,
    pub(crate) arguments: Value,
    pub(crate) mark: String,
}

/// Where the poison is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Poison {
    Harmless,
    Definition,
    Arguments,
    Result,
    Aside,
    End,
}

/// Each attack: its tools, where the poison is, the calls that a victim makes.
pub(crate) fn attacks() -> Vec<Attack> {
    let out = Command::new(server_binary("bad_mcp")).arg("--table").output().expect("it starts");
    serde_json::from_slice(&out.stdout).expect("a table")
}
