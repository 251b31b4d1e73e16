use std::collections::BTreeMap;

use market_api::OrderSpec;

use crate::error::Errors;
use crate::model::Manifest;

/// A valid file.
#[derive(Clone, Debug)]
pub struct Sdl {
    manifest: Manifest,
}

/// What an SDL does not say and an order needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Seconds that the price pays for.
    pub term: u64,
    /// Seconds that the orders take bids.
    pub bid_window: u64,
    /// Whether the next bid is matched when a winner declines or stays silent.
    pub fallback: bool,
    /// The chain's denom for each denom of the language, such as `uakt` to `uakash`.
    pub denom_map: BTreeMap<String, String>,
    /// Stake that a provider must have, in the base denom of staking.
    pub min_stake: u128,
}

/// Reads a file of the manifest language and reports all its mistakes at once. `file_name` is for the messages only.
pub fn parse(file_name: &str, source: &[u8]) -> Result<Sdl, Errors> {
    let _ = (file_name, source);
    Err(Errors(Vec::new()))
}

impl Sdl {
    /// The canonical manifest.
    pub fn manifest(&self) -> Manifest {
        self.manifest.clone()
    }

    /// One order for each placement group, in the order of the groups. Errors name the keys that cannot be sold on
    /// these terms.
    pub fn orders(&self, terms: &Terms) -> Result<Vec<OrderSpec>, Errors> {
        let _ = terms;
        Err(Errors(Vec::new()))
    }
}
