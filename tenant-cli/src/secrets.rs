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
        let wanted = manifest.secrets();
        if let Some(unknown) = self.0.keys().find(|name| !wanted.contains(name.as_str())) {
            return Err(CliError::bad_input(format!("no service of the manifest has a secret {unknown:?}"))
                .hint("akash manifest show FILE names the secrets of a manifest"));
        }
        let mut missing = Vec::new();
        for name in wanted {
            if !self.has(name) && !self.ask(name)? {
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

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// What brings one of them. Each goes by itself: three of the largest are more than a gateway takes at once.
    pub fn request(&self, name: &str) -> Option<PutSecrets> {
        let value = Binary::from(self.0.get(name)?.as_slice());
        Some(PutSecrets { secrets: vec![Secret { name: name.to_owned(), value }] })
    }

    fn insert(&mut self, name: &str, value: Zeroizing<Vec<u8>>) -> Result<()> {
        if value.len() > MAX_SECRET_BYTES {
            return Err(CliError::bad_input(format!(
                "the value of secret {name} is larger than {MAX_SECRET_BYTES} bytes"
            ))
            .hint("let the manifest carry larger data encrypted, and its key be the secret"));
        }
        match self.0.insert(name.to_owned(), Arc::new(value)) {
            None => Ok(()),
            Some(_) => Err(CliError::bad_input(format!("secret {name} is given more than once"))
                .hint("say in one place where its value is")),
        }
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(|error| io_error("read", path, &error))?;
    let limit = MAX_SECRET_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut value).map_err(|error| io_error("read", path, &error))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_api::MAX_BODY_BYTES;

    fn place(name: &str, path: &Path) -> Place {
        (name.to_owned(), path.display().to_string())
    }

    #[test]
    fn the_largest_value_arrives_whole_in_a_request_that_a_gateway_takes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let value: Vec<u8> = (0..=u8::MAX).cycle().take(MAX_SECRET_BYTES).collect();
        std::fs::write(&path, &value).unwrap();
        let secrets = Secrets::read(&[place("KEY", &path), place("OTHER", &path)], &[]).unwrap();
        let request = secrets.request("KEY").unwrap();
        assert_eq!(request.secrets.len(), 1);
        assert_eq!(request.secrets[0].value.as_slice(), value);
        assert!(serde_json::to_vec(&request).unwrap().len() <= MAX_BODY_BYTES);
        assert!(secrets.request("UNKNOWN").is_none());
    }

    #[test]
    fn a_value_that_is_too_large_missing_or_given_twice_is_told_without_showing_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let told = |files: &[Place], variables: &[Place]| {
            Secrets::read(files, variables).err().map(|error| error.message).unwrap_or_default()
        };
        std::fs::write(&path, vec![b'x'; MAX_SECRET_BYTES + 1]).unwrap();
        assert!(told(&[place("KEY", &path)], &[]).contains("larger than 65536 bytes"));
        std::fs::write(&path, "hunter2").unwrap();
        let twice = told(&[place("KEY", &path), place("KEY", &path)], &[]);
        assert!(twice.contains("KEY is given more than once") && !twice.contains("hunter2"), "{twice}");
        assert!(told(&[place("KEY", &dir.path().join("none"))], &[]).contains("none"));
        let variable = ("KEY".to_owned(), "A_VARIABLE_THAT_NOBODY_SETS".to_owned());
        assert!(told(&[], &[variable]).contains("no variable A_VARIABLE_THAT_NOBODY_SETS"));
    }
}
