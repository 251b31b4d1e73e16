//! Delegates: what they may do, what they may spend, and that neither is ever more than the tenant gave.

use cloud_std::{Money, Page};
use cosmwasm_std::{coin, Addr};
use market_api::limits::{MAX_GRANTED_GROUPS, MAX_GRANTS_PER_DEPLOYMENT};
use market_api::*;
use registry_api::Attribute;

use crate::support::*;

const ONE: DeploymentId = DeploymentId(1);

/// All of them, with room.
pub fn rights() -> Rights {
    Rights {
        open_groups: vec!["web".into()],
        close_leases: true,
        top_up: true,
        set_version: true,
        max_order_price: price(500),
        max_live_per_group: 3,
        allowed_attributes: vec![],
        expires_at: START + 1_000_000,
    }
}

fn act(action: DelegateAction) -> ExecuteMsg {
    ExecuteMsg::Act { deployment: ONE, action }
}

fn open(orders: Vec<OrderSpec>) -> ExecuteMsg {
    act(DelegateAction::OpenOrders { orders })
}

fn in_group(name: &str, max_price: u128) -> OrderSpec {
    let mut spec = spec(max_price);
    spec.group.name = name.into();
    spec
}

/// Deployment 1 with one order of its tenant, and a delegate with these rights and this budget.
fn world_with(rights: Rights, budget: u128) -> (World, Addr) {
    let mut world = World::new();
    world.create(vec![spec(100)]);
    let delegate = world.addr("delegate");
    world.grant(&delegate, rights);
    world.fund_grant(&delegate, budget);
    (world, delegate)
}

fn grant(world: &World, delegate: &Addr) -> Grant {
    world.ask(&QueryMsg::Grant { deployment: ONE, delegate: delegate.to_string() })
}

#[track_caller]
fn left(world: &World, delegate: &Addr, left: u128, spent: u128) {
    let grant = grant(world, delegate);
    assert_eq!((grant.budget, grant.spent), (Some(Money::new(DENOM, left)), price(spent)));
}

#[test]
fn a_delegate_opens_orders_from_its_budget_and_what_returns_goes_to_the_tenant() {
    let (mut world, delegate) = world_with(rights(), 1_000);
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    assert_eq!(world.spent(&tenant), 1_100);
    world.ok(&delegate, open(vec![spec(200), spec(300)]));
    left(&world, &delegate, 500, 500);
    let order = world.order(OrderId(2));
    assert_eq!((order.tenant.clone(), order.locked), (tenant.clone(), Money::new(DENOM, 200u128)));
    // The surplus of a match is the tenant's.
    world.bid(&alice, order.id, 150);
    world.matches(order.id);
    assert_eq!(world.spent(&tenant), 1_050);
    left(&world, &delegate, 500, 500);
    // As is what a lease did not use, whoever closes it.
    world.activate(LeaseId(1));
    world.pass(50);
    world.ok(&delegate, act(DelegateAction::CloseLease { lease: LeaseId(1) }));
    assert_eq!(world.lease(LeaseId(1)).end_reason, Some(EndReason::TenantClosed));
    assert_eq!(world.spent(&tenant), 975);
}

#[test]
fn the_budget_is_exact() {
    let (mut world, delegate) = world_with(rights(), 300);
    world.fails(
        &delegate,
        open(vec![spec(301)]),
        &[],
        "takes 301uakash from the delegate's budget, which has 300uakash left",
    );
    world.fails(&delegate, open(vec![spec(200), spec(101)]), &[], "takes 301uakash");
    world.ok(&delegate, open(vec![spec(200), spec(100)]));
    left(&world, &delegate, 0, 300);
    world.fails(&delegate, open(vec![spec(10)]), &[], "has 0uakash left");
    world.fund_grant(&delegate, 10);
    world.ok(&delegate, open(vec![spec(10)]));
    left(&world, &delegate, 0, 310);
}

