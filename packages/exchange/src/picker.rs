//! Which piece to ask of whom: of those that the fewest peers have one, by chance among equals, so that many who
//! fetch the same take different pieces first and then have something for each other.

use std::collections::{BTreeMap, BTreeSet};

use content::Bitmap;
use rand::seq::SliceRandom;
use rand::Rng;

/// Peers that a piece is asked of at once when nothing else is left to ask for, so that a slow peer does not hold up
/// the end.
const ASKED_AT_ONCE: usize = 2;

/// A connection; never used twice.
pub type PeerKey = u64;

pub struct Picker {
    missing: Bitmap,
    peers: BTreeMap<PeerKey, Peer>,
    /// Connected peers that have each piece.
    holders: Vec<u32>,
    /// Pieces under way and how many peers they are asked of.
    asked: BTreeMap<u32, usize>,
}

struct Peer {
    has: Bitmap,
    asked: BTreeSet<u32>,
}

impl Picker {
    /// `have` is here already.
    pub fn new(have: &Bitmap) -> Self {
        let mut missing = Bitmap::all(have.len());
        for piece in have.iter() {
            missing.clear(piece);
        }
        Self {
            holders: vec![0; have.len() as usize],
            missing,
            peers: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    pub fn is_done(&self) -> bool {
        self.missing.is_empty()
    }

    pub fn missing(&self) -> u32 {
        self.missing.count()
    }

    pub fn joined(&mut self, peer: PeerKey, has: Bitmap) {
        self.left(peer);
        for piece in has.iter() {
            self.holders[piece as usize] += 1;
        }
        self.peers.insert(peer, Peer { has, asked: BTreeSet::new() });
    }

    pub fn left(&mut self, peer: PeerKey) {
        let Some(gone) = self.peers.remove(&peer) else { return };
        for piece in gone.has.iter() {
            self.holders[piece as usize] -= 1;
        }
        for piece in gone.asked {
            self.answered(piece);
        }
    }

    /// The peer has got these pieces. False when one of them is none of the item.
    pub fn has(&mut self, peer: PeerKey, pieces: &[u32]) -> bool {
        let Some(peer) = self.peers.get_mut(&peer) else { return true };
        for piece in pieces {
            if *piece >= peer.has.len() {
                return false;
            }
            if peer.has.set(*piece) {
                self.holders[*piece as usize] += 1;
            }
        }
        true
    }

    /// The peer does not have this piece any more.
    pub fn lacks(&mut self, peer: PeerKey, piece: u32) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        if known.has.get(piece) {
            known.has.clear(piece);
            self.holders[piece as usize] -= 1;
        }
        if known.asked.remove(&piece) {
            self.answered(piece);
        }
    }

    /// The piece is here, from this peer.
    pub fn got(&mut self, peer: PeerKey, piece: u32) {
        self.missing.clear(piece);
        if self.peers.get_mut(&peer).is_some_and(|peer| peer.asked.remove(&piece)) {
            self.answered(piece);
        }
    }

    /// What to ask of this peer now, so that at most `pipeline` pieces are under way from it.
    pub fn pick(&mut self, peer: PeerKey, pipeline: usize, rng: &mut impl Rng) -> Vec<u32> {
        let Some(known) = self.peers.get_mut(&peer) else { return Vec::new() };
        let room = pipeline.saturating_sub(known.asked.len());
        if room == 0 {
            return Vec::new();
        }
        let useful = |piece: &u32| known.has.get(*piece) && !known.asked.contains(piece);
        let mut candidates: Vec<u32> =
            self.missing.iter().filter(|piece| useful(piece) && !self.asked.contains_key(piece)).collect();
        if candidates.is_empty() {
            // Only pieces that others were asked for are left.
            candidates = self
                .asked
                .iter()
                .filter(|(piece, askers)| **askers < ASKED_AT_ONCE && self.missing.get(**piece))
                .map(|(piece, _)| *piece)
                .filter(|piece| useful(piece))
                .collect();
        }
        candidates.shuffle(rng);
        candidates.sort_by_key(|piece| self.holders[*piece as usize]);
        candidates.truncate(room);
        for piece in &candidates {
            known.asked.insert(*piece);
            *self.asked.entry(*piece).or_default() += 1;
        }
        candidates
    }

    fn answered(&mut self, piece: u32) {
        if let Some(askers) = self.asked.get_mut(&piece) {
            *askers -= 1;
            if *askers == 0 {
                self.asked.remove(&piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::SeedableRng;

    fn some(len: u32, pieces: &[u32]) -> Bitmap {
        let mut map = Bitmap::none(len);
        for piece in pieces {
            map.set(*piece);
        }
        map
    }

    #[test]
    fn the_rarest_comes_first() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut picker = Picker::new(&Bitmap::none(4));
        picker.joined(1, Bitmap::all(4));
        picker.joined(2, some(4, &[0, 1, 2]));
        picker.joined(3, some(4, &[0, 1]));
        assert_eq!(picker.pick(1, 2, &mut rng), [3, 2]);
    }

    #[test]
    fn a_piece_is_asked_of_a_second_peer_only_when_nothing_else_is_left() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut picker = Picker::new(&Bitmap::none(2));
        for peer in 1..=4 {
            picker.joined(peer, Bitmap::all(2));
        }
        let first = picker.pick(1, 1, &mut rng)[0];
        assert_eq!(picker.pick(2, 1, &mut rng), [1 - first]);
        assert_eq!(picker.pick(3, 9, &mut rng).len(), 2);
        assert!(picker.pick(4, 9, &mut rng).is_empty(), "two at once are enough");
        picker.left(1);
        assert_eq!(picker.pick(4, 9, &mut rng), [first], "what a lost peer was asked is asked of another");
    }

    #[test]
    fn a_piece_beyond_the_end_is_a_lie() {
        let mut picker = Picker::new(&Bitmap::none(2));
        picker.joined(1, Bitmap::none(2));
        assert!(picker.has(1, &[0, 1]));
        assert!(!picker.has(1, &[2]));
    }

    #[derive(Clone, Debug)]
    enum Op {
        Join(PeerKey, Vec<u32>),
        Leave(PeerKey),
        Has(PeerKey, u32),
        Lacks(PeerKey, u32),
        Got(PeerKey, u32),
        Pick(PeerKey),
    }

    const PIECES: u32 = 12;

    fn op() -> impl Strategy<Value = Op> {
        let peer = 1u64..5;
        let piece = 0..PIECES;
        prop_oneof![
            (peer.clone(), prop::collection::vec(piece.clone(), 0..12)).prop_map(|(p, has)| Op::Join(p, has)),
            peer.clone().prop_map(Op::Leave),
            (peer.clone(), piece.clone()).prop_map(|(p, i)| Op::Has(p, i)),
            (peer.clone(), piece.clone()).prop_map(|(p, i)| Op::Lacks(p, i)),
            (peer.clone(), piece).prop_map(|(p, i)| Op::Got(p, i)),
            peer.prop_map(Op::Pick),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_happens_the_counts_are_right_and_a_whole_peer_finishes_it(
            ops in prop::collection::vec(op(), 0..80), seed in any::<u64>()
        ) {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut picker = Picker::new(&Bitmap::none(PIECES));
            for op in ops {
                match op {
                    Op::Join(peer, has) => picker.joined(peer, some(PIECES, &has)),
                    Op::Leave(peer) => picker.left(peer),
                    Op::Has(peer, piece) => prop_assert!(picker.has(peer, &[piece])),
                    Op::Lacks(peer, piece) => picker.lacks(peer, piece),
                    Op::Got(peer, piece) => picker.got(peer, piece),
                    Op::Pick(peer) => {
                        let picked = picker.pick(peer, 3, &mut rng);
                        for piece in &picked {
                            prop_assert!(picker.missing.get(*piece) && picker.peers[&peer].has.get(*piece));
                        }
                        prop_assert!(picker.peers.get(&peer).is_none_or(|known| known.asked.len() <= 3));
                    }
                }
                for piece in 0..PIECES {
                    let holders = picker.peers.values().filter(|peer| peer.has.get(piece)).count();
                    let askers = picker.peers.values().filter(|peer| peer.asked.contains(&piece)).count();
                    prop_assert_eq!(picker.holders[piece as usize] as usize, holders);
                    prop_assert_eq!(picker.asked.get(&piece).copied().unwrap_or_default(), askers);
                    prop_assert!(askers <= ASKED_AT_ONCE);
                }
            }
            for peer in 1..5 {
                picker.left(peer);
            }
            picker.joined(9, Bitmap::all(PIECES));
            while !picker.is_done() {
                let picked = picker.pick(9, 3, &mut rng);
                prop_assert!(!picked.is_empty());
                for piece in picked {
                    picker.got(9, piece);
                }
            }
        }
    }
}
