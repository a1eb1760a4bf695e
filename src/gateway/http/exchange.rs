//! One request and its answer: whole where there is nothing else to say, a stream from the first word that comes before it.
//!
//! The work outlives its connection: what that means to it, its revision says.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Response;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Front;
use super::body::Body;
use super::budget::{Account, Permit};
use super::events::{self, Events};
use super::session::Session;
use crate::client::{Connection, Outlet};
use crate::gateway::inflight::Open;
use crate::gateway::message::Request;
use crate::gateway::{Visit, Who};
use crate::rpc::{Frame, RpcError};
use crate::scope::Caller;
use crate::secret::KeyDigest;
use crate::tool::Repeated;

/// Messages that wait for the stream of their request.
const DEPTH: usize = 64;

pub(super) enum Answer {
    Whole(Frame),
    Stream(Response<Body>),
}

/// What it means that the client closes the connection.
pub(super) enum Leaving {
    Withdraws,
    /// The answer is kept in the session.
    Misses(Arc<Session>),
}

/// What a request holds while it is worked on.
pub(super) type Hold = (Permit, Option<Open>);

/// Who asks, and how it can be talked to.
pub(super) struct Asker {
    pub(super) caller: Arc<Caller>,
    pub(super) key: KeyDigest,
    pub(super) connection: Arc<Connection>,
    pub(super) repeated: Option<Repeated>,
    pub(super) withdrawn: CancellationToken,
}

pub(super) struct Exchange {
    id: Value,
    work: Kept,
    messages: mpsc::Receiver<Vec<u8>>,
    leaving: Leaving,
    account: Account,
}

type Work = Pin<Box<dyn Future<Output = Frame> + Send>>;

/// Work that is done to its end, also when nobody waits for it any more.
struct Kept {
    work: Option<Work>,
    hold: Option<Hold>,
    tasks: TaskTracker,
    withdrawn: Option<CancellationToken>,
}

impl Exchange {
    pub(super) fn begin(
        front: &Arc<Front>,
        request: Request,
        who: Asker,
        leaving: Leaving,
        hold: Hold,
    ) -> Self {
        let (sender, messages) = mpsc::channel(DEPTH);
        let Asker { caller, key, connection, repeated, withdrawn } = who;
        let account = front.budget.account(&key);
        let (outlet, who) = (Outlet::Stream(sender, hold.0.backlog()), Who::Is(caller, key));
        let visit = Visit { connection, outlet, who, repeated, withdrawn: withdrawn.clone() };
        let (id, gateway) = (request.id.clone(), front.gateway.clone());
        let work = Box::pin(async move { gateway.handle(request, visit).await });
        let withdrawn = Some(withdrawn).filter(|_| matches!(leaving, Leaving::Withdraws));
        let work = Kept { work: Some(work), hold: Some(hold), tasks: front.tasks.clone(), withdrawn };
        Self { id, work, messages, leaving, account }
    }

    pub(super) async fn answer(mut self) -> Answer {
        let (first, rest) = tokio::select! {
            biased;
            frame = &mut self.work => match self.messages.try_recv() {
                Err(_) => return Answer::Whole(frame),
                Ok(first) => (first, self.work.tasks.spawn(std::future::ready(frame))),
            },
            Some(first) = self.messages.recv() => {
                let work = self.work.work.take();
                let id = self.id.clone();
                (first, self.work.tasks.spawn(async move {
                    match work {
                        Some(work) => work.await,
                        None => lost(&id),
                    }
                }))
            }
        };
        let kept = match self.leaving {
            Leaving::Withdraws => None,
            Leaving::Misses(session) => {
                let stream = session.replay.begin();
                Some((session, stream))
            }
        };
        let (events, response) = events::open(kept, self.account);
        let hold = self.work.hold.take();
        let tell = tell(events, first, self.messages, (rest, self.id), self.work.withdrawn.clone());
        self.work.tasks.spawn(async move {
            tell.await;
            // An answer that nobody reads is still the key's.
            drop(hold);
        });
        Answer::Stream(response)
    }
}

/// Puts on the stream what is said, and then the answer.
async fn tell(
    mut events: Events,
    first: Vec<u8>,
    mut messages: mpsc::Receiver<Vec<u8>>,
    (mut work, id): (JoinHandle<Frame>, Value),
    withdrawn: Option<CancellationToken>,
) {
    let mut here = events.message(first, false).await;
    loop {
        if let (false, Some(withdrawn)) = (here, &withdrawn) {
            withdrawn.cancel();
            return;
        }
        tokio::select! {
            biased;
            Some(message) = messages.recv() => here &= events.message(message, false).await,
            frame = &mut work => {
                while let Ok(message) = messages.try_recv() {
                    events.message(message, false).await;
                }
                events.message(frame.unwrap_or_else(|_| lost(&id)).text, true).await;
                return;
            }
            () = events.gone(), if here => here = false,
        }
    }
}

