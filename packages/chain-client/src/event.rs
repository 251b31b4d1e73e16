use std::str::FromStr;

/// An event as a node reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEvent {
    pub kind: String,
    pub attributes: Vec<(String, String)>,
}

impl RawEvent {
    pub fn get(&self, key: &str) -> Option<&str> {
        find(&self.attributes, key)
    }
}

/// An event that a contract emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Address of the contract.
    pub contract: String,
    /// Without the `wasm-` that the chain puts before it, such as `order_created`; `wasm` for plain attributes.
    pub kind: String,
    /// Without `_contract_address` and `msg_index`.
    pub attributes: Vec<(String, String)>,
    /// Index of the message in its transaction; absent outside of transactions.
    pub msg_index: Option<u32>,
}

impl Event {
    pub fn get(&self, key: &str) -> Option<&str> {
        find(&self.attributes, key)
    }

    /// The attribute in its type; none when it is absent or not of that type.
    pub fn parse<T: FromStr>(&self, key: &str) -> Option<T> {
        self.get(key)?.parse().ok()
    }

    /// None when the event is not a contract's.
    pub fn from_raw(raw: &RawEvent) -> Option<Self> {
        let kind = match raw.kind.strip_prefix("wasm-") {
            Some(kind) => kind,
            None if raw.kind == "wasm" => "wasm",
            None => return None,
        };
        let contract = raw.get("_contract_address")?.to_owned();
        let msg_index = raw.get("msg_index").and_then(|index| index.parse().ok());
        let attributes = raw
            .attributes
            .iter()
            .filter(|(key, _)| key != "_contract_address" && key != "msg_index" && key != "mode")
            .cloned()
            .collect();
        Some(Self { contract, kind: kind.to_owned(), attributes, msg_index })
    }
}

fn find<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}
