//! The only part that speaks to nodes: queries, blocks, keys and one transaction queue per key.
