//! What travels with a manifest by the extension `x-market`: images and files by their hash, and names of secrets.

use std::collections::BTreeSet;

use content::ContentRef;

use crate::limits::{MAX_CARRIED_FILE_BYTES, MAX_CARRIED_IMAGE_BYTES, MAX_SECRET_NAME_BYTES};
use crate::model::{Manifest, Service};
use crate::rules::{self, mount_key, shown, Problem};

/// What travels with the manifest for one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// The image that runs, an OCI or Docker archive, in place of the one that the service's reference names.
    pub image: Option<ContentRef>,
    /// By mount.
    pub files: Vec<CarriedFile>,
    /// Names of secrets, sorted. Their values are no part of the manifest: only the lease's provider gets them.
    pub secrets: Vec<String>,
}

impl Carried {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A file that a service sees and cannot change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarriedFile {
    /// Absolute path inside the container, without repeated or trailing slashes.
    pub mount: String,
    pub content: ContentRef,
}

impl Manifest {
    /// Everything that is carried, each content once, by id.
    pub fn contents(&self) -> Vec<ContentRef> {
        let services = self.groups.iter().flat_map(|group| &group.services);
        let contents: BTreeSet<ContentRef> = services
            .flat_map(|service| {
                let files = service.carried.files.iter().map(|file| file.content);
                service.carried.image.into_iter().chain(files)
            })
            .collect();
        contents.into_iter().collect()
    }

    /// Names of all secrets, of whichever services.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let services = self.groups.iter().flat_map(|group| &group.services);
        services.flat_map(|service| &service.carried.secrets).map(String::as_str).collect()
    }
}

fn problem(message: String, accepted: &'static str) -> Result<(), Problem> {
    Err(Problem { message, accepted })
}

/// Files that the engine writes into every container.
const ENGINES_FILES: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
/// Where a service finds the values of its secrets, by name.
const SECRETS: &str = "/run/secrets";

/// Where a carried file may be.
pub(crate) fn file_mount(value: &str) -> Result<(), Problem> {
    rules::mount(value)?;
    const ACCEPTED: &str = "an absolute path of a file such as /etc/app/config.toml, other than /etc/hosts, /etc/hostname, /etc/resolv.conf and what is below /dev and /run/secrets";
    let bad = |why: &str| problem(format!("{} is not where a file can be: {why}", shown(value)), ACCEPTED);
    if value.ends_with('/') || value.contains("//") {
        return bad("it ends with a slash or repeats one");
    }
    let below = |folder: &str| {
        value.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if ENGINES_FILES.contains(&value) {
        return bad("the engine writes it into every container");
    }
    if below(SECRETS) {
        return bad("that is where secrets are");
    }
    if below("/dev") {
        return bad("devices are there");
    }
    Ok(())
}

pub(crate) fn file_size(size: u64) -> Result<(), Problem> {
    match size <= MAX_CARRIED_FILE_BYTES {
        true => Ok(()),
        false => problem(
            format!("a carried file of {size} bytes"),
            "up to 64 MiB; larger data belongs into an image or a volume",
        ),
    }
}

pub(crate) fn image_size(size: u64) -> Result<(), Problem> {
    match (1..=MAX_CARRIED_IMAGE_BYTES).contains(&size) {
        true => Ok(()),
        false => problem(format!("a carried image of {size} bytes"), "1 byte to 16 GiB"),
    }
}

pub(crate) fn secret_name(value: &str) -> Result<(), Problem> {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    if value.len() <= MAX_SECRET_NAME_BYTES
        && value.bytes().next().is_some_and(letter)
        && value.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
    {
        return Ok(());
    }
    problem(
        format!("{} is not the name of a secret", shown(value)),
        "1 to 64 letters, digits and _, beginning with a letter or _",
    )
}

/// Whether something mounted at `inner` lies below `outer`, or at the same place.
fn within(inner: &str, outer: &str) -> bool {
    let (inner, outer) = (mount_key(inner), mount_key(outer));
    inner.strip_prefix(&outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Why a file cannot be at `mount` beside the service's volumes and the files that are there already.
pub(crate) fn in_the_way(mount: &str, volumes: &[(&str, bool)], files: &[&str]) -> Option<String> {
    for (volume, read_only) in volumes {
        if within(volume, mount) {
            return Some(format!("{} is where, or above where, a volume is mounted", shown(mount)));
        }
        if *read_only && within(mount, volume) {
            return Some(format!("{} is inside a read-only volume", shown(mount)));
        }
    }
    for file in files {
        if within(mount, file) || within(file, mount) {
            return Some(format!("{} and {} cannot both be files", shown(mount), shown(file)));
        }
    }
    None
}

/// The places of a service's volumes, and whether they are read-only.
pub(crate) fn volumes_of(service: &Service) -> Vec<(&str, bool)> {
    let mounts = service.params.iter().flat_map(|params| &params.storage);
    mounts
        .filter(|mount| !mount.mount.is_empty())
        .map(|mount| (mount.mount.as_str(), mount.read_only))
        .collect()
}
