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
            let sdl = sdl::read(session, file)?;
            let warnings: Vec<String> = sdl.warnings().iter().map(ToString::to_string).collect();
            let manifest = sdl.manifest();
            let needs: Vec<String> = manifest.needs().iter().map(ToString::to_string).collect();
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
            let mut text = format!("{} is fine, version {version}", file.display());
            for need in &needs {
                text.push_str(&format!("\n{need}: only providers that offer it can run this"));
            }
            let answer = json!({
                "ok": true, "version": version, "groups": groups, "needs": needs, "warnings": warnings,
            });
            Ok(Answer::new(answer, text))
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
