//! `provider-agent init`: a configuration that says where everything is, the operator's key, and the owner's root.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use chain_client::{keys, AddressBook, KeyFile, Passphrase, Signer};
use identity::{Root, DEFAULT_ROOT_VALIDITY, ROOT_CERT_FILE};

use crate::config::{load_onto, template, Config};

/// What `init` is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the configuration goes; key, root and data lie beside it unless a key says otherwise.
    pub config: PathBuf,
    /// Keys that differ from their defaults.
    pub set: Vec<(String, String)>,
    /// Replace a configuration that exists. Keys and roots are never replaced.
    pub force: bool,
}

/// What is there now.
#[derive(Clone, Debug)]
pub struct Made {
    pub config: PathBuf,
    pub operator_key: PathBuf,
    pub operator: String,
    pub key_is_new: bool,
    pub encrypted: bool,
    /// The root's certificate, once there is one.
    pub root: Option<PathBuf>,
}

/// Writes the configuration, and the key and the root where there are none.
pub fn init(options: &Options) -> anyhow::Result<Made> {
    let path = std::path::absolute(&options.config)?;
    anyhow::ensure!(
        options.force || !path.exists(),
        "{} exists already; nothing was changed: edit it, name another file, or give --force",
        path.display()
    );
    let dir = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    let mut config = configuration(dir, &options.set)?;
    let book = AddressBook::load(&config.chain.address_book)?;
    if !options.set.iter().any(|(key, _)| key == "pricing.denom") {
        config.pricing.denom = book.gas_price.denom.clone();
    }

    let key = &config.provider.operator_key;
    let passphrase_file = Some(&config.provider.passphrase_file).filter(|file| !file.as_os_str().is_empty());
    let key_is_new = !key.exists();
    let (operator, encrypted) = if key_is_new {
        let passphrase = match passphrase_file {
            Some(file) => Some(Passphrase::File(file.clone()).reveal(key)?),
            None => None,
        };
        let mnemonic = keys::generate_mnemonic()?;
        let made = KeyFile::create(key, &mnemonic, &book.bech32_prefix, passphrase.as_ref())?;
        (made.address().to_owned(), passphrase.is_some())
    } else {
        let info = KeyFile::inspect(key)?;
        (info.address, info.encrypted)
    };

    let root = config.provider.root.join(ROOT_CERT_FILE);
    if !root.exists() && !config.provider.owner.is_empty() {
        // Made here, so that its key never travels; the owner publishes the certificate.
        Root::generate(&config.provider.owner, DEFAULT_ROOT_VALIDITY)?.save(&config.provider.root)?;
    }
    write(&path, template(&config).as_bytes(), options.force)?;
    Ok(Made {
        config: path,
        operator_key: key.clone(),
        operator,
        key_is_new,
        encrypted,
        root: root.exists().then_some(root),
    })
}

/// The defaults for a directory, with what was set, and with absolute paths.
fn configuration(dir: &Path, set: &[(String, String)]) -> anyhow::Result<Config> {
    let mut base = Config { data_dir: dir.join("data"), ..Config::default() };
    base.provider.operator_key = dir.join("operator.key");
    base.provider.root = dir.join("root");
    let loaded = load_onto(base, None, [], set);
    if let Some(first) = loaded.problems.first() {
        let rest = loaded.problems[1..].iter().map(|problem| format!("; {problem}")).collect::<String>();
        anyhow::bail!("{first}{rest}");
    }
    let mut config = loaded.config;
    for path in [
        &mut config.data_dir,
        &mut config.chain.address_book,
        &mut config.provider.operator_key,
        &mut config.provider.root,
    ] {
        *path = std::path::absolute(&*path)?;
    }
    let passphrase = &mut config.provider.passphrase_file;
    if !passphrase.as_os_str().is_empty() {
        *passphrase = std::path::absolute(&*passphrase)?;
    }
    Ok(config)
}

fn write(path: &Path, bytes: &[u8], replace: bool) -> anyhow::Result<()> {
    let mut open = OpenOptions::new();
    open.write(true);
    if replace {
        open.create(true).truncate(true);
    } else {
        open.create_new(true);
    }
    let mut file = open.open(path).with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{check_files, load};

    fn book(dir: &Path) -> PathBuf {
        let path = dir.join("book.json");
        let json = serde_json::json!({
            "schema": 1, "chain_id": "test-1", "rpc": ["http://127.0.0.1:1"], "bech32_prefix": "wasm",
            "gas_price": { "denom": "utest", "amount": "0.025" }, "sdl_denoms": {}, "commit": "x",
            "contracts": {}, "deployed_at": "2026-01-01T00:00:00Z"
        });
        std::fs::write(&path, json.to_string()).unwrap();
        path
    }

    fn options(dir: &Path) -> Options {
        let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        Options {
            config: dir.join("agent/provider.toml"),
            set: vec![
                set("chain.address_book", &book(dir).display().to_string()),
                set("provider.owner", "wasm1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9"),
                set("pricing.cpu", "12.5"),
            ],
            force: false,
        }
    }

    #[test]
    fn what_it_makes_passes_its_own_check_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let made = init(&options(dir.path())).unwrap();
        let loaded = load(Some(&made.config), [], &[]);
        assert_eq!(loaded.problems, vec![]);
        assert_eq!(check_files(&loaded.config), vec![]);
        assert_eq!(loaded.config.pricing.cpu.to_string(), "12.5");
        assert_eq!(loaded.config.pricing.denom, "utest");
        assert!(made.key_is_new && made.root.is_some());
        assert!(init(&options(dir.path())).unwrap_err().to_string().contains("exists already"));
        let again = init(&Options { force: true, ..options(dir.path()) }).unwrap();
        assert_eq!((again.operator, again.key_is_new), (made.operator, false));
    }

    #[test]
    fn a_mistaken_key_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(dir.path());
        options.set.push(("pricing.cqu".into(), "1".into()));
        assert!(init(&options).unwrap_err().to_string().contains("did you mean \"cpu\""));
        assert!(!options.config.exists());
    }
}
