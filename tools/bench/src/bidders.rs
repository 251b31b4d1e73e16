//! Many providers, to fill a book with: real accounts with real roots, made anew from their number.

use anyhow::anyhow;
use chain_client::{KeyError, Signer};
use cosmrs::crypto::secp256k1::SigningKey;
use futures::future::BoxFuture;
use futures::FutureExt;
use sha2::{Digest, Sha256};

/// One of them. Everybody knows its key.
pub struct Bidder {
    key: SigningKey,
    address: String,
}

impl Bidder {
    pub fn new(index: u32) -> anyhow::Result<Self> {
        let seed = Sha256::digest(format!("akash bench bidder {index}"));
        let key = SigningKey::from_slice(&seed).map_err(|e| anyhow!("bidder {index}: {e}"))?;
        let address = key.public_key().account_id("wasm").map_err(|e| anyhow!("bidder {index}: {e}"))?;
        Ok(Self { key, address: address.to_string() })
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Signer for Bidder {
    fn address(&self) -> &str {
        &self.address
    }

    fn public_key(&self) -> Vec<u8> {
        self.key.public_key().to_bytes()
    }

    fn sign<'a>(&'a self, bytes: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        let signature = self.key.sign(bytes).map_err(|e| KeyError::Sign(e.to_string()));
        async move { Ok(signature?.to_bytes().to_vec()) }.boxed()
    }
}
