use cloud_std::OwnershipAction;
use market_api::Params;

use crate::ctx::Ctx;
use crate::error::ContractError;
use crate::state::config;
use crate::{events, validate};

pub fn update_params(ctx: &mut Ctx, params: &Params) -> Result<(), ContractError> {
    validate::params(params)?;
    config::save_params(ctx.storage, params)?;
    ctx.event(events::params_updated(&ctx.sender));
    Ok(())
}

pub fn ownership(ctx: &mut Ctx, action: OwnershipAction) -> Result<(), ContractError> {
    let ownership = config::OWNERSHIP.apply(ctx.storage, ctx.api, &ctx.sender, action.clone())?;
    ctx.event(events::ownership_changed(&action, &ownership, &ctx.sender));
    Ok(())
}
