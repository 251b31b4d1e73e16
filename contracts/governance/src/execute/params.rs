use cloud_std::Bps;
use cosmwasm_std::{DepsMut, MessageInfo, Response};
use governance_api::limits::MAX_RAISED_DEPOSIT_BPS;
use governance_api::Params;
use staking_api::StakingClient;

use crate::{events, state, validate, ContractError};

pub fn run(deps: DepsMut, info: MessageInfo, params: Params) -> Result<Response, ContractError> {
    let suite = state::suite(deps.storage)?;
    validate::params(&params, &suite.floors)?;
    let present = state::params(deps.storage)?.deposit;
    if params.deposit > present {
        let stake = StakingClient(&suite.staking).total_weight(&deps.querier, None)?;
        let most = Bps(MAX_RAISED_DEPOSIT_BPS).of(stake.into());
        validate::deposit(params.deposit, most.max(present))?;
    }
    state::save_params(deps.storage, &params)?;
    Ok(Response::new().add_event(events::params_updated(&info.sender, &params)))
}
