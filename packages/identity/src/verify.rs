use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::{
    Oid, OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ED25519,
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::FromDer;

use crate::name::is_account;
use crate::{
    Claim, Fingerprint, LeafName, Role, TunnelName, CLOCK_SKEW, MAX_CERTIFICATE_BYTES, MAX_LEAF_LIFETIME,
};

/// Which end of a connection a leaf is presented for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    Client,
    Server,
}

/// What a peer's certificates are held against.
#[derive(Clone, Debug)]
pub struct Expect<'a> {
    pub chain_id: &'a str,
    /// Absent when any account may come.
    pub account: Option<&'a str>,
    /// Any of these.
    pub roles: &'a [Role],
    pub usage: Usage,
    /// Seconds since the epoch.
    pub now: u64,
}

/// Why a peer's certificates are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("{got} certificates were presented, expected exactly two: the leaf and its root")]
    ChainLength { got: usize },
    #[error("the {which} has {got} bytes, the limit is {max}")]
    TooLarge { which: &'static str, got: usize, max: usize },
    #[error("the {which} cannot be read: {detail}")]
    Unreadable { which: &'static str, detail: String },
    #[error("the {which} has a key or signature of kind {got}; accepted are ECDSA on P-256 with SHA-256, and Ed25519")]
    Algorithm { which: &'static str, got: String },
    #[error(
        "the {which} has the extension {oid}, which is not understood and marked critical, or is not allowed"
    )]
    Extension { which: &'static str, oid: String },
    #[error("the root's subject is {got:?}, expected exactly one common name that is an account's address")]
    RootName { got: String },
    #[error("the root is not a self-signed authority: {detail}")]
    RootKind { detail: &'static str },
    #[error("the {which}'s signature is not by the root's key")]
    Signature { which: &'static str },
    #[error("the leaf is not made for this: {detail}")]
    LeafKind { detail: &'static str },
    #[error("the leaf must have exactly one name, a URI akash://<chain-id>/<account>/<role>; it has {got}")]
    LeafName { got: String },
    #[error("the leaf must have exactly one name, this tunnel's URI {expected}; it has {got}")]
    OtherTunnel { expected: String, got: String },
    #[error("the leaf names account {leaf}, its root belongs to {root}")]
    OtherRoot { leaf: String, root: String },
    #[error("the peer is {got}, expected {expected}")]
    OtherAccount { expected: String, got: String },
    #[error("the peer comes as {got}, expected {expected}")]
    OtherRole { expected: String, got: Role },
    #[error("the leaf is valid for {seconds} s, the limit is {max} s: issue one with a shorter life")]
    LifetimeTooLong { seconds: u64, max: u64 },
    #[error("the peer is of chain {got:?}, expected {expected:?}")]
    OtherChain { expected: String, got: String },
    #[error(
        "the {which} was valid until {not_after}, the clock here says {now} (seconds since the epoch): it has to be \
         renewed, or one of the clocks is wrong"
    )]
    Expired { which: &'static str, not_after: u64, now: u64 },
    #[error(
        "the {which} is valid from {not_before}, the clock here says {now} (seconds since the epoch): one of the \
         clocks is wrong"
    )]
    NotYetValid { which: &'static str, not_before: u64, now: u64 },
}

impl VerifyError {
    /// Whether an honest peer may run into it with certificates that are sound otherwise: a server then completes
    /// the handshake and explains itself in the protocol above, instead of closing the connection. These are
    /// checked after everything else.
    pub fn is_explainable(&self) -> bool {
        matches!(self, Self::OtherChain { .. } | Self::Expired { .. } | Self::NotYetValid { .. })
    }
}

/// Checks what a peer presented, without asking the chain. The first failure is reported; those that an honest peer
/// may run into come last.
pub fn verify_chain(chain: &[CertificateDer<'_>], expect: &Expect<'_>) -> Result<Claim, VerifyError> {
    let certificates = Certificates::read(chain)?;
    let (leaf, root) = (&certificates.leaf, &certificates.root);
    let uri = one_uri(leaf).map_err(|got| VerifyError::LeafName { got })?;
    let name = LeafName::from_uri(uri)
        .ok_or_else(|| VerifyError::LeafName { got: format!("{:?}", shortened(uri)) })?;
    check_leaf_kind(leaf, name.role, expect.usage)?;
    if name.account != root.account {
        return Err(VerifyError::OtherRoot { leaf: name.account, root: root.account.clone() });
    }
    if let Some(expected) = expect.account.filter(|expected| *expected != name.account) {
        return Err(VerifyError::OtherAccount { expected: expected.to_owned(), got: name.account });
    }
    if !expect.roles.contains(&name.role) {
        let expected = expect.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ");
        return Err(VerifyError::OtherRole { expected, got: name.role });
    }
    let lifetime = leaf_lifetime(leaf)?;
    if name.chain_id != expect.chain_id {
        return Err(VerifyError::OtherChain { expected: expect.chain_id.to_owned(), got: name.chain_id });
    }
    let expires = certificates.check_times(lifetime, expect.now)?;
    Ok(Claim { name, root_fingerprint: certificates.fingerprint, expires })
}

/// The same for a leaf that must bear exactly this tunnel's name. Returns the root's fingerprint and when the first of
/// the two certificates ends, in seconds since the epoch.
pub(crate) fn verify_tunnel(
    chain: &[CertificateDer<'_>],
    name: &TunnelName,
    usage: Usage,
    now: u64,
) -> Result<(Fingerprint, u64), VerifyError> {
    let certificates = Certificates::read(chain)?;
    let (leaf, root) = (&certificates.leaf, &certificates.root);
    let expected = name.to_uri();
    match one_uri(leaf) {
        Ok(uri) if uri == expected => {}
        Ok(uri) => return Err(VerifyError::OtherTunnel { expected, got: format!("{:?}", shortened(uri)) }),
        Err(got) => return Err(VerifyError::OtherTunnel { expected, got }),
    }
    check_leaf_kind(leaf, Role::Provider, usage)?;
    if name.account != root.account {
        return Err(VerifyError::OtherRoot { leaf: name.account.clone(), root: root.account.clone() });
    }
    let expires = certificates.check_times(leaf_lifetime(leaf)?, now)?;
    Ok((certificates.fingerprint, expires))
}

/// A leaf that is signed by the root beside it.
struct Certificates<'a> {
    leaf: X509Certificate<'a>,
    root: ParsedRoot,
    fingerprint: Fingerprint,
}

impl<'a> Certificates<'a> {
    fn read(chain: &'a [CertificateDer<'_>]) -> Result<Self, VerifyError> {
        let [leaf_der, root_der] = chain else {
            return Err(VerifyError::ChainLength { got: chain.len() });
        };
        let leaf = read(leaf_der, "leaf")?;
        let root = read_root(root_der)?;
        let root_cert = read(root_der, "root")?;
        if leaf.issuer().as_raw() != root_cert.subject().as_raw()
            || leaf.verify_signature(Some(root_cert.public_key())).is_err()
        {
            return Err(VerifyError::Signature { which: "leaf" });
        }
        Ok(Self { leaf, root, fingerprint: Fingerprint::of(root_der) })
    }

    /// The earlier end of the two.
    fn check_times(&self, (not_before, not_after): (u64, u64), now: u64) -> Result<u64, VerifyError> {
        check_time("leaf", not_before, not_after, now)?;
        check_time("root", self.root.not_before, self.root.not_after, now)?;
        Ok(not_after.min(self.root.not_after))
    }
}

pub(crate) struct ParsedRoot {
    pub account: String,
    pub not_before: u64,
    pub not_after: u64,
}

/// A root that is sound in itself, at any time.
pub(crate) fn read_root(der: &CertificateDer<'_>) -> Result<ParsedRoot, VerifyError> {
    let root = read(der, "root")?;
    let account = root_account(&root)?;
    if root.issuer().as_raw() != root.subject().as_raw() {
        return Err(VerifyError::RootKind { detail: "issuer and subject differ" });
    }
    let constraints = root
        .basic_constraints()
        .ok()
        .flatten()
        .ok_or(VerifyError::RootKind { detail: "it has no basic constraints" })?;
    if !constraints.critical || !constraints.value.ca {
        return Err(VerifyError::RootKind {
            detail: "its basic constraints do not say critically that it is one",
        });
    }
    let usage =
        root.key_usage().ok().flatten().ok_or(VerifyError::RootKind { detail: "it has no key usage" })?;
    if !usage.value.key_cert_sign() {
        return Err(VerifyError::RootKind { detail: "its key may not sign certificates" });
    }
    root.verify_signature(None).map_err(|_| VerifyError::Signature { which: "root" })?;
    let (not_before, not_after) = validity(&root, "root")?;
    Ok(ParsedRoot { account, not_before, not_after })
}

/// The raw public key of a certificate, to compare with a private key.
pub(crate) fn public_key_of(der: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let cert = read(der, "root").ok()?;
    Some(cert.public_key().subject_public_key.data.to_vec())
}

fn read<'a>(der: &'a CertificateDer<'_>, which: &'static str) -> Result<X509Certificate<'a>, VerifyError> {
    if der.len() > MAX_CERTIFICATE_BYTES {
        return Err(VerifyError::TooLarge { which, got: der.len(), max: MAX_CERTIFICATE_BYTES });
    }
    let unreadable = |detail: String| VerifyError::Unreadable { which, detail };
    let (rest, cert) = X509Certificate::from_der(der).map_err(|e| unreadable(e.to_string()))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow the certificate".to_owned()));
    }
    if cert.version() != x509_parser::x509::X509Version::V3 {
        return Err(unreadable("it is not of X.509 version 3".to_owned()));
    }
    check_algorithms(&cert, which)?;
    check_extensions(&cert, which)?;
    Ok(cert)
}

