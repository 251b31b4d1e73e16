use crate::support::*;
use cosmwasm_std::coin;
use market_api::*;

#[test]
fn an_order_becomes_a_lease_that_is_paid_by_the_second_and_returns_the_rest() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    let tenant = world.tenant.clone();

    let order = world.create(vec![spec(1000)]);
    assert_eq!(world.order(order).phase, OrderPhase::Bidding);
    assert_eq!(world.order(order).locked.amount, price(1000));
    assert_eq!(world.spent(&tenant), 1000);

    world.bid(&bob, order, 900);
    world.bid(&alice, order, 700);
    world.pass(BID_WINDOW);
    assert_eq!(world.order(order).phase, OrderPhase::Matching);

    let lease = world.matches(order);
    assert_eq!((lease.provider.clone(), lease.price.amount), (alice.clone(), price(700)));
    assert_eq!((lease.state, lease.phase), (LeaseState::Pending, LeasePhase::Pending));
    assert_eq!(world.spent(&tenant), 700, "the surplus returns at the match");
    assert_eq!(world.order(order).state, OrderState::Matched);
    assert_eq!(world.bid_of(order, &alice).state, BidState::Won);
    assert_eq!(world.bid_of(order, &bob).state, BidState::Lost);

    let lease = world.activate(lease.id);
    assert_eq!((lease.started_at, lease.ends_at), (Some(world.now()), world.now() + TERM));
    world.pass(33);
    assert_eq!(world.lease(lease.id).earned, price(231));

    world.ok(&tenant, ExecuteMsg::CloseLease { lease: lease.id });
    let ended = world.lease(lease.id);
    assert_eq!(ended.end_reason, Some(EndReason::TenantClosed));
    assert_eq!((ended.earned, ended.refunded, ended.withdrawn), (price(231), price(469), price(0)));
    assert_eq!(world.spent(&tenant), 231);

    let stranger = world.stranger.clone();
    world.ok(&stranger, ExecuteMsg::Withdraw { lease: lease.id });
    let payout = world.addr("alice-payout");
    assert_eq!(world.balance(&payout), 231);
    assert_eq!(world.lease(lease.id).withdrawn, price(231));

    for provider in [&alice, &bob] {
        world.ok(&stranger, ExecuteMsg::ReclaimDeposit { order, provider: provider.to_string() });
        assert_eq!(world.spent(provider), 0);
    }
    let market = world.market.clone();
    assert_eq!(world.balance(&market), 0, "everybody has what is theirs");

    let record = world.record(&alice).record;
    let expected = Record {
        leases_won: 1,
        leases_activated: 1,
        leases_completed: 1,
        seconds_served: 33,
        distinct_tenants: 1,
        ..Record::default()
    };
    assert_eq!(record, expected);
    assert_eq!(world.record(&alice).earned, vec![cloud_std::Money::new(DENOM, 231u128)]);
    assert_eq!(world.record(&bob).record, Record::default());
}

#[test]
fn a_deployment_is_created_with_its_groups_updated_and_extended() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    world.create(vec![spec(100), spec(200)]);
    let deployment = world.deployment(1);
    assert_eq!((deployment.live, deployment.revision, deployment.version), (2, 1, version(1)));

    world.pass(7);
    world.ok(&tenant, ExecuteMsg::UpdateDeployment { deployment: DeploymentId(1), version: version(2) });
    let updated = world.deployment(1);
    assert_eq!((updated.revision, updated.version), (2, version(2)));
    assert_eq!((updated.created_at, updated.updated_at), (START, START + 7));

    let msg = ExecuteMsg::OpenOrders { deployment: DeploymentId(1), orders: vec![spec(300)] };
    world.send(&tenant, &msg, &[coin(300, DENOM)]).unwrap();
    assert_eq!(world.deployment(1).live, 3);
    assert_eq!(world.order(OrderId(3)).deployment, DeploymentId(1));
    assert_eq!(world.spent(&tenant), 600);
}

#[test]
fn an_order_without_bids_is_closed_by_its_tenant_at_any_time_while_it_is_open() {
    for wait in [0, BID_WINDOW, BID_WINDOW + MATCH_WINDOW] {
        let mut world = World::new();
        let tenant = world.tenant.clone();
        let order = world.create(vec![spec(100)]);
        world.pass(wait);
        world.ok(&tenant, ExecuteMsg::CloseOrder { order });
        assert_eq!(world.order(order).state, OrderState::Closed);
        assert_eq!(world.order(order).locked.amount, price(0));
        assert_eq!(world.spent(&tenant), 0);
        assert_eq!(world.deployment(1).live, 0);
    }
}

#[test]
fn an_order_with_a_bid_binds_its_tenant() {
    let mut world = World::new();
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.fails(&tenant, ExecuteMsg::CloseOrder { order }, &[], "has 1 bids");
    world.ok(&alice, ExecuteMsg::WithdrawBid { order, provider: None });
    world.ok(&tenant, ExecuteMsg::CloseOrder { order });
}

#[test]
fn the_version_at_activation_is_the_current_one_or_the_one_at_the_match() {
    let mut world = World::new();
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    let orders = world.create(vec![spec(100), spec(100)]);
    let second = OrderId(orders.0 + 1);
    world.bid(&alice, orders, 50);
    world.bid(&alice, second, 50);
    let (old, new) = (world.matches(orders), world.matches(second));
    world.ok(&tenant, ExecuteMsg::UpdateDeployment { deployment: DeploymentId(1), version: version(2) });

    let wrong = ExecuteMsg::Activate { lease: old.id, version: version(3) };
    let error = world.send(&alice, &wrong, &[]).unwrap_err();
    for hash in [version(1), version(2), version(3)] {
        assert!(error.contains(&hash.to_hex()), "{error}");
    }
    world.ok(&alice, ExecuteMsg::Activate { lease: old.id, version: version(1) });
    world.ok(&alice, ExecuteMsg::Activate { lease: new.id, version: version(2) });
}

#[test]
fn a_contract_that_already_holds_coins_owes_them_to_nobody() {
    let mut world = World::new();
    let market = world.market.clone();
    world.give(&market, 12_345, DENOM);
    let lease = world.active(100);
    world.give(&market, 55, DENOM);
    world.pass(10);
    world.ok(&lease.tenant, ExecuteMsg::CloseLease { lease: lease.id });
    world.ok(&lease.tenant, ExecuteMsg::Withdraw { lease: lease.id });
    assert_eq!(world.spent(&lease.tenant), 10);
    let invariants: Invariants = world.ask(&QueryMsg::Invariants {});
    let denom = &invariants.denoms[0];
    assert_eq!((denom.unaccounted, denom.missing), (price(12_400), price(0)));
}
