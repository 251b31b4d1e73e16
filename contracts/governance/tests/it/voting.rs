//! Who votes with what weight, and what the votes decide.

use cosmwasm_std::coins;
use governance_api::{ExecuteMsg, ProposalId, Status, Vote};
use staking_api::ExecuteMsg as Staking;
use testing::{Suite, DENOM};

use crate::common::{end_voting, governed, payment, provider, status};

fn proposed(suite: &mut Suite) -> ProposalId {
    let alice = provider(suite, 0);
    suite.propose(&alice, vec![payment(&alice, 1)]).unwrap()
}

#[test]
fn votes_weigh_the_stake_of_the_beginning_and_add_up() {
    let mut suite = governed();
    let id = proposed(&mut suite);
    for (n, vote) in [(0, Vote::Yes), (1, Vote::Abstain), (2, Vote::Veto)] {
        let voter = provider(&suite, n);
        suite.vote(&voter, id, vote).unwrap();
    }
    let tally = suite.proposal(id).tally;
    let weights = [tally.yes, tally.no, tally.abstain, tally.veto].map(|weight| weight.u128());
    assert_eq!(weights, [1_000_000, 0, 1_000_000, 1_000_000]);
}

#[test]
fn a_voter_without_stake_at_the_beginning_is_refused() {
    let mut suite = governed();
    let id = proposed(&mut suite);
    let tenant = suite.tenants[0].clone();
    suite.vote(&tenant, id, Vote::Yes).unwrap_err().says(&["had no stake at the beginning of block"]);
}

#[test]
fn stake_bought_after_the_beginning_weighs_nothing() {
    let mut suite = governed();
    let (alice, tenant) = (provider(&suite, 0), suite.tenants[0].clone());
    // In the same block, before the proposal; and after it.
    suite.stake(&tenant, 9_000_000).unwrap();
    let id = proposed(&mut suite);
    suite.stake(&alice, 9_000_000).unwrap();
    suite.vote(&tenant, id, Vote::Yes).unwrap_err().says(&["had no stake"]);
    suite.pass(5);
    suite.vote(&tenant, id, Vote::Yes).unwrap_err().says(&["had no stake"]);
    suite.vote(&alice, id, Vote::Yes).unwrap();
    assert_eq!(suite.proposal(id).tally.yes.u128(), 1_000_000);
    assert_eq!(suite.proposal(id).total_weight.u128(), 3_000_000);
}

#[test]
fn stake_that_moves_to_another_account_votes_once() {
    let mut suite = governed();
    let (alice, tenant) = (provider(&suite, 0), suite.tenants[0].clone());
    let id = proposed(&mut suite);
    suite.vote(&alice, id, Vote::Yes).unwrap();
    suite.staking(&alice, &Staking::Unbond { amount: 1_000_000u128.into() }, &[]).unwrap();
    suite.donate(&alice, &tenant, 1_000_000, DENOM).unwrap();
    suite.stake(&tenant, 1_000_000).unwrap();
    suite.pass(5);
    suite.vote(&tenant, id, Vote::Yes).unwrap_err().says(&["had no stake"]);
    assert_eq!(suite.proposal(id).tally.yes.u128(), 1_000_000);
}

#[test]
fn who_left_or_was_slashed_after_the_beginning_votes_with_the_weight_of_then() {
    let mut suite = governed();
    let (alice, bob) = (provider(&suite, 0), provider(&suite, 1));
    let lease = {
        let tenant = suite.tenants[0].clone();
        suite.active_lease(&tenant, 1, 1_000).unwrap()
    };
    let id = proposed(&mut suite);
    suite.staking(&alice, &Staking::Unbond { amount: 1_000_000u128.into() }, &[]).unwrap();
    let reason = "out of order".to_owned();
    suite.market(&bob, &market_api::ExecuteMsg::BreakLease { lease, reason }, &[]).unwrap();
    suite.pass(5);
    suite.vote(&alice, id, Vote::No).unwrap();
    suite.vote(&bob, id, Vote::Yes).unwrap();
    let tally = suite.proposal(id).tally;
    assert_eq!((tally.yes.u128(), tally.no.u128()), (1_000_000, 1_000_000));
}

#[test]
fn a_vote_is_final() {
    let mut suite = governed();
    let (alice, id) = (provider(&suite, 0), proposed(&mut suite));
    suite.vote(&alice, id, Vote::Yes).unwrap();
    for vote in [Vote::Yes, Vote::No] {
        suite.vote(&alice, id, vote).unwrap_err().says(&["has already voted Yes", "final"]);
    }
    assert_eq!(suite.proposal(id).tally.yes.u128(), 1_000_000);
}

#[test]
fn voting_ends_at_its_second() {
    let mut suite = governed();
    let (alice, bob, id) = (provider(&suite, 0), provider(&suite, 1), proposed(&mut suite));
    let end = suite.proposal(id).voting_ends_at;
    suite.pass_until(end - 1);
    suite.vote(&alice, id, Vote::Yes).unwrap();
    suite.pass(1);
    suite.vote(&bob, id, Vote::Yes).unwrap_err().says(&["ended at", &end.to_string()]);
    assert_eq!(status(&suite, id), Status::NoQuorum);
}

#[test]
fn a_vote_takes_no_funds_and_needs_a_proposal() {
    let mut suite = governed();
    let (alice, id) = (provider(&suite, 0), proposed(&mut suite));
    let vote = ExecuteMsg::Vote { proposal: id, vote: Vote::Yes };
    suite.governance(&alice, &vote, &coins(1, DENOM)).unwrap_err().says(&["takes no funds"]);
    suite.vote(&alice, ProposalId(0), Vote::Yes).unwrap_err().says(&["no proposal 0"]);
    suite.vote(&alice, ProposalId(2), Vote::Yes).unwrap_err().says(&["no proposal 2"]);
}

#[test]
fn the_votes_decide_when_voting_is_over() {
    use Vote::{Abstain, No, Veto, Yes};
    for (votes, expected) in [
        (vec![], Status::NoQuorum),
        (vec![Yes], Status::NoQuorum),
        (vec![Yes, Yes], Status::Passed),
        (vec![Yes, No], Status::Rejected),
        (vec![Yes, Abstain], Status::Passed),
        (vec![Abstain, Abstain], Status::Rejected),
        (vec![Yes, Yes, No], Status::Passed),
        // A third of the votes is just below the bar of 3334, half is above.
        (vec![Yes, Yes, Veto], Status::Passed),
        (vec![Yes, Veto], Status::Vetoed),
        (vec![No, No, No], Status::Rejected),
    ] {
        let mut suite = governed();
        let id = proposed(&mut suite);
        for (n, vote) in votes.iter().enumerate() {
            let voter = provider(&suite, n);
            suite.vote(&voter, id, *vote).unwrap();
        }
        assert_eq!(status(&suite, id), Status::Voting);
        end_voting(&mut suite, id);
        assert_eq!(status(&suite, id), expected, "{votes:?}");
    }
}
