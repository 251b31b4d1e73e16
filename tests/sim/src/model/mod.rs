//! The contracts as the specification has them, in plain data.

mod governance;
mod market;
mod money;
mod registry;
mod staking;

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Addr;

use crate::op::{Funds, Message, Op};

pub use governance::{ProposalModel, Weights};
pub use market::{
    BidModel, DeploymentModel, DueModel, EndModel, GrantModel, LeaseModel, OrderModel, RecordModel,
};
pub use money::Bank;
pub use registry::{Certificate, ProviderModel, RootModel, SignedModel};
pub use staking::{StakerModel, UnbondingModel};

/// Why the model says no. Only for people; the texts of the contracts differ.
pub type No = &'static str;
pub type Outcome = Result<(), No>;

pub fn ensure(condition: bool, no: No) -> Outcome {
    if condition {
        Ok(())
    } else {
        Err(no)
    }
}

/// One contract's owner and who was offered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    pub owner: Addr,
    pub pending: Option<Addr>,
}

impl Owned {
    fn act(
        &mut self,
        sender: &Addr,
        action: &cloud_std::OwnershipAction,
        known: &BTreeSet<String>,
    ) -> Outcome {
        use cloud_std::OwnershipAction::{Accept, Offer, Withdraw};
        match action {
            Offer { new_owner } => {
                ensure(*sender == self.owner, "not the owner")?;
                ensure(known.contains(new_owner), "no address")?;
                self.pending = Some(Addr::unchecked(new_owner));
            }
            Withdraw {} => {
                ensure(*sender == self.owner, "not the owner")?;
                self.pending = None;
            }
            Accept {} => {
                ensure(self.pending.as_ref() == Some(sender), "not offered")?;
                *self = Self { owner: sender.clone(), pending: None };
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Seconds since the epoch.
    pub now: u64,
    pub height: u64,
    /// What was bonded when the block began.
    pub block_start: Weights,
    pub bank: Bank,
    /// Sent to contracts without a message.
    pub donated: BTreeMap<(Addr, String), u128>,
    /// All addresses that are valid on this chain and that operations use.
    pub known: BTreeSet<String>,
    pub market: Addr,
    pub staking: Addr,
    pub registry: Addr,
    pub governance: Addr,

    pub market_owner: Owned,
    pub market_params: market_api::Params,
    pub deployments: Vec<market::DeploymentModel>,
    pub orders: Vec<market::OrderModel>,
    pub leases: Vec<market::LeaseModel>,
    pub records: BTreeMap<Addr, market::RecordModel>,
    /// By deployment and delegate.
    pub grants: BTreeMap<(usize, Addr), market::GrantModel>,
    pub bids_placed: u64,

    pub staking_owner: Owned,
    pub staking_market: Addr,
    pub staking_params: staking_api::Params,
    pub stakers: BTreeMap<Addr, staking::StakerModel>,
    pub burned: u128,
    pub to_treasury: u128,
    pub to_tenants: u128,

    pub registry_owner: Owned,
    pub registry_market: Addr,
    pub providers: BTreeMap<Addr, ProviderModel>,
    /// By provider and auditor.
    pub attestations: BTreeMap<(Addr, Addr), SignedModel>,
    pub jails: BTreeMap<Addr, u64>,
    pub roots: BTreeMap<Addr, Vec<RootModel>>,
    pub keys: BTreeSet<[u8; 32]>,

    /// What no vote goes below.
    pub floors: governance_api::Floors,
    pub governance_params: governance_api::Params,
    pub proposals: Vec<ProposalModel>,
    pub returned: u128,
    pub forfeited: u128,

    /// Messages of proposals that the last operation ran: kind, and whether it was accepted.
    pub inner: Vec<(String, bool)>,
    /// Edges between states that the last operation took.
    pub edges: Vec<&'static str>,
}

impl Model {
    /// What the operation does, or why it is refused; a refused one changes nothing.
    pub fn apply(&mut self, op: &Op) -> Outcome {
        self.edges.clear();
        self.inner.clear();
        match op {
            Op::Pass(seconds) => {
                self.next_block(*seconds);
                Ok(())
            }
            Op::Donate { from, to, amount, denom } => {
                self.bank.transfer(from, to, denom, *amount)?;
                *self.donated.entry((to.clone(), denom.clone())).or_default() += amount;
                Ok(())
            }
            Op::Publish { sender, der, fingerprint, inside } => {
                let before = self.clone();
                let outcome = self.publish(sender, der, fingerprint, inside);
                if outcome.is_err() {
                    *self = before;
                }
                outcome
            }
            Op::Send { sender, message, funds } => {
                let before = self.clone();
                let outcome = self.send(sender, message, funds);
                if outcome.is_err() {
                    *self = before;
                }
                outcome
            }
        }
    }

    fn send(&mut self, sender: &Addr, message: &Message, funds: &Funds) -> Outcome {
        let contract = match message {
            Message::Market(_) => self.market.clone(),
            Message::Staking(_) => self.staking.clone(),
            Message::Registry(_) => self.registry.clone(),
            Message::Governance(_) => self.governance.clone(),
        };
        for (denom, amount) in funds {
            self.bank.transfer(sender, &contract, denom, *amount)?;
        }
        match message {
            Message::Market(msg) => self.market_message(sender, msg, funds),
            Message::Staking(msg) => self.staking_message(sender, msg, funds),
            Message::Registry(msg) => self.registry_message(sender, msg, funds),
            Message::Governance(msg) => self.governance_message(sender, msg, funds),
        }
    }

    fn address(&self, text: &str) -> Result<Addr, No> {
        ensure(self.known.contains(text), "no address")?;
        Ok(Addr::unchecked(text))
    }
}

/// `floor(a x b / c)`; the factors of a simulation stay far below 64 bits each.
pub fn mul_div(a: u128, b: u128, c: u128) -> u128 {
    a * b / c
}
