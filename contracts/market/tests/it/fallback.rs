use crate::support::*;
use cloud_std::Page;
use market_api::*;

fn three_bids(world: &mut World) -> (OrderId, [cosmwasm_std::Addr; 3]) {
    let bidders = ["alice", "bob", "carol"].map(|name| world.provider(name));
    let order = world.create(vec![fallback_spec(100)]);
    for (bidder, amount) in bidders.iter().zip([50, 60, 70]) {
        world.bid(bidder, order, amount);
    }
    (order, bidders)
}

fn decline(lease: LeaseId) -> ExecuteMsg {
    ExecuteMsg::Decline { lease, reason: "no room".into() }
}

#[test]
fn the_surplus_stays_locked_until_a_winner_activates() {
    let mut world = World::new();
    let (order, _) = three_bids(&mut world);
    let tenant = world.tenant.clone();
    let lease = world.matches(order);
    assert_eq!((world.spent(&tenant), world.order(order).locked.amount), (100, price(50)));
    world.activate(lease.id);
    assert_eq!((world.spent(&tenant), world.order(order).locked.amount), (50, price(0)));
    assert_eq!(world.order(order).bids, 0, "nobody else can win any more");
}

#[test]
fn a_decline_matches_the_next_bid_at_its_higher_price_in_the_same_call() {
    let mut world = World::new();
    let (order, [alice, bob, carol]) = three_bids(&mut world);
    let tenant = world.tenant.clone();
    let first = world.matches(order);
    let response = world.ok(&alice, decline(first.id));
    assert_eq!(names(&response), ["lease_ended", "order_matched"]);
    assert_eq!(world.lease(first.id).end_reason, Some(EndReason::Declined));

    let second = world.lease(world.order(order).lease.unwrap());
    assert_eq!((second.provider, second.price.amount), (bob.clone(), price(60)));
    assert_eq!(world.order(order).locked.amount, price(40));
    assert_eq!(world.spent(&tenant), 100);
    assert_eq!(world.deployment(1).live, 1);

    world.ok(&bob, decline(second.id));
    let third = world.lease(world.order(order).lease.unwrap());
    world.activate(third.id);
    assert_eq!((third.provider, world.spent(&tenant)), (carol, 70));
    assert_eq!(world.record(&alice).record.leases_declined, 1);
    assert!(world.punishments(&world.staking).is_empty(), "to decline is no fault");
}

#[test]
fn a_silent_winner_is_punished_and_the_next_bid_is_matched() {
    let mut world = World::new();
    let (order, [alice, bob, _]) = three_bids(&mut world);
    let (tenant, stranger) = (world.tenant.clone(), world.stranger.clone());
    let first = world.matches(order);
    let expire = ExecuteMsg::ExpireLease { lease: first.id };
    world.until(first.activate_until);
    assert_eq!(world.lease(first.id).phase, LeasePhase::Pending);
    world.fails(&stranger, expire.clone(), &[], "once its activation window is over");
    world.pass(1);
    assert_eq!(world.lease(first.id).phase, LeasePhase::Overdue);
    world.fails(&alice, ExecuteMsg::Activate { lease: first.id, version: version(1) }, &[], "is Overdue");
    world.fails(&alice, decline(first.id), &[], "is Overdue");
    world.ok(&stranger, expire);

    assert_eq!(world.lease(first.id).end_reason, Some(EndReason::ActivationExpired));
    let second = world.lease(world.order(order).lease.unwrap());
    assert_eq!((second.provider, second.price.amount), (bob, price(60)));
    assert_eq!(world.spent(&tenant), 100);
    assert_eq!(world.record(&alice).record.leases_expired, 1);
    let slash: serde_json::Value = punishment(&world.punishments(&world.staking), "slash ");
    assert_eq!(slash["provider"], alice.as_str());
    assert_eq!(slash["fraction"], 500);
    assert_eq!(slash["fault"], "activation_expired");
    assert_eq!(slash["fault_at"], first.activate_until);
    assert_eq!(slash["harmed"], tenant.as_str());
    let jail: serde_json::Value = punishment(&world.punishments(&world.registry), "jail ");
    assert_eq!((&jail["provider"], &jail["seconds"]), (&alice.as_str().into(), &120.into()));
}

fn punishment(list: &[String], kind: &str) -> serde_json::Value {
    assert_eq!(list.len(), 1, "{list:?}");
    serde_json::from_str(list[0].strip_prefix(kind).unwrap()).unwrap()
}

