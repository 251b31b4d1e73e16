//! Image archives of strangers, told to the engine in the agent's own words.
//!
//! An archive names its images itself, and an engine that loads it gives them those names: `nginx:latest` of a
//! tenant would from then on be everybody's. So nothing of an archive reaches the engine but the configuration and
//! the layers of the one image in it, in an archive that the agent writes, under the agent's name. What `docker
//! save` writes is understood, and the OCI image layout as one tar.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tar::EntryType;

/// Entries of an archive. An image of 127 layers has fewer than 1000.
const MAX_ENTRIES: usize = 10_000;
/// Layers of an image, as the engine limits them.
const MAX_LAYERS: usize = 127;
/// Bytes of a file that is read here, such as the list of layers.
const MAX_TEXT: u64 = 4 << 20;
/// Links that are followed from one name.
const MAX_LINKS: usize = 4;
/// Indexes inside one another.
const MAX_INDEXES: usize = 3;
const COPY_BYTES: usize = 256 * 1024;

#[derive(Clone, Copy, Debug)]
struct Member {
    offset: u64,
    size: u64,
}

enum Found {
    File(Member),
    /// The name of another entry.
    Link(String),
}

/// The one image of an archive.
#[derive(Debug)]
pub(super) struct Archive {
    file: File,
    config: Vec<u8>,
    /// Hashes of the unpacked layers, as the configuration has them.
    pub diff_ids: Vec<String>,
    layers: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: String,
    os: String,
}

#[derive(Deserialize)]
struct Configuration {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

/// What is wrong with an archive, for its tenant.
type Result<T> = std::result::Result<T, String>;

fn unreadable(error: impl std::fmt::Display) -> String {
    format!("it cannot be read as a tar: {error}")
}

impl Archive {
    /// Finds the image in an archive.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(unreadable)?;
        let members = Members::of(&file)?;
        let (config, layers) = if members.find("manifest.json").is_some() {
            saved(&members)?
        } else if members.find("index.json").is_some() {
            oci(&members)?
        } else {
            return Err("it is neither what docker save writes nor an OCI image layout: it has no \
                        manifest.json and no index.json"
                .to_owned());
        };
        let config = members.bytes(&config)?;
        let diff_ids = parse::<Configuration>("the image's configuration", &config)?.rootfs.diff_ids;
        if layers.len() != diff_ids.len() || layers.len() > MAX_LAYERS {
            return Err(format!(
                "it has {} layers and its configuration names {}; both have to be the same, up to {MAX_LAYERS}",
                layers.len(),
                diff_ids.len()
            ));
        }
        let layers = layers.iter().map(|name| members.file(name)).collect::<Result<_>>()?;
        drop(members);
        Ok(Self { file, config, diff_ids, layers })
    }

    /// The id that an engine gives an image with this configuration, unless it counts by manifests.
    pub fn id(&self) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(&self.config)))
    }

    /// Writes the archive for the engine.
    pub fn write(&self, name: &str, to: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(to);
        let config = format!("{}.json", hex::encode(Sha256::digest(&self.config)));
        let layers: Vec<String> = (0..self.layers.len()).map(|n| format!("{n}/layer.tar")).collect();
        let list = serde_json::json!([{ "Config": config, "RepoTags": [name], "Layers": layers }]);
        let list = serde_json::to_vec(&list)?;
        tar.append_data(&mut header(list.len() as u64), "manifest.json", &list[..])?;
        tar.append_data(&mut header(self.config.len() as u64), &config, &self.config[..])?;
        for (member, name) in self.layers.iter().zip(&layers) {
            let part = Part { file: &self.file, at: member.offset, left: member.size };
            tar.append_data(&mut header(member.size), name, io::BufReader::with_capacity(COPY_BYTES, part))?;
        }
        tar.into_inner()?.flush()
    }
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(EntryType::Regular);
    header
}

/// Part of a file as a stream.
struct Part<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..room], self.at)?;
        if read == 0 && room > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Where the entries of a tar lie.
struct Members<'a> {
    file: &'a File,
    by_name: BTreeMap<String, Found>,
}

