//! What workloads may reach: the internet, each other within a lease, and nothing of this machine or its
//! neighbourhood. Kept as one nftables table of this provider's own, replaced as a whole, so that it is right again
//! whatever became of it; rules of others are never touched. The engine's own rules keep leases apart.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use market_api::LeaseId;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Mutex;

use super::labels;
use crate::runtime::{Redirect, RuntimeError};

/// Everything that is not the public internet: RFC 6890's special-purpose blocks, multicast and broadcast.
const PRIVATE: &str = "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, \
                       192.0.0.0/24, 192.0.2.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, \
                       203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4";
/// Where the engine takes the name servers of its containers from.
const RESOLVER_FILES: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
/// How long the table counts as seen.
const FRESH: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Characters of a provider's address in its bridges' names, which have 15 in all.
const SHORT: usize = 5;

/// The table of one provider.
pub struct Firewall {
    provider: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seen: Option<Instant>,
    /// Sorted, each once.
    redirects: Vec<Redirect>,
}

impl Firewall {
    pub fn new(provider: &str) -> Self {
        Self { provider: provider.to_owned(), state: Mutex::default() }
    }

    /// Puts the table into place, unless that was done a moment ago.
    pub async fn ensure(&self) -> Result<(), RuntimeError> {
        let mut state = self.state.lock().await;
        if state.seen.is_some_and(|at| at.elapsed() < FRESH) {
            return Ok(());
        }
        self.replace(&mut state).await
    }

    /// These and no others, at once when they differ.
    pub async fn redirect(&self, mut redirects: Vec<Redirect>) -> Result<(), RuntimeError> {
        redirects.sort_unstable();
        redirects.dedup();
        let mut state = self.state.lock().await;
        // None was seen when the last attempt failed.
        if state.redirects == redirects && state.seen.is_some() {
            return Ok(());
        }
        state.redirects = redirects;
        state.seen = None;
        self.replace(&mut state).await
    }

    async fn replace(&self, state: &mut State) -> Result<(), RuntimeError> {
        let mut resolvers = Vec::new();
        for file in RESOLVER_FILES {
            if let Ok(text) = tokio::fs::read_to_string(file).await {
                resolvers.extend(name_servers(&text));
            }
        }
        resolvers.sort();
        resolvers.dedup();
        let redirects = Redirects::new(&self.provider, &state.redirects);
        let rules = ruleset(&table(&self.provider), &bridges(&self.provider), &resolvers, &redirects);
        tokio::time::timeout(TIMEOUT, load(&rules))
            .await
            .unwrap_or_else(|_| Err(format!("nft did not end within {} s", TIMEOUT.as_secs())))
            .map_err(|detail| RuntimeError::Firewall { detail })?;
        state.seen = Some(Instant::now());
        Ok(())
    }
}

async fn load(rules: &str) -> Result<(), String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut nft = Command::new("nft")
        .args(["-f", "-"])
        // Not in the path of ordinary users and some services.
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("nft cannot be run ({error}): install the package nftables"))?;
    if let Some(mut stdin) = nft.stdin.take() {
        // A failure to write shows as one of nft, with its reason.
        let _ = stdin.write_all(rules.as_bytes()).await;
    }
    let output = nft.wait_with_output().await.map_err(|error| format!("nft: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("no reason given").to_owned();
    Err(format!("nft failed ({first}): the agent needs root or CAP_NET_ADMIN"))
}

fn table(provider: &str) -> String {
    format!("akash-{}", labels::short(provider))
}

/// What the names of this provider's bridges begin with.
fn bridges(provider: &str) -> String {
    format!("ak{}-", provider.get(provider.len().saturating_sub(SHORT)..).unwrap_or(provider))
}

/// The name of a lease's bridge. Leases beyond what fits into a name's 15 characters share their ends, and the
/// engine refuses the second of a name.
pub(super) fn bridge(provider: &str, lease: LeaseId) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (mut digits, mut rest) = (Vec::new(), lease.0);
    while digits.len() < 7 && (rest > 0 || digits.is_empty()) {
        digits.push(char::from(DIGITS[usize::try_from(rest % 36).unwrap_or(0)]));
        rest /= 36;
    }
    bridges(provider) + &digits.into_iter().rev().collect::<String>()
}

/// IPv4 name servers outside this machine: a stub on loopback is never handed to containers.
fn name_servers(resolv_conf: &str) -> Vec<Ipv4Addr> {
    let lines = resolv_conf.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let addresses = lines.filter_map(|rest| rest.trim().parse().ok());
    addresses.filter(|address: &Ipv4Addr| !address.is_loopback()).collect()
}

/// The parts of the table that let a lease's replicas reach the agent's listeners.
#[derive(Default)]
struct Redirects {
    /// Rules that turn an address that nobody has into the listener's.
    turn: String,
    /// Elements: bridge, protocol, address and port of each listener.
    entries: String,
    /// The same without the bridge.
    listeners: String,
}

impl Redirects {
    fn new(provider: &str, redirects: &[Redirect]) -> Self {
        let mut parts = Self::default();
        let (mut entries, mut listeners) = (BTreeSet::new(), BTreeSet::new());
        for redirect in redirects {
            let Redirect { protocol, address, port, listener, .. } = redirect;
            let bridge = bridge(provider, redirect.lease);
            parts.turn += &format!(
                "\n    iifname \"{bridge}\" ip daddr {address} {protocol} dport {port} dnat ip to {listener}"
            );
            let end = format!("{protocol} . {} . {}", listener.ip(), listener.port());
            entries.insert(format!("\"{bridge}\" . {end}"));
            listeners.insert(end);
        }
        // nft refuses an empty list.
        let set = |elements: BTreeSet<String>| match elements.is_empty() {
            true => String::new(),
            false => {
                format!("elements = {{ {} }}; ", elements.into_iter().collect::<Vec<_>>().join(", "))
            }
        };
        (parts.entries, parts.listeners) = (set(entries), set(listeners));
        parts
    }
}

