//! Comparisons of the contracts' answers with the model. The names of invariants are those of the catalogue: money
//! (I-1, I-2, I-13, I-15, I-25), leases (I-3, I-4, I-7, I-8), states (I-10, I-11), indexes and counters (I-12),
//! shares (I-16), slashes (I-17), roots (I-21).

mod governance;

use std::collections::{BTreeMap, BTreeSet};

use cloud_std::{Money, Page};
use cosmwasm_std::{Addr, Uint128};
use market_api::{
    Bid, BidState, BookCursor, Deployment, DeploymentId, DeploymentState, EndReason, Grant, Lease, LeaseEnds,
    LeaseFilter, LeaseId, LeasePhase, LeaseState, Order, OrderFilter, OrderId, OrderPhase, OrderState,
    ProviderRecord, PunishmentDue, QueryMsg, Reputation, TimeCursor, Totals,
};
use registry_api::{AttestedProvider, Provider, Root};
use serde::de::DeserializeOwned;
use staking_api::{MemberListResponse, StakeInfo, TotalWeightResponse};

use crate::model::DueModel;
use crate::op::{Message, Op};
use crate::world::{World, DENOMS};

type Checked = Result<(), String>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Checked {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: found {found:?}, expected {expected:?}"))
    }
}

/// Every balance.
pub fn balances(world: &World) -> Checked {
    let (suite, model) = (&world.suite, &world.model);
    for ((account, denom), expected) in &model.bank.balances {
        let found = suite.balance_of(account, denom);
        if found != *expected {
            return Err(format!("{account} has {found}{denom}, expected {expected}"));
        }
    }
    Ok(())
}

/// Both sides of the conservation that the contracts answer.
pub fn money(world: &World) -> Checked {
    let (suite, model) = (&world.suite, &world.model);
    let answer: market_api::Invariants = suite.query_market(&QueryMsg::Invariants {});
    same("the market's books hold", answer.holds, true)?;
    for denom in DENOMS {
        let of = |d: &String| d == denom;
        let locked: u128 = model.orders.iter().filter(|o| of(&o.denom)).map(|o| o.locked).sum();
        let bids = model.orders.iter().filter(|o| of(&o.denom)).flat_map(|o| o.bids.values());
        let deposits: u128 = bids.map(|bid| bid.deposit).sum();
        let leases = || model.leases.iter().filter(|lease| of(&lease.denom));
        let live: u128 = leases().filter(|l| l.end.is_none()).map(|l| l.funds - l.withdrawn).sum();
        let ended = leases().filter_map(|l| l.end.as_ref().map(|end| end.earned - l.withdrawn));
        let earned: u128 = ended.sum();
        let budgets = model.grants.values().filter_map(|grant| grant.budget.as_ref());
        let grants: u128 = budgets.filter(|(in_denom, _)| of(in_denom)).map(|(_, left)| left).sum();
        let donated = model.donated.get(&(model.market.clone(), denom.to_owned())).copied();
        let donated = donated.unwrap_or_default();
        let balance = model.bank.balance(&model.market, denom);
        same("conservation in the model", locked + deposits + live + earned + grants + donated, balance)?;
        let Some(found) = answer.denoms.iter().find(|totals| totals.denom == denom) else {
            // A denom that is neither accepted nor was ever used has no books.
            if locked + deposits + live + earned + grants > 0 {
                return Err(format!("no totals of {denom}"));
            }
            continue;
        };
        let parts = [
            found.locked_in_orders,
            found.bid_deposits,
            found.live_leases,
            found.earned,
            found.grants,
            found.unaccounted,
            found.missing,
            found.balance,
        ];
        let parts = parts.map(|amount| amount.u128());
        same(denom, parts, [locked, deposits, live, earned, grants, donated, 0, balance])?;
    }
    let found: staking_api::Invariants = suite.query_staking(&staking_api::QueryMsg::Invariants {});
    let bonded: u128 = model.stakers.values().map(|staker| staker.bonded).sum();
    let unbonding = model.stakers.values().flat_map(|staker| &staker.unbondings);
    let unbonding: u128 = unbonding.map(|unbonding| unbonding.amount).sum();
    let compensation: u128 = model.stakers.values().map(|staker| staker.compensation).sum();
    let donated = model.donated.get(&(model.staking.clone(), DENOMS[0].to_owned())).copied();
    let donated = donated.unwrap_or_default();
    let parts = [
        found.bonded,
        found.unbonding,
        found.compensation,
        found.unaccounted,
        found.balance,
        found.burned,
        found.to_treasury,
        found.to_tenants,
    ];
    let balance = bonded + unbonding + compensation + donated;
    let expected = [
        bonded,
        unbonding,
        compensation,
        donated,
        balance,
        model.burned,
        model.to_treasury,
        model.to_tenants,
    ];
    same("stake", parts.map(|amount| amount.u128()), expected)?;
    same("staking's books hold", found.holds, true)?;
    governance::money(world)
}

