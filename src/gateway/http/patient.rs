//! A connection whose client reads: one that stops reading is closed after a while.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// A client that takes nothing for so long takes nothing more.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Since when nothing could be written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, patience: PATIENCE, stalled: None }
    }

    fn wait<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wait(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.wait(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn connection(patience: Duration) -> (Patient, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address")).await.expect("a client");
        let (stream, _) = listener.accept().await.expect("a connection");
        (Patient { patience, ..Patient::new(stream) }, client)
    }

    /// Writes until the system takes no more.
    async fn fill(patient: &mut Patient) {
        while patient.stalled.is_none() {
            let mut written = std::pin::pin!(patient.write(&[0; 1 << 14]));
            let _ = std::future::poll_fn(|cx| Poll::Ready(written.as_mut().poll(cx))).await;
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (mut patient, client) = connection(Duration::from_millis(50)).await;
        let error = patient.write_all(&vec![0; 64 << 20]).await.expect_err("nobody reads");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        // Whoever has waited in vain once does not wait again.
        assert_eq!(patient.write(&[0]).await.expect_err("still").kind(), io::ErrorKind::TimedOut);
        drop(client);
    }

    #[tokio::test]
    async fn a_client_that_takes_something_has_all_the_time_again() {
        let (mut patient, mut client) = connection(PATIENCE).await;
        fill(&mut patient).await;
        let mut some = vec![0; 1 << 20];
        let (read, written) = tokio::join!(client.read_exact(&mut some), patient.write_all(b"more"));
        assert!(read.is_ok() && written.is_ok());
        assert!(patient.stalled.is_none());
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_none_that_does_not_read() {
        let (mut patient, client) = connection(Duration::from_millis(1)).await;
        let mut byte = [0];
        let read = tokio::time::timeout(Duration::from_millis(50), patient.read(&mut byte)).await;
        assert!(read.is_err(), "it may be quiet as long as it wants");
        patient.write_all(b"x").await.expect("written");
        drop(client);
    }
}