fn check_algorithms(cert: &X509Certificate<'_>, which: &'static str) -> Result<(), VerifyError> {
    let refused = |oid: &Oid<'_>| VerifyError::Algorithm { which, got: oid.to_id_string() };
    let signature = &cert.signature_algorithm;
    if *signature != cert.tbs_certificate.signature {
        return Err(refused(&cert.tbs_certificate.signature.algorithm));
    }
    if signature.algorithm != OID_SIG_ECDSA_WITH_SHA256 && signature.algorithm != OID_SIG_ED25519 {
        return Err(refused(&signature.algorithm));
    }
    let key = &cert.public_key().algorithm;
    if key.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = key.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
        match curve {
            Some(curve) if curve == OID_EC_P256 => Ok(()),
            Some(curve) => Err(refused(&curve)),
            None => Err(refused(&key.algorithm)),
        }
    } else if key.algorithm == OID_SIG_ED25519 {
        Ok(())
    } else {
        Err(refused(&key.algorithm))
    }
}

fn check_extensions(cert: &X509Certificate<'_>, which: &'static str) -> Result<(), VerifyError> {
    let understood = [
        OID_X509_EXT_BASIC_CONSTRAINTS,
        OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_EXTENDED_KEY_USAGE,
        OID_X509_EXT_SUBJECT_ALT_NAME,
        OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
        OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
    ];
    for (place, extension) in cert.extensions().iter().enumerate() {
        let refused = || VerifyError::Extension { which, oid: extension.oid.to_id_string() };
        let twice = cert.extensions()[..place].iter().any(|earlier| earlier.oid == extension.oid);
        let known = understood.contains(&extension.oid);
        // Name constraints would have to be obeyed even where they are not critical.
        if twice || (extension.critical && !known) || extension.oid == OID_X509_EXT_NAME_CONSTRAINTS {
            return Err(refused());
        }
        let unparsed = matches!(
            extension.parsed_extension(),
            ParsedExtension::ParseError { .. } | ParsedExtension::UnsupportedExtension { .. }
        );
        if known && unparsed {
            return Err(refused());
        }
    }
    Ok(())
}

