//! The requests of one connection that are being worked on, so that the client can cancel them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::lock::Lock;
use crate::rpc::RpcError;

/// More than a client that waits for its answers ever has.
const MAX_OPEN: usize = 4_096;

#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Lock<HashMap<Value, CancellationToken>>>);

/// A request that is being worked on; forgotten when dropped.
pub(super) struct Open {
    requests: InFlight,
    id: Value,
    /// Cancelled by the client.
    withdrawn: CancellationToken,
}

impl InFlight {
    pub(super) fn open(&self, id: &Value) -> Result<Open, RpcError> {
        let mut open = self.0.lock();
        if open.len() >= MAX_OPEN {
            let message = "too many requests at once; wait for answers before sending more";
            return Err(RpcError::new(RpcError::INTERNAL, message));
        }
        if open.contains_key(id) {
            let message = "a request with this `id` is still being worked on";
            return Err(RpcError::new(RpcError::INVALID_REQUEST, message));
        }
        let withdrawn = CancellationToken::new();
        open.insert(id.clone(), withdrawn.clone());
        Ok(Open { requests: self.clone(), id: id.clone(), withdrawn })
    }

    /// The client no longer wants an answer.
    pub(super) fn withdraw(&self, id: &Value) {
        if let Some(withdrawn) = self.0.lock().get(id) {
            withdrawn.cancel();
        }
    }

    /// The client wants no answer to anything any more.
    pub(super) fn withdraw_all(&self) {
        for withdrawn in self.0.lock().values() {
            withdrawn.cancel();
        }
    }
}

impl Open {
    pub(super) fn withdrawn(&self) -> &CancellationToken {
        &self.withdrawn
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.requests.0.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_can_be_withdrawn_while_it_is_open() {
        let requests = InFlight::default();
        let open = requests.open(&json!("a")).expect("room");
        assert!(requests.open(&json!("a")).is_err(), "its id is taken");
        requests.withdraw(&json!("b"));
        assert!(!open.withdrawn().is_cancelled());
        requests.withdraw(&json!("a"));
        assert!(open.withdrawn().is_cancelled());
        drop(open);
        assert!(requests.open(&json!("a")).is_ok());
    }
}
