//! The manifest goes from provider to provider while the tenant is away; who takes no part is told nothing.

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::CHEAP;
use e2e::{until, Account, Lab, Provider};
use exchange::wire::{Answer, Request};
use exchange::{Item, ALPN};
use futures::{SinkExt, StreamExt};
use identity::{Connector, Fingerprint, Identity, Role, Root, RootStatus, Roots, Unknown};
use market_api::{DeploymentId, Lease, LeaseFilter, LeaseId, LeasePhase, OrderFilter, OrderPhase};
use tokio_util::codec::Framed;

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);
/// Two groups, each for the providers of one site.
fn sdl(colour: &str, sites: &[&str]) -> String {
    let each = |text: fn(&str, &str) -> String| -> String {
        sites.iter().map(|site| text(site, colour)).collect::<Vec<_>>().join("")
    };
    let services = each(|site, colour| {
        format!("  web-{site}:\n    image: nginx\n    env: [COLOUR={colour}]\n    expose:\n      - port: 80\n        to: [{{ global: true }}]\n")
    });
    let compute = each(|site, _| {
        format!("    {site}:\n      resources:\n        cpu: {{ units: 0.1 }}\n        memory: {{ size: 64Mi }}\n        storage: {{ size: 128Mi }}\n")
    });
    let placement = each(|site, _| {
        format!("    {site}:\n      attributes: {{ site: {site} }}\n      pricing:\n        {site}: {{ denom: uakt, amount: 10000 }}\n")
    });
    let deployment = each(|site, _| format!("  web-{site}:\n    {site}: {{ profile: {site}, count: 1 }}\n"));
    format!(
        "version: \"2.0\"\nservices:\n{services}profiles:\n  compute:\n{compute}  placement:\n{placement}deployment:\n{deployment}"
    )
}

fn start(provider: &Provider, site: &str) {
    let site = format!("site={site}");
    provider.owner.ok(&["provider", "update", "--attribute", "region=lab", "--attribute", &site, "-y"]);
    provider.launch();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
}

fn leases(lab: &Lab, deployment: u64) -> Vec<Lease> {
    let filter = LeaseFilter::Deployment { deployment: DeploymentId(deployment) };
    lab.wait(lab.contracts.market.leases_all(filter, 100)).expect("the market answers")
}

/// Opens the orders and waits until each is matched; gives the leases by their groups. On a machine that does much
/// else a bid can come after a short bidding window, so it is tried again with a longer one.
fn matched(lab: &Lab, tenant: &Account, file: &str, groups: &[&str]) -> (u64, Vec<Lease>) {
    for bid_window in [5, 20, 60, 180] {
        let terms = common::Terms { bid_window, ..common::Terms::default() };
        let pending = common::deploy_without_waiting(tenant, file, &terms);
        let outcome = until("the orders are matched or lapse", PATIENCE * 3, || {
            let all = leases(lab, pending.id);
            let of = |group: &&str| all.iter().find(|lease| lease.group == **group).cloned();
            let leases: Option<Vec<Lease>> = groups.iter().map(of).collect();
            let filter = OrderFilter::Deployment { deployment: DeploymentId(pending.id) };
            let orders = lab.wait(lab.contracts.market.orders_all(filter, 100)).ok()?;
            let over = [OrderPhase::Matching, OrderPhase::Lapsed, OrderPhase::Expired];
            let lapsed = orders.iter().any(|order| over.contains(&order.phase) && order.bids == 0);
            leases.map(Some).or(lapsed.then_some(None))
        });
        if let Some(leases) = outcome {
            return (pending.id, leases);
        }
        tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    }
    panic!("no provider bid within three minutes");
}

/// Waits until a lease is paid and its container has this colour.
fn runs(lab: &Lab, lease: LeaseId, colour: &str) {
    until(&format!("lease {lease} runs in {colour}"), PATIENCE, || {
        let running = lab.engine.running(lease.0);
        let [container] = &running[..] else { return None };
        let inspected = lab.engine.try_inspect(container)?;
        let right = inspected["Config"]["Env"].to_string().contains(&format!("COLOUR={colour}"));
        (right && lab.lease(lease.0).phase == LeasePhase::Active).then_some(())
    });
}

fn version(tenant: &Account, file: &str) -> [u8; 32] {
    let answer = tenant.ok(&["manifest", "version", file]);
    let text = answer["version"].as_str().expect("a version");
    hex::decode(text).expect("hex").try_into().expect("32 bytes")
}

/// The agents are asked who they are by themselves; this test knows where it connects to.
struct Trusting;

#[async_trait::async_trait]
impl Roots for Trusting {
    async fn root(&self, _: &str, _: &Fingerprint) -> Result<RootStatus, Unknown> {
        Ok(RootStatus::Active)
    }
}

