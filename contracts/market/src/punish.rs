//! Faults cost stake and freedom. The messages to the other contracts may fail without holding up the tenant's money:
//! the lease ends all the same, and what failed stays due until it goes through. Were a failure final, a provider could
//! end its own lease from deep within a chain of calls, where the chain's limit of depth lets the slash fail.

use cloud_std::json;
use cosmwasm_std::{to_json_binary, Addr, DepsMut, Reply, Response, StdResult, SubMsg, SubMsgResult};
use market_api::{EndReason, LeaseId};
use registry_api::RegistryClient;
use staking_api::{Fault, StakingClient};

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::events;
use crate::state::config::{self, Suite};
use crate::state::leases::{self, LeaseRow};
use crate::state::punishments::{self, Due};

const REPLY_SLASH: u64 = 1;
const REPLY_JAIL: u64 = 2;
/// Of another contract's error, in an event.
const SHOWN_CHARS: usize = 200;

/// Punishes the provider of a lease that ends now.
pub fn fault(ctx: &mut Ctx, lease: &LeaseRow, reason: EndReason) -> Result<(), ContractError> {
    let all = Due { slash: true, jail: true };
    send(ctx, lease, reason, ctx.now, all)
}

/// Punishes again what failed.
pub fn again(ctx: &mut Ctx, id: LeaseId) -> Result<(), ContractError> {
    let due = punishments::due(ctx.storage, id)?.ok_or(ContractError::NothingDue(id))?;
    let lease = leases::load(ctx.storage, id)?;
    let Some(end) = &lease.status.end else { return Err(ContractError::NothingDue(id)) };
    punishments::save(ctx.storage, id, &lease.terms.provider, Due::default())?;
    ctx.event(events::punishment_retried(&lease, &ctx.sender, due));
    send(ctx, &lease, end.reason, end.at, due)
}

/// Sends what of `due` the fault costs at all. `ended_at` is in seconds since the epoch.
fn send(
    ctx: &mut Ctx,
    lease: &LeaseRow,
    reason: EndReason,
    ended_at: u64,
    due: Due,
) -> Result<(), ContractError> {
    let terms = &lease.terms;
    let (fault, fault_at, fraction, seconds, what) = match reason {
        EndReason::ActivationExpired => {
            let what = "the activation window passed";
            (Fault::ActivationExpired, terms.activate_until, terms.expiry_slash, terms.expiry_jail, what)
        }
        EndReason::ProviderBroke => {
            (Fault::LeaseBroken, ended_at, terms.break_slash, 0, "the lease was broken")
        }
        // No other end is a fault.
        _ => return Ok(()),
    };
    let suite = config::suite(ctx.storage)?;
    let said = format!("lease {}: {what}", lease.id);
    if due.slash && fraction.0 > 0 {
        let slash = staking_api::ExecuteMsg::Slash {
            provider: terms.provider.to_string(),
            fraction,
            fault,
            fault_at,
            harmed: Some(terms.tenant.to_string()),
            reason: said.clone(),
        };
        ctx.message(slash_message(&suite, &slash, lease.id)?);
    }
    if due.jail && seconds > 0 {
        let jail =
            registry_api::ExecuteMsg::Jail { provider: terms.provider.to_string(), seconds, reason: said };
        ctx.message(jail_message(&suite, &jail, lease.id)?);
    }
    Ok(())
}

fn slash_message(suite: &Suite, slash: &staking_api::ExecuteMsg, lease: LeaseId) -> StdResult<SubMsg> {
    let message = StakingClient(&suite.staking).execute(slash)?;
    Ok(SubMsg::reply_on_error(message, REPLY_SLASH).with_payload(to_json_binary(&lease)?))
}

fn jail_message(suite: &Suite, jail: &registry_api::ExecuteMsg, lease: LeaseId) -> StdResult<SubMsg> {
    let message = RegistryClient(&suite.registry).execute(jail)?;
    Ok(SubMsg::reply_on_error(message, REPLY_JAIL).with_payload(to_json_binary(&lease)?))
}

/// Notes what failed.
pub fn reply(deps: DepsMut, reply: Reply) -> Result<Response, ContractError> {
    let name = match reply.id {
        REPLY_SLASH => "slash_failed",
        REPLY_JAIL => "jail_failed",
        id => return Err(ContractError::UnknownReply(id)),
    };
    let SubMsgResult::Err(error) = reply.result else {
        // Only failures are asked for.
        return Ok(Response::new());
    };
    let id: LeaseId = json::read(&reply.payload)?;
    let provider: Addr = leases::provider(deps.storage, id)?;
    let mut due = punishments::due(deps.storage, id)?.unwrap_or_default();
    match reply.id {
        REPLY_SLASH => due.slash = true,
        _ => due.jail = true,
    }
    punishments::save(deps.storage, id, &provider, due)?;
    let error: String = error.chars().take(SHOWN_CHARS).collect();
    Ok(Response::new().add_event(events::punishment_failed(name, id, &provider, &error)))
}
