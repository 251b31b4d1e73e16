//! One file for what each message does. Ends of leases, which many messages bring about, are in `ending`.

pub mod admin;
pub mod bid;
pub mod deployment;
pub mod ending;
pub mod grant;
pub mod lease;
pub mod matching;
pub mod order;
pub mod payment;
