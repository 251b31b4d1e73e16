//! Lists, limits and what a single record tells.

use cloud_std::{Page, MAX_PAGE_LIMIT};
use cosmwasm_std::Addr;
use governance_api::{limits, Ballot, FullProposal, Limits, Proposal, ProposalId, QueryMsg, Vote};
use testing::{Suite, DENOM};

use crate::common::{governed, governed_with, payment, provider};

fn page(suite: &Suite, start_after: Option<ProposalId>, limit: Option<u32>) -> Page<Proposal, ProposalId> {
    suite.query_governance(&QueryMsg::Proposals { start_after, limit })
}

#[test]
fn proposals_are_listed_newest_first_without_gap_or_double() {
    let mut suite = governed_with(|params| params.deposit = 0u128.into());
    let alice = provider(&suite, 0);
    for _ in 0..105 {
        suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();
    }
    assert_eq!(page(&suite, None, None).items.len(), 30);
    assert_eq!(page(&suite, None, Some(u32::MAX)).items.len(), MAX_PAGE_LIMIT as usize);
    assert!(page(&suite, None, Some(0)).items.is_empty());
    let (mut found, mut next): (Vec<u64>, _) = (vec![], None);
    loop {
        let got = page(&suite, next, Some(10));
        found.extend(got.items.iter().map(|proposal| proposal.id.0));
        next = got.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, (1..=105).rev().collect::<Vec<_>>());
}

#[test]
fn a_proposal_is_answered_with_all_it_carries() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let messages = vec![payment(&alice, 3)];
    let id = suite.propose(&alice, messages.clone()).unwrap();
    let full: FullProposal = suite.query_governance(&QueryMsg::Proposal { proposal: id });
    assert_eq!((full.messages, full.description.as_str()), (messages, "What and why."));
    assert_eq!(full.proposal.title, "A change");
    let missing = QueryMsg::Proposal { proposal: ProposalId(9) };
    let refused = suite.try_query::<FullProposal>(&suite.governance, &missing).unwrap_err();
    refused.says(&["no proposal 9"]);
}

#[test]
fn votes_are_listed_in_pages_and_found_one_by_one() {
    let mut suite = governed();
    let alice = provider(&suite, 0);
    let mut voters = vec![];
    for n in 0..104 {
        let voter = suite.app.api().addr_make(&format!("voter{n}"));
        suite.fund(&voter, 10, DENOM);
        suite.stake(&voter, 10).unwrap();
        voters.push(voter);
    }
    suite.pass(1);
    let id = suite.propose(&alice, vec![payment(&alice, 0)]).unwrap();
    for voter in &voters {
        suite.vote(voter, id, Vote::No).unwrap();
    }
    let page = |start_after: Option<&Addr>, limit| -> Page<Ballot, Addr> {
        let start_after = start_after.map(ToString::to_string);
        suite.query_governance(&QueryMsg::Votes { proposal: id, start_after, limit })
    };
    assert_eq!(page(None, Some(u32::MAX)).items.len(), MAX_PAGE_LIMIT as usize);
    let (mut found, mut next) = (vec![], None);
    loop {
        let got = page(next.as_ref(), Some(13));
        found.extend(got.items);
        next = got.next;
        if next.is_none() {
            break;
        }
    }
    voters.sort();
    assert!(found.iter().all(|ballot| ballot.vote == Vote::No && ballot.weight.u128() == 10));
    assert_eq!(found.into_iter().map(|ballot| ballot.voter).collect::<Vec<_>>(), voters);

    let one = |voter: &Addr| -> Option<Ballot> {
        suite.query_governance(&QueryMsg::Vote { proposal: id, voter: voter.to_string() })
    };
    assert_eq!(one(&voters[0]).map(|ballot| ballot.vote), Some(Vote::No));
    assert_eq!(one(&alice), None);
}

#[test]
fn limits_are_the_public_constants() {
    let found: Limits = governed().query_governance(&QueryMsg::Limits {});
    assert_eq!(found.max_messages as usize, limits::MAX_MESSAGES);
    assert_eq!(found.max_messages_bytes as usize, limits::MAX_MESSAGES_BYTES);
    assert_eq!((found.min_quorum.0, found.max_quorum.0), (limits::MIN_QUORUM_BPS, limits::MAX_QUORUM_BPS));
    assert_eq!((found.min_veto.0, found.max_veto.0), (limits::MIN_VETO_BPS, limits::MAX_VETO_BPS));
    assert_eq!(found.max_raised_deposit.0, limits::MAX_RAISED_DEPOSIT_BPS);
    assert_eq!(found.max_page_limit, MAX_PAGE_LIMIT);
}
