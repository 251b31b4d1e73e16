use serde::Deserialize;

use crate::{Event, RawEvent};

/// What a node says of itself.
#[derive(Clone, Debug)]
pub struct Status {
    pub chain_id: String,
    pub height: u64,
    /// Of the newest block, in seconds since the epoch.
    pub time: u64,
    pub catching_up: bool,
    /// The oldest block that the node still has.
    pub earliest_height: u64,
    /// The endpoint that answered.
    pub endpoint: String,
}

/// A committed block and what contracts emitted in it.
#[derive(Clone, Debug)]
pub struct Block {
    pub height: u64,
    /// Seconds since the epoch.
    pub time: u64,
    /// Hex, upper case.
    pub hash: String,
    /// Of contracts, in order: begin of block, transactions that succeeded, end of block.
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub number: u64,
    pub sequence: u64,
}

/// What the chain itself keeps of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractOnChain {
    pub code_id: u64,
    /// Who may migrate it and name another admin; nobody when absent.
    pub admin: Option<String>,
    pub label: String,
    /// As the contract says of itself by cw2; none when it says nothing that can be read.
    pub version: Option<ContractVersion>,
}

/// cw2: which contract the code is, and in which version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ContractVersion {
    pub contract: String,
    pub version: String,
}

/// Stored code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// SHA-256 of the Wasm as the chain has it recorded, in hex.
    pub sha256: String,
    /// SHA-256 of the Wasm that the node handed out, in hex.
    pub sha256_of_bytes: String,
}

/// A transaction that was included.
#[derive(Clone, Debug)]
pub struct TxResult {
    /// Hex, upper case.
    pub hash: String,
    pub height: u64,
    /// 0 when it took effect.
    pub code: u32,
    pub codespace: String,
    /// The error's text; empty when it took effect.
    pub log: String,
    pub gas_wanted: u64,
    pub gas_used: u64,
    /// Of contracts. From the queue only those of the caller's own message.
    pub events: Vec<Event>,
    pub raw_events: Vec<RawEvent>,
}

impl TxResult {
    /// The code id that a `StoreCode` got.
    pub fn code_id(&self) -> Option<u64> {
        self.raw("store_code", "code_id")?.parse().ok()
    }

    /// The address that an `Instantiate` got.
    pub fn contract_address(&self) -> Option<&str> {
        self.raw("instantiate", "_contract_address")
    }

    /// Code ids that came with it, with the SHA-256 of their Wasm in hex.
    pub fn stored_codes(&self) -> Vec<(u64, &str)> {
        self.raw_events
            .iter()
            .filter(|event| event.kind == "store_code")
            .filter_map(|event| Some((event.get("code_id")?.parse().ok()?, event.get("code_checksum")?)))
            .collect()
    }

    /// Contracts that it migrated, by address, with the code id that each got.
    pub fn migrations(&self) -> Vec<(&str, u64)> {
        self.raw_events
            .iter()
            .filter(|event| event.kind == "migrate")
            .filter_map(|event| Some((event.get("_contract_address")?, event.get("code_id")?.parse().ok()?)))
            .collect()
    }

    /// The first contract event of this kind.
    pub fn event(&self, kind: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.kind == kind)
    }

    fn raw(&self, kind: &str, key: &str) -> Option<&str> {
        self.raw_events.iter().filter(|event| event.kind == kind).find_map(|event| event.get(key))
    }
}
