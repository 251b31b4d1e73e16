//! JSON-RPC over HTTP to a list of endpoints that are not trusted to be well.
