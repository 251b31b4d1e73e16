use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use registry_api::limits::MAX_OPERATORS;

use super::registered;
use crate::{events, state, validate, ContractError};

pub fn add(deps: DepsMut, env: Env, info: MessageInfo, operator: &str) -> Result<Response, ContractError> {
    let mut provider = registered(deps.storage, &info.sender)?;
    let operator = deps.api.addr_validate(operator)?;
    if let Some(provider) = state::provider_of_operator(deps.storage, &operator)? {
        return Err(ContractError::OperatorTaken { operator, provider });
    }
    if state::provider(deps.storage, &operator)?.is_some() {
        return Err(ContractError::OperatorIsProvider { operator });
    }
    validate::count("operator keys", provider.operators.len() + 1, MAX_OPERATORS)?;

    provider.operators.push(operator.clone());
    provider.updated_at = env.block.time.seconds();
    state::save_operator(deps.storage, &operator, &provider.owner)?;
    state::save_provider(deps.storage, &provider)?;
    Ok(Response::new().add_event(events::operator_added(&provider.owner, &operator)))
}

pub fn remove(deps: DepsMut, env: Env, info: MessageInfo, operator: &str) -> Result<Response, ContractError> {
    let mut provider = registered(deps.storage, &info.sender)?;
    let operator = deps.api.addr_validate(operator)?;
    if !provider.operators.contains(&operator) {
        return Err(ContractError::NotAnOperator { operator, provider: provider.owner });
    }
    provider.operators.retain(|key| *key != operator);
    provider.updated_at = env.block.time.seconds();
    state::remove_operator(deps.storage, &operator);
    state::save_provider(deps.storage, &provider)?;
    Ok(Response::new().add_event(events::operator_removed(&provider.owner, &operator)))
}
