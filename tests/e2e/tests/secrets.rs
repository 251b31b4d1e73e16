//! The value of a secret goes from `akash deploy` into the container, and to no disk, log or chain.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{sdl, CHEAP};
use e2e::{runs, until, Account, Lab, Provider};
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

#[test]
fn a_secret_goes_from_deploy_into_the_container_and_to_no_disk_log_or_chain() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    provider.launch();
    let tenant = Account::open(lab, "tenant");
    let text = sdl("nginx", 1) + "x-market:\n  services:\n    web: {secrets: [PASSWORD]}\n";
    let file = lab.manifest("secret", &text);

    // What is missing is said before anything is paid.
    let before = lab.balance(tenant.address());
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

    // The manifest is everywhere: the chain's version, the agent's and the tenant's disk. The value is nowhere.
    assert_ne!(files_with("COLOUR=blue", &lab.dir), "", "this does not find what is there");
    assert_eq!(files_with(VALUE, &lab.dir), "");
    assert!(!said.contains(VALUE) && !String::from_utf8_lossy(&deploy.stdout).contains(VALUE));
    let container = &lab.engine.running(lease)[0];
    assert!(!lab.engine.inspect(container).to_string().contains(VALUE));

    tenant.ok(&["close", &deployment.to_string(), "-y"]);
    until("the container is gone", PATIENCE, || lab.engine.remains(lease).is_empty().then_some(()));
    lab.check_money();
}
