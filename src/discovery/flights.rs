//! Single-flight: whoever asks for a server's tools while they are being fetched waits for the same answer.
//!
//! The first asker does the work. Should it be cancelled, the next one takes over, so that one impatient client
//! never spoils the answer of another.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::DiscoveryFault;
use crate::config::Server;
use crate::downstream::SessionFault;
use crate::fault::{ErrorCode, Fault as _};
use crate::ids::ServerName;
use crate::lock::Lock;
use crate::scope::{Audience, Scope};

type Answer<T> = Result<T, DiscoveryFault>;

/// Flights in the air; each is forgotten when its answer is there.
pub(super) struct Flights<T>(Lock<HashMap<Route, Arc<Flight<T>>>>);

/// Whose flight, and to which server of which reading of the configuration: an edit must not share the answer
/// that was on its way before it, nor a client the tools that are there for one that can do more.
type Route = (Audience, ServerName, usize);

/// The map's and our own: whoever waits has one more.
const KNOWN_TO_US: usize = 2;

/// Locked by the one who fetches; holds the answer for those who waited.
type Flight<T> = Mutex<Option<Answer<T>>>;

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Lock::default())
    }
}

impl<T: Clone> Flights<T> {
    pub(super) async fn join(
        &self,
        scope: &Scope,
        server: &Arc<Server>,
        fetch: impl Future<Output = Result<T, SessionFault>>,
    ) -> Answer<T> {
        let key = (scope.audience(), server.name.clone(), Arc::as_ptr(server).addr());
        let flight = Arc::clone(self.0.lock().entry(key.clone()).or_default());
        let mut seat = tokio::select! {
            seat = flight.lock() => seat,
            () = scope.cancel.cancelled() => return Err(DiscoveryFault::Cancelled),
        };
        if let Some(answer) = &*seat {
            return answer.clone();
        }
        let answer = fetch.await.map_err(|fault| DiscoveryFault::Session(Arc::new(fault)));
        let cancelled = answer.as_ref().is_err_and(|fault| fault.code() == ErrorCode::Cancelled);
        if cancelled {
            let mut flights = self.0.lock();
            // Nobody waits to take over, and under the lock nobody begins to.
            if Arc::strong_count(&flight) == KNOWN_TO_US {
                flights.remove(&key);
            }
        } else {
            *seat = Some(answer.clone());
            self.0.lock().remove(&key);
        }
        answer
    }
}
