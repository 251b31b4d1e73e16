//! Keys that sign transactions. Nothing in here prints a secret, and secrets are wiped when dropped.

mod file;

use bip39::Mnemonic;
use cosmrs::bip32;
use cosmrs::crypto::secp256k1::SigningKey;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

pub use file::{KeyFile, KeyInfo, Passphrase};

/// Where Cosmos wallets keep the first key of a mnemonic.
pub const DERIVATION_PATH: &str = "m/44'/118'/0'/0/0";

#[derive(Error, Debug)]
pub enum KeyError {
    #[error("the mnemonic is not valid: {0}; it has 12 to 24 words of the English BIP-39 list")]
    Mnemonic(String),
    #[error("{0:?} is not a bech32 prefix: use lower-case letters such as wasm or akash")]
    Prefix(String),
    #[error("key file {path} does not exist; make a key with `akash keys add` or name another file")]
    Missing { path: String },
    #[error("key file {path} exists already; nothing was overwritten: name another file or move it away")]
    Exists { path: String },
    #[error("key file {path} cannot be used: {cause}")]
    File { path: String, cause: String },
    #[error("key file {path} can be read by others (mode {mode:03o}): run `chmod 600 {path}`")]
    Permissions { path: String, mode: u32 },
    #[error("key file {path} is encrypted and no passphrase was given: {hint}")]
    NoPassphrase { path: String, hint: String },
    #[error("the passphrase does not open key file {path}")]
    WrongPassphrase { path: String },
    #[error("key derivation failed: {0}")]
    Derivation(String),
    #[error("signing failed: {0}")]
    Sign(String),
}

/// Signs for one account. A local key today; a remote signer fits the same trait.
pub trait Signer: Send + Sync {
    /// Bech32.
    fn address(&self) -> &str;
    /// Compressed secp256k1.
    fn public_key(&self) -> Vec<u8>;
    /// Signs the SHA-256 of these bytes; answers with the 64 bytes `r || s`, low `s`.
    fn sign<'a>(&'a self, bytes: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>>;
}

/// A key in this process.
pub struct LocalKey {
    // k256 wipes the scalar when it is dropped.
    key: SigningKey,
    address: String,
}

impl std::fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalKey").field("address", &self.address).field("key", &"..").finish()
    }
}

impl std::fmt::Display for LocalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

impl LocalKey {
    /// The key of an English BIP-39 mnemonic under [`DERIVATION_PATH`].
    pub fn from_mnemonic(mnemonic: &SecretString, prefix: &str) -> Result<Self, KeyError> {
        let words = Mnemonic::parse_in(bip39::Language::English, mnemonic.expose_secret().trim())
            .map_err(|e| KeyError::Mnemonic(e.to_string()))?;
        let seed = Zeroizing::new(words.to_seed(""));
        let path: bip32::DerivationPath =
            DERIVATION_PATH.parse().map_err(|e: bip32::Error| KeyError::Derivation(e.to_string()))?;
        let key = SigningKey::derive_from_path(seed.as_slice(), &path)
            .map_err(|e| KeyError::Derivation(e.to_string()))?;
        if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_lowercase()) {
            return Err(KeyError::Prefix(prefix.to_owned()));
        }
        let address =
            key.public_key().account_id(prefix).map_err(|_| KeyError::Prefix(prefix.to_owned()))?.to_string();
        Ok(Self { key, address })
    }
}

/// A new mnemonic of 24 words. Show it once, store it in a [`KeyFile`].
pub fn generate_mnemonic() -> Result<SecretString, KeyError> {
    let mnemonic =
        Mnemonic::generate(bip39::WordCount::Words24).map_err(|e| KeyError::Mnemonic(e.to_string()))?;
    Ok(SecretString::from(mnemonic.to_string()))
}

impl Signer for LocalKey {
    fn address(&self) -> &str {
        &self.address
    }

    fn public_key(&self) -> Vec<u8> {
        self.key.public_key().to_bytes()
    }

    fn sign<'a>(&'a self, bytes: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        let signed = self.key.sign(bytes).map(|s| s.to_vec()).map_err(|e| KeyError::Sign(e.to_string()));
        Box::pin(std::future::ready(signed))
    }
}
