//! The connection under a carrier: frames out of its records, and into them.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;

use crate::buffer::Buffer;
use crate::core::Core;
use crate::handshake::{Rekey, Secured};
use crate::pool::Handle;
use crate::record::{record_length, Kind, Opened, Opener, RecordError, Sealer, HEADER};
use crate::socket;
use crate::state::{lock, Tunnel};

/// Why a stream or its carrier ends before its time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("a carrier broke: {0}")]
    Carrier(#[from] io::Error),
    #[error("a carrier broke: {0}")]
    Record(#[from] RecordError),
    #[error("the peer broke the protocol: {0}")]
    Protocol(&'static str),
    #[error("the peer did not answer in time")]
    Timeout,
    /// The workload here broke its connection off.
    #[error("the workload broke off")]
    App,
    /// The other end did.
    #[error("the peer broke off")]
    Reset,
}

impl Fault {
    /// Whether the carrier can go on.
    pub fn spares_carrier(&self) -> bool {
        matches!(self, Self::App | Self::Reset)
    }
}

/// What both directions of a carrier share.
pub(crate) struct Link {
    pub core: Arc<Core>,
    pub tunnel: Arc<Tunnel>,
    pub handle: Arc<Handle>,
    pub socket: TcpStream,
    keys: Mutex<Rekey>,
    /// The peer wants this end to use the next key.
    update_asked: AtomicBool,
}

impl Link {
    /// Waits until more can be sent. A peer that only reads slowly is waited for; one that has fallen silent on every
    /// carrier is not.
    pub async fn writable(&self) -> Result<(), Fault> {
        let limit = self.core.config.send_timeout;
        loop {
            match tokio::time::timeout(limit, self.socket.writable()).await {
                Ok(ready) => return Ok(ready?),
                Err(_) if self.tunnel.silence() > limit => return Err(Fault::Timeout),
                Err(_) => {}
            }
        }
    }
}

/// The sending direction. What was begun is kept here, so that a stream that is broken off leaves no half record.
pub(crate) struct Tx {
    sealer: Sealer,
    pending: Option<(Buffer, usize, usize)>,
    /// This end's last frame of the stream has been sent.
    pub ended: bool,
}

impl Tx {
    /// Takes the next key if this one has sealed enough. To be called before a batch.
    pub async fn prepare(&mut self, link: &Link) -> Result<(), Fault> {
        let due = self.sealer.sealed() >= link.core.config.records_per_key;
        if due || link.update_asked.load(Ordering::Relaxed) {
            link.update_asked.store(false, Ordering::Relaxed);
            self.flush(link).await?;
            let mut buffer = link.core.buffers.small();
            let length = self.sealer.seal_key_update(&mut buffer)?;
            self.sealer = lock(&link.keys).next_sealer()?;
            self.send(link, buffer, length).await?;
        }
        Ok(())
    }

    pub fn seal(&mut self, record: &mut [u8], length: usize, kind: Kind) -> Result<usize, Fault> {
        Ok(self.sealer.seal(record, length, kind)?)
    }

    /// Sends records that were sealed into a buffer.
    pub async fn send(&mut self, link: &Link, buffer: Buffer, length: usize) -> Result<(), Fault> {
        self.flush(link).await?;
        self.pending = Some((buffer, 0, length));
        self.flush(link).await
    }

    /// Begins to send them; what the socket does not take now is left to [`Tx::flush`].
    pub fn begin(&mut self, link: &Link, buffer: Buffer, records: Range<usize>) -> Result<(), Fault> {
        self.pending = Some((buffer, records.start, records.end));
        self.try_flush(link)
    }

    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    pub async fn flush(&mut self, link: &Link) -> Result<(), Fault> {
        loop {
            self.try_flush(link)?;
            if self.pending.is_none() {
                return Ok(());
            }
            link.writable().await?;
        }
    }

    /// Sends what the socket takes now.
    pub fn try_flush(&mut self, link: &Link) -> Result<(), Fault> {
        while let Some((buffer, at, end)) = &mut self.pending {
            match socket::write_vectored(&link.socket, &[IoSlice::new(&buffer[*at..*end])]) {
                Ok(count) => {
                    *at += count;
                    if at == end {
                        self.pending = None;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Sends a frame without payload.
    pub async fn say(&mut self, link: &Link, kind: Kind) -> Result<(), Fault> {
        self.prepare(link).await?;
        let mut buffer = link.core.buffers.small();
        let length = self.sealer.seal(&mut buffer, 0, kind)?;
        self.send(link, buffer, length).await
    }

    /// Says that nothing more comes of this stream.
    pub async fn finish(&mut self, link: &Link, kind: Kind) -> Result<(), Fault> {
        self.say(link, kind).await?;
        self.ended = true;
        Ok(())
    }
}

/// The receiving direction.
pub(crate) struct Rx {
    opener: Opener,
    /// Sealed bytes that came with an earlier batch.
    rest: Vec<u8>,
    /// The peer's last frame of the stream has come.
    pub ended: bool,
}

/// Opened records at the start of a buffer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Batch {
    /// Where they end.
    pub end: usize,
    /// Payload in them.
    pub bytes: u64,
    /// A frame after which another part of this crate reads on, and which is the last one of a batch.
    pub last: Option<Kind>,
    pub pinged: bool,
    pub drained: bool,
}

impl Rx {
    /// Whether something is there that needs no read.
    fn has_whole_record(&self) -> Result<bool, Fault> {
        Ok(record_length(&self.rest)?.is_some_and(|length| self.rest.len() >= length))
    }

    /// Waits until [`Rx::read`] may find something.
    pub async fn readable(&self, link: &Link) -> Result<(), Fault> {
        if !self.has_whole_record()? {
            link.socket.readable().await?;
        }
        Ok(())
    }

    /// Opens what is there, up to the next frame that begins or ends a stream. None: nothing whole is there yet.
    pub fn read(&mut self, link: &Link, buffer: &mut [u8]) -> Result<Option<Batch>, Fault> {
        let had_record = self.has_whole_record()?;
        let mut have = self.rest.len().min(buffer.len());
        buffer[..have].copy_from_slice(&self.rest[..have]);
        if !had_record {
            // Less than a record is left over, so there is room.
            match socket::read_into(&link.socket, &mut buffer[have..]) {
                Ok(0) => return Err(Fault::Carrier(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => have += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            }
            self.rest.clear();
            link.tunnel.hear();
        } else {
            self.rest.drain(..have);
        }
        let batch = self.open(link, &mut buffer[..have])?;
        if batch.end < have {
            // In front of what did not fit into the buffer, if there is any.
            self.rest.splice(..0, buffer[batch.end..have].iter().copied());
        } else if self.rest.is_empty() {
            self.rest = Vec::new();
        }
        Ok((batch.end > 0).then_some(batch))
    }

    fn open(&mut self, link: &Link, bytes: &mut [u8]) -> Result<Batch, Fault> {
        let mut batch = Batch::default();
        while let Some(length) = record_length(&bytes[batch.end..])? {
            let Some(record) = bytes.get_mut(batch.end..batch.end + length) else { break };
            batch.end += length;
            match self.opener.open(record)? {
                Opened::KeyUpdate { asked } => {
                    self.opener = lock(&link.keys).next_opener()?;
                    if asked {
                        link.update_asked.store(true, Ordering::Relaxed);
                    }
                    Mark::EMPTY.set(record);
                }
                Opened::Frame { kind, length } => {
                    let carries = matches!(kind, Kind::Data | Kind::Part | Kind::Datagram);
                    if !carries && length > 0 {
                        return Err(Fault::Protocol("a frame without content has some"));
                    }
                    Mark { kind, length }.set(record);
                    batch.bytes += length as u64;
                    match kind {
                        Kind::Data | Kind::Part | Kind::Datagram | Kind::Opened | Kind::Pong => {}
                        Kind::Ping => batch.pinged = true,
                        Kind::Drain => batch.drained = true,
                        Kind::Ready | Kind::End | Kind::Reset | Kind::Open | Kind::OpenDatagrams => {
                            batch.last = Some(kind);
                            break;
                        }
                    }
                }
            }
        }
        Ok(batch)
    }
}

/// What stands in the header of an opened record, in place of what TLS has there: the length of the record stays.
struct Mark {
    kind: Kind,
    length: usize,
}

impl Mark {
    const EMPTY: Self = Self { kind: Kind::Opened, length: 0 };

    fn set(&self, record: &mut [u8]) {
        let [high, low] = (self.length as u16).to_be_bytes();
        (record[0], record[1], record[2]) = (self.kind as u8, high, low);
    }
}

/// The payloads of opened records, in order.
pub(crate) struct Payloads<'a> {
    bytes: &'a [u8],
}

impl<'a> Payloads<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> Iterator for Payloads<'a> {
    /// The number of a kind, the payload, and the length of its record.
    type Item = (u8, &'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let [kind, high, low, body_high, body_low] = *self.bytes.first_chunk::<HEADER>()?;
        let record = HEADER + usize::from(u16::from_be_bytes([body_high, body_low]));
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (now, rest) = self.bytes.split_at_checked(record)?;
        self.bytes = rest;
        Some((kind, now.get(HEADER..HEADER + length)?, record))
    }
}

pub(crate) fn split(
    secured: Secured,
    core: Arc<Core>,
    tunnel: Arc<Tunnel>,
    handle: Arc<Handle>,
) -> (Link, Tx, Rx) {
    let Secured { socket, sealer, opener, keys, rest, .. } = secured;
    let link =
        Link { core, tunnel, handle, socket, keys: Mutex::new(keys), update_asked: AtomicBool::new(false) };
    let tx = Tx { sealer, pending: None, ended: false };
    (link, tx, Rx { opener, rest, ended: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn payloads_stay_inside_of_their_records(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut before = 0;
            for (_, payload, record) in Payloads::new(&bytes) {
                prop_assert!(payload.len() + HEADER <= bytes.len() - before);
                before += record;
                prop_assert!(before <= bytes.len());
            }
        }
    }
}
