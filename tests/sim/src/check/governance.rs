//! Proposals, votes, deposits and the treasury (I-23), and weights by height (I-16).

use std::collections::BTreeMap;

use cloud_std::Page;
use cosmwasm_std::Addr;
use governance_api::{
    Ballot, Config, ExecuteMsg, FullProposal, Invariants, ProposalId, QueryMsg, Tally, Vote,
};
use staking_api::{MemberResponse, TotalWeightResponse};

use super::{same, Checked};
use crate::world::{World, DENOMS};

/// Both sides of what governance holds.
pub fn money(world: &World) -> Checked {
    let model = &world.model;
    let found: Invariants = world.suite.query_governance(&QueryMsg::Invariants {});
    same("governance's books hold", found.holds, true)?;
    let balance = model.bank.balance(&model.governance, DENOMS[0]);
    let deposits = model.deposits();
    let parts = [found.balance, found.deposits, found.treasury, found.returned, found.forfeited];
    let expected = [balance, deposits, balance - deposits, model.returned, model.forfeited];
    same("governance's money", parts.map(|amount| amount.u128()), expected)
}

/// What a message names: its proposal, or the one that it made.
pub fn named(world: &World, msg: &ExecuteMsg) -> Checked {
    configured(world)?;
    let n = match msg {
        ExecuteMsg::Propose { .. } => world.model.proposals.len(),
        ExecuteMsg::Vote { proposal, .. }
        | ExecuteMsg::Execute { proposal }
        | ExecuteMsg::SettleDeposit { proposal }
        | ExecuteMsg::Run { proposal } => proposal.0 as usize,
        ExecuteMsg::AcceptOwnership { .. } | ExecuteMsg::UpdateParams { .. } => return Ok(()),
    };
    proposal(world, n - 1)
}

pub fn all(world: &World) -> Checked {
    configured(world)?;
    (0..world.model.proposals.len()).try_for_each(|n| proposal(world, n))
}

fn configured(world: &World) -> Checked {
    let config: Config = world.suite.query_governance(&QueryMsg::Config {});
    let model = &world.model;
    same("governance's parameters", &config.params, &model.governance_params)?;
    let last = config.last_proposal.map_or(0, |id| id.0);
    same("proposals", last, model.proposals.len() as u64)
}

pub fn proposal(world: &World, n: usize) -> Checked {
    let (model, id) = (&world.model, ProposalId(n as u64 + 1));
    let expected = &model.proposals[n];
    let full: FullProposal = world.suite.query_governance(&QueryMsg::Proposal { proposal: id });
    let found = full.proposal;
    let what = format!("proposal {}", id.0);
    same(&what, found.status, expected.status(model.now))?;
    same(&what, (found.proposer, found.upgrade), (expected.proposer.clone(), expected.upgrade))?;
    same(
        &what,
        [found.start_height, found.created_at, found.voting_ends_at, found.executable_at, found.expires_at],
        [
            expected.start_height,
            expected.created_at,
            expected.voting_ends_at(),
            expected.executable_at(),
            expected.expires_at(),
        ],
    )?;
    let side = |vote| expected.votes_for(vote).into();
    let tally = Tally {
        yes: side(Vote::Yes),
        no: side(Vote::No),
        abstain: side(Vote::Abstain),
        veto: side(Vote::Veto),
    };
    same(&what, (found.tally, found.total_weight.u128()), (tally, expected.total()))?;
    same(
        &what,
        (found.deposit.amount, found.deposit_state, found.executed_at),
        (expected.params.deposit, expected.deposit_state, expected.executed_at),
    )?;
    same(&what, found.failure.map(|failure| failure.at), expected.failed_at)?;
    // I-23: never more votes than there was weight, and each account once.
    let cast: u128 = expected.votes.keys().map(|voter| expected.weight(voter)).sum();
    if cast > expected.total() {
        return Err(format!("{what}: {cast} votes of {}", expected.total()));
    }
    let msg = QueryMsg::Votes { proposal: id, start_after: None, limit: Some(100) };
    let votes: Page<Ballot, Addr> = world.suite.query_governance(&msg);
    let votes = votes.items.into_iter().map(|one| (one.voter, (one.vote, one.weight.u128())));
    let cast = expected.votes.iter().map(|(voter, vote)| (voter.clone(), (*vote, expected.weight(voter))));
    same(&what, votes.collect::<BTreeMap<_, _>>(), cast.collect())?;
    weights(world, n)
}

/// Staking still answers the weights of the proposal's beginning.
fn weights(world: &World, n: usize) -> Checked {
    let expected = &world.model.proposals[n];
    let at_height = Some(expected.start_height);
    let msg = staking_api::QueryMsg::TotalWeight { at_height };
    let total: TotalWeightResponse = world.suite.query_staking(&msg);
    same("total weight at a height", u128::from(total.weight), expected.total())?;
    for who in world.model.stakers.keys() {
        let msg = staking_api::QueryMsg::Member { addr: who.to_string(), at_height };
        let found: MemberResponse = world.suite.query_staking(&msg);
        same("weight at a height", u128::from(found.weight.unwrap_or_default()), expected.weight(who))?;
    }
    Ok(())
}
