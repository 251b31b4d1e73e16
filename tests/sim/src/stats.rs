//! What a run tried: how often each message was accepted and refused, and which edges between states were taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// By kind of message: accepted, refused.
    pub messages: BTreeMap<String, (u64, u64)>,
    pub edges: BTreeMap<String, u64>,
    /// Why the model said no, by kind of message.
    #[serde(skip)]
    pub reasons: BTreeMap<(String, &'static str), u64>,
    pub operations: u64,
    pub drains: u64,
}

impl Stats {
    pub fn note(&mut self, kind: String, accepted: bool) {
        let entry = self.messages.entry(kind).or_default();
        if accepted {
            entry.0 += 1;
        } else {
            entry.1 += 1;
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (kind, (accepted, refused)) in &other.messages {
            let entry = self.messages.entry(kind.clone()).or_default();
            entry.0 += accepted;
            entry.1 += refused;
        }
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
        for (edge, count) in &other.edges {
            *self.edges.entry(edge.clone()).or_default() += count;
        }
        self.operations += other.operations;
        self.drains += other.drains;
    }

    /// Messages that were accepted or refused in fewer than one of a hundred attempts.
    pub fn one_sided(&self) -> Vec<String> {
        let lopsided = |(accepted, refused): &(u64, u64)| accepted.min(refused) * 100 < accepted + refused;
        let found = self.messages.iter().filter(|(_, counts)| lopsided(counts));
        found
            .map(|(kind, (accepted, refused))| format!("{kind}: {accepted} accepted, {refused} refused"))
            .collect()
    }

    /// Every reason for which something was refused.
    pub fn reasons(&self) -> String {
        let lines = self.reasons.iter().map(|((kind, no), count)| format!("  {kind:<34} {count:>8} {no}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    pub fn table(&self) -> String {
        let messages = self.messages.iter().map(|(kind, (accepted, refused))| {
            format!("  {kind:<34} {accepted:>8} accepted {refused:>8} refused")
        });
        let edges = self.edges.iter().map(|(edge, count)| format!("  {edge:<34} {count:>8}"));
        messages.chain(edges).collect::<Vec<_>>().join("\n")
    }
}
