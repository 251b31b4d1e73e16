//! `akash delegate`: the command line of grants.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use cloud_std::Money;
use market_api::{DeploymentId, LeaseId};
use registry_api::Attribute;

use super::TermsArgs;
use crate::units::{parse_attribute, parse_duration, parse_money};

#[derive(Debug, Subcommand)]
pub enum DelegateCommand {
    /// Let a key act for a deployment, in place of rights that it had; its budget stays
    Grant(GrantArgs),
    /// Delegates of a deployment, or what a key may act for
    List {
        /// Deployment's number; what the key's account may act for when absent
        deployment: Option<DeploymentId>,
        /// What this key may act for
        #[arg(long, value_name = "ADDRESS", conflicts_with = "deployment")]
        delegate: Option<String>,
    },
    /// End a grant at once; what is left of its budget comes back
    Revoke { deployment: DeploymentId, delegate: String },
    /// Add to the budget of a delegate
    Fund {
        deployment: DeploymentId,
        delegate: String,
        #[arg(value_parser = parse_money)]
        amount: Money,
    },
    /// With the delegate's key: act for the tenant, as far as the grant goes
    #[command(subcommand)]
    Act(ActCommand),
}

#[derive(Debug, Subcommand)]
pub enum ActCommand {
    /// Open orders for the groups of a manifest, paid from the budget
    Open {
        deployment: DeploymentId,
        /// Manifest (SDL)
        file: PathBuf,
        /// Only this group of it; may be given several times
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        #[command(flatten)]
        terms: TermsArgs,
    },
    /// End a lease now; what it did not use goes to the tenant
    Close { lease: LeaseId },
    /// Pay a lease for longer, from the budget
    TopUp {
        lease: LeaseId,
        #[arg(value_parser = parse_money)]
        amount: Money,
    },
    /// Put the version of a manifest on the chain; the tenant hands the manifest out
    SetVersion {
        deployment: DeploymentId,
        /// Manifest (SDL)
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rights").required(true).multiple(true))]
pub struct GrantArgs {
    pub deployment: DeploymentId,
    /// Address of the key
    pub delegate: String,
    /// It may open orders for this group; may be given several times
    #[arg(long = "open", value_name = "GROUP", group = "rights")]
    pub open_groups: Vec<String>,
    /// It may end leases of the deployment
    #[arg(long, group = "rights")]
    pub close_leases: bool,
    /// It may pay leases for longer, from its budget
    #[arg(long, group = "rights")]
    pub top_up: bool,
    /// It may set a new version of the manifest
    #[arg(long, group = "rights")]
    pub set_version: bool,
    /// Most that one of its orders may cost for the term [default: the budget]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_money)]
    pub max_order_price: Option<Money>,
    /// Its open orders and the live leases that came of them, of each group
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    pub max_live: u32,
    /// Its orders must ask for this key with one of the values given for it; may be given several times
    #[arg(long = "attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub attributes: Vec<Attribute>,
    /// How long it may act
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = parse_duration)]
    pub expires_in: u64,
    /// Money for its orders and top-ups, added to what it has
    #[arg(long, value_name = "AMOUNT", value_parser = parse_money)]
    pub budget: Option<Money>,
}
