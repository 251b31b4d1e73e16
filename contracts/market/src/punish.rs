//! Faults cost stake and freedom. The messages to the other contracts may fail without holding up the tenant's money:
//! the lease ends all the same, and what failed stays due until it goes through. Were a failure final, a provider could
//! end its own lease from deep within a chain of calls, where the chain's limit of depth lets the slash fail.

use cosmwasm_std::{Addr, DepsMut, Reply, Response, SubMsg, SubMsgResult, WasmMsg};
use market_api::{EndReason, LeaseId};
use registry_api::RegistryClient;
use staking_api::{Fault, StakingClient};

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::events;
use crate::state::config;
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
        let message = StakingClient(&suite.staking).execute(&slash)?;
        send_one(ctx, message, REPLY_SLASH, lease.id);
    }
    if due.jail && seconds > 0 {
        let jail =
            registry_api::ExecuteMsg::Jail { provider: terms.provider.to_string(), seconds, reason: said };
        let message = RegistryClient(&suite.registry).execute(&jail)?;
        send_one(ctx, message, REPLY_JAIL, lease.id);
    }
    Ok(())
}

/// What comes back with the reply is the lease and who sent the message: the reply itself names no sender.
fn send_one(ctx: &mut Ctx, message: WasmMsg, id: u64, lease: LeaseId) {
    let mut payload = lease.0.to_be_bytes().to_vec();
    payload.extend_from_slice(ctx.sender.as_bytes());
    ctx.message(SubMsg::reply_on_error(message, id).with_payload(payload));
}

fn read_payload(payload: &[u8]) -> Option<(LeaseId, Addr)> {
    let (lease, actor) = payload.split_first_chunk()?;
    let actor = String::from_utf8(actor.to_vec()).ok()?;
    Some((LeaseId(u64::from_be_bytes(*lease)), Addr::unchecked(actor)))
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
    let (id, actor) = read_payload(&reply.payload).ok_or(ContractError::UnknownReply(reply.id))?;
    let provider: Addr = leases::provider(deps.storage, id)?;
    let mut due = punishments::due(deps.storage, id)?.unwrap_or_default();
    match reply.id {
        REPLY_SLASH => due.slash = true,
        _ => due.jail = true,
    }
    punishments::save(deps.storage, id, &provider, due)?;
    let error: String = error.chars().take(SHOWN_CHARS).collect();
    Ok(Response::new().add_event(events::punishment_failed(name, id, &provider, &error, &actor)))
}
