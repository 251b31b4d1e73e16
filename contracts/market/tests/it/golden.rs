//! Texts on record, under `tests/golden`. `UPDATE_GOLDEN=1 cargo test` writes them anew; the difference is reviewed.

use std::fs;
use std::path::PathBuf;

use crate::support::*;
use cosmwasm_std::coin;
use cw_multi_test::AppResponse;
use market_api::*;

#[track_caller]
pub fn compare(file: &str, got: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, got).unwrap();
        return;
    }
    let recorded = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(got, recorded, "{file} differs: run with UPDATE_GOLDEN=1 if the change is meant");
}

/// Plays every event once.
fn play() -> String {
    let mut world = World::new();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.provider(name));
    let (tenant, owner, stranger) = (world.tenant.clone(), world.owner.clone(), world.stranger.clone());
    let mut text = String::new();
    let mut note = |title: &str, response: AppResponse| {
        text += &format!("# {title}\n");
        for (name, attributes) in events(&response) {
            text += &name;
            for (key, value) in attributes {
                // A neighbour's own words, and in this framework a backtrace with them.
                let value = if key == "error" { "..".to_owned() } else { value };
                text += &format!(" {key}={value:?}");
            }
            text.push('\n');
        }
    };
    let (first, second, third, deployment) = (OrderId(1), OrderId(2), OrderId(3), DeploymentId(1));
    let create = ExecuteMsg::CreateDeployment {
        version: version(1),
        orders: vec![fallback_spec(1000), spec(500), spec(100)],
    };
    note("create", world.send(&tenant, &create, &[coin(1600, DENOM)]).unwrap());
    let update = ExecuteMsg::UpdateDeployment { deployment, version: version(2) };
    note("update", world.ok(&tenant, update));
    note("close order", world.ok(&tenant, ExecuteMsg::CloseOrder { order: third }));
    note("bid", world.bid(&alice, first, 900));
    let lower = ExecuteMsg::LowerBid { order: first, provider: None, price: price(600) };
    note("lower", world.ok(&alice, lower));
    world.bid(&bob, first, 700);
    world.bid(&carol, first, 800);
    world.bid(&bob, second, 400);
    note("withdraw bid", world.ok(&bob, ExecuteMsg::WithdrawBid { order: second, provider: None }));
    world.pass(BID_WINDOW);
    note("match", world.ok(&stranger, ExecuteMsg::Match { order: first }));
    note("expire order", world.ok(&stranger, ExecuteMsg::Match { order: second }));
    world.change_provider(&bob, |provider| provider.jailed_until = u64::MAX);
    let decline = ExecuteMsg::Decline { lease: LeaseId(1), reason: "no room".into() };
    note("decline, skip, match", world.ok(&alice, decline));
    let reclaim = ExecuteMsg::ReclaimDeposit { order: first, provider: bob.to_string() };
    note("reclaim", world.ok(&stranger, reclaim));
    let lease = LeaseId(2);
    note("activate", world.ok(&carol, ExecuteMsg::Activate { lease, version: version(2) }));
    let top_up = ExecuteMsg::TopUp { lease };
    note("top up", world.send(&stranger, &top_up, &[coin(4000, DENOM)]).unwrap());
    world.pass(TERM);
    note("withdraw", world.ok(&stranger, ExecuteMsg::Withdraw { lease }));
    note("notice", world.ok(&carol, ExecuteMsg::GiveNotice { lease }));
    world.pass(NOTICE);
    note("settle", world.ok(&stranger, ExecuteMsg::Settle { lease }));

    let more = ExecuteMsg::OpenOrders { deployment, orders: vec![spec(100), spec(100), spec(100)] };
    note("open orders", world.send(&tenant, &more, &[coin(300, DENOM)]).unwrap());
    for order in [OrderId(4), OrderId(5)] {
        world.bid(&carol, order, 100);
    }
    let broken = world.matches(OrderId(4));
    let silent = world.matches(OrderId(5));
    world.ok(&carol, ExecuteMsg::Activate { lease: broken.id, version: version(2) });
    world.pass(10);
    let msg = ExecuteMsg::BreakLease { lease: broken.id, reason: "fire".into() };
    note("break", world.ok(&carol, msg));
    for contract in [world.staking.clone(), world.registry.clone()] {
        world.neighbour(&contract, &crate::support::neighbour::NeighbourMsg::Refuse { refuse: true });
    }
    world.pass(ACTIVATION);
    note("expire lease, punishments fail", world.ok(&stranger, ExecuteMsg::ExpireLease { lease: silent.id }));
    world.send(&tenant, &more, &[coin(300, DENOM)]).unwrap();
    let delegate = stranger.to_string();
    let rights = Rights { expires_at: world.now() + 10, ..crate::delegates::rights() };
    let grant = ExecuteMsg::Grant { deployment, delegate: delegate.clone(), rights };
    note("grant", world.ok(&tenant, grant.clone()));
    let fund = ExecuteMsg::FundGrant { deployment, delegate: delegate.clone() };
    note("fund grant", world.send(&tenant, &fund, &[coin(500, DENOM)]).unwrap());
    let action = DelegateAction::OpenOrders { orders: vec![spec(100)] };
    note("delegate opens an order", world.ok(&stranger, ExecuteMsg::Act { deployment, action }));
    note("revoke grant", world.ok(&tenant, ExecuteMsg::RevokeGrant { deployment, delegate }));
    world.ok(&tenant, grant);
    let close = |limit| ExecuteMsg::CloseDeployment { deployment, limit };
    note("close deployment, part", world.ok(&tenant, close(Some(1))));
    note("close deployment", world.ok(&tenant, close(None)));

    let ten = vec![spec(100); 1];
    let order = world.create(ten);
    let bidders: Vec<_> = (0..11).map(|at| world.provider(&format!("bidder-{at}"))).collect();
    for bidder in &bidders {
        world.bid(bidder, order, 50);
        world.change_provider(bidder, |provider| provider.jailed_until = u64::MAX);
    }
    world.pass(BID_WINDOW);
    let progressed = world.ok(&stranger, ExecuteMsg::Match { order });
    let last = AppResponse { events: vec![progressed.events.last().unwrap().clone()], ..progressed };
    note("match progresses", last);

    note("params", world.ok(&owner, ExecuteMsg::UpdateParams { params: params() }));
    use cloud_std::OwnershipAction::{Accept, Offer, Withdraw};
    let offer = Offer { new_owner: stranger.to_string() };
    note("offer", world.ok(&owner, ExecuteMsg::Ownership(offer.clone())));
    note("withdraw offer", world.ok(&owner, ExecuteMsg::Ownership(Withdraw {})));
    world.ok(&owner, ExecuteMsg::Ownership(offer));
    note("accept", world.ok(&stranger, ExecuteMsg::Ownership(Accept {})));
    // Names in place of addresses.
    for name in ["alice", "bob", "carol", "tenant", "owner", "stranger", "carol-payout"] {
        text = text.replace(world.addr(name).as_str(), name);
    }
    text
}

#[test]
fn events_are_as_recorded() {
    compare("events.txt", &play());
}

/// Every event name that the messages' documentation promises.
#[test]
fn every_documented_event_is_played() {
    let documented = include_str!("../../../../packages/market-api/src/msg.rs");
    let text = play();
    let mut names: Vec<&str> = documented
        .split('`')
        .filter(|word| {
            ["deployment_", "order_", "bid_", "lease_", "grant_", "delegate_", "params_", "ownership_"]
                .iter()
                .any(|prefix| {
                    word.starts_with(prefix) && word.bytes().all(|c| c == b'_' || c.is_ascii_lowercase())
                })
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(text.contains(&format!("\n{name} ")), "{name} is not emitted");
    }
}
