use cloud_std::{Bps, Money};
use cosmwasm_std::{Addr, BankMsg, Deps, DepsMut, Env, MessageInfo, Response, Storage, Uint128};
use staking_api::limits::{MAX_REASON_BYTES, MAX_SLASH_BPS};
use staking_api::{Destination, Fault, Params};

use crate::{events, state, ContractError};

/// A slash with its addresses validated.
pub struct Slash {
    pub provider: Addr,
    pub fraction: Bps,
    pub fault: Fault,
    pub fault_at: u64,
    pub harmed: Option<Addr>,
    pub reason: String,
}

pub fn run(deps: DepsMut, env: Env, info: MessageInfo, slash: Slash) -> Result<Response, ContractError> {
    let now = env.block.time.seconds();
    check(deps.as_ref(), &info.sender, now, &slash)?;

    let cut = cut(deps.storage, &env, &slash)?;
    let amount = cut.from_bonded.checked_add(cut.from_unbonding)?;
    let params = state::params(deps.storage)?;
    let destination = destination(&params, &slash);

    let mut books = state::books(deps.storage)?;
    books.unbonding = books.unbonding.checked_sub(cut.from_unbonding)?;
    let mut offender = state::account(deps.storage, &slash.provider)?;
    offender.slashed = offender.slashed.checked_add(amount)?;
    if !amount.is_zero() {
        state::save_account(deps.storage, &slash.provider, &offender)?;
    }

    let mut response = Response::new();
    if !amount.is_zero() {
        let coins = vec![Money::new(&params.denom, amount).coin()];
        match (destination, &slash.harmed) {
            (Destination::Tenant, Some(harmed)) => {
                let mut tenant = state::account(deps.storage, harmed)?;
                tenant.compensation = tenant.compensation.checked_add(amount)?;
                state::save_account(deps.storage, harmed, &tenant)?;
                books.compensation = books.compensation.checked_add(amount)?;
                books.to_tenants = books.to_tenants.checked_add(amount)?;
            }
            (Destination::Burn, _) => {
                books.burned = books.burned.checked_add(amount)?;
                response = response.add_message(BankMsg::Burn { amount: coins });
            }
            (Destination::Treasury | Destination::Tenant, _) => {
                books.to_treasury = books.to_treasury.checked_add(amount)?;
                response = response
                    .add_message(BankMsg::Send { to_address: params.treasury.clone(), amount: coins });
            }
        }
    }
    state::save_books(deps.storage, &books)?;

    Ok(response.add_event(events::stake_slashed(&events::Slashed {
        provider: &slash.provider,
        actor: &info.sender,
        fault: slash.fault,
        fault_at: slash.fault_at,
        fraction: slash.fraction,
        from_bonded: cut.from_bonded,
        from_unbonding: cut.from_unbonding,
        amount,
        denom: &params.denom,
        destination,
        harmed: slash.harmed.as_ref(),
        reason: &slash.reason,
        bonded: cut.bonded,
        unbonding: cut.unbonding,
        total: cut.total,
    })))
}

/// The market answers for the faults that it sees itself, the owner for its own decisions with a reason.
fn check(deps: Deps, sender: &Addr, now: u64, slash: &Slash) -> Result<(), ContractError> {
    let (allowed, role) = match slash.fault {
        Fault::Governance => (state::OWNERSHIP.load(deps.storage)?.owner == *sender, "the contract's owner"),
        Fault::ActivationExpired | Fault::LeaseBroken => {
            (state::market(deps.storage)?.as_ref() == Some(sender), "the market")
        }
    };
    if !allowed {
        let sender = sender.clone();
        return Err(ContractError::FaultNotYours { sender, fault: slash.fault, allowed: role });
    }
    if slash.fraction.0 > MAX_SLASH_BPS {
        return Err(ContractError::FractionTooLarge { got: slash.fraction, max: Bps(MAX_SLASH_BPS) });
    }
    if slash.fault_at > now {
        return Err(ContractError::FaultInFuture { fault_at: slash.fault_at, now });
    }
    if slash.reason.len() > MAX_REASON_BYTES {
        return Err(ContractError::ReasonTooLong { got: slash.reason.len(), max: MAX_REASON_BYTES });
    }
    if slash.fault == Fault::Governance {
        if slash.fraction.0 == 0 {
            return Err(ContractError::ZeroFraction);
        }
        if slash.reason.trim().is_empty() {
            return Err(ContractError::NoReason);
        }
    }
    Ok(())
}

struct Cut {
    from_bonded: Uint128,
    from_unbonding: Uint128,
    bonded: u64,
    unbonding: Uint128,
    total: u64,
}

/// Takes the same fraction of the bonded stake and of each unbonding that can still be slashed, each rounded down
/// on its own, so that splitting a stake over many unbondings gains at most a unit each.
fn cut(storage: &mut dyn Storage, env: &Env, slash: &Slash) -> Result<Cut, ContractError> {
    let now = env.block.time.seconds();
    let bonded = state::bonded(storage, &slash.provider)?;
    let total = state::total_bonded(storage)?;
    let from_bonded = slash.fraction.of(Uint128::from(bonded));
    // A fraction never takes more than the whole, so neither subtraction reaches below zero.
    let taken = u64::try_from(from_bonded.u128()).unwrap_or(bonded);
    let (left, total_left) = (bonded.saturating_sub(taken), total.saturating_sub(taken));
    if taken > 0 {
        state::save_bonded(storage, &slash.provider, left, total_left, env.block.height)?;
    }

    let mut from_unbonding = Uint128::zero();
    let mut unbonding = Uint128::zero();
    for mut entry in state::unbondings(storage, &slash.provider)? {
        let slashable = entry.started_at >= slash.fault_at || now < entry.matures_at;
        let taken = if slashable { slash.fraction.of(entry.amount) } else { Uint128::zero() };
        entry.amount = entry.amount.checked_sub(taken)?;
        from_unbonding = from_unbonding.checked_add(taken)?;
        unbonding = unbonding.checked_add(entry.amount)?;
        if !taken.is_zero() {
            state::save_unbonding(storage, &slash.provider, &entry)?;
        }
    }
    Ok(Cut { from_bonded, from_unbonding, bonded: left, unbonding, total: total_left })
}

/// Where the parameters send it. What should go to the harmed tenant goes to the treasury when there is none, and
/// when it is the offender itself, who would otherwise pay its fine into its own pocket.
fn destination(params: &Params, slash: &Slash) -> Destination {
    let wanted = match slash.fault {
        Fault::ActivationExpired => params.on_activation_expired,
        Fault::LeaseBroken => params.on_lease_broken,
        Fault::Governance => params.on_governance,
    };
    let harmed = slash.harmed.as_ref().filter(|harmed| **harmed != slash.provider);
    match (wanted, harmed) {
        (Destination::Tenant, None) => Destination::Treasury,
        _ => wanted,
    }
}
