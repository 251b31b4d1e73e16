use crate::{Fingerprint, LeafName, Role};

/// Who a peer says it is, with certificates that bear it out. Nothing is to be served on a claim alone: whether the
/// chain vouches for the root is asked by [`crate::authorise`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub name: LeafName,
    pub root_fingerprint: Fingerprint,
    /// Seconds since the epoch: the earlier end of leaf and root.
    pub expires: u64,
}

impl Claim {
    pub fn account(&self) -> &str {
        &self.name.account
    }

    pub fn role(&self) -> Role {
        self.name.role
    }
}
