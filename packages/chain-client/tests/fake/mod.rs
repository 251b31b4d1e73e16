//! A chain of one node in this process, with state and faults to order. It speaks just enough HTTP and JSON-RPC.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use cosmrs::proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoResponse};
use cosmrs::proto::cosmos::tx::v1beta1::{AuthInfo, TxBody, TxRaw};
use cosmrs::proto::cosmwasm::wasm::v1::{MsgExecuteContract, QuerySmartContractStateResponse};
use cosmrs::proto::prost::Message;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Garbage,
    Html,
    ServerError,
    /// Valid JSON-RPC with a result of another shape.
    WrongShape,
    /// One byte a second.
    Trickle,
    /// Says that it is larger than any client should read.
    HugeAnnounced,
    /// Says nothing and never ends.
    HugeStreamed,
    /// Never answers.
    Hang,
    /// The connection ends before the call takes effect.
    LostBefore,
    /// The connection ends after the call took effect.
    LostAfter,
}

#[derive(Clone, Debug)]
pub struct FakeTx {
    pub hash: String,
    pub sequence: u64,
    pub timeout_height: u64,
    /// Names of its messages.
    pub names: Vec<String>,
}

pub struct State {
    pub chain_id: String,
    pub height: u64,
    pub sequence: u64,
    pub mempool: Vec<FakeTx>,
    /// With height and code.
    pub included: BTreeMap<String, (FakeTx, u64, u32)>,
    /// Blocks leave transactions out.
    pub censors: bool,
    pub min_fee: Option<&'static str>,
    pub mempool_full: u32,
    /// To the method, or to every one; so many times.
    pub faults: Vec<(Option<&'static str>, Fault, u32)>,
    /// How often a fault was really hit.
    pub hits: u32,
    pub calls: Vec<String>,
    /// All that ever came in, refused ones too.
    pub received: Vec<FakeTx>,
}

impl State {
    fn next_sequence(&self) -> u64 {
        self.sequence + self.mempool.len() as u64
    }

    pub fn mine(&mut self) {
        self.height += 1;
        let (height, censors) = (self.height, self.censors);
        self.mempool.retain(|tx| tx.timeout_height >= height);
        if censors {
            return;
        }
        for tx in std::mem::take(&mut self.mempool) {
            self.sequence += 1;
            // Two of these in one block, or a second one later, cannot both succeed.
            let earlier = self.included.values().filter(|(_, _, code)| *code == 0);
            let once_done = earlier.flat_map(|(tx, ..)| &tx.names).any(|name| name == "once");
            let onces = tx.names.iter().filter(|name| *name == "once").count();
            let code = if onces > 1 || (onces == 1 && once_done) { 5 } else { 0 };
            self.included.insert(tx.hash.clone(), (tx, height, code));
        }
    }

