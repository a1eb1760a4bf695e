//! The gateway on its own standard streams: a line is a message, and each request is worked on by itself.
//!
//! A client that is gone is noticed at once (`left`), and a message that is too long or malformed is answered
//! instead of dropped.

use std::sync::Arc;
#[cfg(unix)]
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    pin::Pin,
    task::{Context, Poll, ready},
};

#[cfg(unix)]
use rustix::net::{RecvFlags, SendFlags, recv, send};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
#[cfg(unix)]
use tokio::io::{Interest, ReadBuf, unix::AsyncFd};
#[cfg(target_os = "linux")]
use tokio::net::unix::pipe;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inflight::InFlight;
use super::message::{self, Malformed, Message, Request};
use super::{Gateway, Visit, Who};
use crate::auth::Credentials;
use crate::client::{Connection, Listener, Outlet};
use crate::lines::{Line, LineReader, LineWriter, widen};
use crate::rpc::protocol::CANCELLED;
use crate::rpc::{Frame, RpcError};

type Input = Box<dyn AsyncRead + Send + Unpin>;
type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Requests that are worked on, and answers that wait for the client to read; with more, it is not read itself.
const MAX_TASKS: usize = 32_768;

/// One client, for the life of the process.
pub struct Stdio {
    gateway: Gateway,
    credentials: Credentials,
    connection: Arc<Connection>,
    /// The client, once it can be told of changes.
    listener: Option<Listener>,
    reader: LineReader<Input>,
    outlet: Outlet,
    open: InFlight,
    tasks: TaskTracker,
    limit: usize,
}

impl Stdio {
    pub fn new(gateway: Gateway, credentials: Credentials, limit: usize) -> Self {
        let (input, output) = streams();
        let outlet = Outlet::Lines(LineWriter::new(output), Arc::default());
        Self {
            gateway,
            credentials,
            connection: Arc::new(Connection::new(outlet.clone())),
            listener: None,
            reader: LineReader::new(input, limit),
            outlet,
            open: InFlight::default(),
            tasks: TaskTracker::new(),
            limit,
        }
    }

