//! JSON-RPC over HTTP to a list of endpoints that are not trusted to be well.

pub mod answers;
mod http;
mod pool;

pub use http::Link;
pub use pool::Pool;

use crate::QueryError;

/// Why one endpoint did not give what was asked for.
#[derive(Debug)]
pub enum Fault {
    /// The endpoint is not well: it is demoted and the next one is asked.
    Broken(String),
    /// No connection came about, so that nothing was sent; otherwise as `Broken`.
    NotSent(String),
    /// The endpoint is well and lacks this (pruned, not there yet): the next one is asked.
    Lacking(QueryError),
    /// The chain has answered; nobody else would answer differently.
    Final(QueryError),
    /// The node's own error to a call that it understood; callers sort it into the other kinds.
    Rpc { code: i64, message: String },
}

impl From<QueryError> for Fault {
    fn from(error: QueryError) -> Self {
        Fault::Final(error)
    }
}
