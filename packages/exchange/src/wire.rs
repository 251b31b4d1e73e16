//! The messages of a connection, which is about one item of one deployment.
//!
//! Each message is a frame: its length in 32 bits, big endian, then one byte that says what it is, then its fields
//! one after the other; numbers are big endian. A frame that is longer than its direction allows, and a frame with
//! anything missing or left over, ends the connection.
//!
//! | frame | from | fields |
//! | --- | --- | --- |
//! | 1 hello | asker, first and once | deployment (64 bits), kind of item (8), hash (32 bytes), size (64) |
//! | 2 get | asker | piece (32) |
//! | 3 ping | asker | |
//! | 129 welcome | answerer, first and once | the pieces that are here: 8 a byte, the first in the lowest bit |
//! | 130 refused | answerer, first and last | |
//! | 131 busy | answerer, first and last | |
//! | 132 have | answerer | pieces (32 each) that are here since |
//! | 133 piece | answerer, to a get | piece (32), hashes of the proof (8), the hashes (32 bytes each), the bytes |
//! | 134 missing | answerer, to a get | piece (32) |
//! | 135 pong | answerer, to a ping | |
//!
//! Kind 0 is a manifest by its version, with size 0; kind 1 is content by its id and size. Answers to gets come in
//! the order of the gets.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use content::{Chunk, CHUNK_BYTES, MAX_PATH};

use crate::Item;

/// Pieces that one `have` names at most.
pub const MAX_HAVE: usize = 4096;
/// The longest frame that an asker sends.
pub const MAX_REQUEST_BYTES: usize = 64;
/// The longest frame that an answerer sends.
pub const MAX_ANSWER_BYTES: usize = 6 + MAX_PATH * 32 + CHUNK_BYTES;

/// From who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Hello { deployment: u64, item: Item },
    Get { piece: u32 },
    Ping,
}

/// From who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Welcome { have: Bytes },
    Refused,
    Busy,
    Have { pieces: Vec<u32> },
    Piece { piece: u32, chunk: Chunk },
    Missing { piece: u32 },
    Pong,
}

/// A frame that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame that is not of this protocol: {what}")]
pub struct BadFrame {
    pub what: &'static str,
}

fn bad<T>(what: &'static str) -> Result<T, BadFrame> {
    Err(BadFrame { what })
}

/// Takes fields off a frame.
struct Fields(Bytes);

impl Fields {
    fn need(&self, bytes: usize) -> Result<(), BadFrame> {
        if self.0.remaining() < bytes {
            return bad("it is too short");
        }
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, BadFrame> {
        self.need(1).map(|()| self.0.get_u8())
    }

    fn u32(&mut self) -> Result<u32, BadFrame> {
        self.need(4).map(|()| self.0.get_u32())
    }

    fn u64(&mut self) -> Result<u64, BadFrame> {
        self.need(8).map(|()| self.0.get_u64())
    }

    fn hash(&mut self) -> Result<[u8; 32], BadFrame> {
        self.need(32)?;
        let mut hash = [0; 32];
        self.0.copy_to_slice(&mut hash);
        Ok(hash)
    }

    fn rest(&mut self) -> Bytes {
        self.0.split_off(0)
    }

    fn end<T>(&self, message: T) -> Result<T, BadFrame> {
        if self.0.has_remaining() {
            return bad("it is too long");
        }
        Ok(message)
    }
}

impl Request {
    pub fn encode(&self) -> Bytes {
        let mut frame = BytesMut::with_capacity(MAX_REQUEST_BYTES);
        match self {
            Self::Hello { deployment, item } => {
                let (kind, hash, size) = item.to_parts();
                frame.put_u8(1);
                frame.put_u64(*deployment);
                frame.put_u8(kind);
                frame.put_slice(&hash);
                frame.put_u64(size);
            }
            Self::Get { piece } => {
                frame.put_u8(2);
                frame.put_u32(*piece);
            }
            Self::Ping => frame.put_u8(3),
        }
        frame.freeze()
    }

    pub fn decode(frame: Bytes) -> Result<Self, BadFrame> {
        if frame.len() > MAX_REQUEST_BYTES {
            return bad("it is longer than a request may be");
        }
        let mut fields = Fields(frame);
        let message = match fields.u8()? {
            1 => {
                let deployment = fields.u64()?;
                let (kind, hash, size) = (fields.u8()?, fields.hash()?, fields.u64()?);
                match Item::from_parts(kind, hash, size) {
                    Some(item) => Self::Hello { deployment, item },
                    None => return bad("it asks for an item that cannot be"),
                }
            }
            2 => Self::Get { piece: fields.u32()? },
            3 => Self::Ping,
            _ => return bad("it is no request"),
        };
        fields.end(message)
    }
}

impl Answer {
    pub fn encode(&self) -> Bytes {
        let mut frame = BytesMut::new();
        match self {
            Self::Welcome { have } => {
                frame.put_u8(129);
                frame.put_slice(have);
            }
            Self::Refused => frame.put_u8(130),
            Self::Busy => frame.put_u8(131),
            Self::Have { pieces } => {
                frame.put_u8(132);
                for piece in pieces {
                    frame.put_u32(*piece);
                }
            }
            Self::Piece { piece, chunk } => {
                frame.reserve(6 + chunk.path.len() * 32 + chunk.data.len());
                frame.put_u8(133);
                frame.put_u32(*piece);
                // A path is never longer than MAX_PATH, and one that were would be refused by the other side.
                frame.put_u8(u8::try_from(chunk.path.len()).unwrap_or(u8::MAX));
                for hash in &chunk.path {
                    frame.put_slice(hash);
                }
                frame.put_slice(&chunk.data);
            }
            Self::Missing { piece } => {
                frame.put_u8(134);
                frame.put_u32(*piece);
            }
            Self::Pong => frame.put_u8(135),
        }
        frame.freeze()
    }

    pub fn decode(frame: Bytes) -> Result<Self, BadFrame> {
        if frame.len() > MAX_ANSWER_BYTES {
            return bad("it is longer than an answer may be");
        }
        let mut fields = Fields(frame);
        let message = match fields.u8()? {
            129 => Self::Welcome { have: fields.rest() },
            130 => Self::Refused,
            131 => Self::Busy,
            132 => {
                let count = fields.0.remaining() / 4;
                if count == 0 || count > MAX_HAVE {
                    return bad("it names no pieces, or too many");
                }
                let pieces = (0..count).map(|_| fields.u32()).collect::<Result<_, _>>()?;
                Self::Have { pieces }
            }
            133 => {
                let piece = fields.u32()?;
                let hashes = usize::from(fields.u8()?);
                if hashes > MAX_PATH {
                    return bad("its proof is longer than any can be");
                }
                let path = (0..hashes).map(|_| fields.hash()).collect::<Result<_, _>>()?;
                let data = fields.rest();
                if data.len() > CHUNK_BYTES {
                    return bad("its piece is larger than any can be");
                }
                Self::Piece { piece, chunk: Chunk { data: data.into(), path } }
            }
            134 => Self::Missing { piece: fields.u32()? },
            135 => Self::Pong,
            _ => return bad("it is no answer"),
        };
        fields.end(message)
    }
}

/// Frames of at most so many bytes.
pub fn codec(max: usize) -> tokio_util::codec::LengthDelimitedCodec {
    tokio_util::codec::LengthDelimitedCodec::builder().max_frame_length(max).new_codec()
}
