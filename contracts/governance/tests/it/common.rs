//! Suites and messages that these tests share.

use cosmwasm_std::{coins, Addr, BankMsg, CosmosMsg};
use governance_api::{Config, Invariants, Params, ProposalId, QueryMsg, Status};
use testing::{Suite, DENOM};

/// Three providers with a third of all stake each, governance in charge, in a block after the one they staked in.
pub fn governed() -> Suite {
    governed_with(|_| {})
}

pub fn governed_with(change: impl FnOnce(&mut Params)) -> Suite {
    let mut suite = Suite::builder().providers(3).tenants(2).governance(change).build();
    suite.hand_over().unwrap();
    suite.pass(5);
    suite
}

pub fn provider(suite: &Suite, n: usize) -> Addr {
    suite.providers[n].owner.clone()
}

/// A message that is harmless whenever it runs: one coin of the treasury to an account.
pub fn payment(to: &Addr, amount: u128) -> CosmosMsg {
    BankMsg::Send { to_address: to.to_string(), amount: coins(amount, DENOM) }.into()
}

/// Fills the treasury from the purse of the first tenant.
pub fn endow(suite: &mut Suite, amount: u128) {
    let (tenant, governance) = (suite.tenants[0].clone(), suite.governance.clone());
    suite.donate(&tenant, &governance, amount, DENOM).unwrap();
}

pub fn status(suite: &Suite, proposal: ProposalId) -> Status {
    suite.proposal(proposal).status
}

pub fn config(suite: &Suite) -> Config {
    suite.query_governance(&QueryMsg::Config {})
}

pub fn books(suite: &Suite) -> Invariants {
    suite.query_governance(&QueryMsg::Invariants {})
}

/// Ends blocks until voting on the proposal is over.
pub fn end_voting(suite: &mut Suite, proposal: ProposalId) {
    let until = suite.proposal(proposal).voting_ends_at;
    suite.pass_until(until);
}

/// Ends blocks until the proposal's time-lock is over.
pub fn end_timelock(suite: &mut Suite, proposal: ProposalId) {
    let until = suite.proposal(proposal).executable_at;
    suite.pass_until(until);
}
