use cloud_std::Money;
use cosmwasm_std::{BankMsg, DepsMut, Env, MessageInfo, Response, Uint128};

use crate::{events, state, ContractError};

pub fn run(deps: DepsMut, env: Env, info: MessageInfo) -> Result<Response, ContractError> {
    let account = info.sender;
    let now = env.block.time.seconds();
    let unbondings = state::unbondings(deps.storage, &account)?;

    let mut matured = Uint128::zero();
    let mut unbonding = Uint128::zero();
    for entry in &unbondings {
        if now >= entry.matures_at {
            matured = matured.checked_add(entry.amount)?;
        } else {
            unbonding = unbonding.checked_add(entry.amount)?;
        }
    }
    let mut record = state::account(deps.storage, &account)?;
    let compensation = record.compensation;
    let amount = matured.checked_add(compensation)?;
    if amount.is_zero() {
        let next = unbondings.iter().map(|entry| entry.matures_at).min();
        let next =
            next.map_or(String::new(), |at| format!(": it is {now}, the next unbonding matures at {at}"));
        return Err(ContractError::NothingToClaim { account, next });
    }

    for entry in unbondings.iter().filter(|entry| now >= entry.matures_at) {
        state::remove_unbonding(deps.storage, &account, entry.id);
    }
    record.compensation = Uint128::zero();
    state::save_account(deps.storage, &account, &record)?;
    let mut books = state::books(deps.storage)?;
    books.unbonding = books.unbonding.checked_sub(matured)?;
    books.compensation = books.compensation.checked_sub(compensation)?;
    state::save_books(deps.storage, &books)?;

    let denom = state::params(deps.storage)?.denom;
    let event = events::stake_claimed(&events::Claimed {
        account: &account,
        matured,
        compensation,
        amount,
        denom: &denom,
        unbonding,
    });
    let payment =
        BankMsg::Send { to_address: account.to_string(), amount: vec![Money::new(denom, amount).coin()] };
    Ok(Response::new().add_event(event).add_message(payment))
}
