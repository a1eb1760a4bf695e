//! The gateway on its own standard streams: rmcp's server over a transport that loses and hides nothing.
//!
//! A client that is gone is noticed at once (`left`), a message that is too long or malformed is answered instead
//! of dropped, and tool results go out as JSON, whole.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;

use rmcp::RoleServer;
use rmcp::model::{
    ClientRequest, CustomResult, ErrorCode, ErrorData, JsonRpcMessage, RequestId, ServerResult,
};
use rmcp::service::{
    NotificationContext, RequestContext, RxJsonRpcMessage, Service, ServiceRole, TxJsonRpcMessage,
};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Gateway;
use super::message::{self, Malformed};
use crate::json;
use crate::lines::{Line, LineReader, LineWriter, widen};

type Input = Box<dyn AsyncRead + Send + Unpin>;
type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// Room for the other calls of a batch whose one call has arguments that just fit.
const ENVELOPE: usize = 1 << 20;

/// rmcp's service for stdio: as `Gateway`, with tool results that skip the typed model.
pub struct Stdio(pub Gateway);

/// The transport over a pair of streams.
pub struct StdioTransport {
    reader: LineReader<Input>,
    writer: LineWriter<Output>,
    /// An answer that the transport itself gives; finished before anything else is read.
    answering: Option<Pin<Box<dyn Future<Output = io::Result<()>> + Send>>>,
    ready: VecDeque<RxJsonRpcMessage<RoleServer>>,
    limit: usize,
    left: CancellationToken,
}

impl StdioTransport {
    /// On this process's own streams. `left` is cancelled when the client closes its side.
    pub fn new(max_argument_bytes: usize, left: CancellationToken) -> Self {
        let (input, output) = streams();
        // A batch of large arguments is long; escapes can double it.
        let limit = max_argument_bytes.saturating_mul(4).saturating_add(ENVELOPE);
        Self {
            reader: LineReader::new(input, limit),
            writer: LineWriter::new(output),
            answering: None,
            ready: VecDeque::new(),
            limit,
            left,
        }
    }

    fn refuse(&mut self, id: Option<&Value>, code: ErrorCode, message: &str) {
        let message = json!({
            "jsonrpc": "2.0",
            "id": id,
            "error": {"code": code.0, "message": message},
        });
        let writer = self.writer.clone();
        self.answering = Some(Box::pin(async move { writer.write(&message).await }));
    }

    fn sort(&mut self, parsed: Result<RxJsonRpcMessage<RoleServer>, Malformed>) {
        match parsed {
            Ok(message) => self.ready.push_back(message),
            Err(Malformed::Silent) => {}
            Err(Malformed::Answer { id, code, message }) => self.refuse(id.as_ref(), code, message),
        }
    }
}

/// A tool result as it goes out; the one message that may be of any size.
fn line(id: &RequestId, result: &Value) -> Vec<u8> {
    let mut line = br#"{"jsonrpc":"2.0","id":"#.to_vec();
    json::write(&id.clone().into_json_value(), &mut line);
    line.extend_from_slice(br#","result":"#);
    json::write(result, &mut line);
    line.push(b'}');
    line
}

impl Transport<RoleServer> for StdioTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let writer = self.writer.clone();
        async move {
            match &item {
                JsonRpcMessage::Response(response) => match &response.result {
                    ServerResult::CustomResult(result) => {
                        writer.write_line(line(&response.id, &result.0)).await
                    }
                    _ => writer.write(&item).await,
                },
                _ => writer.write(&item).await,
            }
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(answering) = &mut self.answering {
                let written = answering.await;
                self.answering = None;
                if written.is_err() {
                    break;
                }
            }
            if let Some(message) = self.ready.pop_front() {
                return Some(message);
            }
            match self.reader.next().await {
                Ok(Line::Text(line)) => {
                    let parsed = message::parse(line);
                    self.sort(parsed);
                }
                Ok(Line::TooLong(overflow)) => {
                    let message = format!(
                        "this message is longer than {} bytes: send less, or raise `max_argument_bytes` in `common_mcp_gateway_config`",
                        self.limit
                    );
                    self.refuse(overflow.message_id().as_ref(), ErrorCode::INVALID_REQUEST, &message);
                }
                Ok(Line::End) | Err(_) => break,
            }
        }
        self.left.cancel();
        None
    }

    async fn close(&mut self) -> io::Result<()> {
        self.left.cancel();
        self.writer.close().await;
        Ok(())
    }
}

impl Service<RoleServer> for Stdio {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let ClientRequest::CallToolRequest(call) = request else {
            return Service::<RoleServer>::handle_request(&self.0, request, context).await;
        };
        // A client of the revision without a handshake wants each result to say that it is one.
        let modern = context.meta.protocol_version().is_some_and(|version| !version.has_initialize());
        let mut result = self.0.answer(call.params, context).await?;
        if modern {
            result["resultType"] = "complete".into();
        }
        Ok(ServerResult::CustomResult(CustomResult::new(result)))
    }

    async fn handle_notification(
        &self,
        notification: <RoleServer as ServiceRole>::PeerNot,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Service::<RoleServer>::handle_notification(&self.0, notification, context).await
    }

    fn get_info(&self) -> <RoleServer as ServiceRole>::Info {
        Service::<RoleServer>::get_info(&self.0)
    }
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
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt as _;

    fn open(stream: impl AsFd) -> Option<tokio::net::UnixStream> {
        let owned = |fd: &dyn AsFd| fd.as_fd().try_clone_to_owned().ok();
        let kind = std::fs::File::from(owned(&stream)?).metadata().ok()?.file_type();
        if !kind.is_socket() {
            return None;
        }
        let stream = std::os::unix::net::UnixStream::from(owned(&stream)?);
        stream.set_nonblocking(true).ok()?;
        tokio::net::UnixStream::from_std(stream).ok()
    }
    let (input, output) = (open(std::io::stdin())?, open(std::io::stdout())?);
    Some((Box::new(input), Box::new(output)))
}
