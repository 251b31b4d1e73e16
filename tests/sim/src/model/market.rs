//! Specification, section 1: orders, bids, leases and their money.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Addr;
use market_api::{
    BidState, DelegateAction, DeploymentState, EndReason, ExecuteMsg, LeaseId, LeaseState, OrderSpec,
    OrderState, Params, Rights,
};
use registry_api::Attribute;
use staking_api::Fault;

use super::staking::Slash;
use super::{ensure, mul_div, Model, No, Outcome};
use crate::op::Funds;

const MAX_AMOUNT: u128 = u64::MAX as u128;
const YEARS_20: u64 = 20 * 366 * 24 * 3_600;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentModel {
    pub tenant: Addr,
    pub state: DeploymentState,
    pub version: Vec<u8>,
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderModel {
    /// Ids count from 1; these are places in the lists.
    pub deployment: usize,
    pub group: String,
    /// Who opened it for the tenant.
    pub delegate: Option<Addr>,
    pub tenant: Addr,
    pub denom: String,
    pub max_price: u128,
    pub term: u64,
    pub open_until: u64,
    pub match_until: u64,
    pub match_window: u64,
    pub fallback: bool,
    pub min_stake: u128,
    pub min_reputation: u64,
    pub attributes: Vec<Attribute>,
    pub any_of: Vec<Addr>,
    pub all_of: Vec<Addr>,
    pub state: OrderState,
    pub locked: u128,
    pub bids: BTreeMap<Addr, BidModel>,
    pub sequence: u64,
    pub lease: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BidModel {
    pub price: u128,
    pub sequence: u64,
    pub in_book: bool,
    /// Once it is out of the book.
    pub fate: BidState,
    pub deposit: u128,
    pub depositor: Addr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseModel {
    pub order: usize,
    pub deployment: usize,
    pub tenant: Addr,
    pub provider: Addr,
    pub denom: String,
    pub price: u128,
    pub term: u64,
    pub matched_version: Vec<u8>,
    pub activate_until: u64,
    /// The parameters of the match.
    pub params: Params,
    pub funds: u128,
    pub withdrawn: u128,
    /// Seconds that the provider's record counts.
    pub counted: u64,
    pub started: Option<u64>,
    pub notice_until: Option<u64>,
    pub end: Option<EndModel>,
    /// What failed of the punishment for its fault.
    pub due: DueModel,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueModel {
    pub slash: bool,
    pub jail: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndModel {
    pub at: u64,
    pub reason: EndReason,
    pub earned: u128,
    pub refunded: u128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantModel {
    pub rights: Rights,
    /// Denom and what is left.
    pub budget: Option<(String, u128)>,
    pub spent: u128,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordModel {
    pub won: u64,
    pub activated: u64,
    pub declined: u64,
    pub expired: u64,
    pub completed: u64,
    pub broken: u64,
    pub tenants: BTreeSet<Addr>,
}

impl OrderModel {
    pub fn book(&self) -> Vec<(&Addr, &BidModel)> {
        let mut book: Vec<_> = self.bids.iter().filter(|(_, bid)| bid.in_book).collect();
        book.sort_by_key(|(_, bid)| (bid.price, bid.sequence));
        book
    }

    pub fn is_bidding(&self, now: u64) -> bool {
        self.state == OrderState::Open && now < self.open_until
    }
}

impl LeaseModel {
    pub fn state(&self) -> LeaseState {
        match (&self.end, self.started) {
            (Some(_), _) => LeaseState::Ended,
            (None, Some(_)) => LeaseState::Active,
            (None, None) => LeaseState::Pending,
        }
    }

    pub fn is_pending(&self) -> bool {
        self.end.is_none() && self.started.is_none()
    }

    pub fn funded(&self) -> u64 {
        mul_div(self.funds, self.term.into(), self.price) as u64
    }

    /// When an active lease ends by itself, and why.
    pub fn natural_end(&self) -> Option<(u64, EndReason)> {
        let started = self.started.filter(|_| self.end.is_none())?;
        let by_funds = started + self.funded();
        Some(match self.notice_until {
            Some(notice) if notice < by_funds => (notice, EndReason::ProviderNotice),
            _ => (by_funds, EndReason::FundsExhausted),
        })
    }

    /// What the first `served` seconds cost.
    fn cost(&self, served: u64) -> u128 {
        mul_div(self.price, u128::from(served.min(self.funded())), self.term.into())
    }

    pub fn earned(&self, now: u64) -> u128 {
        match (&self.end, self.natural_end(), self.started) {
            (Some(end), _, _) => end.earned,
            (None, Some((end, _)), Some(started)) => self.cost(now.min(end) - started),
            _ => 0,
        }
    }

    fn is_running(&self, now: u64) -> bool {
        self.natural_end().is_some_and(|(end, _)| now < end)
    }

    fn is_due(&self, now: u64) -> bool {
        self.natural_end().is_some_and(|(end, _)| now >= end)
    }
}

fn accounts(texts: &[String]) -> Vec<Addr> {
    texts.iter().map(Addr::unchecked).collect()
}

/// Whether this is what is wished for: the same, or within the star at the end of the wish.
fn fits(wish: &Attribute, said: &Attribute) -> bool {
    let key = match wish.key.strip_suffix('*') {
        None => said.key == wish.key,
        Some(start) => said.key.starts_with(start) && !said.key[start.len()..].contains('/'),
    };
    key && said.value == wish.value
}

/// The place of an id that counts from 1.
fn place(id: u64, len: usize) -> Result<usize, No> {
    let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
    place.filter(|place| *place < len).ok_or("no such id")
}

impl Model {
    pub fn live_leases(&self, provider: &Addr) -> usize {
        self.leases.iter().filter(|lease| lease.end.is_none() && lease.provider == *provider).count()
    }

    /// Open orders, then leases that have not ended, each by id.
    pub fn live(&self, deployment: usize) -> (Vec<usize>, Vec<usize>) {
        let orders = self.orders.iter().enumerate();
        let open = orders.filter(|(_, o)| o.deployment == deployment && o.state == OrderState::Open);
        let leases = self.leases.iter().enumerate();
        let live = leases.filter(|(_, l)| l.deployment == deployment && l.end.is_none());
        (open.map(|(n, _)| n).collect(), live.map(|(n, _)| n).collect())
    }

    pub(super) fn market_message(&mut self, sender: &Addr, msg: &ExecuteMsg, funds: &Funds) -> Outcome {
        let takes = matches!(
            msg,
            ExecuteMsg::CreateDeployment { .. }
                | ExecuteMsg::OpenOrders { .. }
                | ExecuteMsg::TopUp { .. }
                | ExecuteMsg::FundGrant { .. }
                | ExecuteMsg::PlaceBid { .. }
        );
        ensure(takes || funds.is_empty(), "takes no funds")?;
        let now = self.now;
        match msg {
            ExecuteMsg::CreateDeployment { version, orders } => {
                ensure(version.len() == 32, "no version")?;
                self.deployments.push(DeploymentModel {
                    tenant: sender.clone(),
                    state: DeploymentState::Active,
                    version: version.to_vec(),
                    revision: 1,
                });
                self.open(self.deployments.len() - 1, orders, funds)
            }
            ExecuteMsg::OpenOrders { deployment, orders } => {
                let n = self.own_active(sender, deployment.0)?;
                self.open(n, orders, funds)
            }
            ExecuteMsg::UpdateDeployment { deployment, version } => {
                let n = self.own_active(sender, deployment.0)?;
                self.set_version(n, version)
            }
            ExecuteMsg::CloseOrder { order } => {
                let n = place(order.0, self.orders.len())?;
                let order = &self.orders[n];
                ensure(order.tenant == *sender, "not the tenant")?;
                ensure(order.state == OrderState::Open && order.book().is_empty(), "has bids or ended")?;
                self.finish_order(n, OrderState::Closed);
                Ok(())
            }
            ExecuteMsg::CloseLease { lease } => {
                let n = place(lease.0, self.leases.len())?;
                ensure(self.leases[n].tenant == *sender, "not the tenant")?;
                self.close_lease(n)
            }
            ExecuteMsg::CloseDeployment { deployment, limit } => {
                let n = place(deployment.0, self.deployments.len())?;
                ensure(self.deployments[n].tenant == *sender, "not the tenant")?;
                ensure(self.deployments[n].state != DeploymentState::Closed, "closed")?;
                let steps = limit.unwrap_or(10).min(10) as usize;
                ensure(steps > 0, "no step")?;
                let delegates: Vec<_> =
                    self.grants.keys().filter(|(of, _)| *of == n).map(|(_, who)| who.clone()).collect();
                for delegate in delegates {
                    self.revoke(n, &delegate)?;
                }
                let (orders, leases) = self.live(n);
                let count = orders.len() + leases.len();
                for order in orders.iter().take(steps) {
                    self.finish_order(*order, OrderState::Closed);
                }
                for lease in leases.iter().take(steps.saturating_sub(orders.len())) {
                    self.close_lease(*lease)?;
                }
                self.deployments[n].state =
                    if count <= steps { DeploymentState::Closed } else { DeploymentState::Closing };
                Ok(())
            }
            ExecuteMsg::Grant { deployment, delegate, rights } => {
                let n = self.own_active(sender, deployment.0)?;
                let delegate = self.address(delegate)?;
                ensure(delegate != *sender, "the tenant itself")?;
                let anything = rights.close_leases || rights.top_up || rights.set_version;
                ensure(anything || !rights.open_groups.is_empty(), "grants nothing")?;
                ensure(rights.expires_at > now, "over before it begins")?;
                ensure(rights.max_live_per_group <= 200, "too many")?;
                ensure(rights.max_order_price.u128() <= MAX_AMOUNT, "too dear")?;
                let others = self.grants.keys().filter(|(of, who)| *of == n && *who != delegate).count();
                ensure(others < 8, "too many grants")?;
                let fresh = GrantModel { rights: rights.clone(), budget: None, spent: 0 };
                self.grants.entry((n, delegate)).or_insert(fresh).rights = rights.clone();
                Ok(())
            }
            ExecuteMsg::FundGrant { deployment, delegate } => {
                let n = self.own_active(sender, deployment.0)?;
                let delegate = self.address(delegate)?;
                let [(denom, amount)] = funds.as_slice() else { return Err("one coin") };
                ensure(self.market_params.denoms.iter().any(|params| params.denom == *denom), "denom")?;
                let grant = self.grants.get_mut(&(n, delegate)).ok_or("no grant")?;
                let (in_denom, left) = grant.budget.get_or_insert((denom.clone(), 0));
                ensure(in_denom == denom, "another denom")?;
                *left += amount;
                ensure(*amount > 0 && *left <= MAX_AMOUNT, "amount")
            }
            ExecuteMsg::RevokeGrant { deployment, delegate } => {
                let n = place(deployment.0, self.deployments.len())?;
                ensure(self.deployments[n].tenant == *sender, "not the tenant")?;
                let delegate = self.address(delegate)?;
                self.revoke(n, &delegate)
            }
            ExecuteMsg::Act { deployment, action } => {
                let n = place(deployment.0, self.deployments.len())?;
                self.act(sender, n, action)
            }
            ExecuteMsg::TopUp { lease } => {
                let n = place(lease.0, self.leases.len())?;
                let [(denom, amount)] = funds.as_slice() else { return Err("one coin") };
                self.top_up(n, denom, *amount)
            }
            ExecuteMsg::PlaceBid { order, provider, price } => {
                let provider = self.acting(sender, provider.as_ref())?;
                let n = place(order.0, self.orders.len())?;
                let order = &self.orders[n];
                ensure(order.is_bidding(now), "not bidding")?;
                let state = self.deployments[order.deployment].state;
                ensure(state == DeploymentState::Active, "closing")?;
                ensure((1..=order.max_price).contains(&price.u128()), "price")?;
                let deposit = self.deposit(&order.denom);
                let expected: Funds =
                    if deposit == 0 { vec![] } else { vec![(order.denom.clone(), deposit)] };
                ensure(*funds == expected, "deposit")?;
                ensure(!order.bids.contains_key(&provider), "one bid")?;
                ensure(self.is_eligible(&provider, n), "not eligible")?;
                let order = &mut self.orders[n];
                order.sequence += 1;
                let bid = BidModel {
                    price: price.u128(),
                    sequence: order.sequence,
                    in_book: true,
                    fate: BidState::Open,
                    deposit,
                    depositor: sender.clone(),
                };
                order.bids.insert(provider, bid);
                self.bids_placed += 1;
                Ok(())
            }
            ExecuteMsg::LowerBid { order, provider, price } => {
                let provider = self.acting(sender, provider.as_ref())?;
                let n = place(order.0, self.orders.len())?;
                let order = &mut self.orders[n];
                ensure(order.is_bidding(now), "not bidding")?;
                let next = order.sequence + 1;
                let bid = order.bids.get_mut(&provider).ok_or("no bid")?;
                ensure(!price.is_zero() && price.u128() < bid.price, "not lower")?;
                (bid.price, bid.sequence) = (price.u128(), next);
                order.sequence = next;
                Ok(())
            }
            ExecuteMsg::WithdrawBid { order, provider } => {
                let provider = self.acting(sender, provider.as_ref())?;
                let n = place(order.0, self.orders.len())?;
                let order = &mut self.orders[n];
                ensure(order.is_bidding(now), "not bidding")?;
                let bid = order.bids.remove(&provider).ok_or("no bid")?;
                let denom = order.denom.clone();
                self.bank.pay(&self.market, &bid.depositor, &denom, bid.deposit);
                Ok(())
            }
            ExecuteMsg::ReclaimDeposit { order, provider } => {
                let provider = self.address(provider)?;
                let n = place(order.0, self.orders.len())?;
                let counts = now < self.orders[n].match_until && self.book_counts(n);
                let order = &mut self.orders[n];
                let bid = order.bids.get_mut(&provider).ok_or("no bid")?;
                if bid.in_book {
                    ensure(!counts, "binding")?;
                    (bid.in_book, bid.fate) = (false, BidState::Lost);
                } else {
                    ensure(bid.deposit > 0, "returned")?;
                }
                let deposit = std::mem::take(&mut bid.deposit);
                let (depositor, denom) = (bid.depositor.clone(), order.denom.clone());
                self.bank.pay(&self.market, &depositor, &denom, deposit);
                Ok(())
            }
            ExecuteMsg::Activate { lease, version } => {
                let n = place(lease.0, self.leases.len())?;
                let lease = &self.leases[n];
                ensure(self.may_operate(sender, &lease.provider), "not the provider")?;
                ensure(lease.is_pending() && now <= lease.activate_until, "not pending")?;
                let current = &self.deployments[lease.deployment].version;
                let held = version.as_slice();
                ensure(held == current.as_slice() || held == lease.matched_version, "another version")?;
                let (order, provider, tenant) = (lease.order, lease.provider.clone(), lease.tenant.clone());
                self.leases[n].started = Some(now);
                self.unlock(order);
                let record = self.records.entry(provider).or_default();
                record.activated += 1;
                record.tenants.insert(tenant);
                self.edges.push("lease pending > active");
                Ok(())
            }
            ExecuteMsg::Decline { lease, reason } => {
                let n = place(lease.0, self.leases.len())?;
                let lease = &self.leases[n];
                ensure(self.may_operate(sender, &lease.provider), "not the provider")?;
                ensure(lease.is_pending() && now <= lease.activate_until, "not pending")?;
                ensure((1..=256).contains(&reason.len()), "reason")?;
                self.records.entry(lease.provider.clone()).or_default().declined += 1;
                self.forfeit(n, EndReason::Declined);
                Ok(())
            }
            ExecuteMsg::ExpireLease { lease } => {
                let n = place(lease.0, self.leases.len())?;
                let lease = self.leases[n].clone();
                ensure(lease.is_pending() && now > lease.activate_until, "not overdue")?;
                self.records.entry(lease.provider.clone()).or_default().expired += 1;
                self.forfeit(n, EndReason::ActivationExpired);
                self.punish(n, DueModel { slash: true, jail: true });
                Ok(())
            }
            ExecuteMsg::GiveNotice { lease } => {
                let n = place(lease.0, self.leases.len())?;
                let lease = &mut self.leases[n];
                ensure(lease.provider == *sender, "not the provider's owner")?;
                ensure(lease.is_running(now) && lease.notice_until.is_none(), "not running on")?;
                ensure(lease.started.is_some_and(|started| now >= started + lease.term), "too early")?;
                lease.notice_until = Some(now + lease.params.notice_window);
                Ok(())
            }
            ExecuteMsg::BreakLease { lease, reason } => {
                let n = place(lease.0, self.leases.len())?;
                let lease = self.leases[n].clone();
                ensure(lease.provider == *sender, "not the provider's owner")?;
                ensure(lease.is_running(now), "not running")?;
                ensure((1..=256).contains(&reason.len()), "reason")?;
                let owed = lease.earned(now) - lease.withdrawn;
                let penalty = mul_div(lease.price, lease.params.break_penalty.0.into(), 10_000).min(owed);
                self.stop(n, now, EndReason::ProviderBroke, penalty);
                self.punish(n, DueModel { slash: true, jail: true });
                Ok(())
            }
            ExecuteMsg::Match { order } => {
                let n = place(order.0, self.orders.len())?;
                let order = &self.orders[n];
                ensure(order.state == OrderState::Open && now >= order.open_until, "not to be matched")?;
                self.advance(n);
                Ok(())
            }
            ExecuteMsg::Withdraw { lease } => {
                let n = place(lease.0, self.leases.len())?;
                ensure(!self.leases[n].is_pending(), "earns nothing yet")?;
                if self.leases[n].is_due(now) {
                    self.settle(n);
                }
                let lease = &mut self.leases[n];
                let amount = lease.earned(now) - lease.withdrawn;
                ensure(amount > 0, "nothing to withdraw")?;
                lease.withdrawn += amount;
                if let (None, Some(started)) = (&lease.end, lease.started) {
                    lease.counted = (now - started).min(lease.funded());
                }
                let (provider, denom) = (lease.provider.clone(), lease.denom.clone());
                let payout = self.providers.get(&provider).map_or(provider, |record| record.payout.clone());
                self.bank.pay(&self.market, &payout, &denom, amount);
                Ok(())
            }
            ExecuteMsg::Settle { lease } => {
                let n = place(lease.0, self.leases.len())?;
                ensure(self.leases[n].is_due(now), "not due")?;
                self.settle(n);
                Ok(())
            }
            ExecuteMsg::Punish { lease } => {
                let n = place(lease.0, self.leases.len())?;
                let due = self.leases[n].due;
                ensure(due != DueModel::default(), "nothing due")?;
                self.punish(n, due);
                if self.leases[n].due == DueModel::default() {
                    self.edges.push("punishment due > done");
                }
                Ok(())
            }
            ExecuteMsg::UpdateParams { params } => {
                ensure(self.market_owner.owner == *sender, "not the owner")?;
                check_params(params)?;
                self.market_params = params.clone();
                Ok(())
            }
            ExecuteMsg::Ownership(action) => {
                let known = self.known.clone();
                self.market_owner.act(sender, action, &known)
            }
        }
    }

    fn set_version(&mut self, n: usize, version: &[u8]) -> Outcome {
        let deployment = &mut self.deployments[n];
        ensure(version.len() == 32 && deployment.version != version, "no new version")?;
        deployment.version = version.to_vec();
        deployment.revision += 1;
        Ok(())
    }

    fn top_up(&mut self, n: usize, denom: &str, amount: u128) -> Outcome {
        let now = self.now;
        let lease = &self.leases[n];
        let open = (lease.is_pending() && now <= lease.activate_until) || lease.is_running(now);
        ensure(open && lease.notice_until.is_none(), "not running on")?;
        ensure(denom == lease.denom && amount <= MAX_AMOUNT && amount > 0, "not its money")?;
        let state = self.deployments[lease.deployment].state;
        ensure(state == DeploymentState::Active, "closing")?;
        let funds = lease.funds + amount;
        ensure(mul_div(funds, lease.term.into(), lease.price) <= u128::from(YEARS_20), "too long")?;
        self.leases[n].funds = funds;
        Ok(())
    }

    fn revoke(&mut self, deployment: usize, delegate: &Addr) -> Outcome {
        let grant = self.grants.remove(&(deployment, delegate.clone())).ok_or("no grant")?;
        if let Some((denom, left)) = grant.budget {
            let tenant = self.deployments[deployment].tenant.clone();
            self.bank.pay(&self.market, &tenant, &denom, left);
        }
        Ok(())
    }

    /// What a delegate's orders of this group have come to: open orders, and leases that have not ended.
    fn delegated(&self, deployment: usize, delegate: &Addr, group: &str) -> usize {
        let own = |order: &OrderModel| {
            order.deployment == deployment
                && order.group == group
                && order.delegate.as_ref() == Some(delegate)
        };
        let open = self.orders.iter().filter(|o| own(o) && o.state == OrderState::Open).count();
        open + self.leases.iter().filter(|l| l.end.is_none() && own(&self.orders[l.order])).count()
    }

    fn spend(&mut self, deployment: usize, delegate: &Addr, denom: &str, amount: u128) -> Outcome {
        let grant = self.grants.get_mut(&(deployment, delegate.clone())).ok_or("no grant")?;
        let (in_denom, left) = grant.budget.as_mut().ok_or("no budget")?;
        ensure(in_denom == denom && *left >= amount, "over the budget")?;
        *left -= amount;
        grant.spent += amount;
        Ok(())
    }

    fn act(&mut self, sender: &Addr, n: usize, action: &DelegateAction) -> Outcome {
        let rights = self.grants.get(&(n, sender.clone())).ok_or("no delegate")?.rights.clone();
        ensure(self.now < rights.expires_at, "expired")?;
        let of_it = |model: &Self, lease: &LeaseId| {
            let at = place(lease.0, model.leases.len())?;
            ensure(model.leases[at].deployment == n, "of another deployment")?;
            Ok::<_, No>(at)
        };
        match action {
            DelegateAction::OpenOrders { orders } => {
                let (denom, sum) = self.price_of(orders)?;
                for order in orders {
                    ensure(rights.open_groups.contains(&order.group.name), "group not granted")?;
                    ensure(order.max_price.amount <= rights.max_order_price, "dearer than granted")?;
                    let asked = &order.group.requirements.attributes;
                    let allowed = |key: &str| {
                        let mut values = rights.allowed_attributes.iter().filter(|one| one.key == key);
                        values.any(|one| asked.contains(one))
                    };
                    ensure(rights.allowed_attributes.iter().all(|one| allowed(&one.key)), "elsewhere")?;
                }
                self.spend(n, sender, &denom, sum)?;
                self.create(n, Some(sender), orders)?;
                let within = |order: &OrderSpec| {
                    self.delegated(n, sender, &order.group.name) <= rights.max_live_per_group as usize
                };
                ensure(orders.iter().all(within), "too many of a group")
            }
            DelegateAction::CloseLease { lease } => {
                ensure(rights.close_leases, "may not close")?;
                let at = of_it(self, lease)?;
                self.close_lease(at)
            }
            DelegateAction::TopUp { lease, amount } => {
                ensure(rights.top_up, "may not top up")?;
                let at = of_it(self, lease)?;
                let denom = self.leases[at].denom.clone();
                self.spend(n, sender, &denom, amount.u128())?;
                self.top_up(at, &denom, amount.u128())
            }
            DelegateAction::SetVersion { version } => {
                ensure(rights.set_version, "may not set a version")?;
                self.set_version(n, version)
            }
        }
    }

    fn own_active(&self, sender: &Addr, id: u64) -> Result<usize, No> {
        let n = place(id, self.deployments.len())?;
        ensure(self.deployments[n].tenant == *sender, "not the tenant")?;
        ensure(self.deployments[n].state == DeploymentState::Active, "not active")?;
        Ok(n)
    }

    fn acting(&self, sender: &Addr, provider: Option<&String>) -> Result<Addr, No> {
        let provider = provider.map_or(Ok(sender.clone()), |provider| self.address(provider))?;
        ensure(self.may_operate(sender, &provider), "not the provider")?;
        Ok(provider)
    }

    /// What a bid on an order in this denom must bring now.
    pub fn deposit(&self, denom: &str) -> u128 {
        let params = self.market_params.denoms.iter().find(|params| params.denom == denom);
        params.map_or(0, |params| params.bid_deposit.u128())
    }

    fn open(&mut self, deployment: usize, specs: &[OrderSpec], funds: &Funds) -> Outcome {
        let price = self.price_of(specs)?;
        ensure(*funds == vec![price], "not the sum of the prices")?;
        self.create(deployment, None, specs)
    }

    fn price_of(&self, specs: &[OrderSpec]) -> Result<(String, u128), No> {
        ensure((1..=10).contains(&specs.len()), "number of orders")?;
        let params = self.market_params.clone();
        let denom = specs[0].max_price.denom.clone();
        let mut sum = 0;
        for spec in specs {
            ensure(spec.max_price.denom == denom, "mixed denoms")?;
            ensure((params.min_term..=params.max_term).contains(&spec.term), "term")?;
            let windows = params.min_bid_window..=params.max_bid_window;
            ensure(windows.contains(&spec.bid_window), "bidding window")?;
            let accepted = params.denoms.iter().find(|params| params.denom == denom).ok_or("denom")?;
            let price = spec.max_price.amount.u128();
            ensure((accepted.min_order_price.u128()..=MAX_AMOUNT).contains(&price), "price")?;
            ensure(spec.group.requirements.min_stake.u128() <= MAX_AMOUNT, "stake")?;
            ensure(spec.group.requirements.min_reputation.0 <= 10_000, "reputation")?;
            let signed_by = &spec.group.requirements.signed_by;
            ensure(signed_by.any_of.len() + signed_by.all_of.len() <= 8, "too many auditors")?;
            for list in [&signed_by.any_of, &signed_by.all_of] {
                let named: BTreeSet<_> = list.iter().collect();
                ensure(named.len() == list.len(), "an auditor twice")?;
                ensure(list.iter().all(|auditor| self.known.contains(auditor)), "no address")?;
            }
            sum += price;
        }
        Ok((denom, sum))
    }

    fn create(&mut self, deployment: usize, delegate: Option<&Addr>, specs: &[OrderSpec]) -> Outcome {
        let params = self.market_params.clone();
        let denom = specs[0].max_price.denom.clone();
        let tenant = self.deployments[deployment].tenant.clone();
        for spec in specs {
            let open_until = self.now + spec.bid_window;
            self.orders.push(OrderModel {
                deployment,
                group: spec.group.name.clone(),
                delegate: delegate.cloned(),
                tenant: tenant.clone(),
                denom: denom.clone(),
                max_price: spec.max_price.amount.u128(),
                term: spec.term,
                open_until,
                match_until: open_until + params.match_window,
                match_window: params.match_window,
                fallback: spec.fallback,
                min_stake: spec.group.requirements.min_stake.u128(),
                min_reputation: spec.group.requirements.min_reputation.0.into(),
                attributes: spec.group.requirements.attributes.clone(),
                any_of: accounts(&spec.group.requirements.signed_by.any_of),
                all_of: accounts(&spec.group.requirements.signed_by.all_of),
                state: OrderState::Open,
                locked: spec.max_price.amount.u128(),
                bids: BTreeMap::new(),
                sequence: 0,
                lease: None,
            });
        }
        let (orders, leases) = self.live(deployment);
        ensure(orders.len() + leases.len() <= 200, "too many live ones")
    }

    /// Registered, free, punished as it should be, with a current root, every attribute, every auditor's word, enough stake and reputation, now.
    pub fn is_eligible(&self, provider: &Addr, order: usize) -> bool {
        let order = &self.orders[order];
        let has_all =
            |said: &[Attribute]| order.attributes.iter().all(|wish| said.iter().any(|one| fits(wish, one)));
        let vouches = |auditor: &Addr| {
            let vouched = self.vouched(provider, auditor);
            !vouched.is_empty() && has_all(&vouched)
        };
        self.providers.get(provider).is_some_and(|record| {
            self.now >= record.jailed_until
                && self.now <= record.root_valid_until
                && has_all(&record.attributes)
                && order.all_of.iter().all(vouches)
                && (order.any_of.is_empty() || order.any_of.iter().any(vouches))
                && self.staker(provider).bonded >= order.min_stake
                && self.reputation(provider) >= order.min_reputation
                && !self.leases.iter().any(|l| l.provider == *provider && l.due != DueModel::default())
        })
    }

    /// Basis points, from the leases themselves.
    pub fn reputation(&self, provider: &Addr) -> u64 {
        const DAY: u128 = 86_400;
        let record = self.records.get(provider).cloned().unwrap_or_default();
        let own = self.leases.iter().filter(|lease| lease.provider == *provider);
        let seconds: u128 = own.map(|lease| u128::from(lease.counted)).sum();
        let service = seconds.min(record.tenants.len() as u128 * 20 * DAY);
        let faults = (record.declined + 10 * record.expired + 20 * record.broken) as u128 * DAY;
        let everyone: u128 = self.stakers.values().map(|staker| staker.bonded).sum();
        if service == 0 || everyone == 0 {
            return 0;
        }
        // The largest whole number of basis points whose square fits.
        let parts = service.min(400 * DAY) * 100_000_000 / (400 * DAY);
        let (mut proven, mut above) = (0, 10_001);
        while above - proven > 1 {
            let middle: u128 = (proven + above) / 2;
            if middle * middle <= parts {
                proven = middle;
            } else {
                above = middle;
            }
        }
        let quality = proven * service / (service + faults);
        (quality * self.staker(provider).bonded / everyone) as u64
    }

    /// Whether a bid in the book can still win.
    fn book_counts(&self, order: usize) -> bool {
        let order = &self.orders[order];
        match (order.state, order.lease) {
            (OrderState::Open, _) => true,
            (OrderState::Matched, Some(lease)) => order.fallback && self.leases[lease].is_pending(),
            _ => false,
        }
    }

    fn unlock(&mut self, order: usize) {
        let order = &mut self.orders[order];
        let amount = std::mem::take(&mut order.locked);
        let (tenant, denom) = (order.tenant.clone(), order.denom.clone());
        self.bank.pay(&self.market, &tenant, &denom, amount);
    }

    fn finish_order(&mut self, order: usize, state: OrderState) {
        self.edges.push(match (self.orders[order].state, state) {
            (OrderState::Open, OrderState::Closed) => "order open > closed",
            (OrderState::Open, _) => "order open > expired",
            _ => "order matched > expired",
        });
        self.unlock(order);
        self.orders[order].state = state;
    }

    /// Matches the front of the book, passing over at most ten bidders.
    fn advance(&mut self, n: usize) {
        if self.deployments[self.orders[n].deployment].state != DeploymentState::Active {
            return self.finish_order(n, OrderState::Closed);
        }
        if self.now >= self.orders[n].match_until {
            return self.finish_order(n, OrderState::Expired);
        }
        for _ in 0..10 {
            let front = self.orders[n].book().first().map(|(provider, _)| (*provider).clone());
            let Some(provider) = front else { break };
            let eligible = self.is_eligible(&provider, n);
            let bid = self.orders[n].bids.get_mut(&provider).expect("it is in the book");
            bid.in_book = false;
            bid.fate = if eligible { BidState::Won } else { BidState::Skipped };
            if eligible {
                let price = bid.price;
                return self.award(n, provider, price);
            }
        }
        if self.orders[n].book().is_empty() {
            self.finish_order(n, OrderState::Expired);
        }
    }

    fn award(&mut self, n: usize, provider: Addr, price: u128) {
        self.edges.push("order open > matched");
        let order = &mut self.orders[n];
        order.locked -= price;
        order.state = OrderState::Matched;
        order.lease = Some(self.leases.len());
        self.leases.push(LeaseModel {
            order: n,
            deployment: order.deployment,
            tenant: order.tenant.clone(),
            provider: provider.clone(),
            denom: order.denom.clone(),
            price,
            term: order.term,
            matched_version: self.deployments[order.deployment].version.clone(),
            activate_until: self.now + self.market_params.activation_window,
            params: self.market_params.clone(),
            funds: price,
            withdrawn: 0,
            counted: 0,
            started: None,
            notice_until: None,
            end: None,
            due: DueModel::default(),
        });
        self.records.entry(provider).or_default().won += 1;
        if !self.orders[n].fallback {
            self.unlock(n);
        }
    }

    fn close_lease(&mut self, n: usize) -> Outcome {
        let now = self.now;
        if self.leases[n].is_pending() {
            let lease = &self.leases[n];
            let (order, funds) = (lease.order, lease.funds);
            self.end(n, now, EndReason::TenantCancelled, 0, funds);
            self.unlock(order);
        } else if self.leases[n].is_due(now) {
            self.settle(n);
        } else {
            ensure(self.leases[n].end.is_none(), "ended")?;
            self.stop(n, now, EndReason::TenantClosed, 0);
        }
        Ok(())
    }

    fn settle(&mut self, n: usize) {
        if let Some((at, reason)) = self.leases[n].natural_end() {
            self.stop(n, at, reason, 0);
        }
    }

    /// An active lease ends at this second; the penalty goes from what it earned to the tenant.
    fn stop(&mut self, n: usize, at: u64, reason: EndReason, penalty: u128) {
        let lease = &mut self.leases[n];
        let served = at - lease.started.unwrap_or(at);
        lease.counted = served.min(lease.funded());
        let earned = lease.cost(served) - penalty;
        let refunded = lease.funds - earned;
        let record = self.records.entry(lease.provider.clone()).or_default();
        if reason == EndReason::ProviderBroke {
            record.broken += 1;
        } else {
            record.completed += 1;
        }
        self.end(n, at, reason, earned, refunded);
    }

    fn end(&mut self, n: usize, at: u64, reason: EndReason, earned: u128, refunded: u128) {
        self.edges.push(match reason {
            EndReason::TenantCancelled => "lease pending > tenant cancelled",
            EndReason::Declined => "lease pending > declined",
            EndReason::ActivationExpired => "lease pending > activation expired",
            EndReason::TenantClosed => "lease active > tenant closed",
            EndReason::FundsExhausted => "lease active > funds exhausted",
            EndReason::ProviderNotice => "lease active > provider notice",
            EndReason::ProviderBroke => "lease active > provider broke",
        });
        let lease = &mut self.leases[n];
        lease.end = Some(EndModel { at, reason, earned, refunded });
        let (tenant, denom) = (lease.tenant.clone(), lease.denom.clone());
        self.bank.pay(&self.market, &tenant, &denom, refunded);
    }

    /// A pending lease that was not taken up. With fall-back its price stays for the next bid.
    fn forfeit(&mut self, n: usize, reason: EndReason) {
        let lease = &self.leases[n];
        let (order, price, funds) = (lease.order, lease.price, lease.funds);
        let now = self.now;
        if !self.orders[order].fallback {
            self.end(n, now, reason, 0, funds);
            return self.finish_order(order, OrderState::Expired);
        }
        self.end(n, now, reason, 0, funds - price);
        self.edges.push("order matched > open");
        let row = &mut self.orders[order];
        row.locked += price;
        row.state = OrderState::Open;
        row.match_until = row.match_until.max(now + row.match_window);
        self.advance(order);
    }

    /// What of an ended lease's fault is to be punished. Staking and registry obey only the market that they know; what
    /// they refuse stays due.
    fn punish(&mut self, n: usize, due: DueModel) {
        let lease = self.leases[n].clone();
        let Some(end) = &lease.end else { return };
        let params = &lease.params;
        let (fault, fault_at, bps, jail) = match end.reason {
            EndReason::ActivationExpired => {
                let seconds = params.expiry_jail;
                (Fault::ActivationExpired, lease.activate_until, params.expiry_slash.0, seconds)
            }
            EndReason::ProviderBroke => (Fault::LeaseBroken, end.at, params.break_slash.0, 0),
            _ => return,
        };
        let mut left = DueModel::default();
        if due.slash && bps > 0 {
            left.slash = self.staking_market != self.market;
            if !left.slash {
                let harmed = Some(lease.tenant.clone());
                self.slash(Slash { provider: &lease.provider, bps, fault, fault_at, harmed });
            }
        }
        if due.jail && jail > 0 {
            left.jail = self.registry_market != self.market;
            if !left.jail {
                self.jail(&lease.provider, self.now + jail);
            }
        }
        if left != DueModel::default() {
            self.edges.push("punishment > due");
        }
        self.leases[n].due = left;
    }
}

fn check_params(params: &Params) -> Outcome {
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    ensure((1..=8).contains(&params.denoms.len()), "denoms")?;
    let names: BTreeSet<_> = params.denoms.iter().map(|denom| &denom.denom).collect();
    ensure(names.len() == params.denoms.len(), "a denom twice")?;
    for denom in &params.denoms {
        ensure(denom.bid_deposit.u128() <= MAX_AMOUNT, "deposit")?;
        ensure((1..=MAX_AMOUNT).contains(&denom.min_order_price.u128()), "least price")?;
    }
    ensure((1..=DAY).contains(&params.activation_window), "activation window")?;
    ensure(params.notice_window <= 30 * DAY, "notice window")?;
    ensure((1..=7 * DAY).contains(&params.match_window), "match window")?;
    ensure((1..=30 * DAY).contains(&params.max_bid_window), "bidding window")?;
    ensure((1..=params.max_bid_window).contains(&params.min_bid_window), "bidding window")?;
    ensure((1..=10 * 366 * DAY).contains(&params.max_term), "term")?;
    ensure((1..=params.max_term).contains(&params.min_term), "term")?;
    ensure(params.expiry_jail <= 30 * DAY, "jail")?;
    let fractions = [params.expiry_slash, params.break_slash, params.break_penalty];
    ensure(fractions.iter().all(|fraction| fraction.0 <= 5_000), "fraction")
}
