//! One operation: who sends what to which contract, with which funds; or something that happens to the chain.

use cosmwasm_std::{Addr, Coin};

use crate::model::Certificate;

/// Money of a message: denom and amount, as sent, in this order.
pub type Funds = Vec<(String, u128)>;

#[derive(Clone, Debug)]
pub enum Message {
    Market(market_api::ExecuteMsg),
    Staking(staking_api::ExecuteMsg),
    Registry(registry_api::ExecuteMsg),
    Governance(governance_api::ExecuteMsg),
}

#[derive(Clone, Debug)]
pub enum Op {
    /// The block ends; the next one is this many seconds later.
    Pass(u64),
    /// Coins sent to a contract without a message.
    Donate {
        from: Addr,
        to: Addr,
        amount: u128,
        denom: String,
    },
    /// A root is published; `inside` is what its certificate says.
    Publish {
        sender: Addr,
        der: Vec<u8>,
        fingerprint: Vec<u8>,
        inside: Certificate,
    },
    Send {
        sender: Addr,
        message: Message,
        funds: Funds,
    },
}

impl Message {
    /// `contract.message`, with the action for a hand-over.
    pub fn kind(&self) -> String {
        let (contract, value) = match self {
            Self::Market(msg) => ("market", serde_json::to_value(msg)),
            Self::Staking(msg) => ("staking", serde_json::to_value(msg)),
            Self::Registry(msg) => ("registry", serde_json::to_value(msg)),
            Self::Governance(msg) => ("governance", serde_json::to_value(msg)),
        };
        let value = value.expect("a message is serialisable");
        let (name, body) = value.as_object().and_then(|m| m.iter().next()).expect("a message has a name");
        match body.as_object().and_then(|body| body.keys().next()) {
            Some(action) if name == "ownership" => format!("{contract}.{name}.{action}"),
            _ => format!("{contract}.{name}"),
        }
    }
}

pub fn coins(funds: &Funds) -> Vec<Coin> {
    funds.iter().map(|(denom, amount)| Coin::new(*amount, denom)).collect()
}
