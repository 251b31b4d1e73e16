use crate::support::*;
use cloud_std::{Page, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
use cosmwasm_std::coin;
use market_api::msg::{BookCursor, EligibilitySubject, LeaseFilter, OrderFilter, TimeCursor};
use market_api::*;

fn orders(filter: OrderFilter, start_after: Option<OrderId>, limit: Option<u32>) -> QueryMsg {
    QueryMsg::Orders { filter, start_after, limit }
}

#[test]
fn a_page_is_never_larger_than_the_maximum_and_the_cursor_goes_on_after_it() {
    let mut world = World::new();
    let tenant = world.tenant.clone();
    let (market, ten) = (world.market.clone(), vec![spec(10); 10]);
    for _ in 0..13 {
        let msg = ExecuteMsg::CreateDeployment { version: version(1), orders: ten.clone() };
        let funds = [coin(100, DENOM)];
        cw_multi_test::Executor::execute_contract(
            &mut world.app,
            tenant.clone(),
            market.clone(),
            &msg,
            &funds,
        )
        .unwrap();
    }
    let open = OrderFilter::State { state: OrderState::Open };
    for (limit, expected) in [
        (None, DEFAULT_PAGE_LIMIT),
        (Some(u32::MAX), MAX_PAGE_LIMIT),
        (Some(MAX_PAGE_LIMIT + 1), MAX_PAGE_LIMIT),
        (Some(7), 7),
    ] {
        let page: Page<Order, OrderId> = world.ask(&orders(open.clone(), None, limit));
        assert_eq!(page.items.len() as u32, expected);
        assert_eq!(page.next, Some(OrderId(expected.into())));
    }
    let page: Page<Order, OrderId> = world.ask(&orders(open.clone(), Some(OrderId(100)), Some(u32::MAX)));
    assert_eq!((page.items.len(), page.next), (30, None));
    let page: Page<Order, OrderId> = world.ask(&orders(open, None, Some(0)));
    assert_eq!(page.items.len(), 0);
    let ids: Vec<Deployment> = world.all(|start_after| QueryMsg::Deployments {
        tenant: tenant.to_string(),
        start_after,
        limit: Some(5),
    });
    assert_eq!(ids.iter().map(|row| row.id.0).collect::<Vec<_>>(), (1..=13).collect::<Vec<_>>());
}

#[test]
fn orders_are_listed_by_state_tenant_deployment_and_expiry() {
    let mut world = World::new();
    let (alice, tenant, other) = (world.provider("alice"), world.tenant.clone(), world.stranger.clone());
    world.create(vec![OrderSpec { bid_window: 90, ..spec(10) }, OrderSpec { bid_window: 30, ..spec(10) }]);
    let create = ExecuteMsg::CreateDeployment { version: version(1), orders: vec![spec(10)] };
    world.send(&other, &create, &[coin(10, DENOM)]).unwrap();
    let list = |world: &World, filter: OrderFilter| -> Vec<u64> {
        let items: Vec<Order> = world.all(|after| orders(filter.clone(), after, Some(1)));
        items.iter().map(|order| order.id.0).collect()
    };
    let by_expiry = |world: &World| -> Vec<u64> {
        let items: Vec<Order> = world
            .all(|start_after: Option<TimeCursor>| QueryMsg::OrdersByExpiry { start_after, limit: Some(1) });
        items.iter().map(|order| order.id.0).collect()
    };
    let open = OrderFilter::State { state: OrderState::Open };
    assert_eq!(list(&world, open.clone()), [1, 2, 3]);
    assert_eq!(list(&world, OrderFilter::Tenant { tenant: tenant.to_string() }), [1, 2]);
    assert_eq!(list(&world, OrderFilter::Tenant { tenant: other.to_string() }), [3]);
    assert_eq!(list(&world, OrderFilter::Deployment { deployment: DeploymentId(1) }), [1, 2]);
    assert_eq!(by_expiry(&world), [2, 3, 1]);

    world.bid(&alice, OrderId(2), 5);
    world.matches(OrderId(2));
    world.ok(&tenant, ExecuteMsg::CloseOrder { order: OrderId(1) });
    assert_eq!(list(&world, open), [3]);
    assert_eq!(list(&world, OrderFilter::State { state: OrderState::Matched }), [2]);
    assert_eq!(list(&world, OrderFilter::State { state: OrderState::Closed }), [1]);
    assert_eq!(by_expiry(&world), [3]);
    assert_eq!(list(&world, OrderFilter::Deployment { deployment: DeploymentId(1) }), [1, 2]);
}

#[test]
fn the_book_is_in_price_order_and_then_in_time() {
    let mut world = World::new();
    let order = world.create(vec![spec(1000)]);
    let amounts = [500, 20, 300, 20, 7];
    for (at, amount) in amounts.iter().enumerate() {
        let bidder = world.provider(&format!("bidder-{at}"));
        world.bid(&bidder, order, *amount);
    }
    let book = |world: &World| -> Vec<(u128, u64)> {
        let items: Vec<Bid> = world.all(|start_after: Option<BookCursor>| QueryMsg::Book {
            order,
            start_after,
            limit: Some(2),
        });
        items.iter().map(|bid| (bid.price.u128(), bid.sequence)).collect()
    };
    assert_eq!(book(&world), [(7, 5), (20, 2), (20, 4), (300, 3), (500, 1)]);
    let first = world.addr("bidder-4");
    world.ok(&first, ExecuteMsg::WithdrawBid { order, provider: None });
    assert_eq!(book(&world), [(20, 2), (20, 4), (300, 3), (500, 1)]);
    world.matches(order);
    assert_eq!(book(&world), [], "a decided order has no book");
    assert_eq!(world.order(order).bids, 0);
}

#[test]
fn a_provider_lists_bids_that_are_in_a_book_or_hold_a_deposit() {
    let mut world = World::new();
    let (alice, bob) = (world.provider("alice"), world.provider("bob"));
    let mut free = spec(100);
    free.max_price.denom = FREE.into();
    let first = world.create(vec![spec(100), spec(100)]);
    let second = OrderId(first.0 + 1);
    let third = world.create(vec![free]);
    for order in [first, second, third] {
        world.bid(&alice, order, 50);
        world.bid(&bob, order, 60);
    }
    let list = |world: &World, provider: &cosmwasm_std::Addr| -> Vec<(u64, BidState)> {
        let bids: Vec<Bid> = world.all(|start_after| QueryMsg::BidsOfProvider {
            provider: provider.to_string(),
            start_after,
            limit: Some(1),
        });
        bids.iter().map(|bid| (bid.order.0, bid.state)).collect()
    };
    let open = BidState::Open;
    assert_eq!(list(&world, &alice), [(first.0, open), (second.0, open), (third.0, open)]);
    world.ok(&alice, ExecuteMsg::WithdrawBid { order: second, provider: None });
    world.matches(first);
    world.matches(third);
    // The won bid without deposit has nothing to take back.
    assert_eq!(list(&world, &alice), [(first.0, BidState::Won)]);
    let lost = BidState::Lost;
    assert_eq!(list(&world, &bob), [(first.0, lost), (second.0, open), (third.0, lost)]);
    for order in [first, third] {
        world.ok(&bob, ExecuteMsg::ReclaimDeposit { order, provider: bob.to_string() });
    }
    assert_eq!(list(&world, &bob), [(second.0, open)]);
    assert_eq!(world.bid_of(first, &bob).deposit, price(0));
    let again = ExecuteMsg::ReclaimDeposit { order: third, provider: bob.to_string() };
    world.fails(&bob, again, &[], "already returned");
}

#[test]
fn leases_are_listed_by_every_index() {
    let mut world = World::new();
    let (alice, bob, tenant) = (world.provider("alice"), world.provider("bob"), world.tenant.clone());
    let first = world.create(vec![spec(100); 3]);
    for (at, provider) in [&alice, &bob, &alice].into_iter().enumerate() {
        world.bid(provider, OrderId(first.0 + at as u64), 50);
    }
    for at in 0..3 {
        world.matches(OrderId(first.0 + at));
    }
    let list = |world: &World, filter: LeaseFilter| -> Vec<u64> {
        let items: Vec<Lease> =
            world.all(|start_after| QueryMsg::Leases { filter: filter.clone(), start_after, limit: Some(1) });
        items.iter().map(|lease| lease.id.0).collect()
    };
    let by_end = |world: &World| -> Vec<u64> {
        let items: Vec<Lease> = world
            .all(|start_after: Option<TimeCursor>| QueryMsg::LeasesByEnd { start_after, limit: Some(1) });
        items.iter().map(|lease| lease.id.0).collect()
    };
    let state = |state| LeaseFilter::State { state };
    assert_eq!(list(&world, state(LeaseState::Pending)), [1, 2, 3]);
    assert_eq!(by_end(&world), [] as [u64; 0]);

    world.activate(LeaseId(3));
    world.pass(5);
    world.activate(LeaseId(2));
    assert_eq!(by_end(&world), [3, 2]);
    world.send(&tenant, &ExecuteMsg::TopUp { lease: LeaseId(3) }, &[coin(50, DENOM)]).unwrap();
    assert_eq!(by_end(&world), [2, 3], "a top-up moves the end");
    world.ok(&tenant, ExecuteMsg::CloseLease { lease: LeaseId(2) });
    assert_eq!(by_end(&world), [3]);
    assert_eq!(list(&world, state(LeaseState::Pending)), [1]);
    assert_eq!(list(&world, state(LeaseState::Active)), [3]);
    assert_eq!(list(&world, state(LeaseState::Ended)), [2]);
    assert_eq!(list(&world, LeaseFilter::Tenant { tenant: tenant.to_string() }), [1, 2, 3]);
    assert_eq!(list(&world, LeaseFilter::Provider { provider: alice.to_string() }), [1, 3]);
    assert_eq!(list(&world, LeaseFilter::Provider { provider: bob.to_string() }), [2]);
    assert_eq!(list(&world, LeaseFilter::LiveOfProvider { provider: alice.to_string() }), [1, 3]);
    assert_eq!(list(&world, LeaseFilter::LiveOfProvider { provider: bob.to_string() }), [] as [u64; 0]);
    assert_eq!(list(&world, LeaseFilter::Deployment { deployment: DeploymentId(1) }), [1, 2, 3]);
}

#[test]
fn eligibility_says_what_was_expected_and_what_was_found() {
    let mut world = World::new();
    let alice = world.provider("alice");
    world.stake(&alice, 70);
    let requirements = Requirements {
        attributes: vec![registry_api::Attribute::new("region", "us")],
        min_stake: price(50),
        ..Default::default()
    };
    let ask = |world: &World, provider: &cosmwasm_std::Addr| -> Eligibility {
        world.ask(&QueryMsg::Eligibility {
            subject: EligibilitySubject::Requirements { requirements: requirements.clone() },
            provider: provider.to_string(),
        })
    };
    let answer = ask(&world, &alice);
    assert!(!answer.eligible);
    let met: Vec<_> = answer.checks.iter().map(|check| (check.requirement, check.met)).collect();
    use RequirementKind::*;
    assert_eq!(
        met,
        [
            (Registered, true),
            (NotJailed, true),
            (ValidRoot, true),
            (Attribute, false),
            (MinStake, true),
            (NoPunishmentDue, true)
        ]
    );
    assert_eq!(answer.checks[3].expected, "region = us");
    assert_eq!(answer.checks[3].found, "region = eu-west");
    let stranger = world.stranger.clone();
    assert!(ask(&world, &stranger).checks[..4].iter().all(|check| !check.met));

    world.change_provider(&alice, |provider| provider.attributes[0].value = "us".into());
    assert!(ask(&world, &alice).eligible);
    let mut wanted = spec(100);
    wanted.group.requirements = requirements.clone();
    let order = world.create(vec![wanted]);
    let answer: Eligibility = world.ask(&QueryMsg::Eligibility {
        subject: EligibilitySubject::Order { order },
        provider: alice.to_string(),
    });
    assert!(answer.eligible);
}

#[test]
fn limits_and_configuration_are_answered() {
    let world = World::new();
    let limits: Limits = world.ask(&QueryMsg::Limits {});
    assert_eq!(limits.max_page_limit, MAX_PAGE_LIMIT);
    assert_eq!(limits.max_amount, price(market_api::limits::MAX_AMOUNT));
    let config: Config = world.ask(&QueryMsg::Config {});
    assert_eq!((config.registry, config.staking), (world.registry.clone(), world.staking.clone()));
    assert_eq!(config.params, params());
    assert!(world.ask_fails(&QueryMsg::Lease { lease: LeaseId(1) }).contains("no lease 1"));
    assert!(world.ask_fails(&QueryMsg::Order { order: OrderId(1) }).contains("no order 1"));
    let deployment = DeploymentId(1);
    assert!(world.ask_fails(&QueryMsg::Deployment { deployment }).contains("no deployment 1"));
}
