use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// What a leaf may be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A client of gateways.
    Tenant,
    /// A gateway, and a client of other providers.
    Provider,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Tenant, Self::Provider];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Provider => "provider",
        }
    }

    /// Whether a leaf of this role may be the server's.
    pub fn may_serve(self) -> bool {
        match self {
            Self::Tenant => false,
            Self::Provider => true,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|role| role.as_str() == s).ok_or(())
    }
}

/// What a leaf's one URI says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeafName {
    pub chain_id: String,
    pub account: String,
    pub role: Role,
}

impl LeafName {
    pub fn to_uri(&self) -> String {
        format!("akash://{}/{}/{}", self.chain_id, self.account, self.role)
    }

    /// Exactly the form that [`LeafName::to_uri`] writes: no other case, no percent encoding, no empty part, nothing
    /// behind the role.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let mut parts = uri.strip_prefix("akash://")?.split('/');
        let (chain_id, account, role) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_chain_id(chain_id) || !is_account(account) {
            return None;
        }
        let role = role.parse().ok()?;
        Some(Self { chain_id: chain_id.to_owned(), account: account.to_owned(), role })
    }
}

impl fmt::Display for LeafName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_uri())
    }
}

/// Which end of a connection a tunnel's leaf is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Where the workload runs that calls.
    From,
    /// Where the workload runs that is called.
    To,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }

    /// The end that a peer holds when this end is held here.
    pub fn opposite(self) -> Self {
        match self {
            Self::From => Self::To,
            Self::To => Self::From,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Side {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        [Self::From, Self::To].into_iter().find(|side| side.as_str() == s).ok_or(())
    }
}

/// What the one URI of a tunnel's leaf says: whose leaf it is, and for which end of which connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TunnelName {
    pub chain_id: String,
    /// The provider that holds this end.
    pub account: String,
    pub deployment: u64,
    /// The connection's name in the manifest, such as `web.db.5432.tcp`.
    pub connection: String,
    pub side: Side,
}

impl TunnelName {
    pub fn to_uri(&self) -> String {
        let Self { chain_id, account, deployment, connection, side } = self;
        format!("akash://{chain_id}/{account}/tunnel/{deployment}/{connection}/{side}")
    }

    /// Exactly the form that [`TunnelName::to_uri`] writes, as with [`LeafName::from_uri`]. Neither form is one of the
    /// other, so a tunnel's leaf opens no gateway and a gateway's leaf no tunnel.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let mut parts = uri.strip_prefix("akash://")?.split('/');
        let (chain_id, account, kind) = (parts.next()?, parts.next()?, parts.next()?);
        let (deployment, connection, side) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || kind != "tunnel" || !is_chain_id(chain_id) || !is_account(account) {
            return None;
        }
        let number: u64 = deployment.parse().ok()?;
        // One way to write each number: no sign, no leading zero.
        if number.to_string() != deployment || !is_connection(connection) {
            return None;
        }
        Some(Self {
            chain_id: chain_id.to_owned(),
            account: account.to_owned(),
            deployment: number,
            connection: connection.to_owned(),
            side: side.parse().ok()?,
        })
    }
}

impl fmt::Display for TunnelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_uri())
    }
}

/// Names of services joined by points; nothing that a URI would have to escape.
fn is_connection(connection: &str) -> bool {
    (1..=200).contains(&connection.len())
        && connection.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

/// The characters and length of a bech32 address in lower case. The checksum is not computed: the chain only keeps
/// roots of addresses that exist.
pub(crate) fn is_account(account: &str) -> bool {
    account.len() <= 90
        && account.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && account.rsplit_once('1').is_some_and(|(prefix, data)| !prefix.is_empty() && data.len() >= 6)
}

/// Chain ids have at most 50 characters; these need no escaping in a URI.
pub(crate) fn is_chain_id(chain_id: &str) -> bool {
    (1..=50).contains(&chain_id.len())
        && chain_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// SHA-256 of a certificate's DER, as the registry keeps it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "wasm1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu";

    #[test]
    fn a_name_survives_its_uri() {
        let name =
            LeafName { chain_id: "akash-local_1.0".into(), account: ACCOUNT.into(), role: Role::Provider };
        assert_eq!(LeafName::from_uri(&name.to_uri()), Some(name));
    }

    #[test]
    fn anything_but_the_exact_form_is_refused() {
        for uri in [
            "".to_owned(),
            format!("akash://chain/{ACCOUNT}"),
            format!("akash://chain/{ACCOUNT}/"),
            format!("akash://chain/{ACCOUNT}/tenant/"),
            format!("akash://chain/{ACCOUNT}/tenant?x"),
            format!("akash://chain/{ACCOUNT}/Tenant"),
            format!("AKASH://chain/{ACCOUNT}/tenant"),
            format!("akash:///{ACCOUNT}/tenant"),
            format!("akash://ch%61in/{ACCOUNT}/tenant"),
            format!("akash://chain/{}/tenant", ACCOUNT.to_uppercase()),
            "akash://chain/*/tenant".to_owned(),
            format!("akash://user@chain/{ACCOUNT}/tenant"),
            format!("akash://chain:443/{ACCOUNT}/tenant"),
            format!("spiffe://chain/{ACCOUNT}/tenant"),
        ] {
            assert_eq!(LeafName::from_uri(&uri), None, "{uri}");
        }
    }
    #[test]
    fn a_tunnels_name_survives_its_uri_and_is_no_other_kind_of_name() {
        for side in [Side::From, Side::To] {
            let name = TunnelName {
                chain_id: "akash-local_1.0".into(),
                account: ACCOUNT.into(),
                deployment: u64::MAX,
                connection: "web.db-1.5432.tcp".into(),
                side,
            };
            let uri = name.to_uri();
            assert_eq!(TunnelName::from_uri(&uri), Some(name));
            assert_eq!(LeafName::from_uri(&uri), None);
            assert_eq!(side.opposite().opposite(), side);
        }
        for role in Role::ALL {
            assert_eq!(TunnelName::from_uri(&format!("akash://chain/{ACCOUNT}/{role}")), None);
        }
    }

    #[test]
    fn anything_but_the_exact_form_of_a_tunnels_name_is_refused() {
        for uri in [
            "".to_owned(),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/from/"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/from?x"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/From"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/both"),
            format!("akash://chain/{ACCOUNT}/Tunnel/1/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/provider/1/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/01/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/+1/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/-1/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel//web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/18446744073709551616/web.db.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1//from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/*/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web.*.5432.tcp/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web%2edb/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/../from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/web..db/from"),
            format!("akash://chain/{ACCOUNT}/tunnel/1/{}/from", "w".repeat(201)),
            format!("akash:///{ACCOUNT}/tunnel/1/web.db.5432.tcp/from"),
            format!("akash://chain/{}/tunnel/1/web.db.5432.tcp/from", ACCOUNT.to_uppercase()),
            format!("spiffe://chain/{ACCOUNT}/tunnel/1/web.db.5432.tcp/from"),
        ] {
            assert_eq!(TunnelName::from_uri(&uri), None, "{uri}");
        }
    }
}
