//! Entry points: who may send a message, whether it takes funds, and which action it is.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Reply, Response};

use cloud_std::{migrate_from_older, no_funds, Permission};
use governance_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};
use staking_api::StakingClient;

use crate::{execute, query, state, validate, ContractError};

pub const CONTRACT_NAME: &str = "cloud-market:governance";
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_funds(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    validate::floors(&msg.floors)?;
    validate::params(&msg.params, &msg.floors)?;
    let staking = deps.api.addr_validate(&msg.staking)?;
    let denom = StakingClient(&staking).denom(&deps.querier)?;
    state::save_suite(deps.storage, &state::Suite { staking, denom, floors: msg.floors })?;
    state::save_params(deps.storage, &msg.params)?;
    state::save_books(deps.storage, &state::Books::default())?;
    Ok(Response::new())
}

/// Who may send each message. This contract has no owner: it answers to proposals alone.
pub fn permission(msg: &ExecuteMsg) -> Permission {
    match msg {
        ExecuteMsg::Propose { .. } => Permission::SelfOnly,
        ExecuteMsg::Vote { .. } => Permission::SelfOnly,
        ExecuteMsg::Execute { .. } => Permission::Any,
        ExecuteMsg::SettleDeposit { .. } => Permission::Any,
        // Takes only what its owner offered.
        ExecuteMsg::AcceptOwnership { .. } => Permission::Any,
        ExecuteMsg::UpdateParams { .. } => Permission::Contract("governance"),
        ExecuteMsg::Run { .. } => Permission::Contract("governance"),
    }
}

fn takes_funds(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::Propose { .. })
}

pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    authorise(&env, &info, permission(&msg))?;
    if !takes_funds(&msg) {
        no_funds(&info)?;
    }
    match msg {
        ExecuteMsg::Propose { title, description, messages } => {
            let draft = execute::propose::Draft { title, description, messages };
            execute::propose::run(deps, env, info, draft)
        }
        ExecuteMsg::Vote { proposal, vote } => execute::vote::run(deps, env, info, proposal, vote),
        ExecuteMsg::Execute { proposal } => execute::execution::start(deps, env, info, proposal),
        ExecuteMsg::SettleDeposit { proposal } => execute::settle_deposit::run(deps, env, info, proposal),
        ExecuteMsg::AcceptOwnership { contract } => execute::accept_ownership::run(deps, info, &contract),
        ExecuteMsg::UpdateParams { params } => execute::params::run(deps, info, params),
        ExecuteMsg::Run { proposal } => execute::execution::run(deps.as_ref(), env, proposal),
    }
}

fn authorise(env: &Env, info: &MessageInfo, permission: Permission) -> Result<(), ContractError> {
    match permission {
        Permission::Owner | Permission::OwnerOrContract(_) | Permission::Contract(_) => {
            if info.sender == env.contract.address {
                return Ok(());
            }
            Err(ContractError::OnlyProposals { sender: info.sender.clone() })
        }
        // These act on what belongs to the sender; there is nothing to hold them against here.
        Permission::Any | Permission::SelfOnly | Permission::ObjectOwner | Permission::ProviderOrOperator => {
            Ok(())
        }
    }
}

pub fn reply(deps: DepsMut, env: Env, msg: Reply) -> Result<Response, ContractError> {
    execute::execution::finish(deps, env, msg)
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
