//! The project's pages, held against what they name. What fails says where, and what to do.

mod commands;
mod contracts;
mod events;
mod examples;
mod links;
mod source;

/// Fails with all that is wrong at once.
fn report(what: &str, wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{what}:\n  {}\n", wrong.join("\n  "));
}
