//! Values of secrets on their way from this machine to providers. Never from the command line, which everybody on this
//! machine can read.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

use cosmwasm_std::Binary;
use gateway_api::{PutSecrets, Secret, MAX_SECRET_BYTES};
use manifest::Manifest;
use zeroize::Zeroizing;

use crate::error::{io_error, CliError, Result};

/// Where a value is: the secret's name, and a path or a variable.
pub type Place = (String, String);

/// By name. Copies share the values, which are wiped with the last of them.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, Arc<Zeroizing<Vec<u8>>>>);

impl Secrets {
    pub fn read(files: &[Place], variables: &[Place]) -> Result<Self> {
        let mut secrets = Self::default();
        for (name, path) in files {
            secrets.insert(name, from_file(Path::new(path))?)?;
        }
        for (name, variable) in variables {
            let value = std::env::var_os(variable).ok_or_else(|| {
                CliError::bad_input(format!("secret {name}: there is no variable {variable}"))
                    .hint(format!("set {variable}, or let the value come from a file"))
            })?;
            secrets.insert(name, Zeroizing::new(value.into_encoded_bytes()))?;
        }
        Ok(secrets)
    }

    /// Asks who is at the terminal; false when nobody is.
    pub fn ask(&mut self, name: &str) -> Result<bool> {
        if !std::io::stdin().is_terminal() {
            return Ok(false);
        }
        let value = rpassword::prompt_password(format!("{name} (not shown): "))
            .map_err(|error| CliError::bad_input(format!("{name} cannot be read: {error}")))?;
        self.insert(name, Zeroizing::new(value.into_bytes()))?;
        Ok(true)
    }

    /// Everything that a manifest's services need and nothing else, before anything is paid.
    pub fn complete(&mut self, manifest: &Manifest) -> Result<()> {
        let services = manifest.groups.iter().flat_map(|group| &group.services);
        let wanted: Vec<&String> = services.flat_map(|service| &service.carried.secrets).collect();
        if let Some(unknown) = self.0.keys().find(|name| !wanted.contains(name)) {
            return Err(CliError::bad_input(format!("no service of the manifest has a secret {unknown:?}"))
                .hint("akash manifest show FILE names the secrets of a manifest"));
        }
        let mut missing = Vec::new();
        for name in wanted {
            if !self.has(name) && !missing.contains(&name.as_str()) && !self.ask(name)? {
                missing.push(name);
            }
        }
        match missing.first() {
            None => Ok(()),
            Some(first) => Err(CliError::bad_input(format!(
                "the manifest's services need secrets that are not given: {}",
                missing.join(", ")
            ))
            .hint(format!(
                "for each: --secret-file {first}=PATH or --secret-env {first}=VARIABLE; or --no-wait, and then akash secrets send"
            ))),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Those of these names that there are.
    pub fn request(&self, names: &[String]) -> PutSecrets {
        let value = |name: &String| {
            let value = self.0.get(name)?;
            Some(Secret { name: name.clone(), value: Binary::from(value.as_slice()) })
        };
        PutSecrets { secrets: names.iter().filter_map(value).collect() }
    }

    fn insert(&mut self, name: &str, value: Zeroizing<Vec<u8>>) -> Result<()> {
        if value.len() > MAX_SECRET_BYTES {
            return Err(CliError::bad_input(format!(
                "the value of secret {name} is larger than {MAX_SECRET_BYTES} bytes"
            ))
            .hint("let the manifest carry larger data encrypted, and its key be the secret"));
        }
        self.0.insert(name.to_owned(), Arc::new(value));
        Ok(())
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(|error| io_error("read", path, &error))?;
    let limit = MAX_SECRET_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut value).map_err(|error| io_error("read", path, &error))?;
    Ok(value)
}
