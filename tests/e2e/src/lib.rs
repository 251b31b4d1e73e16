//! Equipment for end-to-end tests: a chain, an engine, agents and command lines as processes, as people run them.
//! `scripts/e2e` starts the chain and the engine, deploys the contracts and runs the tests of this crate one by one.

mod account;
mod engine;
mod governing;
mod http;
mod lab;
mod provider;
mod wait;
mod wasmd;

pub use account::{Account, Answer};
pub use engine::Engine;
pub use http::{get, Page};
pub use lab::Lab;
pub use provider::{Pricing, Provider};
pub use wait::{until, within};
pub use wasmd::Wasmd;
