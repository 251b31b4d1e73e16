//! Entry points. They decide who may send a message and what funds it takes, and hand over.

use cloud_std::{migrate_from_older, no_funds, one_coin, OwnershipAction, Permission};
use cosmwasm_std::{Binary, Deps, DepsMut, Env, Event, MessageInfo, Reply, Response};
use market_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::execute::{admin, bid, deployment, grant, lease, matching, order, payment};
use crate::state::config::{self, Suite};
use crate::state::{changes, statistics};
use crate::{punish, validate};

/// As cw2 records it.
pub const CONTRACT_NAME: &str = "cloud-market:market";
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who may send each message.
pub fn permission(msg: &ExecuteMsg) -> Permission {
    match msg {
        ExecuteMsg::CreateDeployment { .. } => Permission::SelfOnly,
        ExecuteMsg::OpenOrders { .. }
        | ExecuteMsg::UpdateDeployment { .. }
        | ExecuteMsg::CloseOrder { .. }
        | ExecuteMsg::CloseLease { .. }
        | ExecuteMsg::CloseDeployment { .. }
        | ExecuteMsg::Grant { .. }
        | ExecuteMsg::FundGrant { .. }
        | ExecuteMsg::RevokeGrant { .. } => Permission::ObjectOwner,
        // The grant is what the sender holds.
        ExecuteMsg::Act { .. } => Permission::ObjectOwner,
        ExecuteMsg::PlaceBid { .. }
        | ExecuteMsg::LowerBid { .. }
        | ExecuteMsg::WithdrawBid { .. }
        | ExecuteMsg::Activate { .. }
        | ExecuteMsg::Decline { .. } => Permission::ProviderOrOperator,
        // The lease's provider by its owner key: these end what earns its owner money.
        ExecuteMsg::GiveNotice { .. } | ExecuteMsg::BreakLease { .. } => Permission::ObjectOwner,
        ExecuteMsg::TopUp { .. }
        | ExecuteMsg::ReclaimDeposit { .. }
        | ExecuteMsg::Match { .. }
        | ExecuteMsg::ExpireLease { .. }
        | ExecuteMsg::Withdraw { .. }
        | ExecuteMsg::Settle { .. }
        | ExecuteMsg::Punish { .. } => Permission::Any,
        ExecuteMsg::UpdateParams { .. } => Permission::Owner,
        ExecuteMsg::Ownership(OwnershipAction::Offer { .. } | OwnershipAction::Withdraw {}) => {
            Permission::Owner
        }
        ExecuteMsg::Ownership(OwnershipAction::Accept {}) => Permission::SelfOnly,
    }
}

pub fn instantiate(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_funds(&info)?;
    validate::params(&msg.params)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let owner = config::OWNERSHIP.initialise(deps.storage, deps.api, &msg.owner)?;
    let suite = Suite {
        registry: deps.api.addr_validate(&msg.registry)?,
        staking: deps.api.addr_validate(&msg.staking)?,
    };
    config::save_suite(deps.storage, &suite)?;
    config::save_params(deps.storage, &msg.params)?;
    changes::initialise(deps.storage)?;
    statistics::begin(deps.storage, env.block.time.seconds())?;
    let event = Event::new("market_instantiated")
        .add_attribute("market", env.contract.address)
        .add_attribute("owner", owner)
        .add_attribute("registry", suite.registry)
        .add_attribute("staking", suite.staking);
    Ok(Response::new().add_event(event))
}

pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    // The other permissions depend on what the message names; its action checks them.
    if permission(&msg) == Permission::Owner {
        config::OWNERSHIP.ensure_owner(deps.storage, &info.sender)?;
    }
    let funds = match &msg {
        ExecuteMsg::CreateDeployment { .. }
        | ExecuteMsg::OpenOrders { .. }
        | ExecuteMsg::TopUp { .. }
        | ExecuteMsg::FundGrant { .. } => Some(one_coin(&info)?),
        ExecuteMsg::PlaceBid { .. } if !info.funds.is_empty() => Some(one_coin(&info)?),
        _ => {
            no_funds(&info)?;
            None
        }
    };
    let mut context = Ctx::new(deps, &env, info.sender);
    let ctx = &mut context;
    match (msg, funds) {
        (ExecuteMsg::CreateDeployment { version, orders }, Some(funds)) => {
            deployment::create(ctx, &funds, version, orders)?
        }
        (ExecuteMsg::OpenOrders { deployment, orders }, Some(funds)) => {
            deployment::open_orders(ctx, &funds, deployment, orders)?
        }
        (ExecuteMsg::TopUp { lease }, Some(funds)) => payment::top_up(ctx, &funds, lease)?,
        (ExecuteMsg::FundGrant { deployment, delegate }, Some(funds)) => {
            grant::fund(ctx, &funds, deployment, &delegate)?
        }
        (ExecuteMsg::PlaceBid { order, provider, price }, funds) => {
            bid::place(ctx, funds, order, provider, price)?
        }
        (msg, _) => execute_without_funds(ctx, msg)?,
    }
    context.finish()
}