/// Somebody with a root on the chain, as a peer.
fn peer(lab: &Lab, account: &Account, role: Role) -> Arc<Identity> {
    let root = Root::load(&account.home().join("roots").join(account.address())).expect("a root");
    Arc::new(Identity::new(root, &lab.book.chain_id, role).expect("an identity"))
}

/// What a provider's agent answers to a hello: all of it when it refuses, else the greeting.
fn ask(lab: &Lab, who: &Arc<Identity>, of: &Provider, deployment: u64, version: [u8; 32]) -> Vec<Bytes> {
    let endpoint = of.gateway().parse().expect("an endpoint");
    let connector = Connector::new(who.clone(), &[ALPN]);
    let asking = async || {
        let connection = connector.connect(&endpoint, of.address(), Role::Provider, &Trusting).await.ok()?;
        let mut frames = Framed::new(connection.stream, exchange::wire::codec(1 << 20));
        let hello = Request::Hello { deployment, item: Item::Manifest { version } };
        frames.send(hello.encode()).await.ok()?;
        let mut all = Vec::new();
        while let Some(Ok(frame)) = frames.next().await {
            all.push(frame.freeze());
            if matches!(Answer::decode(all[0].clone()), Ok(Answer::Welcome { .. })) {
                break;
            }
        }
        Some(all)
    };
    until("the agent answers", PATIENCE, || {
        let answer = lab.wait(async { tokio::time::timeout(PATIENCE, asking()).await });
        answer.ok().flatten()
    })
}

#[test]
fn a_manifest_reaches_every_provider_from_the_first_and_nobody_else() {
    let lab = Lab::get();
    let (first, second) = (Provider::open(lab, 1, CHEAP), Provider::open(lab, 2, CHEAP));
    let tenant = Account::open(lab, "tenant");
    let stranger = Account::open(lab, "tenant2");
    start(&first, "one");
    start(&second, "two");

    let blue = lab.manifest("shared-blue", &sdl("blue", &["one", "two"]));
    let green = lab.manifest("shared-green", &sdl("green", &["one", "two"]));
    let (deployment, found) = matched(lab, &tenant, &blue, &["one", "two"]);
    let (one, two) = (found[0].id, found[1].id);
    assert_eq!(found[0].provider.as_str(), first.address());
    assert_eq!(found[1].provider.as_str(), second.address());

    // The tenant speaks to the first provider only, and then to nobody.
    let id = deployment.to_string();
    tenant.ok(&["send-manifest", &id, "--lease", &one.to_string()]);
    runs(lab, one, "blue");
    runs(lab, two, "blue");

    // A new version: on the chain, and to the first provider.
    let new = version(&tenant, &green);
    let update =
        format!(r#"{{"update_deployment":{{"deployment":{deployment},"version":"{}"}}}}"#, hex::encode(new));
    tenant.ok(&["tx", "market", &update, "-y"]);
    tenant.ok(&["send-manifest", &id, &green, "--lease", &one.to_string()]);
    runs(lab, one, "green");
    runs(lab, two, "green");

    // A deployment of the second provider alone.
    let other_file = lab.manifest("shared-other", &sdl("red", &["two"]));
    let (other, found) = matched(lab, &tenant, &other_file, &["two"]);
    tenant.ok(&["send-manifest", &other.to_string(), "--lease", &found[0].id.to_string()]);
    runs(lab, found[0].id, "red");
    let other_version = version(&tenant, &other_file);

    let refused = vec![Answer::Refused.encode()];
    let welcome = vec![Answer::Welcome { have: Bytes::from_static(&[1]) }.encode()];
    let first_peer = peer(lab, &first.owner, Role::Provider);
    let tenant_peer = peer(lab, &tenant, Role::Tenant);
    let stranger_peer = peer(lab, &stranger, Role::Tenant);
    for who in [&first_peer, &tenant_peer] {
        assert_eq!(ask(lab, who, &second, deployment, new), welcome, "{} takes part", who.account());
    }
    // A stranger, and a participant of another deployment: one answer for what is there and what is not.
    for version in [new, other_version, [9; 32]] {
        for deployment in [deployment, other, 999_999] {
            assert_eq!(ask(lab, &stranger_peer, &second, deployment, version), refused);
        }
        assert_eq!(ask(lab, &first_peer, &second, other, version), refused);
    }

    // A former participant.
    tenant.ok(&["close", "--lease", &one.to_string(), "-y"]);
    until("the former participant is refused", PATIENCE, || {
        (ask(lab, &first_peer, &second, deployment, new) == refused).then_some(())
    });
    assert_eq!(ask(lab, &first_peer, &second, deployment, [9; 32]), refused);
    assert_eq!(ask(lab, &tenant_peer, &second, deployment, new), welcome, "the tenant still takes part");

    for deployment in [deployment, other] {
        tenant.ok(&["close", &deployment.to_string(), "-y"]);
    }
    lab.check_money();
}
