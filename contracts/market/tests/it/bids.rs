use crate::support::*;
use cosmwasm_std::coin;
use market_api::*;

fn place(order: OrderId, amount: u128) -> ExecuteMsg {
    ExecuteMsg::PlaceBid { order, provider: None, price: price(amount) }
}

#[test]
fn a_bid_is_one_to_the_maximum() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    let deposit = [coin(DEPOSIT, DENOM)];
    for amount in [0, 101, u128::MAX] {
        world.fails(&alice, place(order, amount), &deposit, "is 1 to 100");
    }
    world.bid(&alice, order, 100);
    let bob = world.provider("bob");
    world.bid(&bob, order, 1);
    assert_eq!(world.order(order).bids, 2);
}

#[test]
fn bids_are_accepted_before_the_second_at_which_bidding_ends() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    let order = world.create(vec![spec(100)]);
    world.pass(BID_WINDOW - 1);
    world.bid(&alice, order, 50);
    world.pass(1);
    world.fails(&bob, place(order, 40), &[coin(DEPOSIT, DENOM)], "is Matching");
    world.fails(&alice, ExecuteMsg::LowerBid { order, provider: None, price: price(40) }, &[], "is Matching");
    world.fails(&alice, ExecuteMsg::WithdrawBid { order, provider: None }, &[], "is Matching");
}

#[test]
fn a_provider_bids_once_and_again_after_it_withdrew() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.fails(&alice, place(order, 40), &[coin(DEPOSIT, DENOM)], "already bid");
    world.ok(&alice, ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!((world.spent(&alice), world.order(order).bids), (0, 0));
    world.bid(&alice, order, 40);
    assert_eq!(world.bid_of(order, &alice).sequence, 2);
}

#[test]
fn a_lowered_bid_is_strictly_lower_and_takes_a_new_place() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.bid(&bob, order, 40);
    let lower = |amount| ExecuteMsg::LowerBid { order, provider: None, price: price(amount) };
    for amount in [0, 50, 51, u128::MAX] {
        world.fails(&alice, lower(amount), &[], "a lowered price");
    }
    world.pass(3);
    world.ok(&alice, lower(40));
    let bid = world.bid_of(order, &alice);
    assert_eq!((bid.price, bid.sequence, bid.placed_at), (price(40), 3, START + 3));
    assert_eq!(world.order(order).bids, 2);
    assert_eq!(world.matches(order).provider, bob, "at the same price the earlier place wins");
}

#[test]
fn an_operator_bids_for_its_provider_and_gets_its_deposit_back() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let operator = world.addr("alice-operator");
    let order = world.create(vec![spec(100)]);
    let msg = ExecuteMsg::PlaceBid { order, provider: Some(alice.to_string()), price: price(50) };
    world.send(&operator, &msg, &[coin(DEPOSIT, DENOM)]).unwrap();
    let bid = world.bid_of(order, &alice);
    assert_eq!((bid.depositor, bid.deposit), (operator.clone(), price(DEPOSIT)));
    world.ok(&alice, ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!(world.spent(&operator), 0);
    assert_eq!(world.spent(&alice), 0);
}

#[test]
fn a_key_that_is_no_longer_an_operator_cannot_act() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let operator = world.addr("alice-operator");
    let order = world.create(vec![spec(100)]);
    world.change_provider(&alice, |provider| provider.operators.clear());
    let msg = ExecuteMsg::PlaceBid { order, provider: Some(alice.to_string()), price: price(50) };
    world.fails(&operator, msg, &[coin(DEPOSIT, DENOM)], "may not act for provider");
}

