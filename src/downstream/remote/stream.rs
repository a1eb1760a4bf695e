//! A stream of events that is taken up again where it broke off, a bounded number of times.

use std::time::Duration;

use super::events::{Bookmark, Event, Events};
use super::loss::Loss;
use super::streamable::Streamable;

/// How often one stream is taken up again, and how often in a row without an event to show for it.
const MAX_RESUMES: usize = 100;
const MAX_FRUITLESS: usize = 3;

/// The wait before that, where the server names none, and the bounds of what it may name.
const RETRY: Duration = Duration::from_secs(1);
const MIN_RETRY: Duration = Duration::from_millis(100);
const MAX_RETRY: Duration = Duration::from_secs(60);

pub(super) struct Stream {
    /// `None` once it is broken.
    events: Option<Events>,
    bookmark: Bookmark,
    /// Begun anew where it cannot be taken up again.
    without_end: bool,
    resumes: usize,
    fruitless: usize,
}

pub(super) enum Reading {
    Event(Event),
    Over(Loss),
}

impl Stream {
    pub(super) fn of(events: Events) -> Self {
        let (events, bookmark) = (Some(events), Bookmark::default());
        Self { events, bookmark, without_end: false, resumes: 0, fruitless: 0 }
    }

    /// A stream that no answer ends.
    pub(super) fn without_end(events: Events) -> Self {
        Self { without_end: true, ..Self::of(events) }
    }

    pub(super) async fn next(&mut self, session: &Streamable) -> Reading {
        loop {
            if let Some(events) = &mut self.events {
                let event = events.next().await;
                let bookmark = events.bookmark();
                self.bookmark.last_id = bookmark.last_id.clone().or(self.bookmark.last_id.take());
                self.bookmark.retry = bookmark.retry.or(self.bookmark.retry);
                if let Ok(Some(event)) = event {
                    self.fruitless = 0;
                    return Reading::Event(event);
                }
                self.events = None;
            }
            let id = self.bookmark.last_id.clone();
            let nowhere = id.is_none() && !self.without_end;
            if nowhere || self.resumes == MAX_RESUMES || self.fruitless == MAX_FRUITLESS {
                return Reading::Over(Loss::Broken);
            }
            self.resumes += 1;
            self.fruitless += 1;
            tokio::time::sleep(self.bookmark.retry.unwrap_or(RETRY).clamp(MIN_RETRY, MAX_RETRY)).await;
            match session.open_stream(id).await {
                Ok(response) => self.events = Some(Events::new(response, session.link.limit)),
                // It is there and does not do this.
                Err(why @ (Loss::Status { status: 400..500, .. } | Loss::NotMcp)) => {
                    tracing::debug!(%why, "a broken stream cannot be taken up again");
                    return Reading::Over(Loss::Broken);
                }
                Err(_) => {}
            }
        }
    }

    /// Reads what is left, so that the connection can be used again.
    pub(super) async fn finish(&mut self) {
        while let Some(events) = &mut self.events {
            if !matches!(events.next().await, Ok(Some(_))) {
                self.events = None;
            }
        }
    }
}
