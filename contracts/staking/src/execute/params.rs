use cosmwasm_std::{Api, DepsMut, Env, MessageInfo, Response};
use staking_api::limits::{MAX_UNBONDING_SECONDS, MIN_UNBONDING_SECONDS};
use staking_api::{Floors, Params};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, params: Params) -> Result<Response, ContractError> {
    let params = checked(deps.api, &env, params, &state::floors(deps.storage)?)?;
    let stored = state::params(deps.storage)?.denom;
    if params.denom != stored {
        return Err(ContractError::DenomChanged { stored, got: params.denom });
    }
    state::save_params(deps.storage, &params)?;
    Ok(Response::new().add_event(events::params_updated(&info.sender, &params)))
}

/// Floors that leave room for parameters.
pub fn checked_floors(floors: Floors) -> Result<Floors, ContractError> {
    let (min, max) = (MIN_UNBONDING_SECONDS, MAX_UNBONDING_SECONDS);
    if !(min..=max).contains(&floors.unbonding_seconds) {
        return Err(ContractError::UnbondingFloor { got: floors.unbonding_seconds, min, max });
    }
    Ok(floors)
}

/// The floors that a state without any gets: its parameters are within them.
pub fn first_floors(params: Params, wanted: Option<Floors>) -> Result<Floors, ContractError> {
    let floors = checked_floors(wanted.unwrap_or_default())?;
    let (got, max) = (floors.unbonding_seconds, params.unbonding_seconds);
    if got > max {
        return Err(ContractError::UnbondingFloor { got, min: MIN_UNBONDING_SECONDS, max });
    }
    Ok(floors)
}

/// The parameters with everything in bounds and the treasury a valid address.
pub fn checked(api: &dyn Api, env: &Env, params: Params, floors: &Floors) -> Result<Params, ContractError> {
    let (min, max) = (floors.unbonding_seconds, MAX_UNBONDING_SECONDS);
    if !(min..=max).contains(&params.unbonding_seconds) {
        return Err(ContractError::UnbondingSeconds { got: params.unbonding_seconds, min, max });
    }
    if !is_denom(&params.denom) {
        return Err(ContractError::NotADenom(params.denom));
    }
    if api.addr_validate(&params.treasury)? == env.contract.address {
        return Err(ContractError::OwnAddress { role: "treasury" });
    }
    Ok(params)
}

/// The bank module's rule.
fn is_denom(denom: &str) -> bool {
    (3..=128).contains(&denom.len())
        && denom.starts_with(|c: char| c.is_ascii_alphabetic())
        && denom.chars().all(|c| c.is_ascii_alphanumeric() || "/:._-".contains(c))
}
