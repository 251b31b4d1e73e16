//! The keys of a home: one file each, encrypted with a passphrase or readable by its owner only.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chain_client::keys::{generate_mnemonic, KeyInfo};
use chain_client::{KeyError, KeyFile, LocalKey, Passphrase};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::error::{io_error, CliError, Result};
use crate::home::{make_dir, Home};

/// The key's name when none is given anywhere.
pub const DEFAULT_KEY: &str = "default";
const PASSPHRASE: &str = "AKASH_PASSPHRASE";
const PASSPHRASE_FILE: &str = "AKASH_PASSPHRASE_FILE";

/// Where the file of a key is.
pub fn path(home: &Home, name: &str) -> Result<PathBuf> {
    let fine = !name.is_empty()
        && name.len() <= 63
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
        && !name.starts_with('-');
    if !fine {
        return Err(CliError::bad_input(format!("{name:?} cannot be a key's name"))
            .hint("use 1 to 63 lower-case letters, digits, - and _"));
    }
    Ok(home.keys_dir().join(format!("{name}.json")))
}

/// What a key's file says without its passphrase.
pub fn inspect(home: &Home, name: &str) -> Result<KeyInfo> {
    let path = path(home, name)?;
    KeyFile::inspect(&path).map_err(|error| match error {
        KeyError::Missing { .. } => {
            CliError::not_found(format!("there is no key {name:?} in {}", home.dir().display())).hint(
                "make one with akash init or akash keys add NAME; akash keys list shows those that are there",
            )
        }
        other => other.into(),
    })
}

/// Opens a key, asking for its passphrase where that is needed.
pub fn open(home: &Home, name: &str) -> Result<LocalKey> {
    inspect(home, name)?;
    Ok(KeyFile::load(&path(home, name)?, &passphrase())?)
}

/// All keys, by name.
pub fn list(home: &Home) -> Result<Vec<(String, Result<KeyInfo>)>> {
    let dir = home.keys_dir();
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("read", &dir, &error)),
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".json").map(str::to_owned))
        .filter(|name| path(home, name).is_ok())
        .collect();
    names.sort();
    Ok(names.into_iter().map(|name| (name.clone(), inspect(home, &name))).collect())
}

/// A key that was just made.
pub struct Created {
    pub key: LocalKey,
    pub encrypted: bool,
    /// The recovery phrase, when it is a new one and must be shown.
    pub mnemonic: Option<SecretString>,
}

/// Makes a key, or brings one back from the recovery phrase on standard input.
pub fn create(home: &Home, name: &str, prefix: &str, recover: bool, no_passphrase: bool) -> Result<Created> {
    let path = path(home, name)?;
    if path.exists() {
        return Err(CliError::bad_input(format!("there is a key {name:?} already: {}", path.display()))
            .hint("choose another name; nothing was overwritten"));
    }
    let mnemonic = if recover { read_mnemonic()? } else { generate_mnemonic()? };
    // A phrase that is wrong is told before a passphrase is asked for.
    LocalKey::from_mnemonic(&mnemonic, prefix)?;
    let passphrase = if no_passphrase { None } else { new_passphrase()? };
    make_dir(&home.keys_dir())?;
    let key = KeyFile::create(&path, &mnemonic, prefix, passphrase.as_ref())?;
    if passphrase.is_none() {
        eprintln!(
            "warning: {} holds the recovery phrase in clear; only your user can read it. Set AKASH_PASSPHRASE or answer the prompt to encrypt a key.",
            path.display()
        );
    }
    Ok(Created { key, encrypted: passphrase.is_some(), mnemonic: (!recover).then_some(mnemonic) })
}

