use cloud_std::{Money, Page, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
use cosmwasm_std::{to_json_binary, Addr, Binary, Deps, Env, Uint128};
use market_api::msg::{BookCursor, EligibilitySubject, TimeCursor};
use market_api::{
    limits, Bid, Config, DenomTotals, Deployment, Eligibility, EndReason, Grant, Invariants, Lease,
    LeaseEnds, Limits, Order, OrderId, PunishmentDue, QueryMsg, Reputation, Totals,
};
use market_api::{DeploymentId, LeaseId};
use registry_api::RegistryClient;

use crate::error::ContractError;
use crate::execute::bid::book_counts;
use crate::state::leases::LeaseIndex;
use crate::state::orders::OrderIndex;
use crate::state::{
    bids, changes, config, deployments, grants, leases, orders, punishments, records, statistics,
};
use crate::{providers, validate};

pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let asked = Asked { deps, now: env.block.time.seconds(), contract: env.contract.address };
    let validate = |address: &str| deps.api.addr_validate(address);
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&asked.config()?),
        QueryMsg::Limits {} => to_json_binary(&limits()),
        QueryMsg::Totals {} => to_json_binary(&asked.totals()?),
        QueryMsg::Invariants {} => to_json_binary(&asked.invariants()?),
        QueryMsg::Deployment { deployment } => to_json_binary(&deployments::view(deps.storage, deployment)?),
        QueryMsg::Deployments { tenant, start_after, limit } => {
            to_json_binary(&asked.deployments(&validate(&tenant)?, start_after, limit)?)
        }
        QueryMsg::Grant { deployment, delegate } => {
            to_json_binary(&grants::view(deps.storage, deployment, validate(&delegate)?)?)
        }
        QueryMsg::Grants { deployment, start_after, limit } => {
            let after = start_after.map(|delegate| validate(&delegate)).transpose()?;
            let entries = grants::of_deployment(deps.storage, deployment, after.as_ref());
            to_json_binary(&Page::collect(entries, limit, |grant: &Grant| grant.delegate.clone())?)
        }
        QueryMsg::GrantsOfDelegate { delegate, start_after, limit } => {
            to_json_binary(&asked.grants_of_delegate(&validate(&delegate)?, start_after, limit)?)
        }
        QueryMsg::Order { order } => to_json_binary(&asked.order(order)?),
        QueryMsg::Orders { filter, start_after, limit } => {
            let index = OrderIndex::new(filter, validate)?;
            let ids = orders::ids(deps.storage, &index, start_after);
            to_json_binary(&asked.orders(ids, limit, |order| order.id)?)
        }
        QueryMsg::OrdersByExpiry { start_after, limit } => {
            let ids = orders::ids_by_expiry(deps.storage, start_after);
            let cursor = |order: &Order| TimeCursor { at: order.open_until, id: order.id.0 };
            to_json_binary(&asked.orders(ids, limit, cursor)?)
        }
        QueryMsg::Book { order, start_after, limit } => {
            to_json_binary(&asked.book(order, start_after, limit)?)
        }
        QueryMsg::Bid { order, provider } => to_json_binary(&asked.bid(order, validate(&provider)?)?),
        QueryMsg::BidsOfProvider { provider, start_after, limit } => {
            to_json_binary(&asked.bids_of_provider(&validate(&provider)?, start_after, limit)?)
        }
        QueryMsg::Lease { lease } => to_json_binary(&asked.lease(lease)?),
        QueryMsg::Leases { filter, start_after, limit } => {
            let index = LeaseIndex::new(filter, validate)?;
            let ids = leases::ids(deps.storage, &index, start_after);
            to_json_binary(&asked.leases(ids, limit, |lease| lease.id)?)
        }
        QueryMsg::LeasesByEnd { start_after, limit } => {
            let ids = leases::ids_by_end(deps.storage, start_after);
            let cursor = |lease: &Lease| TimeCursor { at: lease.ends_at, id: lease.id.0 };
            to_json_binary(&asked.leases(ids, limit, cursor)?)
        }
        QueryMsg::ProviderRecord { provider } => {
            to_json_binary(&records::view(deps.storage, validate(&provider)?)?)
        }
        QueryMsg::PunishmentsDue { start_after, limit } => {
            to_json_binary(&asked.punishments_due(start_after, limit)?)
        }
        QueryMsg::Reputation { provider } => to_json_binary(&asked.reputation(&validate(&provider)?)?),
        QueryMsg::Eligibility { subject, provider } => {
            to_json_binary(&asked.eligibility(subject, validate(&provider)?)?)
        }
    };
    Ok(answer?)
}