    pub fn broadcasts(&self) -> usize {
        self.calls.iter().filter(|call| *call == "broadcast_tx_sync").count()
    }
}

#[derive(Clone)]
pub struct FakeNode {
    state: Arc<Mutex<State>>,
    pub url: String,
}

impl FakeNode {
    pub async fn start(chain_id: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            chain_id: chain_id.to_owned(),
            height: 100,
            sequence: 0,
            mempool: vec![],
            included: BTreeMap::new(),
            censors: false,
            min_fee: None,
            mempool_full: 0,
            faults: vec![],
            hits: 0,
            calls: vec![],
            received: vec![],
        };
        let node = Self { state: Arc::new(Mutex::new(state)), url };
        let server = node.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().serve(stream));
            }
        });
        node
    }

    /// A block every few milliseconds.
    pub fn mines(self) -> Self {
        let node = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                node.state().mine();
            }
        });
        self
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn fault(&self, method: Option<&'static str>, fault: Fault, times: u32) {
        self.state().faults.push((method, fault, times));
    }

    fn due_fault(&self, method: &str) -> Option<Fault> {
        let mut state = self.state();
        let due =
            state.faults.iter_mut().find(|(of, _, left)| of.is_none_or(|of| of == method) && *left > 0)?;
        due.2 -= 1;
        let fault = due.1;
        state.hits += 1;
        Some(fault)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some(body) = read_request(&mut stream, &mut buffer).await {
            let request: Value = serde_json::from_slice(&body).unwrap();
            let method = request["method"].as_str().unwrap().to_owned();
            self.state().calls.push(method.clone());
            let fault = self.due_fault(&method);
            let write = match fault {
                Some(Fault::LostBefore) => return,
                Some(Fault::LostAfter) => {
                    let _ = self.answer(&method, &request["params"]);
                    return;
                }
                Some(Fault::Hang) => return std::future::pending().await,
                Some(Fault::Garbage) => {
                    stream.write_all(&http(200, "{\"jsonrpc\": \u{0}\u{1} not json")).await
                }
                Some(Fault::Html) => {
                    stream.write_all(&http(200, "<html><body>Welcome to nginx!</body></html>")).await
                }
                Some(Fault::ServerError) => stream.write_all(&http(503, "upstream is away")).await,
                Some(Fault::WrongShape) => {
                    let shape =
                        json!({ "jsonrpc": "2.0", "id": 1, "result": { "node_info": 7, "response": [] } });
                    stream.write_all(&http(200, &shape.to_string())).await
                }
                Some(Fault::HugeAnnounced) => {
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n{").await
                }
                Some(Fault::HugeStreamed) => {
                    let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                    while sent.is_ok() {
                        sent = stream.write_all(&[b' '; 65_536]).await;
                    }
                    sent
                }
                Some(Fault::Trickle) => {
                    let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n").await;
                    while sent.is_ok() {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        sent = stream.write_all(b" ").await;
                    }
                    sent
                }
                None => {
                    let answer = match self.answer(&method, &request["params"]) {
                        Ok(result) => json!({ "jsonrpc": "2.0", "id": 1, "result": result }),
                        Err(data) => {
                            let error = json!({ "code": -32603, "message": "Internal error", "data": data });
                            json!({ "jsonrpc": "2.0", "id": 1, "error": error })
                        }
                    };
                    stream.write_all(&http(200, &answer.to_string())).await
                }
            };
            if write.is_err() {
                return;
            }
        }
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, String> {
        let mut state = self.state();
        let height = state.height.to_string();
        match method {
            "status" => Ok(json!({
                "node_info": { "network": state.chain_id },
                "sync_info": {
                    "latest_block_height": height, "latest_block_time": "2026-01-02T03:04:05.6Z",
                    "earliest_block_height": "1", "catching_up": false,
                },
            })),
            "abci_info" => Ok(json!({ "response": { "last_block_height": height } })),
            "block" => {
                let asked: u64 = params["height"].as_str().unwrap().parse().unwrap();
                if asked > state.height {
                    return Err(format!(
                        "height {asked} must be less than or equal to the current blockchain height {height}"
                    ));
                }
                Ok(json!({
                    "block_id": { "hash": "AB" },
                    "block": { "header": {
                        "chain_id": state.chain_id, "height": asked.to_string(), "time": "2026-01-02T03:04:05.6Z",
                    } },
                }))
            }
            "block_results" => {
                let event = |kind: &str, mode: Option<&str>| {
                    let mut attributes = vec![json!({ "key": "_contract_address", "value": "wasm1c" })];
                    attributes.extend(mode.map(|mode| json!({ "key": "mode", "value": mode })));
                    json!({ "type": kind, "attributes": attributes })
                };
                Ok(json!({
                    "height": params["height"],
                    "txs_results": [
                        { "code": 0, "events": [event("wasm-in_tx", None), event("transfer", None)] },
                        { "code": 5, "events": [event("wasm-in_failed_tx", None)] },
                    ],
                    "finalize_block_events": [
                        event("wasm-at_end", Some("EndBlock")), event("wasm-at_begin", Some("BeginBlock")),
                    ],
                }))
            }
            "abci_query" => Ok(json!({ "response": abci(&state, params) })),
            "broadcast_tx_sync" => state.check_tx(&STANDARD.decode(params["tx"].as_str().unwrap()).unwrap()),
            "tx" => {
                let hash = hex::encode_upper(STANDARD.decode(params["hash"].as_str().unwrap()).unwrap());
                let Some((tx, height, code)) = state.included.get(&hash) else {
                    return Err(format!("tx ({hash}) not found"));
                };
                let events: Vec<Value> = (0..tx.names.len())
                    .map(|index| {
                        json!({ "type": "wasm-done", "attributes": [
                            { "key": "_contract_address", "value": "wasm1c" },
                            { "key": "msg_index", "value": index.to_string() },
                        ] })
                    })
                    .collect();
                let failed = tx.names.iter().rposition(|name| name == "once").unwrap_or(0);
                let log = format!("failed to execute message; message index: {failed}: was done before: execute wasm contract failed");
                Ok(json!({ "hash": hash, "height": height.to_string(), "tx_result": {
                    "code": code, "codespace": if *code == 0 { "" } else { "wasm" },
                    "log": if *code == 0 { String::new() } else { log },
                    "gas_wanted": "130000", "gas_used": "100000",
                    "events": if *code == 0 { events } else { vec![] },
                } }))
            }
            other => Err(format!("no method {other}")),
        }
    }
}

impl State {
    fn check_tx(&mut self, bytes: &[u8]) -> Result<Value, String> {
        let (tx, fee) = parse(bytes);
        let answer = |code: u32, log: &str| {
            Ok(
                json!({ "code": code, "codespace": if code == 0 { "" } else { "sdk" }, "log": log, "hash": tx.hash }),
            )
        };
        self.received.push(tx.clone());
        if self.mempool_full > 0 {
            self.mempool_full -= 1;
            return Err("mempool is full: number of txs 5000 (max: 5000)".to_owned());
        }
        if self.mempool.iter().any(|known| known.hash == tx.hash) {
            return Err("tx already exists in cache".to_owned());
        }
        if let Some(required) = self.min_fee {
            return answer(
                13,
                &format!("insufficient fees; got: {fee} required: {required}: insufficient fee"),
            );
        }
        let expected = self.next_sequence();
        if tx.sequence != expected {
            return answer(32, &mismatch(expected, tx.sequence));
        }
        self.mempool.push(tx.clone());
        answer(0, "")
    }
}

fn abci(state: &State, params: &Value) -> Value {
    let data = hex::decode(params["data"].as_str().unwrap()).unwrap();
    let refused = |code: u32, codespace: &str, log: String| json!({ "code": code, "codespace": codespace, "log": log, "value": null, "height": "0" });
    let value = match params["path"].as_str().unwrap() {
        "/app/simulate" => {
            let (tx, _) = parse(&data);
            if tx.sequence != state.next_sequence() {
                let log = format!("failed to simulate tx: {}", mismatch(state.next_sequence(), tx.sequence));
                return refused(32, "sdk", log);
            }
            if let Some(index) = tx.names.iter().position(|name| name == "fail") {
                let log = format!("failed to simulate tx: failed to execute message; message index: {index}: refused as asked: execute wasm contract failed");
                return refused(5, "wasm", log);
            }
            json!({ "gas_info": { "gas_wanted": "0", "gas_used": "100000" } }).to_string().into_bytes()
        }
        "/cosmos.auth.v1beta1.Query/AccountInfo" => {
            let info = BaseAccount { account_number: 4, sequence: state.sequence, ..BaseAccount::default() };
            QueryAccountInfoResponse { info: Some(info) }.encode_to_vec()
        }
        "/cosmwasm.wasm.v1.Query/SmartContractState" => {
            QuerySmartContractStateResponse { data: b"true".to_vec() }.encode_to_vec()
        }
        other => return refused(6, "sdk", format!("unknown query path {other}")),
    };
    json!({ "code": 0, "value": STANDARD.encode(value), "height": state.height.to_string() })
}

fn mismatch(expected: u64, got: u64) -> String {
    format!("account sequence mismatch, expected {expected}, got {got}: incorrect account sequence")
}

fn parse(bytes: &[u8]) -> (FakeTx, String) {
    let raw = TxRaw::decode(bytes).unwrap();
    let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
    let auth = AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap();
    let names = body
        .messages
        .iter()
        .map(|any| {
            let call = MsgExecuteContract::decode(any.value.as_slice()).unwrap();
            let msg: Value = serde_json::from_slice(&call.msg).unwrap();
            msg.as_object().unwrap().keys().next().unwrap().clone()
        })
        .collect();
    let fee = auth
        .fee
        .unwrap()
        .amount
        .first()
        .map_or(String::new(), |coin| format!("{}{}", coin.amount, coin.denom));
    let tx = FakeTx {
        hash: hex::encode_upper(Sha256::digest(bytes)),
        sequence: auth.signer_infos[0].sequence,
        timeout_height: body.timeout_height,
        names,
    };
    (tx, fee)
}

fn http(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            let length: usize =
                head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some(body);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&chunk[..read]),
            _ => return None,
        }
    }
}