#[test]
fn a_budget_is_in_one_denom_that_the_market_takes() {
    let (mut world, delegate) = world_with(rights(), 300);
    let tenant = world.tenant.clone();
    world.give(&tenant, 10, "stray");
    let fund = |to: &Addr| ExecuteMsg::FundGrant { deployment: ONE, delegate: to.to_string() };
    world.fails(&tenant, fund(&delegate), &[coin(10, FREE)], "budget is in uakash, got ufree");
    let mut other = spec(20);
    other.max_price = Money::new(FREE, 20u128);
    world.fails(&delegate, open(vec![other.clone()]), &[], "takes 20ufree from the delegate's budget");
    // Another denom after a revocation.
    world.ok(&tenant, ExecuteMsg::RevokeGrant { deployment: ONE, delegate: delegate.to_string() });
    world.fails(&tenant, fund(&delegate), &[coin(10, FREE)], "has no grant on deployment 1");
    world.grant(&delegate, rights());
    assert_eq!((grant(&world, &delegate).budget, grant(&world, &delegate).spent), (None, price(0)));
    world.fails(&delegate, open(vec![other.clone()]), &[], "which has none left");
    world.fails(&tenant, fund(&delegate), &[coin(10, "stray")], "denom stray is not accepted");
    world.send(&tenant, &fund(&delegate), &[coin(20, FREE)]).unwrap();
    world.ok(&delegate, open(vec![other]));
}

#[test]
fn each_right_is_needed_for_its_action() {
    let none =
        Rights { open_groups: vec![], close_leases: false, top_up: false, set_version: false, ..rights() };
    type Give = fn(&mut Rights);
    let cases: [(ExecuteMsg, &str, Give); 4] = [
        (open(vec![spec(100)]), "open orders", |rights| rights.open_groups = vec!["web".into()]),
        (act(DelegateAction::CloseLease { lease: LeaseId(1) }), "close leases", |rights| {
            rights.close_leases = true
        }),
        (act(DelegateAction::TopUp { lease: LeaseId(1), amount: price(10) }), "top up leases", |rights| {
            rights.top_up = true
        }),
        (act(DelegateAction::SetVersion { version: version(7) }), "set a version", |rights| {
            rights.set_version = true
        }),
    ];
    for (msg, name, give) in &cases {
        // Everything but this one.
        let mut others = none.clone();
        for (_, other, give) in &cases {
            if other != name {
                give(&mut others);
            }
        }
        let (mut world, delegate) = world_with(others, 500);
        let alice = world.provider("alice");
        world.bid(&alice, OrderId(1), 50);
        world.matches(OrderId(1));
        world.fails(&delegate, msg.clone(), &[], &format!("was not granted to {name}"));
        let mut this = none.clone();
        give(&mut this);
        world.grant(&delegate, this);
        world.ok(&delegate, msg.clone());
    }
}

#[test]
fn orders_stay_within_groups_prices_and_places() {
    let region = |value: &str| Attribute::new("region", value);
    let allowed_attributes = vec![region("eu-west"), region("eu-north"), Attribute::new("tier", "gold")];
    let open_groups = vec!["web".into(), "worker".into()];
    let (mut world, delegate) = world_with(Rights { allowed_attributes, open_groups, ..rights() }, 2_000);
    let asking = |name: &str, amount: u128, wishes: &[(&str, &str)]| {
        let mut spec = in_group(name, amount);
        let wishes = wishes.iter().map(|(key, value)| Attribute::new(*key, *value));
        spec.group.requirements.attributes = wishes.collect();
        open(vec![spec])
    };
    let good = [("region", "eu-north"), ("tier", "gold"), ("arch", "amd64")];
    for (msg, text) in [
        (asking("db", 100, &good), "for the groups web, worker, got db"),
        (asking("web", 501, &good), "may cost 500 at most, web has 501"),
        (
            asking("web", 100, &[("tier", "gold")]),
            "must ask for region with one of eu-west, eu-north; web does not",
        ),
        (asking("web", 100, &[("region", "us-east"), ("tier", "gold")]), "must ask for region"),
        (asking("web", 100, &[("reg*", "eu-west"), ("tier", "gold")]), "must ask for region"),
        (asking("web", 100, &[("region", "eu-west")]), "must ask for tier with one of gold"),
    ] {
        world.fails(&delegate, msg, &[], text);
    }
    world.ok(&delegate, asking("web", 500, &good));
    world.ok(&delegate, asking("worker", 10, &[("region", "eu-west"), ("tier", "gold")]));
}

