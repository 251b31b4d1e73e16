//! What becomes of a deposit.

use cosmwasm_std::{coins, Addr};
use governance_api::{DepositLoss, DepositState, ExecuteMsg, ProposalId, Status, Vote};
use testing::{Suite, DENOM};

use crate::common::{books, end_voting, governed, governed_with, payment, provider, status};

fn settle(suite: &mut Suite, sender: &Addr, proposal: ProposalId) -> Result<(), testing::Refusal> {
    suite.governance(sender, &ExecuteMsg::SettleDeposit { proposal }, &[]).map(|_| ())
}

fn voted(suite: &mut Suite, votes: &[Vote]) -> ProposalId {
    let alice = provider(suite, 0);
    let id = suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();
    for (n, vote) in votes.iter().enumerate() {
        let voter = provider(suite, n);
        suite.vote(&voter, id, *vote).unwrap();
    }
    id
}

#[test]
fn anyone_sends_it_back_once_when_voting_is_over() {
    let mut suite = governed();
    let (alice, stranger) = (provider(&suite, 0), suite.tenants[1].clone());
    let before = suite.balance(&alice);
    let id = voted(&mut suite, &[Vote::Yes, Vote::Yes]);
    assert_eq!(suite.balance(&alice), before - 100);
    settle(&mut suite, &stranger, id).unwrap_err().says(&["settled after the vote"]);
    suite.pass_until(suite.proposal(id).voting_ends_at - 1);
    settle(&mut suite, &stranger, id).unwrap_err().says(&["settled after the vote"]);
    suite.pass(1);
    settle(&mut suite, &stranger, id).unwrap();
    assert_eq!(suite.balance(&alice), before);
    assert_eq!(suite.proposal(id).deposit_state, DepositState::Returned);
    settle(&mut suite, &alice, id).unwrap_err().says(&["no deposit left"]);
    let books = books(&suite);
    assert_eq!((books.balance.u128(), books.deposits.u128(), books.returned.u128()), (0, 0, 100));
}

#[test]
fn it_is_lost_to_the_treasury_as_the_parameter_says() {
    let outcomes: [(&[Vote], Status); 4] = [
        (&[Vote::Yes, Vote::Yes], Status::Passed),
        (&[Vote::No, Vote::Yes], Status::Rejected),
        (&[Vote::Veto, Vote::Yes], Status::Vetoed),
        (&[Vote::Yes], Status::NoQuorum),
    ];
    for (rule, losing) in [
        (DepositLoss::Never, vec![]),
        (DepositLoss::Vetoed, vec![Status::Vetoed]),
        (DepositLoss::VetoedOrNoQuorum, vec![Status::Vetoed, Status::NoQuorum]),
        (DepositLoss::NotPassed, vec![Status::Rejected, Status::Vetoed, Status::NoQuorum]),
    ] {
        for (votes, outcome) in outcomes {
            let mut suite = governed_with(|params| params.deposit_loss = rule);
            let alice = provider(&suite, 0);
            let before = suite.balance(&alice);
            let id = voted(&mut suite, votes);
            end_voting(&mut suite, id);
            assert_eq!(status(&suite, id), outcome);
            settle(&mut suite, &alice, id).unwrap();
            let lost = losing.contains(&outcome);
            let expected = if lost { DepositState::Forfeited } else { DepositState::Returned };
            assert_eq!(suite.proposal(id).deposit_state, expected, "{rule:?} {outcome:?}");
            assert_eq!(before - suite.balance(&alice), if lost { 100 } else { 0 });
            let books = books(&suite);
            assert_eq!((books.deposits.u128(), books.treasury.u128()), (0, if lost { 100 } else { 0 }));
            assert_eq!(books.forfeited.u128(), books.treasury.u128());
            settle(&mut suite, &alice, id).unwrap_err().says(&["no deposit left"]);
        }
    }
}

#[test]
fn a_proposer_that_cannot_be_paid_harms_nobody_else() {
    let mut suite = governed();
    let (alice, bob) = (provider(&suite, 0), provider(&suite, 1));
    let first = voted(&mut suite, &[]);
    let second = suite.propose(&bob, vec![payment(&bob, 0)]).unwrap();
    end_voting(&mut suite, second);
    suite.refuse_payments_to(&alice);
    settle(&mut suite, &bob, first).unwrap_err();
    settle(&mut suite, &bob, second).unwrap();
    assert_eq!(suite.proposal(first).deposit_state, DepositState::Held);
    suite.accept_payments_to(&alice);
    settle(&mut suite, &bob, first).unwrap();
    assert_eq!(books(&suite).balance.u128(), 0);
}

#[test]
fn a_settlement_takes_no_funds_and_needs_a_proposal() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    settle(&mut suite, &alice, ProposalId(7)).unwrap_err().says(&["no proposal 7"]);
    let msg = ExecuteMsg::SettleDeposit { proposal: ProposalId(7) };
    suite.governance(&alice, &msg, &coins(1, DENOM)).unwrap_err().says(&["takes no funds"]);
}
