//! Before a transaction: what waits is simulated, and what fails is isolated.

use cosmrs::Any;

use super::{Actor, Id, Ready, MAX_BATCH_BYTES};
use crate::tx::build::{simulate_any, Unsimulated};

/// A message whose group failed to simulate this often is simulated alone.
const MAX_SUSPICION: u32 = 2;

impl Actor {
    pub(super) fn start_simulations(&mut self) {
        while self.simulating.len() < self.config.simulate_concurrency.max(1) {
            let ids = self.next_group();
            if ids.is_empty() {
                return;
            }
            let messages: Vec<Any> = self.messages(&ids);
            let (client, signer, sequence) =
                (self.client.clone(), self.signer.clone(), self.sequence.clone());
            let denom = self.config.gas_price.denom.clone();
            self.simulating.push(Box::pin(async move {
                (ids, simulate_any(&client, signer.as_ref(), &sequence, &denom, messages).await)
            }));
        }
    }

    /// What waits and may be simulated in one go. Whoever is suspected too often, or goes alone, is alone here too.
    pub(super) fn next_group(&mut self) -> Vec<Id> {
        let mut group = Vec::new();
        let mut bytes = 0usize;
        while let Some(id) = self.waiting.front().copied() {
            let Some(item) = self.items.get(&id).filter(|item| item.messages.is_some()) else {
                self.waiting.pop_front();
                continue;
            };
            let single = item.alone || item.suspected >= MAX_SUSPICION;
            bytes = bytes.saturating_add(item.bytes());
            let most = self.config.simulate_group.min(self.config.max_batch_messages);
            if !group.is_empty() && (single || group.len() >= most || bytes > MAX_BATCH_BYTES) {
                break;
            }
            group.push(id);
            self.waiting.pop_front();
            if single {
                break;
            }
        }
        group
    }

    pub(super) fn messages(&self, ids: &[Id]) -> Vec<Any> {
        ids.iter()
            .filter_map(|id| self.items.get(id))
            .flat_map(|item| item.messages.iter().flatten())
            .cloned()
            .collect()
    }

    pub(super) fn simulated(&mut self, ids: Vec<Id>, result: Result<u64, Unsimulated>) {
        match result {
            Ok(gas) if ids.len() == 1 || gas <= self.config.max_batch_gas => {
                self.ready.push_back(Ready { ids, gas });
            }
            // Too much for one transaction.
            Ok(_) => self.suspect(&ids, None),
            Err(Unsimulated::Fails(_, culprit)) if ids.len() > 1 => self.suspect(&ids, culprit),
            Err(unsimulated) => self.refuse(&ids, unsimulated.into()),
        }
    }

    /// A group does not pass: the culprit is simulated alone next, the others together once more, then each alone.
    pub(super) fn suspect(&mut self, ids: &[Id], culprit: Option<usize>) {
        let mut first = 0;
        for id in ids {
            let Some(item) = self.items.get_mut(id) else { continue };
            let count = item.messages.as_ref().map_or(1, Vec::len);
            let found = culprit.is_none_or(|index| (first..first + count).contains(&index));
            item.suspected = if found { MAX_SUSPICION } else { item.suspected + 1 };
            first += count;
        }
        for id in ids.iter().rev() {
            self.waiting.push_front(*id);
        }
    }
}
