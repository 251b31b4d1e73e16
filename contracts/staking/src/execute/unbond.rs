use cosmwasm_std::{DepsMut, Env, MessageInfo, Response, Uint128};
use staking_api::{limits::MAX_UNBONDINGS, Unbonding};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, amount: Uint128) -> Result<Response, ContractError> {
    if amount.is_zero() {
        return Err(ContractError::ZeroUnbond);
    }
    let account = info.sender;
    let bonded = state::bonded(deps.storage, &account)?;
    let left = u64::try_from(amount.u128()).ok().and_then(|amount| bonded.checked_sub(amount));
    let Some(left) = left else {
        return Err(ContractError::NotEnoughBonded { account, asked: amount, bonded });
    };
    if state::unbondings(deps.storage, &account)?.len() >= MAX_UNBONDINGS {
        return Err(ContractError::TooManyUnbondings { account, max: MAX_UNBONDINGS });
    }

    let params = state::params(deps.storage)?;
    let started_at = env.block.time.seconds();
    let unbonding = Unbonding {
        id: state::next_unbonding_id(deps.storage)?,
        amount,
        started_at,
        matures_at: started_at.saturating_add(params.unbonding_seconds),
    };
    state::save_unbonding(deps.storage, &account, &unbonding)?;

    let total = state::total_bonded(deps.storage)?.saturating_sub(bonded - left);
    state::save_bonded(deps.storage, &account, left, total, env.block.height)?;
    let mut books = state::books(deps.storage)?;
    books.unbonding = books.unbonding.checked_add(amount)?;
    state::save_books(deps.storage, &books)?;

    let event = events::stake_unbonded(&events::Unbonded {
        account: &account,
        id: unbonding.id,
        amount,
        denom: &params.denom,
        matures_at: unbonding.matures_at,
        bonded: left,
        total,
    });
    Ok(Response::new().add_event(event))
}