fn root_account(root: &X509Certificate<'_>) -> Result<String, VerifyError> {
    let subject = root.subject();
    let names = subject.iter_attributes().count();
    let mut common = subject.iter_common_name();
    match (names, common.next().and_then(|name| name.as_str().ok())) {
        (1, Some(account)) if is_account(account) => Ok(account.to_owned()),
        _ => Err(VerifyError::RootName { got: subject.to_string() }),
    }
}

/// The one name of a leaf; otherwise what it has instead.
fn one_uri<'a>(leaf: &'a X509Certificate<'_>) -> Result<&'a str, String> {
    let names = match leaf.subject_alternative_name() {
        Ok(Some(extension)) => &extension.value.general_names,
        Ok(None) => return Err("none".to_owned()),
        Err(e) => return Err(e.to_string()),
    };
    match names.as_slice() {
        [GeneralName::URI(uri)] => Ok(uri),
        [other] => Err(shortened(&other.to_string())),
        many => Err(format!("{} names", many.len())),
    }
}

/// When it begins and ends, if that is not too long.
fn leaf_lifetime(leaf: &X509Certificate<'_>) -> Result<(u64, u64), VerifyError> {
    let (not_before, not_after) = validity(leaf, "leaf")?;
    let (seconds, max) = (not_after.saturating_sub(not_before), MAX_LEAF_LIFETIME.as_secs());
    if seconds > max {
        return Err(VerifyError::LifetimeTooLong { seconds, max });
    }
    Ok((not_before, not_after))
}

