//! Limits of governance, also answered by `QueryMsg::Limits`. No decision, however it was voted, leaves them; only a
//! migration can, and that waits for the upgrade time-lock.

/// Messages of one proposal.
pub const MAX_MESSAGES: usize = 10;
/// All messages of one proposal together, in bytes of their JSON.
pub const MAX_MESSAGES_BYTES: usize = 32 * 1024;
/// Length of a proposal's title in bytes.
pub const MAX_TITLE_BYTES: usize = 128;
/// Length of a proposal's description in bytes.
pub const MAX_DESCRIPTION_BYTES: usize = 4096;
/// What is kept of the reason why an execution failed, in bytes.
pub const MAX_FAILURE_BYTES: usize = 512;

/// The longest voting period in seconds.
pub const MAX_VOTING_SECONDS: u64 = 30 * 24 * 3600;
/// The longest time-lock of an ordinary proposal in seconds.
pub const MAX_TIMELOCK_SECONDS: u64 = 30 * 24 * 3600;
/// The longest time-lock of an upgrade in seconds; as long as the longest unbonding.
pub const MAX_UPGRADE_TIMELOCK_SECONDS: u64 = 90 * 24 * 3600;
/// The shortest and the longest time that a passed proposal can be executed, in seconds. A window too short to be met
/// would end governance.
pub const MIN_EXECUTION_SECONDS: u64 = 3600;
pub const MAX_EXECUTION_SECONDS: u64 = 30 * 24 * 3600;

/// Bounds of the quorum in basis points: a few never decide alone, and a few absent ones never block.
pub const MIN_QUORUM_BPS: u16 = 1_000;
pub const MAX_QUORUM_BPS: u16 = 8_000;
/// Bounds of the threshold in basis points: never a minority, never unanimity.
pub const MIN_THRESHOLD_BPS: u16 = 5_000;
pub const MAX_THRESHOLD_BPS: u16 = 8_000;
/// Bounds of the veto in basis points.
pub const MIN_VETO_BPS: u16 = 2_000;
pub const MAX_VETO_BPS: u16 = 5_000;

/// The largest deposit in the base denom; all stake together is no more.
pub const MAX_DEPOSIT: u128 = u64::MAX as u128;
/// A deposit is raised at most to this fraction of all stake, in basis points, so that it never shuts stakers out.
pub const MAX_RAISED_DEPOSIT_BPS: u16 = 100;
