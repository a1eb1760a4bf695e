//! Who is turned away, in the log: a line each with the id that the client gets, as long as they are no flood.
//!
//! What a client sent is in no line but the name that it called the gateway by, cut and escaped.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use hyper::{Response, StatusCode};
use tokio::time::Instant;

use super::body::Body;
use super::refusal::Refusal;
use crate::ids::RequestId;
use crate::lock::Lock;

/// Lines at once; after that, one each `AGAIN`.
const AT_ONCE: u32 = 64;
const AGAIN: Duration = Duration::from_secs(1);

/// For the log alone; a client is told the same, whatever it was.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    pub(super) reason: Option<String>,
    /// Of the key that was shown, what may be said of it.
    pub(super) key: Option<String>,
    pub(super) user: Option<String>,
    /// What the client called the gateway, or where its page is from.
    pub(super) place: Option<String>,
}

#[derive(Debug)]
pub(super) struct Door(Lock<Room>);

#[derive(Debug)]
struct Room {
    lines: u32,
    since: Instant,
    unsaid: u64,
}

impl Default for Door {
    fn default() -> Self {
        Self(Lock::new(Room { lines: AT_ONCE, since: Instant::now(), unsaid: 0 }))
    }
}

impl Door {
    pub(super) fn turn_away(&self, refusal: Refusal, peer: IpAddr) -> Response<Body> {
        let id = RequestId::fresh();
        if let Some(unsaid) = self.0.lock().take(Instant::now()) {
            let unsaid = some(unsaid);
            let (status, code, message) = refusal.said();
            let Grounds { reason, key, user, place } = refusal.grounds();
            let (key, user, place) = (key.as_deref(), user.as_deref(), place.as_deref());
            let reason = reason.as_deref().unwrap_or(message);
            let (request, status_code, code) = (&id, status.as_u16(), code.as_str());
            if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                tracing::warn!(%request, %peer, status = status_code, code, key, user, place, reason, unsaid, "refused a request");
            } else {
                tracing::info!(%request, %peer, status = status_code, code, key, user, place, reason, unsaid, "refused a request");
            }
        }
        refusal.into_response(&id)
    }

    /// Of a connection that never became one of TLS. Who only looks whether somebody listens is nothing to tell of.
    pub(super) fn no_handshake(&self, error: &io::Error, peer: IpAddr) {
        if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) {
            return;
        }
        if let Some(unsaid) = self.0.lock().take(Instant::now()) {
            tracing::info!(%peer, reason = error.to_string(), unsaid = some(unsaid), "a TLS handshake failed");
        }
    }
}

fn some(unsaid: u64) -> Option<u64> {
    (unsaid > 0).then_some(unsaid)
}

impl Room {
    /// Room for one line, with how many had none since the last.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let periods = now.saturating_duration_since(self.since).as_secs() / AGAIN.as_secs();
        if periods > 0 {
            self.lines = self.lines.saturating_add(u32::try_from(periods).unwrap_or(u32::MAX)).min(AT_ONCE);
            self.since = now;
        }
        if self.lines == 0 {
            self.unsaid += 1;
            return None;
        }
        self.lines -= 1;
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_a_few_lines_and_a_count() {
        let now = Instant::now();
        let mut room = Room { lines: AT_ONCE, since: now, unsaid: 0 };
        let said = (0..1_000).filter(|_| room.take(now).is_some()).count();
        assert_eq!(said, AT_ONCE as usize);
        assert_eq!(room.take(now + AGAIN), Some(1_000 - u64::from(AT_ONCE)));
        assert_eq!(room.take(now + AGAIN), None);
        assert_eq!((0..1_000).filter(|_| room.take(now + AGAIN * 5_000).is_some()).count(), AT_ONCE as usize);
    }
}