#[test]
fn only_eligible_providers_bid_and_the_refusal_names_the_requirement() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let mut wanted = spec(100);
    wanted.group.requirements.attributes = vec![registry_api::Attribute::new("region", "eu-west")];
    wanted.group.requirements.min_stake = price(1000);
    let order = world.create(vec![wanted]);
    let deposit = [coin(DEPOSIT, DENOM)];
    let now = world.now();

    let nobody = world.stranger.clone();
    world.fails(&nobody, place(order, 50), &deposit, "Registered");
    world.fails(&alice, place(order, 50), &deposit, "MinStake: expected a stake of at least 1000, found 0");
    world.stake(&alice, 999);
    world.fails(&alice, place(order, 50), &deposit, "found 999");
    world.stake(&alice, 1000);
    world.change_provider(&alice, |provider| provider.jailed_until = now + 1);
    world.fails(&alice, place(order, 50), &deposit, "NotJailed");
    world.change_provider(&alice, |provider| {
        provider.jailed_until = now;
        provider.root_valid_until = now - 1;
    });
    world.fails(&alice, place(order, 50), &deposit, "ValidRoot");
    world.change_provider(&alice, |provider| {
        provider.root_valid_until = now;
        provider.attributes[0].value = "us-east".into();
    });
    world.fails(&alice, place(order, 50), &deposit, "expected region = eu-west, found region = us-east");
    world.change_provider(&alice, |provider| provider.attributes.clear());
    world.fails(&alice, place(order, 50), &deposit, "no region");
    world.change_provider(&alice, |provider| {
        provider.attributes = vec![registry_api::Attribute::new("region", "eu-west")];
    });
    world.bid(&alice, order, 50);
}

#[test]
fn a_deposit_is_exact_and_none_where_none_is_asked() {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    for (funds, text) in [
        (vec![], "exactly 5uakash, got none"),
        (vec![coin(4, DENOM)], "exactly 5uakash, got 4uakash"),
        (vec![coin(6, DENOM)], "got 6uakash"),
        (vec![coin(5, FREE)], "got 5ufree"),
        (vec![coin(5, DENOM), coin(5, FREE)], "exactly one denom"),
    ] {
        world.fails(&alice, place(order, 50), &funds, text);
    }
    let mut free = spec(100);
    free.max_price.denom = FREE.into();
    let order = world.create(vec![free]);
    world.fails(&alice, place(order, 50), &[coin(5, FREE)], "exactly none");
    world.bid(&alice, order, 50);
}

#[test]
fn a_deposit_stays_while_its_bid_binds_and_is_free_in_every_other_case() {
    let mut world = World::new();
    let (alice, bob, stranger) = (world.provider("alice"), world.provider("bob"), world.stranger.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.bid(&bob, order, 60);
    let reclaim = |of: &cosmwasm_std::Addr| ExecuteMsg::ReclaimDeposit { order, provider: of.to_string() };
    world.fails(&stranger, reclaim(&bob), &[], "still in the book");
    world.pass(BID_WINDOW);
    world.fails(&stranger, reclaim(&bob), &[], "still in the book");
    world.matches(order);
    world.ok(&stranger, reclaim(&bob));
    world.ok(&stranger, reclaim(&alice));
    assert_eq!((world.spent(&alice), world.spent(&bob)), (0, 0));
    for provider in [&alice, &bob] {
        world.fails(&stranger, reclaim(provider), &[], "already returned");
    }
    let nobody = world.addr("nobody");
    world.fails(&stranger, reclaim(&nobody), &[], "has no bid");
}

#[test]
fn bids_bind_nobody_once_the_match_window_is_over() {
    let mut world = World::new();
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    world.pass(BID_WINDOW + MATCH_WINDOW - 1);
    let reclaim = ExecuteMsg::ReclaimDeposit { order, provider: alice.to_string() };
    world.fails(&alice, reclaim.clone(), &[], "still in the book");
    world.pass(1);
    assert_eq!(world.bid_of(order, &alice).state, BidState::Lost);
    world.ok(&alice, reclaim);
    assert_eq!(world.spent(&alice), 0);
    world.ok(&alice, ExecuteMsg::Match { order });
    assert_eq!(world.order(order).state, OrderState::Expired);
    assert_eq!(world.spent(&tenant), 0);
}
