//! Bodies: requests read within bounds, answers whole or as a stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::refusal::Refusal;
use crate::fault::ErrorCode;

/// The next bytes of a body come within this time.
const PAUSE: Duration = Duration::from_secs(10);

/// And the last ones within this.
const WHOLE: Duration = Duration::from_secs(120);

/// A client that sends too much is heard out for so long, so that it reads why it was refused.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is set aside for a body before it is read.
const FIRST: usize = 64 << 10;

pub(super) enum Body {
    Whole(Bytes),
    Stream(mpsc::Receiver<Bytes>),
}

impl Body {
    pub(super) fn whole(text: Vec<u8>) -> Self {
        Self::Whole(Bytes::from(text))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(text) if text.is_empty() => Poll::Ready(None),
            Self::Whole(text) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Self::Stream(stream) => stream.poll_recv(cx).map(|next| next.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(text) if text.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(text) => SizeHint::with_exact(text.len() as u64),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    read_within(body, limit, (PAUSE, WHOLE)).await
}

async fn read_within(
    mut body: Incoming,
    limit: usize,
    (pause, all): (Duration, Duration),
) -> Result<Bytes, Refusal> {
    let promised = body.size_hint().lower();
    if usize::try_from(promised).map_or(true, |promised| promised > limit) {
        return Err(too_long(body, limit).await);
    }
    let end = Instant::now() + all;
    let mut whole = Vec::new();
    let mut only = None;
    loop {
        let until = end.min(Instant::now() + pause);
        let Ok(next) = timeout_at(until, frame(&mut body)).await else { return Err(too_slow()) };
        let data = match next {
            None => break,
            Some(Err(_)) => return Err(Refusal::bad(StatusCode::BAD_REQUEST, "the body broke off").closing()),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        match only.take() {
            None if whole.is_empty() => {
                only = Some(data);
                continue;
            }
            None => {}
            Some(first) => {
                whole.reserve(usize::try_from(promised).unwrap_or(FIRST).min(limit));
                whole.extend_from_slice(&first);
            }
        }
        if whole.len() + data.len() > limit {
            return Err(too_long(body, limit).await);
        }
        whole.extend_from_slice(&data);
    }
    match only {
        Some(only) if only.len() > limit => Err(too_long(body, limit).await),
        // Most bodies come in one piece, which is then not copied.
        Some(only) => Ok(only),
        None => Ok(whole.into()),
    }
}

async fn frame(body: &mut Incoming) -> Option<Result<Frame<Bytes>, hyper::Error>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

async fn too_long(mut body: Incoming, limit: usize) -> Refusal {
    let rest = async { while let Some(Ok(_)) = frame(&mut body).await {} };
    let _ = timeout(FAREWELL, rest).await;
    let message = format!("the body is longer than {limit} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::LimitExceeded, message)
        .hint("send less, or raise `max_argument_bytes` in `common_mcp_gateway_config`")
        .closing()
}

fn too_slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::Timeout, "the body did not come in time").closing()
}

#[cfg(test)]
mod tests {
    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;

    const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";

    /// The answer to a body that a client sends in its own way, within these limits.
    async fn answer(limits: (Duration, Duration), send: impl AsyncFnOnce(&mut DuplexStream)) -> String {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let answer = service_fn(|request: Request<Incoming>| async move {
            let body = read_within(request.into_body(), 1_000, limits).await;
            let response = body.map_or_else(
                |refusal| refusal.into_response(&crate::ids::RequestId::fresh()),
                |body| Response::new(Body::Whole(body)),
            );
            Ok::<_, Infallible>(response)
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(server), answer);
        let (_, told) = tokio::join!(connection, async {
            client.write_all(HEAD).await.expect("written");
            send(&mut client).await;
            let mut told = String::new();
            let _ = client.read_to_string(&mut told).await;
            told
        });
        told
    }

    #[tokio::test]
    async fn a_body_that_stops_coming_is_not_waited_for() {
        let limits = (Duration::from_millis(50), WHOLE);
        let told = answer(limits, async |client| client.write_all(b"some").await.expect("written")).await;
        assert!(told.starts_with("HTTP/1.1 408") && told.contains("did not come in time"), "{told}");
    }

    #[tokio::test]
    async fn nor_is_one_that_comes_in_drops() {
        let limits = (PAUSE, Duration::from_millis(200));
        let told = answer(limits, async |client| {
            for _ in 0..1_000 {
                tokio::time::sleep(Duration::from_millis(5)).await;
                if client.write_all(b"x").await.is_err() {
                    return;
                }
            }
        });
        let told = told.await;
        assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    }

    #[tokio::test]
    async fn one_that_comes_in_pieces_is_read() {
        let told = answer((PAUSE, WHOLE), async |client| {
            for piece in [[b'a'; 500], [b'b'; 500]] {
                client.write_all(&piece).await.expect("written");
                tokio::task::yield_now().await;
            }
            client.shutdown().await.expect("shut");
        });
        let told = told.await;
        assert!(told.starts_with("HTTP/1.1 200") && told.contains("ab"), "{told}");
    }
}
