//! Suite builder for multi-contract tests.
