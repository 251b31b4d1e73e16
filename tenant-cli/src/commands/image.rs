//! `akash image`: brings images into the local engine where no registry is at hand.

use std::path::Path;

use bollard::query_parameters::{
    CreateImageOptionsBuilder, ImportImageOptionsBuilder, TagImageOptionsBuilder,
};
use bollard::Docker;
use futures::StreamExt;
use serde_json::json;
use tokio_util::io::ReaderStream;

use crate::cli::ImageCommand;
use crate::error::{io_error, CliError, Result};
use crate::output::Answer;
use crate::session::Session;

pub async fn run(session: &Session, command: ImageCommand) -> Result<Answer> {
    let ImageCommand::Load { file, name, cmd } = command;
    let (repository, tag) = split_name(&name)?;
    let saved = is_saved_image(&file)?;
    if saved && !cmd.is_empty() {
        return Err(CliError::bad_input(
            "--cmd is for a file system; an image that was saved has its own command",
        )
        .hint("leave --cmd out"));
    }
    let docker = connect(session)?;
    let docker = docker.negotiate_version().await.map_err(|error| engine(&error))?;
    let progress = session.progress();
    progress.wait(format!("loading {} into the engine", file.display()));
    let kind = if saved {
        load(&docker, &file, &repository, &tag).await?;
        "image"
    } else {
        import(&docker, &file, &repository, &tag, &cmd).await?;
        "file system"
    };
    progress.finish();
    let image = docker.inspect_image(&format!("{repository}:{tag}")).await.map_err(|error| engine(&error))?;
    let text = format!("{repository}:{tag} is in the engine; a manifest names it as image: {name}");
    Ok(Answer::new(json!({ "name": format!("{repository}:{tag}"), "id": image.id, "from": kind }), text))
}

fn connect(session: &Session) -> Result<Docker> {
    let docker = match &session.config.docker_host {
        Some(host) if std::env::var_os("DOCKER_HOST").is_none() => Docker::connect_with_host(host),
        // DOCKER_HOST, or the engine's usual socket.
        _ => Docker::connect_with_defaults(),
    };
    docker.map_err(|error| engine(&error))
}

fn engine(error: &bollard::errors::Error) -> CliError {
    match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => {
            CliError::failure(format!("the engine refused: {message}"))
        }
        other => CliError::unreachable(format!("the engine cannot be reached: {other}"))
            .hint("start Docker, or name its socket in DOCKER_HOST or docker_host of config.toml"),
    }
}

/// Repository and tag, `latest` when there is none.
fn split_name(name: &str) -> Result<(String, String)> {
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    };
    let fine = |part: &str, more: &str| {
        !part.is_empty()
            && part.len() <= 128
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || more.as_bytes().contains(&b))
    };
    let tag_fine = !tag.is_empty()
        && tag.len() <= 128
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if !fine(repository, "./:_-") || !tag_fine {
        return Err(CliError::bad_input(format!("{name:?} is not an image's name"))
            .hint("write NAME:TAG in lower case, such as web:1"));
    }
    Ok((repository.to_owned(), tag.to_owned()))
}

/// Whether a tar is what `docker save` writes, which names its layers in a file at the top.
fn is_saved_image(path: &Path) -> Result<bool> {
    let file = std::fs::File::open(path).map_err(|error| io_error("read", path, &error))?;
    let not_tar = |error: std::io::Error| {
        CliError::bad_input(format!("{} is not a tar: {error}", path.display()))
            .hint("give what docker save wrote, or a file system as a tar without compression")
    };
    let mut any = false;
    let mut archive = tar::Archive::new(std::io::BufReader::new(file));
    for entry in archive.entries().map_err(not_tar)? {
        let entry = entry.map_err(not_tar)?;
        any = true;
        let name = entry.path().map_err(not_tar)?;
        if name == Path::new("manifest.json") || name == Path::new("oci-layout") {
            return Ok(true);
        }
    }
    if any {
        Ok(false)
    } else {
        Err(not_tar(std::io::Error::other("it holds nothing")))
    }
}

async fn body(path: &Path) -> Result<ReaderStream<tokio::fs::File>> {
    let file = tokio::fs::File::open(path).await.map_err(|error| io_error("read", path, &error))?;
    Ok(ReaderStream::new(file))
}

async fn load(docker: &Docker, path: &Path, repository: &str, tag: &str) -> Result<()> {
    let options = ImportImageOptionsBuilder::new().build();
    let mut loaded = None;
    let mut answers = docker.import_image(options, bollard::body_try_stream(body(path).await?), None);
    while let Some(answer) = answers.next().await {
        let text = answer.map_err(|error| engine(&error))?.stream.unwrap_or_default();
        let named =
            text.trim().strip_prefix("Loaded image: ").or(text.trim().strip_prefix("Loaded image ID: "));
        loaded = named.map(str::to_owned).or(loaded);
    }
    let Some(loaded) = loaded else {
        return Err(CliError::failure(format!(
            "the engine took {} but named no image in it",
            path.display()
        )));
    };
    let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
    docker.tag_image(&loaded, Some(options)).await.map_err(|error| engine(&error))
}

async fn import(docker: &Docker, path: &Path, repository: &str, tag: &str, cmd: &[String]) -> Result<()> {
    let mut options = CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(tag);
    if !cmd.is_empty() {
        options = options.changes(vec![format!("CMD {}", json!(cmd))]);
    }
    let mut answers =
        docker.create_image(Some(options.build()), Some(bollard::body_try_stream(body(path).await?)), None);
    while let Some(answer) = answers.next().await {
        answer.map_err(|error| engine(&error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_repository_and_tag() {
        let split = |name: &str| split_name(name).map(|(repository, tag)| format!("{repository}|{tag}")).ok();
        assert_eq!(split("web:1").unwrap(), "web|1");
        assert_eq!(split("web").unwrap(), "web|latest");
        assert_eq!(split("localhost:5000/a/web").unwrap(), "localhost:5000/a/web|latest");
        for name in ["", "Web:1", "web:", ":1", "web:a b", "we b"] {
            assert_eq!(split(name), None, "{name}");
        }
    }

    #[test]
    fn a_saved_image_is_told_from_a_file_system() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str, files: &[&str]| {
            let path = dir.path().join(name);
            let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
            for file in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(1);
                header.set_cksum();
                tar.append_data(&mut header, file, &b"x"[..]).unwrap();
            }
            tar.finish().unwrap();
            path
        };
        assert!(is_saved_image(&make("a", &["x/layer.tar", "manifest.json"])).unwrap());
        assert!(!is_saved_image(&make("b", &["bin/sh", "etc/manifest.json"])).unwrap());
        assert!(is_saved_image(&make("c", &[])).is_err());
        let text = dir.path().join("d");
        std::fs::write(&text, "hello").unwrap();
        assert!(is_saved_image(&text).is_err());
    }
}
