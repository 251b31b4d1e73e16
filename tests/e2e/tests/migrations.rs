//! The contracts of version 0.1.0 on a real chain, in use, migrated to those of today.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chain_client::keys::generate_mnemonic;
use chain_client::{broadcast, AddressBook, Client, LocalKey, Msg, Signer, TxConfig, TxError, TxResult};
use cloud_std::Money;
use cosmwasm_std::{Binary, HexBinary, Uint128};
use e2e::{until, Lab};
use market_api::{
    DeploymentId, ExecuteMsg, Group, Lease, LeaseId, LeaseState, OrderId, OrderSpec, Requirements, Resources,
};
use registry_api::Attribute;
use serde::Serialize;
use serde_json::{json, Value};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CONTRACTS: [&str; 4] = ["market", "staking", "registry", "governance"];

struct Old {
    lab: &'static Lab,
    book: AddressBook,
    client: Client,
    deployer: Arc<LocalKey>,
    /// The newest code of each contract on the chain.
    codes: BTreeMap<&'static str, u64>,
}

fn wasm(name: &str) -> PathBuf {
    let file = if name == "registry" { "provider_registry" } else { name };
    Path::new(REPOSITORY).join("target/artifacts").join(format!("{file}.wasm"))
}

impl Old {
    fn deploy() -> Self {
        let lab = Lab::get();
        let (book, mnemonic) = (lab.dir.join("addresses-0.1.0.json"), lab.keys.join("deployer.mnemonic"));
        let config = Path::new(REPOSITORY).join("tests/migrations/deployment.toml");
        let output = Command::new(Lab::binary("deployer"))
            .arg("deploy")
            .arg(config)
            .args(["--redeploy", "--rpc", &lab.book.rpc[0], "--mnemonic-file"])
            .arg(&mnemonic)
            .arg("--address-book")
            .arg(&book)
            .output()
            .expect("the deployer runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let book = AddressBook::load(&book).unwrap();
        let words = std::fs::read_to_string(mnemonic).unwrap();
        let deployer = LocalKey::from_mnemonic(&words.trim().to_owned().into(), &book.bech32_prefix).unwrap();
        let client = Client::from_book(&book).unwrap();
        Self { lab, book, client, deployer: Arc::new(deployer), codes: BTreeMap::new() }
    }

    fn address(&self, contract: &str) -> &str {
        &self.book.contracts[contract].address
    }

    fn send(&self, key: &Arc<LocalKey>, msgs: Vec<Msg>) -> Result<TxResult, TxError> {
        let config = TxConfig::new(self.book.gas_price.clone());
        self.lab.wait(broadcast(&self.client, key.clone(), config, msgs))
    }

    fn call(&self, contract: &str, msg: &impl Serialize, amount: u128) -> Msg {
        let funds = if amount == 0 { vec![] } else { vec![Money::new(self.lab.denom(), amount)] };
        Msg::execute(self.address(contract), msg, funds).unwrap()
    }

    fn market(&self, key: &Arc<LocalKey>, msg: ExecuteMsg, amount: u128) {
        self.send(key, vec![self.call("market", &msg, amount)])
            .unwrap_or_else(|error| panic!("{msg:?}: {error}"));
    }

    fn ask(&self, contract: &str, question: &Value) -> Value {
        let answer = self.lab.wait(self.client.query(self.address(contract), question));
        answer.unwrap_or_else(|error| panic!("{contract} {question}: {error}"))
    }

    fn lease(&self, id: u64) -> Lease {
        serde_json::from_value(self.ask("market", &json!({ "lease": { "lease": id } }))).unwrap()
    }

    fn account(&self) -> Arc<LocalKey> {
        let key = LocalKey::from_mnemonic(&generate_mnemonic().unwrap(), &self.book.bech32_prefix).unwrap();
        let gift = Msg::send(key.address(), Money::new(self.lab.denom(), 20_000_000u128));
        self.send(&self.deployer, vec![gift]).unwrap();
        Arc::new(key)
    }

    /// A staked provider with an attribute and a root.
    fn provider(&self) -> Arc<LocalKey> {
        let key = self.account();
        let root = identity::Root::generate(key.address(), Duration::from_secs(30 * 86_400)).unwrap();
        let register = registry_api::ExecuteMsg::Register {
            payout: None,
            endpoints: vec!["https://127.0.0.1:8443".into()],
            attributes: vec![Attribute::new("region", "eu")],
            contact: None,
        };
        let publish = registry_api::ExecuteMsg::PublishRoot { der: Binary::from(root.der().to_vec()) };
        let msgs = vec![
            self.call("registry", &register, 0),
            self.call("registry", &publish, 0),
            self.call("staking", &staking_api::ExecuteMsg::Stake {}, 1_000_000),
        ];
        self.send(&key, msgs).unwrap();
        key
    }

    fn migrate(&self, key: &Arc<LocalKey>, contract: &str, code: u64) -> Result<TxResult, TxError> {
        self.send(key, vec![Msg::migrate(self.address(contract), code, &json!({})).unwrap()])
    }

    fn store_today(&mut self) {
        for contract in CONTRACTS {
            let code = std::fs::read(wasm(contract)).expect("scripts/build-wasm has run");
            let stored = self.send(&self.deployer, vec![Msg::store_code(code)]).unwrap();
            self.codes.insert(contract, stored.code_id().expect("the code has an id"));
        }
    }
}

fn order(denom: &str, max_price: u128) -> OrderSpec {
    let requirements =
        Requirements { attributes: vec![Attribute::new("region", "eu")], ..Requirements::default() };
    let resources = Resources {
        cpu: 500,
        memory: 1 << 28,
        storage: vec![],
        bandwidth: 0,
        gpu: None,
        endpoints: 0,
        count: 1,
    };
    OrderSpec {
        group: Group { name: "web".into(), requirements, resources: vec![resources] },
        max_price: Money::new(denom, max_price),
        term: 86_400,
        bid_window: 20,
        fallback: false,
    }
}

/// Answers that do not change with the time: what they say is what is stored.
fn questions(tenant: &str, provider: &str) -> Vec<(&'static str, Value)> {
    let market = [
        json!({ "config": {} }),
        json!({ "deployment": { "deployment": 1 } }),
        json!({ "deployments": { "tenant": tenant } }),
        json!({ "grants": { "deployment": 1 } }),
        json!({ "orders": { "filter": { "tenant": { "tenant": tenant } } } }),
        json!({ "bids_of_provider": { "provider": provider } }),
        json!({ "leases": { "filter": { "state": { "state": "ended" } } } }),
        json!({ "provider_record": { "provider": provider } }),
        json!({ "reputation": { "provider": provider } }),
        json!({ "invariants": {} }),
        json!({ "limits": {} }),
    ];
    let staking = [
        json!({ "config": {} }),
        json!({ "stake": { "provider": provider } }),
        json!({ "list_members": {} }),
        json!({ "total_weight": {} }),
        json!({ "invariants": {} }),
    ];
    let registry = [
        json!({ "config": {} }),
        json!({ "providers": {} }),
        json!({ "roots": { "account": provider } }),
        json!({ "attested_provider": { "provider": provider } }),
    ];
    let governance =
        [json!({ "config": {} }), json!({ "proposals": {} }), json!({ "proposal": { "proposal": 1 } })];
    let all = market.map(|q| ("market", q)).into_iter();
    all.chain(staking.map(|q| ("staking", q)))
        .chain(registry.map(|q| ("registry", q)))
        .chain(governance.map(|q| ("governance", q)))
        .collect()
}

#[test]
fn a_suite_of_version_0_1_0_in_use_goes_on_as_the_suite_of_today() {
    let mut old = Old::deploy();
    let (tenant, provider, stranger) = (old.account(), old.provider(), old.account());
    let denom = old.lab.denom().to_owned();

    // Leases: 1 active, 2 ended and not withdrawn, 3 pending; an order with a bid; a delegate with a budget.
    let orders = vec![order(&denom, 864_000), order(&denom, 864_000), order(&denom, 500), order(&denom, 900)];
    let locked = orders.iter().map(|order| order.max_price.amount.u128()).sum();
    let version = HexBinary::from([7; 32]);
    old.market(&tenant, ExecuteMsg::CreateDeployment { version: version.clone(), orders }, locked);
    // In one transaction: the window for bids is short.
    let bids = [(1, 864_000u128), (2, 864_000), (3, 400), (4, 800)].map(|(id, price)| {
        let bid = ExecuteMsg::PlaceBid { order: OrderId(id), provider: None, price: Uint128::new(price) };
        old.call("market", &bid, 5_000)
    });
    old.send(&provider, bids.to_vec()).unwrap_or_else(|error| panic!("{error}"));
    let order = json!({ "order": { "order": 4 } });
    until("bidding is over", Duration::from_secs(120), || {
        (old.ask("market", &order)["phase"] == "matching").then_some(())
    });
    for id in 1..=3 {
        old.market(&stranger, ExecuteMsg::Match { order: OrderId(id) }, 0);
    }
    for id in [1, 2] {
        let activate = ExecuteMsg::Activate { lease: LeaseId(id), version: version.clone() };
        old.market(&provider, activate, 0);
    }
    let rights = json!({ "grant": { "deployment": 1, "delegate": stranger.address(), "rights": {
        "open_groups": ["web"], "max_order_price": "1000", "max_live_per_group": 2, "allowed_attributes": [],
        "close_leases": false, "top_up": true, "set_version": false, "expires_at": 4_000_000_000u64 } } });
    old.send(&tenant, vec![old.call("market", &rights, 0)]).unwrap();
    let fund = ExecuteMsg::FundGrant { deployment: DeploymentId(1), delegate: stranger.address().to_owned() };
    old.market(&tenant, fund, 700);
    until("the second lease earns", Duration::from_secs(60), || {
        (!old.lease(2).earned.is_zero()).then_some(())
    });
    old.market(&tenant, ExecuteMsg::CloseLease { lease: LeaseId(2) }, 0);
    let unbond = staking_api::ExecuteMsg::Unbond { amount: Uint128::new(300_000) };
    let attest = registry_api::ExecuteMsg::Attest {
        provider: provider.address().to_owned(),
        attributes: vec![Attribute::new("region", "eu")],
    };
    old.send(&provider, vec![old.call("staking", &unbond, 0)]).unwrap();
    old.send(&stranger, vec![old.call("registry", &attest, 0)]).unwrap();
    let gift = json!({ "bank": { "send": {
        "to_address": stranger.address(), "amount": [{ "denom": denom, "amount": "1" }] } } });
    let propose = json!({ "propose": {
        "title": "A gift", "description": "Proposed before the migration.", "messages": [gift] } });
    old.send(&provider, vec![old.call("governance", &propose, 1_000)])
        .unwrap_or_else(|error| panic!("{error}"));

    let asked = questions(tenant.address(), provider.address());
    let answers =
        |old: &Old| -> Vec<Value> { asked.iter().map(|(to, question)| old.ask(to, question)).collect() };
    let before = answers(&old);
    let pending = old.lease(3);

    old.store_today();
    for contract in CONTRACTS {
        let code = old.codes[contract];
        let error = old.migrate(&stranger, contract, code).unwrap_err().to_string();
        assert!(error.contains("unauthorized"), "by a stranger: {error}");
        let other = old.codes[if contract == "market" { "staking" } else { "market" }];
        let error = old.migrate(&old.deployer, contract, other).unwrap_err().to_string();
        assert!(error.contains("this code migrates cloud-market:"), "to another contract: {error}");
    }
    for contract in CONTRACTS {
        old.migrate(&old.deployer, contract, old.codes[contract])
            .unwrap_or_else(|error| panic!("{contract}: {error}"));
        let error = old.migrate(&old.deployer, contract, old.codes[contract]).unwrap_err().to_string();
        assert!(error.contains("is not older"), "twice: {error}");
        let error = old
            .migrate(&old.deployer, contract, old.book.contracts[contract].code_id)
            .unwrap_err()
            .to_string();
        assert!(error.contains("is not older"), "back: {error}");
    }

    for ((to, question), (found, expected)) in asked.iter().zip(answers(&old).iter().zip(&before)) {
        assert_eq!(found, expected, "{to} {question}");
    }
    assert_eq!(old.lease(3), pending);
    let totals = old.ask("market", &json!({ "totals": {} }));
    assert_eq!((totals["leases"].as_u64(), totals["tenants"].as_u64()), (Some(3), Some(0)), "{totals}");

    // The old leases go on, and everything ends with nothing left.
    let activate = ExecuteMsg::Activate { lease: LeaseId(3), version: version.clone() };
    old.market(&provider, activate, 0);
    old.market(&stranger, ExecuteMsg::Match { order: OrderId(4) }, 0);
    old.market(&stranger, ExecuteMsg::Withdraw { lease: LeaseId(2) }, 0);
    let act = json!({ "act": { "deployment": 1, "action": { "top_up": { "lease": 1, "amount": "100" } } } });
    old.send(&stranger, vec![old.call("market", &act, 0)]).unwrap_or_else(|error| panic!("{error}"));
    old.market(&tenant, ExecuteMsg::CloseDeployment { deployment: DeploymentId(1), limit: None }, 0);
    for id in [1, 3, 4] {
        let lease = old.lease(id);
        assert_eq!(lease.state, LeaseState::Ended, "{lease:?}");
        if lease.earned > lease.withdrawn {
            old.market(&stranger, ExecuteMsg::Withdraw { lease: LeaseId(id) }, 0);
        }
    }
    for id in 1..=4 {
        let reclaim =
            ExecuteMsg::ReclaimDeposit { order: OrderId(id), provider: provider.address().to_owned() };
        old.market(&provider, reclaim, 0);
    }
    let books = old.ask("market", &json!({ "invariants": {} }));
    assert_eq!(books["holds"], true, "{books}");
    assert_eq!(books["denoms"][0]["balance"], "0", "{books}");
}