#[test]
fn the_order_expires_with_a_full_refund_when_nobody_is_left() {
    let mut world = World::new();
    let (order, bidders) = three_bids(&mut world);
    let tenant = world.tenant.clone();
    world.matches(order);
    for bidder in &bidders {
        let lease = world.order(order).lease.unwrap();
        world.ok(bidder, decline(lease));
    }
    assert_eq!((world.order(order).state, world.spent(&tenant)), (OrderState::Expired, 0));
    assert_eq!(world.deployment(1).live, 0);
    for bidder in &bidders {
        world.ok(&tenant, ExecuteMsg::ReclaimDeposit { order, provider: bidder.to_string() });
    }
    let market = world.market.clone();
    assert_eq!(world.balance(&market), 0);
}

#[test]
fn without_fallback_the_tenant_gets_everything_and_the_order_expires() {
    for silent in [false, true] {
        let mut world = World::new();
        let (alice, bob) = (world.provider("alice"), world.provider("bob"));
        let (tenant, stranger) = (world.tenant.clone(), world.stranger.clone());
        let order = world.create(vec![spec(100)]);
        world.bid(&alice, order, 50);
        world.bid(&bob, order, 60);
        let lease = world.matches(order);
        if silent {
            world.pass(ACTIVATION + 1);
            world.ok(&stranger, ExecuteMsg::ExpireLease { lease: lease.id });
        } else {
            world.ok(&alice, decline(lease.id));
        }
        assert_eq!((world.order(order).state, world.spent(&tenant)), (OrderState::Expired, 0));
        assert_eq!(world.lease(lease.id).refunded, price(50));
        assert_eq!(world.bid_of(order, &bob).state, BidState::Lost);
        world.ok(&bob, ExecuteMsg::ReclaimDeposit { order, provider: bob.to_string() });
    }
}

#[test]
fn losers_of_a_fallback_order_stay_bound_until_a_winner_activates() {
    let mut world = World::new();
    let (order, [_, bob, carol]) = three_bids(&mut world);
    let lease = world.matches(order);
    assert_eq!(world.bid_of(order, &bob).state, BidState::Open);
    let reclaim = |of: &cosmwasm_std::Addr| ExecuteMsg::ReclaimDeposit { order, provider: of.to_string() };
    world.fails(&bob, reclaim(&bob), &[], "still in the book");
    world.activate(lease.id);
    assert_eq!(world.bid_of(order, &bob).state, BidState::Lost);
    world.ok(&bob, reclaim(&bob));
    world.ok(&bob, reclaim(&carol));
}

#[test]
fn a_late_decline_gives_the_match_a_new_window() {
    let mut world = World::with(Params { activation_window: MATCH_WINDOW * 2, ..params() });
    let (order, [alice, bob, carol]) = three_bids(&mut world);
    let lease = world.matches(order);
    world.pass(MATCH_WINDOW);
    // After the window a loser may leave; the others are still asked.
    world.ok(&bob, ExecuteMsg::ReclaimDeposit { order, provider: bob.to_string() });
    assert_eq!(world.order(order).bids, 1);
    world.ok(&alice, decline(lease.id));
    assert_eq!(world.lease(world.order(order).lease.unwrap()).provider, carol);
    assert_eq!(world.order(order).match_until, world.now() + MATCH_WINDOW);
}

#[test]
fn a_fallback_through_many_ineligible_bids_goes_on_in_later_calls() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![fallback_spec(1000)]);
    world.bid(&alice, order, 10);
    let others: Vec<_> = (0..12).map(|at| world.provider(&format!("other-{at}"))).collect();
    for (at, other) in others.iter().enumerate() {
        world.bid(other, order, 20 + at as u128);
    }
    let lease = world.matches(order);
    for other in &others[..11] {
        world.change_provider(other, |provider| provider.jailed_until = u64::MAX);
    }
    world.ok(&alice, decline(lease.id));
    let stored = world.order(order);
    assert_eq!((stored.state, stored.phase, stored.bids), (OrderState::Open, OrderPhase::Matching, 2));
    assert_eq!(stored.locked.amount, price(1000));
    world.ok(&alice, ExecuteMsg::Match { order });
    assert_eq!(world.lease(world.order(order).lease.unwrap()).provider, others[11]);
}

