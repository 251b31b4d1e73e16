//! Records of TLS 1.3 (RFC 8446, 5.2), sealed and opened in place, and what they carry here: one frame each.
//!
//! `header (5) | payload | kind (1) | content type (1) | tag (16)`. The frame's kind stands behind its payload, so that
//! a payload can be read from a socket straight to where it is sealed.

use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM};
use rustls::ConnectionTrafficSecrets;

/// What comes before the payload and behind it.
pub(crate) const HEADER: usize = 5;
const TRAILER: usize = 2 + TAG;
const TAG: usize = 16;
/// Payload of a full record, as much as fits into the 2^14 bytes that TLS allows, less a few for alignment.
pub(crate) const PAYLOAD: usize = 16_368;
/// A full record.
pub(crate) const RECORD: usize = HEADER + PAYLOAD + TRAILER;
/// Longest body of a record that this protocol has; TLS would allow a few bytes more.
const MAX_BODY: usize = RECORD - HEADER;

const APPLICATION_DATA: u8 = 23;
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
/// KeyUpdate with `update_not_requested`; with `update_requested` the last byte is 1.
const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];

/// What a frame is. The numbers are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Bytes of the stream.
    Data = 0,
    /// No more bytes follow in this direction.
    End = 1,
    /// The stream is broken off in both directions; whoever hears it answers with its own `End` or `Reset`.
    Reset = 2,
    /// `From` opens a stream to a TCP target.
    Open = 3,
    /// `From` opens a flow to a UDP target.
    OpenDatagrams = 4,
    /// The target took the connection. Said only if nothing else is to be sent soon; anything else says it too.
    Opened = 5,
    Ping = 6,
    Pong = 7,
    /// `To` asks for no new stream over this carrier; `From` closes it.
    Drain = 8,
    /// This end trusts the other: the carrier may be used.
    Ready = 9,
    /// A datagram's beginning or middle.
    Part = 10,
    /// A datagram's end, or all of it.
    Datagram = 11,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        use Kind::*;
        [Data, End, Reset, Open, OpenDatagrams, Opened, Ping, Pong, Drain, Ready, Part, Datagram]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// What a peer sent that cannot be read. The carrier is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("a record has a header that TLS 1.3 does not know")]
    Header,
    #[error("a record is too long or too short")]
    Length,
    #[error("a record was not sealed by the peer")]
    Forged,
    #[error("a record holds a frame of unknown kind")]
    Kind,
    #[error("a record holds a handshake message other than a key update")]
    Handshake,
    #[error("the peer sent a TLS alert")]
    Alert,
    #[error("a key has been used up")]
    Exhausted,
}

