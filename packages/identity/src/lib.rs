//! Certificate roots and leaves, and their verification against the chain.
