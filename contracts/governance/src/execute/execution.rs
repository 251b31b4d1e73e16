//! An execution has three steps in one transaction: `start` marks the proposal and calls the contract itself, `run`
//! sends the messages from there, and `finish` records how it went. What `run` did is undone when any message fails,
//! while the record of the failure stays.
//!
//! A failure is not the end. Whoever executes chooses the moment and, through a contract, how deep in a chain of calls
//! it happens; if a failure were final, anyone could spoil a decision by letting the chain's limit of depth fail it.

use cloud_std::json;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Deps, DepsMut, Env, MessageInfo, Reply, Response, SubMsg, SubMsgResult, WasmMsg,
};
use governance_api::limits::MAX_FAILURE_BYTES;
use governance_api::{ExecuteMsg, Failure, ProposalId, Status};

use crate::state::Execution;
use crate::{events, messages, query, state, ContractError};

const REPLY_RUN: u64 = 1;

/// What the reply has to know.
#[cw_serde]
struct Running {
    proposal: ProposalId,
    actor: Addr,
}

pub fn start(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    proposal: ProposalId,
) -> Result<Response, ContractError> {
    let mut row = state::proposal(deps.storage, proposal)?;
    let now = env.block.time.seconds();
    let status = row.status(now);
    if status != Status::Executable {
        let when = match status {
            Status::Voting | Status::Passed => {
                format!(", earliest execution at {}, it is {now}", row.executable_at)
            }
            Status::Expired => format!(" since {}, it is {now}", row.expires_at),
            _ => String::new(),
        };
        return Err(ContractError::NotExecutable { proposal, status, when });
    }
    // Before anything is sent, so that no message finds it executable a second time.
    row.execution = Some(Execution::UnderWay);
    state::save_proposal(deps.storage, &row)?;

    let run = WasmMsg::Execute {
        contract_addr: env.contract.address.into(),
        msg: to_json_binary(&ExecuteMsg::Run { proposal })?,
        funds: vec![],
    };
    let running = Running { proposal, actor: info.sender };
    let run = SubMsg::reply_always(run, REPLY_RUN).with_payload(to_json_binary(&running)?);
    Ok(Response::new().add_submessage(run))
}

pub fn run(deps: Deps, env: Env, proposal: ProposalId) -> Result<Response, ContractError> {
    let row = state::proposal(deps.storage, proposal)?;
    if row.execution != Some(Execution::UnderWay) {
        return Err(ContractError::NotExecuting { proposal });
    }
    let messages = state::text(deps.storage, proposal)?.messages;
    let books = query::invariants(deps, &env)?;
    let spends = messages::spends(&messages, &books.denom)?;
    if spends > books.treasury {
        return Err(ContractError::BeyondTreasury { spends, treasury: books.treasury, denom: books.denom });
    }
    Ok(Response::new().add_messages(messages))
}

pub fn finish(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError> {
    if reply.id != REPLY_RUN {
        return Err(ContractError::UnknownReply(reply.id));
    }
    let Running { proposal, actor } = json::read(&reply.payload)?;
    let mut row = state::proposal(deps.storage, proposal)?;
    let at = env.block.time.seconds();
    let event = match reply.result {
        SubMsgResult::Ok(_) => {
            row.execution = Some(Execution::Done { at });
            events::proposal_executed(&row, &actor)
        }
        SubMsgResult::Err(error) => {
            let reason = cut(error);
            let event = events::proposal_failed(&row, &actor, &reason);
            row.execution = None;
            row.failure = Some(Failure { at, reason });
            event
        }
    };
    state::save_proposal(deps.storage, &row)?;
    Ok(Response::new().add_event(event))
}

/// The first bytes of an error; contracts that are called choose how long it is.
fn cut(mut error: String) -> String {
    let mut end = error.len().min(MAX_FAILURE_BYTES);
    while !error.is_char_boundary(end) {
        end -= 1;
    }
    error.truncate(end);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(cut("short".into()), "short");
        assert_eq!(cut(String::new()), "");
        let long = format!("a{}", "é".repeat(MAX_FAILURE_BYTES));
        let kept = cut(long.clone());
        assert_eq!(kept.len(), MAX_FAILURE_BYTES - 1);
        assert!(long.starts_with(&kept));
    }
}
