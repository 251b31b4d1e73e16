//! `akash gov`: the command line of governance.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use governance_api::{ProposalId, Vote};

use super::PageArgs;

#[derive(Debug, Subcommand)]
pub enum GovCommand {
    /// Proposals, newest first
    List {
        #[command(flatten)]
        page: PageArgs,
    },
    /// A proposal: what it would do, how the vote stands, and what to do next
    Show {
        proposal: ProposalId,
        /// Also who voted what
        #[arg(long)]
        votes: bool,
    },
    /// Put a change to the vote; only stakers may, and it locks a deposit
    Propose(ProposeArgs),
    /// Vote with the stake that the account had when the proposal was made; a vote is final
    Vote {
        proposal: ProposalId,
        #[arg(value_enum)]
        vote: VoteArg,
    },
    /// Carry out a proposal that passed, once its time-lock is over; anyone may
    Execute { proposal: ProposalId },
    /// Pay a proposal's deposit back after the vote, or to the treasury when it was lost; anyone may
    Settle { proposal: ProposalId },
    /// Store the Wasm of a contract on the chain, for a proposal that migrates to it
    Upload {
        /// As scripts/build-wasm leaves it
        file: PathBuf,
    },
    /// Rules of votes, the treasury, and every parameter that a proposal can change
    Params,
}

#[derive(Debug, Args)]
pub struct ProposeArgs {
    /// Proposal as JSON, with title, description and messages; docs/govern.md shows one
    #[arg(required_unless_present = "title", conflicts_with_all = ["title", "description", "set", "messages"])]
    pub file: Option<PathBuf>,
    /// Title, instead of a file
    #[arg(long, value_name = "TEXT", requires = "description")]
    pub title: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT", requires = "title")]
    pub description: Option<String>,
    /// A parameter to change, such as market.notice_window=3600; may be given several times
    #[arg(long, value_name = "CONTRACT.KEY=VALUE", requires = "title", value_parser = parse_setting)]
    pub set: Vec<Setting>,
    /// A message as files have them, as JSON; may be given several times
    #[arg(long = "message", value_name = "JSON", requires = "title")]
    pub messages: Vec<String>,
    /// Show what would be proposed, and stop
    #[arg(long)]
    pub check: bool,
}

/// One parameter with its new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub contract: String,
    pub key: String,
    /// JSON, or a string when it is none.
    pub value: serde_json::Value,
}

fn parse_setting(text: &str) -> Result<Setting, String> {
    let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
    match parts {
        Some(((contract, key), value)) if !contract.is_empty() && !key.is_empty() && !value.is_empty() => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            Ok(Setting { contract: contract.to_owned(), key: key.to_owned(), value })
        }
        _ => Err(format!(
            "{text:?} is no parameter: write CONTRACT.KEY=VALUE, such as market.notice_window=3600; akash gov params lists them"
        )),
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VoteArg {
    Yes,
    No,
    /// Counts towards the quorum only
    Abstain,
    /// A no that also counts towards the veto
    Veto,
}

impl From<VoteArg> for Vote {
    fn from(vote: VoteArg) -> Self {
        match vote {
            VoteArg::Yes => Self::Yes,
            VoteArg::No => Self::No,
            VoteArg::Abstain => Self::Abstain,
            VoteArg::Veto => Self::Veto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_is_a_contract_a_key_and_a_value() {
        for (text, value) in [
            ("market.notice_window=60", json!(60)),
            ("market.notice_window=\"60\"", json!("60")),
            ("market.notice_window=never", json!("never")),
            ("market.notice_window=[{\"a\":1}]", json!([{ "a": 1 }])),
            ("market.notice_window=a=b", json!("a=b")),
        ] {
            let setting = parse_setting(text).unwrap();
            assert_eq!((setting.contract.as_str(), setting.key.as_str()), ("market", "notice_window"));
            assert_eq!(setting.value, value, "{text}");
        }
        for text in ["", "market", "market.a", "a=1", ".a=1", "market.=1", "market.a="] {
            let error = parse_setting(text).unwrap_err();
            assert!(error.contains(&format!("{text:?}")) && error.contains("CONTRACT.KEY=VALUE"), "{error}");
        }
    }
}
