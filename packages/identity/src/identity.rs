use rcgen::{
    CertificateParams, DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, PKCS_ECDSA_P256_SHA256,
};
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::root::moment;
use crate::verify::{self, Expect, Usage};
use crate::{
    unix_now, LeafName, Role, Root, RootError, CLOCK_SKEW, DEFAULT_LEAF_LIFETIME, MAX_LEAF_LIFETIME,
};

/// Share of a leaf's life after which a new one takes its place, in percent.
const RENEW_AT_PERCENT: u64 = 70;

/// Who this process is towards others: a root, and the leaf in use. Leaves live in memory only, each with a key of
/// its own. A connection asks for the leaf at its handshake, and a new one is issued when the old one is past 70 %
/// of its life; connections that live on are not touched.
#[derive(Debug)]
pub struct Identity {
    root: Root,
    name: LeafName,
    lifetime: Duration,
    current: Mutex<Leaf>,
}

#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub key: Arc<CertifiedKey>,
    pub renew_at: u64,
    pub not_after: u64,
}

impl Identity {
    /// With leaves of the default lifetime of 30 days.
    pub fn new(root: Root, chain_id: &str, role: Role) -> Result<Self, RootError> {
        Self::with_lifetime(root, chain_id, role, DEFAULT_LEAF_LIFETIME)
    }

    /// `lifetime` is cut to what peers accept.
    pub fn with_lifetime(
        root: Root,
        chain_id: &str,
        role: Role,
        lifetime: Duration,
    ) -> Result<Self, RootError> {
        let name = LeafName { chain_id: chain_id.to_owned(), account: root.account().to_owned(), role };
        if LeafName::from_uri(&name.to_uri()).is_none() {
            return Err(RootError::Make(format!("chain id {chain_id:?} cannot stand in a certificate")));
        }
        let lifetime = lifetime.min(MAX_LEAF_LIFETIME);
        let current = Mutex::new(issue(&root, &name, lifetime, unix_now())?);
        Ok(Self { root, name, lifetime, current })
    }

    pub fn root(&self) -> &Root {
        &self.root
    }

    pub fn name(&self) -> &LeafName {
        &self.name
    }

    pub fn account(&self) -> &str {
        &self.name.account
    }

    pub fn chain_id(&self) -> &str {
        &self.name.chain_id
    }

    /// When the leaf in use ends, in seconds since the epoch.
    pub fn leaf_expires(&self) -> u64 {
        self.leaf().not_after
    }

    /// How long its leaves are to live.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The leaf to present now. Issues a new one when it is time. When that fails the old one stays in use, which
    /// a peer refuses with a clear reason once it is over.
    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        let now = unix_now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= current.renew_at {
            if let Ok(renewed) = issue(&self.root, &self.name, self.lifetime, now) {
                *current = renewed;
            }
        }
        current.key.clone()
    }

    fn leaf(&self) -> Leaf {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A new leaf, verified as a peer would verify it.
fn issue(root: &Root, name: &LeafName, lifetime: Duration, now: u64) -> Result<Leaf, RootError> {
    let leaf = sign(root, name.to_uri(), name.role, lifetime, now)?;
    let usages: &[Usage] =
        if name.role.may_serve() { &[Usage::Client, Usage::Server] } else { &[Usage::Client] };
    for usage in usages {
        let expect = Expect {
            chain_id: &name.chain_id,
            account: Some(&name.account),
            roles: &[name.role],
            usage: *usage,
            now,
        };
        verify::verify_chain(&leaf.key.cert, &expect).map_err(|e| RootError::Make(e.to_string()))?;
    }
    Ok(leaf)
}

/// A new leaf with one name, which nothing has verified yet.
pub(crate) fn sign(
    root: &Root,
    uri: String,
    role: Role,
    lifetime: Duration,
    now: u64,
) -> Result<Leaf, RootError> {
    let make = |e: rcgen::Error| RootError::Make(e.to_string());
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names =
        vec![SanType::URI(uri.try_into().map_err(|_| RootError::Make("the name is not ASCII".to_owned()))?)];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = match role {
        Role::Tenant => vec![ExtendedKeyUsagePurpose::ClientAuth],
        Role::Provider => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
    };
    params.use_authority_key_identifier_extension = true;
    // Never outside of the root's own time.
    let not_before = now.saturating_sub(CLOCK_SKEW.as_secs()).max(root.not_before());
    let not_after = (not_before + lifetime.as_secs()).min(root.not_after());
    params.not_before = moment(not_before)?;
    params.not_after = moment(not_after)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(make)?;
    let issuer = Issuer::from_ca_cert_der(root.der(), root.key()).map_err(make)?;
    let der = params.signed_by(&key, &issuer).map_err(make)?.der().clone();
    let chain = vec![der, root.der().clone()];
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signing = any_ecdsa_type(&private).map_err(|e| RootError::Make(e.to_string()))?;
    Ok(Leaf {
        key: Arc::new(CertifiedKey::new(chain, signing)),
        renew_at: not_before + (not_after.saturating_sub(not_before)).saturating_mul(RENEW_AT_PERCENT) / 100,
        not_after,
    })
}
