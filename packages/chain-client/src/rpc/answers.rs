//! What nodes answer, as far as it is used.

use std::str::FromStr;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde::{Deserialize, Deserializer};

use crate::RawEvent;

#[derive(Deserialize)]
pub struct StatusAnswer {
    pub node_info: NodeInfo,
    pub sync_info: SyncInfo,
}

#[derive(Deserialize)]
pub struct NodeInfo {
    pub network: String,
}

#[derive(Deserialize)]
pub struct SyncInfo {
    #[serde(deserialize_with = "number")]
    pub latest_block_height: u64,
    pub latest_block_time: String,
    #[serde(default, deserialize_with = "number")]
    pub earliest_block_height: u64,
    pub catching_up: bool,
}

#[derive(Deserialize)]
pub struct AbciInfoAnswer {
    pub response: AbciInfo,
}

#[derive(Deserialize)]
pub struct AbciInfo {
    #[serde(default, deserialize_with = "number")]
    pub last_block_height: u64,
}

#[derive(Deserialize)]
pub struct BlockAnswer {
    pub block_id: BlockId,
    pub block: BlockBody,
}

#[derive(Deserialize)]
pub struct BlockId {
    pub hash: String,
}

#[derive(Deserialize)]
pub struct BlockBody {
    pub header: Header,
}

#[derive(Deserialize)]
pub struct Header {
    pub chain_id: String,
    #[serde(deserialize_with = "number")]
    pub height: u64,
    pub time: String,
}

#[derive(Deserialize)]
pub struct BlockResultsAnswer {
    #[serde(deserialize_with = "number")]
    pub height: u64,
    #[serde(default, deserialize_with = "list")]
    pub txs_results: Vec<ExecResult>,
    /// CometBFT before 0.38.
    #[serde(default, deserialize_with = "list")]
    pub begin_block_events: Vec<EventAnswer>,
    /// CometBFT before 0.38.
    #[serde(default, deserialize_with = "list")]
    pub end_block_events: Vec<EventAnswer>,
    /// Begin and end of block, told apart by the attribute `mode`.
    #[serde(default, deserialize_with = "list")]
    pub finalize_block_events: Vec<EventAnswer>,
}

#[derive(Deserialize)]
pub struct ExecResult {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub codespace: String,
    #[serde(default)]
    pub log: String,
    #[serde(default, deserialize_with = "number")]
    pub gas_wanted: u64,
    #[serde(default, deserialize_with = "number")]
    pub gas_used: u64,
    #[serde(default, deserialize_with = "list")]
    pub events: Vec<EventAnswer>,
}

#[derive(Deserialize)]
pub struct EventAnswer {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, deserialize_with = "list")]
    pub attributes: Vec<AttributeAnswer>,
}

#[derive(Deserialize)]
pub struct AttributeAnswer {
    pub key: String,
    #[serde(default)]
    pub value: Option<String>,
}

impl From<EventAnswer> for RawEvent {
    fn from(event: EventAnswer) -> Self {
        let attributes = event.attributes.into_iter().map(|a| (a.key, a.value.unwrap_or_default())).collect();
        RawEvent { kind: event.kind, attributes }
    }
}

#[derive(Deserialize)]
pub struct AbciQueryAnswer {
    pub response: AbciQuery,
}

#[derive(Deserialize)]
pub struct AbciQuery {
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub log: String,
    #[serde(default)]
    pub codespace: String,
    #[serde(default, deserialize_with = "base64_bytes")]
    pub value: Vec<u8>,
    #[serde(default, deserialize_with = "number")]
    pub height: u64,
}

#[derive(Deserialize)]
pub struct TxAnswer {
    pub hash: String,
    #[serde(deserialize_with = "number")]
    pub height: u64,
    pub tx_result: ExecResult,
}

#[derive(Deserialize)]
pub struct BroadcastAnswer {
    pub code: u32,
    #[serde(default)]
    pub codespace: String,
    #[serde(default)]
    pub log: String,
}

/// What `/app/simulate` answers.
#[derive(Deserialize)]
pub struct SimulateAnswer {
    pub gas_info: GasInfo,
}

#[derive(Deserialize)]
pub struct GasInfo {
    #[serde(deserialize_with = "number")]
    pub gas_used: u64,
}

/// Seconds since the epoch of an RFC 3339 time.
pub fn unix_seconds(text: &str) -> Result<u64, String> {
    let time = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map_err(|e| format!("time {text:?}: {e}"))?;
    u64::try_from(time.unix_timestamp()).map_err(|_| format!("time {text:?} is before 1970"))
}

/// Nodes write 64-bit numbers as strings, and small ones sometimes as numbers.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => u64::from_str(&text)
            .map_err(|_| serde::de::Error::custom(format!("{text:?} is not a number of 64 bits"))),
    }
}

/// Nodes write an empty list as null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

fn base64_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    STANDARD.decode(text).map_err(serde::de::Error::custom)
}
