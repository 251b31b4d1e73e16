use cloud_std::Bps;
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Uint128};

/// Where slashed tokens go.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Destination {
    Burn,
    /// The tenant that the fault harmed; a slash without one goes to the treasury.
    Tenant,
    /// The account in [`Params::treasury`].
    Treasury,
}

/// What a slash is for.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum Fault {
    /// A winner let its activation window pass.
    ActivationExpired,
    /// A provider broke a live lease.
    LeaseBroken,
    /// A decision of governance.
    Governance,
}

#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Params {
    /// The denom of stake.
    pub denom: String,
    /// Seconds from unbonding to claim.
    pub unbonding_seconds: u64,
    pub treasury: String,
    pub on_activation_expired: Destination,
    pub on_lease_broken: Destination,
    pub on_governance: Destination,
}

/// Bounds of the parameters that are fixed at the instantiation, below which no owner can go.
#[cw_serde]
#[derive(Copy, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Floors {
    /// The shortest unbonding period, in seconds: for how long after a fault stake can still be reached.
    pub unbonding_seconds: u64,
}

impl Default for Floors {
    fn default() -> Self {
        Self { unbonding_seconds: crate::limits::MIN_UNBONDING_SECONDS }
    }
}

/// One running unbonding.
#[cw_serde]
#[derive(Eq)]
pub struct Unbonding {
    pub id: u64,
    /// What is left of it after slashes.
    pub amount: Uint128,
    /// Seconds since the epoch.
    pub started_at: u64,
    /// Seconds since the epoch; claimable from then on.
    pub matures_at: u64,
}

#[cw_serde]
#[derive(Eq)]
pub struct StakeInfo {
    pub provider: Addr,
    pub bonded: Uint128,
    /// Sum of running and matured unbondings that are not claimed.
    pub unbonding: Uint128,
    /// Owed to this account from slashes of others, to be claimed.
    pub compensation: Uint128,
    pub unbondings: Vec<Unbonding>,
    /// Taken from this account by slashes, ever.
    pub slashed: Uint128,
}

#[cw_serde]
pub struct Config {
    pub owner: Addr,
    pub pending_owner: Option<Addr>,
    pub market: Option<Addr>,
    pub params: Params,
    /// Version 0.1.0 answers none.
    #[serde(default)]
    pub floors: Floors,
}

/// Both sides of `balance = bonded + unbonding + compensation + unaccounted`; `holds` when nothing is missing.
/// `unaccounted` is what was sent to the contract without a message, which belongs to nobody.
#[cw_serde]
pub struct Invariants {
    pub denom: String,
    pub balance: Uint128,
    pub bonded: Uint128,
    pub unbonding: Uint128,
    pub compensation: Uint128,
    pub unaccounted: Uint128,
    pub holds: bool,
    /// Burned or paid to the treasury by slashes, ever.
    pub burned: Uint128,
    pub to_treasury: Uint128,
    pub to_tenants: Uint128,
}

#[cw_serde]
pub struct Limits {
    pub max_unbondings: u32,
    pub min_unbonding_seconds: u64,
    pub max_unbonding_seconds: u64,
    pub max_slash: Bps,
    pub max_reason_bytes: u32,
    pub default_page_limit: u32,
    pub max_page_limit: u32,
}

/// cw4: one member.
#[cw_serde]
pub struct Member {
    pub addr: String,
    pub weight: u64,
}

/// cw4: answer to `list_members`.
#[cw_serde]
pub struct MemberListResponse {
    pub members: Vec<Member>,
}

/// cw4: answer to `member`; none when the account has no weight.
#[cw_serde]
pub struct MemberResponse {
    pub weight: Option<u64>,
}

/// cw4: answer to `total_weight`.
#[cw_serde]
pub struct TotalWeightResponse {
    pub weight: u64,
}

/// cw4: answer to `admin`.
#[cw_serde]
pub struct AdminResponse {
    pub admin: Option<String>,
}
