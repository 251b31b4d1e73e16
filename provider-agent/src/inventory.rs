//! What there is to sell and what of it is promised.

use market_api::Group;
use serde::{Deserialize, Serialize};

/// Amounts of everything that is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Millicores.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub storage: u64,
    /// Published ports.
    pub endpoints: u64,
}

impl Amounts {
    /// What a group takes with all its replicas; none when it is too much to count.
    pub fn of(group: &Group) -> Option<Self> {
        let mut total = Self::default();
        for resources in &group.resources {
            let storage =
                resources.storage.iter().try_fold(0u64, |sum, volume| sum.checked_add(volume.size))?;
            let one = Self {
                cpu: resources.cpu,
                memory: resources.memory,
                storage,
                endpoints: u64::from(resources.endpoints),
            };
            total = total.checked_add(&one.checked_mul(u64::from(resources.count))?)?;
        }
        Some(total)
    }

    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        Some(Self {
            cpu: self.cpu.checked_add(other.cpu)?,
            memory: self.memory.checked_add(other.memory)?,
            storage: self.storage.checked_add(other.storage)?,
            endpoints: self.endpoints.checked_add(other.endpoints)?,
        })
    }

    fn checked_mul(&self, times: u64) -> Option<Self> {
        Some(Self {
            cpu: self.cpu.checked_mul(times)?,
            memory: self.memory.checked_mul(times)?,
            storage: self.storage.checked_mul(times)?,
            endpoints: self.endpoints.checked_mul(times)?,
        })
    }

    /// What is left; zero where more is taken than there is.
    pub fn less(&self, taken: &Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(taken.cpu),
            memory: self.memory.saturating_sub(taken.memory),
            storage: self.storage.saturating_sub(taken.storage),
            endpoints: self.endpoints.saturating_sub(taken.endpoints),
        }
    }

    /// The first kind of which more is needed than is here, with what is needed and what is here.
    pub fn lacks(&self, need: &Self) -> Option<(&'static str, u64, u64)> {
        [
            ("cpu (millicores)", need.cpu, self.cpu),
            ("memory (bytes)", need.memory, self.memory),
            ("storage (bytes)", need.storage, self.storage),
            ("published ports", need.endpoints, self.endpoints),
        ]
        .into_iter()
        .find(|(_, need, has)| need > has)
    }
}

/// Sum of many; counts that leave the range stay at its end, which refuses rather than oversells.
pub fn sum<'a>(all: impl Iterator<Item = &'a Amounts>) -> Amounts {
    all.fold(Amounts::default(), |sum, one| Amounts {
        cpu: sum.cpu.saturating_add(one.cpu),
        memory: sum.memory.saturating_add(one.memory),
        storage: sum.storage.saturating_add(one.storage),
        endpoints: sum.endpoints.saturating_add(one.endpoints),
    })
}
