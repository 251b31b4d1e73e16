//! Proposals, votes, executions and deposits. What a proposal is to come to is planned when it is made, so that
//! each outcome occurs often.

use cosmwasm_std::{Addr, BankMsg, Coin, CosmosMsg, Uint128};
use governance_api::{DepositLoss, ExecuteMsg, ProposalId, Status, Vote};
use testing::call;

use super::{Generator, Kind};
use crate::model::{Model, ProposalModel};
use crate::op::{Funds, Message, Op};
use crate::world::DENOMS;

/// Proposals that are under way at a time; more would make time creep from one of their ends to the next.
const UNDER_WAY: usize = 4;

/// What a proposal is to come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Hardly anybody votes.
    Ignored,
    Rejected,
    Vetoed,
    /// It passes, and nobody executes it.
    Forgotten,
    Executed,
}

fn plan(n: usize, proposal: &ProposalModel) -> Plan {
    match (proposal.created_at + 3 * n as u64) % 9 {
        0 => Plan::Ignored,
        1 | 8 => Plan::Rejected,
        2 | 3 => Plan::Vetoed,
        4 => Plan::Forgotten,
        _ => Plan::Executed,
    }
}

fn has_voters(model: &Model, n: usize) -> bool {
    let proposal = &model.proposals[n];
    let missing = proposal.weights.keys().any(|who| !proposal.votes.contains_key(who));
    plan(n, proposal) != Plan::Ignored && missing && proposal.status(model.now) == Status::Voting
}

fn is_executable(model: &Model, n: usize) -> bool {
    let proposal = &model.proposals[n];
    // One that failed fails again, mostly: it is tried again by chance alone.
    let due = proposal.status(model.now) == Status::Executable && proposal.failed_at.is_none();
    due && plan(n, proposal) != Plan::Forgotten
}

fn is_due(model: &Model, n: usize) -> bool {
    let proposal = &model.proposals[n];
    proposal.held() > 0 && model.now >= proposal.voting_ends_at()
}

