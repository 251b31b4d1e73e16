//! Specification, section 2: stake, unbonding, claims, slashes.

use cosmwasm_std::Addr;
use staking_api::{Destination, ExecuteMsg, Fault, Params};

use super::{ensure, mul_div, Model, Outcome};
use crate::op::Funds;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StakerModel {
    pub bonded: u128,
    pub unbondings: Vec<UnbondingModel>,
    pub compensation: u128,
    pub slashed: u128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnbondingModel {
    pub amount: u128,
    pub started_at: u64,
    pub matures_at: u64,
}

pub struct Slash<'a> {
    pub provider: &'a Addr,
    pub bps: u16,
    pub fault: Fault,
    pub fault_at: u64,
    pub harmed: Option<Addr>,
}

const DAY: u64 = 24 * 3_600;

impl Model {
    pub fn staker(&self, who: &Addr) -> StakerModel {
        self.stakers.get(who).cloned().unwrap_or_default()
    }

    pub(super) fn staking_message(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &Funds) -> Outcome {
        if !matches!(msg, ExecuteMsg::Stake {}) {
            ensure(funds.is_empty(), "takes no funds")?;
        }
        match msg {
            ExecuteMsg::Stake {} => {
                let [(denom, amount)] = funds.as_slice() else { return Err("one coin") };
                ensure(*denom == self.staking_params.denom, "another denom")?;
                self.stakers.entry(sender.clone()).or_default().bonded += amount;
            }
            ExecuteMsg::Unbond { amount } => {
                let amount = amount.u128();
                let (now, period) = (self.now, self.staking_params.unbonding_seconds);
                let staker = self.stakers.entry(sender.clone()).or_default();
                ensure(amount > 0 && amount <= staker.bonded, "not bonded")?;
                ensure(staker.unbondings.len() < 16, "too many unbondings")?;
                staker.bonded -= amount;
                let (started_at, matures_at) = (now, now + period);
                staker.unbondings.push(UnbondingModel { amount, started_at, matures_at });
            }
            ExecuteMsg::Claim {} => {
                let now = self.now;
                let staker = self.stakers.entry(sender.clone()).or_default();
                let matured: u128 =
                    staker.unbondings.iter().filter(|u| u.matures_at <= now).map(|u| u.amount).sum();
                let amount = matured + staker.compensation;
                ensure(amount > 0, "nothing to claim")?;
                staker.unbondings.retain(|u| u.matures_at > now);
                staker.compensation = 0;
                let denom = self.staking_params.denom.clone();
                self.bank.pay(&self.staking, sender, &denom, amount);
            }
            ExecuteMsg::Slash { provider, fraction, fault, fault_at, harmed, reason } => {
                let (market, owner) = (self.staking_market == *sender, self.staking_owner.owner == *sender);
                ensure(if *fault == Fault::Governance { owner } else { market }, "not its fault")?;
                let provider = self.address(provider)?;
                let harmed = harmed.as_ref().map(|harmed| self.address(harmed)).transpose()?;
                ensure(fraction.0 <= 5_000, "more than half")?;
                ensure(*fault_at <= self.now, "in the future")?;
                ensure(reason.len() <= 256, "a long reason")?;
                if *fault == Fault::Governance {
                    ensure(fraction.0 > 0 && !reason.trim().is_empty(), "no decision")?;
                }
                let (fault, fault_at) = (*fault, *fault_at);
                self.slash(Slash { provider: &provider, bps: fraction.0, fault, fault_at, harmed });
            }
            ExecuteMsg::UpdateParams { params } => {
                ensure(self.staking_owner.owner == *sender, "not the owner")?;
                self.check_staking_params(params)?;
                ensure(params.denom == self.staking_params.denom, "another denom")?;
                self.staking_params = params.clone();
            }
            ExecuteMsg::SetMarket { market } => {
                ensure(self.staking_owner.owner == *sender, "not the owner")?;
                let market = self.address(market)?;
                ensure(market != self.staking, "itself")?;
                self.staking_market = market;
            }
            ExecuteMsg::Ownership(action) => {
                let known = self.known.clone();
                self.staking_owner.act(sender, action, &known)?;
            }
        }
        Ok(())
    }

    fn check_staking_params(&self, params: &Params) -> Outcome {
        ensure((1_000..=90 * DAY).contains(&params.unbonding_seconds), "unbonding period")?;
        let treasury = self.address(&params.treasury)?;
        ensure(treasury != self.staking, "itself")
    }

    /// The same fraction of the stake and of each unbonding that has not matured or began no earlier than the fault.
    pub(super) fn slash(&mut self, slash: Slash) {
        let now = self.now;
        let mut taken = 0;
        if let Some(staker) = self.stakers.get_mut(slash.provider) {
            let mut cut = |amount: &mut u128| {
                let part = mul_div(*amount, slash.bps.into(), 10_000);
                *amount -= part;
                taken += part;
            };
            cut(&mut staker.bonded);
            for unbonding in &mut staker.unbondings {
                if now < unbonding.matures_at || unbonding.started_at >= slash.fault_at {
                    cut(&mut unbonding.amount);
                }
            }
            staker.slashed += taken;
        }
        let params = &self.staking_params;
        let wanted = match slash.fault {
            Fault::ActivationExpired => params.on_activation_expired,
            Fault::LeaseBroken => params.on_lease_broken,
            Fault::Governance => params.on_governance,
        };
        let (denom, treasury) = (params.denom.clone(), Addr::unchecked(&params.treasury));
        let harmed = slash.harmed.filter(|harmed| harmed != slash.provider);
        match (wanted, harmed) {
            (Destination::Tenant, Some(harmed)) => {
                self.to_tenants += taken;
                self.stakers.entry(harmed).or_default().compensation += taken;
            }
            (Destination::Burn, _) => {
                self.burned += taken;
                self.bank.burn(&self.staking, &denom, taken);
            }
            (Destination::Treasury, _) | (Destination::Tenant, None) => {
                self.to_treasury += taken;
                self.bank.pay(&self.staking, &treasury, &denom, taken);
            }
        }
    }
}
