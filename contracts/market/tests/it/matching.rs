use crate::support::*;
use market_api::limits::MAX_MATCH_STEPS;
use market_api::*;

#[test]
fn the_lowest_price_wins_and_at_the_same_price_the_earliest() {
    let mut world = World::new();
    let bidders: Vec<_> = ["a", "b", "c", "d"].map(|name| world.provider(name)).into();
    let order = world.create(vec![spec(100)]);
    for (bidder, amount) in bidders.iter().zip([60, 55, 55, 70]) {
        world.bid(bidder, order, amount);
    }
    let lease = world.matches(order);
    assert_eq!((lease.provider, lease.price.amount), (bidders[1].clone(), price(55)));
}

#[test]
fn prices_compare_as_numbers() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    let order = world.create(vec![spec(1 << 60)]);
    world.bid(&alice, order, 1 << 40);
    world.bid(&bob, order, 9);
    assert_eq!(world.matches(order).provider, bob);
}

#[test]
fn a_match_waits_for_the_end_of_bidding() {
    let mut world = World::new();
    let (alice, stranger) = (world.provider("alice"), world.stranger.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.pass(BID_WINDOW - 1);
    world.fails(&stranger, ExecuteMsg::Match { order }, &[], "takes bids until");
    world.pass(1);
    world.ok(&stranger, ExecuteMsg::Match { order });
    world.fails(&stranger, ExecuteMsg::Match { order }, &[], "is Matched");
}

#[test]
fn an_order_without_bids_expires_and_everything_returns() {
    let mut world = World::new();
    let (tenant, stranger) = (world.tenant.clone(), world.stranger.clone());
    let order = world.create(vec![spec(100)]);
    world.pass(BID_WINDOW);
    let response = world.ok(&stranger, ExecuteMsg::Match { order });
    assert_eq!(names(&response), ["order_expired"]);
    assert_eq!((world.order(order).state, world.spent(&tenant)), (OrderState::Expired, 0));
    assert_eq!(world.deployment(1).live, 0);
}

#[test]
fn a_match_that_comes_too_late_expires_the_order() {
    for (wait, state) in [(MATCH_WINDOW - 1, OrderState::Matched), (MATCH_WINDOW, OrderState::Expired)] {
        let mut world = World::new();
        let (alice, stranger) = (world.provider("alice"), world.stranger.clone());
        let order = world.create(vec![spec(100)]);
        world.bid(&alice, order, 50);
        world.pass(BID_WINDOW + wait);
        world.ok(&stranger, ExecuteMsg::Match { order });
        assert_eq!(world.order(order).state, state);
    }
}

#[test]
fn a_front_runner_that_is_no_longer_eligible_is_skipped_and_keeps_its_deposit() {
    let mut world = World::new();
    let (alice, bob, carol) = (world.provider("alice"), world.provider("bob"), world.provider("carol"));
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.bid(&bob, order, 60);
    world.bid(&carol, order, 70);
    world.change_provider(&alice, |provider| provider.jailed_until = u64::MAX);
    world.remove_provider(&bob);
    assert_eq!(world.matches(order).provider, carol);
    for skipped in [&alice, &bob] {
        assert_eq!(world.bid_of(order, skipped).state, BidState::Skipped);
        world.ok(&carol, ExecuteMsg::ReclaimDeposit { order, provider: skipped.to_string() });
        assert_eq!(world.spent(skipped), 0);
    }
}

#[test]
fn a_match_examines_a_bounded_number_of_bids_and_goes_on_where_it_stopped() {
    let mut world = World::new();
    let stranger = world.stranger.clone();
    let order = world.create(vec![spec(1000)]);
    let steps = u128::from(MAX_MATCH_STEPS);
    let bidders: Vec<_> = (0..2 * steps + 1).map(|at| world.provider(&format!("bidder-{at}"))).collect();
    for (at, bidder) in bidders.iter().enumerate() {
        world.bid(bidder, order, 100 + at as u128);
    }
    let last = bidders.last().unwrap().clone();
    for bidder in bidders.iter().filter(|bidder| **bidder != last) {
        world.change_provider(bidder, |provider| provider.root_valid_until = 0);
    }
    world.pass(BID_WINDOW);
    for left in [steps + 1, 1] {
        let response = world.ok(&stranger, ExecuteMsg::Match { order });
        assert_eq!(names(&response).last().unwrap(), "order_match_progressed");
        assert_eq!(u128::from(world.order(order).bids), left);
        assert_eq!(world.order(order).state, OrderState::Open);
    }
    // Those that were passed over stay out, even when they recover.
    world.change_provider(&bidders[0], |provider| provider.root_valid_until = u64::MAX);
    world.ok(&stranger, ExecuteMsg::Match { order });
    assert_eq!(world.all_leases()[0].provider, last);
}

#[test]
fn a_book_of_ineligible_bids_expires_the_order() {
    let mut world = World::new();
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.remove_provider(&alice);
    world.pass(BID_WINDOW);
    let response = world.ok(&tenant, ExecuteMsg::Match { order });
    assert_eq!(names(&response), ["bid_skipped", "order_expired"]);
    assert_eq!(world.spent(&tenant), 0);
    world.ok(&tenant, ExecuteMsg::ReclaimDeposit { order, provider: alice.to_string() });
    assert_eq!(world.spent(&alice), 0);
}

#[test]
fn stake_is_held_against_the_requirement_again_at_the_match() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    world.stake(&alice, 500);
    world.stake(&bob, 500);
    let mut wanted = spec(100);
    wanted.group.requirements.min_stake = price(500);
    let order = world.create(vec![wanted]);
    world.bid(&alice, order, 50);
    world.bid(&bob, order, 60);
    world.stake(&alice, 499);
    assert_eq!(world.matches(order).provider, bob);
}
