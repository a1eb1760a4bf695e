//! One request of a call: sent, accompanied by whatever the server says meanwhile, and answered.

use std::time::Duration;

use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::events::Listening;
use super::far_end::FarEnd;
use super::fault::Trouble;
use super::hearing::Hearing;
use super::relay::Relay;
use super::request::{self, Prepared, Sent};
use crate::call::JsonObject;
use crate::scope::Scope;
use crate::timeouts::Operation;

pub(super) struct Exchange<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) relay: &'a Relay<'a>,
    pub(super) listening: Listening<'a>,
    pub(super) max_result_bytes: usize,
    pub(super) far_end: &'a FarEnd,
    /// What a ping says beside that it is one.
    pub(super) ping: JsonObject,
}

const MAX_PONG: usize = 64 * 1024;

/// What a process wrote last is still on its way when it has ended.
const OBITUARY: Duration = Duration::from_secs(1);

impl Exchange<'_> {
    /// The result; everything that the server said before it has been relayed by then.
    pub(super) async fn run(mut self, prepared: Prepared, sent: &Sent) -> Result<Value, Trouble> {
        let ping = std::mem::take(&mut self.ping);
        let deserted = deserted(self.relay.scope, self.far_end, self.peer, ping);
        tokio::select! {
            biased;
            answer = self.hear(prepared, sent) => answer,
            () = deserted => Err(Trouble::Closed),
        }
    }

    async fn hear(mut self, prepared: Prepared, sent: &Sent) -> Result<Value, Trouble> {
        let asking = request::ask(self.peer, prepared, self.max_result_bytes, sent);
        let mut asking = std::pin::pin!(asking);
        let mut hearing = Hearing::new(self.relay);
        let answer = loop {
            let has_room = hearing.has_room();
            tokio::select! {
                biased;
                // First, or a server that goes on talking would keep its own answer from being heard.
                answer = &mut asking => break answer,
                () = hearing.step() => {}
                event = self.listening.next(), if has_room => hearing.take(event).await,
            }
        };
        hearing.finish(std::iter::from_fn(|| self.listening.rest())).await;
        answer
    }
}

/// Returns when the server's process has ended and nothing that it left behind answers in its place, though it may
/// still hold the pipes open.
async fn deserted(scope: &Scope, far_end: &FarEnd, peer: &Peer<RoleClient>, ping: JsonObject) {
    far_end.leaves().await;
    tokio::time::sleep(OBITUARY).await;
    let sent = Sent::new();
    let asking = request::ask(peer, Prepared::object("ping", &ping), MAX_PONG, &sent);
    let answer = scope.timeouts.run(Operation::Connectivity, &scope.cancel, asking).await;
    // One that refuses to be pinged is there to refuse it.
    if matches!(answer, Ok(Ok(_) | Err(Trouble::Rpc(_)))) {
        std::future::pending::<()>().await;
    }
}
