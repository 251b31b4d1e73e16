//! Every message of every contract: in every state, from every wrong sender, with wrong funds.
//!
//! A table says in which states the right sender is accepted. In all others, and for wrong senders and funds in the
//! right one, the message is refused, says to whom or why, and changes nothing. A message without a row fails.

use std::collections::BTreeSet;

use cloud_std::OwnershipAction;
use cosmwasm_std::{Addr, Coin, Uint128};
use market_api::{DelegateAction, DeploymentId, LeaseId, OrderId, Rights};
use serde::Serialize;
use serde_json::Value;
use testing::{certificate, spec, version, Suite, DENOM};

/// A state to try messages in.
struct Stage {
    name: &'static str,
    build: fn() -> Suite,
}

/// One message with its right sender and funds.
struct Attempt {
    sender: Addr,
    msg: Value,
    funds: Vec<Coin>,
}

struct Row {
    /// As in JSON; the action after a dot for a hand-over.
    name: &'static str,
    accepted_in: &'static [&'static str],
    attempt: fn(&Suite) -> Attempt,
    /// Who must not send it; nobody where anyone may.
    wrong_senders: fn(&Suite) -> Vec<Addr>,
}

fn json(msg: &impl Serialize) -> Value {
    serde_json::to_value(msg).expect("a message is serialisable")
}

fn by(sender: &Addr, msg: &impl Serialize) -> Attempt {
    Attempt { sender: sender.clone(), msg: json(msg), funds: vec![] }
}

fn paid(sender: &Addr, msg: &impl Serialize, amount: u128) -> Attempt {
    Attempt { funds: vec![Coin::new(amount, DENOM)], ..by(sender, msg) }
}

/// What funds must not be: something where nothing is taken; nothing, more, another denom, two where one coin is.
fn wrong_funds(right: &[Coin], exact: bool) -> Vec<Vec<Coin>> {
    let one = |denom: &str| Coin::new(1u128, denom);
    match right {
        [] => vec![vec![one(DENOM)], vec![one("uusd")], vec![one(DENOM), one("uusd")]],
        [coin, ..] => {
            let amount = Uint128::try_from(coin.amount).expect("128 bits").u128();
            let mut wrong = vec![vec![], vec![Coin::new(amount, "uusd")], vec![coin.clone(), one("uusd")]];
            if exact {
                wrong.push(vec![Coin::new(amount + 1, &coin.denom)]);
                wrong.push(vec![Coin::new(amount - 1, &coin.denom)]);
            }
            wrong
        }
    }
}

fn run(contract: fn(&Suite) -> Addr, stages: &[Stage], rows: &[Row], messages: BTreeSet<String>) {
    let named: BTreeSet<String> = rows.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(named, messages, "each message has a row, each row a message");
    let known: BTreeSet<_> = stages.iter().map(|stage| stage.name).collect();
    for row in rows {
        assert!(row.accepted_in.iter().all(|stage| known.contains(stage)), "{}: unknown state", row.name);
        assert!(!row.accepted_in.is_empty(), "{} is accepted nowhere", row.name);
    }
    for stage in stages {
        for row in rows {
            let what = format!("{} in state {}", row.name, stage.name);
            let mut suite = (stage.build)();
            let contract = contract(&suite);
            let right = (row.attempt)(&suite);
            let before = suite.state_hash();
            let expected = row.accepted_in.contains(&stage.name);
            if expected {
                for sender in (row.wrong_senders)(&suite) {
                    let refused = suite.execute(&contract, &sender, &right.msg, &right.funds);
                    let refusal = refused.expect_err(&format!("{what} by {sender}"));
                    assert!(refusal.0.contains(sender.as_str()), "{what}: {refusal} does not name {sender}");
                    assert_eq!(suite.state_hash(), before, "{what} by {sender} changed something");
                }
                let exact = !["top_up", "stake", "fund_grant"].contains(&row.name);
                for funds in wrong_funds(&right.funds, exact) {
                    let refused = suite.execute(&contract, &right.sender, &right.msg, &funds);
                    let refusal = refused.expect_err(&format!("{what} with {funds:?}"));
                    assert!(!refusal.0.is_empty(), "{what} with {funds:?} says nothing");
                    assert_eq!(suite.state_hash(), before, "{what} with {funds:?} changed something");
                }
            }
            let outcome = suite.execute(&contract, &right.sender, &right.msg, &right.funds);
            assert_eq!(outcome.is_ok(), expected, "{what}: {outcome:?}");
            // An offer that was not made can be withdrawn: afterwards there is none, as before.
            let idle = row.name == "ownership.withdraw" && stage.name != "offered";
            if expected && !idle {
                assert_ne!(suite.state_hash(), before, "{what} was accepted and changed nothing");
            } else {
                assert_eq!(suite.state_hash(), before, "{what} was refused or idle and changed something");
            }
            suite.assert_invariants();
        }
    }
}

