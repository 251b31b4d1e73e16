use std::fmt;
use std::str::FromStr;

/// Where a gateway listens, written `https://host:port` in the registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("endpoint {given:?} is not of the form https://host:port")]
pub struct EndpointError {
    pub given: String,
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(given: &str) -> Result<Self, EndpointError> {
        let parse = || {
            let authority = given.strip_prefix("https://")?;
            let authority = authority.strip_suffix('/').unwrap_or(authority);
            let (host, port) = authority.rsplit_once(':')?;
            let host = match host.strip_prefix('[') {
                Some(v6) => v6.strip_suffix(']').filter(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok())?,
                None => Some(host).filter(|host| {
                    !host.is_empty()
                        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
                })?,
            };
            let port = port.parse().ok().filter(|port| *port != 0)?;
            Some(Self { host: host.to_owned(), port })
        };
        parse().ok_or_else(|| EndpointError { given: given.to_owned() })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "https://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "https://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_registry_is_read_and_nothing_else() {
        for good in ["https://provider.example:8443", "https://127.0.0.1:1", "https://[::1]:65535"] {
            assert_eq!(good.parse::<Endpoint>().unwrap().to_string(), good);
        }
        for bad in [
            "provider.example:8443",
            "http://provider.example:8443",
            "https://provider.example",
            "https://provider.example:0",
            "https://provider.example:65536",
            "https://user@provider.example:1",
            "https://provider.example:1/path",
            "https://:1",
            "https://[::1:1",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
