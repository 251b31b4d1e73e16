//! Bonding, unbonding and claiming.

use cosmwasm_std::{coins, Uint128};
use staking_api::limits::MAX_UNBONDINGS;
use staking_api::{ExecuteMsg, Fault};

use crate::chain::{slash, Chain, ErrorText, DENOM, PURSE, UNBONDING};

#[test]
fn stake_adds_up_and_needs_no_minimum() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 1);
    chain.stake(&alice, 99);
    assert_eq!(chain.info(&alice).bonded.u128(), 100);
    assert_eq!(chain.balance(&alice), PURSE - 100);
    assert_eq!(chain.balance(&chain.staking), 100);
}

#[test]
fn an_account_that_never_staked_has_zeroes() {
    let chain = Chain::new();
    let info = chain.info(&chain.bob);
    assert_eq!((info.bonded, info.unbonding, info.compensation), Default::default());
    assert!(info.unbondings.is_empty());
}

#[test]
fn an_unbonding_is_claimed_at_the_second_it_matures_and_not_before() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 100);
    chain.unbond(&alice, 60);
    assert_eq!(chain.info(&alice).bonded.u128(), 40);
    assert_eq!(chain.info(&alice).unbonding.u128(), 60);

    chain.pass(UNBONDING - 1);
    chain.run(&alice, &ExecuteMsg::Claim {}).refused(&["nothing to claim", "matures at"]);
    chain.pass(1);
    chain.run(&alice, &ExecuteMsg::Claim {}).unwrap();
    assert_eq!(chain.balance(&alice), PURSE - 40);
    assert!(chain.info(&alice).unbondings.is_empty());
    chain.run(&alice, &ExecuteMsg::Claim {}).refused(&["nothing to claim"]);
}

#[test]
fn a_claim_takes_what_matured_and_leaves_the_rest() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 100);
    chain.unbond(&alice, 10);
    chain.pass(500);
    chain.unbond(&alice, 20);
    chain.pass(UNBONDING - 500);
    chain.run(&alice, &ExecuteMsg::Claim {}).unwrap();
    assert_eq!(chain.balance(&alice), PURSE - 100 + 10);
    assert_eq!(chain.info(&alice).unbonding.u128(), 20);
}

#[test]
fn a_claim_pays_matured_stake_and_compensation_together() {
    let mut chain = Chain::new();
    let (alice, tenant, market) = (chain.alice.clone(), chain.tenant.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    chain.stake(&tenant, 50);
    chain.unbond(&tenant, 50);
    let msg = slash(&chain, &alice, 1_000, Fault::ActivationExpired, chain.now());
    chain.run(&market, &msg).unwrap();
    chain.pass(UNBONDING);
    chain.run(&tenant, &ExecuteMsg::Claim {}).unwrap();
    assert_eq!(chain.balance(&tenant), PURSE + 100);
    assert_eq!(chain.info(&tenant).compensation, Uint128::zero());
}

#[test]
fn more_than_bonded_and_nothing_cannot_be_unbonded() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 100);
    let unbond = |amount: u128| ExecuteMsg::Unbond { amount: amount.into() };
    chain.run(&alice, &unbond(0)).refused(&["cannot unbond nothing"]);
    chain.run(&alice, &unbond(101)).refused(&["cannot unbond 101", "has 100 bonded"]);
    chain.run(&alice, &unbond(u128::MAX)).refused(&["has 100 bonded"]);
    chain.run(&chain.bob.clone(), &unbond(1)).refused(&["has 0 bonded"]);
    chain.run(&alice, &unbond(100)).unwrap();
    assert_eq!(chain.info(&alice).bonded, Uint128::zero());
}

#[test]
fn unbondings_of_one_account_are_bounded() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.stake(&alice, 100);
    for _ in 0..MAX_UNBONDINGS {
        chain.unbond(&alice, 1);
    }
    let one = ExecuteMsg::Unbond { amount: Uint128::one() };
    chain.run(&alice, &one).refused(&["already has 16 unbondings"]);
    chain.pass(UNBONDING);
    chain.run(&alice, &ExecuteMsg::Claim {}).unwrap();
    chain.run(&alice, &one).unwrap();
}

#[test]
fn only_one_coin_of_the_stake_denom_is_staked() {
    let mut chain = Chain::new();
    let alice = chain.alice.clone();
    chain.run(&alice, &ExecuteMsg::Stake {}).refused(&["exactly one denom", "got none"]);
    chain
        .run_with(&alice, &ExecuteMsg::Stake {}, &coins(1, "uother"))
        .refused(&["stake is in uakash, got uother"]);
    let both = [coins(1, DENOM), coins(1, "uother")].concat();
    chain.run_with(&alice, &ExecuteMsg::Stake {}, &both).refused(&["exactly one denom"]);
    assert_eq!(chain.balance(&chain.staking), 0);
}

#[test]
fn all_stake_together_fits_64_bits() {
    let mut chain = Chain::new();
    let (rich, alice) = (chain.app.api().addr_make("rich"), chain.alice.clone());
    let plenty = coins(u128::from(u64::MAX) * 2, DENOM);
    chain.app.init_modules(|router, _, storage| router.bank.init_balance(storage, &rich, plenty)).unwrap();
    chain.stake(&alice, 5);
    let room = u128::from(u64::MAX) - 5;
    chain
        .run_with(&rich, &ExecuteMsg::Stake {}, &coins(room + 1, DENOM))
        .refused(&["may not exceed", "5 is bonded"]);
    chain
        .run_with(&rich, &ExecuteMsg::Stake {}, &coins(u128::from(u64::MAX) + 1, DENOM))
        .refused(&["may not exceed"]);
    chain.stake(&rich, room);
}

#[test]
fn coins_sent_without_a_message_belong_to_nobody() {
    let mut chain = Chain::new();
    let (alice, staking) = (chain.alice.clone(), chain.staking.clone());
    chain.stake(&alice, 100);
    use cw_multi_test::Executor;
    chain.app.send_tokens(chain.bob.clone(), staking, &coins(7, DENOM)).unwrap();
    let books = chain.invariants();
    assert_eq!((books.unaccounted.u128(), books.balance.u128(), books.holds), (7, 107, true));
    assert_eq!(chain.info(&alice).bonded.u128(), 100);
}
