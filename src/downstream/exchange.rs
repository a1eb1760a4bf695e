//! One request of a call: sent, accompanied by whatever the server says meanwhile, and answered.

use rmcp::{Peer, RoleClient};
use serde_json::Value;

use super::events::Listening;
use super::fault::Trouble;
use super::hearing::Hearing;
use super::relay::Relay;
use super::request::{self, Prepared, Sent};

pub(super) struct Exchange<'a> {
    pub(super) peer: &'a Peer<RoleClient>,
    pub(super) relay: &'a Relay<'a>,
    pub(super) listening: Listening<'a>,
    pub(super) max_result_bytes: usize,
}

impl Exchange<'_> {
    /// The result; everything that the server said before it has been relayed by then.
    pub(super) async fn run(mut self, prepared: Prepared, sent: &Sent) -> Result<Value, Trouble> {
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