/// The keys of one direction.
struct Keys {
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Keys {
    fn new((sequence, secrets): (u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        let ConnectionTrafficSecrets::Aes128Gcm { key, iv } = secrets else {
            return Err(RecordError::Header);
        };
        let key = UnboundKey::new(&AES_128_GCM, key.as_ref()).map_err(|_| RecordError::Length)?;
        let iv = iv.as_ref().try_into().map_err(|_| RecordError::Length)?;
        Ok(Self { key: LessSafeKey::new(key), iv, sequence })
    }

    /// The nonce of the next record (RFC 8446, 5.3).
    fn nonce(&mut self) -> Result<Nonce, RecordError> {
        let mut nonce = self.iv;
        for (byte, sequence) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= sequence;
        }
        self.sequence = self.sequence.checked_add(1).ok_or(RecordError::Exhausted)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

/// Seals what this end sends.
pub(crate) struct Sealer(Keys);

impl Sealer {
    pub fn new(secrets: (u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        Keys::new(secrets).map(Self)
    }

    /// Records sealed with this key.
    pub fn sealed(&self) -> u64 {
        self.0.sequence
    }

    /// Seals the frame whose payload stands at `HEADER..HEADER + length`. Returns the length of the record.
    pub fn seal(&mut self, record: &mut [u8], length: usize, kind: Kind) -> Result<usize, RecordError> {
        if length > PAYLOAD || record.len() < HEADER + length + TRAILER {
            return Err(RecordError::Length);
        }
        record[HEADER + length] = kind as u8;
        self.finish(record, length + 1, APPLICATION_DATA)
    }

    /// Seals the announcement that the next record has the next key. Returns the length of the record.
    pub fn seal_key_update(&mut self, record: &mut [u8]) -> Result<usize, RecordError> {
        if record.len() < HEADER + KEY_UPDATE.len() + 1 + TAG {
            return Err(RecordError::Length);
        }
        record[HEADER..HEADER + KEY_UPDATE.len()].copy_from_slice(&KEY_UPDATE);
        self.finish(record, KEY_UPDATE.len(), HANDSHAKE)
    }

    fn finish(&mut self, record: &mut [u8], content: usize, content_type: u8) -> Result<usize, RecordError> {
        let inner = content + 1;
        record[HEADER + content] = content_type;
        let header = header(inner + TAG)?;
        let (start, rest) = record.split_at_mut(HEADER);
        let (body, rest) = rest.split_at_mut(inner);
        let nonce = self.0.nonce()?;
        let tag = self
            .0
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(header), body)
            .map_err(|_| RecordError::Length)?;
        start.copy_from_slice(&header);
        rest[..TAG].copy_from_slice(tag.as_ref());
        Ok(HEADER + inner + TAG)
    }
}

fn header(body: usize) -> Result<[u8; HEADER], RecordError> {
    let [high, low] = u16::try_from(body).map_err(|_| RecordError::Length)?.to_be_bytes();
    Ok([APPLICATION_DATA, 3, 3, high, low])
}

/// The length of the record at the start of these bytes, if its header is there.
pub(crate) fn record_length(bytes: &[u8]) -> Result<Option<usize>, RecordError> {
    let Some(header) = bytes.get(..HEADER) else { return Ok(None) };
    if header[..3] != [APPLICATION_DATA, 3, 3] {
        // An alert in the clear comes from a peer that broke off its handshake.
        return Err(if header[0] == ALERT { RecordError::Alert } else { RecordError::Header });
    }
    let body = usize::from(u16::from_be_bytes([header[3], header[4]]));
    if !(TAG + 1..=MAX_BODY).contains(&body) {
        return Err(RecordError::Length);
    }
    Ok(Some(HEADER + body))
}

/// What a record held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A frame whose payload stands at `HEADER..HEADER + length`.
    Frame { kind: Kind, length: usize },
    /// The next record has the next key. `asked`: the peer wants the same of this end.
    KeyUpdate { asked: bool },
}

/// Opens what the other end sent.
pub(crate) struct Opener(Keys);

impl Opener {
    pub fn new(secrets: (u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        Keys::new(secrets).map(Self)
    }

    /// Opens one whole record in place.
    pub fn open(&mut self, record: &mut [u8]) -> Result<Opened, RecordError> {
        if record_length(record)? != Some(record.len()) {
            return Err(RecordError::Length);
        }
        let (header, body) = record.split_at_mut(HEADER);
        let header: [u8; HEADER] = (&*header).try_into().map_err(|_| RecordError::Length)?;
        let nonce = self.0.nonce()?;
        let inner =
            self.0.key.open_in_place(nonce, Aad::from(header), body).map_err(|_| RecordError::Forged)?;
        // Padding is not used by this protocol, so a last byte of 0 is no content type either.
        match inner {
            [payload @ .., kind, APPLICATION_DATA] => {
                let kind = Kind::from_byte(*kind).ok_or(RecordError::Kind)?;
                if payload.len() > PAYLOAD {
                    return Err(RecordError::Length);
                }
                Ok(Opened::Frame { kind, length: payload.len() })
            }
            [24, 0, 0, 1, asked @ (0 | 1), HANDSHAKE] => Ok(Opened::KeyUpdate { asked: *asked == 1 }),
            [.., HANDSHAKE] => Err(RecordError::Handshake),
            [.., ALERT] => Err(RecordError::Alert),
            _ => Err(RecordError::Kind),
        }
    }
}
