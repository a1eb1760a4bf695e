//! What was said on the streams of a session, for a client whose connection broke: the last of it, for a while.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::body::Bytes;
use tokio::sync::watch;

use crate::lock::Lock;

/// Of one session.
const MAX_EVENTS: usize = 64;
const MAX_BYTES: usize = 4 << 20;

/// Of all sessions together.
const MAX_BYTES_IN_ALL: usize = 64 << 20;

/// The stream that belongs to no request.
pub(super) const STANDING: u64 = 0;

pub(super) struct Replay {
    state: Lock<State>,
    room: Room,
    news: watch::Sender<()>,
}

/// What all sessions together may keep.
#[derive(Clone, Default)]
pub(super) struct Room(Arc<AtomicUsize>);

#[derive(Default)]
struct State {
    /// The number of the last stream, and that of the last event.
    streams: u64,
    events: u64,
    /// Streams that something may still be said on.
    open: HashSet<u64>,
    kept: VecDeque<Event>,
    bytes: usize,
}

#[derive(Clone)]
pub(super) struct Event {
    pub(super) stream: u64,
    pub(super) number: u64,
    pub(super) text: Bytes,
}

impl Room {
    fn take(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|taken| *taken <= MAX_BYTES_IN_ALL);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Replay {
    pub(super) fn within(room: &Room) -> Self {
        Self { state: Lock::default(), room: room.clone(), news: watch::Sender::new(()) }
    }

    /// The number of a new stream.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.state.lock();
        state.streams += 1;
        let stream = state.streams;
        state.open.insert(stream);
        stream
    }

    /// Keeps what is said and gives its number. What is too large for the bounds is numbered only.
    pub(super) fn keep(&self, stream: u64, text: Bytes, last: bool) -> u64 {
        let mut state = self.state.lock();
        state.events += 1;
        let number = state.events;
        if last {
            state.open.remove(&stream);
        }
        if text.len() <= MAX_BYTES {
            state.put(Event { stream, number, text }, &self.room);
        }
        drop(state);
        self.news.send_replace(());
        number
    }

    /// What was said on a stream after an event, and whether more may come.
    pub(super) fn after(&self, stream: u64, number: u64) -> (Vec<Event>, bool) {
        let state = self.state.lock();
        let later = |event: &&Event| event.stream == stream && event.number > number;
        (state.kept.iter().filter(later).cloned().collect(), state.open.contains(&stream))
    }

    /// Sees that something was said.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }
}

impl State {
    fn put(&mut self, event: Event, room: &Room) {
        let size = event.text.len();
        while self.kept.len() >= MAX_EVENTS || self.bytes + size > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= oldest.text.len();
            room.give_back(oldest.text.len());
        }
        if room.take(size) {
            self.bytes += size;
            self.kept.push_back(event);
        }
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let bytes = self.state.lock().bytes;
        self.room.give_back(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_after_an_event_is_found_on_its_stream_only() {
        let replay = Replay::within(&Room::default());
        let (a, b) = (replay.begin(), replay.begin());
        let first = replay.keep(a, Bytes::from_static(b"1"), false);
        replay.keep(b, Bytes::from_static(b"x"), true);
        replay.keep(a, Bytes::from_static(b"2"), true);
        let (events, open) = replay.after(a, first);
        assert_eq!(events.iter().map(|event| &event.text[..]).collect::<Vec<_>>(), [b"2"]);
        assert!(!open);
        assert!(replay.after(b, 99).0.is_empty());
    }

    #[test]
    fn no_session_keeps_more_than_its_share() {
        let replay = Replay::within(&Room::default());
        let stream = replay.begin();
        for _ in 0..MAX_EVENTS * 2 {
            replay.keep(stream, Bytes::from_static(b"x"), false);
        }
        assert_eq!(replay.after(stream, 0).0.len(), MAX_EVENTS);
        replay.keep(stream, Bytes::from(vec![0; MAX_BYTES]), false);
        assert_eq!(replay.after(stream, 0).0.len(), 1);
        replay.keep(stream, Bytes::from(vec![0; MAX_BYTES + 1]), false);
        assert!(replay.state.lock().bytes <= MAX_BYTES);
    }

    #[test]
    fn all_sessions_together_keep_no_more_than_there_is_room_for() {
        let room = Room::default();
        let full = Bytes::from(vec![0; MAX_BYTES]);
        let sessions: Vec<Replay> =
            (0..MAX_BYTES_IN_ALL / MAX_BYTES * 2).map(|_| Replay::within(&room)).collect();
        std::thread::scope(|threads| {
            for replay in &sessions {
                threads.spawn(|| replay.keep(replay.begin(), full.clone(), false));
            }
        });
        let kept = || sessions.iter().map(|replay| replay.state.lock().bytes).sum::<usize>();
        assert_eq!((kept(), room.0.load(Ordering::Relaxed)), (MAX_BYTES_IN_ALL, MAX_BYTES_IN_ALL));
        drop(sessions);
        assert_eq!(room.0.load(Ordering::Relaxed), 0);
        assert!(Room::default().take(MAX_BYTES), "another front has room of its own");
    }
}
