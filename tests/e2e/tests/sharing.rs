//! The manifest goes from provider to provider while the tenant is away; who takes no part is told nothing.

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::CHEAP;
use e2e::{matched, one_service_each, runs, until, Account, Lab, Provider};
use exchange::wire::{Answer, Request};
use exchange::{Item, ALPN};
use futures::{SinkExt, StreamExt};
use identity::{Connector, Fingerprint, Identity, Role, Root, RootStatus, Roots, Unknown};
use tokio_util::codec::Framed;

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);

fn start(provider: &Provider, site: &str) {
    let site = format!("site={site}");
    provider.owner.ok(&["provider", "update", "--attribute", "region=lab", "--attribute", &site, "-y"]);
    provider.launch();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
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

    let blue = lab.manifest("shared-blue", &one_service_each("nginx", "blue", &["one", "two"]));
    let green = lab.manifest("shared-green", &one_service_each("nginx", "green", &["one", "two"]));
    let (deployment, found) = matched(lab, &tenant, &blue, &["one", "two"]);
    let (one, two) = (found[0].id, found[1].id);
    assert_eq!(found[0].provider.as_str(), first.address());
    assert_eq!(found[1].provider.as_str(), second.address());

    // The tenant speaks to the first provider only, and then to nobody.
    let id = deployment.to_string();
    tenant.ok(&["send-manifest", &id, "--lease", &one.to_string()]);
    runs(lab, &lab.engine, one, "blue");
    runs(lab, &lab.engine, two, "blue");

    // A new version: on the chain, and to the first provider.
    let new = version(&tenant, &green);
    let update =
        format!(r#"{{"update_deployment":{{"deployment":{deployment},"version":"{}"}}}}"#, hex::encode(new));
    tenant.ok(&["tx", "market", &update, "-y"]);
    tenant.ok(&["send-manifest", &id, &green, "--lease", &one.to_string()]);
    runs(lab, &lab.engine, one, "green");
    runs(lab, &lab.engine, two, "green");

    // A deployment of the second provider alone.
    let other_file = lab.manifest("shared-other", &one_service_each("nginx", "red", &["two"]));
    let (other, found) = matched(lab, &tenant, &other_file, &["two"]);
    tenant.ok(&["send-manifest", &other.to_string(), "--lease", &found[0].id.to_string()]);
    runs(lab, &lab.engine, found[0].id, "red");
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
