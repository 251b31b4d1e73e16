//! Who loses what, and where it goes.

use cloud_std::Bps;
use cosmwasm_std::coins;
use staking_api::{Destination, ExecuteMsg, Fault};

use crate::chain::{slash, Chain, ErrorText, DENOM, PURSE, UNBONDING};

#[test]
fn a_slash_takes_the_fraction_rounded_down_of_bonded_and_of_each_unbonding() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    chain.unbond(&alice, 99);
    chain.unbond(&alice, 99);
    let msg = slash(&chain, &alice, 500, Fault::LeaseBroken, chain.now());
    chain.run(&market, &msg).unwrap();
    let info = chain.info(&alice);
    // 802 bonded less 40, twice 99 less 4.
    assert_eq!((info.bonded.u128(), info.unbonding.u128(), info.slashed.u128()), (762, 190, 48));
    assert_eq!(chain.invariants().burned.u128(), 48);
}

#[test]
fn an_unbonding_stays_slashable_until_it_matures_and_for_faults_before_it_began() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    let before = chain.now();
    chain.pass(10);
    chain.unbond(&alice, 1_000);
    let began = chain.now();

    // Not matured: any fault counts, also one after it began.
    chain.pass(UNBONDING - 1);
    let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, chain.now());
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 900);

    // Matured: a later fault does not reach it, one of the second it began or before does.
    chain.pass(1);
    let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, began + 1);
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 900);
    let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, began);
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 810);
    let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, before);
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 729);
}

#[test]
fn leaving_in_the_block_of_the_fault_does_not_save_the_stake() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    chain.unbond(&alice, 1_000);
    let fault_at = chain.now();
    chain.pass(10 * UNBONDING);
    let msg = slash(&chain, &alice, 5_000, Fault::LeaseBroken, fault_at);
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).unbonding.u128(), 500);
}

#[test]
fn slashed_tokens_go_where_the_parameter_says() {
    for (destination, burned, treasury, tenant) in
        [(Destination::Burn, 100, 0, 0), (Destination::Treasury, 0, 100, 0), (Destination::Tenant, 0, 0, 100)]
    {
        let mut chain = Chain::with(|params| params.on_lease_broken = destination);
        let (alice, market) = (chain.alice.clone(), chain.market.clone());
        chain.stake(&alice, 1_000);
        let msg = slash(&chain, &alice, 1_000, Fault::LeaseBroken, chain.now());
        chain.run(&market, &msg).unwrap();
        let books = chain.invariants();
        assert_eq!(
            (books.burned.u128(), books.to_treasury.u128(), books.to_tenants.u128()),
            (burned, treasury, tenant)
        );
        assert_eq!(chain.balance(&chain.treasury), treasury);
        assert_eq!(chain.info(&chain.tenant).compensation.u128(), tenant);
        // Credited, not sent.
        assert_eq!(chain.balance(&chain.tenant), PURSE);
        assert_eq!(chain.balance(&chain.staking), 900 + tenant);
    }
}

#[test]
fn without_a_tenant_or_when_the_offender_is_the_tenant_it_goes_to_the_treasury() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    for harmed in [None, Some(alice.to_string())] {
        let msg = ExecuteMsg::Slash {
            provider: alice.to_string(),
            fraction: Bps(1_000),
            fault: Fault::ActivationExpired,
            fault_at: chain.now(),
            harmed,
            reason: String::new(),
        };
        chain.run(&market, &msg).unwrap();
    }
    assert_eq!(chain.balance(&chain.treasury), 190);
    assert_eq!(chain.info(&alice).compensation.u128(), 0);
}

#[test]
fn a_slash_of_nothing_succeeds_and_moves_nothing() {
    let mut chain = Chain::new();
    let (alice, bob, market) = (chain.alice.clone(), chain.bob.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    let msg = slash(&chain, &bob, 5_000, Fault::ActivationExpired, chain.now());
    let answer = chain.run(&market, &msg).unwrap();
    let event = answer.events.iter().find(|event| event.ty == "wasm-stake_slashed").unwrap();
    assert!(event.attributes.iter().any(|a| a.key == "amount" && a.value == "0"));
    assert_eq!(chain.info(&bob).slashed.u128(), 0);
    // A fraction of nothing, and one that rounds to nothing.
    let msg = slash(&chain, &alice, 0, Fault::ActivationExpired, chain.now());
    chain.run(&market, &msg).unwrap();
    let msg = slash(&chain, &alice, 9, Fault::ActivationExpired, chain.now());
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&alice).bonded.u128(), 1_000);
}

