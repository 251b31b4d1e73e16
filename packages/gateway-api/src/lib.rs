//! Requests, answers and errors of the provider agent's gateway, shared by agent and CLI.
