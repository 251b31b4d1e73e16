//! The cw4 interface: weight is bonded stake, now and at a height.

use cosmwasm_std::Addr;
use cw_multi_test::Executor;
use staking_api::{
    AdminResponse, Fault, MemberListResponse, MemberResponse, QueryMsg, StakingClient, TotalWeightResponse,
};

use crate::chain::{slash, Chain};

fn weight(chain: &Chain, who: &Addr, at_height: Option<u64>) -> Option<u64> {
    let msg = QueryMsg::Member { addr: who.to_string(), at_height };
    chain.query::<MemberResponse>(&msg).weight
}

fn total(chain: &Chain, at_height: Option<u64>) -> u64 {
    chain.query::<TotalWeightResponse>(&QueryMsg::TotalWeight { at_height }).weight
}

#[test]
fn weight_is_bonded_stake_and_none_without_any() {
    let mut chain = Chain::new();
    let (alice, bob) = (chain.alice.clone(), chain.bob.clone());
    chain.stake(&alice, 30);
    chain.stake(&bob, 70);
    assert_eq!((weight(&chain, &alice, None), total(&chain, None)), (Some(30), 100));
    chain.unbond(&alice, 30);
    assert_eq!((weight(&chain, &alice, None), total(&chain, None)), (None, 70));
}

#[test]
fn weight_at_a_height_is_that_of_the_beginning_of_the_block() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    let first = chain.app.block_info().height;
    chain.stake(&alice, 100);
    chain.pass(5);
    chain.stake(&alice, 100);
    chain.unbond(&alice, 50);
    chain.pass(5);
    let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, chain.now());
    chain.run(&market, &msg).unwrap();
    chain.pass(5);

    let at = |height| (weight(&chain, &alice, Some(height)), total(&chain, Some(height)));
    assert_eq!(at(first), (None, 0));
    assert_eq!(at(first + 1), (Some(100), 100));
    assert_eq!(at(first + 2), (Some(150), 150));
    assert_eq!(at(first + 3), (Some(135), 135));
    assert_eq!((weight(&chain, &alice, None), total(&chain, None)), (Some(135), 135));
}

#[test]
fn members_are_listed_in_pages_without_gap_or_double() {
    let mut chain = Chain::new();
    let mut expected = vec![];
    for n in 0..105u32 {
        let who = chain.app.api().addr_make(&format!("member{n}"));
        let alice = chain.alice.clone();
        chain.app.send_tokens(alice, who.clone(), &cosmwasm_std::coins(10, "uakash")).unwrap();
        chain.stake(&who, 1 + u128::from(n % 10));
        expected.push(who.to_string());
    }
    expected.sort();

    let page = |start_after: Option<String>, limit| {
        chain.query::<MemberListResponse>(&QueryMsg::ListMembers { start_after, limit }).members
    };
    assert_eq!(page(None, None).len(), 30);
    assert_eq!(page(None, Some(u32::MAX)).len(), 100);
    assert!(page(None, Some(0)).is_empty());
    let mut found: Vec<String> = vec![];
    loop {
        let members = page(found.last().cloned(), Some(7));
        if members.is_empty() {
            break;
        }
        found.extend(members.into_iter().map(|member| member.addr));
    }
    assert_eq!(found, expected);
}

#[test]
fn other_contracts_read_stake_and_tools_the_raw_keys() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 30);
    let client = StakingClient(&chain.staking);
    assert_eq!(client.stake(&chain.app.wrap(), &alice).unwrap().u128(), 30);
    assert_eq!(client.stake(&chain.app.wrap(), &chain.bob).unwrap().u128(), 0);
    assert_eq!(client.total_weight(&chain.app.wrap(), None).unwrap(), 30);
    assert_eq!(client.denom(&chain.app.wrap()).unwrap(), "uakash");
    let now = chain.app.block_info().height;
    for (height, expected) in [(now, 0), (now + 1, 30)] {
        assert_eq!(client.weight_at(&chain.app.wrap(), &alice, height).unwrap(), expected);
        assert_eq!(client.total_weight(&chain.app.wrap(), Some(height)).unwrap(), expected);
    }
    assert_eq!(client.weight_at(&chain.app.wrap(), &chain.bob, now + 1).unwrap(), 0);
    let raw = chain.app.wrap().query_wasm_raw(&chain.staking, b"total".to_vec()).unwrap();
    assert_eq!(raw.unwrap(), b"30");
}

#[test]
fn the_admin_is_the_owner() {
    let chain = Chain::new();
    let admin: AdminResponse = chain.query(&QueryMsg::Admin {});
    assert_eq!(admin.admin, Some(chain.owner.to_string()));
}