    /// Serves until the client closes its side, which cancels `left`; then waits for the requests on their way.
    pub async fn serve(mut self, left: CancellationToken) {
        self.tell_changes(&left);
        let mut deaf = std::pin::pin!(deaf());
        loop {
            let message = tokio::select! {
                message = self.next() => message,
                () = &mut deaf => None,
            };
            let Some(message) = message else { break };
            match message {
                Ok(message) => self.take(message).await,
                Err(Malformed::Silent) => {}
                Err(Malformed::Answer(frame)) => self.say(frame).await,
            }
        }
        left.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Says something without waiting for a client that does not read: its end would be missed.
    async fn say(&self, frame: Frame) {
        let outlet = self.outlet.clone();
        let saying = async move {
            outlet.send(frame.text).await;
        };
        if self.tasks.len() < MAX_TASKS {
            self.tasks.spawn(saying);
        } else {
            saying.await;
        }
    }

    /// Whoever reads this stream is every caller of this process.
    fn tell_changes(&self, left: &CancellationToken) {
        let (mut changes, left) = (self.gateway.changes(None), left.clone());
        let connection = Arc::clone(&self.connection);
        self.tasks.spawn(left.run_until_cancelled_owned(async move {
            loop {
                let change = changes.next().await;
                // A client of the revision without sessions hears only of what it has subscribed to.
                if connection.hears(&change) {
                    connection.notify(change.method(), &change.params()).await;
                }
            }
        }));
    }

    async fn next(&mut self) -> Option<Result<Message, Malformed>> {
        match self.reader.next().await {
            Ok(Line::Text(line)) => Some(message::parse(line)),
            Ok(Line::TooLong(overflow)) => {
                let message = format!(
                    "this message is longer than {} bytes: send less, or raise `max_argument_bytes` in `common_mcp_gateway_config`",
                    self.limit
                );
                Some(Err(message::refusal(overflow.message_id(), RpcError::INVALID_REQUEST, message)))
            }
            Ok(Line::End) | Err(_) => None,
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Request(request) => self.start(request).await,
            Message::Answer { id, outcome } => self.connection.settle(&id, outcome),
            Message::Notification { method, params } => {
                if method == CANCELLED {
                    self.open.withdraw(params.get("requestId").unwrap_or(&Value::Null));
                }
            }
        }
    }

    async fn start(&mut self, request: Request) {
        let open = match self.open.open(&request.id) {
            Ok(open) => open,
            Err(error) => {
                return self.say(Frame::error(Some(&request.id), &error)).await;
            }
        };
        let visit = Visit {
            connection: Arc::clone(&self.connection),
            outlet: self.outlet.clone(),
            who: Who::Shows(self.credentials.clone()),
            repeated: None,
            withdrawn: open.withdrawn().clone(),
        };
        let (gateway, outlet) = (self.gateway.clone(), self.outlet.clone());
        // What follows it may count on what it changes.
        let opens = request.method == "initialize";
        let work = async move {
            // Whoever does not read what there is gets no more of it, and may withdraw its request meanwhile. The
            // handshake is answered at once: the reading waits for it.
            if let Some(backlog) = outlet.backlog().filter(|_| !opens) {
                open.withdrawn().run_until_cancelled(backlog.room()).await;
            }
            let frame = gateway.handle(request, visit).await;
            // A client that withdrew a request wants to hear no more of it.
            if !open.withdrawn().is_cancelled() {
                outlet.send(frame.text).await;
            }
        };
        if opens {
            work.await;
            if self.connection.is_open() && self.listener.is_none() {
                self.listener = Some(self.gateway.parts.notices.listener(None));
            }
        } else {
            self.tasks.spawn(work);
        }
    }
}

/// Waits until nobody can read standard output any more: a client may close that alone. What is neither a socket nor,
/// on Linux, a pipe is not watched.
async fn deaf() {
    #[cfg(unix)]
    if let Some(output) = watched(std::io::stdout()) {
        while let Ok(mut ready) = output.ready(Interest::WRITABLE).await {
            if ready.ready().is_write_closed() {
                return;
            }
            // It can be written to, which is forgotten until the next change.
            ready.clear_ready();
        }
    }
    #[cfg(target_os = "linux")]
    if let Ok(output) = pipe::OpenOptions::new().open_sender("/proc/self/fd/1")
        && output.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The process's own streams, each without a blocking thread where the system allows: pipes on Linux, sockets on Unix
/// (Node starts its children on these). One may be this and the other that.
fn streams() -> (Input, Output) {
    widen(std::io::stdin());
    widen(std::io::stdout());
    (input(), output())
}

fn input() -> Input {
    #[cfg(unix)]
    if let Some(socket) = Socket::of(std::io::stdin()) {
        return Box::new(socket);
    }
    // Opened anew, a pipe blocks or not for us alone.
    #[cfg(target_os = "linux")]
    if let Ok(pipe) = pipe::OpenOptions::new().open_receiver("/proc/self/fd/0") {
        return Box::new(pipe);
    }
    Box::new(rmcp::transport::stdio().0)
}

fn output() -> Output {
    #[cfg(unix)]
    if let Some(socket) = Socket::of(std::io::stdout()) {
        return Box::new(socket);
    }
    #[cfg(target_os = "linux")]
    if let Ok(pipe) = pipe::OpenOptions::new().open_sender("/proc/self/fd/1") {
        return Box::new(pipe);
    }
    Box::new(rmcp::transport::stdio().1)
}

/// A socket that can be waited for; whether it blocks stays as it is.
#[cfg(unix)]
#[expect(deprecated, reason = "what replaces `new` is `unsafe`, and an `OwnedFd` keeps all that it asks for")]
fn watched(stream: impl AsFd) -> Option<AsyncFd<OwnedFd>> {
    let kind = rustix::fs::fstat(&stream).ok()?.st_mode;
    if !rustix::fs::FileType::from_raw_mode(kind).is_socket() {
        return None;
    }
    AsyncFd::new(stream.as_fd().try_clone_to_owned().ok()?).ok()
}

/// A socket as a standard stream. Whether it blocks holds for all who share it, the log or another process: on Linux
/// that is left alone, and each call says that it does not wait.
#[cfg(unix)]
struct Socket(AsyncFd<OwnedFd>);

#[cfg(unix)]
impl Socket {
    fn of(stream: impl AsFd) -> Option<Self> {
        let socket = watched(stream)?;
        #[cfg(not(target_os = "linux"))]
        unblock(&socket)?;
        Some(Self(socket))
    }
}

/// Not every system heeds what a call says, macOS for one. Nothing is done to a socket that the log is written to.
#[cfg(all(unix, not(target_os = "linux")))]
fn unblock(socket: &AsyncFd<OwnedFd>) -> Option<()> {
    let (ours, log) = (rustix::fs::fstat(socket).ok()?, rustix::fs::fstat(std::io::stderr()).ok()?);
    if (ours.st_dev, ours.st_ino) == (log.st_dev, log.st_ino) {
        return None;
    }
    rustix::io::ioctl_fionbio(socket, true).ok()
}

#[cfg(unix)]
impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.0.poll_read_ready(cx))?;
            let unfilled = buf.initialize_unfilled();
            let received = ready.try_io(|socket| Ok(recv(socket, unfilled, RecvFlags::DONTWAIT)?.0));
            // Otherwise there was nothing to read after all.
            if let Ok(received) = received {
                return Poll::Ready(received.map(|bytes| buf.advance(bytes)));
            }
        }
    }
}

#[cfg(unix)]
impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.0.poll_write_ready(cx))?;
            if let Ok(sent) = ready.try_io(|socket| Ok(send(socket, buf, SendFlags::DONTWAIT)?)) {
                return Poll::Ready(sent);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
