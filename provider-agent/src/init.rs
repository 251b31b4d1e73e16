//! `provider-agent init`: a configuration that says where everything is, and the operator's key.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chain_client::{keys, AddressBook, KeyFile, Passphrase, Signer};

use crate::config::{template, Config};

/// What `init` is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub dir: PathBuf,
    pub address_book: PathBuf,
    /// The provider's owner, when it is known already.
    pub owner: String,
    /// File with the passphrase to encrypt the key with; in clear with mode 0600 when absent.
    pub passphrase_file: Option<PathBuf>,
    /// A key file that exists already, instead of a new one.
    pub operator_key: Option<PathBuf>,
    /// The directory of the owner's root, when it exists already.
    pub root: Option<PathBuf>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub config: PathBuf,
    pub operator_key: PathBuf,
    pub operator: String,
    pub root: PathBuf,
    pub encrypted: bool,
}

/// Writes the configuration and the key. Neither is ever overwritten.
pub fn init(options: &Options) -> anyhow::Result<Made> {
    let book = AddressBook::load(&options.address_book)?;
    let dir = std::path::absolute(&options.dir)?;
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let config_path = dir.join("provider.toml");
    anyhow::ensure!(
        !config_path.exists(),
        "{} exists already; nothing was changed: edit it, or choose another --dir",
        config_path.display()
    );
    let operator_key = match &options.operator_key {
        Some(path) => std::path::absolute(path)?,
        None => dir.join("operator.key"),
    };
    let passphrase_file = options.passphrase_file.as_deref().map(std::path::absolute).transpose()?;
    let operator = if options.operator_key.is_some() || operator_key.exists() {
        KeyFile::inspect(&operator_key)?.address
    } else {
        let passphrase = match &passphrase_file {
            Some(path) => Some(Passphrase::File(path.clone()).reveal(&operator_key)?),
            None => None,
        };
        let mnemonic = keys::generate_mnemonic()?;
        KeyFile::create(&operator_key, &mnemonic, &book.bech32_prefix, passphrase.as_ref())?.address().to_owned()
    };
    let mut config = Config { data_dir: dir.join("data"), ..Config::default() };
    config.chain.address_book = std::path::absolute(&options.address_book)?;
    config.provider.owner = options.owner.clone();
    config.provider.operator_key = operator_key.clone();
    config.provider.passphrase_file = passphrase_file.clone().unwrap_or_default();
    config.provider.root = match &options.root {
        Some(root) => std::path::absolute(root)?,
        None => dir.join("root"),
    };
    config.pricing.denom = book.gas_price.denom.clone();
    write_new(&config_path, template(&config).as_bytes())?;
    Ok(Made {
        config: config_path,
        operator_key,
        operator,
        root: config.provider.root,
        encrypted: passphrase_file.is_some(),
    })
}

fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}
