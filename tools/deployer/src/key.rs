//! The deploying account's key.

use std::path::Path;

use chain_client::{KeyFile, LocalKey, Passphrase};
use secrecy::SecretString;

use crate::config::Config;
use crate::DeployError;

pub fn load(config: &Config) -> Result<LocalKey, DeployError> {
    let key = &config.key;
    let prefix = &config.chain.bech32_prefix;
    if let Some(path) = &key.key_file {
        let passphrase = match (&key.passphrase_env, &key.passphrase_file) {
            (Some(variable), _) => Passphrase::Environment(variable.clone()),
            (None, Some(file)) => Passphrase::File(file.clone()),
            (None, None) => Passphrase::None {
                hint: "set key.passphrase_env or key.passphrase_file in the deployment's file".to_owned(),
            },
        };
        return Ok(KeyFile::load(path, &passphrase)?);
    }
    let words = match (&key.mnemonic_file, &key.mnemonic_env) {
        (Some(path), _) => read(path)?,
        (None, Some(variable)) => {
            std::env::var(variable).map_err(|_| DeployError::NoVariable(variable.clone()))?
        }
        (None, None) => return Err(DeployError::NoVariable("key.mnemonic_env".to_owned())),
    };
    Ok(LocalKey::from_mnemonic(&SecretString::from(words), prefix)?)
}

fn read(path: &Path) -> Result<String, DeployError> {
    std::fs::read_to_string(path)
        .map_err(|e| DeployError::MnemonicFile { path: path.display().to_string(), cause: e.to_string() })
}
