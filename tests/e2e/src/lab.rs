use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use chain_client::{AddressBook, Client, Contracts, Governance};
use market_api::{Lease, LeaseId, Order, OrderId};

use crate::{until, Engine};

/// The chain, the engine and the deployed contracts that `scripts/e2e` set up.
pub struct Lab {
    /// Where the tests keep homes, agents and manifests.
    pub dir: PathBuf,
    /// Mnemonics of the accounts that the chain funded.
    pub keys: PathBuf,
    pub book: AddressBook,
    pub book_path: PathBuf,
    pub client: Client,
    pub contracts: Contracts,
    pub engine: Engine,
    pub scripts: PathBuf,
    localnet: Vec<String>,
    runtime: tokio::runtime::Runtime,
}

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run scripts/e2e, which starts what this needs"))
}

impl Lab {
    pub fn get() -> &'static Lab {
        static LAB: OnceLock<Lab> = OnceLock::new();
        LAB.get_or_init(Lab::from_environment)
    }

    fn from_environment() -> Self {
        let mut lab =
            Self::of(Path::new(&variable("LOCALNET_KEYS")), PathBuf::from(variable("AKASH_ADDRESS_BOOK")));
        lab.dir = PathBuf::from(variable("E2E_DIR"));
        lab.engine.host = variable("E2E_ENGINE");
        lab.engine.dir = variable("E2E_ENGINE_DIR");
        lab.localnet = vec!["--home".into(), variable("LOCALNET_HOME")];
        lab
    }

    /// On the suite of this address book, with neither directory nor engine yet.
    fn of(keys: &Path, book_path: PathBuf) -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
        let book = AddressBook::load(&book_path).unwrap_or_else(|error| panic!("{error}"));
        let client = Client::from_book(&book).unwrap_or_else(|error| panic!("{error}"));
        let contracts = Contracts::new(&client, &book).unwrap_or_else(|error| panic!("{error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let script = scripts.join("engine");
        Self {
            dir: PathBuf::new(),
            keys: keys.to_owned(),
            book,
            book_path,
            client,
            contracts,
            engine: Engine { host: String::new(), dir: String::new(), script, namespace: None },
            localnet: Vec::new(),
            scripts,
            runtime,
        }
    }

    /// The same chain with a suite of its own, deployed as the file says, and homes and agents in a directory of its
    /// own: what other tests left does not matter, and whole parameters can differ.
    pub fn apart(&self, name: &str, deployment: &Path) -> Lab {
        let dir = self.dir.join(name);
        std::fs::create_dir_all(&dir).expect("a directory for the suite");
        for entry in std::fs::read_dir(&dir).expect("its entries").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if ["homes", "manifests", "addresses.json"].contains(&name.as_str()) || name.starts_with("agent")
            {
                remove(&entry.path());
            }
        }
        let book_path = dir.join("addresses.json");
        let output = Command::new(Lab::binary("deployer"))
            .arg("deploy")
            .arg(deployment)
            .args(["--redeploy", "--rpc", &self.book.rpc[0], "--mnemonic-file"])
            .arg(self.keys.join("deployer.mnemonic"))
            .arg("--address-book")
            .arg(&book_path)
            .output()
            .expect("the deployer is built");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self {
            dir,
            engine: self.engine.clone(),
            localnet: self.localnet.clone(),
            ..Self::of(&self.keys, book_path)
        }
    }

    /// A program of the product as it was built.
    pub fn binary(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/release").join(name)
    }

    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Stops or starts the chain's process.
    pub fn chain(&self, command: &str) {
        let status = Command::new(self.scripts.join("localnet")).arg(command).args(&self.localnet).status();
        assert!(status.is_ok_and(|s| s.success()), "scripts/localnet {command} failed");
    }

    /// Spendable amount of the chain's denom.
    pub fn balance(&self, address: &str) -> u128 {
        let money = self.wait(self.client.balance(address, self.denom())).expect("the chain answers");
        money.amount.u128()
    }

    pub fn governance(&self) -> &Governance {
        self.contracts.governance.as_ref().expect("the suite was deployed with governance")
    }

    pub fn denom(&self) -> &str {
        &self.book.gas_price.denom
    }

    pub fn lease(&self, lease: u64) -> Lease {
        self.wait(self.contracts.market.lease(LeaseId(lease))).expect("the lease is on the chain")
    }

    pub fn order(&self, order: u64) -> Order {
        self.wait(self.contracts.market.order(OrderId(order))).expect("the order is on the chain")
    }

    pub fn height(&self) -> u64 {
        self.wait(self.client.latest_height()).expect("the chain answers")
    }

    /// Waits for this many more blocks.
    pub fn blocks(&self, count: u64) {
        let goal = self.height() + count;
        until("the chain makes blocks", Duration::from_secs(30), || (self.height() >= goal).then_some(()));
    }

    /// Fails when any contract owes more than it holds, or holds it under the wrong name.
    pub fn check_money(&self) {
        let market = self.wait(self.contracts.market.invariants()).expect("the market answers");
        assert!(market.holds, "{market:?}");
        let staking = self.wait(self.contracts.staking.invariants()).expect("staking answers");
        assert!(staking.holds, "{staking:?}");
        if let Some(governance) = &self.contracts.governance {
            let governance = self.wait(governance.invariants()).expect("governance answers");
            assert!(governance.holds, "{governance:?}");
        }
    }

    /// Writes a manifest of one service and gives its path.
    pub fn manifest(&self, name: &str, text: &str) -> String {
        let dir = self.dir.join("manifests");
        std::fs::create_dir_all(&dir).expect("a directory for manifests");
        let path = dir.join(format!("{name}.yaml"));
        std::fs::write(&path, text).expect("the manifest is written");
        path.display().to_string()
    }
}

/// A file or a directory with all that is in it; nothing is fine.
fn remove(path: &Path) {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    if let Err(error) = removed {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}: {error}", path.display());
    }
}
