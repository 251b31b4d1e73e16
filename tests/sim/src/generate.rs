//! Turns numbers into operations that make sense in the state of the moment, and into some that do not.

mod governing;

use cloud_std::{Bps, Money, OwnershipAction};
use cosmwasm_std::{Addr, HexBinary, Uint128};
use market_api::{DelegateAction, Rights};
use market_api::{DeploymentId, DeploymentState, LeaseId, OrderId, OrderSpec, OrderState, SignedBy};
use registry_api::Attribute;
use staking_api::{Destination, Fault};
use testing::certificate::deterministic_root;

use crate::model::{Certificate, DueModel, LeaseModel, Model, OrderModel};
use crate::op::{Funds, Message, Op};
use crate::world::{Cast, DENOMS};

/// A stream of numbers that one number starts.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

/// What one operation is about, and how often it comes, in comparison.
const WEIGHTS: &[(Kind, u64)] = &[
    (Kind::Pass, 22),
    (Kind::Donate, 2),
    (Kind::Create, 14),
    (Kind::OpenOrders, 6),
    (Kind::UpdateDeployment, 4),
    (Kind::CloseOrder, 3),
    (Kind::CloseLease, 5),
    (Kind::CloseDeployment, 2),
    (Kind::TopUp, 12),
    (Kind::Grant, 5),
    (Kind::FundGrant, 5),
    (Kind::RevokeGrant, 2),
    (Kind::Act, 16),
    (Kind::PlaceBid, 50),
    (Kind::LowerBid, 8),
    (Kind::WithdrawBid, 4),
    (Kind::Reclaim, 8),
    (Kind::Activate, 26),
    (Kind::Decline, 4),
    (Kind::GiveNotice, 8),
    (Kind::Break, 3),
    (Kind::Match, 26),
    (Kind::Expire, 8),
    (Kind::Withdraw, 14),
    (Kind::Settle, 10),
    (Kind::Punish, 4),
    (Kind::MarketParams, 3),
    (Kind::Ownership, 9),
    (Kind::Stake, 4),
    (Kind::Unbond, 3),
    (Kind::Claim, 4),
    (Kind::Slash, 3),
    (Kind::StakingParams, 2),
    (Kind::StakingMarket, 6),
    (Kind::Register, 6),
    (Kind::UpdateProvider, 4),
    (Kind::Deregister, 2),
    (Kind::AddOperator, 3),
    (Kind::RemoveOperator, 2),
    (Kind::Publish, 8),
    (Kind::Revoke, 1),
    (Kind::Attest, 4),
    (Kind::RevokeAttestation, 2),
    (Kind::Jail, 1),
    (Kind::Unjail, 5),
    (Kind::RegistryMarket, 5),
    (Kind::Propose, 26),
    (Kind::Vote, 14),
    (Kind::Execute, 6),
    (Kind::SettleDeposit, 6),
    (Kind::AcceptOwnership, 4),
    (Kind::GovernanceAlone, 1),
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Pass,
    Donate,
    Create,
    OpenOrders,
    UpdateDeployment,
    CloseOrder,
    CloseLease,
    CloseDeployment,
    TopUp,
    Grant,
    FundGrant,
    RevokeGrant,
    Act,
    PlaceBid,
    LowerBid,
    WithdrawBid,
    Reclaim,
    Activate,
    Decline,
    GiveNotice,
    Break,
    Match,
    Expire,
    Withdraw,
    Settle,
    Punish,
    MarketParams,
    Ownership,
    Stake,
    Unbond,
    Claim,
    Slash,
    StakingParams,
    StakingMarket,
    Register,
    UpdateProvider,
    Deregister,
    AddOperator,
    RemoveOperator,
    Publish,
    Revoke,
    Attest,
    RevokeAttestation,
    Jail,
    Unjail,
    RegistryMarket,
    Propose,
    Vote,
    Execute,
    SettleDeposit,
    AcceptOwnership,
    GovernanceAlone,
}

/// The operation that this number means now.
pub fn op(seed: u64, model: &Model, cast: &Cast) -> Op {
    let mut dice = Dice::new(seed);
    let total: u64 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut at = dice.below(total);
    let mut kind = Kind::Pass;
    for (candidate, weight) in WEIGHTS {
        if at < *weight {
            kind = *candidate;
            break;
        }
        at -= weight;
    }
    Generator { dice, model, cast }.make(kind)
}

struct Generator<'a> {
    dice: Dice,
    model: &'a Model,
    cast: &'a Cast,
}

