use cloud_std::Money;
use cosmwasm_std::{BankMsg, DepsMut, Env, MessageInfo, Response};
use governance_api::{DepositState, ProposalId};

use crate::{events, state, ContractError};

pub fn run(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    proposal: ProposalId,
) -> Result<Response, ContractError> {
    let mut row = state::proposal(deps.storage, proposal)?;
    let now = env.block.time.seconds();
    if now < row.voting_ends_at {
        return Err(ContractError::DepositNotDue { proposal, ends_at: row.voting_ends_at, now });
    }
    let amount = row.params.deposit;
    if row.deposit_state != DepositState::Held || amount.is_zero() {
        return Err(ContractError::NoDeposit { proposal });
    }

    let lost = row.loses_deposit();
    let mut books = state::books(deps.storage)?;
    books.held = books.held.checked_sub(amount)?;
    if lost {
        books.forfeited = books.forfeited.checked_add(amount)?;
        row.deposit_state = DepositState::Forfeited;
    } else {
        books.returned = books.returned.checked_add(amount)?;
        row.deposit_state = DepositState::Returned;
    }
    state::save_books(deps.storage, &books)?;
    state::save_proposal(deps.storage, &row)?;

    let deposit = Money::new(state::suite(deps.storage)?.denom, amount);
    let event = events::deposit_settled(&row, &info.sender, &deposit, books.held);
    let mut response = Response::new().add_event(event);
    if !lost {
        let to_address = row.proposer.into();
        response = response.add_message(BankMsg::Send { to_address, amount: vec![deposit.coin()] });
    }
    Ok(response)
}
