//! The `akash` command: from a manifest to a running workload, and everything else that tenants and providers ask of
//! the market. `cli` is the command line, `commands` what each command does, `flow` what goes over several steps.

pub mod cli;
mod commands;
mod convert;
pub mod error;
mod flow;
mod gateway;
mod home;
mod kept;
mod keystore;
pub mod output;
mod progress;
mod roots;
mod sdl;
mod secrets;
mod session;
mod show;
mod sources;
mod units;

pub use commands::{run, Done};