impl Generator<'_> {
    /// Whether there is anything now that this kind of operation could succeed on.
    fn is_possible(&self, kind: Kind) -> bool {
        let (model, now) = (self.model, self.model.now);
        let orders = |suits: &dyn Fn(&OrderModel) -> bool| model.orders.iter().any(suits);
        let leases = |suits: &dyn Fn(&LeaseModel) -> bool| model.leases.iter().any(suits);
        let free = |order: &OrderModel| order.is_bidding(now) && order.bids.len() < self.cast.providers.len();
        match kind {
            Kind::FundGrant | Kind::RevokeGrant | Kind::Act => !model.grants.is_empty(),
            Kind::PlaceBid => orders(&free),
            Kind::LowerBid | Kind::WithdrawBid => orders(&|o| o.is_bidding(now) && !o.bids.is_empty()),
            Kind::CloseOrder => orders(&|o| o.state == OrderState::Open && o.book().is_empty()),
            Kind::Match => orders(&|o| o.state == OrderState::Open && now >= o.open_until),
            Kind::Reclaim => orders(&|o| !o.is_bidding(now) && o.bids.values().any(|bid| bid.deposit > 0)),
            Kind::Activate | Kind::Decline => leases(&|l| l.is_pending() && now <= l.activate_until),
            Kind::Expire => leases(&|l| l.is_pending() && now > l.activate_until),
            Kind::CloseLease | Kind::TopUp => leases(&|l| l.end.is_none()),
            Kind::Break => leases(&|l| l.natural_end().is_some_and(|(end, _)| now < end)),
            Kind::GiveNotice => leases(&|l| {
                let running = l.natural_end().is_some_and(|(end, _)| now < end);
                running && l.notice_until.is_none() && l.started.is_some_and(|at| now >= at + l.term)
            }),
            Kind::Settle => leases(&|l| l.natural_end().is_some_and(|(end, _)| now >= end)),
            Kind::Withdraw => leases(&|l| l.earned(now) > l.withdrawn),
            Kind::Punish => leases(&|l| l.due != DueModel::default()),
            _ => self.can_govern(kind),
        }
    }

    /// Whether staking or registry obey another market just now, so that punishments fail.
    fn is_unpunished(&self) -> bool {
        let model = self.model;
        model.staking_market != model.market || model.registry_market != model.market
    }

    fn make(mut self, wanted: Kind) -> Op {
        use market_api::ExecuteMsg as M;
        // Few leases outlive their first term, after which notice can be given: the chance is not left to pass.
        let wanted = if self.is_possible(Kind::GiveNotice) && self.dice.one_in(2) {
            Kind::GiveNotice
        } else if self.next_notice().is_some() && self.dice.one_in(2) {
            Kind::Pass
        } else if self.is_unpunished() && self.is_possible(Kind::Expire) && self.dice.one_in(2) {
            Kind::Expire
        } else if self.is_unpunished() && self.is_possible(Kind::Break) && self.dice.one_in(3) {
            Kind::Break
        } else if self.is_unpunished() && self.is_possible(Kind::Punish) && self.dice.one_in(4) {
            let staking = self.model.staking_market != self.model.market;
            if staking {
                Kind::StakingMarket
            } else {
                Kind::RegistryMarket
            }
        } else if !self.is_unpunished() && self.is_possible(Kind::Punish) && self.dice.one_in(2) {
            Kind::Punish
        } else {
            self.urgent().unwrap_or(wanted)
        };
        // What cannot succeed is tried now and then; otherwise something that moves the story on.
        let kind = if self.is_possible(wanted) || self.dice.one_in(8) {
            wanted
        } else {
            let onward = [Kind::Activate, Kind::Match, Kind::PlaceBid, Kind::Create, Kind::Pass];
            let from = self.dice.below(3) as usize;
            onward.into_iter().skip(from).find(|kind| self.is_possible(*kind)).unwrap_or(Kind::Pass)
        };
        match kind {
            Kind::Pass => Op::Pass(self.seconds()),
            Kind::Donate => {
                let contracts = [&self.model.market, &self.model.staking, &self.model.governance];
                let to = (*self.dice.of(&contracts)).clone();
                let denom = (*self.dice.of(&DENOMS)).to_owned();
                let from = self.dice.of(&self.cast.tenants).clone();
                Op::Donate { from, to, amount: u128::from(self.dice.below(50)), denom }
            }
            Kind::Create => {
                let sender = self.dice.of(&self.cast.tenants).clone();
                let (orders, funds) = self.orders();
                let version = self.version(None);
                self.market(sender, M::CreateDeployment { version, orders }, funds)
            }
            Kind::OpenOrders => {
                let (n, tenant) = self.deployment(|state| state == DeploymentState::Active);
                let (orders, funds) = self.orders();
                self.market(tenant, M::OpenOrders { deployment: DeploymentId(n), orders }, funds)
            }
            Kind::UpdateDeployment => {
                let (n, tenant) = self.deployment(|state| state == DeploymentState::Active);
                let version = self.version(Some(n));
                self.market(tenant, M::UpdateDeployment { deployment: DeploymentId(n), version }, vec![])
            }
            Kind::CloseOrder => {
                let n = self.order(|model, n| {
                    model.orders[n].state == OrderState::Open && model.orders[n].book().is_empty()
                });
                let tenant = self.tenant_of_order(n);
                self.market(tenant, M::CloseOrder { order: OrderId(n) }, vec![])
            }
            Kind::CloseLease => {
                let n = self.lease(|model, n| model.leases[n].end.is_none());
                let tenant = self.tenant_of_lease(n);
                self.market(tenant, M::CloseLease { lease: LeaseId(n) }, vec![])
            }
            Kind::CloseDeployment => {
                let (n, tenant) = self.deployment(|state| state != DeploymentState::Closed);
                let limit = *self.dice.of(&[None, Some(1), Some(2), Some(0), Some(1_000)]);
                self.market(tenant, M::CloseDeployment { deployment: DeploymentId(n), limit }, vec![])
            }
            Kind::TopUp => {
                let n = self.lease(|model, n| model.leases[n].end.is_none());
                let lease = self.model.leases.get(n.saturating_sub(1) as usize);
                let (denom, price) =
                    lease.map_or((DENOMS[0].to_owned(), 1), |lease| (lease.denom.clone(), lease.price));
                let amount = *self.dice.of(&[1, price, 3 * price, 1_000_000_000]);
                let mut funds = vec![(denom, amount)];
                self.spoil(&mut funds);
                let sender = self.anyone();
                self.market(sender, M::TopUp { lease: LeaseId(n) }, funds)
            }
            Kind::Grant | Kind::FundGrant | Kind::RevokeGrant | Kind::Act => self.delegation(kind),
            Kind::PlaceBid => self.place_bid(),
            Kind::LowerBid => {
                let (n, provider, price) = self.bid(|model, n| model.orders[n].is_bidding(model.now));
                let lower = match self.dice.below(4) {
                    0 => price,
                    1 => price.saturating_sub(1),
                    _ => price / 2,
                };
                let (sender, named) = self.for_provider(&provider);
                let msg = M::LowerBid { order: OrderId(n), provider: named, price: lower.into() };
                self.market(sender, msg, vec![])
            }
            Kind::WithdrawBid => {
                let (n, provider, _) = self.bid(|model, n| model.orders[n].is_bidding(model.now));
                let (sender, named) = self.for_provider(&provider);
                self.market(sender, M::WithdrawBid { order: OrderId(n), provider: named }, vec![])
            }
            Kind::Reclaim => {
                let (n, provider, _) = self.bid(|model, n| !model.orders[n].is_bidding(model.now));
                let sender = self.anyone();
                let msg = M::ReclaimDeposit { order: OrderId(n), provider: provider.into() };
                self.market(sender, msg, vec![])
            }
            Kind::Activate => {
                let n = self.lease(|model, n| {
                    model.leases[n].is_pending() && model.now <= model.leases[n].activate_until
                });
                let lease = self.model.leases.get(n.saturating_sub(1) as usize);
                let version = match lease {
                    Some(lease) if self.dice.one_in(2) => lease.matched_version.clone(),
                    Some(lease) if !self.dice.one_in(6) => {
                        self.model.deployments[lease.deployment].version.clone()
                    }
                    _ => vec![0; 32],
                };
                let provider = self.provider_of_lease(n);
                let (sender, _) = self.for_provider(&provider);
                let version = HexBinary::from(version);
                self.market(sender, M::Activate { lease: LeaseId(n), version }, vec![])
            }
            Kind::Decline => {
                let n = self.lease(|model, n| model.leases[n].is_pending());
                let provider = self.provider_of_lease(n);
                let (sender, _) = self.for_provider(&provider);
                let reason = self.reason();
                self.market(sender, M::Decline { lease: LeaseId(n), reason }, vec![])
            }
            Kind::GiveNotice => {
                let n = self.lease(|model, n| {
                    let lease = &model.leases[n];
                    let first_term_over = lease.started.is_some_and(|s| model.now >= s + lease.term);
                    let running = lease.natural_end().is_some_and(|(end, _)| model.now < end);
                    running && lease.notice_until.is_none() && first_term_over
                });
                let sender = self.provider_of_lease(n);
                self.market(sender, M::GiveNotice { lease: LeaseId(n) }, vec![])
            }
            Kind::Break => {
                let n = self
                    .lease(|model, n| model.leases[n].natural_end().is_some_and(|(end, _)| model.now < end));
                let sender = self.provider_of_lease(n);
                let reason = self.reason();
                self.market(sender, M::BreakLease { lease: LeaseId(n), reason }, vec![])
            }
            Kind::Match => {
                let n = self.order(|model, n| {
                    model.orders[n].state == OrderState::Open && model.now >= model.orders[n].open_until
                });
                let sender = self.anyone();
                self.market(sender, M::Match { order: OrderId(n) }, vec![])
            }
            Kind::Expire => {
                let n = self.lease(|model, n| {
                    model.leases[n].is_pending() && model.now > model.leases[n].activate_until
                });
                let sender = self.anyone();
                self.market(sender, M::ExpireLease { lease: LeaseId(n) }, vec![])
            }
            Kind::Withdraw => {
                let n = self.lease(|model, n| model.leases[n].earned(model.now) > model.leases[n].withdrawn);
                let sender = self.anyone();
                self.market(sender, M::Withdraw { lease: LeaseId(n) }, vec![])
            }
            Kind::Settle => {
                let due = |model: &Model, n: usize| {
                    model.leases[n].natural_end().is_some_and(|(end, _)| model.now >= end)
                };
                let n = self.lease(due);
                let sender = self.anyone();
                self.market(sender, M::Settle { lease: LeaseId(n) }, vec![])
            }
            Kind::Punish => {
                let n = self.lease(|model, n| model.leases[n].due != DueModel::default());
                let sender = self.anyone();
                self.market(sender, M::Punish { lease: LeaseId(n) }, vec![])
            }
            Kind::MarketParams => {
                let params = self.market_params();
                let sender = self.model.market_owner.owner.clone();
                self.market(sender, M::UpdateParams { params }, vec![])
            }
            Kind::Ownership => self.ownership(),
            Kind::Stake | Kind::Unbond | Kind::Claim | Kind::Slash => self.stake_message(kind),
            Kind::StakingParams | Kind::StakingMarket => self.staking_admin(kind),
            Kind::Publish => self.publish(),
            Kind::Propose
            | Kind::Vote
            | Kind::Execute
            | Kind::SettleDeposit
            | Kind::AcceptOwnership
            | Kind::GovernanceAlone => self.governance_message(kind),
            _ => self.registry_message(kind),
        }
    }

    // ---- who

    /// Sends as the right account, and one time in nine as any.
    fn sender(&mut self, right: Addr) -> Addr {
        if self.dice.one_in(9) {
            self.dice.of(&self.cast.everyone).clone()
        } else {
            right
        }
    }

    fn anyone(&mut self) -> Addr {
        self.dice.of(&self.cast.people).clone()
    }

    /// One of the two accounts that vouch for providers.
    fn auditor(&mut self) -> Addr {
        let auditors = [&self.cast.stranger, &self.cast.tenants[0]];
        (*self.dice.of(&auditors)).clone()
    }

    /// Who acts for a provider, and whether it names it.
    fn for_provider(&mut self, provider: &Addr) -> (Addr, Option<String>) {
        let operator = self.model.providers.get(provider).and_then(|record| record.operators.first());
        match operator {
            Some(operator) if self.dice.one_in(2) => (operator.clone(), Some(provider.to_string())),
            _ if self.dice.one_in(2) => (provider.clone(), None),
            _ => (provider.clone(), Some(provider.to_string())),
        }
    }

    fn market(&mut self, right: Addr, msg: market_api::ExecuteMsg, mut funds: Funds) -> Op {
        if right == self.model.governance {
            return self.proposed(&Message::Market(msg));
        }
        let sender = self.sender(right);
        // A message without funds gets some now and then.
        if funds.is_empty() && self.dice.one_in(25) {
            funds.push((DENOMS[0].to_owned(), 1));
        }
        Op::Send { sender, message: Message::Market(msg), funds }
    }

    fn staking(&mut self, right: Addr, msg: staking_api::ExecuteMsg, mut funds: Funds) -> Op {
        if right == self.model.governance {
            return self.proposed(&Message::Staking(msg));
        }
        let sender = self.sender(right);
        if funds.is_empty() && self.dice.one_in(25) {
            funds.push((DENOMS[0].to_owned(), 1));
        }
        Op::Send { sender, message: Message::Staking(msg), funds }
    }

    fn registry(&mut self, right: Addr, msg: registry_api::ExecuteMsg) -> Op {
        if right == self.model.governance {
            return self.proposed(&Message::Registry(msg));
        }
        let sender = self.sender(right);
        let funds = if self.dice.one_in(25) { vec![(DENOMS[0].to_owned(), 1)] } else { vec![] };
        Op::Send { sender, message: Message::Registry(msg), funds }
    }

    // ---- what

    /// The id of something that suits, or one time in eight of anything, existing or not.
    fn pick(&mut self, len: usize, suits: impl Fn(&Model, usize) -> bool) -> u64 {
        let any = self.dice.one_in(8);
        let suited: Vec<usize> =
            if any { vec![] } else { (0..len).filter(|n| suits(self.model, *n)).collect() };
        if suited.is_empty() {
            self.dice.below(len as u64 + 2)
        } else {
            // Lately made things are the more interesting ones.
            let recent = &suited[suited.len().saturating_sub(12)..];
            *self.dice.of(recent) as u64 + 1
        }
    }

    fn order(&mut self, suits: impl Fn(&Model, usize) -> bool) -> u64 {
        self.pick(self.model.orders.len(), suits)
    }

    fn lease(&mut self, suits: impl Fn(&Model, usize) -> bool) -> u64 {
        self.pick(self.model.leases.len(), suits)
    }

    fn deployment(&mut self, suits: impl Fn(DeploymentState) -> bool) -> (u64, Addr) {
        let n = self.pick(self.model.deployments.len(), |model, n| suits(model.deployments[n].state));
        let found = self.model.deployments.get(n.saturating_sub(1) as usize);
        (n, found.map_or(self.cast.stranger.clone(), |deployment| deployment.tenant.clone()))
    }

    fn tenant_of_order(&self, n: u64) -> Addr {
        let order = self.model.orders.get(n.saturating_sub(1) as usize);
        order.map_or(self.cast.stranger.clone(), |order| order.tenant.clone())
    }

    fn tenant_of_lease(&self, n: u64) -> Addr {
        let lease = self.model.leases.get(n.saturating_sub(1) as usize);
        lease.map_or(self.cast.stranger.clone(), |lease| lease.tenant.clone())
    }

    fn provider_of_lease(&self, n: u64) -> Addr {
        let lease = self.model.leases.get(n.saturating_sub(1) as usize);
        lease.map_or(self.cast.stranger.clone(), |lease| lease.provider.clone())
    }

    /// A bid on an order that suits.
    fn bid(&mut self, suits: impl Fn(&Model, usize) -> bool) -> (u64, Addr, u128) {
        let n = self.order(|model, n| {
            let order = &model.orders[n];
            suits(model, n) && order.bids.values().any(|bid| bid.deposit > 0 || bid.in_book)
        });
        let order = self.model.orders.get(n.saturating_sub(1) as usize);
        let bids: Vec<_> = order.map(|order| order.bids.iter().collect()).unwrap_or_default();
        if bids.is_empty() || self.dice.one_in(12) {
            (n, self.dice.of(&self.cast.providers).owner.clone(), 5)
        } else {
            let (provider, bid) = *self.dice.of(&bids);
            (n, provider.clone(), bid.price)
        }
    }

    fn place_bid(&mut self) -> Op {
        let n =
            self.order(|model, n| model.orders[n].is_bidding(model.now) && model.orders[n].bids.len() < 5);
        let order = self.model.orders.get(n.saturating_sub(1) as usize);
        let able = |keys: &&testing::ProviderKeys| {
            order.is_some_and(|order| !order.bids.contains_key(&keys.owner))
                && self.model.is_eligible(&keys.owner, n.saturating_sub(1) as usize)
        };
        let able: Vec<_> = self.cast.providers.iter().filter(able).cloned().collect();
        let any = able.is_empty() || self.dice.one_in(8);
        let keys = self.dice.of(if any { &self.cast.providers } else { &able }).clone();
        let (max, denom) =
            order.map_or((1, DENOMS[0].to_owned()), |order| (order.max_price, order.denom.clone()));
        let price = match self.dice.below(24) {
            0 => 0,
            1 => max + 1,
            2 => 1,
            3 | 4 => max,
            // Few prices, so that there are ties.
            n => (max * u128::from(n % 12 + 1) / 12).max(1),
        };
        let deposit = self.model.deposit(&denom);
        let mut funds = if deposit == 0 { vec![] } else { vec![(denom, deposit)] };
        self.spoil(&mut funds);
        let (sender, provider) = self.for_provider(&keys.owner);
        let msg = market_api::ExecuteMsg::PlaceBid { order: OrderId(n), provider, price: price.into() };
        let sender = self.sender(sender);
        Op::Send { sender, message: Message::Market(msg), funds }
    }

    /// One time in fifteen the funds are not what they should be.
    fn spoil(&mut self, funds: &mut Funds) {
        if !self.dice.one_in(15) {
            return;
        }
        match self.dice.below(4) {
            0 => funds.clear(),
            1 => funds.iter_mut().for_each(|(_, amount)| *amount += 1),
            2 => *funds = DENOMS.iter().map(|denom| ((*denom).to_owned(), 7)).collect(),
            _ => *funds = vec![(DENOMS[1].to_owned(), 3)],
        }
    }

    fn orders(&mut self) -> (Vec<OrderSpec>, Funds) {
        let denom = if self.dice.one_in(4) { DENOMS[1] } else { DENOMS[0] };
        let count = *self.dice.of(&[1, 1, 1, 2, 3]);
        let mut orders: Vec<_> = (0..count).map(|_| self.spec(denom)).collect();
        match self.dice.below(25) {
            0 => orders.clear(),
            1 => orders = vec![orders[0].clone(); 11],
            2 => orders[0].max_price.denom = "ufake".into(),
            _ => {}
        }
        let sum: u128 = orders.iter().map(|order| order.max_price.amount.u128()).sum();
        let mut funds = vec![(denom.to_owned(), sum)];
        if sum > 1_000_000_000_000 || sum == 0 {
            funds = vec![(denom.to_owned(), 1)];
        }
        self.spoil(&mut funds);
        (orders, funds)
    }

    fn spec(&mut self, denom: &str) -> OrderSpec {
        let price = *self.dice.of(&[10, 11, 97, 1_000, 123_457, 1_000_000_000]);
        let mut spec = testing::spec(price);
        spec.max_price = Money::new(denom, Uint128::new(price));
        spec.term = *self.dice.of(&[60, 61, 100, 3_600, 3_601, 86_400, 365 * 86_400]);
        spec.bid_window = *self.dice.of(&[5, 60, 60, 300]);
        spec.fallback = self.dice.one_in(2);
        let requirements = &mut spec.group.requirements;
        requirements.min_stake = Uint128::new(*self.dice.of(&[0, 0, 0, 1_000, 900_000]));
        if self.dice.one_in(3) {
            let region = *self.dice.of(&["eu-west", "eu-west", "us-east"]);
            let key = if self.dice.one_in(4) { "reg*" } else { "region" };
            requirements.attributes = vec![Attribute::new(key, region)];
        }
        if self.dice.one_in(12) {
            let auditor = self.auditor().to_string();
            let other = self.auditor().to_string();
            match self.dice.below(6) {
                0 | 1 => requirements.signed_by.any_of = vec![auditor],
                2 => requirements.signed_by.all_of = vec![auditor],
                // Sometimes one account twice.
                3 => requirements.signed_by.all_of = vec![auditor, other],
                4 => requirements.signed_by = SignedBy { any_of: vec![auditor], all_of: vec![other] },
                _ => requirements.signed_by.any_of = vec!["nobody".into()],
            }
        }
        if self.dice.one_in(10) {
            requirements.min_reputation = Bps(*self.dice.of(&[1, 1, 5, 50, 10_001]));
        }
        match self.dice.below(40) {
            0 => spec.term = 0,
            1 => spec.bid_window = 1_000_000_000,
            2 => spec.max_price.amount = Uint128::zero(),
            3 => spec.max_price.amount = Uint128::from(u128::from(u64::MAX) + 1),
            _ => {}
        }
        spec
    }

    fn version(&mut self, of: Option<u64>) -> HexBinary {
        let current = of.and_then(|n| self.model.deployments.get(n.saturating_sub(1) as usize));
        match (self.dice.below(10), current) {
            (0, Some(deployment)) => HexBinary::from(deployment.version.clone()),
            (1, _) => HexBinary::from([1; 31]),
            _ => testing::version(self.dice.below(256) as u8),
        }
    }

    fn reason(&mut self) -> String {
        match self.dice.below(10) {
            0 => String::new(),
            1 => "x".repeat(257),
            _ => "no room".into(),
        }
    }

    /// When the first lease ends by its provider's notice.
    fn next_notice(&self) -> Option<u64> {
        let running = self.model.leases.iter().filter(|lease| lease.end.is_none());
        running.filter_map(|lease| lease.notice_until).filter(|until| *until > self.model.now).min()
    }

    /// When the first lease that goes on has its first term behind it, from when on notice can be given.
    fn next_first_term(&self) -> Option<u64> {
        let running = self.model.leases.iter().filter(|lease| lease.notice_until.is_none());
        let goes_on = running.filter_map(|lease| {
            let over = lease.started? + lease.term;
            lease.natural_end().filter(|(end, _)| *end > over).map(|_| over)
        });
        goes_on.filter(|over| *over > self.model.now).min()
    }

    fn seconds(&mut self) -> u64 {
        let model = self.model;
        let mut edges: Vec<u64> = vec![];
        for order in model.orders.iter().filter(|order| order.state == OrderState::Open) {
            edges.extend([order.open_until, order.match_until]);
        }
        for lease in model.leases.iter().filter(|lease| lease.end.is_none()) {
            edges.push(lease.natural_end().map_or(lease.activate_until + 1, |(end, _)| end));
            edges.extend(lease.started.map(|started| started + lease.term));
        }
        for staker in model.stakers.values() {
            edges.extend(staker.unbondings.iter().map(|unbonding| unbonding.matures_at));
        }
        edges.extend(model.providers.values().flat_map(|p| [p.jailed_until, p.root_valid_until]));
        edges.extend(self.turns());
        edges.retain(|edge| *edge > model.now);
        edges.sort_unstable();
        let far = model.now > 10_000_000_000;
        if let Some(until) = self.next_notice().filter(|_| self.dice.one_in(2)) {
            return until - model.now;
        }
        if let Some(over) = self.next_first_term().filter(|_| self.dice.one_in(3)) {
            return over - model.now;
        }
        match self.dice.below(100) {
            0..=9 => 0,
            10..=24 => 1,
            25..=34 => self.dice.below(120),
            35..=93 if !edges.is_empty() => {
                // The next edge, or the second before it or after.
                (edges[0] + self.dice.below(3)).saturating_sub(model.now + 1)
            }
            94 | 95 if !edges.is_empty() => self.dice.of(&edges).saturating_sub(model.now),
            96 => 3_599 + self.dice.below(3),
            97 if !far && self.dice.one_in(3) => 10 * 365 * 86_400,
            _ => 10,
        }
    }

    fn market_params(&mut self) -> market_api::Params {
        let mut params = testing::market_params(&DENOMS);
        params.denoms[0].bid_deposit = Uint128::new(u128::from(self.dice.below(3)) * 5);
        params.activation_window = *self.dice.of(&[1, 300, 300, 3_600]);
        params.notice_window = *self.dice.of(&[0, 10, 3_600]);
        params.match_window = *self.dice.of(&[60, 600]);
        params.expiry_slash = Bps(*self.dice.of(&[0, 1, 500, 5_000]));
        params.expiry_jail = *self.dice.of(&[0, 0, 100]);
        params.break_slash = Bps(*self.dice.of(&[0, 333, 5_000]));
        params.break_penalty = Bps(*self.dice.of(&[0, 1, 1_000, 5_000]));
        match self.dice.below(16) {
            0 => params.denoms.clear(),
            1 => params.expiry_slash = Bps(5_001),
            2 => params.activation_window = 0,
            3 => params.min_bid_window = params.max_bid_window + 1,
            // One denom less: what is open in it goes on.
            4 | 5 => drop(params.denoms.pop()),
            _ => {}
        }
        params
    }

    fn ownership(&mut self) -> Op {
        let contract = self.dice.below(3);
        let owned = match contract {
            0 => &self.model.market_owner,
            1 => &self.model.staking_owner,
            _ => &self.model.registry_owner,
        };
        let (right, action) = match (self.dice.below(6), &owned.pending) {
            (0 | 1, _) | (2, None) => {
                let to = self.dice.of(&self.cast.tenants);
                let to = if self.dice.one_in(3) { &self.model.governance } else { to };
                let to = if self.dice.one_in(10) { "nobody".to_owned() } else { to.to_string() };
                (owned.owner.clone(), OwnershipAction::Offer { new_owner: to })
            }
            (3, _) => (owned.owner.clone(), OwnershipAction::Withdraw {}),
            (_, pending) => {
                // What was offered to governance, anyone makes it take; as if by itself it is refused.
                let to_account = pending.clone().filter(|to| *to != self.model.governance);
                let right = to_account.unwrap_or(self.cast.stranger.clone());
                (right, OwnershipAction::Accept {})
            }
        };
        match contract {
            0 => self.market(right, market_api::ExecuteMsg::Ownership(action), vec![]),
            1 => self.staking(right, staking_api::ExecuteMsg::Ownership(action), vec![]),
            _ => self.registry(right, registry_api::ExecuteMsg::Ownership(action)),
        }
    }

    fn stake_message(&mut self, kind: Kind) -> Op {
        use staking_api::ExecuteMsg as M;
        let provider = self.dice.of(&self.cast.providers).owner.clone();
        let staker = self.model.staker(&provider);
        match kind {
            Kind::Stake => {
                let mut funds = vec![(DENOMS[0].to_owned(), *self.dice.of(&[1, 999, 1_000_000]))];
                self.spoil(&mut funds);
                Op::Send { sender: provider, message: Message::Staking(M::Stake {}), funds }
            }
            Kind::Unbond => {
                let amount = match self.dice.below(8) {
                    0 => 0,
                    1 => staker.bonded + 1,
                    2 => staker.bonded,
                    n => staker.bonded * u128::from(n) / 50,
                };
                self.staking(provider, M::Unbond { amount: amount.into() }, vec![])
            }
            Kind::Claim => {
                let due = |(who, staker): (&Addr, &crate::model::StakerModel)| {
                    let matured = staker.unbondings.iter().any(|u| u.matures_at <= self.model.now);
                    (matured || staker.compensation > 0).then(|| who.clone())
                };
                let claimants: Vec<Addr> = self.model.stakers.iter().filter_map(due).collect();
                let who = if claimants.is_empty() { provider } else { self.dice.of(&claimants).clone() };
                self.staking(who, M::Claim {}, vec![])
            }
            _ => {
                let governance = !self.dice.one_in(6);
                let (right, fault) = if governance {
                    (self.model.staking_owner.owner.clone(), Fault::Governance)
                } else {
                    (self.model.staking_market.clone(), Fault::LeaseBroken)
                };
                let harmed = self.dice.one_in(2).then(|| self.dice.of(&self.cast.tenants).to_string());
                let fault_at = self.model.now + 1 - self.dice.below(100_000);
                let msg = M::Slash {
                    provider: provider.into(),
                    fraction: Bps(*self.dice.of(&[1, 100, 777, 5_000, 5_000, 0, 5_001])),
                    fault,
                    fault_at,
                    harmed,
                    reason: "decided".into(),
                };
                self.staking(right, msg, vec![])
            }
        }
    }

    fn staking_admin(&mut self, kind: Kind) -> Op {
        use staking_api::ExecuteMsg as M;
        let owner = self.model.staking_owner.owner.clone();
        if let Kind::StakingMarket = kind {
            let market = self.market_address(self.model.staking_market != self.model.market);
            return self.staking(owner, M::SetMarket { market }, vec![]);
        }
        let mut params = self.model.staking_params.clone();
        let places = [Destination::Burn, Destination::Tenant, Destination::Treasury];
        params.unbonding_seconds = *self.dice.of(&[1, 1_000, 86_400, 0]);
        params.on_activation_expired = *self.dice.of(&places);
        params.on_lease_broken = *self.dice.of(&places);
        params.on_governance = *self.dice.of(&places);
        match self.dice.below(10) {
            0 => params.denom = DENOMS[1].into(),
            1 => params.treasury = "nobody".into(),
            2..=4 => params.treasury = self.model.governance.to_string(),
            _ => {}
        }
        self.staking(owner, M::UpdateParams { params }, vec![])
    }

    /// The market; sometimes a stranger or no address at all. A wrong one is soon put right.
    fn market_address(&mut self, wrong_now: bool) -> String {
        match self.dice.below(10) {
            0 => "nobody".into(),
            1 if !wrong_now => self.cast.stranger.to_string(),
            _ => self.model.market.to_string(),
        }
    }

    fn registry_message(&mut self, kind: Kind) -> Op {
        use registry_api::ExecuteMsg as M;
        let keys = self.dice.of(&self.cast.providers).clone();
        let owner = self.model.registry_owner.owner.clone();
        let region = *self.dice.of(&["eu-west", "eu-west", "eu-west", "us-east"]);
        let mut attributes = vec![Attribute::new("region", region)];
        if self.dice.one_in(12) {
            attributes.push(Attribute::new("region", "twice"));
        }
        let endpoint = if self.dice.one_in(15) { "http://p:1" } else { "https://p.example:8443" };
        match kind {
            Kind::Register => {
                let gone = self.cast.providers.iter().find(|k| !self.model.providers.contains_key(&k.owner));
                let keys = gone.cloned().unwrap_or(keys);
                let payout = self.dice.one_in(2).then(|| keys.payout.to_string());
                let endpoints = vec![endpoint.to_owned()];
                self.registry(keys.owner, M::Register { payout, endpoints, attributes, contact: None })
            }
            Kind::UpdateProvider => {
                let payouts = [&keys.payout, &keys.owner, &self.model.registry];
                let payout = self.dice.one_in(2).then(|| self.dice.of(&payouts).to_string());
                let endpoints = self.dice.one_in(2).then(|| vec![endpoint.to_owned()]);
                let attributes = self.dice.one_in(2).then_some(attributes);
                self.registry(keys.owner, M::Update { payout, endpoints, attributes, contact: None })
            }
            Kind::Deregister => {
                let idle = |k: &&testing::ProviderKeys| {
                    self.model.providers.contains_key(&k.owner) && self.model.live_leases(&k.owner) == 0
                };
                let idle = self.cast.providers.iter().find(idle).cloned();
                let keys = if self.dice.one_in(2) { idle.unwrap_or(keys) } else { keys };
                self.registry(keys.owner, M::Deregister {})
            }
            Kind::AddOperator => {
                let other = self.dice.of(&self.cast.providers).operator.clone();
                let operator = if self.dice.one_in(3) { other } else { keys.operator };
                self.registry(keys.owner, M::AddOperator { operator: operator.into() })
            }
            Kind::RemoveOperator => {
                let record = self.model.providers.get(&keys.owner);
                let operator = record.and_then(|record| record.operators.first().cloned());
                let operator = operator.unwrap_or(keys.operator);
                self.registry(keys.owner, M::RemoveOperator { operator: operator.into() })
            }
            Kind::Revoke => {
                let roots = self.model.roots.get(&keys.owner).map(Vec::as_slice).unwrap_or_default();
                let fingerprint =
                    if roots.is_empty() { vec![0; 32] } else { self.dice.of(roots).fingerprint.clone() };
                let fingerprint = HexBinary::from(fingerprint);
                self.registry(keys.owner, M::RevokeRoot { fingerprint })
            }
            Kind::Attest => {
                let record = self.model.providers.get(&keys.owner);
                let said = record.map(|record| record.attributes.clone()).unwrap_or_default();
                let attributes = if self.dice.one_in(5) { attributes } else { said };
                let auditor = self.auditor();
                self.registry(auditor, M::Attest { provider: keys.owner.into(), attributes })
            }
            Kind::RevokeAttestation => {
                let signed: Vec<_> = self.model.attestations.keys().cloned().collect();
                let (provider, auditor) = match signed.is_empty() || self.dice.one_in(4) {
                    true => (keys.owner, self.auditor()),
                    false => self.dice.of(&signed).clone(),
                };
                self.registry(auditor, M::RevokeAttestation { provider: provider.into() })
            }
            Kind::Jail => {
                let right = if self.dice.one_in(4) { self.model.registry_market.clone() } else { owner };
                let seconds = *self.dice.of(&[1, 60, 600, 0]);
                let provider = keys.owner.to_string();
                self.registry(right, M::Jail { provider, seconds, reason: "decided".into() })
            }
            Kind::Unjail => {
                let jailed = |k: &&testing::ProviderKeys| {
                    self.model.providers.get(&k.owner).is_some_and(|p| self.model.now < p.jailed_until)
                };
                let jailed = self.cast.providers.iter().find(jailed).cloned().unwrap_or(keys);
                self.registry(owner, M::Unjail { provider: jailed.owner.into() })
            }
            _ => {
                let market = self.market_address(self.model.registry_market != self.model.market);
                self.registry(owner, M::SetMarket { market })
            }
        }
    }

    /// A deployment and a key that may act for it, if there is any; now and then something else.
    fn grant(&mut self) -> (u64, Addr, Addr) {
        let given: Vec<_> = self.model.grants.keys().cloned().collect();
        let (n, delegate) = if given.is_empty() || self.dice.one_in(10) {
            let (n, _) = self.deployment(|state| state == DeploymentState::Active);
            (n, self.auditor())
        } else {
            let (n, delegate) = self.dice.of(&given).clone();
            (n as u64 + 1, delegate)
        };
        let found = self.model.deployments.get(n.saturating_sub(1) as usize);
        let tenant = found.map_or(self.cast.stranger.clone(), |deployment| deployment.tenant.clone());
        (n, tenant, delegate)
    }

    fn delegation(&mut self, kind: Kind) -> Op {
        use market_api::ExecuteMsg as M;
        if matches!(kind, Kind::Grant) {
            let (n, tenant) = self.deployment(|state| state == DeploymentState::Active);
            // One of them is a tenant, which cannot be its own delegate.
            let delegate = self.auditor().into();
            let rights = self.rights();
            return self.market(tenant, M::Grant { deployment: DeploymentId(n), delegate, rights }, vec![]);
        }
        let (n, tenant, key) = self.grant();
        let (deployment, delegate) = (DeploymentId(n), key.to_string());
        match kind {
            Kind::FundGrant => {
                let denom = (*self.dice.of(&DENOMS)).to_owned();
                let mut funds = vec![(denom, *self.dice.of(&[1, 1_000, 1_000_000, 10_000_000_000]))];
                self.spoil(&mut funds);
                self.market(tenant, M::FundGrant { deployment, delegate }, funds)
            }
            Kind::RevokeGrant => self.market(tenant, M::RevokeGrant { deployment, delegate }, vec![]),
            _ => {
                let action = self.action(n, &key);
                self.market(key, M::Act { deployment, action }, vec![])
            }
        }
    }

    fn rights(&mut self) -> Rights {
        let region = |name: &str| Attribute::new("region", name);
        let mut allowed_attributes = vec![];
        if self.dice.one_in(3) {
            allowed_attributes = vec![region("eu-west"), region("us-east")];
            allowed_attributes.truncate(1 + self.dice.below(2) as usize);
        }
        Rights {
            open_groups: if self.dice.one_in(6) { vec![] } else { vec!["web".into()] },
            close_leases: !self.dice.one_in(4),
            top_up: !self.dice.one_in(4),
            set_version: !self.dice.one_in(4),
            max_order_price: Uint128::new(*self.dice.of(&[97, 1_000, 1_000_000_000, 1_000_000_000])),
            max_live_per_group: *self.dice.of(&[1, 2, 5, 201]),
            allowed_attributes,
            expires_at: self.model.now + *self.dice.of(&[0, 600, 100_000, 400 * 86_400]),
        }
    }

    fn action(&mut self, n: u64, key: &Addr) -> DelegateAction {
        let place = n.saturating_sub(1) as usize;
        let of_it =
            |model: &Model, at: usize| model.leases[at].end.is_none() && model.leases[at].deployment == place;
        match self.dice.below(5) {
            0 => DelegateAction::CloseLease { lease: LeaseId(self.lease(of_it)) },
            1 => {
                let lease = LeaseId(self.lease(of_it));
                let amount = Uint128::new(*self.dice.of(&[0, 1, 97, 1_000, 123_457]));
                DelegateAction::TopUp { lease, amount }
            }
            2 => DelegateAction::SetVersion { version: self.version(Some(n)) },
            _ => {
                let grant = self.model.grants.get(&(place, key.clone()));
                let denom = grant.and_then(|grant| Some(grant.budget.as_ref()?.0.clone()));
                let denom = denom.unwrap_or_else(|| DENOMS[0].to_owned());
                let orders = (0..*self.dice.of(&[1, 1, 2])).map(|_| self.spec(&denom)).collect();
                DelegateAction::OpenOrders { orders }
            }
        }
    }

    fn publish(&mut self) -> Op {
        let now = self.model.now;
        let keys = self.dice.of(&self.cast.providers).clone();
        let rootless = |k: &&testing::ProviderKeys| {
            self.model.providers.get(&k.owner).is_some_and(|p| p.root_valid_until < now)
        };
        let needy = self.cast.providers.iter().find(rootless).map(|keys| keys.owner.clone());
        let account = needy.unwrap_or(keys.owner);
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.dice.next().to_be_bytes());
        let mut inside = Certificate {
            key,
            subject: account.clone(),
            not_before: now - self.dice.below(100),
            not_after: now + *self.dice.of(&[0, 100, 86_400, 365 * 86_400, 9 * 365 * 86_400]),
            broken: false,
        };
        match self.dice.below(20) {
            0 => inside.subject = self.cast.stranger.clone(),
            1 => inside.not_before = now + 1,
            2 => (inside.not_before, inside.not_after) = (now - 100, now - 1),
            3 => inside.not_after = now + 11 * 366 * 86_400,
            4 => inside.broken = true,
            5 | 6 => inside.key = self.model.keys.first().copied().unwrap_or(key),
            _ => {}
        }
        inside.not_after = inside.not_after.max(inside.not_before);
        let root = deterministic_root(&inside.subject, inside.key, inside.not_before, inside.not_after);
        let mut der = root.der.to_vec();
        if inside.broken {
            if let Some(last) = der.last_mut() {
                *last ^= 1;
            }
        }
        Op::Publish { sender: account, der, fingerprint: root.fingerprint.to_vec(), inside }
    }
}
