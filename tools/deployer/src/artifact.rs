//! The contracts' Wasm as scripts/build-wasm leaves it.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::DeployError;

/// A contract of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    Staking,
    Registry,
    Market,
    Governance,
}

impl Contract {
    /// Those that the file asks for, in the order in which they need each other.
    pub fn of(config: &Config) -> Vec<Self> {
        let governance = config.governance.as_ref().map(|_| Contract::Governance);
        [Contract::Staking, Contract::Registry, Contract::Market].into_iter().chain(governance).collect()
    }

    /// Its name in the address book.
    pub fn name(self) -> &'static str {
        match self {
            Contract::Staking => chain_client::address_book::STAKING,
            Contract::Registry => chain_client::address_book::REGISTRY,
            Contract::Market => chain_client::address_book::MARKET,
            Contract::Governance => chain_client::address_book::GOVERNANCE,
        }
    }

    fn file(self) -> &'static str {
        match self {
            Contract::Staking => "staking.wasm",
            Contract::Registry => "provider_registry.wasm",
            Contract::Market => "market.wasm",
            Contract::Governance => "governance.wasm",
        }
    }
}

pub struct Artifact {
    pub contract: Contract,
    pub wasm: Vec<u8>,
    /// Hex.
    pub sha256: String,
}

impl Artifact {
    pub fn read_all(folder: &Path, contracts: &[Contract]) -> Result<Vec<Self>, DeployError> {
        contracts.iter().map(|contract| Self::read(folder, *contract)).collect()
    }

    fn read(folder: &Path, contract: Contract) -> Result<Self, DeployError> {
        let path = folder.join(contract.file());
        let missing = |cause: String| DeployError::Artifact { path: path.display().to_string(), cause };
        let wasm = std::fs::read(&path).map_err(|e| missing(e.to_string()))?;
        if !wasm.starts_with(b"\0asm") {
            return Err(missing("it is no Wasm".to_owned()));
        }
        let sha256 = hex::encode(Sha256::digest(&wasm));
        Ok(Self { contract, wasm, sha256 })
    }
}
