//! What each key alone cannot say: ranges, clashes, and files that must be there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Config, Firewall, Problem, Span};

/// Ranges and clashes.
pub fn check(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut need = |holds: bool, place: &str, message: String| {
        if !holds {
            problems.push(Problem::new(place, message));
        }
    };
    let c = config;
    let positive = |span: Span| !span.0.is_zero();
    need(positive(c.chain.poll), "chain.poll", "must be longer than 0".into());
    need(c.chain.timeout_blocks >= 2, "chain.timeout_blocks", "must be at least 2 blocks".into());
    for endpoint in &c.chain.endpoints {
        let known = endpoint.starts_with("http://") || endpoint.starts_with("https://");
        need(
            known,
            "chain.endpoints",
            format!("{:?} is no http:// or https:// address", hide_userinfo(endpoint)),
        );
    }
    need(!c.pricing.denom.is_empty(), "pricing.denom", "must name the denom of the rates".into());
    need(
        c.pricing.minimum >= 1,
        "pricing.minimum",
        "must be at least 1: the market takes no bid of 0".into(),
    );
    need(
        c.bidding.min_term <= c.bidding.max_term,
        "bidding.min_term",
        format!("{} is longer than bidding.max_term, {}", c.bidding.min_term, c.bidding.max_term),
    );
    need(positive(c.bidding.rescan), "bidding.rescan", "must be longer than 0".into());
    let ports = &c.ports;
    need(
        ports.from >= 1 && ports.from <= ports.to,
        "ports",
        format!("from = {} must be at least 1 and not above to = {}", ports.from, ports.to),
    );
    need(
        ports.bind.parse::<std::net::IpAddr>().is_ok(),
        "ports.bind",
        format!("{:?} is no IP address", ports.bind),
    );
    for (place, address) in [("gateway.listen", c.gateway.listen), ("ops.listen", c.ops.listen)] {
        need(
            !(ports.from..=ports.to).contains(&address.port()),
            place,
            format!(
                "port {} lies in the pool of published ports, {} to {}",
                address.port(),
                ports.from,
                ports.to
            ),
        );
    }
    need(
        c.ops.listen.ip().is_loopback(),
        "ops.listen",
        format!("{} is no loopback address: it answers without authentication", c.ops.listen),
    );
    need(c.gateway.listen != c.ops.listen, "ops.listen", "is the gateway's address too".into());
    let engine = &c.runtime.endpoint;
    need(
        engine.starts_with("unix://") || engine.starts_with("tcp://") || engine.starts_with("http://"),
        "runtime.endpoint",
        format!("{engine:?} must start with unix:// or tcp://"),
    );
    need(
        engine.starts_with("unix://") || c.runtime.firewall == Firewall::None,
        "runtime.firewall",
        "\"nftables\" works on this machine only, and the engine may be on another: set it to \"none\" and keep \
         workloads from private networks over there"
            .into(),
    );
    need(c.runtime.pids >= 16, "runtime.pids", "must be at least 16".into());
    need(c.runtime.open_files >= 64, "runtime.open_files", "must be at least 64".into());
    need(c.runtime.log_files >= 1, "runtime.log_files", "must be at least 1".into());
    need(c.runtime.log_size.0 >= 1 << 10, "runtime.log_size", "must be at least 1KiB".into());
    need(c.leases.parallel >= 1, "leases.parallel", "must be at least 1".into());
    need(positive(c.leases.resync), "leases.resync", "must be longer than 0".into());
    need(positive(c.leases.restart_min), "leases.restart_min", "must be longer than 0".into());
    need(
        c.leases.restart_min <= c.leases.restart_max,
        "leases.restart_min",
        format!("{} is longer than leases.restart_max, {}", c.leases.restart_min, c.leases.restart_max),
    );
    need(positive(c.money.check), "money.check", "must be longer than 0".into());
    need(positive(c.money.interval), "money.interval", "must be longer than 0".into());
    need(positive(c.leases.watch), "leases.watch", "must be longer than 0".into());
    need(positive(c.ops.drain), "ops.drain", "must be longer than 0".into());
    need(positive(c.ops.stall), "ops.stall", "must be longer than 0".into());
    problems
}

/// Files that a run needs.
pub fn check_files(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let wanted = [
        (
            "chain.address_book",
            &config.chain.address_book,
            false,
            "deploy the contracts or copy the chain's address book here",
        ),
        (
            "provider.operator_key",
            &config.provider.operator_key,
            true,
            "create it with `provider-agent init`",
        ),
    ];
    let root = &config.provider.root;
    let advice = "create and publish the root with `akash provider root`";
    for (place, path, secret, advice) in wanted {
        check_file(place, path, secret, advice, &mut problems);
    }
    check_file("provider.root", &root.join(identity::ROOT_CERT_FILE), false, advice, &mut problems);
    check_file("provider.root", &root.join(identity::ROOT_KEY_FILE), true, advice, &mut problems);
    let passphrase = &config.provider.passphrase_file;
    if !passphrase.as_os_str().is_empty() {
        check_file(
            "provider.passphrase_file",
            passphrase,
            true,
            "write the passphrase of the key file there",
            &mut problems,
        );
    }
    problems
}

fn check_file(place: &str, path: &Path, secret: bool, advice: &str, problems: &mut Vec<Problem>) {
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => {
            problems.push(Problem::new(place, format!("{} is not a file", path.display())));
        }
        Ok(meta) if secret && meta.permissions().mode() & 0o077 != 0 => {
            let mode = meta.permissions().mode() & 0o777;
            problems.push(Problem::new(
                place,
                format!("{} can be read by others (mode {mode:o}): run chmod 600 on it", path.display()),
            ));
        }
        Ok(_) => {}
        Err(e) => problems.push(Problem::new(place, format!("{}: {e}; {advice}", path.display()))),
    }
}

/// An address without the user and password that it may carry.
pub fn hide_userinfo(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |i| rest.split_at(i));
            match authority.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://***@{host}{path}"),
                None => url.to_owned(),
            }
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        assert_eq!(hide_userinfo("https://me:pw@node:26657/x"), "https://***@node:26657/x");
        assert_eq!(hide_userinfo("http://node:26657"), "http://node:26657");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        std::fs::write(&key, "x").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let mut config = Config::default();
        config.provider.operator_key = key;
        let problems = check_files(&config);
        assert!(problems.iter().any(|p| p.message.contains("chmod 600")), "{problems:?}");
    }
}