/// What the operation names.
pub fn named(world: &World, op: &Op) -> Checked {
    let Op::Send { message, .. } = op else { return Ok(()) };
    match message {
        Message::Market(msg) => {
            let value = serde_json::to_value(msg).map_err(|error| error.to_string())?;
            let body = value.as_object().and_then(|object| object.values().next());
            let id = |key: &str| body.and_then(|body| body.get(key)).and_then(|id| id.as_u64());
            if let Some(n) = id("order") {
                order(world, n as usize - 1)?;
                if let Some(lease_of) = world.model.orders[n as usize - 1].lease {
                    lease(world, lease_of)?;
                }
            }
            if let Some(n) = id("lease") {
                lease(world, n as usize - 1)?;
                order(world, world.model.leases[n as usize - 1].order)?;
            }
            if let Some(n) = id("deployment") {
                deployment(world, n as usize - 1)?;
            }
            Ok(())
        }
        Message::Staking(_) => stakes(world),
        Message::Registry(_) => registry(world),
        Message::Governance(governance_api::ExecuteMsg::Execute { .. }) => everything(world),
        Message::Governance(msg) => governance::named(world, msg),
    }
}

/// All records, lists, indexes and counters.
pub fn everything(world: &World) -> Checked {
    balances(world)?;
    money(world)?;
    for n in 0..world.model.deployments.len() {
        deployment(world, n)?;
    }
    for n in 0..world.model.orders.len() {
        order(world, n)?;
    }
    for n in 0..world.model.leases.len() {
        lease(world, n)?;
    }
    lists(world)?;
    records(world)?;
    stakes(world)?;
    grants(world)?;
    governance::all(world)?;
    registry(world)
}

fn deployment(world: &World, n: usize) -> Checked {
    let expected = &world.model.deployments[n];
    let found: Deployment =
        world.suite.query_market(&QueryMsg::Deployment { deployment: DeploymentId(n as u64 + 1) });
    let (orders, leases) = world.model.live(n);
    same("live of a deployment", found.live as usize, orders.len() + leases.len())?;
    same(
        "deployment",
        (found.tenant, found.state, found.version.to_vec(), found.revision),
        (expected.tenant.clone(), expected.state, expected.version.clone(), expected.revision),
    )
}

fn order(world: &World, n: usize) -> Checked {
    let (model, now) = (&world.model, world.model.now);
    let expected = &model.orders[n];
    let id = OrderId(n as u64 + 1);
    let found: Order = world.suite.query_market(&QueryMsg::Order { order: id });
    let phase = match expected.state {
        OrderState::Open if now < expected.open_until => OrderPhase::Bidding,
        OrderState::Open if now < expected.match_until => OrderPhase::Matching,
        OrderState::Open => OrderPhase::Lapsed,
        OrderState::Matched => OrderPhase::Matched,
        OrderState::Expired => OrderPhase::Expired,
        OrderState::Closed => OrderPhase::Closed,
    };
    same("state of an order", (found.state, found.phase), (expected.state, phase))?;
    same("money of an order", found.locked.amount.u128(), expected.locked)?;
    same(
        "times of an order",
        (found.open_until, found.match_until),
        (expected.open_until, expected.match_until),
    )?;
    same("lease of an order", found.lease, expected.lease.map(|lease| LeaseId(lease as u64 + 1)))?;
    // I-11: a lease exists exactly for each won bid.
    let won = expected.bids.values().filter(|bid| bid.fate == BidState::Won).count();
    same("won bids", won, model.leases.iter().filter(|lease| lease.order == n).count())?;
    for (provider, bid) in &expected.bids {
        let msg = QueryMsg::Bid { order: id, provider: provider.to_string() };
        let found: Bid = world.suite.query_market(&msg);
        same(
            "bid",
            (found.price.u128(), found.sequence, found.deposit.u128(), found.depositor),
            (bid.price, bid.sequence, bid.deposit, bid.depositor.clone()),
        )?;
        if !bid.in_book {
            same("state of a bid", found.state, bid.fate)?;
        }
    }
    let book: Vec<(Addr, u128)> = pages(world, |start_after: Option<BookCursor>| QueryMsg::Book {
        order: id,
        start_after,
        limit: Some(2),
    })?
    .into_iter()
    .map(|bid: Bid| (bid.provider, bid.price.u128()))
    .collect();
    let in_book = expected.state == OrderState::Open
        || expected.lease.is_some_and(|lease| expected.fallback && model.leases[lease].is_pending());
    if in_book && now < expected.match_until {
        let expected: Vec<_> =
            expected.book().iter().map(|(provider, bid)| ((*provider).clone(), bid.price)).collect();
        same("book", book, expected)?;
    }
    Ok(())
}

