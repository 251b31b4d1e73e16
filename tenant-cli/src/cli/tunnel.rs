//! `akash tunnel`: the command line for connections between services.

use clap::{Args, Subcommand};
use market_api::DeploymentId;

#[derive(Debug, Subcommand)]
pub enum TunnelCommand {
    /// Have the providers at both ends try each connection once, and say what stands in the way
    Test(TunnelTestArgs),
}

#[derive(Debug, Args)]
pub struct TunnelTestArgs {
    pub deployment: DeploymentId,
    /// Only this one, such as web.db.5432.tcp: who calls, who is called, port, protocol
    #[arg(long, value_name = "NAME")]
    pub connection: Option<String>,
}
