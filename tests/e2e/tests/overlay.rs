//! Services of a deployment reach each other across providers by name and port, and nobody else does.

mod common;

use std::time::Duration;

use common::CHEAP;
use e2e::{matched, until, Account, Lab, Provider};
use market_api::{LeaseId, LeasePhase};

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);
const SITES: [&str; 2] = ["near", "far"];

/// A caller at one site, and at the other a page on port 8080. Only the caller may connect.
const SDL: &str = r#"version: "2.0"
services:
  caller:
    image: busybox
    command: ["sh", "-c", "mkdir -p /tmp/w; echo caller > /tmp/w/index.html; httpd -f -p 8080 -h /tmp/w"]
    expose: [{ port: 8080, to: [{ global: true }] }]
  pages:
    image: busybox
    command: ["sh", "-c", "mkdir -p /tmp/w; echo pages of $(hostname) > /tmp/w/index.html; httpd -f -p 8080 -h /tmp/w"]
    expose: [{ port: 8080, to: [{ global: true }] }]
profiles:
  compute:
    small: { resources: { cpu: { units: 0.1 }, memory: { size: 64Mi }, storage: { size: 128Mi } } }
  placement:
    near: { attributes: { site: near }, pricing: { small: { denom: uakt, amount: 10000 } } }
    far: { attributes: { site: far }, pricing: { small: { denom: uakt, amount: 10000 } } }
deployment:
  caller: { near: { profile: small, count: 1 } }
  pages: { far: { profile: small, count: 1 } }
x-market:
  connections:
    - { from: caller, to: pages, port: 8080 }
"#;

fn start(provider: &Provider, site: &str) {
    let site = format!("site={site}");
    provider.owner.ok(&["provider", "update", "--attribute", "region=lab", "--attribute", &site, "-y"]);
    provider.launch();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
}

/// The one container of a lease, once it is paid.
fn container(lab: &Lab, lease: LeaseId) -> String {
    until(&format!("lease {lease} runs"), PATIENCE, || {
        let mut running = lab.engine.running(lease.0);
        (running.len() == 1 && lab.lease(lease.0).phase == LeasePhase::Active).then(|| running.remove(0))
    })
}

/// What a container is answered under an address. None when it is refused or hears nothing for a while. By nc, because
/// the image's wget, linked statically, does not survive looking a name up.
fn page(lab: &Lab, container: &str, address: &str) -> Option<String> {
    let (host, port) = address.rsplit_once(':').expect("a host and a port");
    let ask = format!("printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {host} {port}");
    let answer = lab.engine.exec(container, &["sh", "-c", &ask]).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.contains(" 200 ").then(|| body.to_owned())
}

fn reaches(lab: &Lab, container: &str) {
    until("the caller reaches the service by its name", PATIENCE, || {
        page(lab, container, "pages:8080").filter(|answer| answer == "pages of pages-0\n")
    });
}

#[test]
fn a_service_is_reached_by_name_at_another_provider_and_only_by_whom_the_manifest_lets() {
    let lab = Lab::get();
    let (near, far) = (Provider::open(lab, 1, CHEAP), Provider::open(lab, 2, CHEAP));
    let tenant = Account::open(lab, "tenant");
    start(&near, "near");
    start(&far, "far");

    let file = lab.manifest("overlay", SDL);
    let (deployment, found) = matched(lab, &tenant, &file, &SITES);
    let id = deployment.to_string();
    assert_eq!(found[0].provider.as_str(), near.address());
    assert_eq!(found[1].provider.as_str(), far.address());
    tenant.ok(&["send-manifest", &id, "--lease", &found[0].id.to_string()]);
    let (caller, pages) = (container(lab, found[0].id), container(lab, found[1].id));
    reaches(lab, &caller);

    // Nothing comes back the other way: not by name, and not to the caller's own address.
    assert_eq!(page(lab, &pages, "caller:8080"), None);
    let direct = |container: &str| {
        let networks = lab.engine.inspect(container)["NetworkSettings"]["Networks"].clone();
        let network = networks.as_object().and_then(|all| all.values().next()).expect("it is in a network");
        let field = |name: &str| network[name].as_str().expect("an address").to_owned();
        (field("IPAddress"), field("Gateway"))
    };
    let (address, gateway) = direct(&caller);
    assert_eq!(page(lab, &pages, &format!("{address}:8080")), None);
    // The address that stands for the service leads nowhere from another lease, and no port but the connection's is
    // open on the caller's way out.
    let named = lab.engine.exec(&caller, &["grep", "pages", "/etc/hosts"]).expect("the name is known");
    let named = named.split_whitespace().next().expect("an address").to_owned();
    assert!(named.starts_with("198.18.") || named.starts_with("198.19."), "{named}");
    assert_eq!(page(lab, &pages, &format!("{named}:8080")), None);
    assert_eq!(page(lab, &caller, &format!("{named}:8081")), None);
    assert_eq!(page(lab, &pages, &format!("{gateway}:8080")), None);

    // Either agent may crash, and come back to the same.
    for provider in [&near, &far] {
        provider.kill();
        provider.launch();
        reaches(lab, &caller);
    }

    // A container that is gone is made anew, at another address perhaps; the name stays.
    lab.engine.remove(&pages);
    container(lab, found[1].id);
    reaches(lab, &caller);

    tenant.ok(&["close", "--lease", &found[1].id.to_string(), "-y"]);
    until("the tunnel is gone with its lease", PATIENCE, || {
        page(lab, &caller, "pages:8080").is_none().then_some(())
    });
    tenant.ok(&["close", &id, "-y"]);
    until("nothing of it is left", PATIENCE, || {
        (lab.engine.remains(found[0].id.0).is_empty() && lab.engine.remains(found[1].id.0).is_empty())
            .then_some(())
    });
    lab.check_money();
}
