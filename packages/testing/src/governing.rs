//! Governance in one call each: the hand-over, a proposal, a passed proposal.

use cloud_std::{OwnershipAction, OwnershipMsg};
use cosmwasm_std::{to_json_binary, Addr, Coin, CosmosMsg, WasmMsg};
use cw_multi_test::{AppResponse, Executor};
use governance_api::{ExecuteMsg, Proposal, ProposalId, QueryMsg, Vote};
use serde::Serialize;

use crate::actions::attribute;
use crate::suite::{Refusal, Suite};

/// A message of a proposal: one to a contract, without funds.
pub fn call(contract: &Addr, msg: &impl Serialize) -> CosmosMsg {
    let msg = to_json_binary(msg).expect("a message is serialisable");
    WasmMsg::Execute { contract_addr: contract.to_string(), msg, funds: vec![] }.into()
}

/// A message of a proposal: the migration of a contract.
pub fn migration(contract: &Addr, new_code_id: u64, msg: &impl Serialize) -> CosmosMsg {
    let msg = to_json_binary(msg).expect("a message is serialisable");
    WasmMsg::Migrate { contract_addr: contract.to_string(), new_code_id, msg }.into()
}

/// The proposal that a response created.
pub fn proposal_id(response: &AppResponse) -> Option<ProposalId> {
    attribute(response, "proposal_created", "proposal")?.parse().ok()
}

impl Suite {
    /// Hands everything that the deployer controls to governance: ownership and chain-level admin of the other
    /// contracts, and governance's own admin.
    pub fn hand_over(&mut self) -> Result<(), Refusal> {
        let owner = self.owner.clone();
        let governance = self.governance.clone();
        for contract in [self.market.clone(), self.staking.clone(), self.registry.clone()] {
            let offer = OwnershipAction::Offer { new_owner: governance.to_string() };
            self.execute(&contract, &owner, &OwnershipMsg::Ownership(offer), &[])?;
            let accept = ExecuteMsg::AcceptOwnership { contract: contract.to_string() };
            self.governance(&owner, &accept, &[])?;
            self.change_admin(&owner, &contract, &governance)?;
        }
        self.change_admin(&owner, &governance, &governance)
    }

    /// Makes another account the chain-level admin of a contract.
    pub fn change_admin(&mut self, sender: &Addr, contract: &Addr, admin: &Addr) -> Result<(), Refusal> {
        let msg = WasmMsg::UpdateAdmin { contract_addr: contract.to_string(), admin: admin.to_string() };
        self.app.execute(sender.clone(), msg.into()).map(|_| ()).map_err(|error| Refusal::of(&error))
    }

    /// What a proposal must bring, by the parameters of now.
    pub fn proposal_deposit(&self) -> Vec<Coin> {
        let config: governance_api::Config = self.query_governance(&QueryMsg::Config {});
        let deposit = config.params.deposit;
        if deposit.is_zero() {
            vec![]
        } else {
            vec![Coin::new(deposit, config.denom)]
        }
    }

    /// Proposes with the deposit that is asked.
    pub fn propose(&mut self, proposer: &Addr, messages: Vec<CosmosMsg>) -> Result<ProposalId, Refusal> {
        let funds = self.proposal_deposit();
        let msg =
            ExecuteMsg::Propose { title: "A change".into(), description: "What and why.".into(), messages };
        let response = self.governance(proposer, &msg, &funds)?;
        Ok(proposal_id(&response).expect("a proposal has an id"))
    }

    pub fn vote(&mut self, voter: &Addr, proposal: ProposalId, vote: Vote) -> Result<AppResponse, Refusal> {
        self.governance(voter, &ExecuteMsg::Vote { proposal, vote }, &[])
    }

    /// The owner of the suite, who has no stake in it, executes.
    pub fn execute_proposal(&mut self, proposal: ProposalId) -> Result<AppResponse, Refusal> {
        let owner = self.owner.clone();
        self.governance(&owner, &ExecuteMsg::Execute { proposal }, &[])
    }

    /// Provider 0 proposes in the next block, all providers that had stake vote yes, and the time-lock passes.
    pub fn passed(&mut self, messages: Vec<CosmosMsg>) -> Result<ProposalId, Refusal> {
        self.pass(1);
        let proposer = self.providers[0].owner.clone();
        let proposal = self.propose(&proposer, messages)?;
        for voter in self.providers.clone() {
            self.vote(&voter.owner, proposal, Vote::Yes)?;
        }
        let executable_at = self.proposal(proposal).executable_at;
        self.pass_until(executable_at);
        Ok(proposal)
    }

    /// The same, and executed.
    pub fn decide(&mut self, messages: Vec<CosmosMsg>) -> Result<AppResponse, Refusal> {
        let proposal = self.passed(messages)?;
        self.execute_proposal(proposal)
    }

    #[track_caller]
    pub fn proposal(&self, proposal: ProposalId) -> Proposal {
        let full: governance_api::FullProposal = self.query_governance(&QueryMsg::Proposal { proposal });
        full.proposal
    }
}
