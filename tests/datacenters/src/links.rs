use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What the router passes on, and what it drops.
#[derive(Debug)]
pub struct Links {
    table: String,
}

impl Links {
    /// By the nftables table that has the set `cut`.
    pub(crate) fn new(table: &str) -> Self {
        Self { table: table.to_owned() }
    }

    pub fn cut(&self, one: Ipv4Addr, other: Ipv4Addr) {
        self.change("add", one, other);
    }

    pub fn heal(&self, one: Ipv4Addr, other: Ipv4Addr) {
        self.change("delete", one, other);
    }

    /// Packets dropped between the two since they were cut, both ways; 0 when they are not.
    pub fn struck(&self, one: Ipv4Addr, other: Ipv4Addr) -> u64 {
        let listed = self.nft(&["-j", "list", "set", "ip", &self.table, "cut"]);
        let listed: Value = serde_json::from_str(&listed).expect("nft answers JSON");
        let sets = listed["nftables"].as_array().into_iter().flatten();
        let elements = sets.filter_map(|entry| entry["set"]["elem"].as_array()).flatten();
        let (one, other) = (one.to_string(), other.to_string());
        let between = elements.filter(|entry| {
            let pair = &entry["elem"]["val"]["concat"];
            (pair[0] == *one && pair[1] == *other) || (pair[0] == *other && pair[1] == *one)
        });
        between.filter_map(|entry| entry["elem"]["counter"]["packets"].as_u64()).sum()
    }

    fn change(&self, how: &str, one: Ipv4Addr, other: Ipv4Addr) {
        let pairs = format!("{{ {one} . {other}, {other} . {one} }}");
        self.nft(&[how, "element", "ip", &self.table, "cut", &pairs]);
    }

    fn nft(&self, arguments: &[&str]) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("nft")
            .args(arguments)
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .stdin(Stdio::null())
            .output()
            .expect("nft is installed");
        assert!(output.status.success(), "nft {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
