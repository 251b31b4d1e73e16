//! Every message about an order or a lease in every phase that it can be in. The table is on record; what it must say
//! is asserted here for the pairs that matter most.

use crate::permissions::{funds_of, name, one_of_each};
use crate::support::*;
use cosmwasm_std::Addr;
use market_api::*;

const ORDER_PHASES: [OrderPhase; 6] = [
    OrderPhase::Bidding,
    OrderPhase::Matching,
    OrderPhase::Lapsed,
    OrderPhase::Matched,
    OrderPhase::Expired,
    OrderPhase::Closed,
];
const LEASE_PHASES: [LeasePhase; 5] =
    [LeasePhase::Pending, LeasePhase::Overdue, LeasePhase::Active, LeasePhase::Due, LeasePhase::Ended];

/// Order 1 in this phase, with a bid of this provider if any; one that is matched or lapsed has a bid of bob at least.
fn order_in(phase: OrderPhase, bidder: Option<&str>) -> World {
    let mut world = World::new();
    world.provider("alice");
    let tenant = world.tenant.clone();
    let order = world.create(vec![spec(100)]);
    if phase == OrderPhase::Closed {
        world.ok(&tenant, ExecuteMsg::CloseOrder { order });
        return world;
    }
    let needs_one = matches!(phase, OrderPhase::Matched | OrderPhase::Lapsed);
    if let Some(name) = bidder.or(needs_one.then_some("bob")) {
        let provider = world.provider(name);
        world.bid(&provider, order, 50);
    }
    match phase {
        OrderPhase::Matching => world.pass(BID_WINDOW),
        OrderPhase::Lapsed | OrderPhase::Expired => world.pass(BID_WINDOW + MATCH_WINDOW),
        OrderPhase::Matched => {
            world.matches(order);
        }
        _ => {}
    }
    if phase == OrderPhase::Expired {
        world.ok(&tenant, ExecuteMsg::Match { order });
    }
    assert_eq!(world.order(order).phase, phase);
    world
}

/// Lease 1 in this phase.
fn lease_in(phase: LeasePhase) -> World {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let lease = world.matches(order);
    match phase {
        LeasePhase::Pending => {}
        LeasePhase::Overdue => world.pass(ACTIVATION + 1),
        _ => {
            world.activate(lease.id);
            world.pass(if phase == LeasePhase::Active { 50 } else { TERM });
        }
    }
    if phase == LeasePhase::Ended {
        world.ok(&alice, ExecuteMsg::Settle { lease: lease.id });
    }
    assert_eq!(world.lease(lease.id).phase, phase);
    world
}

fn rightful(world: &World, msg: &ExecuteMsg) -> Addr {
    match msg {
        ExecuteMsg::CloseOrder { .. } | ExecuteMsg::CloseLease { .. } => world.tenant.clone(),
        _ => world.addr("alice"),
    }
}

fn outcome(mut world: World, msg: &ExecuteMsg) -> &'static str {
    let sender = rightful(&world, msg);
    let market = world.market.clone();
    let before = world.balance(&market);
    let result = world.send(&sender, msg, &funds_of(msg));
    if result.is_err() {
        assert_eq!(world.balance(&market), before, "a refused message leaves no trace");
    }
    match result {
        Ok(_) => "yes",
        Err(_) => "-",
    }
}

