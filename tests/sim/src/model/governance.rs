//! Specification, section 4: proposals, votes by the weight of the beginning, execution after a time-lock, deposits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cosmwasm_std::{from_json, Addr, BankMsg, CosmosMsg, Uint128, WasmMsg};
use governance_api::{DepositLoss, DepositState, ExecuteMsg, Floors, Params, Status, Vote};

use super::{ensure, mul_div, Model, No, Outcome};
use crate::op::{Funds, Message};

/// What each account had bonded when a block began.
pub type Weights = Arc<BTreeMap<Addr, u128>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalModel {
    pub proposer: Addr,
    pub messages: Vec<CosmosMsg>,
    pub start_height: u64,
    pub weights: Weights,
    /// The parameters of the beginning.
    pub params: Params,
    pub upgrade: bool,
    pub created_at: u64,
    pub votes: BTreeMap<Addr, Vote>,
    pub deposit_state: DepositState,
    pub executed_at: Option<u64>,
    pub failed_at: Option<u64>,
}

impl ProposalModel {
    pub fn total(&self) -> u128 {
        self.weights.values().sum()
    }

    pub fn weight(&self, voter: &Addr) -> u128 {
        self.weights.get(voter).copied().unwrap_or_default()
    }

    pub fn votes_for(&self, side: Vote) -> u128 {
        self.votes.iter().filter(|(_, vote)| **vote == side).map(|(voter, _)| self.weight(voter)).sum()
    }

    pub fn voting_ends_at(&self) -> u64 {
        self.created_at + self.params.voting_seconds
    }

    pub fn executable_at(&self) -> u64 {
        let Params { timelock_seconds, upgrade_timelock_seconds, .. } = self.params;
        self.voting_ends_at() + if self.upgrade { upgrade_timelock_seconds } else { timelock_seconds }
    }

    pub fn expires_at(&self) -> u64 {
        self.executable_at() + self.params.execution_seconds
    }

    /// What the votes come to once voting is over; passed ones go on with time.
    fn verdict(&self) -> Status {
        let [yes, no, abstain, veto] =
            [Vote::Yes, Vote::No, Vote::Abstain, Vote::Veto].map(|side| self.votes_for(side));
        let all = yes + no + abstain + veto;
        let at_least = |part: u128, of: u128, bps: u16| part * 10_000 >= of * u128::from(bps);
        if all == 0 || !at_least(all, self.total(), self.params.quorum.0) {
            Status::NoQuorum
        } else if veto > 0 && at_least(veto, all, self.params.veto.0) {
            Status::Vetoed
        } else if yes * 10_000 > (yes + no + veto) * u128::from(self.params.threshold.0) {
            Status::Passed
        } else {
            Status::Rejected
        }
    }

    pub fn status(&self, now: u64) -> Status {
        match self.verdict() {
            _ if self.executed_at.is_some() => Status::Executed,
            _ if now < self.voting_ends_at() => Status::Voting,
            Status::Passed if now >= self.expires_at() => Status::Expired,
            Status::Passed if now >= self.executable_at() => Status::Executable,
            verdict => verdict,
        }
    }

    /// What it holds until it is settled.
    pub fn held(&self) -> u128 {
        if self.deposit_state == DepositState::Held {
            self.params.deposit.u128()
        } else {
            0
        }
    }

    fn loses(&self) -> bool {
        let verdict = self.verdict();
        match self.params.deposit_loss {
            DepositLoss::Never => false,
            DepositLoss::Vetoed => verdict == Status::Vetoed,
            DepositLoss::VetoedOrNoQuorum => matches!(verdict, Status::Vetoed | Status::NoQuorum),
            DepositLoss::NotPassed => verdict != Status::Passed,
        }
    }
}

impl Model {
    /// What every account has bonded now.
    pub fn weights(&self) -> Weights {
        let bonded = self.stakers.iter().filter(|(_, staker)| staker.bonded > 0);
        Arc::new(bonded.map(|(who, staker)| (who.clone(), staker.bonded)).collect())
    }

    /// Deposits that are not settled.
    pub fn deposits(&self) -> u128 {
        self.proposals.iter().map(ProposalModel::held).sum()
    }

    /// A new block begins this many seconds later.
    pub(super) fn next_block(&mut self, seconds: u64) {
        let before = self.now;
        self.now += seconds;
        self.height += 1;
        self.block_start = self.weights();
        for proposal in &self.proposals {
            let (was, is) = (proposal.status(before), proposal.status(self.now));
            if was == Status::Voting && is != was {
                self.edges.push(match proposal.verdict() {
                    Status::NoQuorum => "proposal voting > no quorum",
                    Status::Vetoed => "proposal voting > vetoed",
                    Status::Rejected => "proposal voting > rejected",
                    _ => "proposal voting > passed",
                });
            }
            if is == Status::Expired && was != is {
                self.edges.push("proposal passed > expired");
            }
        }
    }