#[test]
fn a_slash_leaves_other_stakes_alone() {
    let mut chain = Chain::new();
    let (alice, bob, market) = (chain.alice.clone(), chain.bob.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    chain.stake(&bob, 777);
    chain.unbond(&bob, 77);
    let before = chain.info(&bob);
    let msg = slash(&chain, &alice, 5_000, Fault::LeaseBroken, chain.now());
    chain.run(&market, &msg).unwrap();
    assert_eq!(chain.info(&bob), before);
}

#[test]
fn the_market_slashes_for_its_faults_and_the_owner_for_its_decisions() {
    let mut chain = Chain::new();
    let (alice, market, owner) = (chain.alice.clone(), chain.market.clone(), chain.owner.clone());
    chain.stake(&alice, 1_000);
    let now = chain.now();
    for fault in [Fault::ActivationExpired, Fault::LeaseBroken] {
        let msg = slash(&chain, &alice, 100, fault, now);
        chain.run(&owner, &msg).refused(&["the market does"]);
        chain.run(&market, &msg).unwrap();
    }
    let msg = slash(&chain, &alice, 100, Fault::Governance, now);
    chain.run(&market, &msg).refused(&["the contract's owner does"]);
    chain.run(&owner, &msg).unwrap();
    for stranger in [alice.clone(), chain.bob.clone(), chain.tenant.clone()] {
        chain.run(&stranger, &msg).refused(&["only the owner", "and the market"]);
    }
}

#[test]
fn a_slash_is_bounded_dated_and_reasoned() {
    let mut chain = Chain::new();
    let (alice, owner, market) = (chain.alice.clone(), chain.owner.clone(), chain.market.clone());
    chain.stake(&alice, 1_000);
    let now = chain.now();
    let slash = |fraction: u16, fault_at: u64, reason: &str, fault: Fault| ExecuteMsg::Slash {
        provider: alice.to_string(),
        fraction: Bps(fraction),
        fault,
        fault_at,
        harmed: None,
        reason: reason.into(),
    };
    let gov = Fault::Governance;
    chain.run(&owner, &slash(5_001, now, "r", gov)).refused(&["at most", "5000", "5001"]);
    chain.run(&owner, &slash(u16::MAX, now, "r", gov)).refused(&["at most"]);
    chain.run(&owner, &slash(0, now, "r", gov)).refused(&["at least 1"]);
    chain.run(&owner, &slash(1, now + 1, "r", gov)).refused(&["cannot be in the future"]);
    chain.run(&owner, &slash(1, now, " ", gov)).refused(&["needs a reason"]);
    chain.run(&owner, &slash(1, now, &"x".repeat(257), gov)).refused(&["256 bytes, got 257"]);
    chain.run(&market, &slash(1, now, &"x".repeat(257), Fault::LeaseBroken)).refused(&["256 bytes"]);
    assert_eq!(chain.info(&alice).bonded.u128(), 1_000);
    chain.run(&owner, &slash(5_000, now, &"x".repeat(256), gov)).unwrap();
    assert_eq!(chain.info(&alice).bonded.u128(), 500);
}

#[test]
fn repeated_slashes_leave_what_was_agreed_never_less_than_nothing() {
    let mut chain = Chain::new();
    let (alice, market) = (chain.alice.clone(), chain.market.clone());
    chain.stake(&alice, 10);
    for _ in 0..10 {
        let msg = slash(&chain, &alice, 5_000, Fault::LeaseBroken, chain.now());
        chain.run(&market, &msg).unwrap();
    }
    let info = chain.info(&alice);
    assert_eq!((info.bonded.u128(), info.slashed.u128()), (1, 9));
    chain.run_with(&alice, &ExecuteMsg::Stake {}, &coins(1, DENOM)).unwrap();
}
