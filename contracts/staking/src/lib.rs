//! Provider stake, unbonding, slashing and voting weight.
