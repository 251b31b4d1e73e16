//! Delegates: a tenant gives a key rights on one deployment and a budget; the key acts within both.

use cloud_std::Money;
use cosmwasm_std::{Addr, Uint128};
use market_api::limits::MAX_GRANTS_PER_DEPLOYMENT;
use market_api::{DelegateAction, DeploymentId, LeaseId, OrderSpec, Rights};

use super::{deployment, ending, payment};
use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::changes::{grow, shrink};
use crate::state::grants::{self, StoredGrant};
use crate::state::{config, deployments, leases};
use crate::{events, validate};

pub fn give(ctx: &mut Ctx, id: DeploymentId, delegate: &str, rights: Rights) -> Result<(), ContractError> {
    let row = deployment::load_own_active(ctx, id)?;
    let delegate = ctx.api.addr_validate(delegate)?;
    if delegate == row.tenant {
        return Err(ContractError::DelegateIsTenant { tenant: row.tenant });
    }
    validate::rights(&rights, ctx.now)?;
    let grant = match grants::may_load(ctx.storage, id, &delegate)? {
        Some(grant) => StoredGrant { rights, ..grant },
        None => {
            let others = grants::delegates(ctx.storage, id)?.len();
            if others >= MAX_GRANTS_PER_DEPLOYMENT {
                let max = MAX_GRANTS_PER_DEPLOYMENT;
                return Err(ContractError::TooManyGrants { deployment: id, max });
            }
            StoredGrant { rights, budget: None, spent: Uint128::zero(), granted_at: ctx.now }
        }
    };
    grants::save(ctx.storage, id, &delegate, &grant)?;
    ctx.event(events::delegate_granted(id, &row.tenant, &delegate, &grant, &ctx.sender));
    Ok(())
}

pub fn fund(ctx: &mut Ctx, funds: &Money, id: DeploymentId, delegate: &str) -> Result<(), ContractError> {
    let row = deployment::load_own_active(ctx, id)?;
    let delegate = ctx.api.addr_validate(delegate)?;
    let mut grant = grants::load(ctx.storage, id, &delegate)?;
    let budget = grant.budget.get_or_insert_with(|| Money::new(&funds.denom, Uint128::zero()));
    if budget.denom != funds.denom {
        let (expected, got) = (budget.denom.clone(), funds.denom.clone());
        return Err(ContractError::WrongBudgetDenom { expected, got });
    }
    validate::budget(funds, &config::params(ctx.storage)?)?;
    grow("budget", &mut budget.amount, funds.amount)?;
    validate::amount("budget", budget.amount)?;
    let ledger = ctx.changes.ledger(ctx.storage, &funds.denom)?;
    grow("money in grants", &mut ledger.grants, funds.amount)?;
    grants::save(ctx.storage, id, &delegate, &grant)?;
    ctx.event(events::grant_funded(id, &row.tenant, &delegate, &grant, funds, &ctx.sender));
    Ok(())
}

pub fn revoke(ctx: &mut Ctx, id: DeploymentId, delegate: &str) -> Result<(), ContractError> {
    let row = deployment::load_own(ctx, id)?;
    let delegate = ctx.api.addr_validate(delegate)?;
    end(ctx, id, &row.tenant, &delegate)
}

/// Ends all grants of a deployment, at most `MAX_GRANTS_PER_DEPLOYMENT`.
pub fn revoke_all(ctx: &mut Ctx, id: DeploymentId, tenant: &Addr) -> Result<(), ContractError> {
    for delegate in grants::delegates(ctx.storage, id)? {
        end(ctx, id, tenant, &delegate)?;
    }
    Ok(())
}

fn end(ctx: &mut Ctx, id: DeploymentId, tenant: &Addr, delegate: &Addr) -> Result<(), ContractError> {
    let grant = grants::load(ctx.storage, id, delegate)?;
    grants::remove(ctx.storage, id, delegate);
    if let Some(budget) = &grant.budget {
        let ledger = ctx.changes.ledger(ctx.storage, &budget.denom)?;
        shrink("money in grants", &mut ledger.grants, budget.amount)?;
        ctx.pay(tenant, &budget.denom, budget.amount)?;
    }
    ctx.event(events::delegate_revoked(id, tenant, delegate, &grant, &ctx.sender));
    Ok(())
}

