//! What the contracts share and no published crate for cosmwasm-std 3 offers: ids, money in one denom, paging,
//! exact funds, two-step ownership, message permissions and version checks.
//!
//! Units throughout the suite: time in whole seconds since the Unix epoch, durations in seconds, money in the
//! base denom, cpu in millicores, memory and storage in bytes, bandwidth in bytes per second.

mod bps;
mod entry;
mod funds;
pub mod json;
mod money;
mod ownership;
mod page;
mod permission;
mod sorted;
pub mod storage;
mod version;

pub use bps::{Bps, BPS_ONE};
pub use funds::{no_funds, one_coin, FundsError};
pub use money::Money;
pub use ownership::{Ownership, OwnershipAction, OwnershipError, OwnershipMsg, OwnershipStore};
pub use page::{page_limit, Page, DEFAULT_PAGE_LIMIT, MAX_PAGE_LIMIT};
pub use permission::Permission;
pub use sorted::Sorted;
pub use version::{migrate_from_older, VersionError};

/// Declares an id: a `u64` counter that is never reused, a plain number in JSON, usable as a storage key.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[::cosmwasm_schema::cw_serde]
        #[derive(::cw_storage_plus::NewTypeKey, Copy, Default, Eq, PartialOrd, Ord, Hash)]
        #[serde(transparent)]
        #[schemaifier(mute_warnings)]
        pub struct $name(pub u64);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }

        impl From<u64> for $name {
            fn from(v: u64) -> Self {
                Self(v)
            }
        }
    };
}
