use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, market: &str) -> Result<Response, ContractError> {
    let market = deps.api.addr_validate(market)?;
    if market == env.contract.address {
        return Err(ContractError::SuiteAddress { role: "market", address: market });
    }
    state::save_market(deps.storage, &market)?;
    Ok(Response::new().add_event(events::market_set(&info.sender, &market)))
}
