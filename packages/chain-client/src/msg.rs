use std::io::Write;

use cloud_std::Money;
use cosmrs::proto::cosmos::bank::v1beta1::MsgSend;
use cosmrs::proto::cosmos::base::v1beta1::Coin;
use cosmrs::proto::cosmwasm::wasm::v1::{
    MsgExecuteContract, MsgInstantiateContract, MsgMigrateContract, MsgStoreCode, MsgUpdateAdmin,
};
use cosmrs::Any;
use serde::Serialize;

use crate::TxError;

/// One message of a transaction; its sender is whoever signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    Execute {
        contract: String,
        /// JSON.
        msg: Vec<u8>,
        funds: Vec<Money>,
    },
    Send {
        to: String,
        amount: Vec<Money>,
    },
    /// Wasm, gzipped or not; it travels gzipped.
    StoreCode {
        wasm: Vec<u8>,
    },
    Instantiate {
        code_id: u64,
        label: String,
        msg: Vec<u8>,
        funds: Vec<Money>,
        /// Who may migrate it; nobody when absent.
        admin: Option<String>,
    },
    Migrate {
        contract: String,
        code_id: u64,
        msg: Vec<u8>,
    },
    UpdateAdmin {
        contract: String,
        new_admin: String,
    },
}

impl Msg {
    pub fn execute(
        contract: impl Into<String>,
        msg: &impl Serialize,
        funds: Vec<Money>,
    ) -> Result<Self, TxError> {
        Ok(Self::Execute { contract: contract.into(), msg: json(msg)?, funds })
    }

    pub fn send(to: impl Into<String>, amount: Money) -> Self {
        Self::Send { to: to.into(), amount: vec![amount] }
    }

    pub fn store_code(wasm: Vec<u8>) -> Self {
        Self::StoreCode { wasm }
    }

    pub fn instantiate(
        code_id: u64,
        label: impl Into<String>,
        msg: &impl Serialize,
        funds: Vec<Money>,
        admin: Option<String>,
    ) -> Result<Self, TxError> {
        Ok(Self::Instantiate { code_id, label: label.into(), msg: json(msg)?, funds, admin })
    }

    pub fn migrate(contract: impl Into<String>, code_id: u64, msg: &impl Serialize) -> Result<Self, TxError> {
        Ok(Self::Migrate { contract: contract.into(), code_id, msg: json(msg)? })
    }

    /// As the chain takes it.
    pub fn to_any(&self, sender: &str) -> Result<Any, TxError> {
        let sender = sender.to_owned();
        Ok(match self.clone() {
            Msg::Execute { contract, msg, funds } => pack(
                "/cosmwasm.wasm.v1.MsgExecuteContract",
                MsgExecuteContract { sender, contract, msg, funds: coins(funds) },
            ),
            Msg::Send { to, amount } => pack(
                "/cosmos.bank.v1beta1.MsgSend",
                MsgSend { from_address: sender, to_address: to, amount: coins(amount) },
            ),
            Msg::StoreCode { wasm } => pack(
                "/cosmwasm.wasm.v1.MsgStoreCode",
                MsgStoreCode { sender, wasm_byte_code: gzip(wasm)?, instantiate_permission: None },
            ),
            Msg::Instantiate { code_id, label, msg, funds, admin } => pack(
                "/cosmwasm.wasm.v1.MsgInstantiateContract",
                MsgInstantiateContract {
                    sender,
                    admin: admin.unwrap_or_default(),
                    code_id,
                    label,
                    msg,
                    funds: coins(funds),
                },
            ),
            Msg::Migrate { contract, code_id, msg } => pack(
                "/cosmwasm.wasm.v1.MsgMigrateContract",
                MsgMigrateContract { sender, contract, code_id, msg },
            ),
            Msg::UpdateAdmin { contract, new_admin } => {
                pack("/cosmwasm.wasm.v1.MsgUpdateAdmin", MsgUpdateAdmin { sender, new_admin, contract })
            }
        })
    }
}

fn pack(type_url: &str, message: impl cosmrs::proto::prost::Message) -> Any {
    Any { type_url: type_url.to_owned(), value: message.encode_to_vec() }
}

fn json(msg: &impl Serialize) -> Result<Vec<u8>, TxError> {
    serde_json::to_vec(msg).map_err(|e| TxError::Encode { detail: e.to_string() })
}

/// The bank wants the denoms of a list in ascending order, each once.
fn coins(mut money: Vec<Money>) -> Vec<Coin> {
    money.retain(|m| !m.amount.is_zero());
    money.sort_by(|a, b| a.denom.cmp(&b.denom));
    money.into_iter().map(|m| Coin { denom: m.denom, amount: m.amount.to_string() }).collect()
}

fn gzip(wasm: Vec<u8>) -> Result<Vec<u8>, TxError> {
    if wasm.starts_with(&[0x1f, 0x8b]) {
        return Ok(wasm);
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let packed = encoder.write_all(&wasm).and_then(|()| encoder.finish());
    packed.map_err(|e| TxError::Encode { detail: e.to_string() })
}
