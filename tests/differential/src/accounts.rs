//! The accounts of the simulation, each with a key, so that a real chain takes what they send.

use std::collections::BTreeMap;

use anyhow::{anyhow, Context};
use cosmrs::crypto::secp256k1::SigningKey;
use cosmwasm_std::Addr;
use sha2::{Digest, Sha256};
use sim::world::Cast;

pub const PREFIX: &str = "wasm";

/// The key of an account, made of its name: nothing but these tests knows or needs it.
fn key(name: &str) -> SigningKey {
    let secret = Sha256::digest(format!("differential/{name}"));
    SigningKey::from_slice(&secret).expect("a digest is a secret key, but for one in 2^128")
}

/// The address that belongs to the key of that name.
pub fn address(name: &str) -> Addr {
    let id = key(name).public_key().account_id(PREFIX).expect("the prefix is one of bech32");
    Addr::unchecked(id.to_string())
}

/// Who can sign, by address.
pub struct Signers(BTreeMap<Addr, SigningKey>);

impl Signers {
    pub fn of(cast: &Cast) -> anyhow::Result<Self> {
        let mut names = vec!["owner".to_owned(), "treasury".to_owned(), "stranger".to_owned()];
        names.extend((0..cast.tenants.len()).map(|n| format!("tenant{n}")));
        for role in ["provider", "operator", "payout"] {
            names.extend((0..cast.providers.len()).map(|n| format!("{role}{n}")));
        }
        let keys: BTreeMap<_, _> = names.iter().map(|name| (address(name), key(name))).collect();
        match cast.everyone.iter().find(|account| !keys.contains_key(*account)) {
            Some(nameless) => Err(anyhow!("nobody knows the name of {nameless}, who plays")),
            None => Ok(Self(keys)),
        }
    }

    pub fn addresses(&self) -> impl Iterator<Item = &Addr> {
        self.0.keys()
    }

    pub fn key(&self, account: &Addr) -> anyhow::Result<&SigningKey> {
        self.0.get(account).with_context(|| format!("{account} has no key"))
    }
}
