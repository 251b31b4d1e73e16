//! The gas of each message against what it was when the baseline was written.
//!
//! The same seeds make the same transactions, and gas is counted, not measured: on every machine it is the same number.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::twin::Gas;

/// A message may cost this much more than in the baseline before somebody has to say that it is meant.
const TOLERANCE_PERCENT: u64 = 5;

#[derive(Serialize, Deserialize)]
pub struct Baseline {
    seeds: u64,
    operations: usize,
    /// Average of what was accepted, by `contract.message`.
    gas: BTreeMap<String, u64>,
}

impl Baseline {
    pub fn of(seeds: u64, operations: usize, used: &BTreeMap<String, Gas>) -> Self {
        let gas = used.iter().map(|(kind, gas)| (kind.clone(), gas.sum / gas.count.max(1))).collect();
        Self { seeds, operations, gas }
    }

    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))
    }

    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(file, text).with_context(|| format!("{}", file.display()))
    }

    /// What is dearer than it was, and what was not measured in one of the two.
    pub fn against(&self, now: &Self) -> Vec<String> {
        if (self.seeds, self.operations) != (now.seeds, now.operations) {
            return vec![format!(
                "the baseline is of {} seeds with {} operations each, this run of {} with {}",
                self.seeds, self.operations, now.seeds, now.operations
            )];
        }
        let mut complaints = Vec::new();
        for (kind, before) in &self.gas {
            match now.gas.get(kind) {
                None => complaints.push(format!("{kind} was {before} and is not accepted any more")),
                Some(after) if after * 100 > before * (100 + TOLERANCE_PERCENT) => {
                    complaints.push(format!(
                        "{kind} was {before} and is {after}, more than {TOLERANCE_PERCENT} % above"
                    ));
                }
                Some(_) => {}
            }
        }
        for kind in now.gas.keys().filter(|kind| !self.gas.contains_key(*kind)) {
            complaints.push(format!("{kind} is not in the baseline"));
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(gas: &[(&str, u64)]) -> Baseline {
        let gas = gas.iter().map(|(kind, gas)| ((*kind).to_owned(), *gas)).collect();
        Baseline { seeds: 3, operations: 100, gas }
    }

    #[test]
    fn a_twentieth_more_is_let_pass_and_more_is_named() {
        let before = baseline(&[("market.match", 1_000), ("market.bid", 1_000)]);
        assert!(before.against(&baseline(&[("market.match", 1_050), ("market.bid", 10)])).is_empty());
        let complaints = before.against(&baseline(&[("market.match", 1_051), ("market.bid", 1_000)]));
        assert_eq!(complaints, ["market.match was 1000 and is 1051, more than 5 % above"]);
    }

    #[test]
    fn a_message_that_is_gone_or_new_is_named() {
        let complaints = baseline(&[("a.old", 1)]).against(&baseline(&[("a.new", 1)]));
        assert_eq!(complaints, ["a.old was 1 and is not accepted any more", "a.new is not in the baseline"]);
    }

    #[test]
    fn other_operations_are_no_comparison() {
        let other = Baseline { seeds: 4, ..baseline(&[]) };
        assert_eq!(baseline(&[]).against(&other).len(), 1);
    }
}
