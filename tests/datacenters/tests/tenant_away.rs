//! A deployment over four datacenters whose tenant sends its manifest to one of them and is gone.

use datacenters::{Datacenters, PATIENCE};
use e2e::{leases, matched_with, one_service_each, runs, until, Account, Lab, Provider, Terms};
use market_api::{LeaseId, Order, OrderId, OrderPhase};

const SITES: [&str; 4] = ["one", "two", "three", "four"];

fn ready(provider: &Provider) {
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
}

/// A provider that bids less than anybody, wins and does nothing.
fn idler(lab: &Lab, site: &str) -> Account {
    let account = Account::open(lab, "tenant2");
    let site = format!("site={site}");
    account.ok(&["provider", "register", "--endpoint", "https://10.9.9.9:27409", "--attribute", &site, "-y"]);
    account.ok(&["provider", "stake", &format!("5000000{}", lab.denom()), "-y"]);
    account
}

/// Whether the idler's bid for the site's order is in the book with another one.
fn underbid(lab: &Lab, idler: &Account, orders: &[Order], site: &str, placed: &mut Option<OrderId>) -> bool {
    let Some(order) = orders.iter().find(|order| order.spec.group.name == site) else { return false };
    if order.phase == OrderPhase::Bidding && *placed != Some(order.id) {
        let bid = format!(r#"{{"place_bid":{{"order":{},"price":"1"}}}}"#, order.id);
        // Refused when bidding ended meanwhile: then it is tried again with more time.
        let answer = idler.run(&["tx", "market", &bid, "--funds", &format!("5000{}", lab.denom()), "-y"]);
        if answer.code == 0 {
            *placed = Some(order.id);
        }
    }
    *placed == Some(order.id) && order.bids >= 2
}

#[test]
fn a_manifest_reaches_every_datacenter_from_whoever_has_it() {
    let world = Datacenters::up(4);
    let lab = &world.lab;
    let tenant = Account::open(lab, "tenant");
    let idler = idler(lab, "four");
    let providers = world.providers(&SITES);
    let [first, second, third, fourth] = &providers[..] else { panic!("four providers") };
    let engine = |number: u16| &world.get(number).engine;
    for provider in &providers {
        provider.launch();
    }
    providers.iter().for_each(ready);
    world.cut(1, 3);
    world.cut(1, 4);
    world.cut(2, 3);

    let blue = lab.manifest("blue", &one_service_each("nginx", "blue", &SITES));
    let green = lab.manifest("green", &one_service_each("nginx", "green", &SITES));
    let terms = Terms { fallback: true, ..Terms::default() };
    let mut placed = None;
    let (deployment, found) = matched_with(lab, &tenant, &blue, &SITES, terms, |orders| {
        underbid(lab, &idler, orders, "four", &mut placed)
    });
    let winners: Vec<&str> = found.iter().map(|lease| lease.provider.as_str()).collect();
    assert_eq!(winners, [first.address(), second.address(), third.address(), idler.address()]);
    let [one, two, three, idle]: [LeaseId; 4] =
        found.iter().map(|lease| lease.id).collect::<Vec<_>>().try_into().expect("four");

    // The tenant speaks to the first provider only, and then to nobody.
    let id = deployment.to_string();
    tenant.ok(&["send-manifest", &id, "--lease", &one.to_string()]);
    runs(lab, engine(1), one, "blue");
    runs(lab, engine(2), two, "blue");
    world.strikes(1, 3);
    world.strikes(2, 3);
    assert!(engine(3).running(three.0).is_empty(), "the third has nobody to ask");

    // The first is dead: only the second has what the third wants.
    first.kill();
    world.heal(2, 3);
    runs(lab, engine(3), three, "blue");
    assert_eq!(engine(1).running(one.0).len(), 1, "workloads outlive their agent");

    // Days later in the eyes of the others, one more comes by fall-back.
    idler.ok(&["tx", "market", &format!(r#"{{"decline":{{"lease":{idle},"reason":"no room"}}}}"#), "-y"]);
    let four = until("the next bid is matched", PATIENCE, || {
        leases(lab, deployment).into_iter().find(|lease| lease.group == "four" && lease.id != idle)
    });
    assert_eq!(four.provider.as_str(), fourth.address());
    runs(lab, engine(4), four.id, "blue");
    world.strikes(1, 4);

    // A new version, on the chain and to the second provider.
    let version = tenant.ok(&["manifest", "version", &green]);
    let version = version["version"].as_str().expect("a version");
    let update = format!(r#"{{"update_deployment":{{"deployment":{deployment},"version":"{version}"}}}}"#);
    tenant.ok(&["tx", "market", &update, "-y"]);
    tenant.ok(&["send-manifest", &id, &green, "--lease", &two.to_string()]);
    runs(lab, engine(2), two, "green");
    runs(lab, engine(3), three, "green");
    runs(lab, engine(4), four.id, "green");

    // The first comes back to a version that it has never seen, still cut from two of those that have it.
    first.launch();
    ready(first);
    runs(lab, engine(1), one, "green");
    world.heal(1, 3);
    world.heal(1, 4);

    tenant.ok(&["close", &id, "-y"]);
    for (number, lease) in [(1, one), (2, two), (3, three), (4, four.id)] {
        until(&format!("nothing of lease {lease} is left"), PATIENCE, || {
            engine(number).remains(lease.0).is_empty().then_some(())
        });
    }
    lab.check_money();
}
