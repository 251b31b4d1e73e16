//! Keys that act for a tenant, and providers that auditors vouch for.

mod common;

use std::time::Duration;

use cloud_std::Money;
use common::{deploy, deploy_without_waiting, sdl, Terms, CHEAP, DEAR};
use cosmwasm_std::Uint128;
use e2e::{until, Account, Answer, Lab, Provider};
use market_api::{DelegateAction, DeploymentId, ExecuteMsg, Grant, LeaseId, OrderFilter};

const PATIENCE: Duration = Duration::from_secs(120);

fn act(delegate: &Account, deployment: u64, action: DelegateAction) -> Answer {
    let msg = ExecuteMsg::Act { deployment: DeploymentId(deployment), action };
    let msg = serde_json::to_string(&msg).expect("a message is JSON");
    delegate.run(&["tx", "market", &msg, "-y"])
}

#[track_caller]
fn done(answer: &Answer) {
    assert_eq!(answer.code, 0, "{answer:?}");
}

#[track_caller]
fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.code, 4, "{answer:?}");
    assert!(answer.json["error"].to_string().contains(words), "{words}: {answer:?}");
}

#[test]
fn a_delegate_spends_its_budget_to_the_unit_until_it_is_revoked() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    let delegate = Account::open(lab, "operator3");
    provider.start();
    let file = lab.manifest("delegated", &sdl("nginx", 1));
    let deployment = deploy(&tenant, &file, &Terms::default());
    let (id, lease) = (deployment.id.to_string(), LeaseId(deployment.lease));
    let order = lab.order(deployment.order);
    let group = order.spec.group.name.clone();
    let price = order.spec.max_price.amount.u128();
    let money = |amount: u128| format!("{amount}{}", lab.denom());
    let grant = || -> Grant {
        let grant = lab.contracts.market.grant(DeploymentId(deployment.id), delegate.address());
        lab.wait(grant).expect("the grant is on the chain")
    };
    let left = || grant().budget.map(|budget| budget.amount.u128());
    let top_up =
        |amount: u128| delegate.run(&["delegate", "act", "top-up", &lease.to_string(), &money(amount), "-y"]);

    // Nothing before the grant.
    refused(&top_up(1), "delegate");
    let budget = 2 * price + 1_000;
    let granted = tenant.ok(&[
        "delegate",
        "grant",
        &id,
        delegate.address(),
        "--open",
        &group,
        "--top-up",
        "--max-order-price",
        &money(price),
        "--budget",
        &money(budget),
        "--expires-in",
        "1h",
        "-y",
    ]);
    assert_eq!(granted["grant"]["budget"]["amount"], budget.to_string(), "{granted}");
    let acts_for = delegate.ok(&["delegate", "list"]);
    assert!(acts_for["items"].to_string().contains(&format!("\"deployment\":{id}")), "{acts_for}");

    // A top-up leaves the budget and reaches the lease, to the unit.
    let funds = lab.lease(lease.0).funds.u128();
    done(&top_up(400));
    assert_eq!(left(), Some(budget - 400));
    assert_eq!(lab.lease(lease.0).funds.u128(), funds + 400);
    refused(&top_up(budget - 399), "budget");

    // Orders of its own, which are the tenant's: not a dearer one, and of a group only as many as were granted.
    let open = |max_price: u128| {
        let mut spec = order.spec.clone();
        spec.max_price = Money::new(lab.denom(), max_price);
        // So long that none of them ends before the next.
        spec.bid_window = 3600;
        act(&delegate, deployment.id, DelegateAction::OpenOrders { orders: vec![spec] })
    };
    refused(&open(price + 1), "may cost");
    done(&open(price));
    refused(&open(price), "open orders and live leases");
    assert_eq!(left(), Some(price + 600));
    let filter = OrderFilter::Deployment { deployment: DeploymentId(deployment.id) };
    let orders = lab.wait(lab.contracts.market.orders_all(filter, 10)).expect("the market answers");
    assert_eq!((orders.len(), orders[1].tenant.as_str()), (2, tenant.address()));

    // What was not granted.
    let close = ["delegate", "act", "close", &lease.to_string(), "-y"].map(str::to_owned);
    let close = || delegate.run(&close.each_ref().map(String::as_str));
    refused(&close(), "was not granted");
    let newer = lab.manifest("delegated-newer", &sdl("nginx", 2));
    let set_version = || delegate.run(&["delegate", "act", "set-version", &id, &newer, "-y"]);
    refused(&set_version(), "was not granted");
    let stranger = Account::open(lab, "tenant2");
    let amount = Uint128::one();
    refused(&act(&stranger, deployment.id, DelegateAction::TopUp { lease, amount }), "delegate");

    // To the last unit, and filled up again.
    done(&top_up(price + 600));
    assert_eq!(left(), Some(0));
    refused(&top_up(1), "budget");
    tenant.ok(&["delegate", "fund", &id, delegate.address(), &money(50), "-y"]);
    done(&top_up(20));
    assert_eq!((left(), grant().spent.u128()), (Some(30), budget + 20));

    // Other rights take the place of these; the budget stays.
    tenant.ok(&[
        "delegate",
        "grant",
        &id,
        delegate.address(),
        "--open",
        &group,
        "--max-order-price",
        &money(price),
        "--max-live",
        "2",
        "--set-version",
        "--close-leases",
        "-y",
    ]);
    refused(&top_up(1), "was not granted");
    refused(&delegate.run(&["delegate", "act", "open", &id, &file, "--term", "1h", "-y"]), "budget");
    let version = || {
        let deployment = lab.contracts.market.deployment(DeploymentId(deployment.id));
        lab.wait(deployment).expect("the deployment is on the chain").version
    };
    let before = version();
    done(&set_version());
    assert_ne!(version(), before);
    let held = lab.balance(tenant.address());
    done(&close());
    let ended = lab.lease(lease.0);
    assert_eq!(ended.end_reason, Some(market_api::EndReason::TenantClosed));
    assert_eq!(lab.balance(tenant.address()), held + ended.refunded.u128());

    // Revoked at once, with the rest back.
    let revoked = tenant.ok(&["delegate", "revoke", &id, delegate.address(), "-y"]);
    assert_eq!(revoked["returned"]["amount"], "30", "{revoked}");
    refused(&top_up(1), "delegate");
    let none = tenant.ok(&["delegate", "list", &id]);
    assert_eq!(none["items"].as_array().map(Vec::len), Some(0), "{none}");
    tenant.ok(&["close", &id, "-y"]);
    lab.check_money();
}

