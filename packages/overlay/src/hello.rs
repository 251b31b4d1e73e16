//! The start of a TLS connection, read before it is known who answers it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::ALPN;

/// A ClientHello with two certificates' worth of extensions fits several times.
const MAX_HELLO_BYTES: usize = 16 * 1024;

/// What a client's first message says, and its bytes.
#[derive(Debug)]
pub struct Hello {
    pub(crate) bytes: Vec<u8>,
    pub(crate) server_name: Option<String>,
    tunnel: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum HelloError {
    #[error("the connection ended before its ClientHello: {0}")]
    Io(#[from] io::Error),
    #[error("it does not begin with a TLS ClientHello: {0}")]
    NotTls(rustls::Error),
    #[error("its ClientHello has more than {MAX_HELLO_BYTES} bytes")]
    TooLong,
}

impl Hello {
    /// Reads until the ClientHello is complete. The caller limits the time.
    pub async fn read<IO: AsyncRead + Unpin>(io: &mut IO) -> Result<Self, HelloError> {
        let mut acceptor = Acceptor::default();
        let mut bytes = Vec::with_capacity(1024);
        let mut parsed = 0;
        loop {
            if io.read_buf(&mut bytes).await? == 0 {
                return Err(HelloError::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            while parsed < bytes.len() {
                let mut rest = &bytes[parsed..];
                let taken = acceptor.read_tls(&mut rest).map_err(|_| HelloError::TooLong)?;
                parsed += taken;
                match acceptor.accept() {
                    Ok(Some(accepted)) => {
                        let hello = accepted.client_hello();
                        let tunnel = hello.alpn().is_some_and(|mut offered| offered.any(|name| name == ALPN));
                        let server_name = hello.server_name().map(str::to_owned);
                        return Ok(Self { bytes, server_name, tunnel });
                    }
                    Ok(None) if taken == 0 => return Err(HelloError::TooLong),
                    Ok(None) => {}
                    Err((error, _alert)) => return Err(HelloError::NotTls(error)),
                }
            }
            if bytes.len() >= MAX_HELLO_BYTES {
                return Err(HelloError::TooLong);
            }
        }
    }

    /// Whether the client offers [`ALPN`]: then [`crate::Overlay::accept`] answers it, and nobody else.
    pub fn is_tunnel(&self) -> bool {
        self.tunnel
    }

    /// The connection as it was before anything was read from it.
    pub fn rewind<IO>(self, io: IO) -> Rewound<IO> {
        Rewound { bytes: self.bytes, at: 0, io }
    }
}

/// A connection that yields bytes that were read from it before.
#[derive(Debug)]
pub struct Rewound<IO> {
    bytes: Vec<u8>,
    at: usize,
    io: IO,
}

impl<IO> Rewound<IO> {
    pub fn get_ref(&self) -> &IO {
        &self.io
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Rewound<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let count = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..count]);
        self.at += count;
        if self.at == self.bytes.len() {
            (self.bytes, self.at) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Rewound<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
