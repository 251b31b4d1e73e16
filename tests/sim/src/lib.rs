//! Random operations on the market, staking, the registry and governance together, held against a model.
//!
//! The model ([`model`]) is written from the specification and the documented messages. It calls no contract code and
//! no arithmetic of theirs: it says for every operation whether it is accepted, and what every account, order, bid,
//! lease, stake and root is afterwards. [`world`] runs both side by side and compares.

pub mod check;
pub mod drain;
pub mod generate;
pub mod model;
pub mod op;
pub mod seed;
pub mod stats;
pub mod world;
