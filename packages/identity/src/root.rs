use base64::Engine;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{pem::PemObject, CertificateDer};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::name::is_account;
use crate::verify::{self, VerifyError};
use crate::{unix_now, Fingerprint};

/// Validity of a root unless another is asked for: five years.
pub const DEFAULT_ROOT_VALIDITY: Duration = Duration::from_secs(5 * 365 * 24 * 3600);
/// Name of the certificate's file in a root's directory.
pub const ROOT_CERT_FILE: &str = "root.pem";
/// Name of the key's file in a root's directory; mode 0600.
pub const ROOT_KEY_FILE: &str = "root.key";

/// Longest validity that the registry takes.
const MAX_ROOT_VALIDITY: Duration = Duration::from_secs(10 * 366 * 24 * 3600);
/// Starts a little in the past, so that a chain whose clock is behind takes it at once.
const BACKDATE: Duration = Duration::from_secs(120);

#[derive(Debug, thiserror::Error)]
pub enum RootError {
    #[error("account {given:?} is not a bech32 address in lower case")]
    Account { given: String },
    #[error("a root may be valid for 1 s to 3660 days, {seconds} s was asked for")]
    Validity { seconds: u64 },
    #[error("certificate could not be made: {0}")]
    Make(String),
    #[error("{} {action} failed: {source}", .path.display())]
    File { path: PathBuf, action: &'static str, source: io::Error },
    #[error("{} exists already: choose another directory or move the old root away", .path.display())]
    Exists { path: PathBuf },
    #[error("{} can be read by others (mode {mode:03o}): run chmod 600 on it", .path.display())]
    KeyReadableByOthers { path: PathBuf, mode: u32 },
    #[error("{} does not hold a root: {detail}", .path.display())]
    Content { path: PathBuf, detail: String },
    #[error("{} does not hold the key of {}", .key.display(), .cert.display())]
    KeyMismatch { key: PathBuf, cert: PathBuf },
}

/// An account's own certificate authority: what the chain keeps the public part of.
pub struct Root {
    account: String,
    der: CertificateDer<'static>,
    fingerprint: Fingerprint,
    not_before: u64,
    not_after: u64,
    key: KeyPair,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Root")
            .field("account", &self.account)
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl Root {
    /// A new root with a new P-256 key, valid from now. It exists only in memory until [`Root::save`].
    pub fn generate(account: &str, validity: Duration) -> Result<Self, RootError> {
        Self::generate_at(account, validity, unix_now())
    }

    pub(crate) fn generate_at(account: &str, validity: Duration, now: u64) -> Result<Self, RootError> {
        if !is_account(account) {
            return Err(RootError::Account { given: account.to_owned() });
        }
        if validity.as_secs() == 0 || validity > MAX_ROOT_VALIDITY {
            return Err(RootError::Validity { seconds: validity.as_secs() });
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, account);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // The registry limits the whole span, so the backdating comes out of the validity.
        params.not_before = moment(now.saturating_sub(BACKDATE.as_secs()))?;
        params.not_after = moment(now.saturating_sub(BACKDATE.as_secs()) + validity.as_secs())?;
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
        let der = params.self_signed(&key).map_err(make)?.der().clone();
        Self::from_parts(der, key).map_err(|e| RootError::Make(e.to_string()))
    }

    fn from_parts(der: CertificateDer<'static>, key: KeyPair) -> Result<Self, VerifyError> {
        let parsed = verify::read_root(&der)?;
        Ok(Self {
            account: parsed.account,
            fingerprint: Fingerprint::of(&der),
            not_before: parsed.not_before,
            not_after: parsed.not_after,
            der,
            key,
        })
    }

    /// Writes certificate and key into a directory, which is made if absent. Never overwrites.
    pub fn save(&self, dir: &Path) -> Result<(), RootError> {
        fs::create_dir_all(dir).map_err(file(dir, "making the directory"))?;
        let key = Zeroizing::new(self.key.serialize_pem());
        // The key first: a certificate without its key would look like a root that can be used.
        write_new(&dir.join(ROOT_KEY_FILE), key.as_bytes(), 0o600)?;
        write_new(&dir.join(ROOT_CERT_FILE), self.to_pem().as_bytes(), 0o644)?;
        File::open(dir).and_then(|d| d.sync_all()).map_err(file(dir, "syncing"))
    }

    /// Reads what [`Root::save`] wrote. A key that others can read is refused.
    pub fn load(dir: &Path) -> Result<Self, RootError> {
        let (cert_path, key_path) = (dir.join(ROOT_CERT_FILE), dir.join(ROOT_KEY_FILE));
        let mode = fs::metadata(&key_path).map_err(file(&key_path, "reading"))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(RootError::KeyReadableByOthers { path: key_path, mode });
        }
        let content = |path: &Path, detail: String| RootError::Content { path: path.to_owned(), detail };
        let pem = fs::read(&cert_path).map_err(file(&cert_path, "reading"))?;
        let der = CertificateDer::from_pem_slice(&pem).map_err(|e| content(&cert_path, e.to_string()))?;
        let pem = Zeroizing::new(fs::read_to_string(&key_path).map_err(file(&key_path, "reading"))?);
        let key = KeyPair::from_pem_and_sign_algo(&pem, &PKCS_ECDSA_P256_SHA256)
            .map_err(|e| content(&key_path, format!("not a P-256 key in PKCS #8 PEM ({e})")))?;
        if verify::public_key_of(&der).as_deref() != Some(key.public_key_raw()) {
            return Err(RootError::KeyMismatch { key: key_path, cert: cert_path });
        }
        Self::from_parts(der, key).map_err(|e| content(&cert_path, e.to_string()))
    }

    /// The account that it speaks for.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What is published on the chain.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Seconds since the epoch.
    pub fn not_before(&self) -> u64 {
        self.not_before
    }

    /// Seconds since the epoch; the last second of validity.
    pub fn not_after(&self) -> u64 {
        self.not_after
    }

    /// The certificate alone.
    pub fn to_pem(&self) -> String {
        let text = base64::engine::general_purpose::STANDARD.encode(&self.der);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem + "-----END CERTIFICATE-----\n"
    }

    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }
}

pub(crate) fn moment(seconds: u64) -> Result<OffsetDateTime, RootError> {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or_else(|| {
            RootError::Make(format!("{seconds} s since the epoch is beyond what a certificate can say"))
        })
}

fn make(error: rcgen::Error) -> RootError {
    RootError::Make(error.to_string())
}

fn file<'a>(path: &'a Path, action: &'static str) -> impl FnOnce(io::Error) -> RootError + 'a {
    move |source| RootError::File { path: path.to_owned(), action, source }
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), RootError> {
    let mut out = match OpenOptions::new().write(true).create_new(true).mode(mode).open(path) {
        Ok(out) => out,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(RootError::Exists { path: path.to_owned() })
        }
        Err(e) => return Err(file(path, "writing")(e)),
    };
    out.write_all(content).and_then(|()| out.sync_all()).map_err(|e| {
        // A torn file would stand in the way of the next attempt.
        let _ = fs::remove_file(path);
        file(path, "writing")(e)
    })
}
