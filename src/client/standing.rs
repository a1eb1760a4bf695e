//! The stream that an HTTP session may hold open for messages that belong to no request.
//!
//! While none is open, the last few messages wait for one.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::lock::Lock;

/// Messages on their way to a stream that is open.
const DEPTH: usize = 64;

/// Messages that wait for a stream; the oldest goes first.
const KEPT: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct Standing(Arc<Lock<State>>);

#[derive(Debug, Default)]
struct State {
    stream: Option<mpsc::Sender<Vec<u8>>>,
    kept: VecDeque<Vec<u8>>,
}

impl Standing {
    /// Opens the stream. One that was open ends: its client has come back over another connection.
    pub fn open(&self) -> mpsc::Receiver<Vec<u8>> {
        let (sender, receiver) = mpsc::channel(DEPTH);
        let mut state = self.0.lock();
        for message in state.kept.drain(..) {
            // There is room: fewer are kept than the stream holds.
            let _ = sender.try_send(message);
        }
        state.stream = Some(sender);
        receiver
    }

    /// Whether the message is on its way or waits. One that a full stream has no room for is lost.
    pub(super) fn send(&self, message: Vec<u8>) -> bool {
        let mut state = self.0.lock();
        let unsent = match &state.stream {
            None => message,
            Some(stream) => match stream.try_send(message) {
                Ok(()) => return true,
                Err(mpsc::error::TrySendError::Full(_)) => return false,
                Err(mpsc::error::TrySendError::Closed(message)) => message,
            },
        };
        state.stream = None;
        if state.kept.len() == KEPT {
            state.kept.pop_front();
        }
        state.kept.push_back(unsent);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_wait_for_a_stream_and_a_newer_one_replaces_it() {
        let standing = Standing::default();
        for number in 0..=KEPT {
            assert!(standing.send(vec![u8::try_from(number).expect("small")]));
        }
        let mut first = standing.open();
        assert_eq!(first.recv().await, Some(vec![1]), "the oldest had to go");
        let mut second = standing.open();
        assert!(standing.send(vec![99]));
        assert_eq!(second.recv().await, Some(vec![99]));
        while first.recv().await.is_some() {}
        drop(second);
        assert!(standing.send(vec![100]));
        assert_eq!(standing.open().recv().await, Some(vec![100]));
    }
}
