//! Entry points: who may send a message, whether it takes funds, and which action it is.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response};

use cloud_std::{migrate_from_older, no_funds, OwnershipAction, Permission};
use registry_api::{ExecuteMsg, InstantiateMsg, MigrateMsg, QueryMsg};

use crate::{execute, query, state, ContractError};

pub const CONTRACT_NAME: &str = "cloud-market:provider-registry";
pub const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    no_funds(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    state::OWNERSHIP.initialise(deps.storage, deps.api, &msg.owner)?;
    Ok(Response::new())
}

/// Who may send each message.
pub fn permission(msg: &ExecuteMsg) -> Permission {
    match msg {
        ExecuteMsg::Register { .. } => Permission::SelfOnly,
        ExecuteMsg::Update { .. } => Permission::SelfOnly,
        ExecuteMsg::Deregister {} => Permission::SelfOnly,
        ExecuteMsg::AddOperator { .. } => Permission::SelfOnly,
        ExecuteMsg::RemoveOperator { .. } => Permission::SelfOnly,
        ExecuteMsg::PublishRoot { .. } => Permission::SelfOnly,
        ExecuteMsg::RevokeRoot { .. } => Permission::SelfOnly,
        ExecuteMsg::Attest { .. } => Permission::SelfOnly,
        ExecuteMsg::RevokeAttestation { .. } => Permission::SelfOnly,
        ExecuteMsg::Jail { .. } => Permission::OwnerOrContract("market"),
        ExecuteMsg::Unjail { .. } => Permission::Owner,
        ExecuteMsg::SetMarket { .. } => Permission::Owner,
        ExecuteMsg::Ownership(OwnershipAction::Offer { .. } | OwnershipAction::Withdraw {}) => {
            Permission::Owner
        }
        // Acts on the offer that was made to the sender.
        ExecuteMsg::Ownership(OwnershipAction::Accept {}) => Permission::SelfOnly,
    }
}

pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    authorise(deps.as_ref(), &info, permission(&msg))?;
    no_funds(&info)?;
    match msg {
        ExecuteMsg::Register { payout, endpoints, attributes, contact } => {
            let given = execute::update::Given {
                payout,
                endpoints: Some(endpoints),
                attributes: Some(attributes),
                contact,
            };
            execute::register::run(deps, env, info, given)
        }
        ExecuteMsg::Update { payout, endpoints, attributes, contact } => {
            let given = execute::update::Given { payout, endpoints, attributes, contact };
            execute::update::run(deps, env, info, given)
        }
        ExecuteMsg::Deregister {} => execute::deregister::run(deps, env, info),
        ExecuteMsg::AddOperator { operator } => execute::operators::add(deps, env, info, &operator),
        ExecuteMsg::RemoveOperator { operator } => execute::operators::remove(deps, env, info, &operator),
        ExecuteMsg::PublishRoot { der } => execute::publish_root::run(deps, env, info, der),
        ExecuteMsg::RevokeRoot { fingerprint } => execute::revoke_root::run(deps, env, info, fingerprint),
        ExecuteMsg::Attest { provider, attributes } => {
            execute::attest::run(deps, env, info, &provider, attributes)
        }
        ExecuteMsg::RevokeAttestation { provider } => execute::revoke_attestation::run(deps, info, &provider),
        ExecuteMsg::Jail { provider, seconds, reason } => {
            execute::jail::run(deps, env, info, &provider, seconds, &reason)
        }
        ExecuteMsg::Unjail { provider } => execute::unjail::run(deps, env, info, &provider),
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
pub fn migrate(deps: DepsMut, _env: Env, _msg: MigrateMsg) -> Result<Response, ContractError> {
    migrate_from_older(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    Ok(Response::new())
}
