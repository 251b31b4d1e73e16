//! Transactions: one queue per key, and one path from messages to an outcome.

mod gas;
mod journal;
mod queue;

pub use gas::GasPrice;
pub use journal::{Journal, JournalEntry, JournalError, JournalOutcome, MemoryJournal};
pub use queue::{broadcast, Message, Ticket, TxConfig, TxQueue};
