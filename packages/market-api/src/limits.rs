//! Limits of the market, also answered by `QueryMsg::Limits`.

/// Orders opened by one message.
pub const MAX_ORDERS_PER_MESSAGE: usize = 10;
/// Open orders and live leases of one deployment, together.
pub const MAX_LIVE_PER_DEPLOYMENT: u32 = 200;
/// Delegates of one deployment at the same time.
pub const MAX_GRANTS_PER_DEPLOYMENT: usize = 8;
/// Groups that one delegate may open orders for.
pub const MAX_GRANTED_GROUPS: usize = 32;
/// Resource entries (services) of one group.
pub const MAX_RESOURCES_PER_GROUP: usize = 32;
/// Volumes of one resource entry.
pub const MAX_VOLUMES: usize = 8;
/// Replicas of one resource entry.
pub const MAX_COUNT: u32 = 1_000;
/// Length of a group's or volume's name in bytes; names are `[a-z0-9]([a-z0-9-]*[a-z0-9])?`.
pub const MAX_NAME_BYTES: usize = 63;
/// Auditors that one order names, any-of and all-of together; each is a read at every bid and match.
pub const MAX_AUDITORS: usize = 8;
/// Length of a decline's or break's reason in bytes.
pub const MAX_REASON_BYTES: usize = 256;
/// Bids that one call examines at most while it matches; a further call goes on where this one stopped.
pub const MAX_MATCH_STEPS: u32 = 10;
/// Orders and leases that one `CloseDeployment` closes at most.
pub const MAX_CLOSE_STEPS: u32 = 10;
/// Denoms that the market accepts.
pub const MAX_DENOMS: usize = 8;
/// Bounds of the parameters, in seconds.
pub const MAX_ACTIVATION_WINDOW: u64 = 24 * 3600;
pub const MAX_NOTICE_WINDOW: u64 = 30 * 24 * 3600;
pub const MAX_MATCH_WINDOW: u64 = 7 * 24 * 3600;
pub const MAX_BID_WINDOW: u64 = 30 * 24 * 3600;
pub const MAX_TERM: u64 = 10 * 366 * 24 * 3600;
/// Longest time that a lease can be funded ahead by top-ups, in seconds.
pub const MAX_FUNDED_SECONDS: u64 = 20 * 366 * 24 * 3600;
/// The largest fraction of a provider's stake that a fault may cost, in basis points.
pub const MAX_FAULT_SLASH_BPS: u16 = 5_000;
/// The largest fraction of a lease's price that breaking it may cost the provider, in basis points.
pub const MAX_BREAK_PENALTY_BPS: u16 = 5_000;
/// The longest jailing that a silent winner can get, in seconds.
pub const MAX_FAULT_JAIL_SECONDS: u64 = 30 * 24 * 3600;
/// The largest accepted amount of money in one order or top-up, so that no product overflows 128 bits.
pub const MAX_AMOUNT: u128 = u64::MAX as u128;
