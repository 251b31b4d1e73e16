//! Providers, their keys, and certificate roots of every account.
