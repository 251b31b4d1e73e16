//! What governance decides on a real chain, and that nobody else decides anything.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use chain_client::address_book::{GOVERNANCE, MARKET, REGISTRY, STAKING};
use chain_client::AddressBook;
use e2e::{Account, Lab, Wasmd};
use governance_api::{DepositState, Status};
use serde_json::{json, Value};

/// Stake of each voter; two of them decide among the three providers of all tests.
const STAKE: u64 = 20_000_000;
/// Votes that come too late for a busy machine are tried again with a new proposal.
const TRIES: u32 = 10;

/// Two accounts with stake, which propose and vote.
fn voters(lab: &Lab) -> [Account; 2] {
    ["provider1", "provider2"].map(|name| {
        let account = Account::open(lab, name);
        let stake = lab.wait(lab.contracts.staking.stake(account.address())).expect("staking answers");
        if stake.bonded.u128() < u128::from(STAKE) {
            account.stake(STAKE, lab.denom());
        }
        account
    })
}

fn proposal<'a>(title: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["--title", title, "--description", "A test of governance."];
    arguments.extend(more);
    arguments
}

/// Runs a script of the deployment with an address book; gives its exit code and everything that it said.
fn script(lab: &Lab, name: &str, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(lab.scripts.join(name))
        .env("DEPLOY_BUILD", "0")
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("scripts/{name}: {error}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap_or(-1), said.concat())
}

fn verify(lab: &Lab, book: &Path) -> (i32, String) {
    script(lab, "verify-deployment", &[&book.display().to_string()])
}

#[test]
fn after_the_hand_over_the_deployer_controls_nothing() {
    let lab = Lab::get();
    let [provider, _] = voters(lab);
    let accounts = std::fs::read_to_string(lab.keys.join("addresses.txt")).expect("the chain's accounts");
    let address_of =
        |name: &str| accounts.lines().find_map(|line| line.strip_prefix(name)).expect("an address").trim();
    // The chain's program refuses by itself to name the sender as the new admin.
    let (deployer, friend) = (address_of("deployer "), address_of("tenant "));
    let address = |name: &str| lab.book.address(name).expect("it is deployed").to_owned();
    let market = lab.wait(lab.contracts.market.config()).expect("the market answers");
    let staking = lab.wait(lab.contracts.staking.config()).expect("staking answers");
    let governance = lab.wait(lab.governance().config()).expect("governance answers");

    let slash = json!({ "slash": { "provider": provider.address(), "fraction": 1000, "fault": "governance",
        "fault_at": 1, "harmed": null, "reason": "because I can" } });
    let jail =
        json!({ "jail": { "provider": provider.address(), "seconds": 60, "reason": "because I can" } });
    let offer = json!({ "ownership": { "offer": { "new_owner": deployer } } });
    let set_market = json!({ "set_market": { "market": address(MARKET) } });
    let calls = [
        (MARKET, json!({ "update_params": { "params": market.params } })),
        (MARKET, offer.clone()),
        (STAKING, json!({ "update_params": { "params": staking.params } })),
        (STAKING, set_market.clone()),
        (STAKING, slash),
        (STAKING, offer.clone()),
        (REGISTRY, set_market),
        (REGISTRY, jail),
        (REGISTRY, json!({ "unjail": { "provider": provider.address() } })),
        (REGISTRY, offer),
        (GOVERNANCE, json!({ "update_params": { "params": governance.params } })),
        (GOVERNANCE, json!({ "run": { "proposal": 1 } })),
    ];
    let wasmd = Wasmd::of_lab();
    // Each is in a block, with gas enough to be refused for what it is and not for what it costs.
    let refused = |arguments: &[&str], reason: &str| {
        let result = wasmd.tx(lab, "deployer", arguments);
        assert_ne!(result.code, 0, "{arguments:?} took effect");
        assert!(result.log.contains(reason), "{arguments:?}: {}", result.log);
    };
    for (contract, msg) in calls {
        let reason = match contract {
            GOVERNANCE => "only a proposal that is executed may",
            _ => "owner",
        };
        refused(&["execute", &address(contract), &msg.to_string()], reason);
    }
    for name in [MARKET, STAKING, REGISTRY, GOVERNANCE] {
        let (contract, code) = (address(name), lab.book.contracts[name].code_id.to_string());
        refused(&["migrate", &contract, &code, "{}"], "unauthorized");
        refused(&["set-contract-admin", &contract, friend], "unauthorized");
        refused(&["clear-contract-admin", &contract], "unauthorized");
    }
    // Nothing of it left a trace, and everything is governance's.
    assert_eq!(lab.wait(lab.contracts.market.config()).expect("the market answers"), market);
    assert_eq!(lab.wait(lab.contracts.staking.config()).expect("staking answers"), staking);
    let (code, said) = verify(lab, &lab.book_path);
    assert_eq!(code, 0, "{said}");
    lab.check_money();
}

#[test]
fn a_proposal_changes_a_parameter_of_the_market_once() {
    let lab = Lab::get();
    let [first, second] = voters(lab);
    let anyone = Account::open(lab, "tenant2");
    let before = lab.wait(lab.contracts.market.config()).expect("the market answers").params;
    let notice = before.notice_window + 1;
    let set = format!("market.notice_window={notice}");
    let id = lab.passed(&[&first, &second], &proposal("Longer notice", &["--set", &set]));
    let number = id.to_string();

    let shown = anyone.ok(&["gov", "show", &number, "--votes"]);
    assert_eq!(shown["votes"].as_array().map(Vec::len), Some(2), "{shown}");
    let params = &shown["messages"][0]["wasm"]["execute"]["msg"]["update_params"]["params"];
    assert_eq!(params["notice_window"], notice, "{shown}");
    let changes =
        json!([{ "parameter": "market.notice_window", "now": before.notice_window, "proposed": notice }]);
    assert_eq!(shown["changes"], changes, "{shown}");
    assert_eq!(shown["progress"]["seconds_left"].as_u64().map(|left| left > 0), Some(true), "{shown}");

    anyone.ok(&["gov", "execute", &number, "-y"]);
    let after = lab.wait(lab.contracts.market.config()).expect("the market answers").params;
    assert_eq!(after, market_api::Params { notice_window: notice, ..before });
    let again = anyone.fails(4, &["gov", "execute", &number, "-y"]);
    assert!(again.contains("cannot be executed: it is Executed"), "{again}");

    // The deposit goes back to the proposer, whoever asks for it.
    let held = lab.balance(first.address());
    anyone.ok(&["gov", "settle", &number, "-y"]);
    let proposal = lab.proposal(id).proposal;
    assert_eq!(proposal.deposit_state, DepositState::Returned);
    assert_eq!(lab.balance(first.address()), held + proposal.deposit.amount.u128());
    let listed = anyone.ok(&["gov", "list", "--limit", "1000"]);
    assert!(listed["items"].as_array().expect("a list").iter().any(|item| item["id"] == id), "{listed}");
    lab.check_money();
}

/// What the chain said to a vote.
fn vote(voter: &Account, id: u64, vote: &str) -> Result<Value, String> {
    let answer = voter.run(&["gov", "vote", &id.to_string(), vote, "-y"]);
    match answer.code {
        0 => Ok(answer.json),
        _ => Err(answer.json["error"]["message"].as_str().unwrap_or(&answer.stderr).to_owned()),
    }
}

#[test]
fn votes_weigh_what_was_staked_at_the_proposal_and_are_final() {
    let lab = Lab::get();
    let [first, second] = voters(lab);
    let late = Account::open(lab, "operator3");
    let weight_at = |account: &Account, height: u64| {
        let member = lab.wait(lab.contracts.staking.member(account.address(), Some(height)));
        u128::from(member.expect("staking answers").weight.unwrap_or_default())
    };
    let arguments = proposal("Weights", &["--set", "market.notice_window=90"]);
    for _ in 0..TRIES {
        let id = first.propose(&arguments);
        let start = lab.proposal(id).proposal.start_height;
        // After the proposal: one buys stake, one gives some up.
        late.stake(500, lab.denom());
        second.ok(&["provider", "unbond", &format!("1{}", lab.denom()), "-y"]);
        let newcomer = vote(&late, id, "no");
        let yes = vote(&first, id, "yes");
        let twice = vote(&first, id, "no");
        let veto = vote(&second, id, "veto");
        late.ok(&["provider", "unbond", &format!("500{}", lab.denom()), "-y"]);
        lab.blocks(1);
        let in_time = [&newcomer, &yes, &twice, &veto]
            .iter()
            .all(|said| said.as_ref().err().is_none_or(|text| !text.contains("voting on proposal")));
        if !in_time {
            continue;
        }
        let newcomer = newcomer.expect_err("it had no stake then");
        assert!(newcomer.contains("had no stake at the beginning of block"), "{newcomer}");
        let twice = twice.expect_err("a vote is final");
        assert!(twice.contains("has already voted"), "{twice}");
        yes.expect("the first vote counts");
        veto.expect("stake given up after the proposal still votes");
        let tally = lab.proposal(id).proposal.tally;
        assert_eq!(tally.yes.u128(), weight_at(&first, start));
        assert_eq!(tally.veto.u128(), weight_at(&second, start));
        assert!(tally.no.is_zero());
        assert_eq!(weight_at(&second, start), weight_at(&second, lab.height()) + 1);
        // Half of the votes are vetoes: it fails, loses its deposit, and nobody executes it.
        lab.proposal_is(id, Status::Vetoed);
        let refused = first.fails(4, &["gov", "execute", &id.to_string(), "-y"]);
        assert!(refused.contains("it is Vetoed"), "{refused}");
        second.ok(&["gov", "settle", &id.to_string(), "-y"]);
        assert_eq!(lab.proposal(id).proposal.deposit_state, DepositState::Forfeited);
        lab.check_money();
        return;
    }
    panic!("no {TRIES} proposals got their votes before voting ended");
}

/// The contracts' Wasm as the suite was deployed with it.
fn artifact(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/artifacts").join(file)
}

/// The same contract as its next version: the digits of the version are all that differs. `running` is the version on
/// the chain, which is the artifact's, or one that an earlier run made of it.
fn newer(lab: &Lab, file: &str, running: &str) -> (PathBuf, String) {
    let mut wasm = std::fs::read(artifact(file)).expect("the contracts are built");
    let (stem, patch) = running.rsplit_once('.').expect("three numbers");
    let patch: u64 = patch.parse().expect("a number");
    let next = format!("{stem}.{}", patch + 1);
    let built = (0..=patch).rev().map(|patch| format!("{stem}.{patch}")).find(|version| {
        version.len() == next.len() && wasm.windows(version.len()).any(|bytes| bytes == version.as_bytes())
    });
    let built = built.unwrap_or_else(|| panic!("{file} says no version from {stem}.0 to {running}"));
    let mut at = 0;
    while let Some(found) = wasm[at..].windows(built.len()).position(|bytes| bytes == built.as_bytes()) {
        let start = at + found;
        at = start + built.len();
        wasm[start..at].copy_from_slice(next.as_bytes());
    }
    let path = lab.dir.join(format!("newer-{file}"));
    std::fs::write(&path, wasm).expect("written");
    (path, next)
}

fn upload(account: &Account, file: &Path) -> (u64, String) {
    let stored = account.ok(&["gov", "upload", &file.display().to_string(), "-y"]);
    let hash = stored["transaction"].as_str().expect("a hash").to_owned();
    (stored["code_id"].as_u64().expect("a code id"), hash)
}

/// A proposal in a file that migrates each contract to a code.
fn migration(lab: &Lab, name: &str, codes: &[(&str, u64)]) -> String {
    let messages: Vec<Value> = codes
        .iter()
        .map(|(contract, code)| json!({ "migrate": { "contract": contract, "code_id": code } }))
        .collect();
    let proposal = json!({ "title": name, "description": "New code.", "messages": messages });
    let path = lab.dir.join(format!("{name}.json"));
    std::fs::write(&path, proposal.to_string()).expect("written");
    path.display().to_string()
}

#[test]
fn new_code_comes_by_a_proposal_alone_and_the_address_book_follows() {
    const CONTRACTS: [(&str, &str); 4] = [
        (MARKET, "market.wasm"),
        (STAKING, "staking.wasm"),
        (REGISTRY, "provider_registry.wasm"),
        (GOVERNANCE, "governance.wasm"),
    ];
    let lab = Lab::get();
    let [first, second] = voters(lab);
    let code_of = |name: &str| {
        let address = lab.book.address(name).expect("it is deployed");
        lab.wait(lab.client.contract(address)).expect("the chain answers")
    };
    let before = CONTRACTS.map(|(name, _)| code_of(name));

    // Code that is no newer version: the proposal passes, its execution fails and leaves everything as it was.
    let same = artifact("staking.wasm");
    let (code, _) = upload(&first, &same);
    let file = migration(lab, "no-newer", &[(STAKING, code)]);
    let id = lab.passed(&[&first, &second], &[file.as_str()]);
    assert!(lab.proposal(id).proposal.upgrade, "it waits for the time-lock of upgrades");
    let refused = first.fails(4, &["gov", "execute", &id.to_string(), "-y"]);
    assert!(refused.contains("were refused, none had an effect"), "{refused}");
    let tried = lab.proposal(id).proposal;
    assert_eq!((tried.status, tried.failure.is_some()), (Status::Executable, true));
    assert_eq!(CONTRACTS.map(|(name, _)| code_of(name)), before);

    // The next version of all four, in one proposal.
    let stored = CONTRACTS.map(|(name, file)| {
        let running = code_of(name).version.expect("contracts say their version").version;
        let (wasm, next) = newer(lab, file, &running);
        (name, upload(&first, &wasm), next)
    });
    let codes: Vec<(&str, u64)> = stored.iter().map(|(name, (code, _), _)| (*name, *code)).collect();
    let file = migration(lab, "newer", &codes);
    let id = lab.passed(&[&first, &second], &[file.as_str()]);
    let executed = second.ok(&["gov", "execute", &id.to_string(), "-y"]);
    for (name, (code, _), next) in &stored {
        let now = code_of(name);
        assert_eq!((now.code_id, now.version.map(|cw2| cw2.version)), (*code, Some(next.clone())), "{name}");
    }
    lab.check_money();

    // The book is behind until the migration is recorded in it.
    let (code, said) = verify(lab, &lab.book_path);
    assert_eq!(code, 1, "{said}");
    for words in
        ["DIFFERENT  market: code id", "DIFFERENT  governance: cw2 version", "DIFFERENT  staking: sha256"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let book = lab.book_path.display().to_string();
    let mut arguments = vec![book.as_str(), executed["transaction"].as_str().expect("a hash")];
    arguments.extend(stored.iter().map(|(_, (_, hash), _)| hash.as_str()));
    let (code, said) = script(lab, "record-migration", &arguments);
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify(lab, &lab.book_path);
    assert_eq!(code, 0, "{said}");
    let recorded = AddressBook::load(&lab.book_path).expect("the book is whole");
    for (name, (code, hash), next) in &stored {
        let entry = &recorded.contracts[*name];
        let last = entry.migrations.last().expect("it is recorded");
        assert_eq!((entry.code_id, last.code_id, &last.store_tx), (*code, *code, hash));
        assert_eq!((entry.version.as_str(), &last.sha256), (next.as_str(), &entry.sha256));
    }
    // A second time there is nothing to record.
    let (code, said) = script(lab, "record-migration", &arguments);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn a_falsified_address_book_is_found_out() {
    let lab = Lab::get();
    let book = AddressBook::load(&lab.book_path).expect("the book is whole");
    let falsified = |name: &str, change: &dyn Fn(&mut AddressBook)| {
        let mut book = book.clone();
        change(&mut book);
        let path = lab.dir.join(format!("addresses-{name}.json"));
        book.save(&path).expect("written");
        verify(lab, &path)
    };
    let (code, said) = falsified("true", &|_| {});
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("parameter  market.notice_window = "), "{said}");
    fn entry<'a>(book: &'a mut AddressBook, name: &str) -> &'a mut chain_client::ContractEntry {
        book.contracts.get_mut(name).expect("it is in the book")
    }
    type Change = fn(&mut AddressBook);
    let falsehoods: [(&str, Change, &str); 4] = [
        ("hash", |book| entry(book, MARKET).sha256 = "00".repeat(32), "DIFFERENT  market: sha256"),
        ("code", |book| entry(book, STAKING).code_id += 1, "DIFFERENT  staking: code id"),
        (
            "instantiation",
            |book| entry(book, REGISTRY).instantiate_tx = entry(book, MARKET).instantiate_tx.clone(),
            "DIFFERENT  registry: instantiated by",
        ),
        (
            "denom",
            |book| {
                book.sdl_denoms.insert("uakt".to_owned(), "uother".to_owned());
            },
            "DIFFERENT  market: takes uakt as",
        ),
    ];
    for (name, change, words) in falsehoods {
        let (code, said) = falsified(name, &change);
        assert_eq!(code, 1, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
    // Where the question cannot be answered, that is what is said.
    let (code, said) = falsified("chain", &|book| book.chain_id = "another-1".to_owned());
    assert_eq!(code, 2, "{said}");
    let (code, said) = falsified("address", &|book| {
        let other = entry(book, STAKING).address.replace('1', "1q");
        entry(book, STAKING).address = other;
    });
    assert_eq!(code, 2, "{said}");
}
