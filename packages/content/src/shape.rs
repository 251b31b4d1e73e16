use crate::{CHUNK_BYTES, MAX_CONTENT_BYTES};

/// The form of the tree over content of one size, and where its hashes lie in a file: level by level from the
/// leaves, each level from the left. A node without a right neighbour stands on the next level as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    size: u64,
    /// Hashes on each level; the last level has one.
    widths: Vec<u32>,
}

impl Shape {
    /// None when it is larger than content may be.
    pub fn of(size: u64) -> Option<Self> {
        if size > MAX_CONTENT_BYTES {
            return None;
        }
        let chunks = u32::try_from(size.div_ceil(CHUNK_BYTES as u64).max(1)).ok()?;
        let mut widths = vec![chunks];
        let mut width = chunks;
        while width > 1 {
            width = width.div_ceil(2);
            widths.push(width);
        }
        Some(Self { size, widths })
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn chunks(&self) -> u32 {
        self.widths[0]
    }

    /// Bytes of a chunk; none beyond the last.
    pub fn chunk_len(&self, index: u32) -> Option<usize> {
        if index >= self.chunks() {
            return None;
        }
        let rest = self.size - self.offset(index);
        Some(rest.min(CHUNK_BYTES as u64) as usize)
    }

    /// Where a chunk starts.
    pub fn offset(&self, index: u32) -> u64 {
        u64::from(index) * CHUNK_BYTES as u64
    }

    pub fn levels(&self) -> &[u32] {
        &self.widths
    }

    /// The position among all hashes of number `index` on a level.
    pub fn position(&self, level: usize, index: u32) -> u64 {
        self.widths[..level].iter().map(|width| u64::from(*width)).sum::<u64>() + u64::from(index)
    }

    /// All hashes of the tree.
    pub fn hashes(&self) -> u64 {
        self.widths.iter().map(|width| u64::from(*width)).sum()
    }

    /// The way of a chunk to the top: at each level the node, and its neighbour when it has one.
    pub fn way(&self, index: u32) -> impl Iterator<Item = Step> + '_ {
        let below = self.widths.len() - 1;
        self.widths[..below].iter().enumerate().map(move |(level, width)| {
            let at = index >> level;
            Step { level, at, beside: Some(at ^ 1).filter(|beside| beside < width) }
        })
    }
}

/// One level of a chunk's way to the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub level: usize,
    pub at: u32,
    pub beside: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_PATH;

    #[test]
    fn the_longest_way_is_that_of_the_largest_content() {
        let largest = Shape::of(MAX_CONTENT_BYTES).unwrap();
        assert_eq!(largest.way(0).count(), MAX_PATH);
        assert_eq!(Shape::of(MAX_CONTENT_BYTES + 1), None);
    }

    #[test]
    fn empty_content_is_one_empty_chunk() {
        let shape = Shape::of(0).unwrap();
        assert_eq!((shape.chunks(), shape.chunk_len(0), shape.chunk_len(1)), (1, Some(0), None));
        assert_eq!(shape.way(0).count(), 0);
    }

    #[test]
    fn only_the_last_chunk_is_shorter() {
        let shape = Shape::of(2 * CHUNK_BYTES as u64 + 1).unwrap();
        let lengths: Vec<_> = (0..4).map(|index| shape.chunk_len(index)).collect();
        assert_eq!(lengths, [Some(CHUNK_BYTES), Some(CHUNK_BYTES), Some(1), None]);
        assert_eq!(shape.levels(), [3, 2, 1]);
        assert_eq!((shape.position(1, 1), shape.hashes()), (4, 6));
    }
}