struct Asked<'a> {
    deps: Deps<'a>,
    /// Seconds since the epoch.
    now: u64,
    contract: Addr,
}

impl Asked<'_> {
    fn config(&self) -> Result<Config, ContractError> {
        let ownership = config::OWNERSHIP.load(self.deps.storage)?;
        let suite = config::suite(self.deps.storage)?;
        Ok(Config {
            owner: ownership.owner,
            pending_owner: ownership.pending,
            registry: suite.registry,
            staking: suite.staking,
            params: config::params(self.deps.storage)?,
        })
    }

    fn totals(&self) -> Result<Totals, ContractError> {
        let counts = changes::counts(self.deps.storage)?;
        let statistics = statistics::load(self.deps.storage)?;
        let ledgers = changes::ledgers(self.deps.storage, MAX_PAGE_LIMIT as usize)?;
        let ends = EndReason::ALL.into_iter().zip(statistics.ends);
        Ok(Totals {
            deployments: counts.deployments,
            deployments_live: counts.deployments_live,
            orders: counts.orders,
            orders_open: counts.orders_open,
            bids: counts.bids,
            leases: counts.leases,
            leases_pending: counts.leases_pending,
            leases_active: counts.leases_active,
            orders_expired: statistics.orders_expired,
            orders_closed: statistics.orders_closed,
            ends: ends.map(|(reason, leases)| LeaseEnds { reason, leases }).collect(),
            tenants: statistics.tenants,
            providers: statistics.providers,
            earned: ledgers.into_iter().map(|(denom, l)| Money::new(denom, l.earned_in_all)).collect(),
            counted_since: statistics.since,
        })
    }

    fn invariants(&self) -> Result<Invariants, ContractError> {
        invariants(self.deps, &self.contract)
    }

    fn deployments(
        &self,
        tenant: &Addr,
        after: Option<DeploymentId>,
        limit: Option<u32>,
    ) -> Result<Page<Deployment, DeploymentId>, ContractError> {
        let storage = self.deps.storage;
        let ids = deployments::ids_of_tenant(storage, tenant, after);
        Page::collect(ids.map(|id| deployments::view(storage, id?)), limit, |row: &Deployment| row.id)
    }

    fn grants_of_delegate(
        &self,
        delegate: &Addr,
        after: Option<DeploymentId>,
        limit: Option<u32>,
    ) -> Result<Page<Grant, DeploymentId>, ContractError> {
        let storage = self.deps.storage;
        let ids = grants::deployments_of(storage, delegate, after);
        let entries = ids.map(|id| grants::view(storage, id?, delegate.clone()));
        Page::collect(entries, limit, |grant: &Grant| grant.deployment)
    }

    fn order(&self, id: OrderId) -> Result<Order, ContractError> {
        let row = orders::load(self.deps.storage, id)?;
        let counts = book_counts(self.deps.storage, &row, self.now)?;
        Ok(orders::view(self.deps.storage, row, counts, self.now)?)
    }

    fn orders<C>(
        &self,
        ids: orders::Ids<OrderId>,
        limit: Option<u32>,
        cursor: impl Fn(&Order) -> C,
    ) -> Result<Page<Order, C>, ContractError> {
        Page::collect(ids.map(|id| self.order(id?)), limit, cursor)
    }

    fn book(
        &self,
        id: OrderId,
        after: Option<BookCursor>,
        limit: Option<u32>,
    ) -> Result<Page<Bid, BookCursor>, ContractError> {
        let storage = self.deps.storage;
        let row = orders::load(storage, id)?;
        if !book_counts(storage, &row, self.now)? {
            return Ok(Page { items: vec![], next: None });
        }
        let entries = bids::book(storage, id, after).map(|provider| {
            let provider = provider?;
            Ok(bids::load(storage, id, &provider)?.view(id, provider, true))
        });
        Page::collect(entries, limit, |bid: &Bid| BookCursor { price: bid.price, sequence: bid.sequence })
    }

    fn bid(&self, id: OrderId, provider: Addr) -> Result<Bid, ContractError> {
        let row = orders::load(self.deps.storage, id)?;
        let counts = book_counts(self.deps.storage, &row, self.now)?;
        Ok(bids::load(self.deps.storage, id, &provider)?.view(id, provider, counts))
    }

    fn bids_of_provider(
        &self,
        provider: &Addr,
        after: Option<OrderId>,
        limit: Option<u32>,
    ) -> Result<Page<Bid, OrderId>, ContractError> {
        let ids = bids::orders_of_provider(self.deps.storage, provider, after);
        Page::collect(ids.map(|id| self.bid(id?, provider.clone())), limit, |bid: &Bid| bid.order)
    }

    fn lease(&self, id: LeaseId) -> Result<Lease, ContractError> {
        leases::view(leases::load(self.deps.storage, id)?, self.now)
    }

    fn leases<C>(
        &self,
        ids: orders::Ids<LeaseId>,
        limit: Option<u32>,
        cursor: impl Fn(&Lease) -> C,
    ) -> Result<Page<Lease, C>, ContractError> {
        Page::collect(ids.map(|id| self.lease(id?)), limit, cursor)
    }

    fn punishments_due(
        &self,
        after: Option<LeaseId>,
        limit: Option<u32>,
    ) -> Result<Page<PunishmentDue, LeaseId>, ContractError> {
        let storage = self.deps.storage;
        let entries = punishments::after(storage, after).map(|entry| {
            let (lease, due) = entry?;
            let provider = leases::provider(storage, lease)?;
            Ok(PunishmentDue { lease, provider, slash: due.slash, jail: due.jail })
        });
        Page::collect(entries, limit, |entry: &PunishmentDue| entry.lease)
    }

    fn reputation(&self, provider: &Addr) -> Result<Reputation, ContractError> {
        let suite = config::suite(self.deps.storage)?;
        providers::reputation(self.deps.storage, &self.deps.querier, &suite, provider)
    }

    fn eligibility(&self, subject: EligibilitySubject, provider: Addr) -> Result<Eligibility, ContractError> {
        let requirements = match subject {
            EligibilitySubject::Order { order } => orders::load(self.deps.storage, order)?.terms.requirements,
            EligibilitySubject::Requirements { requirements } => {
                validate::requirements(self.deps.api, &requirements)?;
                requirements
            }
        };
        let suite = config::suite(self.deps.storage)?;
        let record = RegistryClient(&suite.registry).provider(&self.deps.querier, &provider)?;
        let checks = providers::checks(
            self.deps.storage,
            &self.deps.querier,
            &suite,
            &provider,
            record.as_ref(),
            &requirements,
            self.now,
        )?;
        Ok(Eligibility { eligible: checks.iter().all(|check| check.met), provider, checks })
    }
}

