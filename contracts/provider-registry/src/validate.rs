//! What providers may say of themselves.

use cosmwasm_std::{Addr, Deps, Env};
use registry_api::limits::{
    MAX_ATTRIBUTES, MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES, MAX_CONTACT_BYTES, MAX_ENDPOINTS,
    MAX_ENDPOINT_BYTES,
};
use registry_api::{Attribute, Contact};

use crate::{state, ContractError};

/// A payout address that can use what it is paid: not a contract of the suite.
pub fn payout(deps: Deps, env: &Env, payout: &str) -> Result<Addr, ContractError> {
    let address = deps.api.addr_validate(payout)?;
    let market = state::market(deps.storage)?;
    if address == env.contract.address || market.as_ref() == Some(&address) {
        return Err(ContractError::SuiteAddress { role: "payout", address });
    }
    Ok(address)
}

pub fn endpoints(endpoints: Vec<String>) -> Result<Vec<String>, ContractError> {
    count("endpoints", endpoints.len(), MAX_ENDPOINTS)?;
    for (place, endpoint) in endpoints.iter().enumerate() {
        length("an endpoint", endpoint, MAX_ENDPOINT_BYTES)?;
        if !is_endpoint(endpoint) {
            return Err(ContractError::NotAccepted {
                what: "endpoint",
                got: endpoint.clone(),
                expected: "https://host:port, in lower case, without user, path or query",
            });
        }
        if endpoints.iter().take(place).any(|earlier| earlier == endpoint) {
            return Err(ContractError::Twice { what: "endpoint", got: endpoint.clone() });
        }
    }
    Ok(endpoints)
}

fn is_endpoint(endpoint: &str) -> bool {
    let Some((host, port)) = endpoint.strip_prefix("https://").and_then(|rest| rest.rsplit_once(':')) else {
        return false;
    };
    let port_fits = !port.starts_with('0')
        && port.bytes().all(|b| b.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0);
    port_fits && (is_name(host) || is_ipv6(host))
}

/// A DNS name or an IPv4 address.
fn is_name(host: &str) -> bool {
    host.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

fn is_ipv6(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

/// The attributes sorted by key, no key twice.
pub fn attributes(mut attributes: Vec<Attribute>) -> Result<Vec<Attribute>, ContractError> {
    count("attributes", attributes.len(), MAX_ATTRIBUTES)?;
    for attribute in &attributes {
        length("an attribute's key", &attribute.key, MAX_ATTRIBUTE_KEY_BYTES)?;
        length("an attribute's value", &attribute.value, MAX_ATTRIBUTE_VALUE_BYTES)?;
        if !is_key(&attribute.key) {
            return Err(ContractError::NotAccepted {
                what: "attribute key",
                got: attribute.key.clone(),
                expected: "lower-case letters, digits and _ / . * -, a letter or digit first",
            });
        }
        if !is_value(&attribute.value) {
            return Err(ContractError::NotAccepted {
                what: "attribute value",
                got: attribute.value.clone(),
                expected: "printable ASCII, not empty, without spaces at its ends",
            });
        }
    }
    attributes.sort();
    for pair in attributes.windows(2) {
        if let [first, second] = pair {
            if first.key == second.key {
                return Err(ContractError::Twice { what: "attribute key", got: first.key.clone() });
            }
        }
    }
    Ok(attributes)
}

fn is_key(key: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    key.bytes().next().is_some_and(plain) && key.bytes().all(|b| plain(b) || b"_/.*-".contains(&b))
}

/// Values are compared byte by byte, so nothing that looks like another value may be one.
fn is_value(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && value.bytes().all(|b| (b' '..=b'~').contains(&b))
}

pub fn contact(contact: Contact) -> Result<Contact, ContractError> {
    for (what, value) in [
        ("contact name", &contact.name),
        ("contact email", &contact.email),
        ("contact website", &contact.website),
    ] {
        length(what, value, MAX_CONTACT_BYTES)?;
        if value.chars().any(hides_or_turns) {
            return Err(ContractError::NotAccepted {
                what,
                got: value.escape_debug().to_string(),
                expected: "text without control or direction characters",
            });
        }
    }
    Ok(contact)
}

/// Control characters, and those that make text read other than it is written.
fn hides_or_turns(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

pub fn count(what: &'static str, got: usize, max: usize) -> Result<(), ContractError> {
    if got > max {
        return Err(ContractError::TooMany { what, got, max });
    }
    Ok(())
}

pub fn length(what: &'static str, text: &str, max: usize) -> Result<(), ContractError> {
    if text.len() > max {
        return Err(ContractError::TooLong { what, got: text.len(), max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_base_addresses_and_nothing_more() {
        for good in ["https://a.example:8443", "https://10.0.0.1:1", "https://[::1]:65535", "https://x:443"] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://a:1",
            "https://a",
            "https://a:",
            "https://a:0",
            "https://a:65536",
            "https://a:01",
            "https://a:+1",
            "https://A:1",
            "https://u@a:1",
            "https://a:1/",
            "https://a/b:1",
            "https://a:1?q",
            "https://-a:1",
            "https://a..b:1",
            "https://[::g]:1",
            "https://[::1:1",
            " https://a:1",
            "https://a b:1",
            "https://é:1",
        ] {
            assert!(!is_endpoint(bad), "{bad}");
        }
    }

    #[test]
    fn attribute_values_are_printable_ascii() {
        assert!(is_value("a100 80GB"));
        for bad in ["", " a", "a ", "a\0", "é", "\u{202e}a", "a\nb"] {
            assert!(!is_value(bad), "{bad:?}");
        }
    }
}