#[test]
fn live_orders_and_leases_of_a_group_are_counted_for_the_delegate_alone() {
    let rights = Rights { max_live_per_group: 2, open_groups: vec!["web".into(), "db".into()], ..rights() };
    let (mut world, delegate) = world_with(rights, 10_000);
    let (alice, tenant) = (world.provider("alice"), world.tenant.clone());
    // The tenant's own order 1 does not count.
    world.fails(
        &delegate,
        open(vec![spec(100); 3]),
        &[],
        "would have 3 open orders and live leases of web; it may have 2",
    );
    world.ok(&delegate, open(vec![spec(100), fallback_spec(100), in_group("db", 100)]));
    let full = |world: &mut World| {
        let delegate = world.addr("delegate");
        world.fails(&delegate, open(vec![spec(100)]), &[], "it may have 2");
    };
    full(&mut world);
    // An order that becomes a lease, and one that falls back to an order, are one each.
    let bob = world.provider("bob");
    world.bid(&alice, OrderId(2), 50);
    world.bid(&alice, OrderId(3), 50);
    world.bid(&bob, OrderId(3), 60);
    world.matches(OrderId(2));
    world.matches(OrderId(3));
    full(&mut world);
    world.ok(&alice, ExecuteMsg::Decline { lease: LeaseId(2), reason: "no room".into() });
    full(&mut world);
    // Whatever ends one makes room for one.
    world.ok(&alice, ExecuteMsg::Decline { lease: LeaseId(1), reason: "no room".into() });
    world.ok(&delegate, open(vec![spec(100)]));
    full(&mut world);
    world.ok(&tenant, ExecuteMsg::CloseOrder { order: OrderId(5) });
    world.activate(LeaseId(3));
    world.ok(&delegate, act(DelegateAction::CloseLease { lease: LeaseId(3) }));
    world.ok(&delegate, open(vec![spec(100), spec(100)]));
    full(&mut world);
    // A new grant to the same key starts from what is live.
    world.ok(&tenant, ExecuteMsg::RevokeGrant { deployment: ONE, delegate: delegate.to_string() });
    world.grant(&delegate, Rights { max_live_per_group: 3, ..self::rights() });
    world.fund_grant(&delegate, 1_000);
    world.ok(&delegate, open(vec![spec(100)]));
    world.fails(&delegate, open(vec![spec(100)]), &[], "it may have 3");
}

#[test]
fn a_revoked_or_expired_grant_allows_nothing_at_once_and_returns_the_rest() {
    let (mut world, delegate) = world_with(Rights { expires_at: START + 100, ..rights() }, 500);
    let tenant = world.tenant.clone();
    world.until(START + 99);
    world.ok(&delegate, open(vec![spec(100)]));
    world.until(START + 100);
    world.fails(&delegate, open(vec![spec(100)]), &[], "expired at");
    world.grant(&delegate, Rights { expires_at: START + 101, ..rights() });
    left(&world, &delegate, 400, 100);
    world.ok(&delegate, open(vec![spec(100)]));
    world.ok(&tenant, ExecuteMsg::RevokeGrant { deployment: ONE, delegate: delegate.to_string() });
    assert_eq!(world.spent(&tenant), 300);
    world.fails(&delegate, open(vec![spec(100)]), &[], "is not the tenant's delegate on deployment 1");
    let revoke = ExecuteMsg::RevokeGrant { deployment: ONE, delegate: delegate.to_string() };
    world.fails(&tenant, revoke, &[], "has no grant on deployment 1");
    // What it opened lives on.
    assert_eq!(world.order(OrderId(2)).phase, OrderPhase::Bidding);
}

