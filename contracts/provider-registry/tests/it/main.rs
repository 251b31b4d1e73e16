//! The contract through its entry points, on a simulated chain, with real certificates.

mod admin;
mod attestations;
mod bad_certificates;
mod chain;
mod factory;
mod golden;
mod keys;
mod providers;
mod roots;
