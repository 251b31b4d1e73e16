use cloud_std::{id_type, Bps, Money};
use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, HexBinary, Uint128};
use registry_api::Attribute;

id_type!(
    /// A deployment, numbered from 1 over the whole market.
    DeploymentId
);
id_type!(
    /// An order, numbered from 1 over the whole market.
    OrderId
);
id_type!(
    /// A lease, numbered from 1 over the whole market.
    LeaseId
);

// ---- what a tenant asks for

/// A volume. `persistent` ones outlive a restart of the workload and die with the lease.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Volume {
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub persistent: bool,
    /// Storage class such as `beta2`; absent for the provider's default.
    pub class: Option<String>,
}

/// Graphics processors of one replica.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Gpu {
    pub units: u32,
    /// Such as `vendor/nvidia/model/a100` = `true`.
    pub attributes: Vec<Attribute>,
}

/// What one replica of a service needs, and how many replicas.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Resources {
    /// Millicores: 1000 is one core.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
    pub storage: Vec<Volume>,
    /// Bytes per second in and out; 0 when nothing is asked.
    pub bandwidth: u64,
    pub gpu: Option<Gpu>,
    /// Ports that the provider publishes for each replica.
    pub endpoints: u32,
    pub count: u32,
}

/// Auditors that must vouch for every attribute of the requirements, and for at least one where none is asked for.
/// Each list names an account once.
#[cw_serde]
#[derive(Default, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct SignedBy {
    /// One of these alone must vouch for all; empty when it does not matter.
    #[serde(default)]
    pub any_of: Vec<String>,
    /// Each of these must vouch for all.
    #[serde(default)]
    pub all_of: Vec<String>,
}

impl SignedBy {
    pub fn is_empty(&self) -> bool {
        self.any_of.is_empty() && self.all_of.is_empty()
    }

    /// All accounts named; one that is in both lists comes twice.
    pub fn auditors(&self) -> impl Iterator<Item = &String> {
        self.all_of.iter().chain(&self.any_of)
    }
}

/// What a provider must be to bid, and again to win. More kinds join these as fields.
#[cw_serde]
#[derive(Default, Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Requirements {
    /// All of them: values alike, keys alike or within the wildcard `*` at a wished key's end, which stands for
    /// anything but `/`.
    pub attributes: Vec<Attribute>,
    /// Bonded stake in the base denom of staking.
    pub min_stake: Uint128,
    #[serde(default, skip_serializing_if = "SignedBy::is_empty")]
    pub signed_by: SignedBy,
    /// Basis points; see `docs/reputation.md`.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub min_reputation: Bps,
}

/// What is not asked for is not stored, because each byte of an order is paid for.
fn is_nothing(least: &Bps) -> bool {
    *least == Bps(0)
}

/// Workloads that are placed together at one provider.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Group {
    /// The name that the manifest gives the group.
    pub name: String,
    pub resources: Vec<Resources>,
    pub requirements: Requirements,
}

/// One group, for sale.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct OrderSpec {
    pub group: Group,
    /// Seconds that the price pays for.
    pub term: u64,
    /// The most that the whole term may cost; locked from the funds sent.
    pub max_price: Money,
    /// Seconds that the order takes bids, from the block that creates it.
    pub bid_window: u64,
    /// Match the next eligible bid when a winner declines or stays silent. The surplus over the winning price then
    /// stays locked until a winner activates, because the next bid may cost more.
    pub fallback: bool,
}

// ---- records

#[cw_serde]
#[derive(Copy, Eq)]
pub enum DeploymentState {
    Active,
    /// Being closed step by step: no new orders, no top-ups.
    Closing,
    Closed,
}

#[cw_serde]
#[derive(Eq)]
pub struct Deployment {
    pub id: DeploymentId,
    pub tenant: Addr,
    pub state: DeploymentState,
    /// SHA-256 of the canonical manifest, 32 bytes.
    pub version: HexBinary,
    /// Counts the versions from 1.
    pub revision: u64,
    /// Orders that are neither matched nor ended, plus leases that have not ended.
    pub live: u32,
    /// Seconds since the epoch.
    pub created_at: u64,
    /// Seconds since the epoch.
    pub updated_at: u64,
}

