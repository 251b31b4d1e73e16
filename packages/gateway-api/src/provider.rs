use cloud_std::Money;
use cosmwasm_std::{Addr, Uint128};
use market_api::Group;
use serde::{Deserialize, Serialize};

/// Who answers, and how far it has followed the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    pub provider: Addr,
    /// The agent's version.
    pub version: String,
    pub chain_id: String,
    /// The last block that the agent has handled.
    pub height: u64,
    /// That block's time.
    pub block_time: u64,
    /// False while the agent drains or its operator has paused bidding.
    pub bidding: bool,
}

/// "What would you bid?", before anything is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    pub group: Group,
    /// Seconds.
    pub term: u64,
    /// The most that the whole term may cost.
    pub max_price: Money,
}

/// Not a promise: prices and room may change until the order is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Quote {
    WouldBid {
        /// For the whole term.
        price: Money,
    },
    NoBid {
        /// All that stand in the way, not only the first.
        reasons: Vec<NoBidReason>,
    },
}

/// Why a provider would not bid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum NoBidReason {
    #[error("the price for the term would be {asked}, above the maximum of {max}: raise the maximum price")]
    PriceAboveMax { asked: Uint128, max: Uint128 },
    #[error("this provider does not take {denom}, it takes {}", .accepted.join(", "))]
    DenomNotAccepted { denom: String, accepted: Vec<String> },
    #[error("not enough {resource}: {wanted} wanted, {free} free")]
    NoRoom { resource: String, wanted: u64, free: u64 },
    #[error("attribute {key}={value} is asked for and this provider does not have it")]
    MissingAttribute { key: String, value: String },
    #[error("a term of {term} s is outside of what this provider takes: {min} to {max} s")]
    TermOutOfRange { term: u64, min: u64, max: u64 },
    #[error("image {image} is not in this provider's engine, and it does not fetch images")]
    ImageMissing { image: String },
    #[error("{feature} is not offered by this provider")]
    NotOffered { feature: String },
    #[error("this provider does not bid at the moment: {cause}")]
    NotBidding { cause: String },
    #[error("{detail}")]
    Other { detail: String },
}
