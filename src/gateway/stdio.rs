//! The gateway on its own standard streams: a line is a message, and each request is worked on by itself.
//!
//! A client that is gone is noticed at once (`left`), and a message that is too long or malformed is answered
//! instead of dropped.

use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inflight::InFlight;
use super::message::{self, Malformed, Message, Request};
use super::{Gateway, Visit, Who};
use crate::auth::Credentials;
use crate::client::{Connection, Outlet};
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
    reader: LineReader<Input>,
    outlet: Outlet,
    open: InFlight,
    tasks: TaskTracker,
    limit: usize,
}

impl Stdio {
    pub fn new(gateway: Gateway, credentials: Credentials, limit: usize) -> Self {
        let (input, output) = streams();
        let outlet = Outlet::Lines(LineWriter::new(output));
        Self {
            gateway,
            credentials,
            connection: Arc::new(Connection::new(outlet.clone())),
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
            let frame = gateway.handle(request, visit).await;
            // A client that withdrew a request wants to hear no more of it.
            if !open.withdrawn().is_cancelled() {
                outlet.send(frame.text).await;
            }
        };
        if opens {
            work.await;
        } else {
            self.tasks.spawn(work);
        }
    }
}

/// Waits until nobody can read standard output any more: a client may close that alone. What is neither a socket nor,
/// on Linux, a pipe is not watched.
async fn deaf() {
    #[cfg(unix)]
    if let Some(output) = socket(std::io::stdout()) {
        use tokio::io::Interest;
        let again = || -> std::io::Result<()> { Err(std::io::ErrorKind::WouldBlock.into()) };
        while let Ok(ready) = output.ready(Interest::WRITABLE).await {
            if ready.is_write_closed() {
                return;
            }
            // It can be written to, which is forgotten until the next change.
            let _ = output.try_io(Interest::WRITABLE, again);
        }
    }
    #[cfg(target_os = "linux")]
    if let Ok(output) = tokio::net::unix::pipe::OpenOptions::new().open_sender("/proc/self/fd/1")
        && output.ready(tokio::io::Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The process's own streams, without a blocking thread where the system allows: pipes on Linux, sockets on Unix.
fn streams() -> (Input, Output) {
    widen(std::io::stdin());
    widen(std::io::stdout());
    #[cfg(unix)]
    if let Some(pair) = sockets() {
        return pair;
    }
    let (input, output) = rmcp::transport::stdio_pipes();
    (Box::new(input), Box::new(output))
}

/// Node starts its children on socket pairs, which the pipe driver does not take.
#[cfg(unix)]
fn sockets() -> Option<(Input, Output)> {
    let (input, output) = (socket(std::io::stdin())?, socket(std::io::stdout())?);
    Some((Box::new(input), Box::new(output)))
}

#[cfg(unix)]
fn socket(stream: impl std::os::fd::AsFd) -> Option<tokio::net::UnixStream> {
    use std::os::unix::fs::FileTypeExt as _;

    let owned = || stream.as_fd().try_clone_to_owned().ok();
    let kind = std::fs::File::from(owned()?).metadata().ok()?.file_type();
    if !kind.is_socket() {
        return None;
    }
    let stream = std::os::unix::net::UnixStream::from(owned()?);
    stream.set_nonblocking(true).ok()?;
    tokio::net::UnixStream::from_std(stream).ok()
}
