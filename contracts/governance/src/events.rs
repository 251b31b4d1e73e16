//! One event for each change of state. Attribute names are interface: frontends parse them.

use cloud_std::Money;
use cosmwasm_std::{Addr, Event, Uint128};
use governance_api::{Ballot, DepositLoss, DepositState, Params, Vote};

use crate::state::Row;

pub fn proposal_created(row: &Row, messages: usize, denom: &str) -> Event {
    Event::new("proposal_created")
        .add_attribute("proposal", row.id.to_string())
        .add_attribute("actor", &row.proposer)
        .add_attribute("title", &row.title)
        .add_attribute("messages", messages.to_string())
        .add_attribute("upgrade", row.upgrade.to_string())
        .add_attribute("start_height", row.start_height.to_string())
        .add_attribute("total_weight", row.total_weight)
        .add_attribute("voting_ends_at", row.voting_ends_at.to_string())
        .add_attribute("executable_at", row.executable_at.to_string())
        .add_attribute("expires_at", row.expires_at.to_string())
        .add_attribute("deposit", row.params.deposit)
        .add_attribute("denom", denom)
}

pub fn proposal_voted(row: &Row, ballot: &Ballot) -> Event {
    Event::new("proposal_voted")
        .add_attribute("proposal", row.id.to_string())
        .add_attribute("actor", &ballot.voter)
        .add_attribute("vote", vote(ballot.vote))
        .add_attribute("weight", ballot.weight)
        .add_attribute("yes", row.tally.yes)
        .add_attribute("no", row.tally.no)
        .add_attribute("abstain", row.tally.abstain)
        .add_attribute("veto", row.tally.veto)
}

pub fn proposal_executed(row: &Row, actor: &Addr) -> Event {
    Event::new("proposal_executed")
        .add_attribute("proposal", row.id.to_string())
        .add_attribute("actor", actor)
}

pub fn proposal_failed(row: &Row, actor: &Addr, reason: &str) -> Event {
    Event::new("proposal_failed")
        .add_attribute("proposal", row.id.to_string())
        .add_attribute("actor", actor)
        .add_attribute("reason", reason)
}

/// `deposit_returned` or `deposit_forfeited`, with what is still held for other proposals.
pub fn deposit_settled(row: &Row, actor: &Addr, deposit: &Money, held: Uint128) -> Event {
    let name = match row.deposit_state {
        DepositState::Forfeited => "deposit_forfeited",
        DepositState::Held | DepositState::Returned => "deposit_returned",
    };
    Event::new(name)
        .add_attribute("proposal", row.id.to_string())
        .add_attribute("actor", actor)
        .add_attribute("proposer", &row.proposer)
        .add_attribute("amount", deposit.amount)
        .add_attribute("denom", &deposit.denom)
        .add_attribute("held", held)
}

pub fn ownership_taken(actor: &Addr, contract: &Addr) -> Event {
    Event::new("ownership_taken").add_attribute("actor", actor).add_attribute("contract", contract)
}

pub fn params_updated(actor: &Addr, params: &Params) -> Event {
    Event::new("params_updated")
        .add_attribute("actor", actor)
        .add_attribute("voting_seconds", params.voting_seconds.to_string())
        .add_attribute("timelock_seconds", params.timelock_seconds.to_string())
        .add_attribute("upgrade_timelock_seconds", params.upgrade_timelock_seconds.to_string())
        .add_attribute("execution_seconds", params.execution_seconds.to_string())
        .add_attribute("quorum_bps", params.quorum.0.to_string())
        .add_attribute("threshold_bps", params.threshold.0.to_string())
        .add_attribute("veto_bps", params.veto.0.to_string())
        .add_attribute("deposit", params.deposit)
        .add_attribute("deposit_loss", deposit_loss(params.deposit_loss))
}

fn vote(vote: Vote) -> &'static str {
    match vote {
        Vote::Yes => "yes",
        Vote::No => "no",
        Vote::Abstain => "abstain",
        Vote::Veto => "veto",
    }
}

fn deposit_loss(rule: DepositLoss) -> &'static str {
    match rule {
        DepositLoss::Never => "never",
        DepositLoss::Vetoed => "vetoed",
        DepositLoss::VetoedOrNoQuorum => "vetoed_or_no_quorum",
        DepositLoss::NotPassed => "not_passed",
    }
}
