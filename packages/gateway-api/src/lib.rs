//! Requests, answers and errors of the provider agent's gateway, shared by agent and CLI.
//!
//! The gateway speaks HTTP/1.1 inside TLS 1.3 with certificates on both sides (crate `identity`). All paths start
//! with [`VERSION_PREFIX`]; `{lease}` is the number of a lease on the chain.
//!
//! | method and path | answers | who is served |
//! | --- | --- | --- |
//! | `GET /v1/info` | [`Info`] | any account with an active root |
//! | `POST /v1/quote` [`QuoteRequest`] | [`Quote`] | any account with an active root |
//! | `PUT /v1/leases/{lease}/manifest`, the canonical manifest's bytes | [`ManifestAccepted`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/content` | [`Contents`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/content/{id}` | [`ContentHave`] | the lease's tenant |
//! | `PUT /v1/leases/{lease}/content/{id}`, up to [`MAX_CHUNKS_PER_REQUEST`] times [`ChunkFrame`] | [`ContentHave`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/secrets` | [`Secrets`] | the lease's tenant |
//! | `PUT /v1/leases/{lease}/secrets` [`PutSecrets`] | [`Secrets`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/status` | [`LeaseStatus`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/events` | [`Events`] | the lease's tenant |
//! | `POST /v1/leases/{lease}/trials`, no body | [`Trials`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/logs` [`LogsQuery`] | [`LogLine`], one a line | the lease's tenant |
//! | `GET /v1/leases/{lease}/shell` [`ShellQuery`] | WebSocket of [`ShellFrame`] | the lease's tenant |
//! | `GET /v1/leases/{lease}/metrics` | [`Metrics`] | the lease's tenant |
//!
//! Every refusal is an [`ErrorBody`] with the status of [`Problem::status`]. A lease of somebody else and a lease
//! that does not exist get the same answer.
//!
//! Units: times are seconds since the Unix epoch unless the name ends in `_ms`, cpu is in millicores, memory,
//! storage and traffic are in bytes.

mod carried;
mod connection;
mod error;
mod lease;
mod paths;
mod provider;
mod secrets;
mod shell;
mod streams;
mod trial;

pub use carried::{
    BadChunks, ChunkFrame, ContentHave, ContentStatus, Contents, CHUNKS_CONTENT_TYPE, MAX_CHUNKS_PER_REQUEST,
    MAX_CHUNK_FRAME_BYTES,
};
pub use connection::{ConnectionError, ConnectionStatus, Direction, TunnelState};
pub use error::{ErrorBody, Problem};
pub use lease::{
    Control, EventKind, Events, Fetching, LeaseEvent, LeaseStatus, ManifestAccepted, Protocol, PublishedUrl,
    ReplicaState, ReplicaStatus, ServiceStatus,
};
pub use paths::{
    content_path, lease_path, ALPN, INFO_PATH, MANIFEST_CONTENT_TYPE, MAX_BODY_BYTES, NDJSON_CONTENT_TYPE,
    QUOTE_PATH, VERSION_PREFIX,
};
pub use provider::{Info, NoBidReason, Quote, QuoteRequest};
pub use secrets::{PutSecrets, Secret, SecretState, Secrets, MAX_SECRET_BYTES};
pub use shell::{ShellControl, ShellFrame, ShellFrameError, ShellQuery, MAX_SHELL_FRAME_BYTES};
pub use streams::{LogLine, LogStream, LogsQuery, Metrics, ServiceMetrics};
pub use trial::{Outcome, Trial, Trials};
