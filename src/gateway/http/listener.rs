//! Connections: where they come in, how many, and how they end.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hosts::Hosts;
use super::patient::Patient;
use super::{Bound, Certificate, Front, Http, Options, route};

/// More wait in the system's queue until one ends.
const MAX_CONNECTIONS: usize = 16_384;

/// Connections that wait to be taken. With few places a burst of clients waits for seconds to be let in.
const BACKLOG: u32 = 4_096;

/// A connection may be idle, or take its time over a head, for so long.
const HEAD: Duration = Duration::from_secs(60);

const HANDSHAKE: Duration = Duration::from_secs(10);

/// What one connection may keep of a head, and of an answer that its client does not read.
const BUFFER: usize = 256 << 10;

/// When the process has no more files to give.
const BREATH: Duration = Duration::from_millis(50);

/// Why nobody can be served.
#[derive(Debug, thiserror::Error)]
pub enum ListenFault {
    #[error("cannot listen on {place}: {reason}")]
    Address { place: String, reason: String },
    #[error("`{file}` {problem}")]
    Tls { file: String, problem: String },
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Bound {
    /// Takes the port, so that a second gateway on it fails at once.
    pub async fn open(options: &Options) -> Result<Self, ListenFault> {
        let tls = options.tls.as_ref().map(Certificate::read).transpose()?.map(Arc::new);
        // The brackets of an address of IPv6 are for URLs.
        let host = options.host.trim_start_matches('[').trim_end_matches(']');
        let fault = |error: &io::Error| ListenFault::Address {
            place: format!("{}:{}", options.host, options.port),
            reason: reason(error),
        };
        let listener = listen(host, options.port).await.map_err(|error| fault(&error))?;
        let address = listener.local_addr().map_err(|error| fault(&error))?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = match host.parse::<IpAddr>() {
            Ok(_) => format!("{scheme}://{address}/mcp"),
            Err(_) => format!("{scheme}://{host}:{}/mcp", address.port()),
        };
        let is_open = tls.is_none() && !address.ip().is_loopback();
        Ok(Self { listener, tls, hosts: Hosts::new(host, address.ip()), url, is_open })
    }

    /// What can be read again while it is served with.
    pub fn certificate(&self) -> Option<Arc<Certificate>> {
        self.tls.clone()
    }
}

impl Http {
    /// Serves until `draining`, then until the last answer has gone out.
    pub async fn serve(self) {
        let Self { bound, front } = self;
        raise_files();
        tracing::info!(url = %bound.url, "serving MCP clients over HTTP");
        if bound.is_open {
            tracing::warn!(
                "gateway keys travel in the clear: use `--tls-cert` and `--tls-key`, or let a reverse proxy speak TLS"
            );
        }
        let sweeping = Arc::clone(&front);
        front.tasks.spawn(async move { sweeping.sessions.sweep(&sweeping.draining).await });
        let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
        let Bound { listener, tls, .. } = bound;
        tokio::select! {
            () = accept(&listener, tls.as_deref(), (&front, &connections, &closing)) => {}
            () = front.draining.cancelled() => {}
        }
        drop(listener);
        front.budget.idle().await;
        closing.cancel();
        connections.close();
        connections.wait().await;
    }
}

/// Listens on the first address of the name that can be had.
async fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in tokio::net::lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // On Windows this would let another program take the port as well.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn accept(
    listener: &TcpListener,
    tls: Option<&Certificate>,
    (front, connections, closing): (&Arc<Front>, &TaskTracker, &CancellationToken),
) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (stream, from) = match listener.accept().await {
            Ok(taken) => taken,
            Err(error) => {
                if !is_the_clients(&error) {
                    tracing::warn!(reason = %reason(&error), "cannot take a connection");
                    tokio::time::sleep(BREATH).await;
                }
                continue;
            }
        };
        let (front, tls, closing) = (Arc::clone(front), tls.map(Certificate::acceptor), closing.clone());
        let peer = from.ip().to_canonical();
        connections.spawn(async move {
            // Answers are written whole; waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            match secure(stream, tls).await {
                Ok(stream) => converse(stream, peer, front, closing).await,
                Err(error) => front.door.no_handshake(&error, peer),
            }
            drop(permit);
        });
    }
}

async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    let stream = Patient::new(stream);
    let Some(tls) = tls else { return Ok(Box::new(stream)) };
    Ok(Box::new(tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await??))
}

async fn converse(stream: Box<dyn Stream>, peer: IpAddr, front: Arc<Front>, closing: CancellationToken) {
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, std::convert::Infallible>(route::answer(&front, peer, request).await) }
    });
    let connection = protocol(HEAD).serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection breaks is its client's business.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn protocol(head: Duration) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER);
    protocol
}

/// Each connection is an open file. The limit that a shell sets is for programs that still use `select`.
#[cfg(unix)]
fn raise_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        tracing::debug!("the limit on open files stays as it is");
    }
}

#[cfg(not(unix))]
fn raise_files() {}

/// Whether the connection was gone before it was taken.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => "the system does not permit it".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Response;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::super::body::Body;
    use super::*;

    /// What a client reads that writes this and then nothing more, until the connection is closed for that.
    async fn told(written: &[u8]) -> String {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        client.write_all(written).await.expect("written");
        let answer = service_fn(|_| async {
            Ok::<_, std::convert::Infallible>(Response::new(Body::whole(b"done".to_vec())))
        });
        let connection = protocol(Duration::from_millis(50)).serve_connection(TokioIo::new(server), answer);
        let (_, read) = tokio::join!(connection, async {
            let mut told = String::new();
            client.read_to_string(&mut told).await.map(|_| told)
        });
        read.expect("text")
    }

    #[tokio::test]
    async fn who_does_not_say_what_it_wants_is_not_waited_for() {
        for begun in ["", "GET", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            assert!(!told(begun.as_bytes()).await.contains("done"), "{begun:?}");
        }
        let answered = told(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answered.ends_with("done"), "and whose connection is idle: {answered:?}");
    }
}
