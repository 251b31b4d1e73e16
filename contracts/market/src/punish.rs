//! Faults cost stake and orders. These messages to the other contracts may fail without holding up the tenant's money:
//! the failure is answered by an event and the lease ends all the same.

use cloud_std::Bps;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{from_json, to_json_binary, Reply, Response, StdResult, SubMsg, SubMsgResult};
use registry_api::RegistryClient;
use staking_api::{Fault, StakingClient};

use crate::error::ContractError;
use crate::events;
use crate::state::config::Suite;
use crate::state::leases::LeaseRow;

const REPLY_SLASH: u64 = 1;
const REPLY_JAIL: u64 = 2;
/// Of another contract's error, in an event.
const SHOWN_CHARS: usize = 200;

/// What a reply has to know.
#[cw_serde]
struct Punished {
    lease: String,
    provider: String,
}

impl Punished {
    fn of(lease: &LeaseRow) -> Self {
        Self { lease: lease.id.to_string(), provider: lease.terms.provider.to_string() }
    }
}

/// None when the fault costs no stake. `fault_at` is in seconds since the epoch.
pub fn slash(
    suite: &Suite,
    lease: &LeaseRow,
    fraction: Bps,
    fault: Fault,
    fault_at: u64,
    reason: &str,
) -> StdResult<Option<SubMsg>> {
    if fraction.0 == 0 {
        return Ok(None);
    }
    let message = StakingClient(&suite.staking).execute(&staking_api::ExecuteMsg::Slash {
        provider: lease.terms.provider.to_string(),
        fraction,
        fault,
        fault_at,
        harmed: Some(lease.terms.tenant.to_string()),
        reason: format!("lease {}: {reason}", lease.id),
    })?;
    let payload = to_json_binary(&Punished::of(lease))?;
    Ok(Some(SubMsg::reply_on_error(message, REPLY_SLASH).with_payload(payload)))
}

/// None when the fault jails nobody.
pub fn jail(suite: &Suite, lease: &LeaseRow, seconds: u64, reason: &str) -> StdResult<Option<SubMsg>> {
    if seconds == 0 {
        return Ok(None);
    }
    let message = RegistryClient(&suite.registry).execute(&registry_api::ExecuteMsg::Jail {
        provider: lease.terms.provider.to_string(),
        seconds,
        reason: format!("lease {}: {reason}", lease.id),
    })?;
    let payload = to_json_binary(&Punished::of(lease))?;
    Ok(Some(SubMsg::reply_on_error(message, REPLY_JAIL).with_payload(payload)))
}

pub fn reply(reply: Reply) -> Result<Response, ContractError> {
    let name = match reply.id {
        REPLY_SLASH => "slash_failed",
        REPLY_JAIL => "jail_failed",
        id => return Err(ContractError::UnknownReply(id)),
    };
    let Punished { lease, provider } = from_json(&reply.payload)?;
    Ok(match reply.result {
        SubMsgResult::Err(error) => {
            let error: String = error.chars().take(SHOWN_CHARS).collect();
            Response::new().add_event(events::punishment_failed(name, &lease, &provider, &error))
        }
        // Only failures are asked for.
        SubMsgResult::Ok(_) => Response::new(),
    })
}
