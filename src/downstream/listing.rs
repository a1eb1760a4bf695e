//! The lists of a server, read page by page to the end, if there is one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::fault::Trouble;
use super::handshake::Greeting;
use super::request::{self, Prepared, Sent};
use crate::call::{JsonObject, size};
use crate::ids::{ServerName, ToolName};
use crate::tool::{OfferKind, Offers, Tool};

/// A list longer than this is a server in a loop.
const MAX_PAGES: usize = 200;

/// More than anyone can choose from; a page is bounded in bytes already.
const MAX_ENTRIES: usize = 10_000;

/// A list may be as long as one result is, and this long where results are kept short.
const MIN_LIST_BYTES: usize = 1 << 20;

/// All cursors of a list are kept until it ends.
const MAX_CURSOR: usize = 64 * 1024;

/// A list to be read from a server.
pub(super) struct Listing<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) greeting: &'a Greeting,
    pub(super) server: &'a ServerName,
    pub(super) max_result_bytes: usize,
}

/// The tools of a server.
pub struct ToolList {
    pub tools: Vec<Arc<Tool>>,
    /// How long the server says that this will do.
    pub good_for: Option<Duration>,
}

/// A whole list, or one page of it.
#[derive(Default)]
struct Entries {
    entries: Vec<Value>,
    good_for: Option<Duration>,
}

struct Page {
    list: Entries,
    next: Option<String>,
}

/// What has been read of a list.
#[derive(Default)]
struct Listed {
    tools: Vec<Arc<Tool>>,
    names: HashSet<ToolName>,
    nameless: usize,
    repeated: usize,
    unsendable: usize,
}

impl Listing<'_> {
    /// An entry that is no tool, or was there before, is left out; it spoils no other. The caller limits the time: a
    /// list is one operation, however many pages it has.
    pub(super) async fn tools(&self) -> Result<ToolList, Trouble> {
        let mut listed = Listed::default();
        let Entries { entries, good_for } = match self.entries("tools/list", "tools").await {
            // Of a server that does not say that it has any.
            Err(Trouble::Rpc(_)) if !self.greeting.offers("tools") => Entries::default(),
            list => list?,
        };
        for definition in entries {
            listed.add(definition, !self.greeting.meta.is_empty());
        }
        let Listed { tools, nameless, repeated, unsendable, .. } = listed;
        if nameless + repeated > 0 {
            tracing::warn!(server = %self.server, nameless, repeated, "left out listed tools that have no usable name or were listed before");
        }
        self.warn_of_mended("tools/list", tools.iter().map(|tool| tool.mended()).sum());
        if unsendable > 0 {
            tracing::warn!(server = %self.server, unsendable, "left out listed tools whose `x-mcp-header` is not one");
        }
        Ok(ToolList { tools, good_for })
    }

    /// Prompts, resources or templates.
    pub(super) async fn offers(&self, kind: OfferKind, offers: &mut Offers) -> Result<(), Trouble> {
        let entries = match self.entries(kind.method(), kind.member()).await {
            // Of a server that has none of them.
            Err(Trouble::Rpc(_)) => return Ok(()),
            list => list?.entries,
        };
        let left_out = offers.fill(kind, entries);
        self.warn_of_mended(kind.method(), offers.of(kind).iter().map(|offered| offered.mended).sum());
        if left_out > 0 {
            let list = kind.method();
            tracing::warn!(server = %self.server, list, left_out, "left out entries without a usable key, or listed before");
        }
        Ok(())
    }

    fn warn_of_mended(&self, list: &str, members: usize) {
        if members > 0 {
            tracing::warn!(server = %self.server, list, members, "left out members of definitions that are not of their type");
        }
    }

    /// A list that is too long fails as a whole, because a part of it would hide the rest.
    async fn entries(&self, method: &str, member: &str) -> Result<Entries, Trouble> {
        let max_bytes = self.max_result_bytes.max(MIN_LIST_BYTES);
        let (mut entries, mut bytes) = (Vec::new(), 0_usize);
        let mut cursors = HashSet::new();
        let mut cursor: Option<String> = None;
        let (mut ended, mut good_for) = (false, None);
        for _ in 0..MAX_PAGES {
            let page = self.page(method, member, cursor.take()).await?;
            // The whole is as good as its worst page.
            good_for = page.list.good_for.into_iter().chain(good_for).min();
            for entry in page.list.entries {
                bytes = bytes.saturating_add(size(&entry));
                if bytes > max_bytes {
                    return Err(Trouble::TooLong { limit: max_bytes });
                }
                entries.push(entry);
            }
            match page.next {
                _ if entries.len() > MAX_ENTRIES => break,
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
            tracing::warn!(server = %self.server, list = method, "the list does not end; reading stopped");
        }
        Ok(Entries { entries, good_for })
    }

    async fn page(&self, method: &str, member: &str, cursor: Option<String>) -> Result<Page, Trouble> {
        let mut params = JsonObject::new();
        params.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.into())));
        if !self.greeting.meta.is_empty() {
            params.insert("_meta".to_owned(), Value::Object(self.greeting.meta.clone()));
        }
        let prepared = Prepared::object(method, &params);
        let result = request::ask(self.peer, prepared, self.max_result_bytes, &Sent::new()).await?;
        let Value::Object(mut page) = result else {
            return Err(Trouble::Protocol(format!("the answer to `{method}` is not an object")));
        };
        let next = page.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
        let good_for = page.get("ttlMs").and_then(Value::as_u64).map(Duration::from_millis);
        match page.remove(member) {
            Some(Value::Array(entries)) => Ok(Page { list: Entries { entries, good_for }, next }),
            _ => Err(Trouble::Protocol(format!("the answer to `{method}` has no list of {member}"))),
        }
    }
}

impl Listed {
    fn add(&mut self, definition: Value, modern: bool) {
        match Tool::parse(definition) {
            // The server would refuse its calls for want of headers that cannot be sent.
            Some(tool) if modern && tool.mirror().is_none() => self.unsendable += 1,
            Some(tool) if self.names.insert(tool.name().clone()) => self.tools.push(Arc::new(tool)),
            Some(_) => self.repeated += 1,
            None => self.nameless += 1,
        }
    }
}