/// Where an order stands on the record.
#[cw_serde]
#[derive(Copy, Eq)]
#[repr(u8)]
pub enum OrderState {
    /// Takes bids until `open_until`, then waits for its match.
    Open = 0,
    /// A lease came of it that is pending, active or ended; with fall-back it may return to `Open`.
    Matched = 1,
    /// Nobody eligible was left, or nobody matched it in time: everything locked went back.
    Expired = 2,
    /// Closed by its tenant.
    Closed = 3,
}

/// Where an order stands at the time of the block that answers: what anyone may do with it now.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum OrderPhase {
    /// Bids are accepted.
    Bidding,
    /// Bidding is over; anyone may match it.
    Matching,
    /// Too late to match; anyone may match it to expire it.
    Lapsed,
    Matched,
    Expired,
    Closed,
}

#[cw_serde]
#[derive(Eq)]
pub struct Order {
    pub id: OrderId,
    pub deployment: DeploymentId,
    pub tenant: Addr,
    pub spec: OrderSpec,
    pub state: OrderState,
    pub phase: OrderPhase,
    /// Seconds since the epoch; bids are accepted before this second.
    pub open_until: u64,
    /// Seconds since the epoch; a match is possible before this second.
    pub match_until: u64,
    /// Money of `spec.max_price` that the order still locks.
    pub locked: Money,
    /// Bids in the book.
    pub bids: u32,
    /// The lease of the latest match.
    pub lease: Option<LeaseId>,
    /// Seconds since the epoch.
    pub created_at: u64,
}

/// Where a bid stands at the time of the block that answers.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum BidState {
    /// In the book.
    Open,
    /// A lease came of it.
    Won,
    /// The order went to another, expired or was closed.
    Lost,
    /// Passed over at a match because its provider was no longer eligible.
    Skipped,
}

#[cw_serde]
#[derive(Eq)]
pub struct Bid {
    pub order: OrderId,
    pub provider: Addr,
    /// Total for the term, in the order's denom.
    pub price: Uint128,
    /// The place in time at this price: lower was placed earlier. Lowering a price takes a new place.
    pub sequence: u64,
    pub state: BidState,
    /// What was locked with the bid, in the order's denom; zero once it was taken back.
    pub deposit: Uint128,
    /// Who paid the deposit and gets it back.
    pub depositor: Addr,
    /// Seconds since the epoch.
    pub placed_at: u64,
}

#[cw_serde]
#[derive(Copy, Eq)]
#[repr(u8)]
pub enum LeaseState {
    /// Matched; the winner has until `activate_until`.
    Pending = 0,
    /// Time is being paid.
    Active = 1,
    Ended = 2,
}

/// Why a lease ended.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum EndReason {
    /// The tenant closed it before it was activated.
    TenantCancelled,
    /// The tenant closed it.
    TenantClosed,
    /// Its prepaid time ran out.
    FundsExhausted,
    /// The provider gave notice and the notice window is over.
    ProviderNotice,
    /// The provider broke it: a fault.
    ProviderBroke,
    /// The winner declined to activate.
    Declined,
    /// The winner let the activation window pass: a fault.
    ActivationExpired,
}

/// Where a lease stands at the time of the block that answers: what anyone may do with it now.
#[cw_serde]
#[derive(Copy, Eq)]
pub enum LeasePhase {
    /// Waits for the winner to activate.
    Pending,
    /// The winner is late: anyone may expire it.
    Overdue,
    /// Running and paid.
    Active,
    /// Its time is over: anyone may settle it.
    Due,
    Ended,
}

