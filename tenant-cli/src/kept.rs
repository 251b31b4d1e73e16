//! Manifests that were deployed, by version: what was sent to providers, to be sent again, with the places of the
//! files that they carry.

use std::collections::BTreeMap;
use std::path::PathBuf;

use content::ContentId;
use manifest::{Manifest, Version};

use crate::error::{io_error, CliError, Result};
use crate::home::{write_file, Home};
use crate::sources::Sources;

fn path(home: &Home, version: Version) -> PathBuf {
    home.manifests_dir().join(format!("{version}.json"))
}

fn sources_path(home: &Home, version: Version) -> PathBuf {
    home.manifests_dir().join(format!("{version}.contents.json"))
}

/// Keeps a manifest before its version goes on the chain, so that it can always be sent, and where the files lie
/// that it carries.
pub fn keep(home: &Home, manifest: &Manifest, sources: &Sources) -> Result<()> {
    if !sources.paths().is_empty() {
        let paths: BTreeMap<String, &PathBuf> =
            sources.paths().iter().map(|(id, path)| (id.to_string(), path)).collect();
        let text = serde_json::to_vec_pretty(&paths)
            .map_err(|error| CliError::failure(format!("paths cannot be written down: {error}")))?;
        write_file(&sources_path(home, manifest.version()), &text)?;
    }
    let path = path(home, manifest.version());
    if path.exists() {
        return Ok(());
    }
    write_file(&path, &manifest.to_canonical_json())
}

/// Where the files lie that a version carries, as they were when it was kept.
pub fn sources(home: &Home, version: Version) -> Result<Sources> {
    let path = sources_path(home, version);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Sources::default()),
        Err(error) => return Err(io_error("read", &path, &error)),
    };
    let damaged = |error: String| {
        CliError::failure(format!("{} is damaged: {error}", path.display()))
            .hint("name the manifest's file: akash send-manifest DEPLOYMENT FILE")
    };
    let paths: BTreeMap<String, PathBuf> =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let by_id = paths.into_iter().map(|(id, path)| Ok((id.parse::<ContentId>()?, path)));
    Ok(Sources::new(by_id.collect::<Result<_, String>>().map_err(damaged)?))
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
