//! The tools of a server, read page by page to the end, if there is one.

use std::collections::HashSet;
use std::sync::Arc;

use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::fault::Trouble;
use super::request::{self, Prepared, Sent};
use crate::call::{JsonObject, size};
use crate::ids::{ServerName, ToolName};
use crate::tool::Tool;

/// A list longer than this is a server in a loop.
const MAX_PAGES: usize = 200;

/// More than anyone can choose from; a page is bounded in bytes already.
const MAX_TOOLS: usize = 10_000;

/// A list may be as long as one result is, and this long where results are kept short.
const MIN_LIST_BYTES: usize = 1 << 20;

/// All cursors of a list are kept until it ends.
const MAX_CURSOR: usize = 64 * 1024;

/// One page of `tools/list`.
struct Page {
    tools: Vec<Value>,
    next: Option<String>,
}

/// What has been read of a list.
#[derive(Default)]
struct Listed {
    tools: Vec<Arc<Tool>>,
    names: HashSet<ToolName>,
    /// About the bytes of all entries, as JSON.
    bytes: usize,
    nameless: usize,
    repeated: usize,
    unsendable: usize,
}

/// An entry that is no tool, or was there before, is left out; it spoils no other. A list that is too long fails as
/// a whole, because a part of it would hide the rest. The caller limits the time: a list is one operation, however
/// many pages it has.
pub(super) async fn list(
    peer: &Peer<RoleClient>,
    meta: &JsonObject,
    server: &ServerName,
    max_result_bytes: usize,
) -> Result<Vec<Arc<Tool>>, Trouble> {
    let max_bytes = max_result_bytes.max(MIN_LIST_BYTES);
    let mut listed = Listed::default();
    let mut cursors = HashSet::new();
    let mut cursor: Option<String> = None;
    let mut ended = false;
    for _ in 0..MAX_PAGES {
        let page = page(peer, meta, cursor.take(), max_result_bytes).await?;
        page.tools
            .into_iter()
            .try_for_each(|definition| listed.add(definition, !meta.is_empty(), max_bytes))?;
        match page.next {
            _ if listed.tools.len() > MAX_TOOLS => break,
            None => ended = true,
            // A cursor that comes back would list the same pages for ever.
            Some(next) if next.len() <= MAX_CURSOR && cursors.insert(next.clone()) => cursor = Some(next),
            Some(_) => break,
        }
        if ended {
            break;
        }
    }
    if !ended {
        tracing::warn!(%server, "the tool list does not end; reading stopped");
    }
    let Listed { tools, nameless, repeated, unsendable, .. } = listed;
    if nameless + repeated > 0 {
        tracing::warn!(%server, nameless, repeated, "left out listed tools that have no usable name or were listed before");
    }
    if unsendable > 0 {
        tracing::warn!(%server, unsendable, "left out listed tools whose `x-mcp-header` is not one");
    }
    Ok(tools)
}

impl Listed {
    fn add(&mut self, definition: Value, modern: bool, max_bytes: usize) -> Result<(), Trouble> {
        self.bytes = self.bytes.saturating_add(size(&definition));
        if self.bytes > max_bytes {
            return Err(Trouble::TooLong { limit: max_bytes });
        }
        match Tool::parse(definition) {
            // The server would refuse its calls for want of headers that cannot be sent.
            Some(tool) if modern && tool.mirror().is_none() => self.unsendable += 1,
            Some(tool) if self.names.insert(tool.name().clone()) => self.tools.push(Arc::new(tool)),
            Some(_) => self.repeated += 1,
            None => self.nameless += 1,
        }
        Ok(())
    }
}

async fn page(
    peer: &Peer<RoleClient>,
    meta: &JsonObject,
    cursor: Option<String>,
    max_result_bytes: usize,
) -> Result<Page, Trouble> {
    let mut params = JsonObject::new();
    params.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.into())));
    if !meta.is_empty() {
        params.insert("_meta".to_owned(), Value::Object(meta.clone()));
    }
    let params = Prepared::object(&params);
    Page::parse(request::ask(peer, "tools/list", params, max_result_bytes, &Sent::new()).await?)
}

impl Page {
    fn parse(result: Value) -> Result<Self, Trouble> {
        let Value::Object(mut page) = result else {
            return Err(Trouble::Protocol("the answer to `tools/list` is not an object".to_owned()));
        };
        let next = page.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
        match page.remove("tools") {
            Some(Value::Array(tools)) => Ok(Self { tools, next }),
            _ => Err(Trouble::Protocol("the answer to `tools/list` has no list of tools".to_owned())),
        }
    }
}
