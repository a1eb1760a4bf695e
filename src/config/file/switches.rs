//! What closes an entry of the file, whatever it is: a key, a user, a project, a server.

use serde_json::Value;

use crate::config::node::Node;
use crate::config::spelling::{ends_access, opens};

/// Words for `status`, and whether they close.
const STATUS: [(&str, bool); 4] =
    [("active", false), ("enabled", false), ("disabled", true), ("inactive", true)];

/// The member that closes it. Each of them is read, so that none is unknown.
pub(super) fn closed_by(node: &Node<'_>) -> Option<&'static str> {
    closed(node, node.choice("status", &STATUS))
}

/// As `closed_by`, of what clients write into: a `status` that is no word of ours, such as `connected`, closes nothing
/// and is not known, unless it is meant to close.
pub(super) fn client_closed_by(node: &Node<'_>) -> Option<&'static str> {
    let heeded = node.members().into_iter().any(|(key, value)| key == "status" && says_closed_or_open(value));
    closed(node, if heeded { node.choice("status", &STATUS) } else { None })
}

fn says_closed_or_open(status: &Value) -> bool {
    let is_ours = |word: &str| STATUS.iter().any(|(known, _)| known.eq_ignore_ascii_case(word));
    status.as_str().is_some_and(|word| is_ours(word) || ends_access(word) && !opens(word))
}

fn closed(node: &Node<'_>, status: Option<bool>) -> Option<&'static str> {
    let (disabled, enabled) = (node.flag("disabled"), node.flag("enabled"));
    let dated = node.get("disabled_at").is_some();
    let by_date = dated && disabled != Some(false);
    let closes = [
        ("disabled", disabled == Some(true)),
        ("enabled", enabled == Some(false)),
        ("status", status == Some(true)),
        ("disabled_at", by_date),
    ];
    let closed_by = closes.into_iter().find_map(|(key, closes)| closes.then_some(key));
    let open = [
        ("disabled", disabled == Some(false)),
        ("enabled", enabled == Some(true)),
        ("status", status == Some(false)),
    ];
    let says_open = open.into_iter().find_map(|(key, open)| open.then_some(key));
    if let (true, Some(open)) = (dated, says_open) {
        let (date, open) = (node.path("disabled_at"), node.path(open));
        let so = if closed_by.is_some() { "it is closed" } else { "it is open" };
        node.notes().warn(format!("`{date}` and `{open}` contradict each other: {so}, remove one of them"));
    }
    closed_by
}
