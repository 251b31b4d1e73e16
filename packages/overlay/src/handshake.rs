//! The handshake of a carrier, by rustls; afterwards its secrets are ours.

use std::io;
use std::sync::Arc;

use identity::{TunnelEnd, TunnelPeer, Usage, VerifyError};
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::kernel::KernelConnection;
use rustls::pki_types::ServerName;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, UnbufferedStatus};
use rustls::{ClientConfig, ConnectionTrafficSecrets, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::record::{Opener, RecordError, Sealer};
use crate::ALPN;

/// Bytes of a handshake that are held at once. Two certificates of the largest size fit several times.
const MAX_BYTES: usize = 32 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("the connection broke off in its handshake: {0}")]
    Io(#[from] io::Error),
    #[error("its handshake did not end in time")]
    Timeout,
    #[error("its handshake has more than {MAX_BYTES} bytes")]
    TooLong,
    #[error("its certificates are refused: {0}")]
    Certificate(VerifyError),
    #[error("its handshake failed: {0}")]
    Tls(rustls::Error),
    #[error("its records cannot be read: {0}")]
    Record(#[from] RecordError),
    #[error("it does not speak this protocol")]
    Protocol,
}

impl From<rustls::Error> for HandshakeError {
    fn from(error: rustls::Error) -> Self {
        match TunnelEnd::refused(&error) {
            Some(refused) => Self::Certificate(refused),
            None => Self::Tls(error),
        }
    }
}

/// What the next keys are derived from.
pub(crate) enum Rekey {
    Client(Box<KernelConnection<ClientConnectionData>>),
    Server(Box<KernelConnection<ServerConnectionData>>),
}

impl Rekey {
    pub fn next_sealer(&mut self) -> Result<Sealer, RecordError> {
        Sealer::new(Self::next(match self {
            Self::Client(connection) => connection.update_tx_secret(),
            Self::Server(connection) => connection.update_tx_secret(),
        })?)
    }

    pub fn next_opener(&mut self) -> Result<Opener, RecordError> {
        Opener::new(Self::next(match self {
            Self::Client(connection) => connection.update_rx_secret(),
            Self::Server(connection) => connection.update_rx_secret(),
        })?)
    }

    fn next(
        secrets: Result<(u64, ConnectionTrafficSecrets), rustls::Error>,
    ) -> Result<(u64, ConnectionTrafficSecrets), RecordError> {
        secrets.map_err(|_| RecordError::Exhausted)
    }
}

/// A connection to whoever bears the other end's name.
pub(crate) struct Secured {
    pub socket: TcpStream,
    pub sealer: Sealer,
    pub opener: Opener,
    pub keys: Rekey,
    pub peer: TunnelPeer,
    /// Came behind the handshake.
    pub rest: Vec<u8>,
}

/// As the end that dialled. The caller limits the time.
pub(crate) async fn dial(
    socket: TcpStream,
    config: Arc<ClientConfig>,
    label: ServerName<'static>,
    end: &TunnelEnd,
) -> Result<Secured, HandshakeError> {
    let mut connection = UnbufferedClientConnection::new(config, label)?;
    let (socket, rest) = drive(socket, &mut connection, Vec::new()).await?;
    if connection.alpn_protocol() != Some(ALPN) {
        return Err(HandshakeError::Protocol);
    }
    let peer = end
        .peer(connection.peer_certificates().unwrap_or_default(), Usage::Server)
        .map_err(HandshakeError::Certificate)?;
    let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
    Ok(Secured {
        socket,
        sealer: Sealer::new(secrets.tx)?,
        opener: Opener::new(secrets.rx)?,
        keys: Rekey::Client(Box::new(kernel)),
        peer,
        rest,
    })
}

/// As the end that was dialled and has read the ClientHello already.
pub(crate) async fn answer(
    socket: TcpStream,
    hello: Vec<u8>,
    config: Arc<ServerConfig>,
    end: &TunnelEnd,
) -> Result<Secured, HandshakeError> {
    let mut connection = UnbufferedServerConnection::new(config)?;
    let (socket, rest) = drive(socket, &mut connection, hello).await?;
    if connection.alpn_protocol() != Some(ALPN) {
        return Err(HandshakeError::Protocol);
    }
    let peer = end
        .peer(connection.peer_certificates().unwrap_or_default(), Usage::Client)
        .map_err(HandshakeError::Certificate)?;
    let (secrets, kernel) = connection.dangerous_into_kernel_connection()?;
    Ok(Secured {
        socket,
        sealer: Sealer::new(secrets.tx)?,
        opener: Opener::new(secrets.rx)?,
        keys: Rekey::Server(Box::new(kernel)),
        peer,
        rest,
    })
}

enum Step {
    /// There is more to do before anything is read.
    More,
    /// What was encoded must go out.
    Flush,
    Read,
    Done,
}

/// The two kinds of connection have the same methods, but no trait in common.
trait Handshake {
    /// Whether there is something to send that needs no incoming bytes.
    fn has_alert(&self) -> bool;
    /// Takes one step with these incoming bytes. Returns how many are done with.
    fn step(&mut self, incoming: &mut [u8], outgoing: &mut Vec<u8>) -> (usize, Result<Step, HandshakeError>);
}

macro_rules! handshake {
    ($connection:ty) => {
        impl Handshake for $connection {
            fn has_alert(&self) -> bool {
                self.wants_write()
            }

            fn step(
                &mut self,
                incoming: &mut [u8],
                outgoing: &mut Vec<u8>,
            ) -> (usize, Result<Step, HandshakeError>) {
                let UnbufferedStatus { discard, state } = self.process_tls_records(incoming);
                let step = match state {
                    Ok(ConnectionState::EncodeTlsData(mut data)) => {
                        encode(outgoing, |room| data.encode(room)).map(|()| Step::More)
                    }
                    Ok(ConnectionState::TransmitTlsData(data)) => {
                        data.done();
                        Ok(Step::Flush)
                    }
                    Ok(ConnectionState::BlockedHandshake) => Ok(Step::Read),
                    Ok(ConnectionState::WriteTraffic(_)) => Ok(Step::Done),
                    Ok(_) => Err(HandshakeError::Protocol),
                    Err(error) => Err(error.into()),
                };
                (discard, step)
            }
        }
    };
}

handshake!(UnbufferedClientConnection);
handshake!(UnbufferedServerConnection);

/// Appends what a connection wants to send.
fn encode(
    outgoing: &mut Vec<u8>,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>,
) -> Result<(), HandshakeError> {
    let start = outgoing.len();
    let mut room = 1024;
    loop {
        outgoing.resize(start + room, 0);
        match write(&mut outgoing[start..]) {
            Ok(written) => {
                outgoing.truncate(start + written);
                return Ok(());
            }
            Err(EncodeError::InsufficientSize(size)) if size.required_size > room => {
                room = size.required_size;
                if room > MAX_BYTES {
                    return Err(HandshakeError::TooLong);
                }
            }
            Err(_) => return Err(HandshakeError::Protocol),
        }
    }
}

async fn drive(
    mut socket: TcpStream,
    connection: &mut impl Handshake,
    mut incoming: Vec<u8>,
) -> Result<(TcpStream, Vec<u8>), HandshakeError> {
    let mut outgoing = Vec::new();
    // How many bytes of `incoming` the connection sees: whole records, one more at a time, so that it reads nothing of
    // what stands behind the handshake.
    let mut given = 0;
    loop {
        let (discard, step) = connection.step(&mut incoming[..given], &mut outgoing);
        incoming.drain(..discard);
        given -= discard;
        match step {
            Ok(Step::More) => {}
            Ok(Step::Flush) => {
                socket.write_all(&outgoing).await?;
                outgoing.clear();
            }
            Ok(Step::Read) => {
                given += loop {
                    if let Some(length) = whole_record(&incoming[given..]) {
                        break length;
                    }
                    if incoming.len() >= MAX_BYTES {
                        return Err(HandshakeError::TooLong);
                    }
                    if socket.read_buf(&mut incoming).await? == 0 {
                        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                    }
                };
            }
            Ok(Step::Done) => {
                if given > 0 {
                    return Err(HandshakeError::Protocol);
                }
                if !outgoing.is_empty() {
                    socket.write_all(&outgoing).await?;
                }
                return Ok((socket, incoming));
            }
            Err(error) => {
                // An alert for the other end, in which it says why. Nothing but that may be asked of it now.
                if connection.has_alert() {
                    let _ = connection.step(&mut [], &mut outgoing);
                    let _ = socket.try_write(&outgoing);
                }
                return Err(error);
            }
        }
    }
}

/// The length of the TLS record at the start of these bytes, if all of it is there. Whether it is sound is for rustls.
fn whole_record(bytes: &[u8]) -> Option<usize> {
    let length = 5 + usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?]));
    (bytes.len() >= length).then_some(length)
}
