//! Transactions: one queue per key, and one path from messages to an outcome.

mod actor;
mod build;
mod confirm;
mod gas;
mod journal;
mod outcome;
mod queue;

pub(crate) use build::simulate;
pub use gas::GasPrice;
pub use journal::{Journal, JournalEntry, JournalError, JournalOutcome, MemoryJournal};
pub use queue::{broadcast, Message, Ticket, TxConfig, TxQueue};
