use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, LocalKey, Signer};
use crate::address_book::write_atomically;

/// The version of the file's layout.
const SCHEMA: u32 = 1;
/// A file of another is refused before anybody reads the mnemonic out of it.
const OWNER_ONLY: u32 = 0o600;
/// Never spend more than about a minute on a file that somebody else may have made: 2^20 is what age itself writes on
/// a fast machine.
const MAX_WORK_FACTOR: u8 = 22;

type Prompt = Arc<dyn Fn(&Path) -> Result<SecretString, KeyError> + Send + Sync>;

/// Where the passphrase of an encrypted key file comes from.
#[derive(Clone)]
pub enum Passphrase {
    /// None is at hand: an encrypted file is refused with this hint on how to give one.
    None {
        hint: String,
    },
    Given(SecretString),
    /// The value of an environment variable.
    Environment(String),
    /// The first line of a file.
    File(PathBuf),
    /// Asks somebody; called only when the file is encrypted.
    Prompt(Prompt),
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Passphrase::None { .. } => f.write_str("Passphrase::None"),
            Passphrase::Given(_) => f.write_str("Passphrase::Given(..)"),
            Passphrase::Environment(name) => write!(f, "Passphrase::Environment({name})"),
            Passphrase::File(path) => write!(f, "Passphrase::File({})", path.display()),
            Passphrase::Prompt(_) => f.write_str("Passphrase::Prompt"),
        }
    }
}

impl Passphrase {
    /// For the passphrase of this key file.
    pub fn reveal(&self, key_file: &Path) -> Result<SecretString, KeyError> {
        let missing = |hint: String| KeyError::NoPassphrase { path: key_file.display().to_string(), hint };
        match self {
            Passphrase::None { hint } => Err(missing(hint.clone())),
            Passphrase::Given(secret) => Ok(secret.clone()),
            Passphrase::Environment(name) => std::env::var(name)
                .ok()
                .filter(|value| !value.is_empty())
                .map(SecretString::from)
                .ok_or_else(|| missing(format!("set {name}"))),
            Passphrase::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map(Zeroizing::new)
                    .map_err(|e| missing(format!("passphrase file {}: {e}", path.display())))?;
                match text.lines().next().filter(|line| !line.is_empty()) {
                    Some(line) => Ok(SecretString::from(line.to_owned())),
                    None => Err(missing(format!("passphrase file {} is empty", path.display()))),
                }
            }
            Passphrase::Prompt(ask) => ask(key_file),
        }
    }
}

/// What a key file tells without its passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub address: String,
    pub encrypted: bool,
}

/// One key on disk: JSON with mode 0600, its mnemonic in clear or encrypted with a passphrase (age, scrypt).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    schema: u32,
    /// In clear, so that a wallet's address can be shown without its passphrase; checked against the key on load.
    address: String,
    bech32_prefix: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mnemonic: Option<String>,
    /// ASCII armour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    encrypted_mnemonic: Option<String>,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.mnemonic.zeroize();
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").field("address", &self.address).finish_non_exhaustive()
    }
}

impl KeyFile {
    /// Writes a new file and answers with its key. An existing file is never overwritten.
    pub fn create(
        path: &Path,
        mnemonic: &SecretString,
        prefix: &str,
        passphrase: Option<&SecretString>,
    ) -> Result<LocalKey, KeyError> {
        if path.exists() {
            return Err(KeyError::Exists { path: path.display().to_string() });
        }
        let unusable = |cause: String| KeyError::File { path: path.display().to_string(), cause };
        let key = LocalKey::from_mnemonic(mnemonic, prefix)?;
        let words = mnemonic.expose_secret().trim();
        let (mnemonic, encrypted_mnemonic) = match passphrase {
            None => (Some(words.to_owned()), None),
            Some(passphrase) => (None, Some(encrypt(words, passphrase).map_err(unusable)?)),
        };
        let file = Self {
            schema: SCHEMA,
            address: key.address().to_owned(),
            bech32_prefix: prefix.to_owned(),
            mnemonic,
            encrypted_mnemonic,
        };
        let text =
            serde_json::to_vec_pretty(&file).map(Zeroizing::new).map_err(|e| unusable(e.to_string()))?;
        write_atomically(path, &text, Some(OWNER_ONLY)).map_err(|e| unusable(e.to_string()))?;
        Ok(key)
    }

