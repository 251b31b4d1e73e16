use async_trait::async_trait;
use std::sync::Arc;

use crate::{Claim, Fingerprint, Role};

/// What the chain says of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootStatus {
    /// Current and not revoked.
    Active,
    Expired,
    /// By its account, for good.
    Revoked,
    /// The account has no such root.
    NotPublished,
}

impl RootStatus {
    fn cause(self) -> &'static str {
        match self {
            Self::Active => "it is active",
            Self::Expired => "it has expired",
            Self::Revoked => "it was revoked",
            Self::NotPublished => "the account has not published it",
        }
    }
}

/// The chain could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Unknown {
    pub cause: String,
}

impl Unknown {
    pub fn new(cause: impl std::fmt::Display) -> Self {
        Self { cause: cause.to_string() }
    }
}

/// The registry of roots on the chain. An answer is what the chain said; silence is [`Unknown`], never an answer.
#[async_trait]
pub trait Roots: Send + Sync {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown>;
}

#[async_trait]
impl<R: Roots + ?Sized> Roots for Arc<R> {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        (**self).root(account, fingerprint).await
    }
}

/// A peer that the chain vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub account: String,
    pub role: Role,
    pub root_fingerprint: Fingerprint,
    /// Seconds since the epoch: the earlier end of leaf and root.
    pub expires: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoriseError {
    #[error(
        "the root {fingerprint} of {account} is not valid on the chain: {}; publish a current root for this account",
        .status.cause()
    )]
    NotTrusted { account: String, fingerprint: Fingerprint, status: RootStatus },
    #[error(
        "the root of {account} cannot be checked, because the chain cannot be asked ({cause}); nobody new is let in \
         until it answers"
    )]
    Unknown { account: String, cause: String },
}

impl AuthoriseError {
    /// The part that differs, without account and advice.
    pub fn cause(&self) -> &str {
        match self {
            Self::NotTrusted { status, .. } => status.cause(),
            Self::Unknown { cause, .. } => cause,
        }
    }
}

/// Asks the chain whether it vouches for the root of a verified claim.
pub async fn authorise(claim: &Claim, roots: &dyn Roots) -> Result<Peer, AuthoriseError> {
    authorise_root(claim.account(), &claim.root_fingerprint, roots).await?;
    Ok(Peer {
        account: claim.account().to_owned(),
        role: claim.role(),
        root_fingerprint: claim.root_fingerprint,
        expires: claim.expires,
    })
}

/// The same for a root that a peer proved itself by as the other end of a tunnel.
pub async fn authorise_root(
    account: &str,
    fingerprint: &Fingerprint,
    roots: &dyn Roots,
) -> Result<(), AuthoriseError> {
    let account = account.to_owned();
    match roots.root(&account, fingerprint).await {
        Ok(RootStatus::Active) => Ok(()),
        Ok(status) => Err(AuthoriseError::NotTrusted { account, fingerprint: *fingerprint, status }),
        Err(Unknown { cause }) => Err(AuthoriseError::Unknown { account, cause }),
    }
}