#[test]
fn closing_the_deployment_ends_its_grants_and_returns_their_budgets() {
    let (mut world, delegate) = world_with(rights(), 500);
    let (tenant, second) = (world.tenant.clone(), world.addr("second"));
    world.grant(&second, rights());
    world.fund_grant(&second, 70);
    world.ok(&delegate, open(vec![spec(100)]));
    let close = ExecuteMsg::CloseDeployment { deployment: ONE, limit: Some(1) };
    world.ok(&tenant, close.clone());
    assert_eq!(world.deployment(1).state, DeploymentState::Closing);
    assert!(world.grants(ONE).is_empty());
    world.fails(&delegate, open(vec![spec(100)]), &[], "is not the tenant's delegate");
    let again = ExecuteMsg::Grant { deployment: ONE, delegate: delegate.to_string(), rights: rights() };
    world.fails(&tenant, again, &[], "is Closing");
    world.ok(&tenant, close);
    assert_eq!(world.spent(&tenant), 0);
}

#[test]
fn a_delegate_acts_on_its_own_deployment_only() {
    let (mut world, delegate) = world_with(rights(), 500);
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    world.bid(&alice, order, 50);
    let lease = world.matches(order).id;
    let elsewhere = "lease 1 belongs to deployment 2, the grant is on deployment 1";
    world.fails(&delegate, act(DelegateAction::CloseLease { lease }), &[], elsewhere);
    world.fails(&delegate, act(DelegateAction::TopUp { lease, amount: price(10) }), &[], elsewhere);
    let action = DelegateAction::SetVersion { version: version(9) };
    let msg = ExecuteMsg::Act { deployment: DeploymentId(2), action };
    world.fails(&delegate, msg, &[], "is not the tenant's delegate on deployment 2");
    // Nor does it do what is the tenant's by other messages.
    let update = ExecuteMsg::UpdateDeployment { deployment: ONE, version: version(9) };
    world.fails(&delegate, update, &[], "is not the tenant");
    world.fails(&delegate, ExecuteMsg::CloseOrder { order: OrderId(1) }, &[], "is not the tenant");
    let own = ExecuteMsg::Grant { deployment: ONE, delegate: alice.to_string(), rights: rights() };
    world.fails(&delegate, own, &[], "is not the tenant");
}

#[test]
fn top_ups_and_versions_work_as_the_tenants() {
    let (mut world, delegate) = world_with(rights(), 500);
    let alice = world.provider("alice");
    world.bid(&alice, OrderId(1), 50);
    let lease = world.matches(OrderId(1)).id;
    world.activate(lease);
    world.ok(&delegate, act(DelegateAction::TopUp { lease, amount: price(75) }));
    assert_eq!(world.lease(lease).funds, price(125));
    left(&world, &delegate, 425, 75);
    world.fails(&delegate, act(DelegateAction::TopUp { lease, amount: price(0) }), &[], "accepted are 1 to");
    world.fails(&delegate, act(DelegateAction::TopUp { lease, amount: price(426) }), &[], "takes 426uakash");
    world.ok(&delegate, act(DelegateAction::SetVersion { version: version(2) }));
    assert_eq!((world.deployment(1).version, world.deployment(1).revision), (version(2), 2));
    world.fails(
        &delegate,
        act(DelegateAction::SetVersion { version: version(2) }),
        &[],
        "already the current",
    );
}

