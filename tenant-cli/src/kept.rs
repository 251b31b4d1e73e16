//! Manifests that were deployed, by version: what was sent to providers, to be sent again.

use std::path::PathBuf;

use manifest::{Manifest, Version};

use crate::error::{io_error, CliError, Result};
use crate::home::{write_file, Home};

fn path(home: &Home, version: Version) -> PathBuf {
    home.manifests_dir().join(format!("{version}.json"))
}

/// Keeps a manifest before its version goes on the chain, so that it can always be sent.
pub fn keep(home: &Home, manifest: &Manifest) -> Result<()> {
    let path = path(home, manifest.version());
    if path.exists() {
        return Ok(());
    }
    write_file(&path, &manifest.to_canonical_json())
}

/// The canonical manifest of a version.
pub fn load(home: &Home, version: Version) -> Result<Manifest> {
    let path = path(home, version);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(CliError::not_found(format!(
                "this home does not hold the manifest of version {version}"
            ))
            .hint("name its file: akash send-manifest DEPLOYMENT FILE"));
        }
        Err(error) => return Err(io_error("read", &path, &error)),
    };
    let manifest = Manifest::from_canonical_json(&bytes)
        .map_err(|error| CliError::failure(format!("{} is damaged: {error}", path.display())))?;
    if manifest.version() != version {
        return Err(CliError::failure(format!(
            "{} is damaged: its version is {}",
            path.display(),
            manifest.version()
        ))
        .hint("name the manifest's file: akash send-manifest DEPLOYMENT FILE"));
    }
    Ok(manifest)
}