/// The recovery phrase of a key.
pub fn export(home: &Home, name: &str) -> Result<SecretString> {
    let info = inspect(home, name)?;
    let path = path(home, name)?;
    // Checks permissions, passphrase and that phrase and address belong together.
    KeyFile::load(&path, &passphrase())?;
    let damaged = |why: String| CliError::failure(format!("{} is damaged: {why}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| io_error("read", &path, &error))?;
    let file: Stored = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    match (file.mnemonic, file.encrypted_mnemonic) {
        (Some(words), None) if !info.encrypted => Ok(words),
        (None, Some(armoured)) => decrypt(&armoured, &passphrase().reveal(&path)?).map_err(damaged),
        _ => Err(damaged("no recovery phrase in it".to_owned())),
    }
}

/// The part of a key file that export reads.
#[derive(serde::Deserialize)]
struct Stored {
    mnemonic: Option<SecretString>,
    encrypted_mnemonic: Option<String>,
}

fn decrypt(armoured: &str, passphrase: &SecretString) -> Result<SecretString, String> {
    let reader = age::armor::ArmoredReader::new(armoured.as_bytes());
    let decryptor = age::Decryptor::new(reader).map_err(|error| error.to_string())?;
    let identity = age::scrypt::Identity::new(passphrase.expose_secret().to_owned().into());
    let mut plain = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| error.to_string())?;
    let mut words = Zeroizing::new(String::new());
    plain.read_to_string(&mut words).map_err(|error| error.to_string())?;
    Ok(SecretString::from(words.as_str().to_owned()))
}

fn passphrase() -> Passphrase {
    if is_set(PASSPHRASE) {
        return Passphrase::Environment(PASSPHRASE.to_owned());
    }
    if let Some(file) = std::env::var_os(PASSPHRASE_FILE).filter(|value| !value.is_empty()) {
        return Passphrase::File(file.into());
    }
    if !std::io::stdin().is_terminal() {
        return Passphrase::None { hint: format!("set {PASSPHRASE} or {PASSPHRASE_FILE}") };
    }
    Passphrase::Prompt(Arc::new(|file: &Path| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let unusable = |cause: std::io::Error| KeyError::NoPassphrase {
            path: file.display().to_string(),
            hint: format!("the prompt failed: {cause}"),
        };
        rpassword::prompt_password(format!("passphrase of key {name}: "))
            .map(SecretString::from)
            .map_err(unusable)
    }))
}

/// The passphrase for a new key; none when nobody can be asked or nothing was answered.
fn new_passphrase() -> Result<Option<SecretString>> {
    match passphrase() {
        Passphrase::None { .. } => Ok(None),
        Passphrase::Prompt(_) => {
            let failed = |error: std::io::Error| CliError::failure(format!("the prompt failed: {error}"));
            let first = rpassword::prompt_password("passphrase for the new key (empty for none): ")
                .map_err(failed)?;
            if first.is_empty() {
                return Ok(None);
            }
            let again = rpassword::prompt_password("once more: ").map_err(failed)?;
            if first != again {
                return Err(
                    CliError::bad_input("the two passphrases differ").hint("try again; nothing was written")
                );
            }
            Ok(Some(SecretString::from(first)))
        }
        given => Ok(Some(given.reveal(Path::new("the new key"))?)),
    }
}

fn read_mnemonic() -> Result<SecretString> {
    let failed =
        |error: std::io::Error| CliError::failure(format!("the recovery phrase could not be read: {error}"));
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("recovery phrase: ").map(SecretString::from).map_err(failed);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    if line.trim().is_empty() {
        return Err(CliError::bad_input("no recovery phrase on standard input")
            .hint("pipe the words in on one line: akash init --recover < words"));
    }
    Ok(SecretString::from(line))
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Shows a secret; the only place where one leaves the process.
pub fn reveal(secret: &SecretString) -> &str {
    secret.expose_secret().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_the_directory_of_keys() {
        let home = Home::resolve(Some(Path::new("/h"))).unwrap();
        assert_eq!(path(&home, "a-b_1").unwrap(), Path::new("/h/keys/a-b_1.json"));
        for name in ["", ".", "..", "a/b", "A", "-a", "a b", "ä", &"a".repeat(64)] {
            assert!(path(&home, name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_missing_key_says_how_to_make_one() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(dir.path())).unwrap();
        assert!(list(&home).unwrap().is_empty());
        let error = inspect(&home, "default").unwrap_err();
        assert_eq!(error.kind, crate::error::Kind::NotFound);
        assert!(error.hint.unwrap().contains("akash init"));
    }
}