#[test]
fn malformed_grants_are_refused() {
    let mut world = World::new();
    world.create(vec![spec(100)]);
    let (tenant, key) = (world.tenant.clone(), world.addr("key"));
    let now = world.now();
    let change = |change: &dyn Fn(&mut Rights)| {
        let mut rights = rights();
        change(&mut rights);
        rights
    };
    let pair = || Attribute::new("region", "eu");
    let groups = |count: usize| (0..count).map(|n| format!("g{n}")).collect::<Vec<_>>();
    let cases = [
        (change(&|r| r.expires_at = now), "would expire at"),
        (change(&|r| r.max_live_per_group = 201), "rights.max_live_per_group"),
        (change(&|r| r.max_order_price = price(u128::MAX)), "rights.max_order_price"),
        (change(&|r| r.open_groups = vec!["Web".into()]), "rights.open_groups"),
        (change(&|r| r.open_groups = vec!["web".into(), "web".into()]), "rights.open_groups names"),
        (change(&|r| r.open_groups = groups(MAX_GRANTED_GROUPS + 1)), "33 groups"),
        (change(&|r| r.allowed_attributes = vec![pair(), pair()]), "rights.allowed_attributes names"),
        (change(&|r| r.allowed_attributes = vec![Attribute::new("", "eu")]), "rights.allowed_attributes key"),
        (change(&|r| r.allowed_attributes = vec![pair(); 33]), "33 entries"),
        (
            Rights {
                open_groups: vec![],
                close_leases: false,
                top_up: false,
                set_version: false,
                ..rights()
            },
            "at least one of",
        ),
    ];
    for (rights, text) in cases {
        let msg = ExecuteMsg::Grant { deployment: ONE, delegate: key.to_string(), rights };
        world.fails(&tenant, msg, &[], text);
    }
    let to = |delegate: &Addr| ExecuteMsg::Grant {
        deployment: ONE,
        delegate: delegate.to_string(),
        rights: rights(),
    };
    world.fails(&tenant, to(&tenant), &[], "is the tenant itself");
    world.fails(&tenant, to(&Addr::unchecked(key.as_str().to_uppercase())), &[], "");
    for n in 0..MAX_GRANTS_PER_DEPLOYMENT {
        let delegate = world.addr(&format!("delegate{n}"));
        world.ok(&tenant, to(&delegate));
    }
    world.fails(&tenant, to(&key), &[], "has 8 delegates");
    // One that is there already may still get other rights.
    let first = world.addr("delegate0");
    world.ok(&tenant, to(&first));
}

#[test]
fn grants_are_listed_by_deployment_and_by_delegate() {
    let mut world = World::new();
    let (tenant, key, other) = (world.tenant.clone(), world.addr("key"), world.addr("other"));
    for _ in 0..3 {
        world.create(vec![spec(100)]);
    }
    for (deployment, delegate) in [(1, &key), (1, &other), (3, &key)] {
        let (deployment, delegate) = (DeploymentId(deployment), delegate.to_string());
        world.ok(&tenant, ExecuteMsg::Grant { deployment, delegate, rights: rights() });
    }
    let mut both = vec![key.clone(), other];
    both.sort();
    let listed: Vec<_> = world.grants(ONE).into_iter().map(|grant| grant.delegate).collect();
    assert_eq!(listed, both);
    let of_key = |start_after, limit| -> Page<Grant, DeploymentId> {
        world.ask(&QueryMsg::GrantsOfDelegate { delegate: key.to_string(), start_after, limit })
    };
    let first = of_key(None, Some(1));
    assert_eq!((first.items[0].deployment, first.next), (ONE, Some(ONE)));
    let second = of_key(first.next, Some(1));
    assert_eq!((second.items[0].deployment, second.next), (DeploymentId(3), None));
    assert_eq!(second.items[0].rights, rights());
    let delegate = tenant.to_string();
    assert!(world.ask_fails(&QueryMsg::Grant { deployment: ONE, delegate }).contains("has no grant"));
}