/// Refusals instead of silence, so that a program learns at once. Priority just before the engine's own chains.
fn ruleset(table: &str, bridges: &str, resolvers: &[Ipv4Addr], redirects: &Redirects) -> String {
    let listed = resolvers.iter().map(Ipv4Addr::to_string).collect::<Vec<_>>().join(", ");
    let elements = if listed.is_empty() { String::new() } else { format!("elements = {{ {listed} }}; ") };
    let Redirects { turn, entries, listeners } = redirects;
    format!(
        r#"table inet {table} {{ }}
delete table inet {table}
table inet {table} {{
  set resolvers {{ type ipv4_addr; {elements}}}
  set private {{ type ipv4_addr; flags interval; elements = {{ {PRIVATE} }}; }}
  set entries {{ type ifname . inet_proto . ipv4_addr . inet_service; {entries}}}
  set listeners {{ type inet_proto . ipv4_addr . inet_service; {listeners}}}
  chain connections {{
    type nat hook prerouting priority dstnat - 5; policy accept;
    iifname != "{bridges}*" accept{turn}
  }}
  chain listening {{
    type filter hook input priority filter - 6; policy accept;
    iifname "{bridges}*" accept
    meta l4proto . ip daddr . th dport @listeners counter reject with icmpx admin-prohibited
  }}
  chain forward {{
    type filter hook forward priority filter - 5; policy accept;
    iifname != "{bridges}*" accept
    ct state established,related accept
    oifname "{bridges}*" accept
    meta nfproto ipv6 counter reject with icmpx admin-prohibited
    ip daddr @resolvers meta l4proto {{ tcp, udp }} th dport 53 accept
    ip daddr @private counter reject with icmpx admin-prohibited
    tcp dport 25 counter reject with icmpx admin-prohibited
  }}
  chain input {{
    type filter hook input priority filter - 5; policy accept;
    iifname != "{bridges}*" accept
    ct state established,related accept
    ip daddr @resolvers meta l4proto {{ tcp, udp }} th dport 53 accept
    iifname . meta l4proto . ip daddr . th dport @entries accept
    counter reject with icmpx admin-prohibited
  }}
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: &str = "wasm14nmsl7mezk8nmx0huz07d2eqp5uk827fxpcdea";

    #[test]
    fn a_bridge_has_a_name_that_the_kernel_takes_and_the_rules_match() {
        for lease in [0, 1, 35, 36, 1_679_616, 78_364_164_095, u64::MAX] {
            let name = bridge(PROVIDER, LeaseId(lease));
            assert!(name.len() <= 15 && name.starts_with("akpcdea-"), "{name}");
        }
        assert_eq!(bridge(PROVIDER, LeaseId(37)), "akpcdea-11");
        assert_ne!(bridge(PROVIDER, LeaseId(1)), bridge(PROVIDER, LeaseId(36)));
    }

    #[test]
    fn name_servers_on_loopback_and_of_other_families_are_left_out() {
        let text =
            "# made by hand\nsearch lan\nnameserver 10.0.0.2\n nameserver 127.0.0.53\nnameserver fe80::1\n";
        assert_eq!(name_servers(text), [Ipv4Addr::new(10, 0, 0, 2)]);
    }

    #[test]
    fn only_its_own_lease_is_let_to_a_listener() {
        let redirect = |lease, port| Redirect {
            lease: LeaseId(lease),
            protocol: gateway_api::Protocol::Tcp,
            address: Ipv4Addr::new(198, 18, 0, 9),
            port: 5432,
            listener: std::net::SocketAddrV4::new(Ipv4Addr::new(172, 18, 0, 1), port),
        };
        let parts = Redirects::new(PROVIDER, &[redirect(1, 4001), redirect(2, 4002)]);
        let rules = ruleset(&table(PROVIDER), &bridges(PROVIDER), &[], &parts);
        for wanted in [
            "iifname \"akpcdea-1\" ip daddr 198.18.0.9 tcp dport 5432 dnat ip to 172.18.0.1:4001\n",
            "iifname \"akpcdea-2\" ip daddr 198.18.0.9 tcp dport 5432 dnat ip to 172.18.0.1:4002\n",
            "elements = { \"akpcdea-1\" . tcp . 172.18.0.1 . 4001, \"akpcdea-2\" . tcp . 172.18.0.1 . 4002 };",
            "elements = { tcp . 172.18.0.1 . 4001, tcp . 172.18.0.1 . 4002 };",
        ] {
            assert!(rules.contains(wanted), "{wanted} is not in {rules}");
        }
    }

    #[test]
    fn every_rule_is_about_this_providers_bridges_only() {
        for resolvers in [&[][..], &[Ipv4Addr::new(10, 0, 0, 2)]] {
            let rules = ruleset("akash-x", "akx-", resolvers, &Redirects::default());
            assert!(!rules.contains("elements = {  }"), "nft refuses an empty list: {rules}");
            for chain in rules.split("chain ").skip(1) {
                let mut lines = chain.lines().skip(2);
                let first = lines.next().unwrap().trim();
                // The agent's own listeners are the one thing that is kept from everybody else.
                let wanted = match chain.starts_with("listening") {
                    true => "iifname \"akx-*\" accept",
                    false => "iifname != \"akx-*\" accept",
                };
                assert_eq!(first, wanted);
            }
        }
    }
}