    fn proposal(&self, id: governance_api::ProposalId) -> Result<usize, No> {
        let place = usize::try_from(id.0).ok().and_then(|id| id.checked_sub(1));
        place.filter(|place| *place < self.proposals.len()).ok_or("no such proposal")
    }

    pub(super) fn governance_message(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &Funds) -> Outcome {
        ensure(funds.is_empty() || matches!(msg, ExecuteMsg::Propose { .. }), "takes no funds")?;
        let now = self.now;
        match msg {
            ExecuteMsg::Propose { title, description, messages } => {
                ensure(!title.trim().is_empty() && !description.trim().is_empty(), "no text")?;
                self.check_messages(messages)?;
                let params = self.governance_params.clone();
                let deposit = params.deposit.u128();
                let denom = self.staking_params.denom.clone();
                let expected: Funds = if deposit == 0 { vec![] } else { vec![(denom, deposit)] };
                ensure(*funds == expected, "deposit")?;
                ensure(self.block_start.contains_key(sender), "no stake when the block began")?;
                self.proposals.push(ProposalModel {
                    proposer: sender.clone(),
                    messages: messages.clone(),
                    start_height: self.height,
                    weights: self.block_start.clone(),
                    params,
                    upgrade: messages.iter().any(|message| self.is_upgrade(message)),
                    created_at: now,
                    votes: BTreeMap::new(),
                    deposit_state: DepositState::Held,
                    executed_at: None,
                    failed_at: None,
                });
                Ok(())
            }
            ExecuteMsg::Vote { proposal, vote } => {
                let n = self.proposal(*proposal)?;
                let proposal = &mut self.proposals[n];
                ensure(now < proposal.voting_ends_at(), "voting is over")?;
                ensure(!proposal.votes.contains_key(sender), "has voted")?;
                ensure(proposal.weight(sender) > 0, "no weight")?;
                proposal.votes.insert(sender.clone(), *vote);
                Ok(())
            }
            ExecuteMsg::Execute { proposal } => {
                let n = self.proposal(*proposal)?;
                ensure(self.proposals[n].status(now) == Status::Executable, "not executable")?;
                self.run(n);
                Ok(())
            }
            ExecuteMsg::SettleDeposit { proposal } => {
                let n = self.proposal(*proposal)?;
                let proposal = &mut self.proposals[n];
                ensure(now >= proposal.voting_ends_at(), "voting goes on")?;
                let (held, lost, proposer) = (proposal.held(), proposal.loses(), proposal.proposer.clone());
                ensure(held > 0, "nothing held")?;
                if lost {
                    proposal.deposit_state = DepositState::Forfeited;
                    self.forfeited += held;
                    self.edges.push("deposit held > forfeited");
                } else {
                    proposal.deposit_state = DepositState::Returned;
                    self.returned += held;
                    self.edges.push("deposit held > returned");
                    let denom = self.staking_params.denom.clone();
                    self.bank.pay(&self.governance, &proposer, &denom, held);
                }
                Ok(())
            }
            ExecuteMsg::AcceptOwnership { contract } => {
                let contract = self.address(contract)?;
                let known = self.known.clone();
                let accept = cloud_std::OwnershipAction::Accept {};
                let owned = [
                    (&self.market, &mut self.market_owner),
                    (&self.staking, &mut self.staking_owner),
                    (&self.registry, &mut self.registry_owner),
                ];
                let (_, owned) =
                    owned.into_iter().find(|(address, _)| **address == contract).ok_or("no contract")?;
                owned.act(&self.governance, &accept, &known)
            }
            ExecuteMsg::UpdateParams { params } => {
                ensure(*sender == self.governance, "only a proposal")?;
                self.check_governance_params(params)?;
                let stake: u128 = self.stakers.values().map(|staker| staker.bonded).sum();
                let present = self.governance_params.deposit.u128();
                let most = mul_div(stake, 100, 10_000).max(present);
                ensure(params.deposit.u128() <= most, "too high a deposit")?;
                self.governance_params = params.clone();
                Ok(())
            }
            ExecuteMsg::Run { .. } => Err("only governance itself"),
        }
    }

    /// All messages, or none and a failure on the record.
    fn run(&mut self, n: usize) {
        let before = self.clone();
        let messages = self.proposals[n].messages.clone();
        // While it runs it is not executable a second time.
        self.proposals[n].executed_at = Some(self.now);
        match self.run_all(&messages) {
            Ok(()) => {
                self.inner.push(("governance.run".into(), true));
                self.edges.push("proposal passed > executed");
            }
            Err(kind) => {
                *self = before;
                self.inner.extend([("governance.run".into(), false)]);
                self.inner.extend(kind.map(|kind| (kind, false)));
                self.edges.push("proposal passed > failed and open to another try");
                self.proposals[n].failed_at = Some(self.now);
            }
        }
    }

