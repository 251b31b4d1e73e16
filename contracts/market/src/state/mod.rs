//! Storage. Maps are private to their files; the rest of the contract goes through their load and save functions,
//! which keep indexes and counters in step with the records.
//!
//! Each record is split by how often it is written: what never changes (`..Terms`), what changes with every action
//! (`..Status`), and what only a query of one thing reads. Stored field names are short because each byte written is
//! paid for.

pub mod bids;
pub mod changes;
pub mod config;
pub mod deployments;
pub mod grants;
pub mod keys;
pub mod leases;
pub mod orders;
pub mod punishments;
pub mod records;
pub mod statistics;