#[test]
fn an_order_that_wants_an_auditors_word_goes_to_the_provider_that_has_it() {
    let lab = Lab::get();
    let plain = Provider::open(lab, 1, CHEAP);
    let vouched = Provider::open(lab, 2, DEAR);
    // Not the key of an agent that runs: a key has one sequence, and one process that counts it.
    let auditor = Account::open(lab, "operator3");
    let tenant = Account::open(lab, "tenant");
    plain.start();
    vouched.start();
    auditor.ok(&["audit", "attest", vouched.address(), "--attribute", "region=lab", "-y"]);
    let wrong = auditor.fails(2, &["audit", "attest", vouched.address(), "--attribute", "region=moon", "-y"]);
    assert!(wrong.contains("region=lab"), "{wrong}");
    let shown = tenant.ok(&["audit", "show", vouched.address()]);
    assert_eq!(shown["attestations"][0]["auditor"], auditor.address(), "{shown}");

    let demanding = sdl("nginx", 1).replace(
        "    lab:\n      pricing:",
        &format!(
            "    lab:\n      attributes:\n        region: lab\n      signedBy:\n        anyOf:\n          - {}\n      pricing:",
            auditor.address()
        ),
    );
    let file = lab.manifest("audited", &demanding);
    let plan = tenant.ok(&["plan", &file, "--term", "1h"]);
    assert!(plan.to_string().contains(auditor.address()), "it says why the other may not: {plan}");
    let deployment = deploy(&tenant, &file, &Terms::default());
    assert_eq!(lab.lease(deployment.lease).provider.as_str(), vouched.address());
    assert!(!deployment.bids.contains(plain.address()), "the cheaper one did not bid: {}", deployment.bids);
    let requirements =
        |provider: &str| tenant.ok(&["provider", "requirements", &deployment.order.to_string(), provider]);
    assert_eq!(requirements(plain.address())["eligible"], false);
    assert_eq!(requirements(vouched.address())["eligible"], true);

    // What it served for is in the parts of its reputation once money moved.
    tenant.ok(&["close", &deployment.id.to_string(), "-y"]);
    let reputation = tenant.ok(&["provider", "reputation", vouched.address()]);
    let served = &reputation["record"]["record"]["seconds_served"];
    assert_eq!(
        &reputation["parts"]["service_seconds"], served,
        "one tenant, far below 20 days: {reputation}"
    );

    // Taken back, nobody may bid, and the money comes back.
    auditor.ok(&["audit", "revoke", vouched.address(), "-y"]);
    let pending = deploy_without_waiting(&tenant, &file, &Terms::default());
    let order = until("the order ends without a bid", PATIENCE, || {
        let order = lab.order(pending.order);
        (order.phase != market_api::OrderPhase::Bidding).then_some(order)
    });
    assert_eq!((order.bids, order.lease), (0, None));
    tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    lab.check_money();
}
