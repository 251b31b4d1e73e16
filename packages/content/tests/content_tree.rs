//! Trees against a plain recursive definition, and proofs against every change.

use content::{hash_leaf, hash_node, id_of, verify, Chunk, ContentRef, Hash, Store, CHUNK_BYTES};
use proptest::prelude::*;

/// The tree as RFC 6962 defines it.
fn top(leaves: &[Hash]) -> Hash {
    match leaves {
        [one] => *one,
        many => {
            let split = (many.len() - 1).next_power_of_two().max(1);
            let split = if split >= many.len() { split / 2 } else { split };
            hash_node(&top(&many[..split]), &top(&many[split..]))
        }
    }
}

fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let split = (leaves.len() - 1).next_power_of_two();
    let split = if split >= leaves.len() { split / 2 } else { split };
    let (left, right) = leaves.split_at(split);
    let (mut below, beside) =
        if index < split { (path(left, index), top(right)) } else { (path(right, index - split), top(left)) };
    below.push(beside);
    below
}

/// Content whose chunks differ, cheap to make.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at / CHUNK_BYTES * 31 + at + 1) as u8).collect()
}

fn leaves(data: &[u8]) -> Vec<Hash> {
    if data.is_empty() {
        return vec![hash_leaf(data)];
    }
    data.chunks(CHUNK_BYTES).map(hash_leaf).collect()
}

/// Sizes around the edges of chunks.
fn size() -> impl Strategy<Value = usize> {
    (0usize..9, -2i64..3).prop_map(|(chunks, off)| (chunks as i64 * CHUNK_BYTES as i64 + off).max(0) as usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_builds_the_tree_of_the_definition(size in size()) {
        let data = bytes(size);
        let leaves = leaves(&data);
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let content = store.import(&mut &data[..]).unwrap();
        prop_assert_eq!(content, ContentRef { id: id_of(size as u64, &top(&leaves)), size: size as u64 });
        let entry = store.get(content).unwrap().unwrap();
        for index in 0..leaves.len() {
            let chunk = entry.chunk(index as u32).unwrap().unwrap();
            prop_assert_eq!(&chunk.path, &path(&leaves, index));
            prop_assert!(verify(&content, index as u32, &chunk.data, &chunk.path));
        }
        prop_assert_eq!(std::fs::read(entry.file().unwrap()).unwrap(), data);
    }

    #[test]
    fn a_changed_chunk_proof_place_or_size_is_refused(size in size(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let data = bytes(size.max(1));
        let leaves = leaves(&data);
        let content = ContentRef { id: id_of(data.len() as u64, &top(&leaves)), size: data.len() as u64 };
        let index = at.index(leaves.len());
        let chunk: Vec<u8> = data.chunks(CHUNK_BYTES).nth(index).unwrap().to_vec();
        let proof = path(&leaves, index);
        prop_assert!(verify(&content, index as u32, &chunk, &proof));

        let mut spoilt = chunk.clone();
        spoilt[at.index(chunk.len())] ^= 1 << bit;
        prop_assert!(!verify(&content, index as u32, &spoilt, &proof));
        prop_assert!(!verify(&content, index as u32, &chunk[..chunk.len() - 1], &proof));
        for other in (0..leaves.len() + 2).filter(|other| *other != index) {
            // The same bytes may stand in two places only with the same proof, which these do not.
            prop_assert!(!verify(&content, other as u32, &chunk, &proof));
        }
        for level in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[level][at.index(32)] ^= 1 << bit;
            prop_assert!(!verify(&content, index as u32, &chunk, &wrong));
        }
        let mut longer = proof.clone();
        longer.push([0; 32]);
        prop_assert!(!verify(&content, index as u32, &chunk, &longer));
        if !proof.is_empty() {
            prop_assert!(!verify(&content, index as u32, &chunk, &proof[1..]));
        }
        for size in [content.size - 1, content.size + 1, content.size * 2, content.size + CHUNK_BYTES as u64] {
            let other = ContentRef { size, ..content };
            prop_assert!(!verify(&other, index as u32, &chunk, &proof));
        }
    }

    #[test]
    fn chunks_in_any_order_make_the_content(size in size(), seed in any::<u64>()) {
        // Empty content is whole at once: its one chunk is empty.
        let data = bytes(size.max(1));
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = Store::open(from.path()).unwrap();
        let content = source.import(&mut &data[..]).unwrap();
        let source = source.get(content).unwrap().unwrap();
        let store = Store::open(to.path()).unwrap();
        let target = store.begin(content).unwrap();
        let mut order: Vec<u32> = (0..content.shape().unwrap().chunks()).collect();
        order.sort_by_key(|index| (u64::from(*index) + 1).wrapping_mul(seed | 1));
        for index in order {
            prop_assert!(target.file().is_none());
            let chunk: Chunk = source.chunk(index).unwrap().unwrap();
            prop_assert!(target.put(index, &chunk).unwrap());
            prop_assert!(!target.put(index, &chunk).unwrap(), "the second time it is not new");
            // What is here is given on, with its proof, while the rest is missing.
            prop_assert_eq!(target.chunk(index).unwrap(), Some(chunk));
        }
        prop_assert_eq!(std::fs::read(target.file().unwrap()).unwrap(), data);
    }
}
