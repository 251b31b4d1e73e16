use std::collections::BTreeSet;

use crate::support::*;
use cloud_std::{OwnershipAction, Permission};
use cosmwasm_std::{coin, Addr, Coin};
use market::contract::permission;
use market_api::*;

/// One of each message, about order 1, lease 1 and deployment 1.
pub fn one_of_each() -> Vec<ExecuteMsg> {
    let (order, lease, deployment) = (OrderId(1), LeaseId(1), DeploymentId(1));
    let alice = cosmwasm_std::testing::MockApi::default().addr_make("alice").to_string();
    let provider = Some(alice.clone());
    vec![
        ExecuteMsg::CreateDeployment { version: version(1), orders: vec![spec(100)] },
        ExecuteMsg::OpenOrders { deployment, orders: vec![spec(100)] },
        ExecuteMsg::UpdateDeployment { deployment, version: version(2) },
        ExecuteMsg::CloseOrder { order },
        ExecuteMsg::CloseLease { lease },
        ExecuteMsg::CloseDeployment { deployment, limit: None },
        ExecuteMsg::TopUp { lease },
        ExecuteMsg::Grant { deployment, delegate: alice.clone(), rights: crate::delegates::rights() },
        ExecuteMsg::FundGrant { deployment, delegate: alice.clone() },
        ExecuteMsg::RevokeGrant { deployment, delegate: alice.clone() },
        ExecuteMsg::Act { deployment, action: DelegateAction::OpenOrders { orders: vec![spec(100)] } },
        ExecuteMsg::PlaceBid { order, provider: provider.clone(), price: price(50) },
        ExecuteMsg::LowerBid { order, provider: provider.clone(), price: price(40) },
        ExecuteMsg::WithdrawBid { order, provider },
        ExecuteMsg::ReclaimDeposit { order, provider: alice },
        ExecuteMsg::Activate { lease, version: version(1) },
        ExecuteMsg::Decline { lease, reason: "no room".into() },
        ExecuteMsg::GiveNotice { lease },
        ExecuteMsg::BreakLease { lease, reason: "fire".into() },
        ExecuteMsg::Match { order },
        ExecuteMsg::ExpireLease { lease },
        ExecuteMsg::Withdraw { lease },
        ExecuteMsg::Settle { lease },
        ExecuteMsg::Punish { lease },
        ExecuteMsg::UpdateParams { params: params() },
        ExecuteMsg::Ownership(OwnershipAction::Offer {
            new_owner: cosmwasm_std::testing::MockApi::default().addr_make("new").to_string(),
        }),
        ExecuteMsg::Ownership(OwnershipAction::Withdraw {}),
        ExecuteMsg::Ownership(OwnershipAction::Accept {}),
    ]
}

pub fn name(msg: &ExecuteMsg) -> String {
    let json = serde_json::to_value(msg).unwrap();
    let (name, body) = json.as_object().unwrap().iter().next().unwrap();
    match msg {
        ExecuteMsg::Ownership(_) => format!("{name}.{}", body.as_object().unwrap().keys().next().unwrap()),
        _ => name.clone(),
    }
}

/// Funds that a message of the list takes.
pub fn funds_of(msg: &ExecuteMsg) -> Vec<Coin> {
    match msg {
        ExecuteMsg::CreateDeployment { .. } | ExecuteMsg::OpenOrders { .. } => vec![coin(100, DENOM)],
        ExecuteMsg::TopUp { .. } | ExecuteMsg::FundGrant { .. } => vec![coin(10, DENOM)],
        ExecuteMsg::PlaceBid { .. } => vec![coin(DEPOSIT, DENOM)],
        _ => vec![],
    }
}

#[test]
fn the_list_of_messages_is_complete() {
    let schema = cosmwasm_schema::schema_for!(ExecuteMsg);
    let variants = schema.schema.subschemas.unwrap().one_of.unwrap();
    let declared: BTreeSet<String> = variants
        .iter()
        .map(|variant| variant.clone().into_object().object.unwrap().required.first().unwrap().clone())
        .collect();
    let listed: BTreeSet<String> =
        one_of_each().iter().map(|msg| name(msg).split('.').next().unwrap().to_owned()).collect();
    assert_eq!(listed, declared);
}

#[test]
fn permissions_are_as_recorded() {
    let table: String =
        one_of_each().iter().map(|msg| format!("{}: {:?}\n", name(msg), permission(msg))).collect();
    crate::golden::compare("permissions.txt", &table);
}

