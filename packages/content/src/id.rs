use std::fmt;
use std::str::FromStr;

use crate::{Hash, Shape};

/// Names content by its size and bytes, written as 64 characters of lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub Hash);

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
        let bytes = hex::decode(text).ok().and_then(|bytes| Hash::try_from(bytes).ok());
        bytes
            .filter(|_| lower)
            .map(Self)
            .ok_or_else(|| format!("content id {text:?}: expected 64 characters of lower-case hex"))
    }
}

/// An id with the size that it names, which whoever wants the content has to know beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentRef {
    pub id: ContentId,
    /// Bytes.
    pub size: u64,
}

impl ContentRef {
    /// None when it is larger than content may be.
    pub fn shape(&self) -> Option<Shape> {
        Shape::of(self.size)
    }
}