#[cw_serde]
#[derive(Eq)]
pub struct Lease {
    pub id: LeaseId,
    pub deployment: DeploymentId,
    pub order: OrderId,
    pub group: String,
    pub tenant: Addr,
    pub provider: Addr,
    pub state: LeaseState,
    pub phase: LeasePhase,
    /// The agreed rate: `price` for `term` seconds.
    pub price: Money,
    /// Seconds.
    pub term: u64,
    /// The deployment's version at the match; the winner may activate with this one or the current one.
    pub matched_version: HexBinary,
    /// All that was ever put into the lease, in the denom of `price`.
    pub funds: Uint128,
    /// Seconds from `started_at` that `funds` pay for: `floor(funds x term / price)`.
    pub funded_seconds: u64,
    /// `floor(price x served / term)`, at the time of the block that answers; less a penalty once it ended.
    pub earned: Uint128,
    /// Paid out to the provider so far.
    pub withdrawn: Uint128,
    /// Returned to the tenant at the end.
    pub refunded: Uint128,
    /// Seconds since the epoch.
    pub matched_at: u64,
    /// Seconds since the epoch; the winner may activate up to and including this second.
    pub activate_until: u64,
    /// Seconds since the epoch.
    pub started_at: Option<u64>,
    /// Seconds since the epoch; when the provider's notice ends the lease.
    pub notice_until: Option<u64>,
    /// Seconds since the epoch: when the lease ends by its funds or by notice if nobody acts; `activate_until`
    /// while pending; the time it ended once it has.
    pub ends_at: u64,
    pub end_reason: Option<EndReason>,
}

/// What a provider did in this market, kept as it happens.
#[cw_serde]
#[derive(Default, Eq)]
pub struct Record {
    pub leases_won: u64,
    pub leases_activated: u64,
    pub leases_declined: u64,
    /// Silent past the activation window.
    pub leases_expired: u64,
    /// Ended after activation and not by the provider's fault.
    pub leases_completed: u64,
    pub leases_broken: u64,
    /// Pending and active ones.
    pub leases_live: u64,
    /// Seconds, counted when money of a lease moves.
    pub seconds_served: u64,
    /// Tenants that had a lease activated.
    pub distinct_tenants: u64,
}

#[cw_serde]
#[derive(Eq)]
pub struct ProviderRecord {
    pub provider: Addr,
    pub record: Record,
    /// By denom, counted when money of a lease moves; at most as many denoms as the market ever accepted, cut at
    /// the largest page.
    pub earned: Vec<Money>,
}

/// A provider's reputation and what it is made of; see `docs/reputation.md`.
#[cw_serde]
#[derive(Eq)]
pub struct Reputation {
    pub provider: Addr,
    /// `floor(quality x stake / total_stake)`.
    pub reputation: Bps,
    /// How good the service on record is, whatever the stake.
    pub quality: Bps,
    /// Bonded, in the base denom of staking.
    pub stake: Uint128,
    /// Bonded by everyone.
    pub total_stake: Uint128,
}

// ---- parameters and answers

#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct DenomParams {
    pub denom: String,
    /// Locked with each bid on an order in this denom; 0 for none.
    pub bid_deposit: Uint128,
    /// The least maximum price of an order, which keeps dust out.
    pub min_order_price: Uint128,
}

/// A change takes effect for orders and matches after it; live leases keep their terms.
#[cw_serde]
#[derive(Eq)]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct Params {
    pub denoms: Vec<DenomParams>,
    /// Seconds between match and the last chance to activate.
    pub activation_window: u64,
    /// Seconds between a provider's notice and the end of the lease.
    pub notice_window: u64,
    /// Seconds after the end of bidding in which an order can be matched; then its bids bind nobody.
    pub match_window: u64,
    pub min_bid_window: u64,
    pub max_bid_window: u64,
    pub min_term: u64,
    pub max_term: u64,
    /// Of the stake of a winner that stayed silent.
    pub expiry_slash: Bps,
    /// Seconds that a silent winner wins no orders; 0 for none.
    pub expiry_jail: u64,
    /// Of the stake of a provider that broke a lease.
    pub break_slash: Bps,
    /// Of the price of a broken lease, returned to the tenant from what the provider has not withdrawn.
    pub break_penalty: Bps,
}

#[cw_serde]
pub struct Config {
    pub owner: Addr,
    pub pending_owner: Option<Addr>,
    pub registry: Addr,
    pub staking: Addr,
    pub params: Params,
}