fn execute_without_funds(ctx: &mut Ctx, msg: ExecuteMsg) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::UpdateDeployment { deployment, version } => deployment::update(ctx, deployment, version),
        ExecuteMsg::CloseOrder { order } => order::close(ctx, order),
        ExecuteMsg::CloseLease { lease } => lease::close(ctx, lease),
        ExecuteMsg::CloseDeployment { deployment, limit } => deployment::close(ctx, deployment, limit),
        ExecuteMsg::Grant { deployment, delegate, rights } => grant::give(ctx, deployment, &delegate, rights),
        ExecuteMsg::RevokeGrant { deployment, delegate } => grant::revoke(ctx, deployment, &delegate),
        ExecuteMsg::Act { deployment, action } => grant::act(ctx, deployment, action),
        ExecuteMsg::LowerBid { order, provider, price } => bid::lower(ctx, order, provider, price),
        ExecuteMsg::WithdrawBid { order, provider } => bid::withdraw(ctx, order, provider),
        ExecuteMsg::ReclaimDeposit { order, provider } => bid::reclaim_deposit(ctx, order, &provider),
        ExecuteMsg::Activate { lease, version } => lease::activate(ctx, lease, &version),
        ExecuteMsg::Decline { lease, reason } => lease::decline(ctx, lease, &reason),
        ExecuteMsg::GiveNotice { lease } => lease::give_notice(ctx, lease),
        ExecuteMsg::BreakLease { lease, reason } => lease::break_lease(ctx, lease, &reason),
        ExecuteMsg::Match { order } => matching::run(ctx, order),
        ExecuteMsg::ExpireLease { lease } => lease::expire(ctx, lease),
        ExecuteMsg::Withdraw { lease } => payment::withdraw(ctx, lease),
        ExecuteMsg::Settle { lease } => payment::settle(ctx, lease),
        ExecuteMsg::Punish { lease } => punish::again(ctx, lease),
        ExecuteMsg::UpdateParams { params } => admin::update_params(ctx, &params),
        ExecuteMsg::Ownership(action) => admin::ownership(ctx, action),
        // These take funds and were handed over with them.
        ExecuteMsg::CreateDeployment { .. }
        | ExecuteMsg::OpenOrders { .. }
        | ExecuteMsg::TopUp { .. }
        | ExecuteMsg::PlaceBid { .. }
        | ExecuteMsg::FundGrant { .. } => {
            Err(cloud_std::FundsError::NotOneCoin { got: "none".to_owned() }.into())
        }
    }
}

pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    crate::query::query(deps, env, msg)
}

pub fn reply(deps: DepsMut, _env: Env, msg: Reply) -> Result<Response, ContractError> {
    punish::reply(deps, msg)
}

pub fn migrate(deps: DepsMut, env: Env, MigrateMsg {}: MigrateMsg) -> Result<Response, ContractError> {
    migrate_from_older(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    // Version 0.1.0 had no statistics; everything else that it stored is read as it is.
    statistics::begin(deps.storage, env.block.time.seconds())?;
    let invariants = crate::query::invariants(deps.as_ref(), &env.contract.address)?;
    if let Some(broken) = invariants.denoms.into_iter().find(|denom| !denom.missing.is_zero()) {
        return Err(ContractError::InvariantBroken { denom: broken.denom, missing: broken.missing });
    }
    Ok(Response::new().add_event(Event::new("market_migrated").add_attribute("version", CONTRACT_VERSION)))
}
