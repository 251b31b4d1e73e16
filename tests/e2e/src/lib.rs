//! Equipment for end-to-end tests: a chain, an engine, agents and command lines as processes, as people run them.
//! `scripts/e2e` starts the chain and the engine, deploys the contracts and runs the tests of this crate one by one.

mod account;
mod deploying;
mod engine;
mod governing;
mod http;
mod lab;
mod manifest;
mod provider;
mod wait;
mod wasmd;

pub use account::{Account, Answer};
pub use deploying::{deploy_without_waiting, leases, matched, matched_with, runs, Pending, Terms};
pub use engine::Engine;
pub use http::{get, get_inside, get_within, inside, Page};
pub use lab::Lab;
pub use manifest::one_service_each;
pub use provider::{Pricing, Provider, Site};
pub use wait::{until, within};
pub use wasmd::Wasmd;