fn check_leaf_kind(leaf: &X509Certificate<'_>, role: Role, usage: Usage) -> Result<(), VerifyError> {
    let refused = |detail| Err(VerifyError::LeafKind { detail });
    match leaf.basic_constraints() {
        Ok(Some(constraints)) if constraints.value.ca => return refused("it says that it is an authority"),
        Ok(_) => {}
        Err(_) => return refused("its basic constraints cannot be read"),
    }
    match leaf.key_usage() {
        Ok(Some(key)) if key.value.key_cert_sign() || key.value.crl_sign() => {
            return refused("its key may sign certificates")
        }
        Ok(Some(key)) if key.value.digital_signature() => {}
        _ => return refused("its key usage does not say that it may sign"),
    }
    let Ok(Some(extended)) = leaf.extended_key_usage() else {
        return refused("it has no extended key usage");
    };
    let extended = extended.value;
    if extended.any {
        return refused("it may be used for anything");
    }
    // The role says what a leaf may be; a tenant's leaf that may serve is not one of ours.
    if extended.server_auth != role.may_serve() || !extended.client_auth {
        return refused("its extended key usage is not that of its role");
    }
    match usage {
        Usage::Client if !extended.client_auth => refused("it may not be used by a client"),
        Usage::Server if !extended.server_auth => refused("it may not be used by a server"),
        _ => Ok(()),
    }
}

fn validity(cert: &X509Certificate<'_>, which: &'static str) -> Result<(u64, u64), VerifyError> {
    let unreadable = |_| VerifyError::Unreadable { which, detail: "its validity is before 1970".to_owned() };
    let not_before = u64::try_from(cert.validity().not_before.timestamp()).map_err(unreadable)?;
    let not_after = u64::try_from(cert.validity().not_after.timestamp()).map_err(unreadable)?;
    Ok((not_before, not_after))
}

fn check_time(which: &'static str, not_before: u64, not_after: u64, now: u64) -> Result<(), VerifyError> {
    let skew = CLOCK_SKEW.as_secs();
    if now.saturating_add(skew) < not_before {
        Err(VerifyError::NotYetValid { which, not_before, now })
    } else if now > not_after.saturating_add(skew) {
        Err(VerifyError::Expired { which, not_after, now })
    } else {
        Ok(())
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}