/// The names of all messages, from the schema, so that none is forgotten here.
fn messages<T: cosmwasm_schema::schemars::JsonSchema>() -> BTreeSet<String> {
    let schema = json(&cosmwasm_schema::schema_for!(T));
    let one_of = schema["oneOf"].as_array().expect("a message is one of several");
    let mut names = BTreeSet::new();
    for variant in one_of {
        let name = variant["required"][0].as_str().expect("a message has a name");
        if name == "ownership" {
            names.extend(["ownership.offer", "ownership.withdraw", "ownership.accept"].map(String::from));
        } else {
            names.insert(name.to_owned());
        }
    }
    names
}

// ---- the market

const DEPLOYMENT: DeploymentId = DeploymentId(1);
const ORDER: OrderId = OrderId(1);
const LEASE: LeaseId = LeaseId(1);

fn empty() -> Suite {
    Suite::builder().providers(2).tenants(2).denoms(&[DENOM, "uusd"]).build()
}

fn bidding() -> Suite {
    let mut suite = empty();
    let tenant = suite.tenants[0].clone();
    suite.order(&tenant, spec(1_000)).unwrap();
    suite
}

fn rights(suite: &Suite) -> Rights {
    Rights {
        open_groups: vec!["web".into()],
        close_leases: true,
        top_up: true,
        set_version: true,
        max_order_price: Uint128::new(1_000),
        max_live_per_group: 5,
        allowed_attributes: vec![],
        expires_at: suite.now() + 10_000,
    }
}

/// The treasury's account may act for the first tenant, which pays from its budget.
fn granted() -> Suite {
    let mut suite = bidding();
    let (tenant, delegate) = (suite.tenants[0].clone(), suite.treasury.to_string());
    let grant = market_api::ExecuteMsg::Grant {
        deployment: DEPLOYMENT,
        delegate: delegate.clone(),
        rights: rights(&suite),
    };
    suite.market(&tenant, &grant, &[]).unwrap();
    let fund = market_api::ExecuteMsg::FundGrant { deployment: DEPLOYMENT, delegate };
    suite.market(&tenant, &fund, &[Coin::new(2_000u128, DENOM)]).unwrap();
    suite
}

fn with_bid() -> Suite {
    let mut suite = bidding();
    suite.bid(0, ORDER, 900).unwrap();
    suite
}

fn without_bid() -> Suite {
    let mut suite = bidding();
    suite.end_bidding(ORDER);
    suite
}

fn matching() -> Suite {
    let mut suite = with_bid();
    suite.end_bidding(ORDER);
    suite
}

fn lapsed() -> Suite {
    let mut suite = with_bid();
    let until = suite.order_record(ORDER).match_until;
    suite.pass_until(until);
    suite
}

fn pending() -> Suite {
    let mut suite = matching();
    suite.match_order(ORDER).unwrap();
    suite
}

fn overdue() -> Suite {
    let mut suite = pending();
    let until = suite.lease(LEASE).activate_until;
    suite.pass_until(until + 1);
    suite
}

fn active() -> Suite {
    let mut suite = pending();
    suite.activate(LEASE).unwrap();
    suite.pass(100);
    suite
}