    /// Opens a file. One that others can read is refused; the passphrase is asked for only when it is encrypted.
    pub fn load(path: &Path, passphrase: &Passphrase) -> Result<LocalKey, KeyError> {
        let unusable = |cause: String| KeyError::File { path: path.display().to_string(), cause };
        let file = Self::read(path)?;
        let mnemonic = match (&file.mnemonic, &file.encrypted_mnemonic) {
            (Some(words), None) => SecretString::from(words.clone()),
            (None, Some(armoured)) => decrypt(path, armoured, &passphrase.reveal(path)?)?,
            _ => return Err(unusable("it needs exactly one of mnemonic and encrypted_mnemonic".to_owned())),
        };
        let key = LocalKey::from_mnemonic(&mnemonic, &file.bech32_prefix)?;
        if key.address() != file.address {
            return Err(unusable(format!(
                "it names {}, its mnemonic belongs to {}",
                file.address,
                key.address()
            )));
        }
        Ok(key)
    }

    /// Address and form, without the passphrase.
    pub fn inspect(path: &Path) -> Result<KeyInfo, KeyError> {
        let file = Self::read(path)?;
        Ok(KeyInfo { address: file.address.clone(), encrypted: file.encrypted_mnemonic.is_some() })
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let unusable = |cause: String| KeyError::File { path: shown.clone(), cause };
        let mut opened = std::fs::File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => KeyError::Missing { path: shown.clone() },
            _ => unusable(e.to_string()),
        })?;
        // Asked of the open file, so that nobody swaps it between the check and the read.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = opened.metadata().map_err(|e| unusable(e.to_string()))?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyError::Permissions { path: shown.clone(), mode });
            }
        }
        let mut text = Zeroizing::new(String::new());
        opened.read_to_string(&mut text).map_err(|e| unusable(e.to_string()))?;
        let file: Self = serde_json::from_str(&text)
            .map_err(|e| unusable(format!("not a key file: line {}, column {}", e.line(), e.column())))?;
        if file.schema != SCHEMA {
            return Err(unusable(format!("schema is {}, this program reads {SCHEMA}", file.schema)));
        }
        Ok(file)
    }
}

fn encrypt(words: &str, passphrase: &SecretString) -> Result<String, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let encryptor = age::Encryptor::with_user_passphrase(passphrase.expose_secret().to_owned().into());
    let mut armoured = Vec::new();
    let armour = ArmoredWriter::wrap_output(&mut armoured, Format::AsciiArmor).map_err(|e| text(&e))?;
    let mut writer = encryptor.wrap_output(armour).map_err(|e| text(&e))?;
    writer.write_all(words.as_bytes()).map_err(|e| text(&e))?;
    writer.finish().and_then(|armour| armour.finish()).map_err(|e| text(&e))?;
    String::from_utf8(armoured).map_err(|e| text(&e))
}

fn decrypt(path: &Path, armoured: &str, passphrase: &SecretString) -> Result<SecretString, KeyError> {
    let shown = path.display().to_string();
    let unusable = |cause: String| KeyError::File { path: shown.clone(), cause };
    let decryptor = age::Decryptor::new(ArmoredReader::new(armoured.as_bytes()))
        .map_err(|e| unusable(format!("its encrypted part is damaged: {e}")))?;
    let mut identity = age::scrypt::Identity::new(passphrase.expose_secret().to_owned().into());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut reader =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|e| match e {
            age::DecryptError::DecryptionFailed
            | age::DecryptError::NoMatchingKeys
            | age::DecryptError::KeyDecryptionFailed => KeyError::WrongPassphrase { path: shown.clone() },
            other => unusable(format!("its encrypted part cannot be opened: {other}")),
        })?;
    let mut words = Zeroizing::new(String::new());
    reader.read_to_string(&mut words).map_err(|e| unusable(format!("its encrypted part is damaged: {e}")))?;
    Ok(SecretString::from(words.as_str().to_owned()))
}