fn lease(world: &World, n: usize) -> Checked {
    let (model, now) = (&world.model, world.model.now);
    let expected = &model.leases[n];
    let found: Lease = world.suite.query_market(&QueryMsg::Lease { lease: LeaseId(n as u64 + 1) });
    let phase = match (expected.state(), expected.natural_end()) {
        (LeaseState::Ended, _) => LeasePhase::Ended,
        (LeaseState::Pending, _) if now <= expected.activate_until => LeasePhase::Pending,
        (LeaseState::Pending, _) => LeasePhase::Overdue,
        (LeaseState::Active, Some((end, _))) if now >= end => LeasePhase::Due,
        (LeaseState::Active, _) => LeasePhase::Active,
    };
    let what = format!("lease {}", n + 1);
    same(&what, (found.state, found.phase), (expected.state(), phase))?;
    same(
        &what,
        [found.funds, found.earned, found.withdrawn, found.price.amount].map(|amount| amount.u128()),
        [expected.funds, expected.earned(now), expected.withdrawn, expected.price],
    )?;
    same(
        &what,
        (found.started_at, found.notice_until, found.funded_seconds, found.activate_until),
        (expected.started, expected.notice_until, expected.funded(), expected.activate_until),
    )?;
    let ends_at = match (&expected.end, expected.natural_end()) {
        (Some(end), _) => end.at,
        (None, Some((end, _))) => end,
        (None, None) => expected.activate_until,
    };
    same(&what, (found.ends_at, found.end_reason), (ends_at, expected.end.as_ref().map(|end| end.reason)))?;
    if let Some(end) = &expected.end {
        same(&what, found.refunded.u128(), end.refunded)?;
        if expected.started.is_some() {
            same(&what, end.earned + end.refunded, expected.funds)?;
        }
    }
    // I-3, I-4: never more than the time served costs, and never more than was put in.
    if expected.withdrawn > found.earned.u128() || found.earned > found.funds {
        return Err(format!("{what}: paid {} of {} of {}", found.withdrawn, found.earned, found.funds));
    }
    Ok(())
}

/// All items of a list, page by page.
fn pages<T, C>(world: &World, ask: impl Fn(Option<C>) -> QueryMsg) -> Result<Vec<T>, String>
where
    T: DeserializeOwned,
    C: DeserializeOwned,
{
    let (mut items, mut next) = (vec![], None);
    for _ in 0..1_000 {
        let page: Page<T, C> = world.suite.query_market(&ask(next));
        items.extend(page.items);
        next = page.next;
        if next.is_none() {
            return Ok(items);
        }
    }
    Err("a list has no end".into())
}

