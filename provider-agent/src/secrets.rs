//! Values that tenants give to this provider alone.
//!
//! They are held as files of a file system in memory, from where they are mounted into the lease's containers: they
//! outlive a restart of the agent, not one of the machine, and never lie on a disk. Nothing here writes a value
//! anywhere else, into no log, label, variable or database.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// File systems in memory, by the kernel's numbers: tmpfs and ramfs.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
/// Nobody else on this machine gets to the files, whatever their own mode.
const PRIVATE: u32 = 0o700;
/// Every user of a container may read what is mounted there.
const READABLE: u32 = 0o644;

/// Why values cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{path} is not in memory: set runtime.secrets to a folder on a tmpfs, such as /dev/shm/akash-provider")]
    NotInMemory { path: PathBuf },
    #[error("{path} is open to others or theirs: remove it, or set runtime.secrets to another folder")]
    NotPrivate { path: PathBuf },
    #[error("{path} cannot be used to hold secrets: {source}")]
    Io { path: PathBuf, source: io::Error },
}

/// Values by lease and name.
#[derive(Clone, Debug)]
pub struct Vault {
    root: PathBuf,
    dir: PathBuf,
}

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, VaultError> {
    result.map_err(|source| VaultError::Io { path: path.to_owned(), source })
}

impl Vault {
    /// Touches nothing yet. Each provider of a machine has a folder of its own.
    pub fn new(root: &Path, provider: &str) -> Self {
        Self { root: root.to_owned(), dir: root.join(provider) }
    }

    /// Whether values can be held here.
    pub fn check(&self) -> Result<(), VaultError> {
        for path in [&self.root, &self.dir] {
            private_dir(path)?;
        }
        let kind = at(&self.dir, rustix::fs::statfs(&self.dir).map_err(io::Error::from))?.f_type;
        match IN_MEMORY.contains(&(kind as u64)) {
            true => Ok(()),
            false => Err(VaultError::NotInMemory { path: self.dir.clone() }),
        }
    }

    fn lease_dir(&self, lease: u64) -> PathBuf {
        self.dir.join(lease.to_string())
    }

    /// Where the value of a secret is. The name is one of the manifest's, which holds no slash and no dot.
    pub fn path(&self, lease: u64, name: &str) -> PathBuf {
        self.lease_dir(lease).join(name)
    }

    /// Holds a value, in place of an earlier one. Who has the file mounted sees the new one.
    pub fn put(&self, lease: u64, name: &str, value: &[u8]) -> Result<(), VaultError> {
        self.check()?;
        private_dir(&self.lease_dir(lease))?;
        let path = self.path(lease, name);
        let file = File::options().create(true).write(true).truncate(true).mode(READABLE).open(&path);
        at(&path, file.and_then(|mut file| file.write_all(value)))
    }

    /// Names of a lease's values.
    pub fn held(&self, lease: u64) -> Result<BTreeSet<String>, VaultError> {
        let dir = self.lease_dir(lease);
        Ok(names(&dir)?.into_iter().collect())
    }

    /// Forgets all values of a lease.
    pub fn forget(&self, lease: u64) -> Result<(), VaultError> {
        let dir = self.lease_dir(lease);
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => at(&dir, removed),
        }
    }

    /// Leases of which values are held.
    pub fn leases(&self) -> Result<Vec<u64>, VaultError> {
        Ok(names(&self.dir)?.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

/// Makes a folder that is this user's alone, or finds it so.
fn private_dir(path: &Path) -> Result<(), VaultError> {
    match DirBuilder::new().mode(PRIVATE).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return at(path, Err(error)),
        _ => {}
    }
    // A link would be followed to wherever its owner likes.
    let meta = at(path, fs::symlink_metadata(path))?;
    let own = meta.uid() == at(path, fs::metadata("/proc/self"))?.uid();
    match meta.is_dir() && own && meta.mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err(VaultError::NotPrivate { path: path.to_owned() }),
    }
}

fn names(dir: &Path) -> Result<Vec<String>, VaultError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => at(dir, entries)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(at(dir, entry)?.file_name().into_string().ok());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn in_memory() -> tempfile::TempDir {
        let dir = tempfile::tempdir_in("/dev/shm").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(PRIVATE)).unwrap();
        dir
    }

    #[test]
    fn values_are_held_by_lease_until_it_is_forgotten() {
        let dir = in_memory();
        let vault = Vault::new(dir.path(), "me");
        assert!(vault.held(1).unwrap().is_empty() && vault.leases().unwrap().is_empty());
        vault.put(1, "KEY", b"longer than the second").unwrap();
        vault.put(1, "KEY", b"second").unwrap();
        vault.put(2, "OTHER", b"x").unwrap();
        assert_eq!(fs::read(vault.path(1, "KEY")).unwrap(), b"second");
        assert_eq!(vault.held(1).unwrap(), ["KEY".to_owned()].into());
        vault.forget(1).unwrap();
        vault.forget(1).unwrap();
        assert_eq!(vault.leases().unwrap(), [2]);
        assert!(Vault::new(dir.path(), "another").leases().unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_others_can_open_or_that_is_on_a_disk_is_refused() {
        let dir = in_memory();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let refused = Vault::new(dir.path(), "me").put(1, "KEY", b"x").unwrap_err();
        assert!(matches!(refused, VaultError::NotPrivate { .. }), "{refused}");
        let link = in_memory();
        std::os::unix::fs::symlink("/tmp", link.path().join("me")).unwrap();
        let refused = Vault::new(link.path(), "me").put(1, "KEY", b"x").unwrap_err();
        assert!(matches!(refused, VaultError::NotPrivate { .. }), "{refused}");
        // The kernel's own files are on no tmpfs, and nobody can make a folder there.
        let refused = Vault::new(Path::new("/proc/secrets"), "me").put(1, "KEY", b"x").unwrap_err();
        assert!(matches!(refused, VaultError::Io { .. }), "{refused}");
    }
}
