//! Entry points: who may send a message, whether it takes funds, and which action it is.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response};

use cloud_std::{migrate_from_older, no_funds, OwnershipAction, Permission};
use staking_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::{execute, query, state, ContractError};

pub const CONTRACT_NAME: &str = "cloud-market:staking";
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn instantiate(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_funds(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    state::OWNERSHIP.initialise(deps.storage, deps.api, &msg.owner)?;
    let params = execute::params::checked(deps.api, &env, msg.params)?;
    state::save_params(deps.storage, &params)?;
    state::save_books(deps.storage, &state::Books::default())?;
    Ok(Response::new())
}

/// Who may send each message.
pub fn permission(msg: &ExecuteMsg) -> Permission {
    match msg {
        ExecuteMsg::Stake {} => Permission::SelfOnly,
        ExecuteMsg::Unbond { .. } => Permission::SelfOnly,
        ExecuteMsg::Claim {} => Permission::SelfOnly,
        ExecuteMsg::Slash { .. } => Permission::OwnerOrContract("market"),
        ExecuteMsg::UpdateParams { .. } => Permission::Owner,
        ExecuteMsg::SetMarket { .. } => Permission::Owner,
        ExecuteMsg::Ownership(OwnershipAction::Offer { .. } | OwnershipAction::Withdraw {}) => {
            Permission::Owner
        }
        // Acts on the offer that was made to the sender.
        ExecuteMsg::Ownership(OwnershipAction::Accept {}) => Permission::SelfOnly,
    }
}

fn takes_funds(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::Stake {})
}

pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    authorise(deps.as_ref(), &info, permission(&msg))?;
    if !takes_funds(&msg) {
        no_funds(&info)?;
    }
    match msg {
        ExecuteMsg::Stake {} => execute::stake::run(deps, env, info),
        ExecuteMsg::Unbond { amount } => execute::unbond::run(deps, env, info, amount),
        ExecuteMsg::Claim {} => execute::claim::run(deps, env, info),
        ExecuteMsg::Slash { provider, fraction, fault, fault_at, harmed, reason } => {
            let slash = execute::slash::Slash {
                provider: deps.api.addr_validate(&provider)?,
                fraction,
                fault,
                fault_at,
                harmed: harmed.map(|harmed| deps.api.addr_validate(&harmed)).transpose()?,
                reason,
            };
            execute::slash::run(deps, env, info, slash)
        }
        ExecuteMsg::UpdateParams { params } => execute::params::run(deps, env, info, params),
        ExecuteMsg::SetMarket { market } => execute::set_market::run(deps, env, info, &market),
        ExecuteMsg::Ownership(action) => execute::ownership::run(deps, info, action),
    }
}

fn authorise(deps: Deps, info: &MessageInfo, permission: Permission) -> Result<(), ContractError> {
    match permission {
        Permission::Owner => Ok(state::OWNERSHIP.ensure_owner(deps.storage, &info.sender)?),
        Permission::OwnerOrContract(_) | Permission::Contract(_) => {
            let owner = state::OWNERSHIP.load(deps.storage)?.owner;
            let market = state::market(deps.storage)?;
            if info.sender == owner || market.as_ref() == Some(&info.sender) {
                return Ok(());
            }
            let market = market.map_or("(not set)".to_owned(), Into::into);
            Err(ContractError::NotOwnerOrMarket { sender: info.sender.clone(), owner, market })
        }
        // These act on what belongs to the sender; there is nothing to hold them against here.
        Permission::Any | Permission::SelfOnly | Permission::ObjectOwner | Permission::ProviderOrOperator => {
            Ok(())
        }
    }
}

pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    query::run(deps, env, msg)
}

/// Version 0.1.0 stored what this one stores: there is nothing to convert.
pub fn migrate(deps: DepsMut, env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate_from_older(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    query::ensure_invariants(deps.as_ref(), &env)?;
    Ok(Response::new())
}
