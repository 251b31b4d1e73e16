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
        Self::of(key.as_ref(), iv.as_ref(), sequence)
    }

    fn of(key: &[u8], iv: &[u8], sequence: u64) -> Result<Self, RecordError> {
        let key = UnboundKey::new(&AES_128_GCM, key).map_err(|_| RecordError::Length)?;
        let iv = iv.try_into().map_err(|_| RecordError::Length)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Both ends of one direction.
    fn ends() -> (Sealer, Opener) {
        let keys = || Keys::of(&[9; 16], &[5; 12], 0).unwrap();
        (Sealer(keys()), Opener(keys()))
    }

    fn sealed(sealer: &mut Sealer, payload: &[u8], kind: Kind) -> Vec<u8> {
        let mut record = vec![0; RECORD];
        record[HEADER..HEADER + payload.len()].copy_from_slice(payload);
        let length = sealer.seal(&mut record, payload.len(), kind).unwrap();
        record.truncate(length);
        record
    }

    /// A record with this inside, whatever it means.
    fn sealed_raw(sealer: &mut Sealer, content: &[u8], content_type: u8) -> Vec<u8> {
        let mut record = vec![0; HEADER + content.len() + 1 + TAG];
        record[HEADER..HEADER + content.len()].copy_from_slice(content);
        sealer.finish(&mut record, content.len(), content_type).unwrap();
        record
    }

    fn any_kind() -> impl Strategy<Value = Kind> {
        (0_u8..12).prop_map(|byte| Kind::from_byte(byte).unwrap())
    }

    proptest! {
        #[test]
        fn a_frame_comes_out_as_it_went_in(
            payload in prop::collection::vec(any::<u8>(), 0..=PAYLOAD),
            kind in any_kind(),
        ) {
            let (mut sealer, mut opener) = ends();
            let mut record = sealed(&mut sealer, &payload, kind);
            prop_assert_eq!(record_length(&record), Ok(Some(record.len())));
            let length = payload.len();
            prop_assert_eq!(opener.open(&mut record), Ok(Opened::Frame { kind, length }));
            prop_assert_eq!(&record[HEADER..HEADER + length], &payload[..]);
        }

        #[test]
        fn a_record_with_any_bit_changed_is_refused(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            bit in 0_u32..8,
        ) {
            let (mut sealer, mut opener) = ends();
            let mut record = sealed(&mut sealer, &payload, Kind::Data);
            let at = at.index(record.len());
            record[at] ^= 1 << bit;
            prop_assert!(opener.open(&mut record).is_err());
        }

        #[test]
        fn bytes_of_a_stranger_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (_, mut opener) = ends();
            let mut bytes = bytes;
            if let Ok(Some(length)) = record_length(&bytes) {
                prop_assert!((HEADER + TAG + 1..=RECORD).contains(&length));
            }
            prop_assert!(opener.open(&mut bytes).is_err());
            // The same with a header that is right.
            if bytes.len() > HEADER + TAG {
                let header = header(bytes.len() - HEADER).unwrap();
                bytes[..HEADER].copy_from_slice(&header);
                prop_assert!(opener.open(&mut bytes).is_err());
            }
        }

        #[test]
        fn a_peer_that_seals_nonsense_is_refused_or_understood(
            content in prop::collection::vec(any::<u8>(), 0..40),
            content_type in any::<u8>(),
        ) {
            let (mut sealer, mut opener) = ends();
            let mut record = sealed_raw(&mut sealer, &content, content_type);
            match opener.open(&mut record) {
                Ok(Opened::Frame { kind, length }) => {
                    prop_assert_eq!(content_type, APPLICATION_DATA);
                    prop_assert_eq!(Some(&(kind as u8)), content.last());
                    prop_assert_eq!(length, content.len() - 1);
                }
                Ok(Opened::KeyUpdate { .. }) => prop_assert_eq!(content_type, HANDSHAKE),
                Err(_) => {}
            }
        }
    }

    #[test]
    fn records_are_taken_in_their_order_and_once() {
        let (mut sealer, mut opener) = ends();
        let [first, second] = [b"1", b"2"].map(|payload| sealed(&mut sealer, payload, Kind::Data));
        assert_eq!(opener.open(&mut second.clone()), Err(RecordError::Forged));
        let (_, mut opener) = ends();
        assert!(opener.open(&mut first.clone()).is_ok());
        assert_eq!(opener.open(&mut first.clone()), Err(RecordError::Forged));
    }

    #[test]
    fn only_an_exact_key_update_is_one() {
        let open = |content: &[u8], content_type| {
            let (mut sealer, mut opener) = ends();
            opener.open(&mut sealed_raw(&mut sealer, content, content_type))
        };
        assert_eq!(open(&KEY_UPDATE, HANDSHAKE), Ok(Opened::KeyUpdate { asked: false }));
        assert_eq!(open(&[24, 0, 0, 1, 1], HANDSHAKE), Ok(Opened::KeyUpdate { asked: true }));
        for content in
            [&[24, 0, 0, 1, 2][..], &[24, 0, 0, 2, 0, 0], &[4, 0, 0, 1, 0], &[24, 0, 0, 1, 0, 0], &[]]
        {
            assert_eq!(open(content, HANDSHAKE), Err(RecordError::Handshake), "{content:?}");
        }
        assert_eq!(open(&[2, 40], ALERT), Err(RecordError::Alert));
        assert_eq!(open(&[12], APPLICATION_DATA), Err(RecordError::Kind));
        // Padding.
        assert_eq!(open(&[0, APPLICATION_DATA], 0), Err(RecordError::Kind));
    }

    #[test]
    fn no_record_is_longer_than_a_full_one() {
        let full = header(RECORD - HEADER).unwrap();
        assert_eq!(record_length(&full), Ok(Some(RECORD)));
        for body in [0, TAG, RECORD - HEADER + 1, usize::from(u16::MAX)] {
            assert_eq!(record_length(&header(body).unwrap()), Err(RecordError::Length), "{body}");
        }
        for length in 0..HEADER {
            assert_eq!(record_length(&full[..length]), Ok(None));
        }
    }
}