#[test]
fn what_others_added_to_a_pending_lease_returns_to_the_tenant_at_a_decline() {
    let mut world = World::new();
    let (order, [alice, ..]) = three_bids(&mut world);
    let (tenant, stranger) = (world.tenant.clone(), world.stranger.clone());
    let lease = world.matches(order);
    let top_up = ExecuteMsg::TopUp { lease: lease.id };
    world.send(&stranger, &top_up, &[cosmwasm_std::coin(33, DENOM)]).unwrap();
    world.ok(&alice, decline(lease.id));
    assert_eq!(world.lease(lease.id).refunded, price(33));
    assert_eq!(world.spent(&tenant), 100 - 33);
    assert_eq!(world.order(order).locked.amount, price(40));
}

#[test]
fn a_tenant_that_cancels_a_pending_lease_gets_the_reserve_back_too() {
    let mut world = World::new();
    let (order, [_, bob, _]) = three_bids(&mut world);
    let tenant = world.tenant.clone();
    let lease = world.matches(order);
    world.ok(&tenant, ExecuteMsg::CloseLease { lease: lease.id });
    assert_eq!(world.lease(lease.id).end_reason, Some(EndReason::TenantCancelled));
    assert_eq!((world.spent(&tenant), world.deployment(1).live), (0, 0));
    assert_eq!(world.order(order).state, OrderState::Matched);
    world.ok(&bob, ExecuteMsg::ReclaimDeposit { order, provider: bob.to_string() });
}

#[test]
fn the_tenant_is_made_whole_even_when_staking_and_registry_fail() {
    let mut world = World::new();
    let (order, _) = three_bids(&mut world);
    for contract in [world.registry.clone(), world.staking.clone()] {
        world.neighbour(&contract, &crate::support::neighbour::NeighbourMsg::Refuse { refuse: true });
    }
    let stranger = world.stranger.clone();
    let lease = world.matches(order);
    world.pass(ACTIVATION + 1);
    let response = world.ok(&stranger, ExecuteMsg::ExpireLease { lease: lease.id });
    let failed: Vec<_> = names(&response).into_iter().filter(|name| name.ends_with("_failed")).collect();
    assert_eq!(failed, ["slash_failed", "jail_failed"]);
    assert_eq!(world.lease(lease.id).state, LeaseState::Ended);
    assert!(world.order(order).lease.unwrap() > lease.id);
}

#[test]
fn a_punishment_that_fails_stays_due_and_keeps_its_provider_from_orders_until_it_goes_through() {
    let mut world = World::new();
    let (order, _) = three_bids(&mut world);
    let refuse = |world: &mut World, refuse: bool| {
        for contract in [world.registry.clone(), world.staking.clone()] {
            world.neighbour(&contract, &crate::support::neighbour::NeighbourMsg::Refuse { refuse });
        }
    };
    let due = |world: &World| -> Page<PunishmentDue, LeaseId> {
        world.ask(&QueryMsg::PunishmentsDue { start_after: None, limit: None })
    };
    refuse(&mut world, true);
    let stranger = world.stranger.clone();
    let lease = world.matches(order);
    world.pass(ACTIVATION + 1);
    world.ok(&stranger, ExecuteMsg::ExpireLease { lease: lease.id });
    let entry = PunishmentDue { lease: lease.id, provider: lease.provider.clone(), slash: true, jail: true };
    assert_eq!(due(&world).items, std::slice::from_ref(&entry));

    // Tried again too early it fails again, and stays.
    let response = world.ok(&stranger, ExecuteMsg::Punish { lease: lease.id });
    assert_eq!(names(&response), ["punishment_retried", "slash_failed", "jail_failed"]);
    assert_eq!(due(&world).items, [entry]);

    let (next, provider) = (world.create(vec![spec(100)]), lease.provider.clone());
    let error = world.try_bid(&provider, next, 50).unwrap_err();
    assert!(error.contains("NoPunishmentDue") && error.contains("one for lease 1"), "{error}");

    refuse(&mut world, false);
    let response = world.ok(&stranger, ExecuteMsg::Punish { lease: lease.id });
    assert_eq!(names(&response), ["punishment_retried"]);
    assert_eq!(due(&world).items, []);
    world.bid(&provider, next, 50);
    world.fails(&stranger, ExecuteMsg::Punish { lease: lease.id }, &[], "no punishment is due for lease 1");
}
