//! One file for each action.

pub mod claim;
pub mod ownership;
pub mod params;
pub mod set_market;
pub mod slash;
pub mod stake;
pub mod unbond;