pub fn act(ctx: &mut Ctx, id: DeploymentId, action: DelegateAction) -> Result<(), ContractError> {
    let row = deployments::load(ctx.storage, id)?;
    let delegate = ctx.sender.clone();
    let Some(mut grant) = grants::may_load(ctx.storage, id, &delegate)? else {
        return Err(ContractError::NotDelegate { sender: delegate, deployment: id });
    };
    let rights = &grant.rights;
    if ctx.now >= rights.expires_at {
        let expires_at = rights.expires_at;
        return Err(ContractError::GrantExpired { deployment: id, delegate, expires_at, now: ctx.now });
    }
    deployment::ensure_active(id, &row)?;
    let ensure = |granted: bool, action: &'static str| match granted {
        true => Ok(()),
        false => Err(ContractError::NotGranted { deployment: id, delegate: delegate.clone(), action }),
    };
    match action {
        DelegateAction::OpenOrders { orders } => {
            ensure(!rights.open_groups.is_empty(), "open orders")?;
            let price = deployment::price_of(ctx, &orders)?;
            for order in &orders {
                check_order(rights, order)?;
            }
            let max = rights.max_live_per_group;
            let groups: Vec<String> = orders.iter().map(|order| order.group.name.clone()).collect();
            spend(ctx, id, &row.tenant, &mut grant, &price)?;
            deployment::open(ctx, id, &row.tenant, Some(&delegate), &price, orders)?;
            for group in groups {
                let got = *ctx.changes.delegated(ctx.storage, id, &delegate, &group)?;
                if got > max {
                    return Err(ContractError::TooManyOfGroup { group, got, max });
                }
            }
            Ok(())
        }
        DelegateAction::CloseLease { lease } => {
            ensure(rights.close_leases, "close leases")?;
            let mut lease = lease_of(ctx, id, lease)?;
            ending::close(ctx, &mut lease)
        }
        DelegateAction::TopUp { lease, amount } => {
            ensure(rights.top_up, "top up leases")?;
            let lease = lease_of(ctx, id, lease)?;
            let funds = Money::new(&lease.terms.denom, amount);
            spend(ctx, id, &row.tenant, &mut grant, &funds)?;
            payment::top_up(ctx, &funds, lease.id)
        }
        DelegateAction::SetVersion { version } => {
            ensure(rights.set_version, "set a version")?;
            deployment::set_version(ctx, id, row, version)
        }
    }
}

/// Holds one order against the rights; how many there are is counted when they are open.
fn check_order(rights: &Rights, spec: &OrderSpec) -> Result<(), ContractError> {
    let group = &spec.group;
    if !rights.open_groups.contains(&group.name) {
        let (got, granted) = (group.name.clone(), rights.open_groups.join(", "));
        return Err(ContractError::GroupNotGranted { got, granted });
    }
    if spec.max_price.amount > rights.max_order_price {
        let (got, max) = (spec.max_price.amount, rights.max_order_price);
        return Err(ContractError::OrderTooDear { group: group.name.clone(), got, max });
    }
    let asked = &group.requirements.attributes;
    for allowed in &rights.allowed_attributes {
        let key = &allowed.key;
        if asked.iter().any(|wish| wish.key == *key && rights.allowed_attributes.contains(wish)) {
            continue;
        }
        let values = rights.allowed_attributes.iter().filter(|one| one.key == *key);
        return Err(ContractError::AttributeNotAllowed {
            group: group.name.clone(),
            key: key.clone(),
            allowed: values.map(|one| one.value.as_str()).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(())
}

fn lease_of(ctx: &Ctx, id: DeploymentId, lease: LeaseId) -> Result<leases::LeaseRow, ContractError> {
    let row = leases::load(ctx.storage, lease)?;
    if row.terms.deployment != id {
        let of = row.terms.deployment;
        return Err(ContractError::LeaseOfOther { lease, of, deployment: id });
    }
    Ok(row)
}

/// Takes money out of the sender's budget; the caller puts it where it goes.
fn spend(
    ctx: &mut Ctx,
    id: DeploymentId,
    tenant: &Addr,
    grant: &mut StoredGrant,
    money: &Money,
) -> Result<(), ContractError> {
    let left = match &mut grant.budget {
        Some(budget) if budget.denom == money.denom && budget.amount >= money.amount => &mut budget.amount,
        budget => {
            let left = budget.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
            return Err(ContractError::OverBudget { needed: money.clone(), left });
        }
    };
    shrink("budget", left, money.amount)?;
    grow("spent of a budget", &mut grant.spent, money.amount)?;
    let ledger = ctx.changes.ledger(ctx.storage, &money.denom)?;
    shrink("money in grants", &mut ledger.grants, money.amount)?;
    let delegate = ctx.sender.clone();
    grants::save(ctx.storage, id, &delegate, grant)?;
    ctx.event(events::grant_spent(id, tenant, grant, money, &delegate));
    Ok(())
}
