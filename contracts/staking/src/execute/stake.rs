use cloud_std::one_coin;
use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use staking_api::limits::MAX_TOTAL_STAKE;

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo) -> Result<Response, ContractError> {
    let params = state::params(deps.storage)?;
    let money = one_coin(&info)?;
    if money.denom != params.denom {
        return Err(ContractError::WrongDenom { expected: params.denom, got: money.denom });
    }

    let total = state::total_bonded(deps.storage)?;
    let added = u64::try_from(money.amount.u128()).ok();
    let Some((added, new_total)) = added.and_then(|added| Some((added, total.checked_add(added)?))) else {
        return Err(ContractError::TooMuchStake { total, amount: money.amount, max: MAX_TOTAL_STAKE });
    };
    // One account's stake is part of the total, which did not overflow.
    let bonded = state::bonded(deps.storage, &info.sender)?.saturating_add(added);
    state::save_bonded(deps.storage, &info.sender, bonded, new_total, env.block.height)?;

    let event = events::stake_bonded(&info.sender, money.amount, bonded, new_total, &params.denom);
    Ok(Response::new().add_event(event))
}
