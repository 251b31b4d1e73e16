//! The home of the command: its configuration, keys, certificate roots and the manifests it deployed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{io_error, CliError, Result};

/// Directory under the user's home when neither `--home` nor `AKASH_HOME` names one.
const DEFAULT_DIR: &str = ".akash";

/// `config.toml`: every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The key that signs when `--key` names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The address book that the deployment of the contracts wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_book: Option<PathBuf>,
    /// The node's RPC address, when it is another than the address book's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The engine that `image load` speaks to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker_host: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Home {
    dir: PathBuf,
}

impl Home {
    /// `given`, or `~/.akash`.
    pub fn resolve(given: Option<&Path>) -> Result<Self> {
        if let Some(dir) = given {
            let dir = std::path::absolute(dir).map_err(|error| io_error("resolve", dir, &error))?;
            return Ok(Self { dir });
        }
        match std::env::home_dir().filter(|dir| !dir.as_os_str().is_empty()) {
            Some(dir) => Ok(Self { dir: dir.join(DEFAULT_DIR) }),
            None => Err(CliError::bad_input("this user has no home directory")
                .hint("name one with --home DIR or the environment variable AKASH_HOME")),
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn config_path(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    pub fn keys_dir(&self) -> PathBuf {
        self.dir.join("keys")
    }

    pub fn roots_dir(&self) -> PathBuf {
        self.dir.join("roots")
    }

    pub fn manifests_dir(&self) -> PathBuf {
        self.dir.join("manifests")
    }

    /// The configuration; defaults when there is no file yet.
    pub fn config(&self) -> Result<Config> {
        let path = self.config_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
            Err(error) => return Err(io_error("read", &path, &error)),
        };
        toml::from_str(&text).map_err(|error| {
            CliError::bad_input(format!(
                "{} is not acceptable: {}",
                path.display(),
                error.to_string().trim_end()
            ))
            .hint("known keys: key, address_book, node, docker_host; correct or remove the line")
        })
    }

    pub fn save_config(&self, config: &Config) -> Result<()> {
        let text = toml::to_string(config).map_err(|error| CliError::failure(error.to_string()))?;
        let head = "# Configuration of the akash command. Flags and environment variables win over it.\n";
        write_file(&self.config_path(), format!("{head}{text}").as_bytes())
    }
}

/// Writes a file that only its owner may read, whole or not at all; makes the directories above it.
pub fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    make_dir(dir)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = dir.join(format!(".{name}.{}", std::process::id()));
    let written = open_private(&draft)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        io_error("write", path, &error)
    })
}

/// Makes a directory that only its owner may enter.
pub fn make_dir(dir: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|error| io_error("make the directory", dir, &error))
}

fn open_private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(dir.path())).unwrap();
        assert_eq!(home.config().unwrap(), Config::default());
        let config =
            Config { key: Some("a".into()), address_book: Some("/b.json".into()), ..Config::default() };
        home.save_config(&config).unwrap();
        assert_eq!(home.config().unwrap(), config);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_the_known_ones() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(dir.path())).unwrap();
        fs::write(home.config_path(), "key = \"a\"\nadress_book = \"x\"\n").unwrap();
        let error = home.config().unwrap_err();
        assert!(error.message.contains("adress_book") && error.message.contains('2'), "{error}");
        assert!(error.hint.unwrap().contains("address_book"));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/secret");
        write_file(&path, b"x").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }
}