/// Past its first term, paid on.
fn kept() -> Suite {
    let mut suite = active();
    let tenant = suite.tenants[0].clone();
    let funds = [Coin::new(1_800u128, DENOM)];
    suite.market(&tenant, &market_api::ExecuteMsg::TopUp { lease: LEASE }, &funds).unwrap();
    suite.pass(3_600);
    suite
}

fn due() -> Suite {
    let mut suite = active();
    suite.pass(3_600);
    suite
}

fn ended() -> Suite {
    let mut suite = active();
    let tenant = suite.tenants[0].clone();
    suite.market(&tenant, &market_api::ExecuteMsg::CloseLease { lease: LEASE }, &[]).unwrap();
    suite
}

fn closed() -> Suite {
    let mut suite = active();
    let tenant = suite.tenants[0].clone();
    let msg = market_api::ExecuteMsg::CloseDeployment { deployment: DEPLOYMENT, limit: None };
    suite.market(&tenant, &msg, &[]).unwrap();
    suite
}

/// A lease expired while staking obeyed another market, so that its slash failed.
fn unpunished() -> Suite {
    let mut suite = overdue();
    let (owner, stranger, market) = (suite.owner.clone(), suite.tenants[1].clone(), suite.market.to_string());
    let obey = |suite: &mut Suite, market: String| {
        suite.staking(&owner, &staking_api::ExecuteMsg::SetMarket { market }, &[]).unwrap();
    };
    obey(&mut suite, stranger.to_string());
    suite.market(&stranger, &market_api::ExecuteMsg::ExpireLease { lease: LEASE }, &[]).unwrap();
    obey(&mut suite, market);
    suite
}

/// Every contract is offered to the second tenant.
fn offered() -> Suite {
    let mut suite = empty();
    let owner = suite.owner.clone();
    let offer = || OwnershipAction::Offer { new_owner: suite.tenants[1].to_string() };
    let (market, staking, registry) = (
        market_api::ExecuteMsg::Ownership(offer()),
        staking_api::ExecuteMsg::Ownership(offer()),
        registry_api::ExecuteMsg::Ownership(offer()),
    );
    suite.market(&owner, &market, &[]).unwrap();
    suite.staking(&owner, &staking, &[]).unwrap();
    suite.registry(&owner, &registry).unwrap();
    suite
}

fn nobody(_: &Suite) -> Vec<Addr> {
    vec![]
}

/// Everyone but the first tenant.
fn not_tenant(suite: &Suite) -> Vec<Addr> {
    let keys = &suite.providers[0];
    vec![suite.tenants[1].clone(), keys.owner.clone(), keys.operator.clone(), suite.owner.clone()]
}

/// Everyone but the first provider's owner and operator; the second provider is another's.
fn not_provider(suite: &Suite) -> Vec<Addr> {
    let other = &suite.providers[1];
    vec![suite.tenants[0].clone(), other.owner.clone(), other.operator.clone(), suite.owner.clone()]
}

fn not_provider_owner(suite: &Suite) -> Vec<Addr> {
    let mut wrong = not_provider(suite);
    wrong.push(suite.providers[0].operator.clone());
    wrong
}

fn not_owner(suite: &Suite) -> Vec<Addr> {
    let keys = &suite.providers[0];
    vec![suite.tenants[0].clone(), suite.tenants[1].clone(), keys.owner.clone(), keys.operator.clone()]
}

fn not_offered(suite: &Suite) -> Vec<Addr> {
    vec![suite.tenants[0].clone(), suite.owner.clone()]
}

const MARKET_STAGES: &[Stage] = &[
    Stage { name: "empty", build: empty },
    Stage { name: "bidding", build: bidding },
    Stage { name: "granted", build: granted },
    Stage { name: "with_bid", build: with_bid },
    Stage { name: "without_bid", build: without_bid },
    Stage { name: "matching", build: matching },
    Stage { name: "lapsed", build: lapsed },
    Stage { name: "pending", build: pending },
    Stage { name: "overdue", build: overdue },
    Stage { name: "active", build: active },
    Stage { name: "kept", build: kept },
    Stage { name: "due", build: due },
    Stage { name: "ended", build: ended },
    Stage { name: "closed", build: closed },
    Stage { name: "unpunished", build: unpunished },
    Stage { name: "offered", build: offered },
];

