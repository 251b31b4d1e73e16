//! Where the suite lives on one chain: written by the deployer, read by everything else.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{BookError, GasPrice};

/// The environment variable that names the address book when nothing else does.
pub const ENVIRONMENT: &str = "AKASH_ADDRESS_BOOK";
/// The version of the file's layout.
pub const SCHEMA: u32 = 1;
pub const MARKET: &str = "market";
pub const STAKING: &str = "staking";
pub const REGISTRY: &str = "registry";
/// Absent where the suite is administered by accounts.
pub const GOVERNANCE: &str = "governance";

/// One chain's deployment of the suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressBook {
    /// [`SCHEMA`].
    pub schema: u32,
    pub chain_id: String,
    /// Base URLs of CometBFT RPC endpoints, the preferred one first.
    pub rpc: Vec<String>,
    pub bech32_prefix: String,
    pub gas_price: GasPrice,
    /// The denom that manifests name to the denom on this chain, such as `uakt` to `uakash`.
    pub sdl_denoms: BTreeMap<String, String>,
    /// The commit that the contracts were built from.
    pub commit: String,
    /// By the names [`MARKET`], [`STAKING`], [`REGISTRY`] and [`GOVERNANCE`].
    pub contracts: BTreeMap<String, ContractEntry>,
    /// Hashes of the other transactions, by step: `wire`, `hand over`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transactions: BTreeMap<String, String>,
    /// RFC 3339.
    pub deployed_at: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractEntry {
    pub address: String,
    /// Of the code that it runs now.
    pub code_id: u64,
    /// Of that code's Wasm before gzip, in hex.
    pub sha256: String,
    /// As the contract says of itself by cw2; empty in books that were written without.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// The transaction that stored the first code.
    pub store_tx: String,
    pub instantiate_tx: String,
    /// To newer code since then, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<Migration>,
}

/// A contract's change to newer code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    pub code_id: u64,
    /// Of the Wasm before gzip, in hex.
    pub sha256: String,
    /// The commit that the code was built from.
    pub commit: String,
    /// The transaction that stored the code; empty when it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub store_tx: String,
    /// The transaction that migrated the contract.
    pub tx: String,
    /// The height of that transaction.
    pub height: u64,
}

impl AddressBook {
    /// The file to use: the explicit path, else what [`ENVIRONMENT`] names.
    pub fn locate(explicit: Option<&Path>) -> Result<PathBuf, BookError> {
        match explicit {
            Some(path) => Ok(path.to_owned()),
            None => std::env::var_os(ENVIRONMENT)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
                .ok_or(BookError::NotNamed),
        }
    }

    /// Locates and loads.
    pub fn discover(explicit: Option<&Path>) -> Result<Self, BookError> {
        Self::load(&Self::locate(explicit)?)
    }

    pub fn load(path: &Path) -> Result<Self, BookError> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| BookError::Unreadable { path: shown.clone(), cause: e.to_string() })?;
        let book: Self = serde_json::from_str(&text)
            .map_err(|e| BookError::Invalid { path: shown.clone(), cause: e.to_string() })?;
        book.check().map_err(|cause| BookError::Invalid { path: shown, cause })?;
        Ok(book)
    }

    /// Writes the whole file or leaves the old one.
    pub fn save(&self, path: &Path) -> Result<(), BookError> {
        let unwritable = |cause: String| BookError::Unwritable { path: path.display().to_string(), cause };
        self.check().map_err(unwritable)?;
        let mut text = serde_json::to_string_pretty(self).map_err(|e| unwritable(e.to_string()))?;
        text.push('\n');
        write_atomically(path, text.as_bytes(), None).map_err(|e| unwritable(e.to_string()))
    }

    /// Address of a contract by its name in the book.
    pub fn address(&self, name: &str) -> Result<&str, BookError> {
        self.contracts.get(name).map(|entry| entry.address.as_str()).ok_or_else(|| BookError::NoContract {
            name: name.to_owned(),
            has: self.contracts.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }

    fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema is {}, this program reads {SCHEMA}", self.schema));
        }
        if self.chain_id.is_empty() {
            return Err("chain_id is empty".to_owned());
        }
        if self.rpc.is_empty() {
            return Err("rpc names no endpoint".to_owned());
        }
        if self.bech32_prefix.is_empty() {
            return Err("bech32_prefix is empty".to_owned());
        }
        Ok(())
    }
}

/// Beside the target, flushed to disk, then renamed over it; the directory is created. `mode` is the file's
/// permission bits where the system has such.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], mode: Option<u32>) -> std::io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&directory)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = directory.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_new(&temporary, bytes, mode).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(error) = written {
        // The old file stands; a half-written neighbour only confuses.
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    // The rename is durable once the directory is.
    std::fs::File::open(&directory)?.sync_all()
}

fn write_new(path: &Path, bytes: &[u8], mode: Option<u32>) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(mode.unwrap_or(0o644));
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