/// I-12: each list holds exactly what a scan of the model finds, in its order.
fn lists(world: &World) -> Checked {
    let model = &world.model;
    let limit = Some(7);
    let orders = |filter: OrderFilter| -> Result<Vec<u64>, String> {
        let ask = |start_after| QueryMsg::Orders { filter: filter.clone(), start_after, limit };
        let found: Vec<Order> = pages::<_, OrderId>(world, ask)?;
        Ok(found.into_iter().map(|order| order.id.0).collect())
    };
    let scan = |suits: &dyn Fn(usize) -> bool, len: usize| -> Vec<u64> {
        (0..len).filter(|n| suits(*n)).map(|n| n as u64 + 1).collect()
    };
    for state in [OrderState::Open, OrderState::Matched, OrderState::Expired, OrderState::Closed] {
        let expected = scan(&|n| model.orders[n].state == state, model.orders.len());
        same("orders by state", orders(OrderFilter::State { state })?, expected)?;
    }
    let leases = |filter: LeaseFilter| -> Result<Vec<u64>, String> {
        let ask = |start_after| QueryMsg::Leases { filter: filter.clone(), start_after, limit };
        let found: Vec<Lease> = pages::<_, LeaseId>(world, ask)?;
        Ok(found.into_iter().map(|lease| lease.id.0).collect())
    };
    for state in [LeaseState::Pending, LeaseState::Active, LeaseState::Ended] {
        let expected = scan(&|n| model.leases[n].state() == state, model.leases.len());
        same("leases by state", leases(LeaseFilter::State { state })?, expected)?;
    }
    let ask = |start_after| QueryMsg::PunishmentsDue { start_after, limit };
    let found: Vec<PunishmentDue> = pages::<_, LeaseId>(world, ask)?;
    let found = found.into_iter().map(|due| (due.lease.0, due.provider, due.slash, due.jail));
    let with_due = model.leases.iter().enumerate().filter(|(_, lease)| lease.due != DueModel::default());
    let expected = with_due.map(|(n, l)| (n as u64 + 1, l.provider.clone(), l.due.slash, l.due.jail));
    same("punishments due", found.collect::<Vec<_>>(), expected.collect())?;
    for tenant in &world.cast.tenants {
        let name = tenant.to_string();
        let expected = scan(&|n| model.orders[n].tenant == *tenant, model.orders.len());
        same("orders by tenant", orders(OrderFilter::Tenant { tenant: name.clone() })?, expected)?;
        let expected = scan(&|n| model.leases[n].tenant == *tenant, model.leases.len());
        same("leases by tenant", leases(LeaseFilter::Tenant { tenant: name.clone() })?, expected)?;
        let ask = |start_after| QueryMsg::Deployments { tenant: name.clone(), start_after, limit };
        let found: Vec<Deployment> = pages::<_, DeploymentId>(world, ask)?;
        let found: Vec<u64> = found.into_iter().map(|deployment| deployment.id.0).collect();
        let expected = scan(&|n| model.deployments[n].tenant == *tenant, model.deployments.len());
        same("deployments by tenant", found, expected)?;
    }
    for keys in &world.cast.providers {
        let provider = keys.owner.to_string();
        let of = |n: usize| model.leases[n].provider == keys.owner;
        let found = leases(LeaseFilter::Provider { provider: provider.clone() })?;
        same("leases by provider", found, scan(&of, model.leases.len()))?;
        let found = leases(LeaseFilter::LiveOfProvider { provider: provider.clone() })?;
        let live = scan(&|n| of(n) && model.leases[n].end.is_none(), model.leases.len());
        same("live leases by provider", found, live)?;
        let ask = |start_after| QueryMsg::BidsOfProvider { provider: provider.clone(), start_after, limit };
        let found: Vec<Bid> = pages::<_, OrderId>(world, ask)?;
        let found: Vec<u64> = found.into_iter().map(|bid| bid.order.0).collect();
        let with_bid = |n: usize| {
            let bid = model.orders[n].bids.get(&keys.owner);
            bid.is_some_and(|bid| bid.deposit > 0 || bid.in_book)
        };
        same("bids of a provider", found, scan(&with_bid, model.orders.len()))?;
    }
    for n in 0..model.deployments.len() {
        let deployment = DeploymentId(n as u64 + 1);
        let expected = scan(&|o| model.orders[o].deployment == n, model.orders.len());
        same("orders by deployment", orders(OrderFilter::Deployment { deployment })?, expected)?;
        let expected = scan(&|l| model.leases[l].deployment == n, model.leases.len());
        same("leases by deployment", leases(LeaseFilter::Deployment { deployment })?, expected)?;
    }
    let ask = |start_after: Option<TimeCursor>| QueryMsg::OrdersByExpiry { start_after, limit };
    let found: Vec<Order> = pages(world, ask)?;
    let found: Vec<(u64, u64)> = found.into_iter().map(|order| (order.open_until, order.id.0)).collect();
    let open = model.orders.iter().enumerate().filter(|(_, order)| order.state == OrderState::Open);
    let mut expected: Vec<_> = open.map(|(n, order)| (order.open_until, n as u64 + 1)).collect();
    expected.sort_unstable();
    same("orders by expiry", found, expected)?;
    let ask = |start_after: Option<TimeCursor>| QueryMsg::LeasesByEnd { start_after, limit };
    let found: Vec<Lease> = pages(world, ask)?;
    let found: Vec<(u64, u64)> = found.into_iter().map(|lease| (lease.ends_at, lease.id.0)).collect();
    let active = model.leases.iter().enumerate();
    let mut expected: Vec<_> =
        active.filter_map(|(n, lease)| Some((lease.natural_end()?.0, n as u64 + 1))).collect();
    expected.sort_unstable();
    same("leases by end", found, expected)?;

    let found: Totals = world.suite.query_market(&QueryMsg::Totals {});
    let count = |state| model.leases.iter().filter(|lease| lease.state() == state).count() as u64;
    let orders = |state| model.orders.iter().filter(|order| order.state == state).count() as u64;
    let not_closed = model.deployments.iter().filter(|d| d.state != DeploymentState::Closed);
    let ended = |reason| {
        let ends = model.leases.iter().filter_map(|lease| lease.end.as_ref());
        ends.filter(|end| end.reason == reason).count() as u64
    };
    let tenants: BTreeSet<_> = model.deployments.iter().map(|deployment| &deployment.tenant).collect();
    let providers: BTreeSet<_> = model.leases.iter().map(|lease| &lease.provider).collect();
    let earned = |denom: &str| -> u128 {
        let leases = model.leases.iter().filter(|lease| lease.denom == denom);
        leases.map(|lease| lease.end.as_ref().map_or(lease.withdrawn, |end| end.earned)).sum()
    };
    let expected = Totals {
        deployments: model.deployments.len() as u64,
        deployments_live: not_closed.count() as u64,
        orders: model.orders.len() as u64,
        orders_open: orders(OrderState::Open),
        bids: model.bids_placed,
        leases: model.leases.len() as u64,
        leases_pending: count(LeaseState::Pending),
        leases_active: count(LeaseState::Active),
        orders_expired: orders(OrderState::Expired),
        orders_closed: orders(OrderState::Closed),
        ends: EndReason::ALL.map(|reason| LeaseEnds { reason, leases: ended(reason) }).to_vec(),
        tenants: tenants.len() as u64,
        providers: providers.len() as u64,
        // Of denoms that the market never held nothing is said.
        earned: found
            .earned
            .iter()
            .map(|money| Money::new(&money.denom, Uint128::new(earned(&money.denom))))
            .collect(),
        counted_since: found.counted_since,
    };
    same("totals", found, expected)
}

