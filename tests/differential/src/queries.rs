//! What is asked of both chains at the end: every record that the model knows, every list, every count.

use cosmwasm_std::Addr;
use serde::Serialize;
use serde_json::Value;
use sim::world::World;

pub fn all(world: &World) -> anyhow::Result<Vec<(Addr, Value)>> {
    let mut asked = Asked::default();
    market(world, &mut asked)?;
    staking(world, &mut asked)?;
    registry(world, &mut asked)?;
    governance(world, &mut asked)?;
    Ok(asked.0)
}

#[derive(Default)]
struct Asked(Vec<(Addr, Value)>);

impl Asked {
    fn ask(&mut self, contract: &Addr, query: &impl Serialize) -> anyhow::Result<()> {
        self.0.push((contract.clone(), serde_json::to_value(query)?));
        Ok(())
    }
}

fn market(world: &World, asked: &mut Asked) -> anyhow::Result<()> {
    use market_api::{
        DeploymentId, EligibilitySubject, LeaseFilter, LeaseId, LeaseState, OrderFilter, OrderId, OrderState,
        QueryMsg as Q,
    };
    let model = &world.model;
    let market = &world.suite.market;
    let mut ask = |query: Q| asked.ask(market, &query);
    for query in [Q::Config {}, Q::Limits {}, Q::Totals {}, Q::Invariants {}] {
        ask(query)?;
    }
    let limit = Some(100);
    ask(Q::OrdersByExpiry { start_after: None, limit })?;
    ask(Q::LeasesByEnd { start_after: None, limit })?;
    ask(Q::PunishmentsDue { start_after: None, limit })?;
    for state in [OrderState::Open, OrderState::Matched, OrderState::Expired, OrderState::Closed] {
        ask(Q::Orders { filter: OrderFilter::State { state }, start_after: None, limit })?;
    }
    for state in [LeaseState::Pending, LeaseState::Active, LeaseState::Ended] {
        ask(Q::Leases { filter: LeaseFilter::State { state }, start_after: None, limit })?;
    }
    for n in 1..=model.deployments.len() as u64 {
        let deployment = DeploymentId(n);
        ask(Q::Deployment { deployment })?;
        ask(Q::Grants { deployment, start_after: None, limit })?;
    }
    for n in 1..=model.orders.len() as u64 {
        let order = OrderId(n);
        ask(Q::Order { order })?;
        ask(Q::Book { order, start_after: None, limit })?;
        for keys in &world.cast.providers {
            ask(Q::Bid { order, provider: keys.owner.to_string() })?;
            ask(Q::Eligibility {
                subject: EligibilitySubject::Order { order },
                provider: keys.owner.to_string(),
            })?;
        }
    }
    for n in 1..=model.leases.len() as u64 {
        ask(Q::Lease { lease: LeaseId(n) })?;
    }
    for account in &world.cast.everyone {
        let account = account.to_string();
        ask(Q::Deployments { tenant: account.clone(), start_after: None, limit })?;
        ask(Q::Orders { filter: OrderFilter::Tenant { tenant: account.clone() }, start_after: None, limit })?;
        ask(Q::Leases { filter: LeaseFilter::Tenant { tenant: account.clone() }, start_after: None, limit })?;
        ask(Q::Leases {
            filter: LeaseFilter::LiveOfProvider { provider: account.clone() },
            start_after: None,
            limit,
        })?;
        ask(Q::GrantsOfDelegate { delegate: account.clone(), start_after: None, limit })?;
        ask(Q::BidsOfProvider { provider: account.clone(), start_after: None, limit })?;
        ask(Q::ProviderRecord { provider: account.clone() })?;
        ask(Q::Reputation { provider: account })?;
    }
    Ok(())
}

fn staking(world: &World, asked: &mut Asked) -> anyhow::Result<()> {
    use staking_api::QueryMsg as Q;
    let staking = &world.suite.staking;
    let mut ask = |query: Q| asked.ask(staking, &query);
    for query in [Q::Config {}, Q::Limits {}, Q::Invariants {}, Q::Admin {}] {
        ask(query)?;
    }
    ask(Q::ListMembers { start_after: None, limit: Some(30) })?;
    for at_height in [None, Some(world.suite.height() / 2 + 6_172), Some(world.suite.height())] {
        ask(Q::TotalWeight { at_height })?;
        for account in &world.cast.everyone {
            ask(Q::Member { addr: account.to_string(), at_height })?;
        }
    }
    for account in &world.cast.everyone {
        ask(Q::Stake { provider: account.to_string() })?;
    }
    Ok(())
}

fn registry(world: &World, asked: &mut Asked) -> anyhow::Result<()> {
    use registry_api::QueryMsg as Q;
    let registry = &world.suite.registry;
    let limit = Some(30);
    let mut ask = |query: Q| asked.ask(registry, &query);
    for query in [Q::Config {}, Q::Limits {}, Q::Providers { start_after: None, limit }] {
        ask(query)?;
    }
    for account in &world.cast.everyone {
        let account = account.to_string();
        ask(Q::Provider { provider: account.clone() })?;
        ask(Q::AttestedProvider { provider: account.clone(), start_after: None, limit })?;
        ask(Q::AttestationsOfAuditor { auditor: account.clone(), start_after: None, limit })?;
        ask(Q::ProviderOfOperator { operator: account.clone() })?;
        ask(Q::Roots { account, start_after: None, limit })?;
    }
    Ok(())
}

fn governance(world: &World, asked: &mut Asked) -> anyhow::Result<()> {
    use governance_api::{ProposalId, QueryMsg as Q};
    let governance = &world.suite.governance;
    let limit = Some(30);
    let mut ask = |query: Q| asked.ask(governance, &query);
    for query in [Q::Config {}, Q::Limits {}, Q::Invariants {}, Q::Proposals { start_after: None, limit }] {
        ask(query)?;
    }
    for n in 1..=world.model.proposals.len() as u64 {
        let proposal = ProposalId(n);
        ask(Q::Proposal { proposal })?;
        ask(Q::Votes { proposal, start_after: None, limit })?;
        for account in &world.cast.people {
            ask(Q::Vote { proposal, voter: account.to_string() })?;
        }
    }
    Ok(())
}