#[test]
fn messages_are_accepted_in_the_phases_on_record() {
    let mut table = String::from("order messages:");
    for phase in ORDER_PHASES {
        table += &format!(" {phase:?}");
    }
    table.push('\n');
    for msg in one_of_each() {
        if !matches!(
            msg,
            ExecuteMsg::CloseOrder { .. }
                | ExecuteMsg::PlaceBid { .. }
                | ExecuteMsg::LowerBid { .. }
                | ExecuteMsg::WithdrawBid { .. }
                | ExecuteMsg::ReclaimDeposit { .. }
                | ExecuteMsg::Match { .. }
        ) {
            continue;
        }
        let bidder = match msg {
            ExecuteMsg::CloseOrder { .. } | ExecuteMsg::PlaceBid { .. } => None,
            _ => Some("alice"),
        };
        let row: Vec<_> = ORDER_PHASES.iter().map(|phase| outcome(order_in(*phase, bidder), &msg)).collect();
        table += &format!("{}: {}\n", name(&msg), row.join(" "));
    }
    table += "lease messages:";
    for phase in LEASE_PHASES {
        table += &format!(" {phase:?}");
    }
    table.push('\n');
    for msg in one_of_each() {
        if !matches!(
            msg,
            ExecuteMsg::CloseLease { .. }
                | ExecuteMsg::TopUp { .. }
                | ExecuteMsg::Activate { .. }
                | ExecuteMsg::Decline { .. }
                | ExecuteMsg::GiveNotice { .. }
                | ExecuteMsg::BreakLease { .. }
                | ExecuteMsg::ExpireLease { .. }
                | ExecuteMsg::Withdraw { .. }
                | ExecuteMsg::Settle { .. }
        ) {
            continue;
        }
        let row: Vec<_> = LEASE_PHASES.iter().map(|phase| outcome(lease_in(*phase), &msg)).collect();
        table += &format!("{}: {}\n", name(&msg), row.join(" "));
    }
    crate::golden::compare("phases.txt", &table);
}

#[test]
fn a_message_sent_twice_in_one_block_is_refused_the_second_time() {
    for (phase, msg) in [
        (LeasePhase::Pending, ExecuteMsg::Activate { lease: LeaseId(1), version: version(1) }),
        (LeasePhase::Pending, ExecuteMsg::Decline { lease: LeaseId(1), reason: "no".into() }),
        (LeasePhase::Overdue, ExecuteMsg::ExpireLease { lease: LeaseId(1) }),
        (LeasePhase::Active, ExecuteMsg::CloseLease { lease: LeaseId(1) }),
        (LeasePhase::Active, ExecuteMsg::BreakLease { lease: LeaseId(1), reason: "no".into() }),
        (LeasePhase::Active, ExecuteMsg::Withdraw { lease: LeaseId(1) }),
        (LeasePhase::Due, ExecuteMsg::Settle { lease: LeaseId(1) }),
    ] {
        let mut world = lease_in(phase);
        let sender = rightful(&world, &msg);
        world.ok(&sender, msg.clone());
        world.send(&sender, &msg, &[]).expect_err(&name(&msg));
    }
}

#[test]
fn things_that_do_not_exist_are_named() {
    let mut world = World::new();
    let alice = world.provider("alice");
    for msg in one_of_each() {
        let missing = match &msg {
            ExecuteMsg::OpenOrders { .. }
            | ExecuteMsg::UpdateDeployment { .. }
            | ExecuteMsg::CloseDeployment { .. }
            | ExecuteMsg::Grant { .. }
            | ExecuteMsg::FundGrant { .. }
            | ExecuteMsg::RevokeGrant { .. }
            | ExecuteMsg::Act { .. } => "there is no deployment 1",
            ExecuteMsg::CloseOrder { .. }
            | ExecuteMsg::PlaceBid { .. }
            | ExecuteMsg::LowerBid { .. }
            | ExecuteMsg::WithdrawBid { .. }
            | ExecuteMsg::ReclaimDeposit { .. }
            | ExecuteMsg::Match { .. } => "there is no order 1",
            ExecuteMsg::CreateDeployment { .. }
            | ExecuteMsg::UpdateParams { .. }
            | ExecuteMsg::Ownership(_) => continue,
            ExecuteMsg::Punish { .. } => "no punishment is due for lease 1",
            _ => "there is no lease 1",
        };
        world.fails(&alice, msg.clone(), &funds_of(&msg), missing);
    }
}
