//! Bounds of what messages carry. Each error names the field, what it got and what is accepted.

use cloud_std::Bps;
use cosmwasm_std::Uint128;
use governance_api::limits::{
    MAX_DEPOSIT, MAX_EXECUTION_SECONDS, MAX_QUORUM_BPS, MAX_THRESHOLD_BPS, MAX_TIMELOCK_SECONDS,
    MAX_UPGRADE_TIMELOCK_SECONDS, MAX_VETO_BPS, MAX_VOTING_SECONDS, MIN_EXECUTION_SECONDS, MIN_QUORUM_BPS,
    MIN_THRESHOLD_BPS, MIN_VETO_BPS,
};
use governance_api::{Floors, Params};
use staking_api::limits::MAX_TOTAL_STAKE;

use crate::ContractError;

/// Of a refused text, in an error.
const SHOWN_CHARS: usize = 80;

pub fn floors(floors: &Floors) -> Result<(), ContractError> {
    seconds("floors.voting_seconds", floors.voting_seconds, 1, MAX_VOTING_SECONDS)?;
    seconds("floors.timelock_seconds", floors.timelock_seconds, 1, MAX_TIMELOCK_SECONDS)?;
    let (min, max) = (floors.timelock_seconds, MAX_UPGRADE_TIMELOCK_SECONDS);
    seconds("floors.upgrade_timelock_seconds", floors.upgrade_timelock_seconds, min, max)?;
    let max = Uint128::new(MAX_TOTAL_STAKE);
    if floors.total_stake > max {
        return Err(ContractError::StakeFloor { got: floors.total_stake, max });
    }
    Ok(())
}

pub fn params(params: &Params, floors: &Floors) -> Result<(), ContractError> {
    seconds("voting_seconds", params.voting_seconds, floors.voting_seconds, MAX_VOTING_SECONDS)?;
    seconds("timelock_seconds", params.timelock_seconds, floors.timelock_seconds, MAX_TIMELOCK_SECONDS)?;
    // An upgrade never waits less than anything else.
    let min = floors.upgrade_timelock_seconds.max(params.timelock_seconds);
    let upgrade = params.upgrade_timelock_seconds;
    seconds("upgrade_timelock_seconds", upgrade, min, MAX_UPGRADE_TIMELOCK_SECONDS)?;
    let (min, max) = (MIN_EXECUTION_SECONDS, MAX_EXECUTION_SECONDS);
    seconds("execution_seconds", params.execution_seconds, min, max)?;
    fraction("quorum", params.quorum, MIN_QUORUM_BPS, MAX_QUORUM_BPS)?;
    fraction("threshold", params.threshold, MIN_THRESHOLD_BPS, MAX_THRESHOLD_BPS)?;
    fraction("veto", params.veto, MIN_VETO_BPS, MAX_VETO_BPS)?;
    deposit(params.deposit, Uint128::new(MAX_DEPOSIT))
}

pub fn deposit(got: Uint128, max: Uint128) -> Result<(), ContractError> {
    if got <= max {
        Ok(())
    } else {
        Err(ContractError::Deposit { got, max })
    }
}

/// Line breaks are accepted in long texts; nothing else that would control a terminal is.
pub fn text(field: &'static str, text: &str, max: usize, lines: bool) -> Result<(), ContractError> {
    let control = |c: char| c.is_control() && !(lines && c == '\n');
    if text.trim().is_empty() || text.len() > max || text.chars().any(control) {
        let got = text.chars().take(SHOWN_CHARS).collect();
        return Err(ContractError::BadText { field, max, got });
    }
    Ok(())
}

fn seconds(field: &'static str, got: u64, min: u64, max: u64) -> Result<(), ContractError> {
    if (min..=max).contains(&got) {
        Ok(())
    } else {
        Err(ContractError::Seconds { field, got, min, max })
    }
}

fn fraction(field: &'static str, got: Bps, min: u16, max: u16) -> Result<(), ContractError> {
    if (min..=max).contains(&got.0) {
        Ok(())
    } else {
        Err(ContractError::Fraction { field, got, min: Bps(min), max: Bps(max) })
    }
}
