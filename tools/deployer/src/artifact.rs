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

    /// By its name in the address book.
    pub fn named(name: &str) -> Option<Self> {
        [Contract::Staking, Contract::Registry, Contract::Market, Contract::Governance]
            .into_iter()
            .find(|contract| contract.name() == name)
    }

    /// What it calls itself by cw2.
    pub fn cw2_name(self) -> &'static str {
        match self {
            Contract::Staking => "cloud-market:staking",
            Contract::Registry => "cloud-market:provider-registry",
            Contract::Market => "cloud-market:market",
            Contract::Governance => "cloud-market:governance",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_known_by_the_names_that_they_give_themselves() {
        for (contract, name) in [
            (Contract::Staking, staking::contract::CONTRACT_NAME),
            (Contract::Registry, provider_registry::contract::CONTRACT_NAME),
            (Contract::Market, market::contract::CONTRACT_NAME),
            (Contract::Governance, governance::contract::CONTRACT_NAME),
        ] {
            assert_eq!(contract.cw2_name(), name);
            assert_eq!(Contract::named(contract.name()), Some(contract));
        }
        assert_eq!(Contract::named("other"), None);
    }
}
