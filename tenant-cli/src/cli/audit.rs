//! `akash audit`: the command line of auditors.

use clap::{ArgGroup, Args, Subcommand};
use registry_api::Attribute;

use crate::units::parse_attribute;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Sign attributes that a provider says of itself, in place of what was signed before
    Attest(AttestArgs),
    /// Take back everything that was signed for a provider
    Revoke { provider: String },
    /// What auditors vouch for at a provider, or what an auditor vouches for
    Show {
        /// Provider's owner address; what the key's account vouches for when absent
        provider: Option<String>,
        /// What this auditor vouches for
        #[arg(long, value_name = "ADDRESS", conflicts_with = "provider")]
        auditor: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct AttestArgs {
    /// Provider's owner address
    pub provider: String,
    /// key=value as the provider says it; may be given several times
    #[arg(long = "attribute", value_name = "KEY=VALUE", group = "what", value_parser = parse_attribute)]
    pub attributes: Vec<Attribute>,
    /// Everything that the provider says now
    #[arg(long, group = "what")]
    pub all: bool,
}
