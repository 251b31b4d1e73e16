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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What a client sends that asks for this.
    fn hello(name: &'static str, alpn: &[u8]) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let mut client = rustls::ClientConnection::new(Arc::new(config), name.try_into().unwrap()).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    fn read(pieces: &[&[u8]]) -> Result<Hello, HelloError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let nothing: Box<dyn AsyncRead + Unpin + '_> = Box::new(tokio::io::empty());
        let mut io = pieces.iter().fold(nothing, |io, piece| Box::new(io.chain(*piece)));
        runtime.block_on(Hello::read(&mut io))
    }

    #[test]
    fn it_is_read_wherever_it_is_split() {
        let bytes = hello("label.example", ALPN);
        for at in 0..=bytes.len() {
            let (start, rest) = bytes.split_at(at);
            let hello = read(&[start, rest, b"behind"]).unwrap();
            assert!(hello.is_tunnel());
            assert_eq!(hello.server_name.as_deref(), Some("label.example"));
            assert!(hello.bytes.starts_with(&bytes));
        }
        assert!(!read(&[&hello("label.example", b"h2")]).unwrap().is_tunnel());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn bytes_of_a_stranger_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert!(read(&[&bytes]).is_err());
            // With the header of a handshake record, and with that of a ClientHello.
            for start in [&[22, 3, 1, 7, 0][..], &[22, 3, 1, 7, 0, 1, 0, 6, 252, 3, 3]] {
                prop_assert!(read(&[start, &bytes]).is_err());
            }
        }

        #[test]
        fn a_changed_hello_does_no_harm(at in any::<prop::sample::Index>(), to in any::<u8>()) {
            let mut bytes = hello("label.example", ALPN);
            let at = at.index(bytes.len());
            bytes[at] = to;
            let _ = read(&[&bytes]);
        }
    }

    #[test]
    fn one_without_end_is_given_up() {
        // Records of one byte each that promise a long message.
        let mut bytes = vec![22, 3, 1, 0, 4, 1, 0, 255, 255];
        for _ in 0..20_000 {
            bytes.extend_from_slice(&[22, 3, 1, 0, 1, 0]);
        }
        assert!(matches!(read(&[&bytes]), Err(HelloError::TooLong | HelloError::NotTls(_))));
    }
}
