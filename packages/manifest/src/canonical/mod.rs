//! The canonical form of a manifest: JSON with sorted keys, spelled as Akash's SDK spells what it hashes.

mod addresses;
mod extension;
mod read;
mod resources;
mod write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits;
use crate::model::Manifest;
use crate::version::Version;

/// Why bytes are not a canonical manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    #[error("the manifest has {0} bytes, at most {max} are accepted", max = limits::MAX_BYTES)]
    TooLarge(usize),
    #[error("the manifest is not JSON of a canonical manifest: {0}")]
    Json(String),
    #[error("the manifest breaks a rule at {path}: {message}")]
    Rule { path: String, message: String },
    #[error("the manifest is not spelled canonically: encoded again it differs from byte {0} on")]
    Spelling(usize),
}

impl Manifest {
    /// The bytes whose SHA-256 is the version.
    pub fn to_canonical_json(&self) -> Vec<u8> {
        // Serialising plain structs of strings and integers into memory has no way to fail.
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut escaped = Vec::with_capacity(json.len());
        for byte in json {
            // Only strings contain these, and there this is the same character.
            match byte {
                b'<' => escaped.extend_from_slice(b"\\u003c"),
                b'>' => escaped.extend_from_slice(b"\\u003e"),
                b'&' => escaped.extend_from_slice(b"\\u0026"),
                other => escaped.push(other),
            }
        }
        escaped
    }

    /// Reads what [`Manifest::to_canonical_json`] wrote and nothing else: bounded, no unknown field, every rule of
    /// the language kept, and spelled canonically to the byte.
    pub fn from_canonical_json(bytes: &[u8]) -> Result<Self, CanonicalError> {
        if bytes.len() > limits::MAX_BYTES {
            return Err(CanonicalError::TooLarge(bytes.len()));
        }
        let groups: Groups =
            serde_json::from_slice(bytes).map_err(|error| CanonicalError::Json(error.to_string()))?;
        let manifest = Manifest::try_from(groups)?;
        let again = manifest.to_canonical_json();
        if again != bytes {
            let same = again.iter().zip(bytes).take_while(|(left, right)| left == right).count();
            return Err(CanonicalError::Spelling(same));
        }
        Ok(manifest)
    }

    /// What the chain records of this manifest.
    pub fn version(&self) -> Version {
        Version(Sha256::digest(self.to_canonical_json()).into())
    }
}

// ---- the form on the wire; fields in the order of their sorted keys

#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Groups(Vec<Group>);

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    services: Vec<WireService>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireService {
    args: Option<Vec<String>>,
    command: Option<Vec<String>>,
    count: u32,
    credentials: Option<WireCredentials>,
    env: Option<Vec<String>>,
    expose: Vec<WireExpose>,
    image: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<WireParams>,
    resources: WireResources,
    #[serde(rename = "x-market", default, skip_serializing_if = "Option::is_none")]
    extension: Option<extension::Wire>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCredentials {
    email: String,
    host: String,
    password: String,
    username: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireExpose {
    endpoint_sequence_number: u32,
    external_port: u16,
    global: bool,
    hosts: Option<Vec<String>>,
    http_options: WireHttpOptions,
    ip: String,
    port: u16,
    proto: WireProto,
    service: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum WireProto {
    Tcp,
    Udp,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireHttpOptions {
    max_body_size: u64,
    next_cases: Vec<String>,
    next_timeout: u64,
    next_tries: u64,
    read_timeout: u64,
    send_timeout: u64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireParams {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permissions: Option<WirePermissions>,
    storage: Vec<WireMount>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePermissions {
    read: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireMount {
    mount: String,
    name: String,
    read_only: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireResources {
    cpu: WireUnits,
    endpoints: Vec<WireEndpoint>,
    gpu: WireUnits,
    id: u32,
    memory: WireMemory,
    storage: Vec<WireStorage>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireUnits {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<WireAttribute>,
    units: WireValue,
}

/// Numbers are written as text.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireValue {
    val: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEndpoint {
    #[serde(default, skip_serializing_if = "is_zero")]
    kind: u8,
    sequence_number: u32,
}

fn is_zero(kind: &u8) -> bool {
    *kind == 0
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMemory {
    size: WireValue,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStorage {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<WireAttribute>,
    name: String,
    size: WireValue,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAttribute {
    key: String,
    value: String,
}