fn records(world: &World) -> Checked {
    let model = &world.model;
    for keys in &world.cast.providers {
        let provider = keys.owner.to_string();
        let found: ProviderRecord = world.suite.query_market(&QueryMsg::ProviderRecord { provider });
        let expected = model.records.get(&keys.owner).cloned().unwrap_or_default();
        let record = found.record;
        same(
            "record",
            [
                record.leases_won,
                record.leases_activated,
                record.leases_declined,
                record.leases_expired,
                record.leases_completed,
                record.leases_broken,
                record.leases_live,
                record.distinct_tenants,
            ],
            [
                expected.won,
                expected.activated,
                expected.declined,
                expected.expired,
                expected.completed,
                expected.broken,
                model.live_leases(&keys.owner) as u64,
                expected.tenants.len() as u64,
            ],
        )?;
        let asked = QueryMsg::Reputation { provider: keys.owner.to_string() };
        let reputation: Reputation = world.suite.query_market(&asked);
        same("reputation", u64::from(reputation.reputation.0), model.reputation(&keys.owner))?;
        // Money counts when it moves: all of an ended lease, what was withdrawn of a live one.
        let mut earned: BTreeMap<String, u128> = BTreeMap::new();
        for lease in model.leases.iter().filter(|lease| lease.provider == keys.owner) {
            let counted = lease.end.as_ref().map_or(lease.withdrawn, |end| end.earned.max(lease.withdrawn));
            *earned.entry(lease.denom.clone()).or_default() += counted;
        }
        for money in &found.earned {
            let expected = earned.remove(&money.denom).unwrap_or_default();
            same("earned", money.amount.u128(), expected)?;
        }
        same("earned and not told", earned.values().sum::<u128>(), 0)?;
    }
    Ok(())
}

