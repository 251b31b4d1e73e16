//! The part of staking's storage that is public interface. The namespaces and the layout are those that cw4 tooling
//! reads by raw query: `members` to weight, `total`.

use cosmwasm_std::Addr;
use cw_storage_plus::{Item, Map, SnapshotItem, SnapshotMap, Strategy};

/// Bonded stake of an account in the base denom, which is its voting weight, with snapshots by height.
pub const MEMBERS: SnapshotMap<&Addr, u64> =
    SnapshotMap::new("members", "members__checkpoints", "members__changelog", Strategy::EveryBlock);

/// Bonded stake of everyone, with snapshots by height.
pub const TOTAL: SnapshotItem<u64> =
    SnapshotItem::new("total", "total__checkpoints", "total__changelog", Strategy::EveryBlock);

/// The part of [`MEMBERS`] that raw queries read: the current weights.
pub const MEMBERS_NOW: Map<&Addr, u64> = Map::new("members");

/// The part of [`TOTAL`] that raw queries read: the current weight of everyone.
pub const TOTAL_NOW: Item<u64> = Item::new("total");
