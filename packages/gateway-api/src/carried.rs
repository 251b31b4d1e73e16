//! What a manifest carries, on its way from the tenant to a provider.

use content::{Bitmap, Chunk, ContentId, ContentRef, CHUNK_BYTES, MAX_PATH};
use cosmwasm_std::HexBinary;
use serde::{Deserialize, Serialize};

/// Chunks that one request brings at most.
pub const MAX_CHUNKS_PER_REQUEST: usize = 16;
/// The longest frame of a [`ChunkFrame`], in bytes.
pub const MAX_CHUNK_FRAME_BYTES: usize = FRAME_HEAD + MAX_PATH * 32 + CHUNK_BYTES;
pub const CHUNKS_CONTENT_TYPE: &str = "application/octet-stream";
/// Length, index, and hashes of the proof.
const FRAME_HEAD: usize = 4 + 4 + 1;

/// Everything that a lease's manifest carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    pub contents: Vec<ContentStatus>,
}

/// One content as far as it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentStatus {
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// Whether a service of this lease waits for it; otherwise it is kept for the deployment's other providers.
    pub needed: bool,
    /// Chunks that are here and proved.
    pub done: u32,
    pub total: u32,
}

impl std::fmt::Display for ContentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.id.get(..12).unwrap_or(&self.id);
        write!(f, "content {short} ({} bytes): {} of {} chunks are here", self.size, self.done, self.total)
    }
}

/// Answer about one content, and to chunks of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentHave {
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// The chunks that are here: 8 a byte, the first in the lowest bit.
    pub have: HexBinary,
}

impl ContentHave {
    pub fn new(content: ContentRef, have: &Bitmap) -> Self {
        Self { id: content.id.to_string(), size: content.size, have: have.as_bytes().to_vec().into() }
    }

    /// None when the answer does not fit the content that was asked about.
    pub fn bitmap(&self, content: ContentRef) -> Option<Bitmap> {
        let about =
            self.id.parse::<ContentId>().is_ok_and(|id| id == content.id) && self.size == content.size;
        Bitmap::from_bytes(content.shape()?.chunks(), &self.have).filter(|_| about)
    }
}

/// A chunk with its proof, as a request's body has it one after the other. Numbers are big endian:
///
/// | bytes | meaning |
/// | --- | --- |
/// | 4 | bytes of all that follows |
/// | 4 | the chunk's index |
/// | 1 | hashes of the proof |
/// | 32 each | the hashes beside the chunk's way to the top, from below |
/// | the rest | the chunk |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkFrame {
    pub index: u32,
    pub chunk: Chunk,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("chunks cannot be read: {0}")]
pub struct BadChunks(pub &'static str);

impl ChunkFrame {
    /// Appends the frame.
    pub fn encode(&self, to: &mut Vec<u8>) {
        let Chunk { data, path } = &self.chunk;
        // A chunk that proves itself is within both limits.
        let (hashes, len) = (path.len().min(MAX_PATH), 5 + path.len().min(MAX_PATH) * 32 + data.len());
        to.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
        to.extend_from_slice(&self.index.to_be_bytes());
        to.push(u8::try_from(hashes).unwrap_or(u8::MAX));
        path.iter().take(hashes).for_each(|hash| to.extend_from_slice(hash));
        to.extend_from_slice(data);
    }

    /// The first frame of what has arrived, with the bytes that it took; none while more of it is to come. Never
    /// asks for more than [`MAX_CHUNK_FRAME_BYTES`].
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, BadChunks> {
        let too_short = || BadChunks("a frame is too short");
        let Some(len) = bytes.first_chunk::<4>() else { return Ok(None) };
        let end = usize::try_from(u32::from_be_bytes(*len)).ok().and_then(|len| len.checked_add(4));
        let end = end.filter(|end| *end <= MAX_CHUNK_FRAME_BYTES).ok_or(BadChunks("a frame is too long"))?;
        if end < FRAME_HEAD {
            return Err(too_short());
        }
        let Some(frame) = bytes.get(4..end) else { return Ok(None) };
        let (index, rest) = frame.split_first_chunk::<4>().ok_or_else(too_short)?;
        let (hashes, mut rest) = rest.split_first().ok_or_else(too_short)?;
        if usize::from(*hashes) > MAX_PATH {
            return Err(BadChunks("a proof is too long"));
        }
        let mut path = Vec::with_capacity(usize::from(*hashes));
        for _ in 0..*hashes {
            let (hash, after) = rest.split_first_chunk::<32>().ok_or_else(too_short)?;
            path.push(*hash);
            rest = after;
        }
        let chunk = Chunk { data: rest.to_vec(), path };
        Ok(Some((Self { index: u32::from_be_bytes(*index), chunk }, end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(path: usize, data: usize) -> ChunkFrame {
        ChunkFrame { index: 7, chunk: Chunk { data: vec![1; data], path: vec![[2; 32]; path] } }
    }

    #[test]
    fn frames_survive_the_wire_in_any_pieces() {
        for sent in [frame(0, 0), frame(3, 5), frame(MAX_PATH, CHUNK_BYTES)] {
            let mut bytes = Vec::new();
            sent.encode(&mut bytes);
            assert_eq!(ChunkFrame::decode(&bytes).unwrap(), Some((sent.clone(), bytes.len())));
            for cut in [0, 3, 4, 8, bytes.len() - 1] {
                assert_eq!(ChunkFrame::decode(&bytes[..cut.min(bytes.len() - 1)]), Ok(None), "{cut}");
            }
        }
    }

    #[test]
    fn frames_beyond_the_limits_are_refused_before_they_have_come() {
        assert!(ChunkFrame::decode(&u32::MAX.to_be_bytes()).is_err());
        assert!(ChunkFrame::decode(&4u32.to_be_bytes()).is_err());
        let proof_of_17 = [0, 0, 0, 5, 0, 0, 0, 0, 17];
        assert!(ChunkFrame::decode(&proof_of_17).is_err());
        let hash_missing = [0, 0, 0, 5, 0, 0, 0, 0, 1];
        assert!(ChunkFrame::decode(&hash_missing).is_err());
    }

    #[test]
    fn an_answer_about_other_content_is_not_taken() {
        let content = ContentRef { id: ContentId([1; 32]), size: 9 * CHUNK_BYTES as u64 };
        let have = ContentHave::new(content, &Bitmap::all(9));
        assert_eq!(have.bitmap(content), Some(Bitmap::all(9)));
        assert_eq!(have.bitmap(ContentRef { id: ContentId([2; 32]), ..content }), None);
        assert_eq!(have.bitmap(ContentRef { size: 1, ..content }), None);
    }
}
