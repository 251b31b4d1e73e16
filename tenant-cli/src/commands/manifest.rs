//! `akash manifest`: needs no chain, no key and no home.

mod show;

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

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
        ManifestCommand::Show { file, canonical: true, .. } => {
            let shown = show::canonical(&sdl::read(session, file)?.manifest())?;
            let text =
                serde_json::to_string_pretty(&shown.manifest).unwrap_or_else(|_| shown.canonical.clone());
            Ok(Answer::new(shown, text))
        }
        ManifestCommand::Show { file, terms, canonical: false } => {
            show::answer(&sdl::read(session, file)?, terms)
        }
        ManifestCommand::Init { file } => {
            write_new(file, manifest::STARTER.as_bytes())?;
            let text = format!("{} is written: edit it, then akash plan {0}", file.display());
            Ok(Answer::new(json!({ "file": file.display().to_string() }), text))
        }
        ManifestCommand::Schema => {
            let schema: serde_json::Value = serde_json::from_str(manifest::SCHEMA)
                .map_err(|error| CliError::failure(format!("the schema is not JSON: {error}")))?;
            Ok(Answer::new(schema, manifest::SCHEMA.trim_end()))
        }
    }
}

/// Writes a file that is not there yet: what somebody wrote before is worth more than a template.
fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(content));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::bad_input(format!("{} is already there", path.display()))
            .hint("name a file that does not exist yet: akash manifest init FILE"),
        _ => CliError::bad_input(format!("{} cannot be written: {error}", path.display()))
            .hint("name a file in a directory that you may write to"),
    })
}