impl<'a> Members<'a> {
    /// Reads the headers. Long names and their like are passed over, unread: no image's files need them, and their
    /// length would be the stranger's choice.
    fn of(file: &'a File) -> Result<Self> {
        let mut by_name = BTreeMap::new();
        let mut tar = tar::Archive::new(file);
        for (count, entry) in tar.entries_with_seek().map_err(unreadable)?.raw(true).enumerate() {
            if count >= MAX_ENTRIES {
                return Err(format!("it has more than {MAX_ENTRIES} entries"));
            }
            let entry = entry.map_err(unreadable)?;
            let header = entry.header();
            let name = plain(&String::from_utf8_lossy(&header.path_bytes()));
            let found = match header.entry_type() {
                EntryType::Regular | EntryType::Continuous => Found::File(Member {
                    offset: entry.raw_file_position(),
                    size: header.entry_size().map_err(unreadable)?,
                }),
                EntryType::Symlink => {
                    let target = header.link_name_bytes().unwrap_or_default();
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    Found::Link(plain(&format!("{folder}/{}", String::from_utf8_lossy(&target))))
                }
                EntryType::Link => {
                    let target = header.link_name_bytes().unwrap_or_default();
                    Found::Link(plain(&String::from_utf8_lossy(&target)))
                }
                _ => continue,
            };
            by_name.insert(name, found);
        }
        Ok(Self { file, by_name })
    }

    fn find(&self, name: &str) -> Option<Member> {
        let mut name = plain(name);
        for _ in 0..=MAX_LINKS {
            match self.by_name.get(&name)? {
                Found::File(member) => return Some(*member),
                Found::Link(target) => name.clone_from(target),
            }
        }
        None
    }

    fn file(&self, name: &str) -> Result<Member> {
        self.find(name).ok_or_else(|| format!("{name:?} is named in it and not in it"))
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let member = self.file(name)?;
        if member.size > MAX_TEXT {
            return Err(format!("{name:?} in it has {} bytes, up to {MAX_TEXT} are read", member.size));
        }
        let mut bytes = vec![0; usize::try_from(member.size).map_err(unreadable)?];
        self.file.read_exact_at(&mut bytes, member.offset).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// A name without `.`, `..`, leading and repeated slashes.
fn plain(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn parse<T: for<'de> Deserialize<'de>>(what: &str, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| format!("{what} in it is not understood: {error}"))
}

/// Names of configuration and layers in what `docker save` writes.
fn saved(members: &Members<'_>) -> Result<(String, Vec<String>)> {
    let mut images: Vec<Saved> = parse("manifest.json", &members.bytes("manifest.json")?)?;
    match (images.pop(), images.len()) {
        (Some(image), 0) => Ok((image.config, image.layers)),
        (_, more) => Err(format!("it holds {} images; save one", if more == 0 { 0 } else { more + 1 })),
    }
}

/// The same in an OCI image layout: the image for this machine, or the only one.
fn oci(members: &Members<'_>) -> Result<(String, Vec<String>)> {
    let mut name = "index.json".to_owned();
    for _ in 0..MAX_INDEXES {
        let index: Index = parse(&name, &members.bytes(&name)?)?;
        let chosen = choose(index.manifests)?;
        name = blob(&chosen.digest)?;
        if !is_index(&chosen.media_type) {
            let manifest: Manifest = parse("the image's manifest", &members.bytes(&name)?)?;
            let layers = manifest.layers.iter().map(|layer| blob(&layer.digest)).collect::<Result<_>>()?;
            return Ok((blob(&manifest.config.digest)?, layers));
        }
    }
    Err(format!("it has indexes inside indexes, more than {MAX_INDEXES} deep"))
}

fn is_index(media_type: &str) -> bool {
    media_type.ends_with(".image.index.v1+json") || media_type.ends_with(".manifest.list.v2+json")
}

fn choose(mut all: Vec<Descriptor>) -> Result<Descriptor> {
    let here = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    // Notes beside an image, such as how it was built, are no images.
    all.retain(|one| one.platform.as_ref().is_none_or(|platform| platform.os != "unknown"));
    let fits =
        |one: &Descriptor| one.platform.as_ref().is_some_and(|p| p.architecture == here && p.os == "linux");
    match all.iter().position(fits) {
        Some(at) => Ok(all.swap_remove(at)),
        None if all.len() == 1 => Ok(all.swap_remove(0)),
        None => Err(format!("it holds {} images and not one for linux/{here}", all.len())),
    }
}

/// Where the blob of a digest is.
fn blob(digest: &str) -> Result<String> {
    let (algorithm, hash) = digest.split_once(':').unwrap_or(("", ""));
    let fine = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    match fine(algorithm) && fine(hash) {
        true => Ok(format!("blobs/{algorithm}/{hash}")),
        false => Err(format!("{digest:?} in it is not a digest")),
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