const MARKET_ALL: &[&str] = &[
    "empty",
    "bidding",
    "granted",
    "with_bid",
    "without_bid",
    "matching",
    "lapsed",
    "pending",
    "overdue",
    "active",
    "kept",
    "due",
    "ended",
    "closed",
    "unpunished",
    "offered",
];

const OPEN_DEPLOYMENT: &[&str] = &[
    "bidding",
    "granted",
    "with_bid",
    "without_bid",
    "matching",
    "lapsed",
    "pending",
    "overdue",
    "active",
    "kept",
    "due",
    "ended",
    "unpunished",
];

fn named(suite: &Suite, n: usize) -> Option<String> {
    Some(suite.providers[n].owner.to_string())
}

#[test]
fn the_market() {
    use market_api::ExecuteMsg as M;
    let rows = [
        Row {
            name: "create_deployment",
            accepted_in: MARKET_ALL,
            attempt: |s| {
                let msg = M::CreateDeployment { version: version(9), orders: vec![spec(500)] };
                paid(&s.tenants[0], &msg, 500)
            },
            wrong_senders: nobody,
        },
        Row {
            name: "open_orders",
            accepted_in: OPEN_DEPLOYMENT,
            attempt: |s| {
                let msg = M::OpenOrders { deployment: DEPLOYMENT, orders: vec![spec(500)] };
                paid(&s.tenants[0], &msg, 500)
            },
            wrong_senders: |s| not_tenant(s),
        },
        Row {
            name: "update_deployment",
            accepted_in: OPEN_DEPLOYMENT,
            attempt: |s| {
                by(&s.tenants[0], &M::UpdateDeployment { deployment: DEPLOYMENT, version: version(9) })
            },
            wrong_senders: not_tenant,
        },
        Row {
            name: "close_order",
            accepted_in: &["bidding", "granted", "without_bid"],
            attempt: |s| by(&s.tenants[0], &M::CloseOrder { order: ORDER }),
            wrong_senders: not_tenant,
        },
        Row {
            name: "close_lease",
            accepted_in: &["pending", "overdue", "active", "kept", "due"],
            attempt: |s| by(&s.tenants[0], &M::CloseLease { lease: LEASE }),
            wrong_senders: not_tenant,
        },
        Row {
            name: "close_deployment",
            accepted_in: OPEN_DEPLOYMENT,
            attempt: |s| by(&s.tenants[0], &M::CloseDeployment { deployment: DEPLOYMENT, limit: None }),
            wrong_senders: not_tenant,
        },
        Row {
            name: "grant",
            accepted_in: OPEN_DEPLOYMENT,
            attempt: |s| {
                let rights = Rights { max_live_per_group: 7, ..rights(s) };
                let delegate = s.treasury.to_string();
                by(&s.tenants[0], &M::Grant { deployment: DEPLOYMENT, delegate, rights })
            },
            wrong_senders: not_tenant,
        },
        Row {
            name: "fund_grant",
            accepted_in: &["granted"],
            attempt: |s| {
                let delegate = s.treasury.to_string();
                paid(&s.tenants[0], &M::FundGrant { deployment: DEPLOYMENT, delegate }, 100)
            },
            wrong_senders: not_tenant,
        },
        Row {
            name: "revoke_grant",
            accepted_in: &["granted"],
            attempt: |s| {
                let delegate = s.treasury.to_string();
                by(&s.tenants[0], &M::RevokeGrant { deployment: DEPLOYMENT, delegate })
            },
            wrong_senders: not_tenant,
        },
        Row {
            name: "act",
            accepted_in: &["granted"],
            attempt: |s| {
                let action = DelegateAction::OpenOrders { orders: vec![spec(500)] };
                by(&s.treasury, &M::Act { deployment: DEPLOYMENT, action })
            },
            wrong_senders: |s| [not_tenant(s), vec![s.tenants[0].clone()]].concat(),
        },
        Row {
            name: "top_up",
            accepted_in: &["pending", "active", "kept"],
            attempt: |s| paid(&s.tenants[1], &M::TopUp { lease: LEASE }, 100),
            wrong_senders: nobody,
        },
        Row {
            name: "place_bid",
            accepted_in: &["bidding", "granted", "with_bid"],
            attempt: |s| {
                let msg = M::PlaceBid { order: ORDER, provider: named(s, 1), price: Uint128::new(800) };
                paid(&s.providers[1].operator, &msg, 5)
            },
            wrong_senders: |s| {
                vec![s.tenants[0].clone(), s.providers[0].operator.clone(), s.providers[0].owner.clone()]
            },
        },
        Row {
            name: "lower_bid",
            accepted_in: &["with_bid"],
            attempt: |s| {
                let msg = M::LowerBid { order: ORDER, provider: named(s, 0), price: Uint128::new(800) };
                by(&s.providers[0].operator, &msg)
            },
            wrong_senders: not_provider,
        },
        Row {
            name: "withdraw_bid",
            accepted_in: &["with_bid"],
            attempt: |s| {
                by(&s.providers[0].operator, &M::WithdrawBid { order: ORDER, provider: named(s, 0) })
            },
            wrong_senders: not_provider,
        },
        Row {
            name: "reclaim_deposit",
            accepted_in: &[
                "lapsed",
                "pending",
                "overdue",
                "active",
                "kept",
                "due",
                "ended",
                "closed",
                "unpunished",
            ],
            attempt: |s| {
                let provider = s.providers[0].owner.to_string();
                by(&s.tenants[1], &M::ReclaimDeposit { order: ORDER, provider })
            },
            wrong_senders: nobody,
        },
        Row {
            name: "activate",
            accepted_in: &["pending"],
            attempt: |s| by(&s.providers[0].operator, &M::Activate { lease: LEASE, version: version(1) }),
            wrong_senders: not_provider,
        },
        Row {
            name: "decline",
            accepted_in: &["pending"],
            attempt: |s| by(&s.providers[0].operator, &M::Decline { lease: LEASE, reason: "no room".into() }),
            wrong_senders: not_provider,
        },
        Row {
            name: "give_notice",
            accepted_in: &["kept"],
            attempt: |s| by(&s.providers[0].owner, &M::GiveNotice { lease: LEASE }),
            wrong_senders: not_provider_owner,
        },
        Row {
            name: "break_lease",
            accepted_in: &["active", "kept"],
            attempt: |s| by(&s.providers[0].owner, &M::BreakLease { lease: LEASE, reason: "fire".into() }),
            wrong_senders: not_provider_owner,
        },
        Row {
            name: "match",
            accepted_in: &["without_bid", "matching", "lapsed"],
            attempt: |s| by(&s.tenants[1], &M::Match { order: ORDER }),
            wrong_senders: nobody,
        },
        Row {
            name: "expire_lease",
            accepted_in: &["overdue"],
            attempt: |s| by(&s.tenants[1], &M::ExpireLease { lease: LEASE }),
            wrong_senders: nobody,
        },
        Row {
            name: "withdraw",
            accepted_in: &["active", "kept", "due", "ended", "closed"],
            attempt: |s| by(&s.tenants[1], &M::Withdraw { lease: LEASE }),
            wrong_senders: nobody,
        },
        Row {
            name: "settle",
            accepted_in: &["due"],
            attempt: |s| by(&s.tenants[1], &M::Settle { lease: LEASE }),
            wrong_senders: nobody,
        },
        Row {
            name: "punish",
            accepted_in: &["unpunished"],
            attempt: |s| by(&s.tenants[1], &M::Punish { lease: LEASE }),
            wrong_senders: nobody,
        },
        Row {
            name: "update_params",
            accepted_in: MARKET_ALL,
            attempt: |s| {
                let mut params = testing::market_params(&[DENOM, "uusd"]);
                params.notice_window += 1;
                by(&s.owner, &M::UpdateParams { params })
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.offer",
            accepted_in: MARKET_ALL,
            attempt: |s| {
                let new_owner = s.tenants[0].to_string();
                by(&s.owner, &M::Ownership(OwnershipAction::Offer { new_owner }))
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.withdraw",
            accepted_in: MARKET_ALL,
            attempt: |s| by(&s.owner, &M::Ownership(OwnershipAction::Withdraw {})),
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.accept",
            accepted_in: &["offered"],
            attempt: |s| by(&s.tenants[1], &M::Ownership(OwnershipAction::Accept {})),
            wrong_senders: not_offered,
        },
    ];
    run(|s| s.market.clone(), MARKET_STAGES, &rows, messages::<M>());
}

// ---- staking

fn unstaked() -> Suite {
    Suite::builder().providers(2).tenants(2).denoms(&[DENOM, "uusd"]).stake(0).build()
}

fn unbonding() -> Suite {
    let mut suite = empty();
    let owner = suite.providers[0].owner.clone();
    let msg = staking_api::ExecuteMsg::Unbond { amount: Uint128::new(400_000) };
    suite.staking(&owner, &msg, &[]).unwrap();
    suite
}

fn matured() -> Suite {
    let mut suite = unbonding();
    suite.pass(24 * 3_600);
    suite
}

const STAKING_ALL: &[&str] = &["unstaked", "staked", "unbonding", "matured", "offered"];

#[test]
fn staking() {
    use staking_api::ExecuteMsg as M;
    let stages = [
        Stage { name: "unstaked", build: unstaked },
        Stage { name: "staked", build: empty },
        Stage { name: "unbonding", build: unbonding },
        Stage { name: "matured", build: matured },
        Stage { name: "offered", build: offered },
    ];
    let rows = [
        Row {
            name: "stake",
            accepted_in: STAKING_ALL,
            attempt: |s| paid(&s.providers[0].owner, &M::Stake {}, 77),
            wrong_senders: nobody,
        },
        Row {
            name: "unbond",
            accepted_in: &["staked", "unbonding", "matured", "offered"],
            attempt: |s| by(&s.providers[0].owner, &M::Unbond { amount: Uint128::new(9) }),
            wrong_senders: |s| vec![s.providers[0].operator.clone(), s.tenants[0].clone(), s.owner.clone()],
        },
        Row {
            name: "claim",
            accepted_in: &["matured"],
            attempt: |s| by(&s.providers[0].owner, &M::Claim {}),
            wrong_senders: |s| {
                let keys = &s.providers[0];
                vec![keys.operator.clone(), s.tenants[0].clone(), s.providers[1].owner.clone()]
            },
        },
        Row {
            name: "slash",
            accepted_in: &["staked", "unbonding", "matured", "offered"],
            attempt: |s| {
                let slash = M::Slash {
                    provider: s.providers[0].owner.to_string(),
                    fraction: cloud_std::Bps(100),
                    fault: staking_api::Fault::Governance,
                    // One in the future is refused; without stake there is nothing to take, which is no error.
                    fault_at: if s.balance(&s.staking) == 0 { s.now() + 1 } else { s.now() },
                    harmed: None,
                    reason: "decided".into(),
                };
                by(&s.owner, &slash)
            },
            wrong_senders: |s| {
                let mut wrong = not_owner(s);
                wrong.push(s.market.clone());
                // A contract has no wallet of its own here; it fails on the permission before any funds.
                wrong
            },
        },
        Row {
            name: "update_params",
            accepted_in: STAKING_ALL,
            attempt: |s| {
                let mut params = testing::staking_params(&s.treasury);
                params.unbonding_seconds = 7;
                by(&s.owner, &M::UpdateParams { params })
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "set_market",
            accepted_in: STAKING_ALL,
            attempt: |s| by(&s.owner, &M::SetMarket { market: s.tenants[1].to_string() }),
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.offer",
            accepted_in: STAKING_ALL,
            attempt: |s| {
                let new_owner = s.tenants[0].to_string();
                by(&s.owner, &M::Ownership(OwnershipAction::Offer { new_owner }))
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.withdraw",
            accepted_in: STAKING_ALL,
            attempt: |s| by(&s.owner, &M::Ownership(OwnershipAction::Withdraw {})),
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.accept",
            accepted_in: &["offered"],
            attempt: |s| by(&s.tenants[1], &M::Ownership(OwnershipAction::Accept {})),
            wrong_senders: not_offered,
        },
    ];
    run(|s| s.staking.clone(), &stages, &rows, messages::<M>());
}

// ---- the registry

fn strangers() -> Suite {
    Suite::builder().providers(2).tenants(2).denoms(&[DENOM, "uusd"]).strangers().build()
}

fn jailed() -> Suite {
    let mut suite = empty();
    let (owner, provider) = (suite.owner.clone(), suite.providers[0].owner.to_string());
    let jail = registry_api::ExecuteMsg::Jail { provider, seconds: 100, reason: "decided".into() };
    suite.registry(&owner, &jail).unwrap();
    suite
}

/// The first provider's root, which it has published when it is ready.
fn first_root(suite: &Suite) -> cosmwasm_std::HexBinary {
    let msg = registry_api::QueryMsg::Roots {
        account: suite.providers[0].owner.to_string(),
        start_after: None,
        limit: None,
    };
    let page: cloud_std::Page<registry_api::Root, cosmwasm_std::HexBinary> = suite.query_registry(&msg);
    page.items.first().map(|root| root.fingerprint.clone()).unwrap_or_default()
}

fn revoked() -> Suite {
    let mut suite = empty();
    let owner = suite.providers[0].owner.clone();
    let revoke = registry_api::ExecuteMsg::RevokeRoot { fingerprint: first_root(&suite) };
    suite.registry(&owner, &revoke).unwrap();
    suite
}

/// What a provider says of itself; something where it is not registered.
fn said(suite: &Suite, provider: &Addr) -> Vec<registry_api::Attribute> {
    let msg = registry_api::QueryMsg::Provider { provider: provider.to_string() };
    let record: Result<registry_api::Provider, _> = suite.try_query(&suite.registry, &msg);
    record.map_or_else(|_| vec![registry_api::Attribute::new("region", "eu")], |record| record.attributes)
}

fn attested() -> Suite {
    let mut suite = empty();
    let (provider, auditor) = (suite.providers[0].owner.clone(), suite.tenants[1].clone());
    let attributes = said(&suite, &provider);
    let attest = registry_api::ExecuteMsg::Attest { provider: provider.into(), attributes };
    suite.registry(&auditor, &attest).unwrap();
    suite
}

const REGISTRY_ALL: &[&str] = &["stranger", "ready", "jailed", "busy", "revoked", "attested", "offered"];
const REGISTERED: &[&str] = &["ready", "jailed", "busy", "revoked", "attested", "offered"];

/// Those who are no provider and own nothing that these messages are about.
fn not_registered(suite: &Suite) -> Vec<Addr> {
    vec![suite.providers[0].operator.clone(), suite.tenants[0].clone(), suite.owner.clone()]
}

#[test]
fn the_registry() {
    use registry_api::ExecuteMsg as M;
    let stages = [
        Stage { name: "stranger", build: strangers },
        Stage { name: "ready", build: empty },
        Stage { name: "jailed", build: jailed },
        Stage { name: "busy", build: active },
        Stage { name: "revoked", build: revoked },
        Stage { name: "attested", build: attested },
        Stage { name: "offered", build: offered },
    ];
    let rows = [
        Row {
            name: "register",
            accepted_in: &["stranger"],
            attempt: |s| {
                let msg = M::Register { payout: None, endpoints: vec![], attributes: vec![], contact: None };
                by(&s.providers[0].owner, &msg)
            },
            wrong_senders: nobody,
        },
        Row {
            name: "update",
            accepted_in: REGISTERED,
            attempt: |s| {
                let payout = Some(s.tenants[1].to_string());
                let msg = M::Update { payout, endpoints: None, attributes: None, contact: None };
                by(&s.providers[0].owner, &msg)
            },
            wrong_senders: not_registered,
        },
        Row {
            name: "deregister",
            accepted_in: &["ready", "jailed", "revoked", "attested", "offered"],
            attempt: |s| by(&s.providers[0].owner, &M::Deregister {}),
            wrong_senders: not_registered,
        },
        Row {
            name: "add_operator",
            accepted_in: REGISTERED,
            attempt: |s| by(&s.providers[0].owner, &M::AddOperator { operator: s.tenants[1].to_string() }),
            wrong_senders: not_registered,
        },
        Row {
            name: "remove_operator",
            accepted_in: REGISTERED,
            attempt: |s| {
                let operator = s.providers[0].operator.to_string();
                by(&s.providers[0].owner, &M::RemoveOperator { operator })
            },
            wrong_senders: not_registered,
        },
        Row {
            name: "publish_root",
            accepted_in: REGISTRY_ALL,
            attempt: |s| {
                let owner = &s.providers[0].owner;
                let root = certificate::root(owner, s.now() - 10, s.now() + 1_000);
                by(owner, &M::PublishRoot { der: root.der })
            },
            wrong_senders: |s| {
                let keys = &s.providers[0];
                vec![keys.operator.clone(), s.providers[1].owner.clone(), s.owner.clone()]
            },
        },
        Row {
            name: "revoke_root",
            accepted_in: &["ready", "jailed", "busy", "attested", "offered"],
            attempt: |s| by(&s.providers[0].owner, &M::RevokeRoot { fingerprint: first_root(s) }),
            wrong_senders: |s| {
                let keys = &s.providers[0];
                vec![keys.operator.clone(), s.providers[1].owner.clone(), s.owner.clone()]
            },
        },
        Row {
            name: "attest",
            accepted_in: REGISTERED,
            attempt: |s| {
                let (provider, auditor) = (s.providers[0].owner.clone(), &s.tenants[0]);
                let attributes = said(s, &provider);
                by(auditor, &M::Attest { provider: provider.into(), attributes })
            },
            wrong_senders: nobody,
        },
        Row {
            name: "revoke_attestation",
            accepted_in: &["attested"],
            attempt: |s| {
                by(&s.tenants[1], &M::RevokeAttestation { provider: s.providers[0].owner.to_string() })
            },
            wrong_senders: |s| {
                let keys = &s.providers[0];
                vec![keys.owner.clone(), keys.operator.clone(), s.tenants[0].clone(), s.owner.clone()]
            },
        },
        Row {
            name: "jail",
            accepted_in: REGISTERED,
            attempt: |s| {
                let provider = s.providers[0].owner.to_string();
                by(&s.owner, &M::Jail { provider, seconds: 999, reason: "decided".into() })
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "unjail",
            accepted_in: &["jailed"],
            attempt: |s| by(&s.owner, &M::Unjail { provider: s.providers[0].owner.to_string() }),
            wrong_senders: not_owner,
        },
        Row {
            name: "set_market",
            accepted_in: REGISTRY_ALL,
            attempt: |s| by(&s.owner, &M::SetMarket { market: s.tenants[1].to_string() }),
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.offer",
            accepted_in: REGISTRY_ALL,
            attempt: |s| {
                let new_owner = s.tenants[0].to_string();
                by(&s.owner, &M::Ownership(OwnershipAction::Offer { new_owner }))
            },
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.withdraw",
            accepted_in: REGISTRY_ALL,
            attempt: |s| by(&s.owner, &M::Ownership(OwnershipAction::Withdraw {})),
            wrong_senders: not_owner,
        },
        Row {
            name: "ownership.accept",
            accepted_in: &["offered"],
            attempt: |s| by(&s.tenants[1], &M::Ownership(OwnershipAction::Accept {})),
            wrong_senders: not_offered,
        },
    ];
    run(|s| s.registry.clone(), &stages, &rows, messages::<M>());
}