fn lost(id: &Value) -> Frame {
    Frame::error(Some(id), &RpcError::new(RpcError::INTERNAL, "the gateway made a mistake with this request"))
}

impl Future for Kept {
    type Output = Frame;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Frame> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let done = work.as_mut().poll(cx);
        if done.is_ready() {
            self.work = None;
        }
        done
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            if let Some(withdrawn) = &self.withdrawn {
                withdrawn.cancel();
            }
            let hold = self.hold.take();
            self.tasks.spawn(async move {
                drop(work.await);
                drop(hold);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Body as _;
    use serde_json::json;

    use super::super::budget::Budget;
    use super::super::session::Sessions;
    use super::*;
    use crate::secret::GatewayKey;

    fn exchange(
        work: impl Future<Output = Frame> + Send + 'static,
        messages: mpsc::Receiver<Vec<u8>>,
        leaving: Leaving,
    ) -> (Exchange, CancellationToken) {
        let token = CancellationToken::new();
        let withdrawn = Some(token.clone()).filter(|_| matches!(leaving, Leaving::Withdraws));
        let work = Kept { work: Some(Box::pin(work)), hold: None, tasks: TaskTracker::new(), withdrawn };
        let account = Arc::new(Budget::default()).account(&GatewayKey::from("a").digest());
        (Exchange { id: json!(1), work, messages, leaving, account }, token)
    }

    fn frame(text: &str) -> Frame {
        Frame { text: text.as_bytes().to_vec(), error: None }
    }

    async fn next(body: &mut Body) -> Option<String> {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        let data = frame.expect("no fault").into_data().expect("data");
        Some(String::from_utf8(data.to_vec()).expect("text"))
    }

    fn session() -> Arc<Session> {
        Sessions::default().prepare(GatewayKey::from("a").digest())
    }

    #[tokio::test]
    async fn an_answer_with_nothing_before_it_is_whole() {
        let (_sender, messages) = mpsc::channel(1);
        let (exchange, _) = exchange(async { frame("done") }, messages, Leaving::Withdraws);
        assert!(matches!(exchange.answer().await, Answer::Whole(frame) if frame.text == b"done"));
    }

    #[tokio::test]
    async fn what_was_said_comes_before_the_answer_and_nothing_after_it() {
        let (sender, messages) = mpsc::channel(8);
        let work = async move {
            for text in ["one", "two"] {
                sender.send(text.into()).await.expect("room");
            }
            frame("done")
        };
        let (exchange, _) = exchange(work, messages, Leaving::Misses(session()));
        let Answer::Stream(response) = exchange.answer().await else { panic!("no stream") };
        let mut body = response.into_body();
        for (number, text) in ["one", "two", "done"].into_iter().enumerate() {
            assert_eq!(next(&mut body).await, Some(format!("id: 1-{}\ndata: {text}\n\n", number + 1)));
        }
        assert_eq!(next(&mut body).await, None);
    }

    #[tokio::test]
    async fn a_client_that_leaves_finds_its_answer_in_the_session() {
        let (sender, messages) = mpsc::channel(8);
        let (go, gone) = tokio::sync::oneshot::channel();
        let work = async move {
            sender.send(b"one".to_vec()).await.expect("room");
            gone.await.expect("a word");
            frame("done")
        };
        let session = session();
        let (exchange, _) = exchange(work, messages, Leaving::Misses(Arc::clone(&session)));
        let Answer::Stream(response) = exchange.answer().await else { panic!("no stream") };
        drop(response);
        go.send(()).expect("it waits");
        let mut news = session.replay.news();
        while session.replay.after(1, 1).0.is_empty() {
            news.changed().await.expect("open");
        }
        let (missed, open) = session.replay.after(1, 1);
        assert_eq!((&missed[0].text[..], open), (&b"done"[..], false));
    }

    #[tokio::test]
    async fn leaving_withdraws_a_request_that_stands_for_itself() {
        let (sender, messages) = mpsc::channel::<Vec<u8>>(8);
        let (exchange, withdrawn) = exchange(std::future::pending(), messages, Leaving::Withdraws);
        sender.send(b"one".to_vec()).await.expect("room");
        let Answer::Stream(response) = exchange.answer().await else { panic!("no stream") };
        assert!(!withdrawn.is_cancelled());
        drop(response);
        withdrawn.cancelled().await;
        let (_sender, messages) = mpsc::channel::<Vec<u8>>(8);
        let (exchange, withdrawn) = self::exchange(std::future::pending(), messages, Leaving::Withdraws);
        drop(exchange);
        assert!(withdrawn.is_cancelled());
    }
}
