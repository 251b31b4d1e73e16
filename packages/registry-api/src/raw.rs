//! The part of the registry's storage that is public interface: other contracts read it by raw query.

use cosmwasm_std::Addr;
use cw_storage_plus::Map;

use crate::Provider;

/// Owner address to record.
pub const PROVIDERS: Map<&Addr, Provider> = Map::new("providers");
