//! The tools of a server, read page by page to the end, if there is one.

use std::collections::HashSet;
use std::sync::Arc;

use rmcp::model::{ClientRequest, PaginatedRequestParams, RequestOptionalParam};
use rmcp::service::PeerRequestOptions;
use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::fault::Trouble;
use super::transport;
use crate::ids::ServerName;
use crate::tool::Tool;

/// A list longer than this is a server in a loop.
const MAX_PAGES: usize = 200;

/// More than anyone can choose from; a page is bounded in bytes already.
const MAX_TOOLS: usize = 10_000;

/// One page of `tools/list`.
struct Page {
    tools: Vec<Value>,
    next: Option<String>,
}

/// An entry that is no tool, or was there before, is left out and logged; it spoils no other. The caller limits
/// the time: a list is one operation, however many pages it has.
pub(super) async fn list(
    peer: &Peer<RoleClient>,
    server: &ServerName,
    max_result_bytes: usize,
) -> Result<Vec<Arc<Tool>>, Trouble> {
    let mut tools: Vec<Arc<Tool>> = Vec::new();
    let (mut names, mut cursors) = (HashSet::new(), HashSet::new());
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let page = page(peer, cursor.take(), max_result_bytes).await?;
        for definition in page.tools {
            match Tool::parse(definition) {
                Some(tool) if names.insert(tool.name().clone()) => tools.push(Arc::new(tool)),
                Some(tool) => {
                    tracing::warn!(%server, tool = %tool.name(), "left out a tool that was listed before");
                }
                None => tracing::warn!(%server, "left out a listed tool that has no name"),
            }
        }
        match page.next {
            _ if tools.len() > MAX_TOOLS => break,
            None => return Ok(tools),
            // A cursor that comes back would list the same pages for ever.
            Some(next) if cursors.insert(next.clone()) => cursor = Some(next),
            Some(_) => break,
        }
    }
    tracing::warn!(%server, "the tool list does not end; reading stopped");
    Ok(tools)
}

async fn page(
    peer: &Peer<RoleClient>,
    cursor: Option<String>,
    max_result_bytes: usize,
) -> Result<Page, Trouble> {
    let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
    let request = ClientRequest::ListToolsRequest(RequestOptionalParam { params, ..Default::default() });
    let handle = peer.send_request_with_option(request, PeerRequestOptions::no_options()).await;
    let answer = handle.map_err(|error| Trouble::from(&error))?.await_response().await;
    Page::parse(transport::unwrap(answer.map_err(|error| Trouble::from(&error))?, max_result_bytes)?)
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
