use crate::support::*;
use cosmwasm_std::coin;
use market_api::limits::{MAX_CLOSE_STEPS, MAX_LIVE_PER_DEPLOYMENT};
use market_api::*;

fn close(limit: Option<u32>) -> ExecuteMsg {
    ExecuteMsg::CloseDeployment { deployment: DeploymentId(1), limit }
}

#[test]
fn closing_ends_orders_with_and_without_bids_and_leases_of_every_kind() {
    let mut world = World::new();
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    let first = world.create(vec![spec(100), spec(100), spec(100), fallback_spec(100), spec(100)]);
    let order = |at| OrderId(first.0 + at);
    for at in 1..5 {
        world.bid(&alice, order(at), 40);
    }
    let active = world.matches(order(1));
    world.activate(active.id);
    let pending = world.matches(order(3));
    let due = world.matches(order(4));
    world.activate(due.id);
    // Make one of them due: fund the other for longer.
    world.send(&tenant, &ExecuteMsg::TopUp { lease: active.id }, &[coin(400, DENOM)]).unwrap();
    world.pass(TERM);

    let response = world.ok(&tenant, close(None));
    assert_eq!(names(&response).last().unwrap(), "deployment_closed");
    assert_eq!(world.deployment(1).state, DeploymentState::Closed);
    assert_eq!(world.deployment(1).live, 0);
    assert_eq!(world.order(order(0)).state, OrderState::Closed);
    assert_eq!(world.order(order(2)).state, OrderState::Closed);
    let reason = |lease: LeaseId| world.lease(lease).end_reason.unwrap();
    assert_eq!(reason(active.id), EndReason::TenantClosed);
    assert_eq!(reason(pending.id), EndReason::TenantCancelled);
    assert_eq!(reason(due.id), EndReason::FundsExhausted);
    assert_eq!(world.spent(&tenant), 80);
    for at in 1..5 {
        let reclaim = ExecuteMsg::ReclaimDeposit { order: order(at), provider: alice.to_string() };
        world.ok(&tenant, reclaim);
    }
    assert_eq!(world.spent(&alice), 0);
    assert_eq!(world.totals().deployments_live, 0);
}

#[test]
fn closing_goes_in_bounded_steps_and_refuses_new_business_meanwhile() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let orders = MAX_CLOSE_STEPS + 5;
    world.create(vec![spec(100); MAX_CLOSE_STEPS as usize]);
    let more = ExecuteMsg::OpenOrders { deployment: DeploymentId(1), orders: vec![spec(100); 5] };
    world.send(&tenant, &more, &[coin(500, DENOM)]).unwrap();

    world.fails(&tenant, close(Some(0)), &[], "limit has 0 steps");
    world.ok(&tenant, close(Some(2)));
    assert_eq!((world.deployment(1).state, world.deployment(1).live), (DeploymentState::Closing, orders - 2));
    world.fails(&tenant, more.clone(), &[coin(500, DENOM)], "is Closing");
    let update = ExecuteMsg::UpdateDeployment { deployment: DeploymentId(1), version: version(9) };
    world.fails(&tenant, update.clone(), &[], "is Closing");

    let response = world.ok(&tenant, close(Some(u32::MAX)));
    assert_eq!(names(&response).last().unwrap(), "deployment_closing");
    assert_eq!(world.deployment(1).live, orders - 2 - MAX_CLOSE_STEPS);
    world.ok(&tenant, close(None));
    assert_eq!(world.deployment(1).state, DeploymentState::Closed);
    assert_eq!(world.spent(&tenant), 0);
    world.fails(&tenant, close(None), &[], "is Closed");
    world.fails(&tenant, more, &[coin(500, DENOM)], "is Closed");
    world.fails(&tenant, update, &[], "is Closed");
}

#[test]
fn in_a_closing_deployment_bids_and_top_ups_are_refused_and_a_match_closes_the_order() {
    let mut world = World::new();
    let (alice, bob, tenant) = (world.provider("alice"), world.provider("bob"), world.tenant.clone());
    let first = world.create(vec![spec(100), spec(100), fallback_spec(100), spec(100)]);
    let order = |at| OrderId(first.0 + at);
    for at in 1..4 {
        world.bid(&alice, order(at), 40);
    }
    world.bid(&bob, order(2), 50);
    let fallback = world.matches(order(2));
    let kept = world.matches(order(3));
    world.ok(&tenant, close(Some(1)));
    assert_eq!(world.order(order(0)).state, OrderState::Closed);

    let top_up = ExecuteMsg::TopUp { lease: kept.id };
    world.fails(&tenant, top_up, &[coin(10, DENOM)], "is Closing");
    world.ok(&tenant, ExecuteMsg::Match { order: order(1) });
    assert_eq!(world.order(order(1)).state, OrderState::Closed);
    world.ok(&alice, ExecuteMsg::Decline { lease: fallback.id, reason: "full".into() });
    assert_eq!(world.order(order(2)).state, OrderState::Closed, "no new lease for a closing deployment");
    // The winner must still be able to activate, or the tenant could make it late.
    world.activate(kept.id);
    world.ok(&tenant, close(None));
    assert_eq!(world.deployment(1).state, DeploymentState::Closed);
    assert_eq!(world.spent(&tenant), 0);
}

#[test]
fn a_deployment_with_nothing_live_closes_at_once() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let order = world.create(vec![spec(100)]);
    world.ok(&tenant, ExecuteMsg::CloseOrder { order });
    let response = world.ok(&tenant, close(None));
    assert_eq!(names(&response), ["deployment_closed"]);
}

#[test]
fn refunds_in_several_denoms_arrive_together() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    world.create(vec![spec(100)]);
    let mut free = spec(70);
    free.max_price.denom = FREE.into();
    let more = ExecuteMsg::OpenOrders { deployment: DeploymentId(1), orders: vec![free] };
    world.send(&tenant, &more, &[coin(70, FREE)]).unwrap();
    world.ok(&tenant, close(None));
    assert_eq!((world.balance_in(&tenant, DENOM), world.balance_in(&tenant, FREE)), (RICH, RICH));
}

#[test]
fn live_orders_and_leases_of_a_deployment_are_bounded() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let ten = vec![spec(10); 10];
    world.create(ten.clone());
    let msg = ExecuteMsg::OpenOrders { deployment: DeploymentId(1), orders: ten };
    // Unaudited: the audit reads everything.
    for _ in 1..MAX_LIVE_PER_DEPLOYMENT / 10 {
        let market = world.market.clone();
        let funds = [coin(100, DENOM)];
        cw_multi_test::Executor::execute_contract(&mut world.app, tenant.clone(), market, &msg, &funds)
            .unwrap();
    }
    assert_eq!(world.deployment(1).live, MAX_LIVE_PER_DEPLOYMENT);
    let one = ExecuteMsg::OpenOrders { deployment: DeploymentId(1), orders: vec![spec(10)] };
    world.fails(&tenant, one.clone(), &[coin(10, DENOM)], "would have 201");
    world.ok(&tenant, ExecuteMsg::CloseOrder { order: OrderId(7) });
    world.send(&tenant, &one, &[coin(10, DENOM)]).unwrap();
}
