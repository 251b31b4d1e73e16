//! The order in which Akash's SDK sorts what it hashes.

use std::cmp::Ordering;

/// Compares attribute keys as the SDK does: by the root collation of Unicode, in which punctuation comes before
/// digits, digits before letters, and punctuation in an order of its own.
pub(crate) fn collated(left: &str, right: &str) -> Ordering {
    let weights = |text: &str| text.bytes().map(weight).collect::<Vec<_>>();
    weights(left).cmp(&weights(right))
}

/// For the bytes that [`crate::rules::attribute_key`] lets through.
fn weight(byte: u8) -> u8 {
    match byte {
        b'_' => 0,
        b'-' => 1,
        b'.' => 2,
        b'*' => 3,
        b'/' => 4,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_as_by_the_root_collation() {
        let sorted = ["0", "9", "a", "a_b", "a-b", "a.b", "a*b", "a/b", "a0", "ab", "z"];
        let mut keys = sorted;
        keys.reverse();
        keys.sort_by(|left, right| collated(left, right));
        assert_eq!(keys, sorted);
    }
}
