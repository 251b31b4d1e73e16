//! `akash manifest`: needs no chain, no key and no home.

use serde_json::json;

use crate::cli::ManifestCommand;
use crate::error::{CliError, Result};
use crate::output::Answer;
use crate::sdl;
use crate::session::Session;

pub fn run(session: &Session, command: &ManifestCommand) -> Result<Answer> {
    match command {
        ManifestCommand::Check { file } => {
            let manifest = sdl::read(session, file)?.manifest();
            let version = manifest.version().to_string();
            let groups: Vec<_> = manifest
                .groups
                .iter()
                .map(|group| {
                    let services: Vec<&str> =
                        group.services.iter().map(|service| service.name.as_str()).collect();
                    json!({ "group": group.name, "services": services })
                })
                .collect();
            let text = format!("{} is fine, version {version}", file.display());
            Ok(Answer::new(json!({ "ok": true, "version": version, "groups": groups }), text))
        }
        ManifestCommand::Version { file } => {
            let version = sdl::read(session, file)?.manifest().version().to_string();
            Ok(Answer::new(json!({ "version": version }), version))
        }
        ManifestCommand::Show { file } => {
            let manifest = sdl::read(session, file)?.manifest();
            let version = manifest.version().to_string();
            let canonical = String::from_utf8(manifest.to_canonical_json()).map_err(|error| {
                CliError::failure(format!("the canonical manifest is not UTF-8: {error}"))
            })?;
            let value: serde_json::Value = serde_json::from_str(&canonical)
                .map_err(|error| CliError::failure(format!("the canonical manifest is not JSON: {error}")))?;
            let text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| canonical.clone());
            Ok(Answer::new(json!({ "version": version, "canonical": canonical, "manifest": value }), text))
        }
    }
}
