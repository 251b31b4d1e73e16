/// Which of a number of chunks are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bitmap {
    len: u32,
    bytes: Vec<u8>,
}

impl Bitmap {
    /// None of `len`.
    pub fn none(len: u32) -> Self {
        Self { len, bytes: vec![0; len.div_ceil(8) as usize] }
    }

    /// All of `len`.
    pub fn all(len: u32) -> Self {
        let mut all = Self::none(len);
        for index in 0..len {
            all.set(index);
        }
        all
    }

    /// As [`Bitmap::as_bytes`] gave it: the exact length, and no bit set beyond it.
    pub fn from_bytes(len: u32, bytes: &[u8]) -> Option<Self> {
        let map = Self { len, bytes: bytes.to_vec() };
        let spare = (8 - len % 8) % 8;
        let padding = bytes.last().is_none_or(|last| last.leading_zeros() >= spare);
        (bytes.len() == len.div_ceil(8) as usize && padding).then_some(map)
    }

    /// Eight a byte, the first in the lowest bit.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// False beyond the end.
    pub fn get(&self, index: u32) -> bool {
        index < self.len && self.bytes[(index / 8) as usize] & (1 << (index % 8)) != 0
    }

    /// Whether it was not set before. Beyond the end nothing happens.
    pub fn set(&mut self, index: u32) -> bool {
        let news = index < self.len && !self.get(index);
        if news {
            self.bytes[(index / 8) as usize] |= 1 << (index % 8);
        }
        news
    }

    pub fn clear(&mut self, index: u32) {
        if index < self.len {
            self.bytes[(index / 8) as usize] &= !(1 << (index % 8));
        }
    }

    pub fn count(&self) -> u32 {
        self.bytes.iter().map(|byte| byte.count_ones()).sum()
    }

    pub fn is_full(&self) -> bool {
        self.count() == self.len
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len).filter(|index| self.get(*index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_the_wrong_length_or_with_bits_beyond_the_end_are_refused() {
        assert!(Bitmap::from_bytes(9, &[0xff, 0x01]).is_some_and(|map| map.is_full()));
        assert_eq!(Bitmap::from_bytes(9, &[0xff, 0x02]), None);
        assert_eq!(Bitmap::from_bytes(9, &[0xff]), None);
        assert_eq!(Bitmap::from_bytes(8, &[0xff, 0x00]), None);
        assert_eq!(Bitmap::from_bytes(0, &[]), Some(Bitmap::none(0)));
    }

    #[test]
    fn setting_tells_news_and_nothing_happens_beyond_the_end() {
        let mut map = Bitmap::none(10);
        assert!(map.set(9));
        assert!(!map.set(9));
        assert!(!map.set(10));
        assert_eq!((map.count(), map.iter().collect::<Vec<_>>()), (1, vec![9]));
        map.clear(9);
        assert!(map.is_empty() && !map.is_full());
        assert!(Bitmap::all(10).is_full());
    }
}
