//! End-to-end tests on a real chain and a real engine.