    /// The message that fails, when it is one of ours.
    fn run_all(&mut self, messages: &[CosmosMsg]) -> Result<(), Option<String>> {
        let (this, denom) = (self.governance.clone(), self.staking_params.denom.clone());
        let coins = messages.iter().filter_map(|message| match message {
            CosmosMsg::Bank(BankMsg::Send { amount, .. } | BankMsg::Burn { amount }) => Some(amount),
            _ => None,
        });
        let of_stake = coins.flatten().filter(|coin| coin.denom == denom);
        let spends: u128 =
            of_stake.map(|coin| Uint128::try_from(coin.amount).map_or(0, |amount| amount.u128())).sum();
        let treasury = self.bank.balance(&this, &denom) - self.deposits();
        ensure(spends <= treasury, "beyond the treasury").map_err(|_| None)?;
        for message in messages {
            match message {
                CosmosMsg::Bank(BankMsg::Send { to_address, amount }) => {
                    for coin in amount {
                        let sum = Uint128::try_from(coin.amount).map_or(0, |amount| amount.u128());
                        let to = Addr::unchecked(to_address);
                        self.bank.transfer(&this, &to, &coin.denom, sum).map_err(|_| None)?;
                    }
                }
                CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) => {
                    let message = self.decode(contract_addr, msg).ok_or(None)?;
                    let kind = message.kind();
                    self.send(&this, &message, &vec![]).map_err(|_| Some(kind.clone()))?;
                    self.inner.push((kind, true));
                }
                _ => return Err(None),
            }
        }
        Ok(())
    }

    fn decode(&self, contract: &str, msg: &[u8]) -> Option<Message> {
        if contract == self.market.as_str() {
            from_json(msg).ok().map(Message::Market)
        } else if contract == self.staking.as_str() {
            from_json(msg).ok().map(Message::Staking)
        } else if contract == self.registry.as_str() {
            from_json(msg).ok().map(Message::Registry)
        } else {
            from_json(msg).ok().map(Message::Governance)
        }
    }

    fn check_messages(&self, messages: &[CosmosMsg]) -> Outcome {
        ensure((1..=10).contains(&messages.len()), "number of messages")?;
        let mut slashed = BTreeSet::new();
        for message in messages {
            match message {
                CosmosMsg::Bank(BankMsg::Send { to_address, .. }) => drop(self.address(to_address)?),
                CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) => {
                    self.address(contract_addr)?;
                    match self.decode(contract_addr, msg) {
                        Some(Message::Governance(ExecuteMsg::UpdateParams { params })) => {
                            self.check_governance_params(&params)?;
                        }
                        Some(Message::Governance(_)) => return Err("to itself"),
                        Some(Message::Staking(staking_api::ExecuteMsg::Slash { provider, .. })) => {
                            ensure(slashed.insert(provider), "slashed twice")?;
                        }
                        _ => {}
                    }
                }
                _ => return Err("a kind that proposals do not carry"),
            }
        }
        Ok(())
    }

    /// What changes the rules themselves.
    fn is_upgrade(&self, message: &CosmosMsg) -> bool {
        let CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) = message else { return false };
        match self.decode(contract_addr, msg) {
            Some(Message::Governance(_)) => true,
            Some(Message::Market(msg)) => matches!(msg, market_api::ExecuteMsg::Ownership(_)),
            Some(Message::Staking(msg)) => {
                use staking_api::ExecuteMsg as M;
                matches!(msg, M::Ownership(_) | M::SetMarket { .. })
            }
            Some(Message::Registry(msg)) => {
                use registry_api::ExecuteMsg as M;
                matches!(msg, M::Ownership(_) | M::SetMarket { .. })
            }
            None => false,
        }
    }

    fn check_governance_params(&self, params: &Params) -> Outcome {
        const DAY: u64 = 24 * 3_600;
        let Floors { voting_seconds, timelock_seconds, upgrade_timelock_seconds, .. } = self.floors;
        ensure((voting_seconds..=30 * DAY).contains(&params.voting_seconds), "voting")?;
        ensure((timelock_seconds..=30 * DAY).contains(&params.timelock_seconds), "time-lock")?;
        let least = upgrade_timelock_seconds.max(params.timelock_seconds);
        ensure((least..=90 * DAY).contains(&params.upgrade_timelock_seconds), "upgrade time-lock")?;
        ensure((3_600..=30 * DAY).contains(&params.execution_seconds), "execution")?;
        ensure((1_000..=8_000).contains(&params.quorum.0), "quorum")?;
        ensure((5_000..=8_000).contains(&params.threshold.0), "threshold")?;
        ensure((2_000..=5_000).contains(&params.veto.0), "veto")?;
        ensure(params.deposit.u128() <= u64::MAX.into(), "deposit")
    }
}
