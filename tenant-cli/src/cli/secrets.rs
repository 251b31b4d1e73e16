//! `akash secrets`: the command line of secrets.

use clap::{Args, Subcommand};
use market_api::{DeploymentId, LeaseId};

#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Send values to the providers of a deployment's leases, each what its services need
    Send(SendSecretsArgs),
}

#[derive(Debug, Args)]
pub struct SendSecretsArgs {
    pub deployment: DeploymentId,
    /// Only to this lease's provider
    #[arg(long, value_name = "LEASE")]
    pub lease: Option<LeaseId>,
    /// A value from a file; may be given several times. Who is at a terminal is asked for what is not given
    #[arg(long, value_name = "NAME=PATH", value_parser = parse_pair)]
    pub file: Vec<(String, String)>,
    /// A value from a variable of the environment; may be given several times
    #[arg(long, value_name = "NAME=VARIABLE", value_parser = parse_pair)]
    pub env: Vec<(String, String)>,
}

pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, from)) if !name.is_empty() && !from.is_empty() => Ok((name.to_owned(), from.to_owned())),
        // What was written may be a value: it is not repeated.
        _ => Err("expected NAME=PLACE, with the secret's name and where its value is; not the value itself"
            .to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_both_sides_and_a_value_in_its_place_is_not_repeated() {
        assert_eq!(parse_pair("KEY=a=b"), Ok(("KEY".to_owned(), "a=b".to_owned())));
        for wrong in ["KEY", "KEY=", "=hunter2", "hunter2"] {
            assert!(!parse_pair(wrong).unwrap_err().contains("hunter2"));
        }
    }
}
