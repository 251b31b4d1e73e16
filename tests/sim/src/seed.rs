//! One seed: as many numbers, the operations that they mean, and fewer of them when something fails.

use std::panic::{catch_unwind, AssertUnwindSafe};

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::stats::Stats;
use crate::world::play;

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// The operations of a seed, as numbers.
pub fn numbers(seed: u64, ops: usize) -> Vec<u64> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, rng(seed));
    vec(any::<u64>(), ops).new_tree(&mut runner).expect("numbers").current()
}

/// Plays one seed; a failure is cut down to the operations that it takes.
pub fn run(seed: u64, ops: usize, full_every: u64) -> Result<Stats, String> {
    let numbers = numbers(seed, ops);
    let failure = match attempt(&numbers, full_every) {
        Ok(stats) => return Ok(stats),
        Err(failure) => failure,
    };
    let (numbers, failure) = cut_down(numbers, failure);
    Err(format!("seed {seed}: {failure}\n  it takes the operations {numbers:?}"))
}

fn attempt(numbers: &[u64], full_every: u64) -> Result<Stats, String> {
    match catch_unwind(AssertUnwindSafe(|| play(numbers, full_every))) {
        Ok(played) => played.map(|(stats, _)| stats),
        Err(_) => Err("panicked, see above".into()),
    }
}

/// Leaves out ever smaller runs of operations as long as something still fails.
fn cut_down(mut numbers: Vec<u64>, mut failure: String) -> (Vec<u64>, String) {
    let mut attempts = 150;
    let mut size = numbers.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < numbers.len() && attempts > 0 {
            attempts -= 1;
            let end = (at + size).min(numbers.len());
            let fewer = [&numbers[..at], &numbers[end..]].concat();
            match attempt(&fewer, 1) {
                Err(still) => (numbers, failure) = (fewer, still),
                Ok(_) => at = end,
            }
        }
        size /= 2;
    }
    (numbers, failure)
}