fn grants(world: &World) -> Checked {
    let model = &world.model;
    for n in 0..model.deployments.len() {
        let msg =
            QueryMsg::Grants { deployment: DeploymentId(n as u64 + 1), start_after: None, limit: Some(100) };
        let found: Page<Grant, Addr> = world.suite.query_market(&msg);
        let found = found.items.into_iter().map(|grant| {
            let budget = grant.budget.map(|budget| (budget.denom, budget.amount.u128()));
            (grant.delegate, grant.rights, budget, grant.spent.u128())
        });
        let expected = model.grants.iter().filter(|((of, _), _)| *of == n).map(|((_, delegate), grant)| {
            (delegate.clone(), grant.rights.clone(), grant.budget.clone(), grant.spent)
        });
        same("grants", found.collect::<Vec<_>>(), expected.collect())?;
    }
    Ok(())
}

fn stakes(world: &World) -> Checked {
    let model = &world.model;
    for (who, expected) in &model.stakers {
        let msg = staking_api::QueryMsg::Stake { provider: who.to_string() };
        let found: StakeInfo = world.suite.query_staking(&msg);
        same(
            "stake of an account",
            [found.bonded, found.compensation, found.slashed].map(|amount| amount.u128()),
            [expected.bonded, expected.compensation, expected.slashed],
        )?;
        let unbondings: Vec<_> =
            found.unbondings.iter().map(|u| (u.amount.u128(), u.started_at, u.matures_at)).collect();
        let expected: Vec<_> =
            expected.unbondings.iter().map(|u| (u.amount, u.started_at, u.matures_at)).collect();
        same("unbondings", unbondings, expected)?;
    }
    // I-16: weights sum up, and nobody without weight is a member.
    let msg = staking_api::QueryMsg::ListMembers { start_after: None, limit: Some(100) };
    let members: MemberListResponse = world.suite.query_staking(&msg);
    let found: BTreeMap<String, u64> = members.members.into_iter().map(|m| (m.addr, m.weight)).collect();
    let staked = model.stakers.iter().filter(|(_, staker)| staker.bonded > 0);
    let expected: BTreeMap<_, _> = staked.map(|(who, s)| (who.to_string(), s.bonded as u64)).collect();
    let total: TotalWeightResponse =
        world.suite.query_staking(&staking_api::QueryMsg::TotalWeight { at_height: None });
    same("total weight", total.weight, expected.values().sum())?;
    same("members", found, expected)
}

fn registry(world: &World) -> Checked {
    let model = &world.model;
    let msg = registry_api::QueryMsg::Providers { start_after: None, limit: Some(100) };
    let found: Page<Provider, Addr> = world.suite.query_registry(&msg);
    let owners: Vec<_> = found.items.iter().map(|provider| provider.owner.clone()).collect();
    same("providers", owners, model.providers.keys().cloned().collect())?;
    for provider in found.items {
        let expected = &model.providers[&provider.owner];
        same(
            "provider",
            (provider.payout, provider.operators, provider.attributes),
            (expected.payout.clone(), expected.operators.clone(), expected.attributes.clone()),
        )?;
        same(
            "standing of a provider",
            (provider.jailed_until, provider.root_valid_until),
            (expected.jailed_until, expected.root_valid_until),
        )?;
    }
    for provider in model.providers.keys() {
        let msg = registry_api::QueryMsg::AttestedProvider {
            provider: provider.to_string(),
            start_after: None,
            limit: Some(100),
        };
        let found: AttestedProvider = world.suite.query_registry(&msg);
        let found: BTreeMap<_, _> =
            found.attestations.items.into_iter().map(|one| (one.auditor, one.attributes)).collect();
        let signed = model.attestations.keys().filter(|(of, _)| of == provider);
        let expected = signed.map(|(_, auditor)| (auditor.clone(), model.vouched(provider, auditor)));
        same("attestations", found, expected.collect())?;
    }
    for (account, expected) in &model.roots {
        let msg = registry_api::QueryMsg::Roots {
            account: account.to_string(),
            start_after: None,
            limit: Some(100),
        };
        let found: Page<Root, cosmwasm_std::HexBinary> = world.suite.query_registry(&msg);
        let found: BTreeMap<_, _> = found
            .items
            .into_iter()
            .map(|root| (root.fingerprint.to_vec(), (root.der.to_vec(), root.revoked_at.is_some())))
            .collect();
        let expected: BTreeMap<_, _> = expected
            .iter()
            .map(|root| (root.fingerprint.clone(), (root.der.clone(), root.revoked)))
            .collect();
        same("roots", found, expected)?;
    }
    Ok(())
}