/// A world in which the message would be accepted from the right sender.
fn stage(msg: &ExecuteMsg) -> World {
    let mut world = World::new();
    let alice = world.provider("alice");
    let order = world.create(vec![spec(100)]);
    match msg {
        ExecuteMsg::LowerBid { .. } | ExecuteMsg::WithdrawBid { .. } => {
            world.bid(&alice, order, 50);
        }
        ExecuteMsg::CloseLease { .. } | ExecuteMsg::Activate { .. } | ExecuteMsg::Decline { .. } => {
            world.bid(&alice, order, 50);
            world.matches(order);
        }
        ExecuteMsg::GiveNotice { .. } | ExecuteMsg::BreakLease { .. } => {
            world.bid(&alice, order, 50);
            let lease = world.matches(order);
            world.activate(lease.id);
            let tenant = world.tenant.clone();
            world.send(&tenant, &ExecuteMsg::TopUp { lease: lease.id }, &[coin(500, DENOM)]).unwrap();
            world.pass(TERM);
        }
        ExecuteMsg::FundGrant { .. } | ExecuteMsg::RevokeGrant { .. } | ExecuteMsg::Act { .. } => {
            world.grant(&alice, crate::delegates::rights());
            world.fund_grant(&alice, 1_000);
        }
        ExecuteMsg::Ownership(OwnershipAction::Accept {}) => {
            let (owner, new) = (world.owner.clone(), world.addr("new"));
            let offer = OwnershipAction::Offer { new_owner: new.to_string() };
            world.ok(&owner, ExecuteMsg::Ownership(offer));
        }
        _ => {}
    }
    world
}

#[test]
fn every_message_with_a_rightful_sender_is_refused_from_all_others() {
    let accounts = |world: &World| -> Vec<(&'static str, Addr)> {
        let named = ["alice", "alice-operator", "alice-payout", "new"];
        let mut all: Vec<_> = named.into_iter().map(|name| (name, world.addr(name))).collect();
        all.push(("tenant", world.tenant.clone()));
        all.push(("owner", world.owner.clone()));
        all.push(("stranger", world.stranger.clone()));
        all
    };
    let mut table = String::new();
    for msg in one_of_each() {
        if matches!(permission(&msg), Permission::Any) || matches!(msg, ExecuteMsg::CreateDeployment { .. }) {
            continue;
        }
        let mut accepted = vec![];
        for at in 0..accounts(&World::new()).len() {
            let mut world = stage(&msg);
            let (who, sender) = accounts(&world)[at].clone();
            if world.balance(&sender) == 0 {
                world.fund(&sender);
            }
            match world.send(&sender, &msg, &funds_of(&msg)) {
                Ok(_) => accepted.push(who),
                Err(error) => assert!(
                    ["is not the", "may not act for", "was not offered"]
                        .iter()
                        .any(|text| error.contains(text)),
                    "{} from {who}: {error}",
                    name(&msg)
                ),
            }
        }
        table += &format!("{}: {}\n", name(&msg), accepted.join(", "));
    }
    crate::golden::compare("senders.txt", &table);
}

#[test]
fn every_message_refuses_funds_that_it_does_not_take() {
    for msg in one_of_each() {
        let takes = funds_of(&msg);
        let wrong: Vec<Vec<Coin>> = if takes.is_empty() {
            vec![vec![coin(1, DENOM)], vec![coin(1, FREE)], vec![coin(1, DENOM), coin(1, FREE)]]
        } else {
            vec![
                vec![],
                vec![Coin { denom: FREE.into(), ..takes[0].clone() }],
                vec![takes[0].clone(), coin(1, FREE)],
                vec![coin(1, "stray")],
            ]
        };
        for funds in wrong {
            let mut world = stage(&msg);
            let sender = match &msg {
                ExecuteMsg::UpdateParams { .. } | ExecuteMsg::Ownership(_) => world.owner.clone(),
                ExecuteMsg::PlaceBid { .. } => world.addr("alice"),
                _ => world.tenant.clone(),
            };
            for denom in [DENOM, FREE, "stray"] {
                world.give(&sender, 1000, denom);
            }
            if let ExecuteMsg::TopUp { .. } = &msg {
                let alice = world.addr("alice");
                world.bid(&alice, OrderId(1), 50);
                world.matches(OrderId(1));
            }
            let market = world.market.clone();
            let before = world.balance(&market);
            let error = world.send(&sender, &msg, &funds).expect_err(&format!("{msg:?} took {funds:?}"));
            let named = [
                "takes no funds",
                "exactly one denom",
                "deposit of exactly",
                "expected 100uakash",
                "is paid in",
                "budget is in",
            ];
            assert!(named.iter().any(|text| error.contains(text)), "{}: {error}", name(&msg));
            assert_eq!(world.balance(&market), before);
        }
    }
}
