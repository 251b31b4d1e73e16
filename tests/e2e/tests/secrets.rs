//! The value of a secret goes from `akash deploy` into the container, and to no disk, log or chain.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{sdl, CHEAP};
use cosmwasm_std::Binary;
use e2e::{get, runs, until, Account, Lab, Provider};
use market_api::LeaseId;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);
const VALUE: &str = "correct horse battery staple 7261";
/// Where the tenant has it.
const VARIABLE: &str = "E2E_DATABASE_PASSWORD";

/// Files below a folder that contain a text.
fn files_with(text: &str, dir: &Path) -> String {
    let found =
        Command::new("grep").args(["-rlF", "--devices=skip", text]).arg(dir).output().expect("grep runs");
    String::from_utf8_lossy(&found.stdout).into_owned()
}

/// The value as it travels in JSON. What the padding stands for may differ with what follows.
fn encoded() -> String {
    Binary::from(VALUE.as_bytes()).to_base64().trim_end_matches('=').to_owned()
}

/// Transactions of the blocks from a height on that contain a text. The chain's files may be compressed.
fn transactions_with(text: &str, lab: &Lab, first: u64) -> usize {
    let mut found = 0;
    for height in first..=lab.height() {
        let url = format!("{}/block?height={height}", lab.book.rpc[0]);
        let page = until("the node gives a block", PATIENCE, || get(&url).filter(|page| page.status == 200));
        let block: Value = serde_json::from_str(&page.body).expect("a block is JSON");
        for transaction in block["result"]["block"]["data"]["txs"].as_array().into_iter().flatten() {
            let bytes = Binary::from_base64(transaction.as_str().expect("text")).expect("base64");
            found += usize::from(bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
    found
}

#[test]
fn a_secret_goes_from_deploy_into_the_container_and_to_no_disk_log_or_chain() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    provider.launch();
    let tenant = Account::open(lab, "tenant");
    let text = sdl("nginx", 1) + "x-market:\n  services:\n    web: {secrets: [PASSWORD]}\n";
    let file = lab.manifest("secret", &text);

    // What is missing is said before anything is paid.
    let (before, first_block) = (lab.balance(tenant.address()), lab.height());
    let refused = tenant.fails(2, &["deploy", &file, "-y"]);
    assert!(refused.contains("PASSWORD") && refused.contains("--secret-env"), "{refused}");
    let unknown = format!("PASSWROD={VARIABLE}");
    let mut misspelt = tenant.command(&["deploy", &file, "-y", "--secret-env", &unknown]);
    let refused = misspelt.env(VARIABLE, VALUE).output().expect("akash runs");
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    assert_eq!(lab.balance(tenant.address()), before);

    let named = format!("PASSWORD={VARIABLE}");
    let mut deploy = tenant.command(&["deploy", &file, "-y", "--secret-env", &named]);
    let deploy = deploy.env(VARIABLE, VALUE).stdin(Stdio::null()).output().expect("akash runs");
    let said = String::from_utf8_lossy(&deploy.stderr);
    assert_eq!(deploy.status.code(), Some(0), "{said}");
    let answer: Value = serde_json::from_slice(&deploy.stdout).expect("akash answers in JSON");
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).expect("a number");
    let (deployment, lease) = (number(&answer["deployment"]), number(&answer["leases"][0]["lease"]));

    let read = || {
        let running = lab.engine.running(lease);
        let [container] = &running[..] else { return None };
        lab.engine.exec(container, &["cat", "/run/secrets/PASSWORD"]).ok()
    };
    assert_eq!(until("the container reads its secret", PATIENCE, read), VALUE);

    // It outlives the agent, which asks nobody for it.
    provider.kill();
    provider.start();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
    runs(lab, &lab.engine, LeaseId(lease), "blue");
    assert_eq!(until("the container reads its secret", PATIENCE, read), VALUE);

    // It does not outlive the machine: the provider waits until the tenant sends it again.
    let container = lab.engine.running(lease).remove(0);
    let inspected = lab.engine.inspect(&container);
    let held = PathBuf::from(inspected["Mounts"][0]["Source"].as_str().expect("where the value is"));
    assert!(held.starts_with("/dev/shm"), "{}", held.display());
    let memory = held.parent().expect("a folder of the lease").to_owned();
    provider.kill();
    lab.engine.remove(&container);
    std::fs::remove_dir_all(&memory).expect("what was in memory is gone");
    provider.start();
    let id = deployment.to_string();
    until("the provider waits for the secret", PATIENCE, || {
        let status = tenant.ok(&["status", &id]);
        let control = &status["leases"][0]["status"]["control"];
        (control["state"] == "awaiting_secrets" && control["names"][0] == "PASSWORD").then_some(())
    });
    assert!(lab.engine.running(lease).is_empty(), "nothing runs without what it needs");
    let mut again = tenant.command(&["secrets", "send", &id, "--env", &named]);
    let again = again.env(VARIABLE, VALUE).stdin(Stdio::null()).output().expect("akash runs");
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(until("the container reads its secret", PATIENCE, read), VALUE);

    // The manifest is everywhere: the chain's version, the agent's and the tenant's disk. The value is nowhere.
    assert_ne!(files_with("COLOUR=blue", &lab.dir), "", "this does not find what is there");
    assert_ne!(files_with(VALUE, &memory), "", "this does not find the value where it is");
    assert_ne!(
        transactions_with("create_deployment", lab, first_block),
        0,
        "this does not find what is there"
    );
    for text in [VALUE, &encoded()] {
        assert_eq!(files_with(text, &lab.dir), "");
        assert_eq!(transactions_with(text, lab, first_block), 0);
    }
    assert!(!said.contains(VALUE) && !String::from_utf8_lossy(&deploy.stdout).contains(VALUE));
    let container = &lab.engine.running(lease)[0];
    assert!(!lab.engine.inspect(container).to_string().contains(VALUE));

    tenant.ok(&["close", &deployment.to_string(), "-y"]);
    until("the container is gone", PATIENCE, || lab.engine.remains(lease).is_empty().then_some(()));
    until("the provider forgets the value", PATIENCE, || (!memory.exists()).then_some(()));
    lab.check_money();
}
