use cloud_std::Money;
use cosmwasm_std::{CosmosMsg, DepsMut, Env, MessageInfo, Response, Uint128};
use governance_api::limits::{MAX_DESCRIPTION_BYTES, MAX_TITLE_BYTES};
use governance_api::{DepositState, Tally};
use staking_api::StakingClient;

use crate::{events, messages, state, validate, ContractError};

pub struct Draft {
    pub title: String,
    pub description: String,
    pub messages: Vec<CosmosMsg>,
}

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, draft: Draft) -> Result<Response, ContractError> {
    let Draft { title, description, messages } = draft;
    let suite = state::suite(deps.storage)?;
    let params = state::params(deps.storage)?;
    validate::text("title", &title, MAX_TITLE_BYTES, false)?;
    validate::text("description", &description, MAX_DESCRIPTION_BYTES, true)?;
    messages::check(deps.api, &env.contract.address, &suite, &messages)?;
    take_deposit(&info, &Money::new(&suite.denom, params.deposit))?;

    // What was bonded when the block began: stake bought in this very block proposes and votes on nothing.
    let height = env.block.height;
    let staking = StakingClient(&suite.staking);
    if staking.weight_at(&deps.querier, &info.sender, height)? == 0 {
        return Err(ContractError::NoWeight { account: info.sender, height });
    }
    let total_weight: Uint128 = staking.total_weight(&deps.querier, Some(height))?.into();
    let min = suite.floors.total_stake;
    if total_weight < min {
        return Err(ContractError::TooLittleStake { total: total_weight, min, height });
    }

    let upgrade = messages::upgrade(&env.contract.address, &messages);
    let timelock = if upgrade { params.upgrade_timelock_seconds } else { params.timelock_seconds };
    let created_at = env.block.time.seconds();
    let voting_ends_at = created_at.saturating_add(params.voting_seconds);
    let executable_at = voting_ends_at.saturating_add(timelock);
    let expires_at = executable_at.saturating_add(params.execution_seconds);

    let mut books = state::books(deps.storage)?;
    books.held = books.held.checked_add(params.deposit)?;
    state::save_books(deps.storage, &books)?;
    let row = state::Row {
        id: state::next_proposal(deps.storage)?,
        proposer: info.sender,
        title,
        start_height: height,
        total_weight,
        tally: Tally::default(),
        params,
        upgrade,
        created_at,
        voting_ends_at,
        executable_at,
        expires_at,
        deposit_state: DepositState::Held,
        execution: None,
        failure: None,
    };
    state::save_proposal(deps.storage, &row)?;
    let event = events::proposal_created(&row, messages.len(), &suite.denom);
    state::save_text(deps.storage, row.id, &state::Text { description, messages })?;
    Ok(Response::new().add_event(event))
}

fn take_deposit(info: &MessageInfo, due: &Money) -> Result<(), ContractError> {
    if due.amount.is_zero() {
        return Ok(cloud_std::no_funds(info)?);
    }
    let got = cloud_std::one_coin(info)?;
    if got == *due {
        Ok(())
    } else {
        Err(ContractError::WrongDeposit { expected: due.to_string(), got: got.to_string() })
    }
}
