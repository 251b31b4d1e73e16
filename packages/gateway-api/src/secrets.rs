//! Values that only a lease's provider gets. They travel inside the gateway's TLS session alone.

use std::fmt;

use cosmwasm_std::Binary;
use serde::{Deserialize, Serialize};

/// The largest value of a secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// Values for the lease's services, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutSecrets {
    pub secrets: Vec<Secret>,
}

/// One value. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub name: String,
    pub value: Binary,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, {} bytes)", self.name, self.value.len())
    }
}

/// The secrets that the lease's services need, and whether their values are here. Values are never given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    pub secrets: Vec<SecretState>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretState {
    pub name: String,
    pub held: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown_to_who_looks_at_the_request() {
        let secret = Secret { name: "KEY".into(), value: Binary::from(b"hunter2".as_slice()) };
        let shown = format!("{:?}", PutSecrets { secrets: vec![secret] });
        assert!(shown.contains("KEY, 7 bytes") && !shown.contains("hunter2"), "{shown}");
    }
}
