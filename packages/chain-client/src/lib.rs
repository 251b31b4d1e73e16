//! The only part that speaks to nodes: queries, blocks, keys and one transaction queue per key.
//!
//! What a caller needs to know:
//! - [`Client`] asks a list of endpoints; [`QueryError::is_unknown`] tells "nobody answered" from "the chain says no".
//! - [`Market`], [`Staking`], [`Registry`] and [`Governance`] are the typed queries of the contracts.
//! - [`TxQueue`] is the sole owner of an account's sequence in a process that runs; [`broadcast`] is for one
//!   transaction of a command that ends.
//! - [`keys`] holds secrets; nothing in it prints them.

pub mod address_book;
pub mod client;
pub mod contracts;
mod error;
mod event;
mod interpret;
pub mod keys;
mod msg;
mod rpc;
pub mod tx;
mod types;
mod wasm;

pub use address_book::{AddressBook, ContractEntry, Migration};
pub use client::{Client, ClientConfig};
pub use contracts::{Contracts, Governance, Market, Registry, Staking};
pub use error::{BookError, QueryError, TxError};
pub use event::{Event, RawEvent};
pub use keys::{KeyError, KeyFile, LocalKey, Passphrase, Signer};
pub use msg::Msg;
pub use tx::{
    broadcast, GasPrice, Journal, JournalEntry, JournalError, JournalOutcome, MemoryJournal, Message, Ticket,
    TxConfig, TxQueue,
};
pub use types::{Account, Block, Code, ContractOnChain, ContractVersion, Status, TxResult};