impl Generator<'_> {
    pub(super) fn can_govern(&self, kind: Kind) -> bool {
        let model = self.model;
        let any = |suits: fn(&Model, usize) -> bool| (0..model.proposals.len()).any(|n| suits(model, n));
        match kind {
            Kind::Propose => {
                let live = |p: &&ProposalModel| model.now < p.expires_at() && p.executed_at.is_none();
                !model.block_start.is_empty() && model.proposals.iter().filter(live).count() < UNDER_WAY
            }
            Kind::Vote => any(has_voters),
            Kind::Execute => any(is_executable),
            Kind::SettleDeposit => any(is_due),
            Kind::AcceptOwnership => {
                let owned = [&model.market_owner, &model.staking_owner, &model.registry_owner];
                owned.iter().any(|owned| owned.pending.as_ref() == Some(&model.governance))
            }
            _ => true,
        }
    }

    /// What moves decisions on, now and then also when something else was meant to happen.
    pub(super) fn urgent(&mut self) -> Option<Kind> {
        [(Kind::Execute, 2), (Kind::SettleDeposit, 6), (Kind::Vote, 5), (Kind::AcceptOwnership, 8)]
            .into_iter()
            .find(|(kind, chance)| self.can_govern(*kind) && self.dice.one_in(*chance))
            .map(|(kind, _)| kind)
    }

    pub(super) fn governance_message(&mut self, kind: Kind) -> Op {
        use ExecuteMsg as M;
        match kind {
            Kind::Propose => {
                let messages = self.messages();
                self.propose(messages)
            }
            Kind::Vote => {
                let n = self.pick(self.model.proposals.len(), has_voters);
                let (voter, vote) = self.vote(n);
                self.governing(voter, M::Vote { proposal: ProposalId(n), vote })
            }
            Kind::Execute => {
                let proposal = ProposalId(self.pick(self.model.proposals.len(), is_executable));
                let sender = self.anyone();
                self.governing(sender, M::Execute { proposal })
            }
            Kind::SettleDeposit => {
                let proposal = ProposalId(self.pick(self.model.proposals.len(), is_due));
                let sender = self.anyone();
                self.governing(sender, M::SettleDeposit { proposal })
            }
            Kind::AcceptOwnership => {
                let model = self.model;
                let owned = [
                    (&model.market, &model.market_owner),
                    (&model.staking, &model.staking_owner),
                    (&model.registry, &model.registry_owner),
                ];
                let offered =
                    owned.iter().find(|(_, owned)| owned.pending.as_ref() == Some(&model.governance));
                let contract = match offered {
                    Some((contract, _)) if !self.dice.one_in(8) => contract.to_string(),
                    _ => self.dice.of(&[&model.market, &model.staking, &model.governance]).to_string(),
                };
                let sender = self.anyone();
                self.governing(sender, M::AcceptOwnership { contract })
            }
            // Nobody but governance itself sends these.
            _ => {
                let sender = self.anyone();
                let params = self.governance_params();
                let proposal = ProposalId(self.dice.below(4));
                let msg = if self.dice.one_in(2) { M::UpdateParams { params } } else { M::Run { proposal } };
                self.governing(sender, msg)
            }
        }
    }

    /// A message of a contract that governance owns, put to the vote.
    pub(super) fn proposed(&mut self, message: &Message) -> Op {
        let model = self.model;
        let message = match message {
            Message::Market(msg) => call(&model.market, msg),
            Message::Staking(msg) => call(&model.staking, msg),
            Message::Registry(msg) => call(&model.registry, msg),
            Message::Governance(msg) => call(&model.governance, msg),
        };
        let mut messages = vec![message.clone()];
        match self.dice.below(12) {
            // A slash twice is refused, anything else is done twice or fails.
            0 => messages.push(message),
            1 | 2 => messages.push(self.payment()),
            _ => {}
        }
        self.propose(messages)
    }

    fn governing(&mut self, sender: Addr, msg: ExecuteMsg) -> Op {
        let funds = if self.dice.one_in(25) { vec![(DENOMS[0].to_owned(), 1)] } else { vec![] };
        Op::Send { sender, message: Message::Governance(msg), funds }
    }

    fn propose(&mut self, messages: Vec<CosmosMsg>) -> Op {
        let staked: Vec<_> = self.model.block_start.keys().cloned().collect();
        let proposer = if staked.is_empty() || self.dice.one_in(12) {
            self.anyone()
        } else {
            self.dice.of(&staked).clone()
        };
        let deposit = self.model.governance_params.deposit.u128();
        let mut funds: Funds = if deposit == 0 { vec![] } else { vec![(DENOMS[0].to_owned(), deposit)] };
        self.spoil(&mut funds);
        let title = if self.dice.one_in(30) { " " } else { "A change" }.to_owned();
        let description = "What and why.".to_owned();
        let msg = ExecuteMsg::Propose { title, description, messages };
        Op::Send { sender: proposer, message: Message::Governance(msg), funds }
    }

    fn messages(&mut self) -> Vec<CosmosMsg> {
        match self.dice.below(12) {
            0 => vec![],
            1..=4 => vec![self.payment()],
            5 => (0..11).map(|_| self.payment()).collect(),
            _ => {
                let params = self.governance_params();
                vec![call(&self.model.governance, &ExecuteMsg::UpdateParams { params })]
            }
        }
    }

    /// Some coins of the treasury, which may not have them.
    fn payment(&mut self) -> CosmosMsg {
        let to = if self.dice.one_in(15) { "nobody".to_owned() } else { self.anyone().to_string() };
        let denom = if self.dice.one_in(8) { DENOMS[1] } else { DENOMS[0] };
        let coin = Coin::new(*self.dice.of(&[1u128, 1, 10, 100, 1_000_000]), denom);
        BankMsg::Send { to_address: to, amount: vec![coin] }.into()
    }

    fn vote(&mut self, n: u64) -> (Addr, Vote) {
        let place = n.saturating_sub(1) as usize;
        let proposal = self.model.proposals.get(place);
        let missing: Vec<_> = proposal
            .map(|proposal| {
                let voters = proposal.weights.keys();
                voters.filter(|who| !proposal.votes.contains_key(*who)).cloned().collect()
            })
            .unwrap_or_default();
        let voter = if missing.is_empty() || self.dice.one_in(8) {
            self.anyone()
        } else {
            self.dice.of(&missing).clone()
        };
        let any = [Vote::Yes, Vote::No, Vote::Abstain, Vote::Veto];
        let vote = match proposal.map(|proposal| plan(place, proposal)) {
            _ if self.dice.one_in(8) => *self.dice.of(&any),
            Some(Plan::Rejected) => *self.dice.of(&[Vote::No, Vote::No, Vote::Abstain]),
            Some(Plan::Vetoed) => Vote::Veto,
            _ => Vote::Yes,
        };
        (voter, vote)
    }

    fn governance_params(&mut self) -> governance_api::Params {
        let mut params = testing::governance_params();
        params.voting_seconds = *self.dice.of(&[60, 60, 120, 600]);
        params.timelock_seconds = *self.dice.of(&[30, 60]);
        params.upgrade_timelock_seconds = *self.dice.of(&[60, 90, 300]);
        params.execution_seconds = *self.dice.of(&[3_600, 7_200]);
        params.quorum.0 = *self.dice.of(&[1_000, 2_000, 4_000]);
        params.threshold.0 = *self.dice.of(&[5_000, 5_000, 6_667, 8_000]);
        params.veto.0 = *self.dice.of(&[2_000, 3_334, 5_000]);
        // The last is more than a hundredth of all stake.
        params.deposit = Uint128::new(*self.dice.of(&[1, 100, 1_000, 0, 10_000_000]));
        let rules =
            [DepositLoss::Never, DepositLoss::Vetoed, DepositLoss::VetoedOrNoQuorum, DepositLoss::NotPassed];
        params.deposit_loss = *self.dice.of(&rules);
        match self.dice.below(20) {
            0 => params.voting_seconds = 59,
            1 => params.quorum.0 = 999,
            2 => params.upgrade_timelock_seconds = 29,
            _ => {}
        }
        params
    }

    /// Times at which a proposal becomes another.
    pub(super) fn turns(&self) -> Vec<u64> {
        let open = self.model.proposals.iter().filter(|proposal| proposal.executed_at.is_none());
        open.flat_map(|p| [p.voting_ends_at(), p.executable_at(), p.expires_at()]).collect()
    }
}