/// One requirement of an order held against one provider.
#[cw_serde]
#[derive(Eq)]
pub struct RequirementCheck {
    pub requirement: RequirementKind,
    pub met: bool,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

#[cw_serde]
#[derive(Copy, Eq)]
pub enum RequirementKind {
    Registered,
    NotJailed,
    ValidRoot,
    /// Every fault was punished as its lease's terms say.
    NoPunishmentDue,
    Attribute,
    /// One for each auditor of `all_of`.
    SignedByAllOf,
    SignedByAnyOf,
    MinStake,
    MinReputation,
}

/// What of a fault's punishment failed and can be tried again.
#[cw_serde]
#[derive(Eq)]
pub struct PunishmentDue {
    pub lease: LeaseId,
    pub provider: Addr,
    pub slash: bool,
    pub jail: bool,
}

#[cw_serde]
#[derive(Eq)]
pub struct Eligibility {
    pub provider: Addr,
    pub eligible: bool,
    pub checks: Vec<RequirementCheck>,
}

/// One denom's side of conservation: `balance = locked_in_orders + bid_deposits + live_leases + earned + grants +
/// unaccounted`.
#[cw_serde]
#[derive(Eq)]
pub struct DenomTotals {
    pub denom: String,
    /// What the bank module says the contract holds.
    pub balance: Uint128,
    pub locked_in_orders: Uint128,
    pub bid_deposits: Uint128,
    /// In leases that have not ended: unspent, and earned by the second and not withdrawn.
    pub live_leases: Uint128,
    /// In leases that have ended: earned and not withdrawn.
    pub earned: Uint128,
    /// Budgets of delegates that are not spent.
    pub grants: Uint128,
    /// Sent to the contract without a message; belongs to nobody. Negative would be a loss: see `missing`.
    pub unaccounted: Uint128,
    /// What the contract owes beyond its balance; zero always.
    pub missing: Uint128,
}

#[cw_serde]
#[derive(Eq)]
pub struct Invariants {
    pub holds: bool,
    pub denoms: Vec<DenomTotals>,
}

impl EndReason {
    /// In the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::TenantCancelled,
        Self::TenantClosed,
        Self::FundsExhausted,
        Self::ProviderNotice,
        Self::ProviderBroke,
        Self::Declined,
        Self::ActivationExpired,
    ];
}

/// Leases that ended for one reason.
#[cw_serde]
#[derive(Copy, Eq)]
pub struct LeaseEnds {
    pub reason: EndReason,
    pub leases: u64,
}

/// Counts over the whole market, kept as they change.
#[cw_serde]
#[derive(Default, Eq)]
pub struct Totals {
    pub deployments: u64,
    pub deployments_live: u64,
    pub orders: u64,
    pub orders_open: u64,
    pub bids: u64,
    pub leases: u64,
    pub leases_pending: u64,
    pub leases_active: u64,
    /// Orders that ended without a lease that was activated, since `counted_since`.
    pub orders_expired: u64,
    /// Orders that their tenants closed, since `counted_since`.
    pub orders_closed: u64,
    /// Ended leases, one entry for each reason, since `counted_since`.
    pub ends: Vec<LeaseEnds>,
    /// Accounts whose first deployment was created since `counted_since`.
    pub tenants: u64,
    /// Accounts that won their first lease since `counted_since`.
    pub providers: u64,
    /// What providers earned, in each denom that the market ever held, since `counted_since`; an active lease counts
    /// what was withdrawn from it.
    pub earned: Vec<Money>,
    /// Seconds since the epoch: the contract's start, or its migration from version 0.1.0, which counted none of
    /// these.
    pub counted_since: u64,
}

#[cw_serde]
pub struct Limits {
    pub max_orders_per_message: u32,
    pub max_live_per_deployment: u32,
    pub max_grants_per_deployment: u32,
    pub max_granted_groups: u32,
    pub max_resources_per_group: u32,
    pub max_volumes: u32,
    pub max_count: u32,
    pub max_name_bytes: u32,
    pub max_reason_bytes: u32,
    pub max_match_steps: u32,
    pub max_close_steps: u32,
    pub max_attributes: u32,
    pub max_auditors: u32,
    pub max_funded_seconds: u64,
    pub max_amount: Uint128,
    pub default_page_limit: u32,
    pub max_page_limit: u32,
}
