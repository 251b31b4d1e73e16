use std::process::Command;
use std::time::Duration;

use chain_client::TxResult;
use serde_json::Value;

use crate::{until, Lab};

/// The chain's own program as a client: it sends whatever it is told, with the gas that it is told, so that refused
/// messages are included in blocks too.
#[derive(Debug)]
pub struct Wasmd {
    binary: String,
    home: String,
}

impl Wasmd {
    pub fn of_lab() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Self { binary: variable("LOCALNET_WASMD"), home: variable("LOCALNET_HOME") }
    }

    /// Sends `wasmd tx wasm ARGUMENTS` as an account of the chain's keyring and waits until a block has it.
    pub fn tx(&self, lab: &Lab, from: &str, arguments: &[&str]) -> TxResult {
        let denom = lab.denom();
        let output = Command::new(&self.binary)
            .args(["tx", "wasm"])
            .args(arguments)
            .args(["--from", from, "--home", &self.home, "--keyring-backend", "test"])
            .args(["--chain-id", &lab.book.chain_id, "--node", &lab.book.rpc[0]])
            .args(["--gas", "1000000", "--fees", &format!("25000{denom}")])
            .args(["--broadcast-mode", "sync", "--output", "json", "-y"])
            .output()
            .expect("the chain's binary runs");
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(answer["code"], 0, "the node takes it: {answer}");
        let hash = answer["txhash"].as_str().expect("a hash").to_owned();
        until("a block has the transaction", Duration::from_secs(120), || {
            lab.wait(lab.client.tx(&hash)).ok().flatten()
        })
    }
}