/// What the contract owes and what it holds, in each denom that it ever held.
pub fn invariants(deps: Deps, contract: &Addr) -> Result<Invariants, ContractError> {
    let mut denoms = Vec::new();
    for (denom, ledger) in changes::ledgers(deps.storage, MAX_PAGE_LIMIT as usize)? {
        let held = deps.querier.query_balance(contract, &denom)?.amount;
        // Beyond 128 bits there is more than enough.
        let balance = Uint128::try_from(held).unwrap_or(Uint128::MAX);
        let mut owed = Uint128::zero();
        for part in [ledger.orders, ledger.deposits, ledger.live, ledger.earned, ledger.grants] {
            changes::grow("money owed", &mut owed, part)?;
        }
        denoms.push(DenomTotals {
            denom,
            balance,
            locked_in_orders: ledger.orders,
            bid_deposits: ledger.deposits,
            live_leases: ledger.live,
            earned: ledger.earned,
            grants: ledger.grants,
            unaccounted: balance.saturating_sub(owed),
            missing: owed.saturating_sub(balance),
        });
    }
    Ok(Invariants { holds: denoms.iter().all(|denom| denom.missing.is_zero()), denoms })
}

fn limits() -> Limits {
    Limits {
        max_orders_per_message: limits::MAX_ORDERS_PER_MESSAGE as u32,
        max_live_per_deployment: limits::MAX_LIVE_PER_DEPLOYMENT,
        max_grants_per_deployment: limits::MAX_GRANTS_PER_DEPLOYMENT as u32,
        max_granted_groups: limits::MAX_GRANTED_GROUPS as u32,
        max_resources_per_group: limits::MAX_RESOURCES_PER_GROUP as u32,
        max_volumes: limits::MAX_VOLUMES as u32,
        max_count: limits::MAX_COUNT,
        max_name_bytes: limits::MAX_NAME_BYTES as u32,
        max_reason_bytes: limits::MAX_REASON_BYTES as u32,
        max_match_steps: limits::MAX_MATCH_STEPS,
        max_close_steps: limits::MAX_CLOSE_STEPS,
        max_attributes: registry_api::limits::MAX_ATTRIBUTES as u32,
        max_auditors: limits::MAX_AUDITORS as u32,
        max_funded_seconds: limits::MAX_FUNDED_SECONDS,
        max_amount: Uint128::new(limits::MAX_AMOUNT),
        default_page_limit: DEFAULT_PAGE_LIMIT,
        max_page_limit: MAX_PAGE_LIMIT,
    }
}
