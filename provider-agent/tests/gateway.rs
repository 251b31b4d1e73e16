//! The gateway over real sockets: who is served what, and what a hostile client gets out of it.

#[path = "gateway/access.rs"]
mod access;
#[path = "gateway/bench.rs"]
mod bench;
#[path = "gateway/content.rs"]
mod content_of_tenants;
#[path = "gateway/hostile.rs"]
mod hostile;
#[path = "gateway/streams.rs"]
mod streams;
