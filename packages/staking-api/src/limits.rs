//! Limits of staking, also answered by `QueryMsg::Limits`.

/// Unbondings of one provider that run at the same time; bounds the work of a slash.
pub const MAX_UNBONDINGS: usize = 16;
/// Shortest unbonding period in seconds that a floor can be; a floor of its own binds each contract.
pub const MIN_UNBONDING_SECONDS: u64 = 1;
/// Longest unbonding period in seconds (90 days).
pub const MAX_UNBONDING_SECONDS: u64 = 90 * 24 * 3600;
/// The largest fraction that one slash may take, in basis points.
pub const MAX_SLASH_BPS: u16 = 5_000;
/// Length of a governance slash's reason in bytes.
pub const MAX_REASON_BYTES: usize = 256;
/// Stake in all, in the base denom: cw4 weights are 64 bits wide.
pub const MAX_TOTAL_STAKE: u128 = u64::MAX as u128;
