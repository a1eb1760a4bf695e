//! `GET`: the stream of a session that belongs to no request, or the rest of one whose connection broke.

use std::sync::Arc;

use hyper::{HeaderMap, Response, StatusCode};

use super::body::Body;
use super::events::{self, Events};
use super::post::Visitor;
use super::refusal::Refusal;
use super::replay::STANDING;
use super::session::Session;
use super::{Front, accept, legacy};
use crate::rpc;

const LAST_EVENT: &str = "last-event-id";

pub(super) fn open(
    front: &Arc<Front>,
    visitor: &Visitor,
    headers: &HeaderMap,
) -> Result<Response<Body>, Refusal> {
    accept::stream(headers)?;
    let session = legacy::find(front, visitor, headers)?;
    if front.draining.is_cancelled() {
        return Err(Refusal::draining());
    }
    match headers.get(LAST_EVENT).map(|id| id.to_str().ok().and_then(event_id)) {
        None => Ok(stand(front, visitor, session, u64::MAX)),
        Some(Some((STANDING, number))) => Ok(stand(front, visitor, session, number)),
        Some(Some(last)) => resume(front, visitor, session, last),
        Some(None) => Err(nothing()),
    }
}

/// The stream for what belongs to no request. A newer one takes the place of an older.
fn stand(front: &Arc<Front>, visitor: &Visitor, session: Arc<Session>, after: u64) -> Response<Body> {
    let mut messages = session.standing.open();
    let mut changes = front.gateway.parts.notices.changes(Some(visitor.caller.id.clone()));
    let (mut events, response) =
        events::open(Some((Arc::clone(&session), STANDING)), front.budget.account(&visitor.key));
    let (draining, listener) = (front.draining.clone(), front.gateway.listener(&visitor.caller.id));
    front.tasks.spawn(async move {
        let _listener = listener;
        let mut here = again(&mut events, &session, (STANDING, after)).await.is_some();
        while here {
            here = tokio::select! {
                message = messages.recv() => match message {
                    Some(message) => events.message(message, false).await,
                    None => false,
                },
                change = changes.next() => {
                    !session.connection.hears(&change)
                        || events.message(rpc::notification(change.method(), &change.params()), false).await
                }
                () = events.gone() => false,
                () = session.ended.cancelled() => false,
                () = draining.cancelled() => false,
            };
        }
    });
    response
}

/// The rest of a request's stream: what was said since, and what is still to come.
fn resume(
    front: &Arc<Front>,
    visitor: &Visitor,
    session: Arc<Session>,
    last: (u64, u64),
) -> Result<Response<Body>, Refusal> {
    let (missed, open) = session.replay.after(last.0, last.1);
    if missed.is_empty() && !open {
        return Err(nothing());
    }
    let mut news = session.replay.news();
    let (mut events, response) =
        events::open(Some((Arc::clone(&session), last.0)), front.budget.account(&visitor.key));
    front.tasks.spawn(async move {
        let mut last = last;
        while let Some((number, true)) = again(&mut events, &session, last).await {
            last.1 = number;
            tokio::select! {
                _ = news.changed() => {}
                () = events.gone() => return,
                () = session.ended.cancelled() => return,
            }
        }
    });
    Ok(response)
}

/// Says again what came after an event: the last one's number, and whether more may come. `None`: the client is gone.
async fn again(events: &mut Events, session: &Session, (stream, number): (u64, u64)) -> Option<(u64, bool)> {
    let (missed, open) = session.replay.after(stream, number);
    let mut last = number;
    for event in missed {
        if !events.again((stream, event.number), &event.text).await {
            return None;
        }
        last = event.number;
    }
    Some((last, open))
}

/// The numbers in an event's id.
fn event_id(id: &str) -> Option<(u64, u64)> {
    let (stream, number) = id.split_once('-')?;
    Some((stream.parse().ok()?, number.parse().ok()?))
}

fn nothing() -> Refusal {
    Refusal::bad(StatusCode::BAD_REQUEST, "nothing is kept that came after this event")
}
